"""Transforms that mirror, turn, shear and distort."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flambeau as torch

from .... import batch_steps as steps
from ... import transforms as first
from ...draws import uniform
from ...functional import _get_perspective_coeffs
from ...transforms.arguments import affine_ranges
from .. import functional as F
from .._transform import Transform, _RandomApplyTransform
from .._utils import (
    _check_sequence_input,
    _setup_angle,
    get_fill,
    query_size,
    setup_fill_arg,
    setup_number_or_seq,
)


class RandomHorizontalFlip(_RandomApplyTransform):
    """Inputs with left and right exchanged, with probability p."""

    _v1_transform_cls = first.RandomHorizontalFlip
    _calls = (F.horizontal_flip,)

    def on_batch(self, kind):
        return steps.flipped(kind, self.p, axis=3)


class RandomVerticalFlip(_RandomApplyTransform):
    """Inputs with top and bottom exchanged, with probability p."""

    _v1_transform_cls = first.RandomVerticalFlip
    _calls = (F.vertical_flip,)

    def on_batch(self, kind):
        return steps.flipped(kind, self.p, axis=2)


class RandomRotation(Transform):
    """Inputs turned by a random angle."""

    _v1_transform_cls = first.RandomRotation
    _calls = (F.rotate, "interpolation", "expand", "center", "fill")

    def __init__(
        self,
        degrees: float | Sequence,
        interpolation: Any = "nearest",
        expand: bool = False,
        center: list[float] | None = None,
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.degrees = _setup_angle(degrees, name="degrees", req_sizes=(2,))
        self.interpolation = interpolation
        self.expand = expand
        self.fill = fill
        self._fill = setup_fill_arg(fill)
        if center is not None:
            _check_sequence_input(center, "center", req_sizes=(2,))
        self.center = center

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"angle": uniform(self.degrees[0], self.degrees[1])}


class RandomAffine(Transform):
    """Inputs turned, moved, scaled and sheared at random."""

    _v1_transform_cls = first.RandomAffine
    _calls = (F.affine, "interpolation", "center", "fill")

    def __init__(
        self,
        degrees: float | Sequence,
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: Any = "nearest",
        fill: Any = 0,
        center: list[float] | None = None,
    ) -> None:
        super().__init__()
        self.degrees, self.translate, self.scale, self.shear = affine_ranges(degrees, translate, scale, shear)
        self.interpolation = interpolation
        self.fill = fill
        self._fill = setup_fill_arg(fill)
        if center is not None:
            _check_sequence_input(center, "center", req_sizes=(2,))
        self.center = center

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        drawn = first.RandomAffine.get_params(self.degrees, self.translate, self.scale, self.shear, [width, height])
        return dict(zip(("angle", "translate", "scale", "shear"), drawn))


class RandomPerspective(_RandomApplyTransform):
    """Inputs with their corners moved inwards at random, in perspective, or unchanged."""

    _v1_transform_cls = first.RandomPerspective

    def __init__(
        self, distortion_scale: float = 0.5, p: float = 0.5, interpolation: Any = "bilinear", fill: Any = 0
    ) -> None:
        super().__init__(p=p)
        if not 0 <= distortion_scale <= 1:
            raise ValueError("Argument distortion_scale value should be between 0 and 1")
        self.distortion_scale = distortion_scale
        self.interpolation = interpolation
        self.fill = fill
        self._fill = setup_fill_arg(fill)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        points = first.RandomPerspective.get_params(width, height, self.distortion_scale)
        return {"coefficients": _get_perspective_coeffs(*points)}

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        how = {"interpolation": self.interpolation, "fill": get_fill(self._fill, type(inpt))}
        return self._call_kernel(F.perspective, inpt, startpoints=None, endpoints=None, **how, **params)


class ElasticTransform(Transform):
    """Inputs distorted by smooth random displacements."""

    _v1_transform_cls = first.ElasticTransform
    _calls = (F.elastic, "interpolation", "fill")

    def __init__(
        self,
        alpha: float | Sequence[float] = 50.0,
        sigma: float | Sequence[float] = 5.0,
        interpolation: Any = "bilinear",
        fill: Any = 0,
    ) -> None:
        super().__init__()
        self.alpha = setup_number_or_seq(alpha, "alpha")
        self.sigma = setup_number_or_seq(sigma, "sigma")
        self.interpolation = interpolation
        self.fill = fill
        self._fill = setup_fill_arg(fill)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        along = [self._displacements(axis, height, width) for axis in (0, 1)]
        return {"displacement": torch.concat(along, 1).permute([0, 2, 3, 1])}

    def _displacements(self, axis: int, height: int, width: int) -> torch.Tensor:
        """Displacements along x (0) or y (1), of shape (1, 1, H, W)."""
        noise = torch.rand(1, 1, height, width) * 2 - 1
        if self.sigma[axis] > 0.0:
            size = int(8 * self.sigma[axis] + 1) | 1
            noise = self._call_kernel(F.gaussian_blur, noise, [size, size], list(self.sigma))
        return noise * self.alpha[axis] / (width, height)[axis]
