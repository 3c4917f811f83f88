"""Images made of tensors for the eye: grids, files, and what detectors and segmenters found drawn on them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import repeat
from typing import Any

from .colors import _generate_color_palette, _parse_colors
from .drawing import _Image_fromarray, draw_bounding_boxes, draw_keypoints, draw_segmentation_masks
from .flow import _make_colorwheel, flow_to_image
from .grid import make_grid, save_image

__all__ = [
    "_Image_fromarray", "draw_bounding_boxes", "draw_keypoints", "draw_segmentation_masks", "flow_to_image",
    "make_grid", "save_image",
]  # fmt: skip

PRIVATE = (_generate_color_palette, _make_colorwheel, _parse_colors)  # what scripts import in spite of their names


def _log_api_usage_once(obj: Any) -> None:
    """Accepted: nothing is logged."""


def _make_ntuple(x: Any, n: int) -> tuple[Any, ...]:
    """What can be walked as a tuple; anything else n times."""
    return tuple(x) if isinstance(x, Iterable) else tuple(repeat(x, n))
