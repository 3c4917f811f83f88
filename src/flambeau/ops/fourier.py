"""Discrete Fourier transforms: ops whose meaning is a call of NumPy's pocketfft, with their gradients.

Three kinds: complex to complex, real to the half of the spectrum that tells the rest, and back. Each transforms several
dimensions at once and multiplies by a scale; lengths are those of the arrays.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from .. import ir
from ..meta import Meta, contiguous
from ..tensor import Tensor
from .movement import constant_pad
from .registry import Op, apply


def _transform(name: str, params: str, infer, call, grad, summary: str) -> Op:
    """An op of one array: call(array, *attributes) -> array of the meta that infer(...) gives."""

    def lower(input, *attrs, out):
        (result,) = out
        return ir.Node("host", (input,), {"call": partial(_called, call, attrs)}, result.shape, result.dtype)

    return Op(name, params, infer, lower, grad, summary=summary, holomorphic=False)


def _called(call, attrs, array: np.ndarray) -> np.ndarray:
    return call(array, *attrs)


def _resized(m: Meta, dim: int, size: int, dtype) -> Meta:
    return contiguous((*m.shape[:dim], size, *m.shape[dim + 1 :]), dtype)


# The gradient multiplies by the adjoint: the transform in the other direction with the same scale.
C2C = _transform(
    "fft_c2c", "input dims scale forward",
    lambda input, dims, scale, forward: contiguous(input.shape, input.dtype),
    lambda x, dims, scale, forward: _unscaled(x, dims, forward) * scale,
    lambda g, dims, scale, forward: c2c(g, dims, scale, not forward), "Fourier transform of complex numbers.",
)  # fmt: skip


def _unscaled(x: np.ndarray, dims, forward: bool) -> np.ndarray:
    return np.fft.fftn(x, axes=dims) if forward else np.fft.ifftn(x, axes=dims, norm="forward")


def r2c_grad(g: Tensor, meta: Meta, dims, scale: float) -> Tensor:
    """The real part of the transform back of the gradient, with zeros for the half that was left out."""
    size = meta.shape[dims[-1]]
    return c2c(padded(g, dims[-1], size), dims, scale, False).real


R2C = _transform(
    "fft_r2c", "input dims scale",
    lambda input, dims, scale: _resized(input, dims[-1], input.shape[dims[-1]] // 2 + 1, input.dtype.to_complex()),
    lambda x, dims, scale: np.fft.rfftn(x, axes=dims) * scale,
    r2c_grad, "Half of the Fourier transform of real numbers.",
)  # fmt: skip


def c2r_grad(g: Tensor, dims, scale: float, size: int) -> Tensor:
    """The half of the gradient's transform, twice where an element stands for its conjugate too."""
    from ..creation import tensor

    half = size // 2 + 1
    times = tensor([2.0 if 0 < k < size - half + 1 else 1.0 for k in range(half)], dtype=g.dtype)
    times = times.reshape([half if i == dims[-1] else 1 for i in range(g.ndim)])
    return r2c(g, dims, scale) * times


C2R = _transform(
    "fft_c2r", "input dims scale size",
    lambda input, dims, scale, size: _resized(input, dims[-1], size, input.dtype.to_real()),
    lambda x, dims, scale, size: np.fft.irfft(
        _unscaled(x, dims[:-1], False) if dims[:-1] else x, size, dims[-1], norm="forward"
    ) * scale,
    c2r_grad, "Real numbers from half of their spectrum.",
)  # fmt: skip


def c2c(x: Tensor, dims: tuple[int, ...], scale: float, forward: bool) -> Tensor:
    """scale * the sums of x times exp(-+ 2 pi i j k / n) along dimensions (minus where forward)."""
    return apply(C2C, (x,), (dims, scale, forward))


def r2c(x: Tensor, dims: tuple[int, ...], scale: float) -> Tensor:
    """The forward transform of real numbers, up to the middle of the last of the dimensions."""
    return apply(R2C, (x,), (dims, scale))


def c2r(x: Tensor, dims: tuple[int, ...], scale: float, size: int) -> Tensor:
    """The backward transform of the half of a spectrum to real numbers, `size` of them along the last dimension."""
    return apply(C2R, (x,), (dims, scale, size))


def padded(x: Tensor, dim: int, size: int) -> Tensor:
    """A dimension cut, or continued by zeros, to a size."""
    more = size - x.meta.shape[dim]
    if more <= 0:
        return x.narrow(dim, 0, size) if more else x
    return constant_pad(x, [0, 0] * (x.meta.ndim - 1 - dim) + [0, more], 0)
