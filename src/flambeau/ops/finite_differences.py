"""gradient: the slope of a sampled function by differences of second order."""

from __future__ import annotations

from .. import shapes
from ..dtypes import get_default_dtype
from ..tensor import Tensor
from .movement import cat
from .public import public
from .signatures import Dims


@public(method=False)
def gradient(input: Tensor, *, spacing=1, dim: Dims | None = None, edge_order: int = 1) -> tuple[Tensor, ...]:
    """The slopes of samples along each of the dimensions: central differences, one-sided ones at both ends.

    spacing: the distance of samples, one number or one for each dimension, or a tensor of coordinates for each;
    edge_order: the order of the differences at the ends, 1 or 2.
    """
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    given = dim is not None
    dims = list(range(input.ndim)) if dim is None else [dim] if isinstance(dim, int) else list(dim)
    gaps = _spacings(input, spacing, dims, given)
    dims = [shapes.wrap_dim(d, input.ndim) for d in dims]
    if len(set(dims)) != len(dims):
        raise RuntimeError(
            f"dim {next(d for d in dims if dims.count(d) > 1)} appears multiple times in the list of dims"
        )
    for d, gap in zip(dims, gaps):
        if input.shape[d] < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")
        if isinstance(gap, Tensor) and gap.shape != (input.shape[d],):
            raise RuntimeError(
                "torch.gradient expected each tensor to have the same size as the corresponding dimension, but got "
                f"{list(gap.shape)} and {input.shape[d]}"
            )
    return tuple(_slope(input, d, gap, edge_order) for d, gap in zip(dims, gaps))


def _spacings(input: Tensor, spacing, dims: list[int], given: bool) -> list:
    if spacing is None or isinstance(spacing, (int, float)):
        return [1 if spacing is None else spacing] * len(dims)
    spacing = [spacing] if isinstance(spacing, Tensor) else list(spacing)
    if len(spacing) != len(dims):
        wanted = (
            "spacing to be unspecified, a scalar or it's spacing and dim arguments to have the same length"
            if given
            else f"spacing to be unspecified, a scalar, or a list of length equal to 'self.dim() = {input.ndim}', "
            "since "
            "dim argument was not given"
        )
        got = f"a spacing argument of length {len(spacing)} and a dim argument" if given else "a list"
        count = len(dims) if given else len(spacing)
        raise RuntimeError(f"torch.gradient expected {wanted}, but got {got} of length {count}{'.' if given else ''}")
    return spacing


def _slope(x: Tensor, dim: int, gap, edge_order: int) -> Tensor:
    """Each slope is that of the parabola through a sample and its neighbours; at the ends of the line, or a "
    "parabola."""
    steps = x.diff(dim=dim)
    if isinstance(gap, Tensor):
        widths = gap.diff().reshape([-1 if i == dim else 1 for i in range(x.ndim)])
    else:
        kind = x.dtype if x.dtype.is_floating_point else get_default_dtype()
        widths = Tensor.full_of([x.shape[dim] - 1 if i == dim else 1 for i in range(x.ndim)], gap, kind)
    slopes, count = steps / widths, x.shape[dim] - 1

    if not isinstance(gap, Tensor):
        inner = (x.narrow(dim, 2, count - 1) - x.narrow(dim, 0, count - 1)) / (2 * gap)
    else:
        left, right = widths.narrow(dim, 0, count - 1), widths.narrow(dim, 1, count - 1)
        below, above = slopes.narrow(dim, 0, count - 1), slopes.narrow(dim, 1, count - 1)
        inner = (below * right + above * left) / (left + right)
    first, last = slopes.narrow(dim, 0, 1), slopes.narrow(dim, count - 1, 1)
    if edge_order == 2:
        first = _extended(slopes, widths, dim, 0, 1)
        last = _extended(slopes, widths, dim, count - 1, count - 2)
    return cat([first, inner, last], dim)


def _extended(slopes: Tensor, widths: Tensor, dim: int, end: int, next: int) -> Tensor:
    """The slope at an end of the parabola through the three samples there."""
    own, other = slopes.narrow(dim, end, 1), slopes.narrow(dim, next, 1)
    near, far = widths.narrow(dim, end, 1), widths.narrow(dim, next, 1)
    return own + (own - other) * near / (near + far)
