"""Transforms of bounding boxes and key points alone."""

from __future__ import annotations

from typing import Any

from ... import tv_tensors
from . import functional as F
from ._transform import Transform


class ConvertBoundingBoxFormat(Transform):
    """Bounding boxes in another format.

    Args:
        format: the new format, or its name.
    """

    _transformed_types = (tv_tensors.BoundingBoxes,)

    def __init__(self, format: str | tv_tensors.BoundingBoxFormat) -> None:
        super().__init__()
        self.format = format

    def transform(self, inpt: tv_tensors.BoundingBoxes, params: dict[str, Any]):
        return F.convert_bounding_box_format(inpt, new_format=self.format)


class ClampBoundingBoxes(Transform):
    """Bounding boxes cut to their image.

    Args:
        clamping_mode: "hard", "soft" or None; by default the boxes' own.
    """

    _transformed_types = (tv_tensors.BoundingBoxes,)

    def __init__(self, clamping_mode: str | None = "auto") -> None:
        super().__init__()
        self.clamping_mode = clamping_mode

    def transform(self, inpt: tv_tensors.BoundingBoxes, params: dict[str, Any]):
        return F.clamp_bounding_boxes(inpt, clamping_mode=self.clamping_mode)


class ClampKeyPoints(Transform):
    """Key points moved into their image."""

    _transformed_types = (tv_tensors.KeyPoints,)

    def transform(self, inpt: tv_tensors.KeyPoints, params: dict[str, Any]):
        return F.clamp_keypoints(inpt)


class SetClampingMode(Transform):
    """Says how later transforms cut bounding boxes to their image.

    Args:
        clamping_mode: "hard", "soft" or None.

    Raises:
        ValueError: another mode.
    """

    _transformed_types = (tv_tensors.BoundingBoxes,)

    def __init__(self, clamping_mode: str | None) -> None:
        super().__init__()
        self.clamping_mode = clamping_mode
        if clamping_mode not in (None, "soft", "hard"):
            raise ValueError(f"clamping_mode must be soft, hard or None, got {clamping_mode}")

    def transform(self, inpt: tv_tensors.BoundingBoxes, params: dict[str, Any]):
        boxes: Any = inpt.clone()
        boxes.clamping_mode = self.clamping_mode
        return boxes
