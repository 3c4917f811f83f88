"""Policies that augment images: known ones by name, random ones, and mixtures of several."""

from __future__ import annotations

import functools
import math
from enum import Enum

from ... import Tensor, arange, linspace, nn, rand, randint, tensor
from ... import _sample_dirichlet as sample_dirichlet
from ..printing import Printed
from . import functional as F
from .augmentation_policies import CIFAR10, IMAGENET, SVHN
from .draws import number_type, whole
from .functional import InterpolationMode
from .transforms.arguments import fill_for

__all__ = ["AutoAugmentPolicy", "AutoAugment", "RandAugment", "TrivialAugmentWide", "AugMix"]


# ------------------------------------------------------------------ operations
def _sheared(img, degrees, interpolation, fill):
    return F.affine(img, 0.0, [0, 0], 1.0, degrees, interpolation=interpolation, fill=fill, center=[0, 0])


def _moved(img, pixels, interpolation, fill):
    return F.affine(img, 0.0, pixels, 1.0, [0.0, 0.0], interpolation=interpolation, fill=fill)


# What each operation does: (image, magnitude, interpolation, fill) -> image.
_OPERATIONS = {
    # The tangent of the angle is the magnitude.
    "ShearX": lambda img, m, mode, fill: _sheared(img, [math.degrees(math.atan(m)), 0.0], mode, fill),
    "ShearY": lambda img, m, mode, fill: _sheared(img, [0.0, math.degrees(math.atan(m))], mode, fill),
    "TranslateX": lambda img, m, mode, fill: _moved(img, [int(m), 0], mode, fill),
    "TranslateY": lambda img, m, mode, fill: _moved(img, [0, int(m)], mode, fill),
    "Rotate": lambda img, m, mode, fill: F.rotate(img, m, interpolation=mode, fill=fill),
    "Brightness": lambda img, m, mode, fill: F.adjust_brightness(img, 1.0 + m),
    "Color": lambda img, m, mode, fill: F.adjust_saturation(img, 1.0 + m),
    "Contrast": lambda img, m, mode, fill: F.adjust_contrast(img, 1.0 + m),
    "Sharpness": lambda img, m, mode, fill: F.adjust_sharpness(img, 1.0 + m),
    "Posterize": lambda img, m, mode, fill: F.posterize(img, int(m)),
    "Solarize": lambda img, m, mode, fill: F.solarize(img, m),
    "AutoContrast": lambda img, m, mode, fill: F.autocontrast(img),
    "Equalize": lambda img, m, mode, fill: F.equalize(img),
    "Invert": lambda img, m, mode, fill: F.invert(img),
    "Identity": lambda img, m, mode, fill: img,
}


def _apply_op(img, op_name: str, magnitude: float, interpolation: InterpolationMode, fill):
    """An image after one operation. Raises ValueError for the name of none."""
    if op_name not in _OPERATIONS:
        raise ValueError(f"The provided operator {op_name} is not recognized.")
    return _OPERATIONS[op_name](img, magnitude, interpolation, fill)


# ------------------------------------------------------------------ magnitudes
@functools.lru_cache(maxsize=256)
def _magnitudes(first: float, last: float, num_bins: int) -> Tensor:
    return linspace(first, last, num_bins)


@functools.lru_cache(maxsize=64)
def _bits(most: int, fewer: int, num_bins: int) -> Tensor:
    """How many bits are kept, from the most to `fewer` fewer."""
    return most - (arange(num_bins) / ((num_bins - 1) / fewer)).round().int()


def _space(num_bins: int, shear: float, moves, degrees: float, factor: float, bits: tuple[int, int]) -> dict:
    """What operations there are: {name: (magnitudes, whether they have a sign)}.

    Args:
        num_bins: how many magnitudes each has.
        shear, degrees, factor: the largest of shears, rotations and changes of colour.
        moves: the largest along x and y.
        bits: how many are kept at most, and how many fewer at the least.
    """
    signed = {"ShearX": shear, "ShearY": shear, "TranslateX": moves[0], "TranslateY": moves[1], "Rotate": degrees}
    signed |= dict.fromkeys(("Brightness", "Color", "Contrast", "Sharpness"), factor)
    space = {name: (_magnitudes(0.0, most, num_bins), True) for name, most in signed.items()}
    space["Posterize"] = (_bits(*bits, num_bins), False)
    space["Solarize"] = (_magnitudes(255.0, 0.0, num_bins), False)
    return space | {name: (tensor(0.0), False) for name in ("AutoContrast", "Equalize")}


