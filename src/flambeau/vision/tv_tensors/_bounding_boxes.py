"""Bounding boxes, upright or rotated, in the formats that are in use."""

from __future__ import annotations

from enum import Enum
from typing import Any

import flambeau as torch

from ._keypoints import first_of, map_tensors
from ._tv_tensor import TVTensor


class BoundingBoxFormat(Enum):
    """What the coordinates of a box are.

    XYXY: two opposite corners. XYWH: the upper left corner, width and height. CXCYWH: the centre, width and height.
    XYWHR and CXCYWHR: the same of a box turned by r degrees. XYXYXYXY: the four corners of a turned box, from the
    upper left one clockwise.
    """

    XYXY = "XYXY"
    XYWH = "XYWH"
    CXCYWH = "CXCYWH"
    XYWHR = "XYWHR"
    CXCYWHR = "CXCYWHR"
    XYXYXYXY = "XYXYXYXY"


_ROTATED = (BoundingBoxFormat.XYWHR, BoundingBoxFormat.CXCYWHR, BoundingBoxFormat.XYXYXYXY)


def is_rotated_bounding_format(format: BoundingBoxFormat | str) -> bool:
    """Whether boxes of a format may be turned.

    Raises:
        ValueError: `format` is neither a format nor the name of one.
    """
    if isinstance(format, BoundingBoxFormat):
        return format in _ROTATED
    if isinstance(format, str):
        return format in {rotated.value for rotated in _ROTATED}
    raise ValueError(f"format should be str or BoundingBoxFormat, got {type(format)}")


class BoundingBoxes(TVTensor):
    """A tensor that holds the bounding boxes of an image, of shape (N, 4), rotated ones (N, 5) or (N, 8).

    Args:
        data: what `torch.as_tensor` takes; one dimension is one box.
        format: what the coordinates are.
        canvas_size: height and width of the image.
        clamping_mode: how transforms treat boxes that reach out of the image: "soft", "hard" or None.
        dtype: the type of the coordinates; by default that of `data`.
        device: where it lies; by default where `data` does.
        requires_grad: whether autograd follows it; by default as `data`.

    Raises:
        ValueError: more than two dimensions, rotated boxes of integers, an unknown clamping mode.
    """

    format: BoundingBoxFormat
    canvas_size: tuple[int, int]
    clamping_mode: str | None

    def __new__(
        cls,
        data: Any,
        *,
        format: BoundingBoxFormat | str,
        canvas_size: tuple[int, int],
        clamping_mode: str | None = "soft",
        dtype=None,
        device=None,
        requires_grad: bool | None = None,
    ) -> BoundingBoxes:
        tensor = cls._to_tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)
        if not torch.is_floating_point(tensor) and is_rotated_bounding_format(format):
            raise ValueError(f"Rotated bounding boxes should be floating point tensors, got {tensor.dtype}.")
        return cls._wrap(tensor, format=format, canvas_size=canvas_size, clamping_mode=clamping_mode)

    @classmethod
    def _wrap(cls, tensor, *, format, canvas_size, clamping_mode: str | None = "soft", check_dims: bool = True):
        if check_dims:
            if tensor.ndim == 1:
                tensor = tensor.unsqueeze(0)
            elif tensor.ndim != 2:
                raise ValueError(f"Expected a 1D or 2D tensor, got {tensor.ndim}D")
        if clamping_mode is not None and clamping_mode not in ("hard", "soft"):
            raise ValueError(f"clamping_mode must be None, hard or soft, got {clamping_mode}.")
        boxes = tensor.as_subclass(cls)
        boxes.format = BoundingBoxFormat[format.upper()] if isinstance(format, str) else format
        boxes.canvas_size = canvas_size
        boxes.clamping_mode = clamping_mode
        return boxes

    @classmethod
    def wrap(cls, tensor, like, **kwargs):
        return cls._wrap(
            tensor,
            format=kwargs.get("format", like.format),
            canvas_size=kwargs.get("canvas_size", like.canvas_size),
            clamping_mode=kwargs.get("clamping_mode", like.clamping_mode),
        )

    @classmethod
    def _wrap_output(cls, output, args=(), kwargs=None):
        like = first_of(BoundingBoxes, args, kwargs)
        metadata = {"format": like.format, "canvas_size": like.canvas_size, "clamping_mode": like.clamping_mode}
        return map_tensors(output, BoundingBoxes, lambda t: BoundingBoxes._wrap(t, check_dims=False, **metadata))

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._make_repr(format=self.format, canvas_size=self.canvas_size, clamping_mode=self.clamping_mode)
