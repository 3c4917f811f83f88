"""Windows as columns and back, and the way back from maximum pooling."""

from __future__ import annotations

import math

from ... import Tensor, int64
from ...errors import TYPE_TITLES
from ...ops import bounds
from ...ops.columns import COL2IM, IM2COL, window_counts
from ...ops.copies import laid_out_like
from ...ops.registry import apply
from ...ops.signatures import Dims
from ..sizes import pair, single, triple


def unfold(input: Tensor, kernel_size: Dims, dilation: Dims = 1, padding: Dims = 0, stride: Dims = 1) -> Tensor:
    """The windows of (N, C, H, W) as columns: (N, C kh kw, L), L windows from left to right and top to bottom."""
    if input.dim() == 3 and input.size(0):
        return unfold(input.unsqueeze(0), kernel_size, dilation, padding, stride).squeeze(0)
    if input.dim() != 4 or 0 in input.shape[1:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero dimensions for "
            f"input, but got: {list(input.shape)}"
        )
    kernel, dilation, padding, stride = _settings(kernel_size, dilation, padding, stride)
    counts = window_counts(input.shape[2:], kernel, dilation, padding, stride)
    if min(counts) < 1:
        raise RuntimeError(
            f"Given input with spatial size ({input.shape[2]}, {input.shape[3]}), kernel_size=({kernel[0]}, "
            f"{kernel[1]}), dilation=({dilation[0]}, {dilation[1]}), padding=({padding[0]}, {padding[1]}), calculated "
            f"shape of the array of sliding blocks as ({counts[0]}, {counts[1]}), but its components must be at least "
            "one."
        )
    return apply(IM2COL, (input,), (tuple(input.shape[2:]), kernel, dilation, padding, stride))


def fold(
    input: Tensor, output_size: Dims, kernel_size: Dims, dilation: Dims = 1, padding: Dims = 0, stride: Dims = 1
) -> Tensor:
    """The sum of columns (N, C kh kw, L) at the places of their windows: (N, C, *output_size)."""
    if input.dim() == 2:
        return fold(input.unsqueeze(0), output_size, kernel_size, dilation, padding, stride).squeeze(0)
    size = _pair("output_size", output_size)
    kernel, dilation, padding, stride = _settings(kernel_size, dilation, padding, stride)
    counts = window_counts(size, kernel, dilation, padding, stride)
    _check_columns(input, size, kernel, dilation, padding, stride, counts)
    return apply(COL2IM, (input,), (size, kernel, dilation, padding, stride))


def _pair(name: str, value) -> tuple[int, int]:
    numbers = pair(value)
    if len(numbers) != 2:
        raise RuntimeError(f"It is expected {name} equals to 2, but got size {len(numbers)}")
    return numbers


def _settings(kernel_size, dilation, padding, stride) -> list[tuple[int, int]]:
    """The settings of windows as pairs; RuntimeError where one cannot be."""
    given = (("kernel_size", kernel_size), ("dilation", dilation), ("padding", padding), ("stride", stride))
    pairs = [_pair(name, value) for name, value in given]
    for name, (high, wide) in zip(("kernel", "dilation", "pad", "stride"), pairs):
        least, wish, title = (0, "non-negative", "padding") if name == "pad" else (1, "greater than zero", name)
        if min(high, wide) < least:
            title = "kernel size" if name == "kernel" else title
            raise RuntimeError(f"{title} should be {wish}, but got {name}_height: {high} {name}_width: {wide}")
    return pairs


def _check_columns(input: Tensor, size, kernel, dilation, padding, stride, counts):
    if input.dim() != 3 or not input.size(1):
        raise RuntimeError(
            "Expected 2D or 3D (batch mode) tensor for input with possibly 0 batch size and non-zero dimensions for "
            f"input, but got: {list(input.shape)}"
        )
    if input.size(1) % math.prod(kernel):
        raise RuntimeError(
            "Expected size of input's dimension 1 to be divisible by the product of kernel_size, but got input.size(1)="
            f"{input.size(1)} and kernel_size=({kernel[0]}, {kernel[1]})."
        )
    if input.size(2) != math.prod(counts):
        settings = f"output_size=({size[0]}, {size[1]}), kernel_size=({kernel[0]}, {kernel[1]}), "
        settings += f"dilation=({dilation[0]}, {dilation[1]}), padding=({padding[0]}, {padding[1]}), "
        raise RuntimeError(
            f"Given {settings}stride=({stride[0]}, {stride[1]}), expected size of input's dimension 2 to match the "
            f"calculated number of sliding blocks {counts[0]} * {counts[1]} = {math.prod(counts)}, but got "
            f"input.size(2)={input.size(2)}."
        )


