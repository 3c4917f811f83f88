"""Affine maps of the plane by angle, translation, scale and shear."""

from __future__ import annotations

import math

from ...functional.warping import affine_shears


def parse_args(angle, translate, scale, shear, center=None) -> tuple:
    """The arguments of an affine map: angle, translation, two shears and centre, as floats in lists.

    Raises:
        TypeError, ValueError: arguments of other types, other lengths, or a scale that is not positive.
    """
    shears = affine_shears(angle, translate, scale, shear, center)
    return float(angle), list(translate), shears, None if center is None else [float(c) for c in center]


def matrix_of(center, angle: float, translate, scale: float, shear, inverted: bool = True) -> list[float]:
    """The first two rows, one after the other, of an affine map's 3 x 3 matrix, or of its inverse.

    The map shears along x, then along y, scales, turns (all about a centre) and moves.
    """
    turn, shear_x, shear_y = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    (cx, cy), (tx, ty) = center, translate
    a = math.cos(turn - shear_y) / math.cos(shear_y)
    b = -(a * math.tan(shear_x) + math.sin(turn))
    c = math.sin(turn - shear_y) / math.cos(shear_y)
    d = math.cos(turn) - c * math.tan(shear_x)
    if inverted:  # the determinant of what turns and shears is 1
        rows, from_x, from_y, to_x, to_y = [d / scale, -b / scale, -c / scale, a / scale], cx + tx, cy + ty, cx, cy
    else:
        rows, from_x, from_y, to_x, to_y = [a * scale, b * scale, c * scale, d * scale], cx, cy, cx + tx, cy + ty
    shift_x = to_x - rows[0] * from_x - rows[1] * from_y
    shift_y = to_y - rows[2] * from_x - rows[3] * from_y
    return [rows[0], rows[1], shift_x, rows[2], rows[3], shift_y]


def from_middle(center, height: int, width: int) -> list[float]:
    """A centre in pixels as seen from the middle of an image, which it is by default."""
    return [0.0, 0.0] if center is None else [c - size * 0.5 for c, size in zip(center, (width, height))]
