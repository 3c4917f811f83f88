"""Blurring, sharpening and erasing."""

from __future__ import annotations

from .... import Tensor
from .. import _functional_pil as F_pil
from .. import _functional_tensor as F_t
from .conversion import pil_to_tensor, to_pil_image
from .dimensions import kernels


def as_tensor_image(img) -> Tensor:
    """A tensor as it is, a Pillow image as a tensor of bytes. Raises TypeError for other types."""
    if isinstance(img, Tensor):
        return img
    if not F_pil._is_pil_image(img):
        raise TypeError(f"img should be PIL Image or Tensor. Got {type(img)}")
    return pil_to_tensor(img)


def as_given(output: Tensor, img):
    """A result as a Pillow image of the mode of `img`, where that is one."""
    return output if isinstance(img, Tensor) else to_pil_image(output, mode=img.mode)


def gaussian_blur(img, kernel_size, sigma=None):
    """The image convolved with a bell curve, its borders reflected.

    Args:
        img: a Pillow image, or a tensor (..., C, H, W).
        kernel_size: an odd number of pixels, or (width, height).
        sigma: the standard deviation in pixels, or one for x and one for y; None: 0.15 * kernel_size + 0.35.

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """
    if not isinstance(kernel_size, (int, list, tuple)):
        raise TypeError(f"kernel_size should be int or a sequence of integers. Got {type(kernel_size)}")
    kernel_size = two_odd_sizes(kernel_size)
    output = F_t.gaussian_blur(as_tensor_image(img), kernel_size, deviations(sigma, kernel_size))
    return as_given(output, img)


def two_odd_sizes(kernel_size):
    """Width and height of a blur. Raises ValueError for what are none."""
    if isinstance(kernel_size, int):
        kernel_size = [kernel_size, kernel_size]
    if len(kernel_size) != 2:
        raise ValueError(f"If kernel_size is a sequence its length should be 2. Got {len(kernel_size)}")
    if any(n % 2 == 0 or n < 0 for n in kernel_size):
        raise ValueError(f"kernel_size should have odd and positive integers. Got {kernel_size}")
    return kernel_size


def deviations(sigma, kernel_size):
    """The standard deviations of a blur along x and y. Raises TypeError, ValueError for what are none."""
    if sigma is None:
        sigma = [n * 0.15 + 0.35 for n in kernel_size]
    if not isinstance(sigma, (int, float, list, tuple)):
        raise TypeError(f"sigma should be either float or sequence of floats. Got {type(sigma)}")
    if isinstance(sigma, (int, float)):
        sigma = [float(sigma), float(sigma)]
    if len(sigma) == 1:
        sigma = [sigma[0], sigma[0]]
    if len(sigma) != 2:
        raise ValueError(f"If sigma is a sequence, its length should be 2. Got {len(sigma)}")
    if any(s <= 0.0 for s in sigma):
        raise ValueError(f"sigma should have positive values. Got {sigma}")
    return sigma


def adjust_sharpness(img, sharpness_factor: float):
    """The image sharpened: 0 gives it blurred, 1 as it is, 2 with its details doubled.

    Raises ValueError for a negative factor of a tensor.
    """
    return kernels(img).adjust_sharpness(img, sharpness_factor)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v, inplace: bool = False) -> Tensor:
    """A tensor (..., H, W) with the value `v` in h rows from i and w columns from j. Raises TypeError for Pillow's."""
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    return F_t.erase(img, i, j, h, w, v, inplace=inplace)
