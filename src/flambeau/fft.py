"""torch.fft: discrete Fourier transforms, and what goes with them.

Every transform takes `norm`, which says where the factor 1/n stands: "backward" (by default: in the inverse
transforms), "forward", or "ortho" (its root in both). Lengths (`n`, `s`) cut the input or continue it by zeros. hfft
and its kin take the half of a signal whose spectrum is real: they are irfft with the directions exchanged.
"""

from __future__ import annotations

import math

from . import shapes
from .creation import _made
from .dtypes import dtype as dtype_of
from .dtypes import float16, get_default_dtype
from .errors import TYPE_TITLES, kind_of
from .ops.fourier import c2c, c2r, padded, r2c
from .ops.movement import cat, roll
from .ops.public import finish
from .ops.signatures import Dims, entrances
from .ranges import arange
from .tensor import Tensor

Axes = tuple[int, ...]


# ------------------------------------------------------------------ arguments
def _checked(name: str, input: Tensor, *, real: str | None = None, complex: bool = False) -> Tensor:
    """The input in a type that can be transformed. real: PyTorch's words for a real input where one is needed."""
    if not isinstance(input, Tensor):
        raise TypeError(f"fft_{name}(): argument 'input' (position 1) must be Tensor, not {kind_of(input)}")
    kind = input.meta.dtype
    if real is not None and kind.is_complex:
        raise RuntimeError(real.format(TYPE_TITLES[kind.name]))
    if kind.is_floating_point and kind.itemsize <= float16.itemsize:
        raise RuntimeError(f"Unsupported dtype {TYPE_TITLES[kind.name]}")
    kind = kind if kind.is_inexact else get_default_dtype()
    return input.to(kind.to_complex() if complex else kind)


def _whole(name: str, n) -> int:
    if isinstance(n, float):
        raise TypeError(f"fft_{name}(): argument 'n' must be int, not float")
    if n < 1:
        raise RuntimeError(f"Invalid number of data points ({n}) specified")
    return n


def _scale(norm: str | None, forward: bool, count: int) -> float:
    if norm not in (None, "backward", "forward", "ortho"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    if norm == "ortho":
        return 1 / math.sqrt(count)
    return 1 / count if forward == (norm == "forward") else 1.0


def _extents(input: Tensor, s, dim) -> tuple[Axes, list[int]]:
    """The dimensions to transform, and their lengths."""
    ndim = input.meta.ndim
    s = [s] if isinstance(s, int) else None if s is None else list(s)
    if dim is not None:
        dims = tuple(shapes.wrap_dim(d, ndim) for d in ([dim] if isinstance(dim, int) else dim))
        if len(set(dims)) < len(dims):
            raise RuntimeError("FFT dims must be unique")
        if s is not None and len(s) != len(dims):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    elif s is not None and len(s) > ndim:
        raise RuntimeError(f"Got shape with {len(s)} values but input tensor only has {ndim} dimensions.")
    else:
        dims = tuple(range(0 if s is None else ndim - len(s), ndim))
    own = [input.meta.shape[d] for d in dims]
    lengths = own if s is None else [n if given == -1 else given for n, given in zip(own, s)]
    for n in lengths:
        _whole("fftn", n)
    return dims, lengths


def _fitted(input: Tensor, dims: Axes, lengths) -> Tensor:
    for d, n in zip(dims, lengths):
        input = padded(input, d, n)
    return input


def _finished(name: str, result: Tensor, out: Tensor | None) -> Tensor:
    if out is not None and result.dtype.is_complex != out.dtype.is_complex:
        what = "complex" if result.dtype.is_complex else "floating point"
        raise RuntimeError(f"{name} expects a {what} output tensor, but got {TYPE_TITLES[out.meta.dtype.name]}")
    return finish(result, out)


def _some(name: str, dims: Axes) -> None:
    if not dims:
        raise RuntimeError(f"{name} must transform at least one axis")


# ------------------------------------------------------------------ complex
def _complex(name: str, input, n, dim: int, norm, forward: bool, out) -> Tensor:
    x = _checked(name, input, complex=True)
    d = shapes.wrap_dim(dim, x.ndim, wrap_scalar=False)
    count = _whole(name, x.shape[d] if n is None else n)
    return _finished(name, c2c(padded(x, d, count), (d,), _scale(norm, forward, count), forward), out)


def _complex_n(name: str, input, s, dim, norm, forward: bool, out) -> Tensor:
    x = _checked(name, input, complex=True)
    dims, lengths = _extents(x, s, dim)
    scale = _scale(norm, forward, math.prod(lengths))
    return _finished(name, c2c(_fitted(x, dims, lengths), dims, scale, forward) if dims else x.clone(), out)


def fft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out=None) -> Tensor:
    """The Fourier transform along a dimension."""
    return _complex("fft", input, n, dim, norm, True, out)


