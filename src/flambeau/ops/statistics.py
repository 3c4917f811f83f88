"""Order statistics, counts, differences: median, quantile, bincount, cov, diff ..."""

from __future__ import annotations

import math

from .. import dtypes, shapes
from ..dtypes import int64
from ..errors import no_kernel
from ..tensor import Tensor
from . import elementwise as table
from . import ordering
from .complex_numbers import complex_
from .complex_support import refuse
from .movement import cat, stack
from .outputs import EXACT, TYPED
from .public import finish, public
from .reduction import amax, amin
from .registry import apply1
from .signatures import Dims, Scalar
from .structures import named
from .views import narrow, reshape


# ------------------------------------------------------------------ order statistics
def _with_index(name: str, input: Tensor, dim: int, keepdim: bool, place):
    """The sorted element at a place (a number, or one for each row), and its position before: (values, indices)."""
    refuse(f"{name}_cpu", input.meta.dtype)
    d = shapes.wrap_dim(dim, input.meta.ndim)
    order = ordering.first(input, d, False, place + 1 if isinstance(place, int) else None)
    if not input.meta.ndim:
        return named(name, values=input.clone(), indices=order)
    index = narrow(order, d, place, 1).contiguous() if isinstance(place, int) else order.gather(d, place)
    values = input.gather(d, index)
    return named(name, values=values if keepdim else values.squeeze(d), indices=index if keepdim else index.squeeze(d))


