"""Transforms that take something away: a rectangle, or what JPEG loses."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import flambeau as torch

from ... import tv_tensors
from .. import transforms as first
from ..draws import drawn_hole
from . import functional as F
from ._transform import Transform, _RandomApplyTransform
from ._utils import _check_sequence_input, check_range, query_chw


def warn_of_passing(transform: Transform, inpt: Any) -> None:
    """Warns where an input that is no picture is left as it is."""
    if isinstance(inpt, (tv_tensors.BoundingBoxes, tv_tensors.KeyPoints, tv_tensors.Mask)):
        warnings.warn(
            f"{type(transform).__name__}() is currently passing through inputs of type "
            f"tv_tensors.{type(inpt).__name__}. This will likely change in the future.",
            stacklevel=3,
        )


class RandomErasing(_RandomApplyTransform):
    """Images with a rectangle overwritten, or unchanged (arXiv:1708.04896)."""

    _v1_transform_cls = first.RandomErasing

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0.0,
        inplace: bool = False,
    ):
        super().__init__(p=p)
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        if not isinstance(scale, Sequence):
            raise TypeError("Scale should be a sequence")
        if not isinstance(ratio, Sequence):
            raise TypeError("Ratio should be a sequence")
        check_range(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        self.scale = scale
        self.ratio = ratio
        if isinstance(value, str):
            self.value = None
        else:
            values: Any = value if isinstance(value, (tuple, list)) else [value]
            self.value = [float(v) for v in values]
        self.inplace = inplace

    def _call_kernel(self, functional: Callable, inpt: Any, *args: Any, **kwargs: Any) -> Any:
        warn_of_passing(self, inpt)
        return super()._call_kernel(functional, inpt, *args, **kwargs)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        channels, height, width = query_chw(flat_inputs)
        if self.value is not None and len(self.value) not in (1, channels):
            raise ValueError(
                f"If value is a sequence, it should have either a single value or {channels} (number of inpt channels)"
            )
        hole = drawn_hole((channels, height, width), self.scale, self.ratio, self.value)
        return dict(zip("ijhwv", hole or (0, 0, height, width, None)))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return inpt if params["v"] is None else self._call_kernel(F.erase, inpt, **params, inplace=self.inplace)


class JPEG(Transform):
    """Images as JPEG would give them back.

    Args:
        quality: from 1, the smallest file, to 100; or the least and the largest.

    Raises:
        TypeError, ValueError: what is no quality.
    """

    _calls = (F.jpeg,)

    def __init__(self, quality: int | Sequence[int]):
        super().__init__()
        if isinstance(quality, bool):
            raise TypeError("quality can't be bool")
        if isinstance(quality, int):
            quality = [quality, quality]
        else:
            _check_sequence_input(quality, "quality", req_sizes=(2,))
        if not (1 <= quality[0] <= quality[1] <= 100 and all(isinstance(q, int) for q in quality)):
            raise ValueError(f"quality must be an integer from 1 to 100, got {quality =}")
        self.quality = quality

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"quality": torch.randint(self.quality[0], self.quality[1] + 1, ()).item()}
