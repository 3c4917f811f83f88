"""Transforms that take a part, or add borders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import PIL.Image

import flambeau as torch

from .... import batch_steps as steps
from .... import tv_tensors
from ....ops import box_iou
from ... import transforms as first
from ...draws import drawn_part, whole
from .. import functional as F
from .._augment import warn_of_passing
from .._transform import Transform, _RandomApplyTransform
from .._utils import (
    _check_sequence_input,
    _setup_size,
    check_padding_arg,
    check_padding_mode_arg,
    check_range,
    get_bounding_boxes,
    get_fill,
    has_all,
    has_any,
    is_pure_tensor,
    query_size,
    setup_fill_arg,
)
from ..functional._padding import parse_padding

_PART = ("top", "left", "height", "width")
_TWO_SIZES = "Please provide only two dimensions (h, w) for size."


class CenterCrop(Transform):
    """The middle of inputs; a part larger than an image has borders of 0."""

    _v1_transform_cls = first.CenterCrop

    def __init__(self, size: int | Sequence[int]):
        super().__init__()
        self.size = _setup_size(size, error_msg=_TWO_SIZES)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.center_crop, inpt, output_size=self.size)

    def on_batch(self, kind):
        return steps.center_cropped(kind, self.size)


class RandomResizedCrop(Transform):
    """A random part of inputs, in a fixed size."""

    _v1_transform_cls = first.RandomResizedCrop
    _calls = (F.resized_crop, "size", "interpolation", "antialias")

    def __init__(
        self,
        size: int | Sequence[int],
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = "bilinear",
        antialias: bool | None = True,
    ) -> None:
        super().__init__()
        self.size = _setup_size(size, error_msg=_TWO_SIZES)
        if not isinstance(scale, Sequence) or len(scale) != 2:
            raise TypeError("Scale should be a sequence of two floats.")
        if not isinstance(ratio, Sequence) or len(ratio) != 2:
            raise TypeError("Ratio should be a sequence of two floats.")
        check_range(scale, ratio)
        self.scale = scale
        self.ratio = ratio
        self.interpolation = interpolation
        self.antialias = antialias

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return dict(zip(_PART, drawn_part(*query_size(flat_inputs), self.scale, self.ratio)))


class _Crops(Transform):
    """Several parts of an image, for which there are no boxes and masks."""

    def _call_kernel(self, functional: Callable, inpt: Any, *args: Any, **kwargs: Any) -> Any:
        warn_of_passing(self, inpt)
        return super()._call_kernel(functional, inpt, *args, **kwargs)

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        if has_any(flat_inputs, tv_tensors.BoundingBoxes, tv_tensors.Mask):
            raise TypeError(f"BoundingBoxes'es and Mask's are not supported by {type(self).__name__}()")


class FiveCrop(_Crops):
    """The four corners of an image and its middle."""

    _v1_transform_cls = first.FiveCrop
    _calls = (F.five_crop, "size")

    def __init__(self, size: int | Sequence[int]) -> None:
        super().__init__()
        self.size = _setup_size(size, error_msg=_TWO_SIZES)


class TenCrop(_Crops):
    """The four corners of an image and its middle, and those of its mirror image."""

    _v1_transform_cls = first.TenCrop
    _calls = (F.ten_crop, "size", "vertical_flip")

    def __init__(self, size: int | Sequence[int], vertical_flip: bool = False) -> None:
        super().__init__()
        self.size = _setup_size(size, error_msg=_TWO_SIZES)
        self.vertical_flip = vertical_flip


class Pad(Transform):
    """Inputs with borders."""

    _v1_transform_cls = first.Pad
    _calls = (F.pad, "padding", "fill", "padding_mode")

    def __init__(self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant") -> None:
        super().__init__()
        check_padding_arg(padding)
        check_padding_mode_arg(padding_mode)
        self.padding = padding if isinstance(padding, int) else list(padding)
        self.fill = fill
        self._fill = setup_fill_arg(fill)
        self.padding_mode = padding_mode

    def on_batch(self, kind):
        return steps.padded(kind, self.padding, self.fill, self.padding_mode)


class RandomZoomOut(_RandomApplyTransform):
    """Inputs somewhere in a larger image of one colour, or unchanged (arXiv:1512.02325).

    Args:
        fill: the colour, or a dictionary of colours by type.
        side_range: how many times as large, at least and at most.
        p: the probability of a change.

    Raises:
        ValueError: a range that begins below 1 or ends before it begins.
    """

    _calls = (F.pad, "fill")

    def __init__(self, fill: Any = 0, side_range: Sequence[float] = (1.0, 4.0), p: float = 0.5) -> None:
        super().__init__(p=p)
        self.fill = fill
        self._fill = setup_fill_arg(fill)
        _check_sequence_input(side_range, "side_range", req_sizes=(2,))
        self.side_range = side_range
        if side_range[0] < 1.0 or side_range[0] > side_range[1]:
            raise ValueError(f"Invalid side range provided {side_range}.")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        factor = self.side_range[0] + torch.rand(1) * (self.side_range[1] - self.side_range[0])
        across, down = int(width * factor) - width, int(height * factor) - height
        place = torch.rand(2)
        left, top = int(across * place[0]), int(down * place[1])
        return {"padding": [left, top, across - left, down - top]}


class RandomCrop(Transform):
    """A random part of inputs, of a fixed size."""

    _v1_transform_cls = first.RandomCrop

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        super().__init__()
        self.size = _setup_size(size, error_msg=_TWO_SIZES)
        if padding is not None:
            check_padding_arg(padding)
        if pad_if_needed or padding is not None:
            check_padding_mode_arg(padding_mode)
        self.padding = parse_padding(padding) if padding else None
        self.pad_if_needed = pad_if_needed
        self.fill = fill
        self._fill = setup_fill_arg(fill)
        self.padding_mode = padding_mode

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        left, right, top, bottom = self.padding or (0, 0, 0, 0)
        crop_height, crop_width = self.size
        if self.pad_if_needed:
            down = max(crop_height - (height + top + bottom), 0)
            across = max(crop_width - (width + left + right), 0)
            top, bottom, left, right = top + down, bottom + down, left + across, right + across
        height, width = height + top + bottom, width + left + right
        if height < crop_height or width < crop_width:
            raise ValueError(
                f"Required crop size {(crop_height, crop_width)} is larger than "
                f"{'padded ' if self.padding is not None else ''}input image size {(height, width)}."
            )
        padding = [left, top, right, bottom]
        return {
            "needs_crop": height > crop_height or width > crop_width,
            "top": whole(0, height - crop_height + 1) if height > crop_height else 0,
            "left": whole(0, width - crop_width + 1) if width > crop_width else 0,
            "height": crop_height,
            "width": crop_width,
            "needs_pad": any(padding),
            "padding": padding,
        }

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if params["needs_pad"]:
            borders = {"fill": get_fill(self._fill, type(inpt)), "padding_mode": self.padding_mode}
            inpt = self._call_kernel(F.pad, inpt, padding=params["padding"], **borders)
        if params["needs_crop"]:
            part = {name: params[name] for name in _PART}
            inpt = self._call_kernel(F.crop, inpt, **part)
        return inpt

    def on_batch(self, kind):
        left, right, top, bottom = self.padding or (0, 0, 0, 0)
        borders = (left, top, right, bottom)
        return steps.cropped_within(kind, self.size, borders, self.pad_if_needed, self.fill, self.padding_mode)


class RandomIoUCrop(Transform):
    """A random part of a sample that has the middle of some box and overlaps such boxes enough (arXiv:1512.02325).

    Boxes whose middle is left out become 0, for `SanitizeBoundingBoxes` to remove.

    Args:
        min_scale: the least part of height and width.
        max_scale: the largest.
        min_aspect_ratio: the least ratio of width to height.
        max_aspect_ratio: the largest.
        sampler_options: least overlaps (intersection over union) to choose from; 1 or more: no change.
        trials: how often a part is drawn before another overlap is chosen.
    """

    def __init__(
        self,
        min_scale: float = 0.3,
        max_scale: float = 1.0,
        min_aspect_ratio: float = 0.5,
        max_aspect_ratio: float = 2.0,
        sampler_options: list[float] | None = None,
        trials: int = 40,
    ):
        super().__init__()
        self.min_scale = min_scale
        self.max_scale = max_scale
        self.min_aspect_ratio = min_aspect_ratio
        self.max_aspect_ratio = max_aspect_ratio
        self.options = [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0] if sampler_options is None else sampler_options
        self.trials = trials

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        pictures = (PIL.Image.Image, tv_tensors.Image, is_pure_tensor)
        if not (has_all(flat_inputs, tv_tensors.BoundingBoxes) and has_any(flat_inputs, *pictures)):
            raise TypeError(
                f"{type(self).__name__}() requires input sample to contain tensor or PIL images "
                "and bounding boxes. Sample can also contain masks."
            )

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        height, width = query_size(flat_inputs)
        boxes = get_bounding_boxes(flat_inputs)
        corners = F.convert_bounding_box_format(
            boxes.as_subclass(torch.Tensor), boxes.format, tv_tensors.BoundingBoxFormat.XYXY
        )
        while True:
            overlap = self.options[whole(0, len(self.options))]
            if overlap >= 1.0:
                return {}
            for _ in range(self.trials):
                part = self._drawn_part(height, width)
                kept = _overlapped(part, corners, overlap) if part else None
                if part and kept is not None:
                    return {**part, "is_within_crop_area": kept}

    def _drawn_part(self, height: int, width: int) -> dict[str, int] | None:
        """A part of an image; None where its shape is not allowed."""
        across, down = self.min_scale + (self.max_scale - self.min_scale) * torch.rand(2)
        w, h = int(width * across), int(height * down)
        if not self.min_aspect_ratio <= w / h <= self.max_aspect_ratio:
            return None
        x, y = torch.rand(2)
        left, top = int((width - w) * x), int((height - h) * y)
        return {"top": top, "left": left, "height": h, "width": w} if w and h else None

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if not params:
            return inpt
        part = {name: params[name] for name in _PART}
        output = self._call_kernel(F.crop, inpt, **part)
        if isinstance(output, tv_tensors.BoundingBoxes):
            output[~params["is_within_crop_area"]] = 0
        return output


def _overlapped(part: dict[str, int], corners: torch.Tensor, overlap: float) -> torch.Tensor | None:
    """Which boxes have their middle in a part; None where none has, or none of them overlaps it enough."""
    left, top = part["left"], part["top"]
    right, bottom = left + part["width"], top + part["height"]
    x, y = 0.5 * (corners[..., 0] + corners[..., 2]), 0.5 * (corners[..., 1] + corners[..., 3])
    inside = (left < x) & (x < right) & (top < y) & (y < bottom)
    if not inside.any():
        return None
    frame = torch.tensor([[left, top, right, bottom]], dtype=corners.dtype, device=corners.device)
    return None if box_iou(corners[inside], frame).max() < overlap else inside
