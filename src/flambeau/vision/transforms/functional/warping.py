"""Images turned, sheared, seen from the side and distorted: each pixel is looked up somewhere else."""

from __future__ import annotations

import math
import numbers
import warnings

import numpy as np

from .... import Size, Tensor, linalg, tensor
from .. import _functional_pil as F_pil
from .. import _functional_tensor as F_t
from .dimensions import get_dimensions
from .filters import as_given, as_tensor_image
from .modes import InterpolationMode, _interpolation_modes_from_int, checked_mode, pil_modes_mapping


def _get_inverse_affine_matrix(center, angle: float, translate, scale: float, shear, inverted: bool = True) -> list:
    """The first two rows of the matrix that maps points of the result to points of the image, row by row.

    The image is sheared, turned, scaled about `center` and moved: M = T C R S C^-1 with angles in degrees, where R is
    the rotation after a shear. `inverted=False` gives M itself.
    """
    rot, sx, sy = math.radians(angle), math.radians(shear[0]), math.radians(shear[1])
    cx, cy = center
    tx, ty = translate
    # Rotation times shear, without scaling.
    a = math.cos(rot - sy) / math.cos(sy)
    b = -math.cos(rot - sy) * math.tan(sx) / math.cos(sy) - math.sin(rot)
    c = math.sin(rot - sy) / math.cos(sy)
    d = -math.sin(rot - sy) * math.tan(sx) / math.cos(sy) + math.cos(rot)
    if inverted:
        m00, m01, m10, m11 = (x / scale for x in (d, -b, -c, a))  # its determinant is 1
        from_x, from_y, to_x, to_y = -cx - tx, -cy - ty, cx, cy
    else:
        m00, m01, m10, m11 = (x * scale for x in (a, b, c, d))
        from_x, from_y, to_x, to_y = -cx, -cy, cx + tx, cy + ty
    return [m00, m01, m00 * from_x + m01 * from_y + to_x, m10, m11, m10 * from_x + m11 * from_y + to_y]


def _get_perspective_coeffs(startpoints, endpoints) -> list[float]:
    """The eight numbers (a .. h) that map a point of the result to one of the image.

    (x, y) is looked up at ((ax + by + c) / (gx + hy + 1), (dx + ey + f) / (gx + hy + 1)).

    Args:
        startpoints, endpoints: four corners [x, y] of the image, and where they come to lie.

    Raises:
        ValueError: not four corners.  LinAlgError: corners that no perspective takes to one another.
    """
    if len(startpoints) != 4 or len(endpoints) != 4:
        raise ValueError(
            f"Please provide exactly four corners, got {len(startpoints)} startpoints and {len(endpoints)} endpoints."
        )
    rows = []
    for (x, y), (u, v) in zip(endpoints, startpoints):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    kinds = (np.float32 if any(isinstance(n, float) for n in row) else np.float64 for row in rows)
    matrix = np.array([np.array(row, kind) for row, kind in zip(rows, kinds)], np.float64)
    target = np.array(startpoints, np.float64).reshape(8)
    q, r = np.linalg.qr(matrix)
    if not r.diagonal().all():  # points on one line, say
        return linalg.lstsq(tensor(matrix), tensor(target), driver="gels").solution.tolist()  # raises LinAlgError
    return np.linalg.solve(r, q.T @ target).astype(np.float32).tolist()


def perspective(img, startpoints, endpoints, interpolation: InterpolationMode = InterpolationMode.BILINEAR, fill=None):
    """The image with four of its points, `startpoints`, moved to `endpoints` as if seen from elsewhere.

    Args:
        img: a Pillow image, or a tensor (..., C, H, W).
        startpoints, endpoints: four corners [x, y] each.
        interpolation: tensors know NEAREST and BILINEAR.
        fill: the colour outside, a number or one for each channel; None: 0.

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """
    coeffs = _get_perspective_coeffs(startpoints, endpoints)
    interpolation = checked_mode(interpolation)
    if isinstance(img, Tensor):
        return F_t.perspective(img, coeffs, interpolation=interpolation.value, fill=fill)
    return F_pil.perspective(img, coeffs, interpolation=pil_modes_mapping[interpolation], fill=fill)