def _middle(input: Tensor, dim: int, keep_nan: bool):
    """The place of the median among sorted elements: of two middle ones the lower; the first NaN where NaN counts."""
    size = input.meta.shape[dim]
    if not input.meta.dtype.is_floating_point:
        return (size - 1) // 2
    numbers = (input == input).sum(dim, True)
    if not keep_nan:
        return ((numbers - 1) // 2).clamp_min(0)
    return numbers.where(numbers < size, Tensor.full_of((), (size - 1) // 2, int64))


def _median(name: str, keep_nan: bool):
    def function(input: Tensor, dim: int | None = None, keepdim: bool = False, *, out=None):
        if dim is None:
            if input.meta.numel == 0:
                return Tensor.full_of((), math.nan, input.meta.dtype)
            middle = function(reshape(input.detach(), (-1,)), 0).values
            # Equal elements share the gradient, as those of amax do.
            shared = input.where(input == middle, -math.inf).amax() if input.requires_grad else middle
            return finish(shared, out)
        d = shapes.wrap_dim(dim, input.meta.ndim)
        shapes.check_reducible(name, input.meta.shape, d)
        if input.meta.dtype is dtypes.bool_:
            raise no_kernel("median_out", input.meta.dtype)
        return finish(
            _with_index(name, input, d, keepdim, _middle(input.detach(), d, keep_nan) if input.meta.ndim else 0), out
        )

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (
        "The median of all elements, or along a dimension with its positions; of two middle elements the lower."
    )
    return public()(function)


median, nanmedian = _median("median", True), _median("nanmedian", False)


@public(out=True, exact="output values must be of same type as input", apart=True)
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False):
    """The k-th smallest element along a dimension, and its position."""
    size = input.meta.shape[shapes.wrap_dim(dim, input.meta.ndim)] if input.meta.ndim else 1
    shapes.check_reducible("kthvalue", input.meta.shape, dim)
    if not 1 <= k <= size:
        raise RuntimeError(
            "kthvalue(): selected number k out of range for dimension " + str(shapes.wrap_dim(dim, input.meta.ndim))
        )
    if input.meta.dtype is dtypes.bool_:
        raise no_kernel("kthvalue_cpu", input.meta.dtype)
    return _with_index("kthvalue", input, dim, keepdim, k - 1)


@public(out=True, exact="expected scalar type '{Want}' but got '{Got}' for values output", apart=True)
def mode(input: Tensor, dim: int = -1, keepdim: bool = False):
    """The most frequent element along a dimension (of several the smallest), and its last position."""
    refuse("mode_cpu", input.meta.dtype)
    shapes.check_reducible("mode", input.meta.shape, dim)
    if not input.meta.ndim:
        return _with_index("mode", input, 0, keepdim, 0)
    d = shapes.wrap_dim(dim, input.meta.ndim)
    values = input.detach().gather(d, ordering.argsort(input, d, stable=True))
    size = values.meta.shape[d]
    place = _line(size, d, input.meta.ndim)
    fresh = cat(
        [
            narrow(values, d, 0, 1) == narrow(values, d, 0, 1),
            narrow(values, d, 1, size - 1) != narrow(values, d, 0, size - 1),
        ],
        d,
    )
    start = ordering.cummax(place.where(fresh, Tensor.full_of((), 0, int64)), d).values
    return _with_index("mode", input, d, keepdim, (place - start).argmax(d, True))


def _line(size: int, dim: int, ndim: int) -> Tensor:
    """0, 1, 2 ... along a dimension."""
    from ..ranges import arange

    return reshape(arange(size), [size if i == dim else 1 for i in range(ndim)])


@public(out=True)
def msort(input: Tensor) -> Tensor:
    """The elements in order along the first dimension."""
    return ordering.sort(input, 0).values


_RANKS = {"lower": table.floor, "higher": table.ceil, "nearest": table.round}


@public(out=True, exact="quantile() out tensor must be same dtype as the input tensor")
def quantile(
    input: Tensor, q, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """The q-quantiles of all elements or along a dimension; q a number or a vector, whose dimension comes first."""
    return _quantile("quantile", input, q, dim, keepdim, interpolation, True)


@public(out=True, exact="quantile() out tensor must be same dtype as the input tensor")
def nanquantile(
    input: Tensor, q, dim: int | None = None, keepdim: bool = False, *, interpolation: str = "linear"
) -> Tensor:
    """`quantile` without regard to NaN."""
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, False)


def _quantile(name: str, input: Tensor, q, dim, keepdim: bool, interpolation: str, keep_nan: bool) -> Tensor:
    q = _checked_q(name, input, q, interpolation)
    ndim = input.meta.ndim
    dim = None if dim is None else shapes.wrap_dim(dim, ndim)
    rows = reshape(input, (-1,)) if dim is None else input.unsqueeze(0) if not ndim else input.transpose(dim, -1)
    ordered = ordering.sort(rows, -1).values
    numbers = (rows == rows).sum(-1, True)
    size = rows.meta.shape[-1]
    if keep_nan:
        ordered = ordered.masked_fill(numbers < size, math.nan)
        numbers = Tensor.full_of(numbers.meta.shape, size, int64)
    ranks = reshape(q, (-1,)) * (numbers - 1).clamp_min(0).to(input.meta.dtype)
    found = _at_ranks(ordered, ranks, interpolation)
    if dim is None or not ndim:
        result = reshape(found, (-1, *((1,) * ndim if keepdim else ())))
    else:
        result = _restored(found, dim, ndim, keepdim)
    return result if q.meta.ndim else result.squeeze(0)


def _restored(found: Tensor, dim: int, ndim: int, keepdim: bool) -> Tensor:
    """The quantiles' dimension to the front, the reduced one back to its place or away."""
    front = found.movedim(-1, 0).unsqueeze(-1).transpose(shapes.wrap_dim(dim, ndim) + 1, -1)
    return front if keepdim else front.squeeze(shapes.wrap_dim(dim, ndim) + 1)


def _checked_q(name: str, input: Tensor, q, interpolation: str) -> Tensor:
    from ..creation import tensor

    if input.meta.numel == 0:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if input.meta.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(f"{name}() input tensor must be either float or double dtype")
    if interpolation not in ("linear", "midpoint", *_RANKS):
        raise RuntimeError(
            f"{name}() interpolation must be one of linear, lower, higher, midpoint or nearest, but got {interpolation}"
        )
    if isinstance(q, Tensor):
        if q.meta.ndim > 1:
            raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
        if q.meta.dtype is not input.meta.dtype:
            raise RuntimeError(f"{name}() q tensor must be same dtype as the input tensor")
    else:
        q = tensor(q, dtype=input.meta.dtype)
    if q.meta.numel and not bool(((q >= 0) & (q <= 1)).all()):
        raise RuntimeError(
            f"{name}() q values must be in the range [0, 1]"
            if q.meta.ndim
            else f"{name}() q must be in the range [0, 1] but got {q.item():g}"
        )
    return q


def _at_ranks(ordered: Tensor, ranks: Tensor, interpolation: str) -> Tensor:
    if interpolation in _RANKS:
        return ordered.gather(-1, apply1(_RANKS[interpolation], ranks).to(int64))
    low, high = ranks.floor(), ranks.ceil()
    weight = Tensor.full_of((), 0.5, ranks.meta.dtype) if interpolation == "midpoint" else ranks - low
    return ordered.gather(-1, low.to(int64)).lerp(ordered.gather(-1, high.to(int64)), weight)


# ------------------------------------------------------------------ reductions without NaN
@public(out=True)
def nansum(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The sum over dimensions, in which NaN counts as zero."""
    if input.meta.dtype.is_complex:
        raise RuntimeError("nansum on CPU does not support complex inputs")
    return _no_nan(input).sum(dim, keepdim, dtype=dtype)


@public(out=True)
def nanmean(input: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype=None) -> Tensor:
    """The mean over dimensions without regard to NaN."""
    if not input.meta.dtype.is_inexact:
        raise RuntimeError(f"nanmean(): expected input to have floating point or complex dtype but got {_title(input)}")
    return nansum(input, dim, keepdim, dtype=dtype) / (input == input).sum(dim, keepdim)


def _no_nan(input: Tensor) -> Tensor:
    return input.masked_fill(input.isnan(), 0) if input.meta.dtype.is_inexact else input


def _title(x: Tensor) -> str:
    from ..errors import TYPE_TITLES

    return TYPE_TITLES[x.meta.dtype.name]


@public(out=True, exact=EXACT)
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False):
    """The smallest and the largest element, of all or along a dimension."""
    if dim is None and input.meta.numel == 0:
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no identity."
        )
    dims = tuple(range(input.meta.ndim)) if dim is None else dim
    return named("aminmax", min=amin(input, dims, keepdim), max=amax(input, dims, keepdim))


@public()
def dist(input: Tensor, other: Tensor, p: Scalar = 2) -> Tensor:
    """The p-norm of the difference."""
    return (input - other).norm(p)


# ------------------------------------------------------------------ counting
@public()
def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each whole number occurs, or the sum of its weights."""
    low, high = stack([input.min(), input.max()]).tolist() if input.meta.numel else (0, -1)
    if input.meta.ndim != 1 or low < 0:
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError("minlength should be >= 0")
    if not input.meta.numel:
        return Tensor.full_of((minlength,), 0, int64)
    if weights is not None and weights.meta.shape != input.meta.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    size = max(minlength, high + 1)
    if weights is None:
        return Tensor.full_of((size,), 0, int64).scatter(0, input.to(int64), 1, reduce="add")
    if weights.meta.dtype is not dtypes.float32:
        weights = weights.to(dtypes.float64)
    return Tensor.full_of((size,), 0, weights.meta.dtype).scatter_add(0, input.to(int64), weights)


@public(out=True)
def histc(input: Tensor, bins: int = 100, min: Scalar = 0, max: Scalar = 0) -> Tensor:
    """How many elements fall into each of `bins` equal ranges from min to max (by default those of the elements)."""
    if bins <= 0:
        raise RuntimeError("bins must be > 0")
    if not input.meta.dtype.is_floating_point:
        raise NotImplementedError(f"\"histogram_cpu\" not implemented for '{_title(input)}'")
    low, high = float(min), float(max)
    if low == high and input.meta.numel:
        low, high = float(input.min()), float(input.max())
    if low == high:
        low, high = low - 1, high + 1
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.histc: range of [{low:g}, {high:g}] is not finite")
    if low > high:
        raise RuntimeError("torch.histc: max must be larger than min")
    flat = reshape(input.detach(), (-1,))
    inside = ((flat >= low) & (flat <= high)).to(input.meta.dtype)
    place = ((flat - low) * bins / (high - low)).to(int64).clamp(0, bins - 1)
    return Tensor.full_of((bins,), 0, input.meta.dtype).scatter_add(0, place, inside)


# ------------------------------------------------------------------ covariance, differences, distances
@public()
def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None, aweights: Tensor | None = None
) -> Tensor:
    """The covariance matrix of variables (rows) over observations (columns)."""
    if input.meta.ndim > 2:
        raise RuntimeError(
            f"cov(): expected input to have two or fewer dimensions but got an input with {input.meta.ndim} dimensions"
        )
    if input.meta.dtype is dtypes.bool_:
        raise RuntimeError("cov(): bool dtype is not supported for input")
    x = input if input.meta.dtype.is_inexact else input.to(dtypes.get_default_dtype())
    x = x if x.meta.ndim == 2 else reshape(x, (1, -1))
    for label, given, kind in (("fweights", fweights, "integral"), ("aweights", aweights, "floating point")):
        if given is not None:
            _check_weights(label, given, kind, x.meta.shape[1])
    weights = fweights if aweights is None else aweights if fweights is None else fweights * aweights
    total = x.meta.shape[1] if weights is None else _in_order(weights)
    weighted = x if weights is None else x * weights
    centred = x - weighted.sum(1, True) / total
    if aweights is None or correction == 0:
        divisor = total - correction
    else:
        divisor = total - correction * _in_order(weights * aweights) / total
    divisor = divisor.clamp_min(0) if isinstance(divisor, Tensor) else max(divisor, 0)
    right = centred if weights is None else centred * weights
    result = centred @ right.t().conj() / divisor
    return result.squeeze() if input.meta.ndim < 2 or input.meta.shape[0] == 1 else result


def _in_order(weights: Tensor) -> Tensor:
    """The sum from the first to the last: the difference of such sums may be all rounding, which is to be PyTorch's."""
    return weights.cumsum(0)[-1] if weights.meta.numel else weights.sum()


def _check_weights(label: str, weights: Tensor, kind: str, count: int):
    m = weights.meta
    if m.ndim > 1:
        raise RuntimeError(
            f"cov(): expected {label} to have one or fewer dimensions but got {label} with {m.ndim} dimensions"
        )
    if m.dtype.is_floating_point is (kind == "integral"):
        raise RuntimeError(f"cov(): expected {label} to have {kind} dtype but got {label} with {_title(weights)} dtype")
    if m.numel != count:
        raise RuntimeError(
            f"cov(): expected {label} to have the same numel as there are observations in the input but got "
            f"{m.numel} != {count}"
        )
    if m.numel and not bool((weights >= 0).all()):
        raise RuntimeError(f"cov(): {label} cannot be negative")


@public()
def corrcoef(input: Tensor) -> Tensor:
    """The matrix of correlation coefficients of variables (rows)."""
    if input.meta.ndim > 2:
        raise RuntimeError(
            f"corrcoef(): expected input to have two or fewer dimensions but got an input with {input.meta.ndim} "
            "dimensions"
        )
    c = cov(input)
    if not c.meta.ndim:
        return c / c
    deviation = c.diagonal().real.sqrt()
    result = c / deviation.unsqueeze(1) / deviation.unsqueeze(0)
    if result.meta.dtype.is_complex:
        return complex_(result.real.clamp(-1, 1), result.imag.clamp(-1, 1))
    return result.clamp(-1, 1)


@public(out=True, exact=TYPED)
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """The n-th differences of neighbours along a dimension."""
    if not input.meta.ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    if n == 0:  # PyTorch looks at nothing else then
        return input.clone()
    d = shapes.wrap_dim(dim, input.meta.ndim)
    parts = [p for p in (prepend, input, append) if p is not None]
    x = cat(parts, d) if len(parts) > 1 else input
    for _ in range(n):
        size = x.meta.shape[d]
        if size == 0:
            break
        later, earlier = narrow(x, d, 1, size - 1), narrow(x, d, 0, size - 1)
        x = later ^ earlier if x.meta.dtype is dtypes.bool_ else later - earlier
    return x


def _trapezoids(y: Tensor, x, dx, dim: int) -> Tensor:
    """The areas under the lines between neighbours."""
    d = shapes.wrap_dim(dim, y.meta.ndim)
    size = y.meta.shape[d]
    if x is None:
        width = dx
    else:
        before, after = (d, y.meta.ndim - 1 - d) if x.meta.ndim == 1 else (max(y.meta.ndim - x.meta.ndim, 0), 0)
        width = diff(reshape(x, ((1,) * before + x.meta.shape + (1,) * after)), 1, d)
    return (narrow(y, d, 1, size - 1) + narrow(y, d, 0, size - 1)) * width


@public("trapz", method=False)
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Scalar = 1, dim: int = -1) -> Tensor:
    """The integral by the trapezoidal rule along a dimension."""
    d = shapes.wrap_dim(dim, y.meta.ndim)
    if y.meta.dtype is dtypes.bool_:
        raise RuntimeError("trapezoid: received a bool input for `y`, but bool is not supported")
    if y.meta.shape[d] == 0:
        return y.sum(d).to(y.meta.dtype if y.meta.dtype.is_inexact else dtypes.get_default_dtype())
    if x is not None and x.meta.ndim == 1 and x.meta.shape[0] != y.meta.shape[d]:
        raise RuntimeError("trapezoid: There must be one `x` value for each sample point")
    return _trapezoids(y, x, dx, d).sum(d) / 2.0


@public(method=False)
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Scalar = 1, dim: int = -1) -> Tensor:
    """The running integral by the trapezoidal rule along a dimension."""
    return _trapezoids(y, x, dx, dim).cumsum(dim) / 2.0


@public(in_place=True, out=True)
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Slices along a dimension scaled down so that none has a p-norm above maxnorm."""
    if input.meta.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, got {input.meta.ndim} dimensions")
    d = shapes.wrap_dim(dim, input.meta.ndim)
    if not p > 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if not maxnorm >= 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm:g}")
    norms = input.norm(p, [i for i in range(input.meta.ndim) if i != d], True)
    scale = (maxnorm / (norms + 1e-7)).where(norms > maxnorm, Tensor.full_of((), 1, norms.meta.dtype))
    return (input * scale).contiguous()
