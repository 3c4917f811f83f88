"""Transforms to another size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flambeau as torch

from .... import batch_steps as steps
from ... import transforms as first
from ...functional import _compute_resized_output_size
from .. import functional as F
from .._transform import Transform
from .._utils import query_size


class Resize(Transform):
    """Inputs in another size.

    Args:
        size: [height, width]; a number is the length of the shorter edge; None: `max_size` is that of the longer.
        interpolation: a mode, its name, or Pillow's number.
        max_size: the most that the longer edge may get.
        antialias: average over all pixels that become one; PIL images always do.

    Raises:
        ValueError: another number of sizes, or none at all.
    """

    _v1_transform_cls = first.Resize
    _calls = (F.resize, "size", "interpolation", "max_size", "antialias")

    def __init__(
        self,
        size: int | Sequence[int] | None,
        interpolation: Any = "bilinear",
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        if isinstance(size, int):
            size = [size]
        elif isinstance(size, Sequence) and len(size) in {1, 2}:
            size = list(size)
        elif size is not None:
            raise ValueError(
                f"size can be an integer, a sequence of one or two integers, or None, but got {size} instead."
            )
        elif not isinstance(max_size, int):
            raise ValueError(f"max_size must be an integer when size is None, but got {max_size} instead.")
        self.size = size
        self.interpolation = interpolation
        self.max_size = max_size
        self.antialias = antialias

    def on_batch(self, kind):
        size = kind.height, kind.width
        target = _compute_resized_output_size(size, self.size, self.max_size, allow_size_none=True)
        return steps.one_by_one(kind, (target[0], target[1]), self.forward)


class _RandomSize(Transform):
    """Inputs in a size that `make_params` draws."""

    _calls = (F.resize, "interpolation", "antialias")

    interpolation: Any
    antialias: bool | None


class ScaleJitter(_RandomSize):
    """Inputs in a random multiple of the size at which they fit another (arXiv:2012.07177).

    Args:
        target_size: the size that they would fit.
        scale_range: the least and the largest factor.
        interpolation: a mode, its name, or Pillow's number.
        antialias: average over all pixels that become one.
    """

    def __init__(
        self,
        target_size: tuple[int, int],
        scale_range: tuple[float, float] = (0.1, 2.0),
        interpolation: Any = "bilinear",
        antialias: bool | None = True,
    ):
        super().__init__()
        self.target_size = target_size
        self.scale_range = scale_range
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        scale = self.scale_range[0] + torch.rand(1) * (self.scale_range[1] - self.scale_range[0])
        ratio = min(self.target_size[1] / height, self.target_size[0] / width) * scale
        return {"size": (int(height * ratio), int(width * ratio))}


class RandomShortestSize(_RandomSize):
    """Inputs whose shorter edge has one of some lengths.

    Args:
        min_size: the lengths.
        max_size: the most that the longer edge may get.
        interpolation: a mode, its name, or Pillow's number.
        antialias: average over all pixels that become one.
    """

    def __init__(
        self,
        min_size: list[int] | tuple[int] | int,
        max_size: int | None = None,
        interpolation: Any = "bilinear",
        antialias: bool | None = True,
    ):
        super().__init__()
        self.min_size = [min_size] if isinstance(min_size, int) else list(min_size)
        self.max_size = max_size
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        ratio = self.min_size[int(torch.randint(len(self.min_size), ()))] / min(height, width)
        if self.max_size is not None:
            ratio = min(ratio, self.max_size / max(height, width))
        return {"size": (int(height * ratio), int(width * ratio))}


class RandomResize(_RandomSize):
    """Inputs whose shorter edge has a random length.

    Args:
        min_size: the least length.
        max_size: the largest, less one.
        interpolation: a mode, its name, or Pillow's number.
        antialias: average over all pixels that become one.
    """

    def __init__(
        self, min_size: int, max_size: int, interpolation: Any = "bilinear", antialias: bool | None = True
    ) -> None:
        super().__init__()
        self.min_size = min_size
        self.max_size = max_size
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"size": [int(torch.randint(self.min_size, self.max_size, ()))]}
