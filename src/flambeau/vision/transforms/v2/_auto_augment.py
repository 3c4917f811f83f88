"""Policies of augmentation: operations drawn from a table, with magnitudes drawn from theirs."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import PIL.Image

import flambeau as torch
from flambeau.utils._pytree import tree_flatten, tree_unflatten

from ... import tv_tensors
from .. import augmentation_policies as policies
from .. import autoaugment as first
from ..autoaugment import AutoAugmentPolicy
from ..draws import exceeds
from . import functional as F
from ._transform import Transform
from ._utils import check_type, get_fill, is_pure_tensor, setup_fill_arg
from .functional._dtype import max_value

_PICTURES = (tv_tensors.Image, PIL.Image.Image, is_pure_tensor, tv_tensors.Video)
_UNSUPPORTED = (tv_tensors.BoundingBoxes, tv_tensors.Mask, tv_tensors.KeyPoints)


# ------------------------------------------------------------------ operations
def _affine(image, magnitude, how: dict, **changed):
    return F.affine(image, angle=0.0, scale=1.0, **{"translate": [0, 0], "shear": [0.0, 0.0], **changed}, **how)


def _degrees(magnitude: float) -> float:
    """The angle whose tangent is a magnitude."""
    return math.degrees(math.atan(magnitude))


def _solarize(image, magnitude, how: dict):
    bound = max_value(image.dtype) if isinstance(image, torch.Tensor) else 255.0
    return F.solarize(image, threshold=bound * magnitude)


# Each takes an image, a magnitude, and how pixels are found.
_OPERATIONS: dict[str, Callable] = {
    "Identity": lambda image, m, how: image,
    "ShearX": lambda image, m, how: _affine(image, m, how, shear=[_degrees(m), 0.0], center=[0, 0]),
    "ShearY": lambda image, m, how: _affine(image, m, how, shear=[0.0, _degrees(m)], center=[0, 0]),
    "TranslateX": lambda image, m, how: _affine(image, m, how, translate=[int(m), 0]),
    "TranslateY": lambda image, m, how: _affine(image, m, how, translate=[0, int(m)]),
    "Rotate": lambda image, m, how: F.rotate(image, angle=m, **how),
    "Brightness": lambda image, m, how: F.adjust_brightness(image, brightness_factor=1.0 + m),
    "Color": lambda image, m, how: F.adjust_saturation(image, saturation_factor=1.0 + m),
    "Contrast": lambda image, m, how: F.adjust_contrast(image, contrast_factor=1.0 + m),
    "Sharpness": lambda image, m, how: F.adjust_sharpness(image, sharpness_factor=1.0 + m),
    "Posterize": lambda image, m, how: F.posterize(image, bits=int(m)),
    "Solarize": _solarize,
    "AutoContrast": lambda image, m, how: F.autocontrast(image),
    "Equalize": lambda image, m, how: F.equalize(image),
    "Invert": lambda image, m, how: F.invert(image),
}


# ------------------------------------------------------------------ magnitudes
# Of each operation: a function of (number of magnitudes, height, width), and whether the sign is drawn as well.
def _up_to(limit: Callable | float) -> tuple[Callable, bool]:
    """Magnitudes from 0 to a limit, which may depend on the image's size."""
    of_size = limit if callable(limit) else lambda height, width: limit
    return (lambda bins, height, width: torch.linspace(0.0, of_size(height, width), bins)), True


def _bits(most: int, fewer: int) -> tuple[Callable, bool]:
    """Bits kept, from the most to `fewer` fewer."""
    return (lambda bins, height, width: (most - (torch.arange(bins) / ((bins - 1) / fewer))).round().int()), False


_ONLY_ONE: tuple[Callable, bool] = ((lambda bins, height, width: None), False)
_THRESHOLDS: tuple[Callable, bool] = ((lambda bins, height, width: torch.linspace(1.0, 0.0, bins)), False)


def _geometry(shear: float, x: Callable | float, y: Callable | float, degrees: float) -> dict:
    limits = {"ShearX": shear, "ShearY": shear, "TranslateX": x, "TranslateY": y, "Rotate": degrees}
    return {name: _up_to(limit) for name, limit in limits.items()}


def _colours(limit: float) -> dict:
    return {name: _up_to(limit) for name in ("Brightness", "Color", "Contrast", "Sharpness")}


def _tones(bits: tuple[Callable, bool]) -> dict:
    return {"Posterize": bits, "Solarize": _THRESHOLDS, "AutoContrast": _ONLY_ONE, "Equalize": _ONLY_ONE}


