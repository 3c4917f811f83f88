"""Colours changed, of Pillow images and tensors alike."""

from __future__ import annotations

from .... import Tensor
from .. import _functional_pil as F_pil
from .. import _functional_tensor as F_t
from .dimensions import kernels


def adjust_brightness(img, brightness_factor: float):
    """The image with its brightness multiplied: 0 gives black, 1 the image.

    Raises ValueError for a negative factor of a tensor.
    """
    return kernels(img).adjust_brightness(img, brightness_factor)


def adjust_contrast(img, contrast_factor: float):
    """The image with its distance from the mean grey multiplied: 0 gives grey, 1 the image.

    Raises ValueError for a negative factor of a tensor.
    """
    return kernels(img).adjust_contrast(img, contrast_factor)


def adjust_saturation(img, saturation_factor: float):
    """The image with its distance from black and white multiplied: 0 gives shades of grey, 1 the image.

    Raises ValueError for a negative factor of a tensor.
    """
    return kernels(img).adjust_saturation(img, saturation_factor)


def adjust_hue(img, hue_factor: float):
    """The image with its hues turned by a part of the circle. Raises ValueError for factors beyond [-0.5, 0.5]."""
    return kernels(img).adjust_hue(img, hue_factor)


def adjust_gamma(img, gamma: float, gain: float = 1):
    """gain * img ** gamma, on the scale of [0, 1]. Raises ValueError for a negative exponent."""
    return kernels(img).adjust_gamma(img, gamma, gain)


def to_grayscale(img, num_output_channels: int = 1):
    """A Pillow image in shades of grey, of one channel or of three that are equal. Raises TypeError for tensors."""
    if not F_pil._is_pil_image(img):
        raise TypeError("Input should be PIL Image")
    return F_pil.to_grayscale(img, num_output_channels)


def rgb_to_grayscale(img, num_output_channels: int = 1):
    """An image in shades of grey, of one channel or of three that are equal. Raises ValueError for other numbers."""
    if isinstance(img, Tensor):
        return F_t.rgb_to_grayscale(img, num_output_channels)
    return F_pil.to_grayscale(img, num_output_channels)


def invert(img):
    """The negative of an image."""
    return kernels(img).invert(img)


def posterize(img, bits: int):
    """The image with only the first bits (0 to 8) of each number kept. Raises ValueError for other numbers of bits."""
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    return kernels(img).posterize(img, bits)


def solarize(img, threshold: float):
    """The image with what is at least as bright as the threshold inverted."""
    return kernels(img).solarize(img, threshold)


def autocontrast(img):
    """The image with each channel stretched, so that its darkest pixel is black and its brightest white."""
    return kernels(img).autocontrast(img)


def equalize(img):
    """The image with each channel's numbers mapped so that all are about equally frequent."""
    return kernels(img).equalize(img)
