"""Policies of augmentation: operations drawn from a table, with magnitudes drawn from theirs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import PIL.Image

import flambeau as torch
from flambeau.utils._pytree import tree_flatten, tree_unflatten

from ... import tv_tensors
from .. import augmentation_policies as policies
from .. import autoaugment as first
from ..augmentation_operations import ONLY_ONE, imagenet_space, mixed_space, operations, wide_space
from ..autoaugment import AutoAugmentPolicy
from ..draws import exceeds
from . import functional as F
from ._transform import Transform
from ._utils import check_type, get_fill, is_pure_tensor, setup_fill_arg
from .functional._dtype import max_value

_PICTURES = (tv_tensors.Image, PIL.Image.Image, is_pure_tensor, tv_tensors.Video)
_UNSUPPORTED = (tv_tensors.BoundingBoxes, tv_tensors.Mask, tv_tensors.KeyPoints)


def _solarize(image, magnitude, how: dict):
    bound = max_value(image.dtype) if isinstance(image, torch.Tensor) else 255.0
    return F.solarize(image, threshold=bound * magnitude)


_OPERATIONS = {**operations(F), "Solarize": _solarize}


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
    _AUGMENTATION_SPACE = {**imagenet_space(1.0), "Invert": ONLY_ONE}

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
    _AUGMENTATION_SPACE = {"Identity": ONLY_ONE, **imagenet_space(1.0)}

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
    _AUGMENTATION_SPACE = {"Identity": ONLY_ONE, **wide_space(1.0)}

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
    _PARTIAL_AUGMENTATION_SPACE = mixed_space(1.0, colours=False)
    _AUGMENTATION_SPACE = mixed_space(1.0, colours=True)
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
