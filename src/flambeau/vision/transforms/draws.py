"""Random parameters of transforms, each drawn from the stream of `torch.rand` and its kin as torchvision draws it.

There are several for each image, so what is most often asked for takes its word from the stream without a tensor.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from ... import empty, float32, get_default_dtype, rand, randint, tensor
from ... import random as stream


def chance() -> float:
    """A number in [0, 1)."""
    if get_default_dtype() is float32:
        return (stream.current().word() & 0xFFFFFF) * 2.0**-24
    return rand(1).item()


def happens(p: float) -> bool:
    """True with probability p: whether a number drawn is less than p in its own type."""
    return chance() < number_type()(p)


def exceeds(p: float) -> bool:
    """True with probability 1 - p: whether a number drawn is more than p in its own type."""
    return chance() > number_type()(p)


def uniform(low: float, high: float) -> float:
    """A number in [low, high)."""
    if get_default_dtype() is float32:
        return stream.uniform_number(stream.current(), low, high)
    return empty(1).uniform_(low, high).item()


def log_uniform(low: float, high: float) -> float:
    """A number in [low, high) whose logarithm is uniform."""
    kind = number_type()
    return float(kind(np.exp(uniform(*_logarithms(low, high, kind)))))


@functools.lru_cache(maxsize=64)
def _logarithms(low: float, high: float, kind) -> tuple[float, float]:
    with np.errstate(all="ignore"):
        return tuple(float(kind(np.log(np.float64(kind(x))))) for x in (low, high))  # type: ignore[return-value]


def drawn_rectangles(area: int, scale, ratio):
    """Ten rectangles, each a part of an area and a ratio of its sides, whose logarithm is uniform."""
    for _ in range(10):
        yield area * uniform(scale[0], scale[1]), log_uniform(ratio[0], ratio[1])


def drawn_part(height: int, width: int, scale, ratio) -> tuple[int, int, int, int]:
    """Top, left, height and width of a part of an image, by ranges of the part of its area and of width / height.

    Where ten draws do not fit, it is the largest in the middle whose sides are in the range.
    """
    for area, aspect in drawn_rectangles(height * width, scale, ratio):
        w, h = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if 0 < w <= width and 0 < h <= height:
            return whole(0, height - h + 1), whole(0, width - w + 1), h, w
    aspect = min(max(width / height, min(ratio)), max(ratio))
    w = round(height * aspect) if width / height > aspect else width
    h = round(width / aspect) if width / height < aspect else height
    return (height - h) // 2, (width - w) // 2, h, w


def drawn_hole(size, scale, ratio, value) -> tuple | None:
    """Top, left, height, width and content of a rectangle that is erased of an image; None where ten draws do not fit.

    Args:
        size: channels, height and width of the image.
        scale, ratio: the ranges of the part of its area and of height / width.
        value: a number, or one for each channel; None for normally distributed numbers.
    """
    channels, height, width = size
    for area, aspect in drawn_rectangles(height * width, scale, ratio):
        h, w = round(math.sqrt(area * aspect)), round(math.sqrt(area / aspect))
        if h < height and w < width:
            noise = value is None
            content = empty([channels, h, w], dtype=float32).normal_() if noise else tensor(value)[:, None, None]
            return whole(0, height - h + 1), whole(0, width - w + 1), h, w, content
    return None


def whole(low: int, high: int) -> int:
    """One of low ... high - 1."""
    if 0 < high - low < 1 << 28:
        return low + stream.current().word() % (high - low)
    return int(randint(low, high, size=(1,)).item())


def number_type():
    """The type in which numbers are drawn."""
    return np.float64 if get_default_dtype().name == "float64" else np.float32
