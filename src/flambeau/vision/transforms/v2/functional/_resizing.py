"""Images, masks and coordinates in another size."""

from __future__ import annotations

import warnings

import PIL.Image

import flambeau as torch
from flambeau.nn.functional import interpolate

from .... import tv_tensors
from ....tv_tensors import BoundingBoxes, BoundingBoxFormat, Image, KeyPoints, Mask
from ...functional import InterpolationMode, _interpolation_modes_from_int, pil_modes_mapping
from ...functional import _compute_resized_output_size as compute_size
from ._box_formats import converted
from ._clamping import clamp_bounding_boxes
from ._parallelograms import rectangles
from ._utils import call, kernel, on_mask, register, video_kernel

__all__ = ["resize", "resize_bounding_boxes", "resize_image", "resize_keypoints", "resize_mask", "resize_video"]

_MODES = {mode.value: mode for mode in InterpolationMode}
_SMOOTH = (InterpolationMode.BILINEAR, InterpolationMode.BICUBIC, InterpolationMode.LANCZOS)
_NEAREST = (InterpolationMode.NEAREST, InterpolationMode.NEAREST_EXACT)


def checked_mode(interpolation) -> InterpolationMode:
    """A mode of interpolation, given itself, by its name or by Pillow's number.

    Raises:
        ValueError: there is no such mode.
    """
    if isinstance(interpolation, str):
        if interpolation not in _MODES:
            raise ValueError(
                f"Invalid interpolation mode: '{interpolation}'. Supported string values are: {list(_MODES)}."
            )
        return _MODES[interpolation]
    if isinstance(interpolation, int):
        return _interpolation_modes_from_int(interpolation)
    if not isinstance(interpolation, InterpolationMode):
        raise ValueError(
            "Argument interpolation should be an `InterpolationMode` or a corresponding Pillow integer constant, "
            f"but got {interpolation}."
        )
    return interpolation


def resized(canvas_size, size, max_size: int | None = None) -> tuple[int, int]:
    """Height and width that an image has after `resize`."""
    if isinstance(size, int):
        size = [size]
    elif max_size is not None and size is not None and len(size) != 1:
        raise ValueError(
            "max_size should only be passed if size is None or specifies the length of the smaller edge, "
            "i.e. size should be an int or a sequence of length 1 in torchscript mode."
        )
    height, width = compute_size(canvas_size, size=size, max_size=max_size, allow_size_none=True)
    return height, width


def resize(inpt, size, interpolation=InterpolationMode.BILINEAR, max_size: int | None = None, antialias=True):
    """An input in another size.

    Args:
        inpt: a PIL image, a tensor of shape (..., C, H, W), or any TVTensor.
        size: [height, width]; [length] is that of the shorter edge; None: `max_size` is that of the longer.
        interpolation: a mode, its name, or Pillow's number; masks know the nearest pixel alone.
        max_size: the most that the longer edge may get where the shorter is given.
        antialias: average over all pixels that become one; PIL images always do.

    Raises:
        ValueError: an unknown mode, or sizes that contradict each other.
    """
    return call(resize, inpt, size=size, interpolation=interpolation, max_size=max_size, antialias=antialias)


@kernel(resize, Image, torch.Tensor)
def resize_image(
    image: torch.Tensor, size, interpolation=InterpolationMode.BILINEAR, max_size: int | None = None, antialias=True
) -> torch.Tensor:
    """Images in another size."""
    mode = checked_mode(interpolation)
    smooth = mode in _SMOOTH
    if mode == InterpolationMode.LANCZOS and not antialias:
        raise ValueError("InterpolationMode.LANCZOS requires antialias=True")
    channels, height, width = image.shape[-3:]
    new_size = resized((height, width), size, max_size)
    if new_size == (height, width):
        return image
    leading = image.shape[:-3]
    if image.numel() > 0:
        images = image.reshape(-1, channels, height, width)
        options = {"align_corners": False, "antialias": bool(antialias)} if smooth else {}
        image = _in_own_type(images, lambda exact: interpolate(exact, size=new_size, mode=mode.value, **options))
    return image.reshape((*leading, channels, *new_size))


