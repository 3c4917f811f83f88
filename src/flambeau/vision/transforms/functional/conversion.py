"""From Pillow images and arrays to tensors and back, between dtypes, and to zero mean and unit deviation."""

from __future__ import annotations

import sys

import numpy as np

from .... import Tensor, float32, from_numpy, get_default_dtype
from .. import _functional_pil as F_pil
from .. import _functional_tensor as F_t

_SHORT = "I;16" if sys.byteorder == "little" else "I;16B"
_WIDE_MODES = {"I": np.int32, _SHORT: np.int16, "F": np.float32}
_MODES_OF_ONE_CHANNEL = {"uint8": "L", "int16": _SHORT, "int32": "I", "float32": "F"}
_MODES_OF_CHANNELS = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}


def to_tensor(pic) -> Tensor:
    """A tensor (C, H, W) of an image; bytes are scaled to [0, 1], other numbers stay as they are.

    Args:
        pic: a Pillow image, or an array (H, W) or (H, W, C).

    Raises:
        TypeError: neither.  ValueError: an array of other dimensions.
    """
    if isinstance(pic, np.ndarray):
        if pic.ndim not in (2, 3):
            raise ValueError(f"pic should be 2/3 dimensional. Got {pic.ndim} dimensions.")
        pixels = pic if pic.ndim == 3 else pic[:, :, None]
        return _scaled(pixels) if pic.dtype == np.uint8 else from_numpy(pixels.transpose(2, 0, 1)).contiguous()
    if not F_pil._is_pil_image(pic):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(pic)}")
    kind = _WIDE_MODES.get(pic.mode, np.uint8)
    pixels = np.asarray(pic, kind).reshape(pic.size[1], pic.size[0], F_pil.get_image_num_channels(pic))
    if pic.mode == "1":
        pixels = pixels * np.uint8(255)
    return _scaled(pixels) if kind is np.uint8 else Tensor.from_array(pixels.transpose(2, 0, 1))


def _scaled(pixels: np.ndarray) -> Tensor:
    """Bytes (H, W, C) as numbers in [0, 1] of the default dtype, channels first.

    A host array becomes another before it becomes a tensor, so that no program is made for a single small image.
    """
    kind = get_default_dtype()
    if kind.name not in ("float32", "float64") or min(pixels.strides) < 0:
        return from_numpy(pixels.transpose(2, 0, 1)).contiguous().to(kind).div(255)
    height, width, channels = pixels.shape
    scaled = np.empty((channels, height, width), kind.numpy)
    scaled[...] = pixels.transpose(2, 0, 1)
    scaled /= 255
    return Tensor.from_array(scaled)


def pil_to_tensor(pic) -> Tensor:
    """A tensor (C, H, W) with the numbers of a Pillow image, in their own type. Raises TypeError for other types."""
    if not F_pil._is_pil_image(pic):
        raise TypeError(f"pic should be PIL Image. Got {type(pic)}")
    pixels = np.asarray(pic).reshape(pic.size[1], pic.size[0], F_pil.get_image_num_channels(pic))
    return Tensor.from_array(pixels).permute(2, 0, 1)


def convert_image_dtype(image: Tensor, dtype=float32) -> Tensor:
    """An image in another dtype, its numbers scaled to the range that the dtype has: [0, 1] for floats.

    Raises:
        TypeError: not a tensor.  RuntimeError: floats that cannot tell whole numbers of that range apart.
    """
    if not isinstance(image, Tensor):
        raise TypeError("Input img should be Tensor Image")
    return F_t.convert_image_dtype(image, dtype)


def to_pil_image(pic, mode: str | None = None):
    """A Pillow image of a tensor (C, H, W) or an array (H, W, C) of up to four channels, or of two dimensions.

    Args:
        pic: its floats are taken to be in [0, 1] unless the mode is "F".
        mode: Pillow's name of the colour space; None where channels and type say it.

    Raises:
        TypeError: not an image, or no mode holds its type.  ValueError: wrong sizes, a mode for other channels.
    """
    pixels = _pixels_last(pic)
    if np.issubdtype(pixels.dtype, np.floating) and mode != "F":
        with np.errstate(invalid="ignore"):
            pixels = (pixels * 255).astype(np.uint8)
    channels = pixels.shape[2]
    if channels == 1:
        pixels = pixels[:, :, 0]
        expected = _MODES_OF_ONE_CHANNEL.get(pixels.dtype.name)
        if mode is not None and mode != expected:
            raise ValueError(f"Incorrect mode ({mode}) supplied for input type {np.dtype}. Should be {expected}")
        mode = expected
    else:
        permitted = _MODES_OF_CHANNELS[channels if channels in _MODES_OF_CHANNELS else 3]
        if mode is not None and mode not in permitted:
            dims = channels if channels in _MODES_OF_CHANNELS else 3
            raise ValueError(f"Only modes {permitted} are supported for {dims}D inputs")
        if mode is None and pixels.dtype == np.uint8:
            mode = permitted[0]
    if mode is None:
        raise TypeError(f"Input type {pixels.dtype} is not supported")
    return F_pil.image_of_array(pixels, mode)


def _pixels_last(pic) -> np.ndarray:
    """A tensor or an array as an array (H, W, C)."""
    if isinstance(pic, Tensor):
        pixels = (pic.permute(1, 2, 0) if pic.ndim == 3 else pic).numpy(force=True)
    elif isinstance(pic, np.ndarray):
        pixels = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.ndim != 3:
        raise ValueError(f"pic should be 2/3 dimensional. Got {pixels.ndim} dimensions.")
    if pixels.shape[-1] > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {pixels.shape[-1]} channels.")
    return pixels


def normalize(tensor: Tensor, mean, std, inplace: bool = False) -> Tensor:
    """(tensor - mean) / std, channel by channel.

    Args:
        tensor: floats (..., C, H, W).  mean, std: one number a channel.  inplace: whether to write to `tensor`.

    Raises:
        TypeError: no tensor of floats.  ValueError: fewer than three dimensions, or a deviation that is zero.
    """
    if not isinstance(tensor, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}")
    return F_t.normalize(tensor, mean, std, inplace)
