"""Brightness, contrast, saturation, sharpness, hue and gamma; channels permuted and turned to grey."""

from __future__ import annotations

import PIL.Image

import flambeau as torch
from flambeau.nn.functional import conv2d

from ....tv_tensors import Image
from ... import _functional_pil as pil
from ..._functional_tensor import _hsv2rgb, _rgb2hsv
from ...functional import pil_to_tensor, to_pil_image
from ._dtype import max_value, to_dtype_image
from ._utils import call, kernel, register, video_kernel

__all__ = [
    "adjust_brightness", "adjust_brightness_image", "adjust_brightness_video", "adjust_contrast",
    "adjust_contrast_image", "adjust_contrast_video", "adjust_gamma", "adjust_gamma_image", "adjust_gamma_video",
    "adjust_hue", "adjust_hue_image", "adjust_hue_video", "adjust_saturation", "adjust_saturation_image",
    "adjust_saturation_video", "adjust_sharpness", "adjust_sharpness_image", "adjust_sharpness_video",
    "grayscale_to_rgb", "grayscale_to_rgb_image", "permute_channels", "permute_channels_image",
    "permute_channels_video", "rgb_to_grayscale", "rgb_to_grayscale_image", "to_grayscale",
]  # fmt: skip


# ------------------------------------------------------------------ grey
def rgb_to_grayscale(inpt, num_output_channels: int = 1):
    """An image or video in shades of grey.

    Args:
        inpt: a PIL image, or a tensor of shape (..., 1 or 3, H, W).
        num_output_channels: 1, or 3 equal ones.

    Raises:
        ValueError: another number of channels.
    """
    return call(rgb_to_grayscale, inpt, num_output_channels=num_output_channels)


to_grayscale = rgb_to_grayscale


@kernel(rgb_to_grayscale, Image, torch.Tensor)
def rgb_to_grayscale_image(image: torch.Tensor, num_output_channels: int = 1) -> torch.Tensor:
    """Images in shades of grey."""
    if num_output_channels not in (1, 3):
        raise ValueError(f"num_output_channels must be 1 or 3, got {num_output_channels}.")
    if image.shape[-3] == 1:
        return image.clone() if num_output_channels == 1 else _three_channels(image)
    grey = _luma(image).to(image.dtype)
    return grey.expand(image.shape) if num_output_channels == 3 else grey


def _luma(image: torch.Tensor) -> torch.Tensor:
    """How bright each pixel looks, in floating point; shape (..., 1, H, W)."""
    r, g, b = image.unbind(dim=-3)
    return r.mul(0.2989).add_(g, alpha=0.587).add_(b, alpha=0.114).unsqueeze(dim=-3)


def _three_channels(image: torch.Tensor) -> torch.Tensor:
    return image.repeat([1] * (image.ndim - 3) + [3, 1, 1])


@register(rgb_to_grayscale, PIL.Image.Image)
def _rgb_to_grayscale_image_pil(image: PIL.Image.Image, num_output_channels: int = 1) -> PIL.Image.Image:
    if num_output_channels not in (1, 3):
        raise ValueError(f"num_output_channels must be 1 or 3, got {num_output_channels}.")
    return pil.to_grayscale(image, num_output_channels=num_output_channels)


def grayscale_to_rgb(inpt):
    """An image with three channels: grey ones are repeated, others stay.

    Args:
        inpt: a PIL image, or a tensor of shape (..., 1 or 3, H, W).
    """
    return call(grayscale_to_rgb, inpt)


@kernel(grayscale_to_rgb, Image, torch.Tensor)
def grayscale_to_rgb_image(image: torch.Tensor) -> torch.Tensor:
    """Images with three channels."""
    return image if image.shape[-3] >= 3 else rgb_to_grayscale_image(image, num_output_channels=3)


@register(grayscale_to_rgb, PIL.Image.Image)
def _grayscale_to_rgb_image_pil(image: PIL.Image.Image) -> PIL.Image.Image:
    return image.convert(mode="RGB")


