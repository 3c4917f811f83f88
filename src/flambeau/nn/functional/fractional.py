"""Fractional max pooling: windows whose places are drawn at random so that a given number of them covers the input."""

from __future__ import annotations

import math

from ... import Tensor, arange, cat, rand, where
from ...ops.signatures import Dims
from ..sizes import repeated
from .pooling import with_indices

_PLURAL = {2: "Ints", 3: "three Ints"}
_AXES = {2: ("height", "width"), 3: ("time", "height", "width")}


def fractional_max_pool2d(
    input: Tensor, kernel_size: Dims, output_size=None, output_ratio=None, return_indices: bool = False,
    _random_samples: Tensor | None = None,
):  # fmt: skip
    """The maximum over output_size windows of (N, C, H, W); with return_indices also its flat position.

    output_ratio: the output size as a part of the input's, instead.  _random_samples: (N, C, 2), one number in [0, 1)
    for each dimension, the last one first; drawn where None.
    """
    # PyTorch's samples of images come in the order width, height.
    both = _fractional("fractional_max_pool2d", 2, input, kernel_size, output_size, output_ratio, _random_samples, -1)
    return both if return_indices else both[0]


def fractional_max_pool3d(
    input: Tensor, kernel_size: Dims, output_size=None, output_ratio=None, return_indices: bool = False,
    _random_samples: Tensor | None = None,
):  # fmt: skip
    """The maximum over output_size windows of (N, C, D, H, W); with return_indices also its flat position.

    output_ratio: the output size as a part of the input's, instead.  _random_samples: (N, C, 3), one number in [0, 1)
    for each dimension; drawn where None.
    """
    both = _fractional("fractional_max_pool3d", 3, input, kernel_size, output_size, output_ratio, _random_samples, 1)
    return both if return_indices else both[0]


fractional_max_pool2d_with_indices = with_indices(fractional_max_pool2d)
fractional_max_pool3d_with_indices = with_indices(fractional_max_pool3d)


def _fractional(name: str, n: int, input: Tensor, kernel_size, output_size, ratio, samples, step: int):
    """step: 1, or -1 where the samples are for the dimensions from the last to the first."""
    if output_size is None and ratio is None:
        raise ValueError(f"{name} requires specifying either an output_size or an output_ratio")
    if output_size is None:
        if len(ratio) != n:
            raise ValueError(f"{name} requires output_ratio to either be a single Int or tuple of Ints.")
        output_size = [int(size * part) for size, part in zip(input.shape[-n:], ratio)]
    if samples is None:
        batch = 1 if input.dim() == n + 1 else input.size(0)
        samples = rand(batch, input.size(-n - 1), n, dtype=input.dtype, device=input.device)
    kernel, out = (
        _sizes(name, n, what, value) for what, value in (("kernel_size", kernel_size), ("output_size", output_size))
    )
    _check(name, n, input, kernel, out, samples)
    batched = input if input.dim() == n + 2 else input.unsqueeze(0)
    places = _places(batched, kernel, out, samples[: batched.size(0)].unbind(-1)[::step])
    values, index = _maxima(batched.flatten(2), places, out, empty=min(kernel) < 1)
    return (values, index) if batched is input else (values.squeeze(0), index.squeeze(0))


def _sizes(name: str, n: int, what: str, value) -> tuple[int, ...]:
    sizes = repeated(n)(value)
    if len(sizes) != n:
        raise RuntimeError(f"{name}: {what} must either be a single Int or tuple of {_PLURAL[n]}")
    return sizes


def _check(name: str, n: int, input: Tensor, kernel, out, samples: Tensor):
    """Raises RuntimeError where the windows or the samples do not fit the input."""
    title = f"{name}()" if n == 2 else f"{name}_out()"
    if input.dim() not in (n + 1, n + 2):
        raise RuntimeError(f"{title}: Expected {n + 1}D or {n + 2}D tensor, but got: {list(input.shape)}")
    for dim in range(1, input.dim()):
        if not input.size(dim):
            raise RuntimeError(
                f"{title}: Expected input to have non-zero size for non-batch dimensions, but got{list(input.shape)} "
                f"with dimension {dim} being empty."
            )
    for axis, size, k, o in zip(_AXES[n], input.shape[-n:], kernel, out):
        if o + k - 1 > size - (n == 3):  # in volumes PyTorch wants room for one more
            raise RuntimeError(f"{title}: pool {axis} {k} too large relative to input {axis} {size}")
    if samples.dtype is not input.dtype:
        raise RuntimeError("Expect _random_samples to have the same dtype as input")
    if samples.dim() != 3:
        raise RuntimeError(f"Expect _random_samples to have 3 dimensions, got {samples.dim()}")
    if samples.size(0) < (input.size(0) if input.dim() == n + 2 else 1):
        raise RuntimeError("Expect _random_samples.size(0) no less then input batch size.")
    if samples.size(1) != input.size(-n - 1):
        raise RuntimeError("Expect _random_samples.size(1) equals to input channel size.")
    if samples.size(2) != n:
        raise RuntimeError(f"Expect _random_samples.size(2) equals to {n}; got {samples.size(2)}.")


def _starts(sample: Tensor, size: int, kernel: int, count: int) -> Tensor:
    """Where the windows of one dimension start: (N, C, count), the last one at the end; sample: (N, C)."""
    last = sample.new_full((*sample.shape, min(count, 1)), size - kernel, dtype=arange(0).dtype)
    if count < 2:
        return last
    # In the samples' own precision, whose roundings decide where a window starts.
    alpha = sample.new_full((), size - kernel) / (count - 1)
    first = (sample * alpha).long().unsqueeze(-1)
    steps = arange(count - 1, dtype=sample.dtype)
    return cat([((steps + sample.unsqueeze(-1)) * alpha).long() - first, last], -1)


def _places(input: Tensor, kernel, out, samples) -> Tensor:
    """The flat positions of all elements of all windows: (N, C, windows, elements of a window).

    A window without elements has the position where it starts.
    """
    n = len(kernel)
    flat: Tensor | int = 0
    for axis, (size, k, o, sample) in enumerate(zip(input.shape[2:], kernel, out, samples)):
        rows = _starts(sample, size, k, o).unsqueeze(-1) + arange(max(k, 1))
        shape = [*input.shape[:2], *[1] * (2 * n)]
        shape[2 + axis], shape[2 + n + axis] = o, max(k, 1)
        flat = flat * size + rows.reshape(shape)
    return flat.reshape(*input.shape[:2], math.prod(out), math.prod(max(k, 1) for k in kernel))  # type: ignore[union-attr]


def _maxima(flat: Tensor, places: Tensor, out, empty: bool) -> tuple[Tensor, Tensor]:
    """The largest elements of windows of (N, C, elements), or the last NaN, and their positions, both (N, C, *out).

    empty: whether windows have no elements.
    """
    shape = (*flat.shape[:2], *out)
    if empty:
        return flat.new_full(shape, -math.inf), places[..., 0].reshape(shape)
    windows = flat.detach().gather(2, places.flatten(2)).reshape(places.shape)
    if not windows.numel():
        return flat[..., : math.prod(out)].reshape(shape), places.new_empty(shape)
    unknown = windows.isnan()
    last = windows.size(3) - 1 - unknown.flip(3).int().argmax(3, keepdim=True)
    index = places.gather(3, where(unknown.any(3, True), last, windows.argmax(3, keepdim=True))).squeeze(3)
    return flat.gather(2, index).reshape(shape), index.reshape(shape)