def rotate(
    img,
    angle: float,
    interpolation: InterpolationMode = InterpolationMode.NEAREST,
    expand: bool = False,
    center=None,
    fill=None,
):
    """The image turned by an angle in degrees, against the clock.

    Args:
        img: a Pillow image, or a tensor (..., C, H, W).
        interpolation: tensors know NEAREST and BILINEAR.
        expand: whether the result is made large enough to hold all of the image.
        center: the point [x, y] that stays; None: the middle.
        fill: the colour outside, a number or one for each channel; None: 0.

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """
    interpolation = checked_mode(interpolation)
    _check_angle(angle)
    _check_center(center)
    if not isinstance(img, Tensor):
        mode = pil_modes_mapping[interpolation]
        return F_pil.rotate(img, angle=angle, interpolation=mode, expand=expand, center=center, fill=fill)
    matrix = _get_inverse_affine_matrix(_from_middle(img, center), -angle, [0.0, 0.0], 1.0, [0.0, 0.0])
    return F_t.rotate(img, matrix=matrix, interpolation=interpolation.value, expand=expand, fill=fill)


def affine(
    img,
    angle: float,
    translate,
    scale: float,
    shear,
    interpolation: InterpolationMode = InterpolationMode.NEAREST,
    fill=None,
    center=None,
):
    """The image turned, moved, scaled and sheared; what is the middle stays.

    Args:
        img: a Pillow image, or a tensor (..., C, H, W).
        angle: degrees, with the clock.  translate: pixels [x, y].  scale: a positive factor.
        shear: degrees along x, or [along x, along y].
        interpolation: tensors know NEAREST and BILINEAR.
        fill: the colour outside, a number or one for each channel; None: 0.
        center: the point [x, y] about which the image is turned; None: the middle.

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """
    interpolation = checked_mode(interpolation)
    shear = affine_shears(angle, translate, scale, shear, center)
    _, height, width = get_dimensions(img)
    if not isinstance(img, Tensor):
        center = [width * 0.5, height * 0.5] if center is None else center
        matrix = _get_inverse_affine_matrix(center, angle, translate, scale, shear)
        return F_pil.affine(img, matrix=matrix, interpolation=pil_modes_mapping[interpolation], fill=fill)
    matrix = _get_inverse_affine_matrix(_from_middle(img, center), angle, translate, scale, shear)
    return F_t.affine(img, matrix=matrix, interpolation=interpolation.value, fill=fill)


def _check_angle(angle):
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")


def _check_center(center):
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")


def affine_shears(angle, translate, scale, shear, center) -> list:
    """The shears along x and y of an affine map. Raises TypeError, ValueError for what are no arguments of one."""
    _check_angle(angle)
    if not isinstance(translate, (list, tuple)):
        raise TypeError("Argument translate should be a sequence")
    if len(translate) != 2:
        raise ValueError("Argument translate should be a sequence of length 2")
    if scale <= 0.0:
        raise ValueError("Argument scale should be positive")
    shear = _two_shears(shear)
    _check_center(center)
    return shear


def _two_shears(shear) -> list:
    if not isinstance(shear, (numbers.Number, list, tuple)):
        raise TypeError("Shear should be either a single value or a sequence of two values")
    if isinstance(shear, numbers.Number):
        return [shear, 0.0]
    shear = list(shear)
    if len(shear) == 1:
        shear = [shear[0], shear[0]]
    if len(shear) != 2:
        raise ValueError(f"Shear should be a sequence containing two values. Got {shear}")
    return shear


def _from_middle(img: Tensor, center) -> list[float]:
    """A point of an image as seen from its middle."""
    if center is None:
        return [0.0, 0.0]
    _, height, width = get_dimensions(img)
    return [1.0 * (c - s * 0.5) for c, s in zip(center, [width, height])]


def elastic_transform(
    img, displacement: Tensor, interpolation: InterpolationMode = InterpolationMode.BILINEAR, fill=None
):
    """The image with each pixel looked up elsewhere.

    Args:
        img: a Pillow image, or a tensor (..., C, H, W).
        displacement: (1, H, W, 2), how far away along x and y, where the image reaches from -1 to 1.
        interpolation: NEAREST or BILINEAR.
        fill: the colour outside, a number or one for each channel; None: 0.

    Raises:
        TypeError, ValueError: arguments of other kinds.
    """
    if isinstance(interpolation, int):
        warnings.warn(
            "Argument interpolation should be of type InterpolationMode instead of int. "
            "Please, use InterpolationMode enum.",
            stacklevel=2,
        )
        interpolation = _interpolation_modes_from_int(interpolation)
    if not isinstance(displacement, Tensor):
        raise TypeError("Argument displacement should be a Tensor")
    image = as_tensor_image(img)
    shape = Size((1, *image.shape[-2:], 2))
    if shape != displacement.shape:
        raise ValueError(f"Argument displacement shape should be {shape}, but given {displacement.shape}")
    return as_given(F_t.elastic_transform(image, displacement, interpolation=interpolation.value, fill=fill), img)
