"""Pixels mapped one by one: posterized, solarized, inverted, stretched, equalized."""

from __future__ import annotations

import PIL.Image

import flambeau as torch

from ....tv_tensors import Image
from ... import _functional_pil as pil
from ._color import _checked_channels
from ._dtype import max_value, to_dtype_image, value_bits
from ._utils import call, kernel, register, video_kernel

__all__ = [
    "autocontrast", "autocontrast_image", "autocontrast_video", "equalize", "equalize_image", "equalize_video",
    "invert", "invert_image", "invert_video", "posterize", "posterize_image", "posterize_video", "solarize",
    "solarize_image", "solarize_video",
]  # fmt: skip


def posterize(inpt, bits: int):
    """An image or video with fewer shades.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
        bits: how many bits of each pixel are kept, 0 to 8.

    Raises:
        TypeError: another number of bits.
    """
    return call(posterize, inpt, bits=bits)


@kernel(posterize, Image, torch.Tensor)
def posterize_image(image: torch.Tensor, bits: int) -> torch.Tensor:
    """Images with fewer shades."""
    if not isinstance(bits, int) or not 0 <= bits <= 8:
        raise TypeError(f"bits must be a positive integer in the range [0, 8], got {bits} instead.")
    if image.is_floating_point():
        levels = 1 << bits
        return image.mul(levels).floor_().clamp_(0, levels - 1).mul_(1.0 / levels)
    available = value_bits(image.dtype)
    return image if bits >= available else image & (((1 << bits) - 1) << (available - bits))


register(posterize, PIL.Image.Image)(pil.posterize)
posterize_video = video_kernel(posterize, posterize_image)


def solarize(inpt, threshold: float):
    """An image or video with its bright pixels inverted.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
        threshold: from where on pixels are bright.

    Raises:
        TypeError: the threshold lies above the largest pixel.
    """
    return call(solarize, inpt, threshold=threshold)


@kernel(solarize, Image, torch.Tensor)
def solarize_image(image: torch.Tensor, threshold: float) -> torch.Tensor:
    """Images with their bright pixels inverted."""
    if threshold > max_value(image.dtype):
        raise TypeError(f"Threshold should be less or equal the maximum value of the dtype, but got {threshold}")
    return torch.where(image >= threshold, invert_image(image), image)


register(solarize, PIL.Image.Image)(pil.solarize)
solarize_video = video_kernel(solarize, solarize_image)


def autocontrast(inpt):
    """An image or video whose channels are stretched to run from black to white.

    Args:
        inpt: a PIL image, or a tensor of shape (..., 1 or 3, H, W).

    Raises:
        TypeError: neither one nor three channels.
    """
    return call(autocontrast, inpt)


@kernel(autocontrast, Image, torch.Tensor)
def autocontrast_image(image: torch.Tensor) -> torch.Tensor:
    """Images whose channels are stretched; a channel of one value stays."""
    _checked_channels(image)
    if image.numel() == 0:
        return image
    bound = max_value(image.dtype)
    exact = image if image.is_floating_point() else image.to(torch.float32)
    least, most = exact.amin(dim=(-2, -1), keepdim=True), exact.amax(dim=(-2, -1), keepdim=True)
    is_flat = most == least
    unit = torch.where(is_flat, 1.0, (most - least) * (1.0 / bound))
    return ((exact - torch.where(is_flat, 0.0, least)) / unit).clamp_(0, bound).to(image.dtype)


register(autocontrast, PIL.Image.Image)(pil.autocontrast)
autocontrast_video = video_kernel(autocontrast, autocontrast_image)


def equalize(inpt):
    """An image or video whose channels have all shades about equally often.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
    """
    return call(equalize, inpt)


@kernel(equalize, Image, torch.Tensor)
def equalize_image(image: torch.Tensor) -> torch.Tensor:
    """Images whose channels are equalized by Pillow's rule; other types go through uint8."""
    if image.numel() == 0:
        return image
    bytes_ = to_dtype_image(image, torch.uint8, scale=True)
    flat = bytes_.flatten(start_dim=-2).to(torch.long)
    counts = flat.new_zeros((*bytes_.shape[:-2], 256), dtype=torch.int32)
    counts.scatter_add_(dim=-1, index=flat, src=counts.new_ones(1).expand_as(flat))
    running = counts.cumsum(dim=-1)
    brightest = counts.gather(dim=-1, index=running.argmax(dim=-1).unsqueeze_(-1))
    step = (flat.shape[-1] - brightest).div_(255, rounding_mode="floor")  # pixels a shade; 0: nothing to spread
    shades = (running[..., :-1] + step // 2).div_(step.clamp(min=1), rounding_mode="floor").clamp_(0, 255)
    table = torch.nn.functional.pad(shades, [1, 0]).to(torch.uint8)
    equalized = table.gather(dim=-1, index=flat).view_as(bytes_)
    return to_dtype_image(torch.where(step.ne(0).unsqueeze_(-1), equalized, bytes_), image.dtype, scale=True)


register(equalize, PIL.Image.Image)(pil.equalize)
equalize_video = video_kernel(equalize, equalize_image)


def invert(inpt):
    """An image or video with black for white.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
    """
    return call(invert, inpt)


@kernel(invert, Image, torch.Tensor)
def invert_image(image: torch.Tensor) -> torch.Tensor:
    """Images with black for white."""
    if image.is_floating_point():
        return 1.0 - image
    if image.dtype == torch.uint8:
        return image.bitwise_not()
    return image.bitwise_xor((1 << value_bits(image.dtype)) - 1)  # all bits but the sign's


register(invert, PIL.Image.Image)(pil.invert)
invert_video = video_kernel(invert, invert_image)