def _in_own_type(images: torch.Tensor, function) -> torch.Tensor:
    """A function of images of a type that `interpolate` takes, rounded to their own type."""
    if images.dtype in (torch.uint8, torch.float32, torch.float64):
        return function(images)
    output = function(images.to(torch.float32))
    exact = images.is_floating_point() or images.dtype == torch.bool
    return (output if exact else output.round_()).to(images.dtype)


def resize_image_pil(image: PIL.Image.Image, size, interpolation=InterpolationMode.BILINEAR, max_size=None):
    """A PIL image in another size; the same image where the size is the same."""
    height, width = resized((image.height, image.width), size, max_size)
    mode = checked_mode(interpolation)
    if (height, width) == (image.height, image.width):
        return image
    return image.resize((width, height), resample=pil_modes_mapping[mode])


@register(resize, PIL.Image.Image)
def _resize_image_pil(image, size, interpolation=InterpolationMode.BILINEAR, max_size=None, antialias=True):
    warn_of_antialias(antialias)
    return resize_image_pil(image, size=size, interpolation=interpolation, max_size=max_size)


def warn_of_antialias(antialias) -> None:
    """Warns where a script asks that PIL images be resized without averaging."""
    if antialias is False:
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored.", stacklevel=4
        )


@kernel(resize, Mask)
def resize_mask(mask: torch.Tensor, size, interpolation=InterpolationMode.BILINEAR, max_size: int | None = None):
    """Masks in another size; modes other than the nearest pixel mean the nearest pixel."""
    mode = checked_mode(interpolation)
    mode = mode if mode in _NEAREST else InterpolationMode.NEAREST
    return on_mask(resize_image, mask, size=size, interpolation=mode, max_size=max_size)


def _ratios(canvas_size, new_size, count: int, device) -> torch.Tensor:
    """What x and y are multiplied by, for `count` points in a row."""
    return torch.tensor([new_size[1] / canvas_size[1], new_size[0] / canvas_size[0]] * count, device=device)


@kernel(resize, KeyPoints)
def resize_keypoints(keypoints: torch.Tensor, size, canvas_size: tuple[int, int], max_size: int | None = None):
    """Points of an image in another size, and the new size."""
    new_size = resized(canvas_size, size, max_size)
    if new_size == tuple(canvas_size):
        return keypoints, canvas_size
    return keypoints.mul(_ratios(canvas_size, new_size, 1, keypoints.device)).to(keypoints.dtype), new_size


@kernel(resize, BoundingBoxes)
def resize_bounding_boxes(
    bounding_boxes: torch.Tensor,
    canvas_size: tuple[int, int],
    size,
    max_size: int | None = None,
    format: BoundingBoxFormat = BoundingBoxFormat.XYXY,
    clamping_mode: str | None = "soft",
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Boxes of an image in another size, and the new size."""
    new_size = resized(canvas_size, size, max_size)
    if new_size == tuple(canvas_size):
        return bounding_boxes, canvas_size
    if not tv_tensors.is_rotated_bounding_format(format):
        ratios = _ratios(canvas_size, new_size, 2, bounding_boxes.device)
        return bounding_boxes.mul(ratios).to(bounding_boxes.dtype), new_size
    corners = BoundingBoxFormat.XYXYXYXY
    points = converted(bounding_boxes, format, corners).reshape(-1, 8)
    boxes = rectangles(points.mul(_ratios(canvas_size, new_size, 4, bounding_boxes.device)))
    boxes = clamp_bounding_boxes(boxes, format=corners, canvas_size=new_size, clamping_mode=clamping_mode)
    return converted(boxes, corners, format).to(bounding_boxes.dtype).reshape(bounding_boxes.shape), new_size


resize_video = video_kernel(resize, resize_image)