def ifft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out=None) -> Tensor:
    """The inverse Fourier transform along a dimension."""
    return _complex("ifft", input, n, dim, norm, False, out)


def fftn(input: Tensor, s: Dims | None = None, dim: Dims | None = None, norm: str | None = None, *, out=None) -> Tensor:
    """The Fourier transform over several dimensions (all by default)."""
    return _complex_n("fftn", input, s, dim, norm, True, out)


def ifftn(
    input: Tensor, s: Dims | None = None, dim: Dims | None = None, norm: str | None = None, *, out=None
) -> Tensor:
    """The inverse Fourier transform over several dimensions (all by default)."""
    return _complex_n("ifftn", input, s, dim, norm, False, out)


def fft2(input: Tensor, s: Dims | None = None, dim: Dims = (-2, -1), norm: str | None = None, *, out=None) -> Tensor:
    """The Fourier transform over two dimensions."""
    return fftn(input, s, dim, norm, out=out)


def ifft2(input: Tensor, s: Dims | None = None, dim: Dims = (-2, -1), norm: str | None = None, *, out=None) -> Tensor:
    """The inverse Fourier transform over two dimensions."""
    return ifftn(input, s, dim, norm, out=out)


# ------------------------------------------------------------------ real signals
def rfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out=None) -> Tensor:
    """The Fourier transform of a real signal along a dimension, up to the middle: n // 2 + 1 elements."""
    x = _checked("rfft", input, real="rfft expects a real input tensor, but got {}")
    return _finished("rfft", _half(x, n, dim, norm, True), out)


def _half(x: Tensor, n, dim: int, norm, forward: bool) -> Tensor:
    d = shapes.wrap_dim(dim, x.ndim, wrap_scalar=False)
    count = _whole("rfft", x.shape[d] if n is None else n)
    return r2c(padded(x, d, count), (d,), _scale(norm, forward, count))


def irfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out=None) -> Tensor:
    """The inverse of rfft along a dimension; n: the length of the signal, 2 * (size - 1) by default."""
    return _finished("irfft", _signal(_checked("irfft", input, complex=True), n, dim, norm, False), out)


