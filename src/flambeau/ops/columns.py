"""Windows of images as columns, and the sum of columns at the places of their windows: each is the other's gradient."""

from __future__ import annotations

import itertools
import math

from .. import ir
from ..meta import Meta, contiguous
from .registry import Op, apply

# The settings of both: the images' size without borders, kernel, dilation, padding and stride, (height, width) all.
SETTINGS = "size kernel dilation padding stride"


def window_counts(size, kernel, dilation, padding, stride) -> tuple[int, ...]:
    """How many windows there are along each dimension."""
    settings = zip(size, kernel, dilation, padding, stride)
    return tuple((n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, d, p, s in settings)


def _columns_infer(input: Meta, size, kernel, dilation, padding, stride) -> Meta:
    counts = window_counts(size, kernel, dilation, padding, stride)
    return contiguous((input.shape[0], input.shape[1] * math.prod(kernel), math.prod(counts)), input.dtype)


def _bordered(shape, padding) -> tuple[tuple[int, ...], int]:
    """The shape of images with borders, and where the image begins."""
    images, channels, height, width = shape
    wide = width + 2 * padding[1]
    return (images, channels, height + 2 * padding[0], wide), padding[0] * wide + padding[1]


def _columns(input: ir.Node, size, kernel, dilation, padding, stride) -> ir.Node:
    shape, start = _bordered(input.shape, padding)
    steps = ir.contiguous_strides(shape)
    bordered = ir.update(ir.full(0, shape, input.dtype), input, steps, start) if any(padding) else input
    counts, (row, column) = window_counts(size, kernel, dilation, padding, stride), steps[2:]
    walk = (*steps[:2], row * dilation[0], column * dilation[1], row * stride[0], column * stride[1])
    windows = ir.view(bordered, (*shape[:2], *kernel, *counts), walk, 0)
    return windows.reshape((shape[0], shape[1] * math.prod(kernel), math.prod(counts)))


def _images_infer(input: Meta, size, kernel, dilation, padding, stride) -> Meta:
    return contiguous((input.shape[0], input.shape[1] // math.prod(kernel), *size), input.dtype)


def _images(input: ir.Node, size, kernel, dilation, padding, stride) -> ir.Node:
    taps, counts = math.prod(kernel), window_counts(size, kernel, dilation, padding, stride)
    images, channels, length = input.shape[0], input.shape[1] // taps, math.prod(counts)
    shape, start = _bordered((images, channels, *size), padding)
    steps = ir.contiguous_strides(shape)
    zeros = ir.full(0, shape, input.dtype)
    total = zeros
    for tap, place in enumerate(itertools.product(*map(range, kernel))):
        walk = (channels * taps * length, taps * length, counts[1], 1)
        block = ir.view(input, (images, channels, *counts), walk, tap * length)
        offset = sum(i * d * step for i, d, step in zip(place, dilation, steps[2:]))
        windows = (*steps[:2], steps[2] * stride[0], steps[3] * stride[1])
        total = total + ir.update(zeros, block, windows, offset)
    return ir.view(total, (images, channels, *size), steps, start)


IM2COL = Op(
    "im2col",
    f"input {SETTINGS}",
    _columns_infer,
    _columns,
    lambda g, size, kernel, dilation, padding, stride: apply(COL2IM, (g,), (size, kernel, dilation, padding, stride)),
    grad_name="Im2Col",
    summary="Windows of images as columns.",
)
COL2IM = Op(
    "col2im",
    f"input {SETTINGS}",
    _images_infer,
    _images,
    lambda g, size, kernel, dilation, padding, stride: apply(IM2COL, (g,), (size, kernel, dilation, padding, stride)),
    grad_name="Col2Im",
    summary="The sum of columns at the places of their windows.",
)
