"""Parts, borders, sizes and mirror images, of Pillow images and tensors alike."""

from __future__ import annotations

import numbers
import warnings

from .... import Tensor
from .. import _functional_pil as F_pil
from .. import _functional_tensor as F_t
from .dimensions import get_dimensions, kernels
from .modes import InterpolationMode, checked_mode, pil_modes_mapping


def _compute_resized_output_size(image_size, size, max_size=None, allow_size_none: bool = False) -> list[int]:
    """[height, width] after resizing.

    Args:
        image_size: (height, width) before.
        size: (height, width), or one number for the shorter edge, or None: the longer edge is `max_size`.
        max_size: what the longer edge may be at most.

    Raises:
        ValueError: arguments that contradict each other.
    """
    h, w = image_size
    short, long = min(h, w), max(h, w)
    if size is None:
        if not allow_size_none:
            raise ValueError("This should never happen!!")
        if not isinstance(max_size, int):
            raise ValueError(f"max_size must be an integer when size is None, but got {max_size} instead.")
        new_short, new_long = int(max_size * short / long), max_size
    elif len(size) == 1:
        new_short, new_long = size[0], int(size[0] * long / short)
        if max_size is not None:
            if max_size <= size[0]:
                raise ValueError(
                    f"max_size = {max_size} must be strictly greater than the requested size for the smaller edge "
                    f"size = {size}"
                )
            if new_long > max_size:
                new_short, new_long = int(max_size * new_short / new_long), max_size
    else:
        return [size[0], size[1]]
    return [new_long, new_short] if w <= h else [new_short, new_long]


def resize(
    img,
    size,
    interpolation: InterpolationMode = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
):
    """The image in another size.

    Args:
        img: a Pillow image, or a tensor (..., H, W).
        size: (height, width), or one number for the shorter edge.
        interpolation: a mode or Pillow's number of one; tensors know the nearest, bilinear and bicubic ones.
        max_size: what the longer edge may be at most where `size` is one number.
        antialias: whether all pixels of a tensor count where it shrinks; those of a Pillow image always do.

    Raises:
        TypeError: wrong types.  ValueError: wrong sizes.
    """
    interpolation = checked_mode(interpolation)
    if isinstance(size, (list, tuple)):
        if len(size) not in (1, 2):
            raise ValueError(
                f"Size must be an int or a 1 or 2 element tuple/list, not a {len(size)} element tuple/list"
            )
        if max_size is not None and len(size) != 1:
            raise ValueError(
                "max_size should only be passed if size specifies the length of the smaller edge, "
                "i.e. size should be an int or a sequence of length 1 in torchscript mode."
            )
    _, height, width = get_dimensions(img)
    target = _compute_resized_output_size((height, width), [size] if isinstance(size, int) else size, max_size)
    if target == [height, width]:
        return img
    if isinstance(img, Tensor):
        return F_t.resize(img, target, interpolation.value, antialias)
    if antialias is False:
        warnings.warn(
            "Anti-alias option is always applied for PIL Image input. Argument antialias is ignored.", stacklevel=2
        )
    return F_pil.resize(img, target, pil_modes_mapping[interpolation])


def pad(img, padding, fill=0, padding_mode: str = "constant"):
    """The image with borders.

    Args:
        img: a Pillow image, or a tensor (..., H, W).
        padding: one number, (left and right, top and bottom) or (left, top, right, bottom).
        fill: the colour of a constant border; one number for tensors, or one for each channel of a Pillow image.
        padding_mode: "constant", "edge", "reflect" (the edge is not repeated) or "symmetric" (it is).

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """
    return kernels(img).pad(img, padding=padding, fill=fill, padding_mode=padding_mode)


def crop(img, top: int, left: int, height: int, width: int):
    """A part of the image; what lies outside of it is 0."""
    return kernels(img).crop(img, top, left, height, width)


def pair_of(size):
    """(height, width), given both, or one for both by a number or a sequence of one."""
    if isinstance(size, numbers.Number):
        return int(size), int(size)  # type: ignore[call-overload]
    return (size[0], size[0]) if isinstance(size, (tuple, list)) and len(size) == 1 else size


def center_crop(img, output_size):
    """The middle of the image, with borders of 0 where it is smaller than `output_size`, a number or two."""
    crop_height, crop_width = pair_of(output_size)
    _, height, width = get_dimensions(img)
    missing = max(crop_width - width, 0), max(crop_height - height, 0)
    if any(missing):
        img = pad(img, [n // 2 for n in missing] + [(n + 1) // 2 for n in missing], fill=0)
        _, height, width = get_dimensions(img)
        if (crop_height, crop_width) == (height, width):
            return img
    return crop(img, round((height - crop_height) / 2), round((width - crop_width) / 2), crop_height, crop_width)


def resized_crop(
    img,
    top: int,
    left: int,
    height: int,
    width: int,
    size,
    interpolation: InterpolationMode = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
):
    """A part of the image (`crop`), in another size (`resize`)."""
    return resize(crop(img, top, left, height, width), size, interpolation, antialias=antialias)


def hflip(img):
    """The image with left and right exchanged."""
    return kernels(img).hflip(img)


def vflip(img):
    """The image with top and bottom exchanged."""
    return kernels(img).vflip(img)


def five_crop(img, size) -> tuple:
    """The four corners and the middle: top left, top right, bottom left, bottom right, center.

    Raises ValueError where `size`, a number or (height, width), is larger than the image.
    """
    size = _two_sizes(size)
    _, height, width = get_dimensions(img)
    crop_height, crop_width = size
    if crop_width > width or crop_height > height:
        raise ValueError(f"Requested crop size {size} is bigger than input size {(height, width)}")
    corners = [
        crop(img, top, left, crop_height, crop_width)
        for top in (0, height - crop_height)
        for left in (0, width - crop_width)
    ]
    return (*corners, center_crop(img, [crop_height, crop_width]))


def ten_crop(img, size, vertical_flip: bool = False) -> tuple:
    """`five_crop` of the image and of its mirror image, left to right or (`vertical_flip`) upside down."""
    size = _two_sizes(size)
    return five_crop(img, size) + five_crop(vflip(img) if vertical_flip else hflip(img), size)


def _two_sizes(size):
    size = pair_of(size)
    if len(size) != 2:
        raise ValueError("Please provide only two dimensions (h, w) for size.")
    return size
