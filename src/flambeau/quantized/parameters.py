"""Which scale and zero point suit given numbers, and numbers as integers on such a grid."""

from __future__ import annotations

from .. import Tensor, isinf, qint32, where
from ..devices import per_channel_affine_float_qparams
from ..dtypes import dtype
from .tensor import HELD_AS, Grid

BOUNDS = {"qint8": (-128, 127), "quint8": (0, 255), "qint32": (-(2**31), 2**31 - 1)}
"""The least and the greatest integer of each type."""
_SMALLEST_SCALE = 6.1e-5


def to_integers(x: Tensor, grid: Grid, kind: dtype) -> Tensor:
    """The integers nearest to numbers (ties to even), within the bounds of the type; NaN becomes the greatest."""
    low, high = BOUNDS[kind.name]
    scale, zero_point = grid.along(x.dim())
    steps = x * (1 / scale)
    if kind is qint32:
        steps = steps.double()
    if grid.scheme == per_channel_affine_float_qparams:
        places = (steps + zero_point).round()
    else:
        places = steps.round() + zero_point
    places = places.clamp(low, high)
    return where(places == places, places, high).to(HELD_AS[kind])


def chosen(low: Tensor, high: Tensor, least: int, greatest: int) -> tuple[Tensor, Tensor]:
    """The scale and the zero point, in float64, for numbers between two, on integers between two.

    Both stay tensors, so nothing is computed before it is wanted.
    """
    low, high = low.double().clamp(max=0), high.double().clamp(min=0)
    width = greatest - least
    scale = (high - low) / width
    scale = where((scale.float() == 0) | isinf(1 / scale.float()), 0.1, scale)
    # Scales so small that their inverses lose their precision are made larger, and the range with them.
    factor = where(scale < _SMALLEST_SCALE, _SMALLEST_SCALE / scale, 1.0)
    low, high, scale = low * factor, high * factor, scale.clamp(min=_SMALLEST_SCALE)
    below, above = low / scale, high / scale
    nearer_to_low = abs(least) - below.abs() < abs(greatest) - above.abs()
    zero_point = where(nearer_to_low, least - below, greatest - above)
    return scale, zero_point.round().clamp(least, greatest)