def _signal(x: Tensor, n, dim: int, norm, forward: bool) -> Tensor:
    d = shapes.wrap_dim(dim, x.ndim, wrap_scalar=False)
    count = _whole("irfft", 2 * (x.shape[d] - 1) if n is None else n)
    return c2r(padded(x, d, count // 2 + 1), (d,), _scale(norm, forward, count), count)


def rfftn(
    input: Tensor, s: Dims | None = None, dim: Dims | None = None, norm: str | None = None, *, out=None
) -> Tensor:
    """The Fourier transform of real numbers over several dimensions (all by default), half of the last one."""
    x = _checked("rfftn", input, real="rfftn expects a real-valued input tensor, but got {}")
    dims, lengths = _extents(x, s, dim)
    _some("rfftn", dims)
    scale = _scale(norm, True, math.prod(lengths))
    return _finished("rfftn", r2c(_fitted(x, dims, lengths), dims, scale), out)


def irfftn(
    input: Tensor, s: Dims | None = None, dim: Dims | None = None, norm: str | None = None, *, out=None
) -> Tensor:
    """The inverse of rfftn."""
    x = _checked("irfftn", input, complex=True)
    dims, lengths = _signal_extents("irfftn", x, s, dim)
    scale = _scale(norm, False, math.prod(lengths))
    x = _fitted(x, dims, [*lengths[:-1], lengths[-1] // 2 + 1])
    return _finished("irfftn", c2r(x, dims, scale, lengths[-1]), out)


def _signal_extents(name: str, x: Tensor, s, dim) -> tuple[Axes, list[int]]:
    """`_extents` for half a spectrum: the last length is the signal's, 2 * (size - 1) by default."""
    dims, lengths = _extents(x, s, dim)
    _some(name, dims)
    if s is None or (s if isinstance(s, int) else s[-1]) == -1:
        lengths = [*lengths[:-1], _whole(name, 2 * (x.shape[dims[-1]] - 1))]
    return dims, lengths


def rfft2(input: Tensor, s: Dims | None = None, dim: Dims = (-2, -1), norm: str | None = None, *, out=None) -> Tensor:
    """The Fourier transform of real numbers over two dimensions, half of the last one."""
    return rfftn(input, s, dim, norm, out=out)


def irfft2(input: Tensor, s: Dims | None = None, dim: Dims = (-2, -1), norm: str | None = None, *, out=None) -> Tensor:
    """The inverse of rfft2."""
    return irfftn(input, s, dim, norm, out=out)


# ------------------------------------------------------------------ real spectra
def hfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out=None) -> Tensor:
    """The real Fourier transform of a Hermitian signal, of which one half is given."""
    return _finished("hfft", _signal(_checked("hfft", input, complex=True).conj(), n, dim, norm, True), out)


def ihfft(input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out=None) -> Tensor:
    """The inverse of hfft: half of the signal whose spectrum is real."""
    x = _checked("ihfft", input, real="ihfft expects a real input tensor, but got {}")
    return _finished("ihfft", _half(x, n, dim, norm, False).conj_physical(), out)


def hfftn(
    input: Tensor, s: Dims | None = None, dim: Dims | None = None, norm: str | None = None, *, out=None
) -> Tensor:
    """The real Fourier transform of a Hermitian signal over several dimensions, of the last of which half is given."""
    x = _checked("hfftn", input, complex=True)
    dims, lengths = _signal_extents("hfftn", x, s, dim)
    x = _fitted(x, dims, [*lengths[:-1], lengths[-1] // 2 + 1])
    # c2r goes backwards in all dimensions, so the conjugate goes forwards.
    return _finished("hfftn", c2r(x.conj(), dims, _scale(norm, True, math.prod(lengths)), lengths[-1]), out)


def ihfftn(
    input: Tensor, s: Dims | None = None, dim: Dims | None = None, norm: str | None = None, *, out=None
) -> Tensor:
    """The inverse of hfftn."""
    x = _checked("ihfftn", input, real="Only supports floating-point dtypes, but found: {}")
    dims, lengths = _extents(x, s, dim)
    _some("ihfftn", dims)
    scale = _scale(norm, False, math.prod(lengths))
    return _finished("ihfftn", r2c(_fitted(x, dims, lengths), dims, scale).conj_physical(), out)


def hfft2(input: Tensor, s: Dims | None = None, dim: Dims = (-2, -1), norm: str | None = None, *, out=None) -> Tensor:
    """hfftn over two dimensions."""
    return hfftn(input, s, dim, norm, out=out)


def ihfft2(input: Tensor, s: Dims | None = None, dim: Dims = (-2, -1), norm: str | None = None, *, out=None) -> Tensor:
    """ihfftn over two dimensions."""
    return ihfftn(input, s, dim, norm, out=out)


# ------------------------------------------------------------------ frequencies
def fftfreq(n: int, d: float = 1.0, *, out=None, dtype: dtype_of | None = None, layout=None, device=None,
            requires_grad: bool = False) -> Tensor:  # fmt: skip
    """The frequencies of the elements of fft of n numbers taken every d units: 0, 1, ... and the negative ones."""
    kind = _frequency_type("fftfreq", n, dtype)
    whole = cat([arange((n + 1) // 2, dtype=kind), arange(-(n // 2), 0, dtype=kind)])
    return _made(whole.mul(1 / (n * d)) if n else whole, requires_grad, out, device)


def rfftfreq(n: int, d: float = 1.0, *, out=None, dtype: dtype_of | None = None, layout=None, device=None,
             requires_grad: bool = False) -> Tensor:  # fmt: skip
    """The frequencies of the elements of rfft of n numbers taken every d units."""
    kind = _frequency_type("rfftfreq", n, dtype)
    whole = arange(n // 2 + 1, dtype=kind)
    return _made(whole.mul(1 / (n * d)) if n else whole, requires_grad, out, device)


def _frequency_type(name: str, n, kind: dtype_of | None) -> dtype_of:
    if not isinstance(n, int):
        raise TypeError(f"fft_{name}(): argument 'n' (position 1) must be int, not {type(n).__name__}")
    kind = kind or get_default_dtype()
    if not kind.is_inexact:
        raise RuntimeError(f"{name} requires a floating point or complex dtype")
    return kind


def _rolled(input: Tensor, dim, rounding: int) -> Tensor:
    dims = range(input.ndim) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    dims = [shapes.wrap_dim(d, input.ndim) for d in dims]
    return roll(input, [(input.shape[d] + rounding) // 2 for d in dims], dims) if dims else input.clone()


def fftshift(input: Tensor, dim: Dims | None = None) -> Tensor:
    """The order of frequencies turned around, so that zero stands in the middle."""
    return _rolled(input, dim, 0)


def ifftshift(input: Tensor, dim: Dims | None = None) -> Tensor:
    """The inverse of fftshift."""
    return _rolled(input, dim, 1)


entrances(globals())
