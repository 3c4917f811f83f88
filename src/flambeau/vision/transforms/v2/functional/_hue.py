"""Hue: colours turned around the axis of greys."""

from __future__ import annotations

import PIL.Image

import flambeau as torch

from ....tv_tensors import Image
from ... import _functional_pil as pil
from ._color import _checked_channels
from ._dtype import to_dtype_image
from ._utils import call, kernel, register, video_kernel


def adjust_hue(inpt, hue_factor: float):
    """An image or video with hue changed.

    Args:
        inpt: a PIL image, or a tensor of shape (..., 1 or 3, H, W).
        hue_factor: from -0.5 to 0.5, in turns; 0 is the image itself, and both ends are its complement.

    Raises:
        ValueError: the factor is beyond its range.
        TypeError: neither one nor three channels.
    """
    return call(adjust_hue, inpt, hue_factor=hue_factor)


@kernel(adjust_hue, Image, torch.Tensor)
def adjust_hue_image(image: torch.Tensor, hue_factor: float) -> torch.Tensor:
    """Images with hue changed."""
    if not (-0.5 <= hue_factor <= 0.5):
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if _checked_channels(image) == 1 or image.numel() == 0:
        return image
    hue, saturation, value = _rgb_to_hsv(to_dtype_image(image, torch.float32, scale=True))
    rgb = _hsv_to_rgb((hue + hue_factor).remainder_(1.0), saturation, value)
    return to_dtype_image(rgb, image.dtype, scale=True)


def _rgb_to_hsv(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Hue, saturation and value of each pixel, from 0 to 1; a grey pixel's hue is 0."""
    r, g, _ = image.unbind(dim=-3)
    least, value = torch.aminmax(image, dim=-3)
    is_grey = value == least
    spread = value - least
    saturation = spread / torch.where(is_grey, 1.0, value)
    divisor = torch.where(is_grey, 1.0, spread).unsqueeze(dim=-3)
    from_r, from_g, from_b = ((value.unsqueeze(dim=-3) - image) / divisor).unbind(dim=-3)
    red, green = value == r, value == g
    near_green, near_blue = (from_r + 2.0) - from_b, (from_g + 4.0) - from_r
    sixths = torch.where(red, from_b - from_g, torch.where(green, near_green, near_blue))
    return sixths.mul_(1.0 / 6.0).add_(1.0).fmod_(1.0), saturation, value


def _hsv_to_rgb(hue: torch.Tensor, saturation: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    sixths = hue * 6
    sector = torch.floor(sixths)
    past = saturation * (sixths - sector)  # how far the colour is past its sector's beginning
    rest = 1.0 - saturation
    falling = ((1.0 - past) * value).clamp_(0.0, 1.0)
    rising = ((past + rest) * value).clamp_(0.0, 1.0)
    low = (rest * value).clamp_(0.0, 1.0)
    sector = sector.to(torch.int32).remainder_(6)
    high_first = [value, falling, low, low, rising, value]  # red in each sector; green and blue run behind
    return torch.stack([_by_sector(sector, high_first, turn) for turn in (0, 4, 2)], dim=-3)


def _by_sector(sector: torch.Tensor, levels: list[torch.Tensor], turn: int) -> torch.Tensor:
    result = levels[turn % 6]
    for k in range(1, 6):
        result = torch.where(sector == k, levels[(k + turn) % 6], result)
    return result


register(adjust_hue, PIL.Image.Image)(pil.adjust_hue)
adjust_hue_video = video_kernel(adjust_hue, adjust_hue_image)
