"""Pixels of other types: floating point ones from 0 to 1, integers from 0 to the largest of their type."""

from __future__ import annotations

import flambeau as torch

from ....tv_tensors import BoundingBoxes, Image, KeyPoints, Mask
from ._utils import call, kernel, register, video_kernel

__all__ = ["convert_image_dtype", "to_dtype", "to_dtype_image", "to_dtype_video"]

_VALUE_BITS = {"uint8": 8, "int8": 7, "int16": 15, "uint16": 16, "int32": 31, "int64": 63}
_MARGIN = 1e-3  # integers get equal parts of 0 to 1 if it is scaled to a little less than their number


def value_bits(dtype: torch.dtype) -> int:
    """How many bits of an integer type hold a pixel's value.

    Raises:
        TypeError: the type is none of integers.
    """
    bits = _VALUE_BITS.get(str(dtype).removeprefix("torch."))
    if bits is None:
        raise TypeError(f"Number of value bits is only defined for integer dtypes, but got {dtype}.")
    return bits


def max_value(dtype: torch.dtype) -> int:
    """The value of a white pixel."""
    bits = _VALUE_BITS.get(str(dtype).removeprefix("torch."))
    return 1 if bits is None else (1 << bits) - 1


def to_dtype(inpt, dtype: torch.dtype = torch.float, scale: bool = False):
    """An input with elements of another type.

    Args:
        inpt: a tensor; of TVTensors, only images and videos are scaled.
        dtype: the new type.
        scale: map the range of one type to that of the other.

    Raises:
        RuntimeError: the new type has more bits than the old one's numbers tell apart.
    """
    return call(to_dtype, inpt, dtype=dtype, scale=scale)


@kernel(to_dtype, Image, torch.Tensor)
def to_dtype_image(image: torch.Tensor, dtype: torch.dtype = torch.float, scale: bool = False) -> torch.Tensor:
    """Images with pixels of another type, scaled to its range on demand."""
    if image.dtype == dtype:
        return image
    if not scale or (image.is_floating_point() and dtype.is_floating_point):
        return image.to(dtype)
    if image.is_floating_point():
        return _float_to_int(image, dtype)
    if dtype.is_floating_point:
        return image.to(dtype).mul_(1.0 / max_value(image.dtype))
    return _int_to_int(image, dtype)


def _float_to_int(image: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    if (image.dtype == torch.float32 and dtype in (torch.int32, torch.int64)) or (
        image.dtype == torch.float64 and dtype == torch.int64
    ):
        raise RuntimeError(f"The conversion from {image.dtype} to {dtype} cannot be performed safely.")
    return image.mul(float(max_value(dtype)) + 1.0 - _MARGIN).to(dtype)


def _int_to_int(image: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    bits = value_bits(image.dtype) - value_bits(dtype)
    if torch.uint16 in (image.dtype, dtype):  # which has no shifts
        return (image / 2**bits).to(dtype) if bits > 0 else image.to(dtype) * 2**-bits
    if bits > 0:
        return image.bitwise_right_shift(bits).to(dtype)
    return image.to(dtype).bitwise_left_shift_(-bits)


def convert_image_dtype(image: torch.Tensor, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Images with pixels of another type, scaled to its range; `to_dtype` does the same for all inputs."""
    return to_dtype_image(image, dtype=dtype, scale=True)


to_dtype_video = video_kernel(to_dtype, to_dtype_image)


@register(to_dtype, Mask, BoundingBoxes, KeyPoints)
def _to_dtype_unscaled(inpt, dtype: torch.dtype, scale: bool = False):
    return inpt.to(dtype)
