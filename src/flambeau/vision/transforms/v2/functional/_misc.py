"""Normalised, blurred and noisy images."""

from __future__ import annotations

import math

import PIL.Image

import flambeau as torch
from flambeau.nn.functional import conv2d
from flambeau.nn.functional import pad as torch_pad

from ....tv_tensors import Image
from ...functional import pil_to_tensor, to_pil_image
from ...functional.filters import deviations, two_odd_sizes
from ._utils import call, kernel, register, video_kernel

__all__ = [
    "gaussian_blur", "gaussian_blur_image", "gaussian_blur_video", "gaussian_noise", "gaussian_noise_image",
    "gaussian_noise_video", "normalize", "normalize_image", "normalize_video",
]  # fmt: skip


def normalize(inpt, mean: list[float], std: list[float], inplace: bool = False):
    """An image or video less a mean, divided by a standard deviation, by channel.

    Args:
        inpt: a floating point tensor of shape (..., C, H, W).
        mean: a number for each channel.
        std: a number for each channel, not 0.
        inplace: write into the input.

    Raises:
        TypeError: pixels are integers.
        ValueError: fewer than three dimensions, or a deviation of 0.
    """
    return call(normalize, inpt, mean=mean, std=std, inplace=inplace)


@kernel(normalize, Image, torch.Tensor)
def normalize_image(image: torch.Tensor, mean: list[float], std: list[float], inplace: bool = False) -> torch.Tensor:
    """Images less a mean, divided by a standard deviation."""
    if not image.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {image.dtype}.")
    if image.ndim < 3:
        raise ValueError(f"Expected tensor to be a tensor image of size (..., C, H, W). Got {image.shape}.")
    if not (all(std) if isinstance(std, (tuple, list)) else isinstance(std, torch.Tensor) or std):
        raise ValueError("std evaluated to zero, leading to division by zero.")
    mean, std = (_by_channel(numbers, image) for numbers in (mean, std))
    return (image.sub_(mean) if inplace else image.sub(mean)).div_(std)


def _by_channel(numbers, image: torch.Tensor) -> torch.Tensor:
    tensor = torch.as_tensor(numbers, dtype=image.dtype, device=image.device)
    return tensor.view(-1, 1, 1) if tensor.ndim == 1 else tensor


normalize_video = video_kernel(normalize, normalize_image)


def gaussian_blur(inpt, kernel_size: list[int], sigma: list[float] | None = None):
    """An image or video blurred.

    Args:
        inpt: a PIL image, or a tensor of shape (..., C, H, W).
        kernel_size: the weights' width and height, odd.
        sigma: their standard deviations, along x and along y; by default what fits their size.

    Raises:
        ValueError: sizes that are even or not positive, deviations that are not positive, too many of either.
        TypeError: `sigma` is no number or sequence.
    """
    return call(gaussian_blur, inpt, kernel_size=kernel_size, sigma=sigma)


@kernel(gaussian_blur, Image, torch.Tensor)
def gaussian_blur_image(image: torch.Tensor, kernel_size: list[int], sigma: list[float] | None = None) -> torch.Tensor:
    """Images blurred; outside of its edge an image is mirrored."""
    kernel_size = two_odd_sizes(kernel_size)
    sigma = deviations(sigma, kernel_size)
    if image.numel() == 0:
        return image
    channels, dtype = image.shape[-3], image.dtype
    exact = image if image.is_floating_point() else image.to(torch.float32)
    across, down = (_gaussian(size, s, exact) for size, s in zip(kernel_size, sigma))
    weights = (down.unsqueeze(-1) * across).expand(channels, 1, kernel_size[1], kernel_size[0])
    margin_x, margin_y = kernel_size[0] // 2, kernel_size[1] // 2
    images = exact.reshape((-1, *image.shape[-3:]))
    padded = torch_pad(images, [margin_x, margin_x, margin_y, margin_y], mode="reflect")
    blurred = conv2d(padded, weights, groups=channels).reshape(image.shape)
    return blurred if image.is_floating_point() else blurred.round_().to(dtype)


def _gaussian(size: int, sigma: float, like: torch.Tensor) -> torch.Tensor:
    """Weights that sum to 1; their places are scaled so that a softmax of squares gives them."""
    limit = (size - 1) / (2.0 * math.sqrt(2.0))
    places = torch.linspace(-limit, limit, steps=size, dtype=like.dtype, device=like.device)
    return torch.softmax(places.div(sigma).pow(2).neg(), dim=0)


@register(gaussian_blur, PIL.Image.Image)
def _gaussian_blur_image_pil(image: PIL.Image.Image, kernel_size, sigma=None) -> PIL.Image.Image:
    blurred = gaussian_blur_image(pil_to_tensor(image), kernel_size=kernel_size, sigma=sigma)
    return to_pil_image(blurred, mode=image.mode)


gaussian_blur_video = video_kernel(gaussian_blur, gaussian_blur_image)


def gaussian_noise(inpt, mean: float = 0.0, sigma: float = 0.1, clip: bool = True):
    """An image or video with normally distributed noise.

    Args:
        inpt: a tensor of shape (..., C, H, W), uint8 or floating point.
        mean: the noise's mean, where a white pixel is 1.
        sigma: its standard deviation.
        clip: keep pixels within their range.

    Raises:
        ValueError: a negative deviation, pixels of another type, a PIL image.
    """
    return call(gaussian_noise, inpt, mean=mean, sigma=sigma, clip=clip)


@kernel(gaussian_noise, Image, torch.Tensor)
def gaussian_noise_image(image: torch.Tensor, mean: float = 0.0, sigma: float = 0.1, clip: bool = True):
    """Images with normally distributed noise."""
    if sigma < 0:
        raise ValueError(f"sigma shouldn't be negative. Got {sigma}")
    if image.is_floating_point():
        noisy = image + (mean + torch.randn_like(image) * sigma)
        return torch.clamp(noisy, 0, 1) if clip else noisy
    if image.dtype != torch.uint8:
        raise ValueError(f"Input tensor is expected to be in uint8 or float dtype, got dtype={image.dtype}")
    noise = (mean * 255) + torch.randn_like(image, dtype=torch.float32) * (sigma * 255)
    noisy = image + noise.to(torch.int16)
    return (torch.clamp(noisy, 0, 255) if clip else noisy).to(torch.uint8)


gaussian_noise_video = video_kernel(gaussian_noise, gaussian_noise_image)


@register(gaussian_noise, PIL.Image.Image)
def _gaussian_noise_pil(image: PIL.Image.Image, mean: float = 0.0, sigma: float = 0.1, clip: bool = True):
    raise ValueError("Gaussian Noise is not implemented for PIL images.")