_IMAGENET_MOVES: tuple[Callable, Callable] = (
    lambda height, width: 150.0 / 331.0 * width,
    lambda height, width: 150.0 / 331.0 * height,
)
_IMAGENET_SPACE = _geometry(0.3, *_IMAGENET_MOVES, 30.0) | _colours(0.9) | _tones(_bits(8, 4))


# ------------------------------------------------------------------ policies
class _AutoAugmentBase(Transform):
    def __init__(self, *, interpolation: Any = "nearest", fill: Any = None) -> None:
        super().__init__()
        self.interpolation = interpolation
        self.fill = fill
        self._fill = setup_fill_arg(fill)

    def _get_random_item(self, dct: dict) -> tuple:
        keys = tuple(dct)
        key = keys[int(torch.randint(len(keys), ()))]
        return key, dct[key]

    def _picture_among(self, flat_inputs: list[Any]) -> int:
        """The place of the one image or video of a sample."""
        found = []
        for k, (inpt, needs) in enumerate(zip(flat_inputs, self._needs_transform_list(flat_inputs))):
            if needs and check_type(inpt, _PICTURES):
                found.append(k)
            elif isinstance(inpt, _UNSUPPORTED):
                raise TypeError(f"Inputs of type {type(inpt).__name__} are not supported by {type(self).__name__}()")
        if not found:
            raise TypeError("Found no image in the sample.")
        if len(found) > 1:
            raise TypeError(
                "Auto augment transformations are only properly defined for a single image or video, "
                f"but found {len(found)}."
            )
        return found[0]

    def forward(self, *inputs: Any) -> Any:
        flat_inputs, spec = tree_flatten(inputs if len(inputs) > 1 else inputs[0])
        place = self._picture_among(flat_inputs)
        flat_inputs[place] = self._augmented(flat_inputs[place], *F.get_size(flat_inputs[place]))
        return tree_unflatten(flat_inputs, spec)

    def _augmented(self, image, height: int, width: int):
        raise NotImplementedError

    def _apply_image_or_video_transform(self, image, transform_id: str, magnitude: float, interpolation, fill: dict):
        if transform_id not in _OPERATIONS:
            raise ValueError(f"No transform available for {transform_id}")
        how = {"interpolation": interpolation, "fill": get_fill(fill, type(image))}
        return _OPERATIONS[transform_id](image, magnitude, how)

    def _applied(self, image, name: str, magnitudes: tuple, bins: int, size: tuple[int, int], choose: Callable):
        """An image after an operation with a magnitude that `choose` gives the number of."""
        values, signed = magnitudes[0](bins, *size), magnitudes[1]
        magnitude = 0.0 if values is None else float(values[choose()])
        if values is not None and signed and not exceeds(0.5):
            magnitude = -magnitude
        return self._apply_image_or_video_transform(image, name, magnitude, self.interpolation, self._fill)


class AutoAugment(_AutoAugmentBase):
    """A pair of operations of those that a search has found for a data set (arXiv:1805.09501)."""

    _v1_transform_cls = first.AutoAugment
    _AUGMENTATION_SPACE = {**_IMAGENET_SPACE, "Invert": _ONLY_ONE}

    def __init__(
        self,
        policy: AutoAugmentPolicy = AutoAugmentPolicy.IMAGENET,
        interpolation: Any = "nearest",
        fill: Any = None,
    ) -> None:
        super().__init__(interpolation=interpolation, fill=fill)
        self.policy = policy
        self._policies = self._get_policies(policy)

    def _get_policies(self, policy: AutoAugmentPolicy) -> list:
        if not isinstance(policy, AutoAugmentPolicy):
            raise ValueError(f"The provided policy {policy} is not recognized.")
        return getattr(policies, policy.name)

    def _augmented(self, image, height: int, width: int):
        for name, probability, number in self._policies[int(torch.randint(len(self._policies), ()))]:
            if not exceeds(probability):
                magnitudes = self._AUGMENTATION_SPACE[name]
                image = self._applied(image, name, magnitudes, 10, (height, width), lambda number=number: number)
        return image


