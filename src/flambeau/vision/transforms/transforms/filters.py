"""Transforms that blur, sharpen and erase."""

from __future__ import annotations

import numbers
from collections.abc import Sequence

from .... import Tensor, nn
from ...printing import Printed
from .. import functional as F
from ..draws import drawn_hole, happens, uniform
from .arguments import _setup_size, check_ranges
from .colour import _Sometimes


class GaussianBlur(Printed, nn.Module):
    """An image blurred at random.

    Args:
        kernel_size: an odd number of pixels, or (width, height).
        sigma: the standard deviation in pixels, or its range.

    Raises:
        ValueError: arguments of other kinds.
    """

    _shown = "kernel_size sigma"

    def __init__(self, kernel_size, sigma=(0.1, 2.0)):
        super().__init__()
        self.kernel_size = _setup_size(kernel_size, "Kernel size should be a tuple/list of two integers")
        if any(n <= 0 or n % 2 == 0 for n in self.kernel_size):
            raise ValueError("Kernel size value should be an odd and positive number.")
        if isinstance(sigma, numbers.Number):
            if sigma <= 0:
                raise ValueError("If sigma is a single number, it must be positive.")
            sigma = (sigma, sigma)
        elif not (isinstance(sigma, Sequence) and len(sigma) == 2):
            raise ValueError("sigma should be a single number or a list/tuple with length 2.")
        elif not 0.0 < sigma[0] <= sigma[1]:
            raise ValueError("sigma values should be positive and of the form (min, max).")
        self.sigma = sigma

    @staticmethod
    def get_params(sigma_min: float, sigma_max: float) -> float:
        """A standard deviation, drawn."""
        return uniform(sigma_min, sigma_max)

    def forward(self, img):
        sigma = self.get_params(self.sigma[0], self.sigma[1])
        return F.gaussian_blur(img, self.kernel_size, [sigma, sigma])


class RandomAdjustSharpness(_Sometimes):
    """An image sharpened, with probability p.

    Args:
        sharpness_factor: 0 gives it blurred, 1 as it is, 2 with its details doubled.
        p: the probability.
    """

    _shown = "sharpness_factor p"

    def __init__(self, sharpness_factor, p=0.5):
        super().__init__(p)
        self.sharpness_factor = sharpness_factor

    def _change(self, img):
        return F.adjust_sharpness(img, self.sharpness_factor)


class RandomErasing(Printed, nn.Module):
    """A tensor with a random rectangle erased, with probability p.

    Args:
        p: the probability.
        scale: the range of the part of the image's area.
        ratio: the range of height / width, whose logarithm is drawn uniformly.
        value: what is put there: a number, one for each channel, or "random" for normally distributed numbers.
        inplace: whether to write to the tensor that is given.

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """

    _shown = "p scale ratio value inplace"

    def __init__(self, p=0.5, scale=(0.02, 0.33), ratio=(0.3, 3.3), value=0, inplace=False):
        super().__init__()
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        check_ranges(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if p < 0 or p > 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p = p
        self.scale = scale
        self.ratio = ratio
        self.value = value
        self.inplace = inplace

    @staticmethod
    def get_params(img: Tensor, scale, ratio, value=None) -> tuple:
        """(top, left, height, width, value) of a rectangle, drawn; of the image itself where ten draws do not fit."""
        hole = drawn_hole(img.shape[-3:], scale, ratio, value)
        return (0, 0, *img.shape[-2:], img) if hole is None else hole

    def forward(self, img):
        if not happens(self.p):
            return img
        value = self._value_of_channels(img)
        x, y, h, w, v = self.get_params(img, scale=self.scale, ratio=self.ratio, value=value)
        return F.erase(img, x, y, h, w, v, self.inplace)

    def _value_of_channels(self, img) -> list[float] | None:
        """One float, or one for each channel; None for random numbers."""
        if isinstance(self.value, str):
            return None
        value = [float(v) for v in (self.value if isinstance(self.value, (list, tuple)) else [self.value])]
        if len(value) not in (1, img.shape[-3]):
            raise ValueError(
                "If value is a sequence, it should have either a single value or "
                f"{img.shape[-3]} (number of input channels)"
            )
        return value
