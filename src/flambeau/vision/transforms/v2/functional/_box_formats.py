"""Conversions between the formats of bounding boxes, as formulas on tensors of shape (..., 4), (..., 5) or (..., 8)."""

from __future__ import annotations

from collections.abc import Callable

import flambeau as torch

from .... import tv_tensors
from ....tv_tensors import BoundingBoxes, BoundingBoxFormat
from ._utils import is_pure_tensor

__all__ = ["convert_bounding_box_format"]


def _half(sizes: torch.Tensor) -> torch.Tensor:
    return sizes.div(2, rounding_mode=None if sizes.is_floating_point() else "floor")


def _xywh_to_xyxy(boxes):
    return torch.cat([boxes[..., :2], boxes[..., 2:] + boxes[..., :2]], -1)


def _xyxy_to_xywh(boxes):
    return torch.cat([boxes[..., :2], boxes[..., 2:] - boxes[..., :2]], -1)


def _xywh_to_cxcywh(boxes):
    return torch.cat([boxes[..., :2] + _half(boxes[..., 2:]), boxes[..., 2:]], -1)


def _cxcywh_to_xyxy(boxes):
    exact = boxes if boxes.is_floating_point() else boxes.float()
    corner = exact[..., :2] - exact[..., 2:] / 2
    return torch.cat([corner, exact[..., 2:] + corner], -1).to(boxes.dtype)


def _cxcywh_to_xywh(boxes):
    if not boxes.is_floating_point():  # cutting both corners to integers changes the sizes
        return _xyxy_to_xywh(_cxcywh_to_xyxy(boxes))
    return torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., 2:]], -1)


def _xyxy_to_cxcywh(boxes):
    sizes = boxes[..., 2:] - boxes[..., :2]
    return torch.cat([_half(boxes[..., :2] * 2 + sizes), sizes], -1)


def _axes(boxes, scale: float) -> tuple:
    """The vectors along a turned box's width and height, times a factor: their x and y."""
    angle = boxes[..., 4].mul(torch.pi).div(180.0)
    cos, sin = angle.cos(), angle.sin()
    width, height = boxes[..., 2] * scale, boxes[..., 3] * scale
    return width * cos, width * sin, height * cos, height * sin


def _cxcywhr_to_xywhr(boxes):
    w_cos, w_sin, h_cos, h_sin = _axes(boxes, 0.5)
    x, y = boxes[..., 0] - w_cos - h_sin, boxes[..., 1] + w_sin - h_cos
    return torch.cat([torch.stack([x, y], -1), boxes[..., 2:]], -1)


def _xywhr_to_cxcywhr(boxes):
    w_cos, w_sin, h_cos, h_sin = _axes(boxes, 0.5)
    x, y = boxes[..., 0] + w_cos + h_sin, boxes[..., 1] - w_sin + h_cos
    return torch.cat([torch.stack([x, y], -1), boxes[..., 2:]], -1)


def _xywhr_to_xyxyxyxy(boxes):
    w_cos, w_sin, h_cos, h_sin = _axes(boxes, 1.0)
    x, y = boxes[..., 0], boxes[..., 1]
    corners = [x, y, x + w_cos, y - w_sin, x + (w_cos + h_sin), y - (w_sin - h_cos), x + h_sin, y + h_cos]
    return torch.stack(corners, -1)


def _xyxyxyxy_to_xywhr(boxes):
    exact = boxes if boxes.dtype in (torch.float32, torch.float64) else boxes.float()
    x1, y1, x2, y2, x3, y3, _, _ = exact.unbind(-1)
    width = ((x2 - x1).pow(2) + (y2 - y1).pow(2)).sqrt()
    height = ((x3 - x2).pow(2) + (y3 - y2).pow(2)).sqrt()
    angle = torch.atan2(y1 - y2, x2 - x1).div(torch.pi).mul(180.0)
    return torch.stack([x1, y1, width, height, angle], -1).to(boxes.dtype)


# Upright boxes go by their corners, turned ones by a corner, width, height and angle, unless there is a shorter way.
_TO_HUB: dict[BoundingBoxFormat, Callable] = {
    BoundingBoxFormat.XYWH: _xywh_to_xyxy,
    BoundingBoxFormat.CXCYWH: _cxcywh_to_xyxy,
    BoundingBoxFormat.CXCYWHR: _cxcywhr_to_xywhr,
    BoundingBoxFormat.XYXYXYXY: _xyxyxyxy_to_xywhr,
}
_FROM_HUB: dict[BoundingBoxFormat, Callable] = {
    BoundingBoxFormat.XYWH: _xyxy_to_xywh,
    BoundingBoxFormat.CXCYWH: _xyxy_to_cxcywh,
    BoundingBoxFormat.CXCYWHR: _xywhr_to_cxcywhr,
    BoundingBoxFormat.XYXYXYXY: _xywhr_to_xyxyxyxy,
}
_SHORTER: dict[tuple, Callable] = {
    (BoundingBoxFormat.XYWH, BoundingBoxFormat.CXCYWH): _xywh_to_cxcywh,
    (BoundingBoxFormat.CXCYWH, BoundingBoxFormat.XYWH): _cxcywh_to_xywh,
}


def converted(boxes: torch.Tensor, old: BoundingBoxFormat, new: BoundingBoxFormat) -> torch.Tensor:
    """Boxes in another format; themselves where the format is the same.

    Raises:
        ValueError: only one of the formats is for turned boxes.
    """
    if new == old:
        return boxes
    if tv_tensors.is_rotated_bounding_format(old) != tv_tensors.is_rotated_bounding_format(new):
        raise ValueError("Cannot convert between rotated and unrotated bounding boxes.")
    if (old, new) in _SHORTER:
        return _SHORTER[old, new](boxes)
    for step in (_TO_HUB.get(old), _FROM_HUB.get(new)):
        boxes = boxes if step is None else step(boxes)
    return boxes


def _format(format):
    return BoundingBoxFormat[format.upper()] if isinstance(format, str) else format


def convert_bounding_box_format(inpt, old_format=None, new_format=None, inplace: bool = False) -> torch.Tensor:
    """Bounding boxes in another format.

    Args:
        inpt: BoundingBoxes, or a tensor of shape (N, 4), (N, 5) or (N, 8).
        old_format: the format of a plain tensor; BoundingBoxes know theirs.
        new_format: a BoundingBoxFormat or its name.
        inplace: write the result over the input, where it has as many coordinates.

    Raises:
        TypeError: no new format, or an input of another type.
        ValueError: an old format for BoundingBoxes, or none for a tensor; only one format for turned boxes.
    """
    if new_format is None:
        raise TypeError("convert_bounding_box_format() missing 1 required argument: 'new_format'")
    old_format, new_format = _format(old_format), _format(new_format)
    if is_pure_tensor(inpt):
        if old_format is None:
            raise ValueError("For pure tensor inputs, `old_format` has to be passed.")
        return _converted(inpt, old_format, new_format, inplace)
    if not isinstance(inpt, BoundingBoxes):
        raise TypeError(
            f"Input can either be a plain tensor or a bounding box tv_tensor, but got {type(inpt)} instead."
        )
    if old_format is not None:
        raise ValueError("For bounding box tv_tensor inputs, `old_format` must not be passed.")
    output = _converted(inpt.as_subclass(torch.Tensor), inpt.format, new_format, inplace)
    return tv_tensors.wrap(output, like=inpt, format=new_format)


def _converted(boxes, old, new, inplace: bool) -> torch.Tensor:
    output = converted(boxes, old, new)
    return boxes.copy_(output) if inplace and output is not boxes and output.shape == boxes.shape else output