def _imagenet_space(num_bins: int, image_size) -> dict:
    """The magnitudes found for ImageNet, for images (height, width)."""
    moves = [150.0 / 331.0 * image_size[1], 150.0 / 331.0 * image_size[0]]
    return _space(num_bins, 0.3, moves, 30.0, 0.9, (8, 4))


def _identity() -> dict:
    return {"Identity": (tensor(0.0), False)}


def _drawn(space: dict, place) -> tuple[str, float]:
    """An operation and its magnitude, drawn; `place` says which of its magnitudes."""
    name = list(space)[whole(0, len(space))]
    magnitudes, signed = space[name]
    magnitude = float(magnitudes[place(magnitudes)].item()) if magnitudes.ndim > 0 else 0.0
    return name, -magnitude if signed and whole(0, 2) else magnitude


# ------------------------------------------------------------------ policies
class AutoAugmentPolicy(Enum):
    """The data for which a policy was found."""

    IMAGENET = "imagenet"
    CIFAR10 = "cifar10"
    SVHN = "svhn"


_POLICIES = {
    AutoAugmentPolicy.IMAGENET: IMAGENET,
    AutoAugmentPolicy.CIFAR10: CIFAR10,
    AutoAugmentPolicy.SVHN: SVHN,
}


class AutoAugment(Printed, nn.Module):
    """One of the pairs of operations that were found to augment some data best (arXiv:1805.09501).

    Args:
        policy: the data for which they were found.
        interpolation: NEAREST or BILINEAR, for tensors.
        fill: the colour outside, a number or one for each channel; None: 0.

    Raises:
        ValueError: no policy.
    """

    _shown = "policy fill"

    def __init__(
        self,
        policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill=None,
    ) -> None:
        super().__init__()
        self.policy = policy
        self.interpolation = interpolation
        self.fill = fill
        self.policies = self._get_policies(policy)

    def _get_policies(self, policy: AutoAugmentPolicy) -> list:
        """Pairs of operations, each (name, probability, number of the magnitude)."""
        if policy not in _POLICIES:
            raise ValueError(f"The provided policy {policy} is not recognized.")
        return list(_POLICIES[policy])

    def _augmentation_space(self, num_bins: int, image_size) -> dict:
        return _imagenet_space(num_bins, image_size) | {"Invert": (tensor(0.0), False)}

    @staticmethod
    def get_params(transform_num: int) -> tuple[int, Tensor, Tensor]:
        """Which pair, and numbers that decide whether each of it is applied, and with which sign, drawn."""
        return whole(0, transform_num), rand((2,)), randint(2, (2,))

    def forward(self, img):
        channels, height, width = F.get_dimensions(img)
        fill = fill_for(img, self.fill, channels)
        chosen, probs, signs = self.get_params(len(self.policies))
        space = self._augmentation_space(10, (height, width))
        for (name, p, number), drawn, sign in zip(self.policies[chosen], probs.tolist(), signs.tolist()):
            if drawn <= number_type()(p):
                magnitudes, signed = space[name]
                magnitude = float(magnitudes[number].item()) if number is not None else 0.0
                magnitude = -magnitude if signed and sign == 0 else magnitude
                img = _apply_op(img, name, magnitude, interpolation=self.interpolation, fill=fill)
        return img


class RandAugment(Printed, nn.Module):
    """Some operations drawn at random, all of one magnitude (arXiv:1909.13719).

    Args:
        num_ops: how many.
        magnitude: the number of the magnitude.
        num_magnitude_bins: how many magnitudes there are.
        interpolation: NEAREST or BILINEAR, for tensors.
        fill: the colour outside, a number or one for each channel; None: 0.
    """

    _shown = "num_ops magnitude num_magnitude_bins interpolation fill"

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill=None,
    ) -> None:
        super().__init__()
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation = interpolation
        self.fill = fill

    def _augmentation_space(self, num_bins: int, image_size) -> dict:
        return _identity() | _imagenet_space(num_bins, image_size)

    def forward(self, img):
        channels, height, width = F.get_dimensions(img)
        fill = fill_for(img, self.fill, channels)
        space = self._augmentation_space(self.num_magnitude_bins, (height, width))
        for _ in range(self.num_ops):
            img = _apply_op(img, *_drawn(space, lambda _: self.magnitude), self.interpolation, fill)
        return img


