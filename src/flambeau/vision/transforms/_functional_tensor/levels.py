"""The scale of numbers: between dtypes, stretched, equalised, and to zero mean and unit deviation."""

from __future__ import annotations

import functools

from .... import Tensor, as_tensor, bincount, div, float32, float64, int32, int64, stack, uint8, where
from ....nn.functional import pad
from .checks import _assert_channels, _assert_image_tensor, _max_value, assert_three_dimensions, float_type

_CANNOT_TELL_APART = {(float32, int32), (float32, int64), (float64, int64)}


def convert_image_dtype(image: Tensor, dtype=float32) -> Tensor:
    """The image in another dtype, scaled to its range."""
    if image.dtype == dtype:
        return image
    if image.is_floating_point():
        if dtype.is_floating_point:
            return image.to(dtype)
        if (image.dtype, dtype) in _CANNOT_TELL_APART:
            raise RuntimeError(f"The cast from {image.dtype} to {dtype} cannot be performed safely.")
        # Just under a whole step more than the range, so that each number is met by an equal part of [0, 1].
        return image.mul(float(_max_value(dtype)) + 1.0 - 1e-3).to(dtype)
    input_max = float(_max_value(image.dtype))
    if dtype.is_floating_point:
        return image.to(dtype) / input_max
    output_max = float(_max_value(dtype))
    if input_max > output_max:
        return div(image, int((input_max + 1) // (output_max + 1)), rounding_mode="floor").to(dtype)
    return image.to(dtype) * int((output_max + 1) // (input_max + 1))


# ------------------------------------------------------------------ mean and deviation
def normalize(tensor: Tensor, mean, std, inplace: bool = False) -> Tensor:
    """(tensor - mean) / std, channel by channel."""
    _assert_image_tensor(tensor)
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.ndim < 3:
        raise ValueError(
            f"Expected tensor to be a tensor image of size (..., C, H, W). Got tensor.size() = {tensor.size()}"
        )
    mean, std = _channel_numbers(mean, std, tensor.dtype)
    if inplace:
        return tensor.sub_(mean).div_(std)
    result = (tensor - mean) / std
    if result.shape != tensor.shape:
        raise RuntimeError(
            f"output with shape {list(tensor.shape)} doesn't match the broadcast shape {list(result.shape)}"
        )
    return result


def _channel_numbers(mean, std, dtype) -> tuple[Tensor, Tensor]:
    """Means and deviations as tensors (C, 1, 1); those of plain numbers are made once."""
    if all(type(x) in (list, tuple) and all(type(n) in (float, int) for n in x) for x in (mean, std)):
        return _constant_channel_numbers(tuple(mean), tuple(std), dtype)
    return _made_channel_numbers(mean, std, dtype)


def _made_channel_numbers(mean, std, dtype) -> tuple[Tensor, Tensor]:
    mean, std = as_tensor(mean, dtype=dtype), as_tensor(std, dtype=dtype)
    if (std == 0).any():
        raise ValueError(f"std evaluated to zero after conversion to {dtype}, leading to division by zero.")
    return tuple(x.view(-1, 1, 1) if x.ndim == 1 else x for x in (mean, std))  # type: ignore[return-value]


_constant_channel_numbers = functools.lru_cache(maxsize=64)(_made_channel_numbers)


# ------------------------------------------------------------------ histograms
def autocontrast(img: Tensor) -> Tensor:
    """Each channel stretched to the whole range; one of a single colour stays."""
    _assert_image_tensor(img)
    assert_three_dimensions(img)
    _assert_channels(img, [1, 3])
    bound, dtype = _max_value(img.dtype), float_type(img)
    minimum = img.amin(dim=(-2, -1), keepdim=True).to(dtype)
    maximum = img.amax(dim=(-2, -1), keepdim=True).to(dtype)
    scale = bound / (maximum - minimum)
    stretched = scale.isfinite()
    minimum, scale = where(stretched, minimum, 0), where(stretched, scale, 1)
    return ((img - minimum) * scale).clamp(0, bound).to(img.dtype)


def equalize(img: Tensor) -> Tensor:
    """Each channel mapped so that all its numbers are about equally frequent."""
    _assert_image_tensor(img)
    if not (3 <= img.ndim <= 4):
        raise TypeError(f"Input image tensor should have 3 or 4 dimensions, but found {img.ndim}")
    if img.dtype != uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")
    _assert_channels(img, [1, 3])
    channels = img.reshape(-1, *img.shape[-2:])
    return stack([_scale_channel(channel) for channel in channels]).reshape(img.shape)


def _scale_channel(img_chan: Tensor) -> Tensor:
    """A channel (H, W) of bytes, equalised as Pillow does it."""
    hist = bincount(img_chan.reshape(-1), minlength=256)
    nonzero = hist[hist != 0]
    step = div(nonzero[:-1].sum(), 255, rounding_mode="floor")
    if step == 0:
        return img_chan
    table = div(hist.cumsum(0) + div(step, 2, rounding_mode="floor"), step, rounding_mode="floor")
    table = pad(table, [1, 0])[:-1].clamp(0, 255)
    return table[img_chan.to(int64)].to(uint8)
