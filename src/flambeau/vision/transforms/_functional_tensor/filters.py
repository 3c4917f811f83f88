"""Blurring, sharpening and erasing of tensors."""

from __future__ import annotations

from .... import Tensor, arange, exp, linspace, mm, ones, where
from ....nn.functional import conv2d, pad
from .checks import _assert_channels, _assert_image_tensor, _cast_squeeze_in, _cast_squeeze_out, float_type
from .colour import _blend


def _get_gaussian_kernel1d(kernel_size: int, sigma: float, dtype, device=None) -> Tensor:
    """A bell curve over an odd number of pixels, whose sum is 1."""
    half = (kernel_size - 1) * 0.5
    x = linspace(-half, half, steps=kernel_size, dtype=dtype, device=device)
    curve = exp(-0.5 * (x / sigma).pow(2))
    return curve / curve.sum()


def _get_gaussian_kernel2d(kernel_size, sigma, dtype, device=None) -> Tensor:
    """The product (height, width) of a bell curve along y and one along x; sizes and deviations are (x, y)."""
    along_x, along_y = (_get_gaussian_kernel1d(n, s, dtype, device) for n, s in zip(kernel_size, sigma))
    return mm(along_y[:, None], along_x[None, :])


def gaussian_blur(img: Tensor, kernel_size, sigma) -> Tensor:
    """The image convolved with a bell curve, its borders reflected; sizes and deviations are (x, y)."""
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor. Got {type(img)}")
    _assert_image_tensor(img)
    kernel = _for_each_channel(_get_gaussian_kernel2d(kernel_size, sigma, float_type(img)), img)
    batch, *form = _cast_squeeze_in(img, [kernel.dtype])
    x, y = (n // 2 for n in kernel_size)
    padded = pad(batch, [x, x, y, y], mode="reflect")
    return _cast_squeeze_out(conv2d(padded, kernel, groups=kernel.shape[0]), *form)


def _for_each_channel(kernel: Tensor, img: Tensor) -> Tensor:
    """A kernel (height, width) as (C, 1, height, width)."""
    return kernel.expand(img.shape[-3], 1, *kernel.shape)


def _blurred_degenerate_image(img: Tensor) -> Tensor:
    """The image blurred as Pillow does it to sharpen: pixels of the border stay."""
    kernel = ones(3, 3, dtype=float_type(img))
    kernel[1, 1] = 5.0
    kernel = _for_each_channel(kernel / kernel.sum(), img)
    batch, *form = _cast_squeeze_in(img, [kernel.dtype])
    result = img.clone()
    result[..., 1:-1, 1:-1] = _cast_squeeze_out(conv2d(batch, kernel, groups=kernel.shape[0]), *form)
    return result


def adjust_sharpness(img: Tensor, sharpness_factor: float) -> Tensor:
    """Mixed with the blurred image; images of two pixels or fewer along an edge stay."""
    if sharpness_factor < 0:
        raise ValueError(f"sharpness_factor ({sharpness_factor}) is not non-negative.")
    _assert_image_tensor(img)
    _assert_channels(img, [1, 3])
    if min(img.shape[-2:]) <= 2:
        return img
    return _blend(img, _blurred_degenerate_image(img), sharpness_factor)


def erase(img: Tensor, i: int, j: int, h: int, w: int, v, inplace: bool = False) -> Tensor:
    """The image with a value in h rows from i and w columns from j."""
    _assert_image_tensor(img)
    if not inplace and min(i, j) >= 0 and _is_one_colour(v, img):
        # Numbers that are compared with are no part of a program, as the places of slices are.
        rows, columns = arange(img.shape[-2]).unsqueeze(1), arange(img.shape[-1])
        inside = (rows >= i) & (rows < i + h) & (columns >= j) & (columns < j + w)
        return where(inside, v.to(img.dtype), img)
    img = img if inplace else img.clone()
    img[..., i : i + h, j : j + w] = v
    return img


def _is_one_colour(v, img: Tensor) -> bool:
    """Whether a value is one number for all channels of an image, or one for each."""
    return isinstance(v, Tensor) and img.ndim >= 3 and v.shape in ((1, 1, 1), (img.shape[-3], 1, 1))