class RandAugment(_AutoAugmentBase):
    """Several operations with one magnitude for all (arXiv:1909.13719)."""

    _v1_transform_cls = first.RandAugment
    _AUGMENTATION_SPACE = {"Identity": _ONLY_ONE, **_IMAGENET_SPACE}

    def __init__(
        self,
        num_ops: int = 2,
        magnitude: int = 9,
        num_magnitude_bins: int = 31,
        interpolation: Any = "nearest",
        fill: Any = None,
    ) -> None:
        super().__init__(interpolation=interpolation, fill=fill)
        if not isinstance(num_ops, int) or (num_ops < 0):
            raise ValueError(f"num_ops should be a non-negative integer, but got {num_ops} instead.")
        self.num_ops = num_ops
        self.magnitude = magnitude
        self.num_magnitude_bins = num_magnitude_bins

    def _augmented(self, image, height: int, width: int):
        for _ in range(self.num_ops):
            name, magnitudes = self._get_random_item(self._AUGMENTATION_SPACE)
            bins, size = self.num_magnitude_bins, (height, width)
            image = self._applied(image, name, magnitudes, bins, size, lambda: self.magnitude)
        return image


class TrivialAugmentWide(_AutoAugmentBase):
    """One operation with a random magnitude (arXiv:2103.10158)."""

    _v1_transform_cls = first.TrivialAugmentWide
    _AUGMENTATION_SPACE = {
        "Identity": _ONLY_ONE, **_geometry(0.99, 32.0, 32.0, 135.0), **_colours(0.99), **_tones(_bits(8, 6)),
    }  # fmt: skip

    def __init__(self, num_magnitude_bins: int = 31, interpolation: Any = "nearest", fill: Any = None):
        super().__init__(interpolation=interpolation, fill=fill)
        self.num_magnitude_bins = num_magnitude_bins

    def _augmented(self, image, height: int, width: int):
        name, magnitudes = self._get_random_item(self._AUGMENTATION_SPACE)
        bins = self.num_magnitude_bins
        return self._applied(image, name, magnitudes, bins, (height, width), lambda: int(torch.randint(bins, ())))


class AugMix(_AutoAugmentBase):
    """A mixture of an image with what several chains of operations make of it (arXiv:1912.02781)."""

    _v1_transform_cls = first.AugMix
    _PARTIAL_AUGMENTATION_SPACE = {
        **_geometry(0.3, lambda height, width: width / 3.0, lambda height, width: height / 3.0, 30.0),
        **_tones(_bits(4, 4)),
    }
    _AUGMENTATION_SPACE = {**_PARTIAL_AUGMENTATION_SPACE, **_colours(0.9)}
    _PARAMETER_MAX = 10

    def __init__(
        self,
        severity: int = 3,
        mixture_width: int = 3,
        chain_depth: int = -1,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: Any = "bilinear",
        fill: Any = None,
    ) -> None:
        super().__init__(interpolation=interpolation, fill=fill)
        if not (1 <= severity <= self._PARAMETER_MAX):
            raise ValueError(f"The severity must be between [1, {self._PARAMETER_MAX}]. Got {severity} instead.")
        self.severity = severity
        self.mixture_width = mixture_width
        self.chain_depth = chain_depth
        self.alpha = alpha
        self.all_ops = all_ops

    def _sample_dirichlet(self, params: torch.Tensor) -> torch.Tensor:
        return torch._sample_dirichlet(params)

    def _weights(self, count: int, batch: int) -> torch.Tensor:
        return self._sample_dirichlet(torch.tensor([self.alpha] * count).expand(batch, -1))

    def _augmented(self, image, height: int, width: int):
        pixels = image if isinstance(image, torch.Tensor) else F.pil_to_tensor(image)
        expected = 5 if isinstance(image, tv_tensors.Video) else 4
        batch = pixels.reshape([1] * max(expected - pixels.ndim, 0) + list(pixels.shape))
        shape = [batch.size(0)] + [1] * (batch.ndim - 1)
        kept = self._weights(2, shape[0])
        weights = self._weights(self.mixture_width, shape[0]) * kept[:, 1].reshape([shape[0], -1])
        mix = kept[:, 0].reshape(shape) * batch
        for k in range(self.mixture_width):
            mix.add_(weights[:, k].reshape(shape) * self._chained(batch, (height, width)))
        mix = mix.reshape(pixels.shape).to(dtype=pixels.dtype)
        if isinstance(image, tv_tensors.TVTensor):
            return tv_tensors.wrap(mix, like=image)
        return F.to_pil_image(mix) if isinstance(image, PIL.Image.Image) else mix

    def _chained(self, batch: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        space = self._AUGMENTATION_SPACE if self.all_ops else self._PARTIAL_AUGMENTATION_SPACE
        depth = self.chain_depth if self.chain_depth > 0 else int(torch.randint(1, 4, (1,)))
        for _ in range(depth):
            name, magnitudes = self._get_random_item(space)
            bins = self._PARAMETER_MAX
            batch = self._applied(batch, name, magnitudes, bins, size, lambda: int(torch.randint(self.severity, ())))
        return batch
