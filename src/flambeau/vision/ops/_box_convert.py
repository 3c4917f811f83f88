"""The ways to write a box, and the steps from one to another.

xyxy: two corners; xywh: a corner and the sides; cxcywh: the centre and the sides; an r behind these is the angle by
which the box is turned about its centre, in degrees against the clock; xyxyxyxy: four corners in clockwise order.
"""

from __future__ import annotations

from collections.abc import Callable

import flambeau as torch
from flambeau import Tensor


def _cxcywh_to_xyxy(boxes: Tensor) -> Tensor:
    cx, cy, w, h = boxes.unbind(-1)
    return torch.stack((cx - 0.5 * w, cy - 0.5 * h, cx + 0.5 * w, cy + 0.5 * h), -1)


def _xyxy_to_cxcywh(boxes: Tensor) -> Tensor:
    x1, y1, x2, y2 = boxes.unbind(-1)
    return torch.stack(((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1), -1)


def _xywh_to_xyxy(boxes: Tensor) -> Tensor:
    x, y, w, h = boxes.unbind(-1)
    return torch.stack((x, y, x + w, y + h), -1)


def _xyxy_to_xywh(boxes: Tensor) -> Tensor:
    x1, y1, x2, y2 = boxes.unbind(-1)
    return torch.stack((x1, y1, x2 - x1, y2 - y1), -1)


def _turned(step: Callable) -> Callable:
    """A step between boxes with an angle; whole numbers are rounded at its end."""

    def rounded(boxes: Tensor) -> Tensor:
        result = torch.stack(step(*boxes.unbind(-1)), -1)
        return result if boxes.is_floating_point() else result.round().to(boxes.dtype)

    return rounded


def _direction(r: Tensor) -> tuple[Tensor, Tensor]:
    radians = r * torch.pi / 180.0
    return torch.cos(radians), torch.sin(radians)


@_turned
def _cxcywhr_to_xywhr(cx, cy, w, h, r):
    cos, sin = _direction(r)
    return cx - w / 2 * cos - h / 2 * sin, cy - h / 2 * cos + w / 2 * sin, w, h, r


@_turned
def _xywhr_to_cxcywhr(x, y, w, h, r):
    cos, sin = _direction(r)
    return x + w / 2 * cos + h / 2 * sin, y - w / 2 * sin + h / 2 * cos, w, h, r


@_turned
def _xywhr_to_xyxyxyxy(x1, y1, w, h, r):
    cos, sin = _direction(r)
    x2, y2 = x1 + w * cos, y1 - w * sin
    return x1, y1, x2, y2, x2 + h * sin, y2 + h * cos, x1 + h * sin, y1 + h * cos


@_turned
def _xyxyxyxy_to_xywhr(x1, y1, x2, y2, x3, y3, x4, y4):
    r = torch.atan2(y1 - y2, x2 - x1) * 180 / torch.pi
    return x1, y1, ((x2 - x1) ** 2 + (y1 - y2) ** 2).sqrt(), ((x3 - x2) ** 2 + (y3 - y2) ** 2).sqrt(), r


FORMATS = ("xyxy", "xywh", "cxcywh", "xywhr", "cxcywhr", "xyxyxyxy")

STEPS: dict[tuple[str, str], tuple[Callable, ...]] = {
    ("xywh", "xyxy"): (_xywh_to_xyxy,),
    ("cxcywh", "xyxy"): (_cxcywh_to_xyxy,),
    ("xyxy", "xywh"): (_xyxy_to_xywh,),
    ("xyxy", "cxcywh"): (_xyxy_to_cxcywh,),
    ("xywh", "cxcywh"): (_xywh_to_xyxy, _xyxy_to_cxcywh),
    ("cxcywh", "xywh"): (_cxcywh_to_xyxy, _xyxy_to_xywh),
    ("cxcywhr", "xywhr"): (_cxcywhr_to_xywhr,),
    ("xywhr", "cxcywhr"): (_xywhr_to_cxcywhr,),
    ("cxcywhr", "xyxyxyxy"): (_cxcywhr_to_xywhr, _xywhr_to_xyxyxyxy),
    ("xyxyxyxy", "cxcywhr"): (_xyxyxyxy_to_xywhr, _xywhr_to_cxcywhr),
    ("xywhr", "xyxyxyxy"): (_xywhr_to_xyxyxyxy,),
    ("xyxyxyxy", "xywhr"): (_xyxyxyxy_to_xywhr,),
}


def box_convert(boxes: Tensor, in_fmt: str, out_fmt: str) -> Tensor:
    """The same boxes written in another way.

    Args:
        boxes: (..., K), K the numbers of the format.
        in_fmt, out_fmt: "xyxy", "xywh", "cxcywh"; or, for turned boxes, "xywhr", "cxcywhr", "xyxyxyxy".

    Raises:
        ValueError: another format.
        NotImplementedError: from a turned box to one that is not, or back.
    """
    if in_fmt not in FORMATS or out_fmt not in FORMATS:
        raise ValueError(f"Unsupported Bounding Box Conversions for given in_fmt {in_fmt} and out_fmt {out_fmt}")
    if in_fmt == out_fmt:
        return boxes.clone()
    if (in_fmt, out_fmt) not in STEPS:
        raise NotImplementedError(
            f"Unsupported Bounding Box Conversions for given in_fmt {in_fmt} and out_fmt {out_fmt}"
        )
    for step in STEPS[in_fmt, out_fmt]:
        boxes = step(boxes)
    return boxes
