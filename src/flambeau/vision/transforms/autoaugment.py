"""Policies that augment images: known ones by name, random ones, and mixtures of several."""

from __future__ import annotations

from enum import Enum

from ... import Tensor, nn, rand, randint, tensor
from ... import _sample_dirichlet as sample_dirichlet
from ..printing import Printed
from . import functional as F
from .augmentation_operations import ONLY_ONE, imagenet_space, mixed_space, operations, wide_space
from .augmentation_policies import CIFAR10, IMAGENET, SVHN
from .draws import number_type, whole
from .functional import InterpolationMode
from .transforms.arguments import fill_for

__all__ = ["AutoAugmentPolicy", "AutoAugment", "RandAugment", "TrivialAugmentWide", "AugMix"]


_OPERATIONS = operations(F)


def _apply_op(img, op_name: str, magnitude: float, interpolation: InterpolationMode, fill):
    """An image after one operation. Raises ValueError for the name of none."""
    if op_name not in _OPERATIONS:
        raise ValueError(f"The provided operator {op_name} is not recognized.")
    return _OPERATIONS[op_name](img, magnitude, {"interpolation": interpolation, "fill": fill})


def _numbers(space: dict, num_bins: int, image_size=(0, 0)) -> dict:
    """Of each operation the magnitudes for images (height, width), and whether they have a sign."""
    made = {name: (of(num_bins, *image_size), signed) for name, (of, signed) in space.items()}
    return {name: (tensor(0.0) if values is None else values, signed) for name, (values, signed) in made.items()}


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
        return _numbers({**imagenet_space(255.0), "Invert": ONLY_ONE}, num_bins, image_size)

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
        return _numbers({"Identity": ONLY_ONE, **imagenet_space(255.0)}, num_bins, image_size)

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
        return _numbers({"Identity": ONLY_ONE, **wide_space(255.0)}, num_bins)

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
        return _numbers(mixed_space(255.0, self.all_ops), num_bins, image_size)

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