def max_unpool1d(
    input: Tensor, indices: Tensor, kernel_size: Dims, stride: Dims | None = None, padding: Dims = 0, output_size=None
) -> Tensor:
    """Puts maxima (N, C, M) back to the places in (N, C, L) that max_pool1d gave; the rest is zero."""
    return _max_unpool(single, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor, indices: Tensor, kernel_size: Dims, stride: Dims | None = None, padding: Dims = 0, output_size=None
) -> Tensor:
    """Puts maxima (N, C, h, w) back to the places in (N, C, H, W) that max_pool2d gave; the rest is zero."""
    return _max_unpool(pair, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor, indices: Tensor, kernel_size: Dims, stride: Dims | None = None, padding: Dims = 0, output_size=None
) -> Tensor:
    """Puts maxima (N, C, d, h, w) back to their places in (N, C, D, H, W); the rest is zero."""
    return _max_unpool(triple, input, indices, kernel_size, stride, padding, output_size)


def _max_unpool(sizes, input: Tensor, indices: Tensor, kernel_size, stride, padding, output_size) -> Tensor:
    kernel, padding = sizes(kernel_size), sizes(padding)
    stride = kernel if stride is None else sizes(stride)
    dims = len(kernel)
    smallest = [(n - 1) * s + k - 2 * p for n, s, k, p in zip(input.shape[-dims:], stride, kernel, padding)]
    size = smallest if output_size is None else _checked_size(output_size, smallest, stride)
    _check_unpooled(input, indices, size)
    flat = input.new_zeros((*input.shape[:-dims], math.prod(size)))
    places, values = (x.flatten(-dims) if dims > 1 else x for x in (indices, input))
    return laid_out_like(flat.scatter(-1, places, values).unflatten(-1, size), input)


def _check_unpooled(input: Tensor, indices: Tensor, size) -> None:
    """PyTorch unpools one dimension as two, of which the last has size 1; its messages tell."""
    flat = [1] if len(size) == 1 else []
    dims, shape = len(size) + len(flat), [*input.shape, *flat]
    if indices.dtype is not int64:
        got = "" if dims == 3 else f" but got: {TYPE_TITLES[indices.meta.dtype.name]}"
        raise RuntimeError(f"elements in indices should be type int64{got}")
    if len(shape) not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Input to max_unpooling{dims}d should be a {dims + 1}d or {dims + 2}d Tensor, but got a tensor with "
            f"{len(shape)} dimensions."
        )
    if input.shape != indices.shape:
        raise RuntimeError(
            f"Expected shape of indices to be same as that of the input tensor ({shape}) but got indices tensor with "
            f"shape: {[*indices.shape, *flat]}"
        )
    empty = next((d for d in range(len(shape) - dims - 1, len(shape)) if not shape[d]), None)
    if empty is not None:
        raise RuntimeError(
            f"max_unpooling{dims}d_forward_out_cpu(): Expected input to have non-zero size for non-batch dimensions, "
            f"but got {shape} with dimension {empty} being empty."
        )
    volume = "x".join(map(str, [*size, *flat]))
    text = f"Found an invalid max index: {{}} (output volumes are of size {volume})"
    bounds.check(indices, math.prod(size), lambda place: RuntimeError(text.format(place)))


def _checked_size(size, default: list[int], stride) -> list[int]:
    dims = len(default)
    size = size[2:] if len(size) == dims + 2 else size
    if len(size) != dims:
        raise ValueError(
            f"output_size should be a sequence containing {dims} or {dims + 2} elements, but it has a length of "
            f"'{len(size)}'"
        )
    for d, (n, usual, step) in enumerate(zip(size, default, stride)):
        if not usual - step < n < usual + step:
            raise ValueError(
                f'invalid output_size "{size}" (dim {d} must be between {usual - step} and {usual + step})'
            )
    return size