class TrivialAugmentWide(Printed, nn.Module):
    """One operation of one magnitude, both drawn at random (arXiv:2103.10158).

    Args:
        num_magnitude_bins: how many magnitudes there are.
        interpolation: NEAREST or BILINEAR, for tensors.
        fill: the colour outside, a number or one for each channel; None: 0.
    """

    _shown = "num_magnitude_bins interpolation fill"

    def __init__(
        self,
        num_magnitude_bins: int = 31,
        interpolation: InterpolationMode = InterpolationMode.NEAREST,
        fill=None,
    ) -> None:
        super().__init__()
        self.num_magnitude_bins = num_magnitude_bins
        self.interpolation = interpolation
        self.fill = fill

    def _augmentation_space(self, num_bins: int) -> dict:
        return _identity() | _space(num_bins, 0.99, [32.0, 32.0], 135.0, 0.99, (8, 6))

    def forward(self, img):
        fill = fill_for(img, self.fill, F.get_dimensions(img)[0])
        space = self._augmentation_space(self.num_magnitude_bins)
        name, magnitude = _drawn(space, lambda magnitudes: whole(0, len(magnitudes)))
        return _apply_op(img, name, magnitude, self.interpolation, fill)


class AugMix(Printed, nn.Module):
    """An image mixed with several that are augmented by chains of random operations (arXiv:1912.02781).

    Args:
        severity: how many of the ten magnitudes are drawn from.
        mixture_width: how many chains.
        chain_depth: how many operations each has; negative: one to three, drawn.
        alpha: the parameter of the Dirichlet distributions of the weights.
        all_ops: whether colours are changed too.
        interpolation: NEAREST or BILINEAR, for tensors.
        fill: the colour outside, a number or one for each channel; None: 0.

    Raises:
        ValueError: a severity beyond 1 to 10.
    """

    _shown = "severity mixture_width chain_depth alpha all_ops interpolation fill"

    def __init__(
        self,
        severity: int = 3,
        mixture_width: int = 3,
        chain_depth: int = -1,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: InterpolationMode = InterpolationMode.BILINEAR,
        fill=None,
    ) -> None:
        super().__init__()
        self._PARAMETER_MAX = 10
        if not (1 <= severity <= self._PARAMETER_MAX):
            raise ValueError(f"The severity must be between [1, {self._PARAMETER_MAX}]. Got {severity} instead.")
        self.severity = severity
        self.mixture_width = mixture_width
        self.chain_depth = chain_depth
        self.alpha = alpha
        self.all_ops = all_ops
        self.interpolation = interpolation
        self.fill = fill

    def _augmentation_space(self, num_bins: int, image_size) -> dict:
        moves = [image_size[1] / 3.0, image_size[0] / 3.0]
        space = _space(num_bins, 0.3, moves, 30.0, 0.9, (4, 4))
        colours = {name: space.pop(name) for name in ("Brightness", "Color", "Contrast", "Sharpness")}
        return space | (colours if self.all_ops else {})

    def _pil_to_tensor(self, img) -> Tensor:
        return F.pil_to_tensor(img)

    def _tensor_to_pil(self, img: Tensor):
        return F.to_pil_image(img)

    def _sample_dirichlet(self, params: Tensor) -> Tensor:
        return sample_dirichlet(params)

    def forward(self, orig_img):
        channels, height, width = F.get_dimensions(orig_img)
        fill = fill_for(orig_img, self.fill, channels)
        img = orig_img if isinstance(orig_img, Tensor) else self._pil_to_tensor(orig_img)
        space = self._augmentation_space(self._PARAMETER_MAX, (height, width))
        batch = img.view([1] * max(4 - img.ndim, 0) + list(img.shape))
        images, column = batch.size(0), [batch.size(0)] + [1] * (batch.ndim - 1)
        # How much of each image, and of all its augmented ones; then, how much of each of those.
        parts = self._sample_dirichlet(tensor([self.alpha, self.alpha]).expand(images, -1))
        weights = self._sample_dirichlet(tensor([self.alpha] * self.mixture_width).expand(images, -1))
        weights = weights * parts[:, 1].view([images, -1])
        mix = parts[:, 0].view(column) * batch
        for i in range(self.mixture_width):
            mix = mix + weights[:, i].view(column) * self._chain(batch, space, fill)
        mix = mix.view(img.shape).to(dtype=img.dtype)
        return mix if isinstance(orig_img, Tensor) else self._tensor_to_pil(mix)

    def _chain(self, batch: Tensor, space: dict, fill) -> Tensor:
        """A batch after some operations, drawn."""
        depth = self.chain_depth if self.chain_depth > 0 else whole(1, 4)
        for _ in range(depth):
            name, magnitude = _drawn(space, lambda _: whole(0, self.severity))
            batch = _apply_op(batch, name, magnitude, self.interpolation, fill)
        return batch
