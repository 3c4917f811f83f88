"""Numbers as the integers of a grid."""

from __future__ import annotations

from .. import Tensor, qint32, where
from ..devices import per_channel_affine_float_qparams
from ..dtypes import dtype
from .tensor import HELD_AS, Grid

BOUNDS = {"qint8": (-128, 127), "quint8": (0, 255), "qint32": (-(2**31), 2**31 - 1)}
"""The least and the greatest integer of each type."""


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
