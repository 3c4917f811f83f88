"""Colours of tensors changed."""

from __future__ import annotations

from .... import Tensor, float32, floor, fmod, int32, mean, ones_like, stack, uint8, where, zeros_like
from .checks import (
    _assert_channels,
    _assert_image_tensor,
    _max_value,
    assert_three_dimensions,
    float_type,
    get_dimensions,
)
from .levels import convert_image_dtype


def rgb_to_grayscale(img: Tensor, num_output_channels: int = 1) -> Tensor:
    """Shades of grey, in one channel or in three that share memory."""
    assert_three_dimensions(img)
    _assert_channels(img, [1, 3])
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    if img.shape[-3] == 3:
        r, g, b = img.unbind(dim=-3)
        grey = (0.2989 * r + 0.587 * g + 0.114 * b).to(img.dtype).unsqueeze(-3)
    else:
        grey = img.clone()
    return grey.expand(img.shape) if num_output_channels == 3 else grey


def _blend(img1: Tensor, img2: Tensor, ratio: float) -> Tensor:
    """ratio parts of one image and 1 - ratio parts of another, within the range of the dtype."""
    ratio = float(ratio)
    return (ratio * img1 + (1.0 - ratio) * img2).clamp(0, _max_value(img1.dtype)).to(img1.dtype)


def _check_factor(name: str, factor: float) -> None:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def adjust_brightness(img: Tensor, brightness_factor: float) -> Tensor:
    """Mixed with black."""
    _check_factor("brightness_factor", brightness_factor)
    _assert_image_tensor(img)
    _assert_channels(img, [1, 3])
    return _blend(img, zeros_like(img), brightness_factor)


def adjust_contrast(img: Tensor, contrast_factor: float) -> Tensor:
    """Mixed with the mean grey."""
    _check_factor("contrast_factor", contrast_factor)
    _assert_image_tensor(img)
    _assert_channels(img, [3, 1])
    grey = rgb_to_grayscale(img) if get_dimensions(img)[0] == 3 else img
    return _blend(img, mean(grey.to(float_type(img)), dim=(-3, -2, -1), keepdim=True), contrast_factor)


def adjust_saturation(img: Tensor, saturation_factor: float) -> Tensor:
    """Mixed with its shades of grey; images of one channel stay."""
    _check_factor("saturation_factor", saturation_factor)
    _assert_image_tensor(img)
    _assert_channels(img, [1, 3])
    if get_dimensions(img)[0] == 1:
        return img
    return _blend(img, rgb_to_grayscale(img), saturation_factor)


def adjust_gamma(img: Tensor, gamma: float, gain: float = 1) -> Tensor:
    """gain * img ** gamma, on the scale of [0, 1]."""
    if not isinstance(img, Tensor):
        raise TypeError("Input img should be a Tensor.")
    _assert_channels(img, [1, 3])
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    scaled = img if img.is_floating_point() else convert_image_dtype(img, float32)
    return convert_image_dtype((gain * scaled.pow(gamma)).clamp(0, 1), img.dtype)


def adjust_hue(img: Tensor, hue_factor: float) -> Tensor:
    """Hues turned by a part of the circle; images of one channel stay."""
    if not (-0.5 <= hue_factor <= 0.5):
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    if not isinstance(img, Tensor):
        raise TypeError("Input img should be Tensor image")
    _assert_image_tensor(img)
    _assert_channels(img, [1, 3])
    if get_dimensions(img)[0] == 1:
        return img
    h, s, v = _rgb2hsv(convert_image_dtype(img, float32)).unbind(dim=-3)
    turned = _hsv2rgb(stack(((h + hue_factor) % 1.0, s, v), dim=-3))
    return convert_image_dtype(turned, img.dtype)


def _rgb2hsv(img: Tensor) -> Tensor:
    """Hue, saturation and value in [0, 1] of an image (..., 3, H, W) in [0, 1]; greys have hue and saturation 0."""
    r, g, b = img.unbind(dim=-3)
    value, least = img.amax(dim=-3), img.amin(dim=-3)
    grey, spread = value == least, value - least
    ones = ones_like(value)  # instead of zeros to divide by
    saturation = spread / where(grey, ones, value)
    divisor = where(grey, ones, spread)
    rc, gc, bc = ((value - x) / divisor for x in (r, g, b))
    red, green = value == r, value == g
    sextant = red * (bc - gc) + (green & ~red) * (2.0 + rc - bc) + (~green & ~red) * (4.0 + gc - rc)
    return stack((fmod(sextant / 6.0 + 1.0, 1.0), saturation, value), dim=-3)


def _hsv2rgb(img: Tensor) -> Tensor:
    """The inverse of `_rgb2hsv`."""
    h, s, v = img.unbind(dim=-3)
    whole = floor(h * 6.0)
    f = (h * 6.0) - whole
    p = (v * (1.0 - s)).clamp(0.0, 1.0)
    q = (v * (1.0 - s * f)).clamp(0.0, 1.0)
    t = (v * (1.0 - s * (1.0 - f))).clamp(0.0, 1.0)
    sextant = whole.to(int32) % 6

    def chosen(*candidates):
        """The candidate of each pixel's sixth of the circle."""
        result = candidates[0]
        for i, candidate in enumerate(candidates[1:], 1):
            result = where(sextant == i, candidate, result)
        return result

    return stack((chosen(v, q, p, p, t, v), chosen(t, v, v, q, p, p), chosen(p, p, t, v, v, q)), dim=-3)


def invert(img: Tensor) -> Tensor:
    """The negative."""
    _assert_image_tensor(img)
    assert_three_dimensions(img)
    _assert_channels(img, [1, 3])
    return _max_value(img.dtype) - img


def posterize(img: Tensor, bits: int) -> Tensor:
    """The first bits of each byte."""
    _assert_image_tensor(img)
    assert_three_dimensions(img)
    if img.dtype != uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {img.dtype}")
    _assert_channels(img, [1, 3])
    return img & -int(2 ** (8 - bits))


def solarize(img: Tensor, threshold: float) -> Tensor:
    """What is at least as bright as the threshold inverted."""
    _assert_image_tensor(img)
    assert_three_dimensions(img)
    _assert_channels(img, [1, 3])
    if threshold > _max_value(img.dtype):
        raise TypeError("Threshold should be less than bound of img.")
    return where(img >= threshold, invert(img), img)