# ------------------------------------------------------------------ blending with another image
def _checked_channels(image: torch.Tensor) -> int:
    channels = image.shape[-3]
    if channels not in (1, 3):
        raise TypeError(f"Input image tensor permitted channel values are 1 or 3, but found {channels}")
    return channels


def _check_factor(name: str, factor: float) -> None:
    if factor < 0:
        raise ValueError(f"{name} ({factor}) is not non-negative.")


def _clamped(output: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Computed pixels as pixels of a type."""
    output = output.clamp_(0, max_value(dtype))
    return output if dtype.is_floating_point else output.to(dtype)


def _blend(image: torch.Tensor, other: torch.Tensor, ratio: float) -> torch.Tensor:
    return _clamped(image.mul(float(ratio)).add_(other, alpha=1.0 - float(ratio)), image.dtype)


def _grey(image: torch.Tensor) -> torch.Tensor:
    """How bright each pixel looks, as a number that integers can hold where pixels are integers."""
    return _luma(image) if image.is_floating_point() else _luma(image).floor_()


def adjust_brightness(inpt, brightness_factor: float):
    """An image or video with brightness changed.

    Args:
        inpt: a PIL image, or a tensor of shape (..., 1 or 3, H, W).
        brightness_factor: not negative; 0 is black, 1 the image itself.

    Raises:
        ValueError: a negative factor.
        TypeError: neither one nor three channels.
    """
    return call(adjust_brightness, inpt, brightness_factor=brightness_factor)


@kernel(adjust_brightness, Image, torch.Tensor)
def adjust_brightness_image(image: torch.Tensor, brightness_factor: float) -> torch.Tensor:
    """Images with brightness changed."""
    _check_factor("brightness_factor", brightness_factor)
    _checked_channels(image)
    return _clamped(image.mul(brightness_factor), image.dtype)


register(adjust_brightness, PIL.Image.Image)(pil.adjust_brightness)
adjust_brightness_video = video_kernel(adjust_brightness, adjust_brightness_image)


def adjust_saturation(inpt, saturation_factor: float):
    """An image or video with saturation changed.

    saturation_factor is not negative; 0 is grey, 1 the image itself; the rest is as of `adjust_brightness`.
    """
    return call(adjust_saturation, inpt, saturation_factor=saturation_factor)


@kernel(adjust_saturation, Image, torch.Tensor)
def adjust_saturation_image(image: torch.Tensor, saturation_factor: float) -> torch.Tensor:
    """Images with saturation changed."""
    _check_factor("saturation_factor", saturation_factor)
    return image if _checked_channels(image) == 1 else _blend(image, _grey(image), saturation_factor)


register(adjust_saturation, PIL.Image.Image)(pil.adjust_saturation)
adjust_saturation_video = video_kernel(adjust_saturation, adjust_saturation_image)


def adjust_contrast(inpt, contrast_factor: float):
    """An image or video with contrast changed.

    contrast_factor is not negative; 0 is one shade of grey, 1 the image itself; the rest is as of `adjust_brightness`.
    """
    return call(adjust_contrast, inpt, contrast_factor=contrast_factor)


@kernel(adjust_contrast, Image, torch.Tensor)
def adjust_contrast_image(image: torch.Tensor, contrast_factor: float) -> torch.Tensor:
    """Images with contrast changed."""
    _check_factor("contrast_factor", contrast_factor)
    if _checked_channels(image) == 3:
        grey = _grey(image)
    else:
        grey = image if image.is_floating_point() else image.to(torch.float32)
    return _blend(image, torch.mean(grey, dim=(-3, -2, -1), keepdim=True), contrast_factor)


register(adjust_contrast, PIL.Image.Image)(pil.adjust_contrast)
adjust_contrast_video = video_kernel(adjust_contrast, adjust_contrast_image)


def adjust_sharpness(inpt, sharpness_factor: float):
    """An image or video with sharpness changed.

    sharpness_factor is not negative; 0 is blurred, 1 the image itself; the rest is as of `adjust_brightness`.
    """
    return call(adjust_sharpness, inpt, sharpness_factor=sharpness_factor)


@kernel(adjust_sharpness, Image, torch.Tensor)
def adjust_sharpness_image(image: torch.Tensor, sharpness_factor: float) -> torch.Tensor:
    """Images with sharpness changed; the pixels at the edge stay."""
    channels, height, width = image.shape[-3:]
    if channels not in (1, 3):
        raise TypeError(f"Input image tensor can have 1 or 3 channels, but found {channels}")
    _check_factor("sharpness_factor", sharpness_factor)
    if image.numel() == 0 or height <= 2 or width <= 2:
        return image
    floats = image.dtype if image.is_floating_point() else torch.float32
    output = image.to(floats, copy=True).reshape(-1, channels, height, width)
    side, middle = 1.0 / 13.0, 5.0 / 13.0
    weights = torch.tensor([[side] * 3, [side, middle, side], [side] * 3], dtype=floats, device=image.device)
    blurred = conv2d(output, weights.expand(channels, 1, 3, 3), groups=channels)
    if not image.is_floating_point():
        blurred = blurred.round_()
    inner = output[..., 1:-1, 1:-1]
    inner.add_(blurred.sub_(inner), alpha=1.0 - sharpness_factor)
    return _clamped(output, image.dtype).reshape(image.shape)


register(adjust_sharpness, PIL.Image.Image)(pil.adjust_sharpness)
adjust_sharpness_video = video_kernel(adjust_sharpness, adjust_sharpness_image)


def adjust_gamma(inpt, gamma: float, gain: float = 1):
    """An image or video with its pixels, from 0 to 1, raised to a power.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
        gamma: the exponent, not negative; above 1 shadows are darker.
        gain: what the result is multiplied by.

    Raises:
        ValueError: a negative exponent.
    """
    return call(adjust_gamma, inpt, gamma=gamma, gain=gain)


@kernel(adjust_gamma, Image, torch.Tensor)
def adjust_gamma_image(image: torch.Tensor, gamma: float, gain: float = 1.0) -> torch.Tensor:
    """Images with their pixels raised to a power."""
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    exact = image if image.is_floating_point() else to_dtype_image(image, torch.float32, scale=True)
    output = exact.pow(gamma)
    if gain != 1.0:
        output = output.mul_(gain).clamp_(0.0, 1.0)
    return to_dtype_image(output, image.dtype, scale=True)


register(adjust_gamma, PIL.Image.Image)(pil.adjust_gamma)
adjust_gamma_video = video_kernel(adjust_gamma, adjust_gamma_image)


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
    hue, saturation, value = _rgb2hsv(to_dtype_image(image, torch.float32, scale=True)).unbind(dim=-3)
    rgb = _hsv2rgb(torch.stack([(hue + hue_factor).remainder_(1.0), saturation, value], dim=-3))
    return to_dtype_image(rgb, image.dtype, scale=True)


register(adjust_hue, PIL.Image.Image)(pil.adjust_hue)
adjust_hue_video = video_kernel(adjust_hue, adjust_hue_image)


# ------------------------------------------------------------------ channels
def permute_channels(inpt, permutation: list[int]):
    """An image or video with its channels in another order.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
        permutation: for each channel of the result, which channel of the input it is.

    Raises:
        ValueError: the permutation has not as many numbers as there are channels.
    """
    return call(permute_channels, inpt, permutation=permutation)


@kernel(permute_channels, Image, torch.Tensor)
def permute_channels_image(image: torch.Tensor, permutation: list[int]) -> torch.Tensor:
    """Images with their channels in another order."""
    channels, _, _ = image.shape[-3:]
    if len(permutation) != channels:
        raise ValueError(f"Length of permutation does not match number of channels: {len(permutation)} != {channels}")
    return image if image.numel() == 0 else image[..., permutation, :, :]


@register(permute_channels, PIL.Image.Image)
def _permute_channels_image_pil(image: PIL.Image.Image, permutation: list[int]) -> PIL.Image.Image:
    return to_pil_image(permute_channels_image(pil_to_tensor(image), permutation=permutation))


permute_channels_video = video_kernel(permute_channels, permute_channels_image)
