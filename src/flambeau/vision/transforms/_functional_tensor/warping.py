"""Tensors turned, sheared, seen from the side and distorted: each pixel is looked up on a grid of places."""

from __future__ import annotations

import warnings

from .... import Tensor, cat, float32, float64, linspace, meshgrid, ones, stack, tensor, where
from ....nn.functional import grid_sample
from .checks import _assert_image_tensor, _cast_squeeze_in, _cast_squeeze_out, float_type, get_dimensions


def _assert_grid_transform_inputs(img, matrix, interpolation: str, fill, supported_interpolation_modes, coeffs=None):
    if not isinstance(img, Tensor):
        raise TypeError("Input img should be Tensor")
    _assert_image_tensor(img)
    if matrix is not None and not isinstance(matrix, list):
        raise TypeError("Argument matrix should be a list")
    if matrix is not None and len(matrix) != 6:
        raise ValueError("Argument matrix should have 6 float values")
    if coeffs is not None and len(coeffs) != 8:
        raise ValueError("Argument coeffs should have 8 float values")
    if fill is not None and not isinstance(fill, (int, float, tuple, list)):
        warnings.warn("Argument fill should be either int, float, tuple or list", stacklevel=2)
    channels = get_dimensions(img)[0]
    if isinstance(fill, (tuple, list)) and len(fill) > 1 and len(fill) != channels:
        raise ValueError(
            "The number of elements in 'fill' cannot broadcast to match the number of channels of the image "
            f"({len(fill)} != {channels})"
        )
    if interpolation not in supported_interpolation_modes:
        raise ValueError(f"Interpolation mode '{interpolation}' is unsupported with Tensor input")


def _apply_grid_transform(img: Tensor, grid: Tensor, mode: str, fill) -> Tensor:
    """The image looked up at a grid (1, H, W, 2) of places in [-1, 1]; what lies outside has the colour `fill`."""
    img, *form = _cast_squeeze_in(img, [grid.dtype])
    if img.shape[0] > 1:
        grid = grid.expand(img.shape[0], *grid.shape[1:])
    if fill is None:
        return _cast_squeeze_out(grid_sample(img, grid, mode=mode, padding_mode="zeros", align_corners=False), *form)
    # A channel of ones tells how much of each pixel of the result comes from inside.
    inside = ones(img.shape[0], 1, img.shape[2], img.shape[3], dtype=img.dtype)
    looked_up = grid_sample(cat((img, inside), dim=1), grid, mode=mode, padding_mode="zeros", align_corners=False)
    colours, inside = looked_up[:, :-1], looked_up[:, -1:]
    outside = tensor(fill if isinstance(fill, (tuple, list)) else [float(fill)], dtype=img.dtype).view(1, -1, 1, 1)
    outside = outside.expand_as(colours)
    if mode == "nearest":
        return _cast_squeeze_out(where(inside < 0.5, outside.expand_as(colours), colours), *form)
    return _cast_squeeze_out(colours * inside + (1.0 - inside) * outside, *form)


def _places(x: Tensor, y: Tensor, matrix: Tensor) -> Tensor:
    """(1, H, W, 2): the points (x, y, 1) of all columns and rows times a matrix (1, 3, 2), summed in this order."""
    kind = x.dtype
    if kind not in (float32, float64):  # products of narrow floats are summed in float32
        x, y, matrix = x.float(), y.float(), matrix.float()
    along_x, along_y, moved = matrix[0].unbind(0)
    return (x[None, :, None] * along_x + y[:, None, None] * along_y + moved).unsqueeze(0).to(kind)


def _gen_affine_grid(theta: Tensor, w: int, h: int, ow: int, oh: int) -> Tensor:
    """Where the pixels of a result (oh, ow) lie in an image (h, w), by a matrix (1, 2, 3) about the middle."""
    x = linspace(-ow * 0.5 + 0.5, ow * 0.5 + 0.5 - 1, steps=ow).to(theta.dtype)
    y = linspace(-oh * 0.5 + 0.5, oh * 0.5 + 0.5 - 1, steps=oh).to(theta.dtype)
    return _places(x, y, theta.transpose(1, 2) / tensor([0.5 * w, 0.5 * h], dtype=theta.dtype))


def affine(img: Tensor, matrix: list[float], interpolation: str = "nearest", fill=None) -> Tensor:
    """Each pixel looked up at `matrix` (2 x 3, row by row) times its place as seen from the middle."""
    return rotate(img, matrix, interpolation, False, fill)


def rotate(img: Tensor, matrix: list[float], interpolation: str = "nearest", expand: bool = False, fill=None) -> Tensor:
    """As `affine`; `expand` makes the result as large as what the matrix is the inverse of makes the image."""
    _assert_grid_transform_inputs(img, matrix, interpolation, fill, ["nearest", "bilinear"])
    w, h = img.shape[-1], img.shape[-2]
    ow, oh = _compute_affine_output_size(matrix, w, h) if expand else (w, h)
    theta = tensor(matrix, dtype=float_type(img)).reshape(1, 2, 3)
    return _apply_grid_transform(img, _gen_affine_grid(theta, w=w, h=h, ow=ow, oh=oh), interpolation, fill=fill)


def _compute_affine_output_size(matrix: list[float], w: int, h: int) -> tuple[int, int]:
    """(width, height) of what holds an image whose corners are mapped by a matrix about the middle."""
    corners = tensor([[x * w, y * h, 1.0] for x, y in ((-0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0.5, -0.5))])
    moved = corners @ tensor(matrix, dtype=float32).view(2, 3).T
    middle, tolerance = tensor((w * 0.5, h * 0.5)), 1e-4  # so that a rounding error adds no pixel
    top = (((moved.amax(dim=0) + middle) / tolerance).trunc() * tolerance).ceil()
    bottom = (((moved.amin(dim=0) + middle) / tolerance).trunc() * tolerance).floor()
    width, height = (top - bottom).tolist()
    return int(width), int(height)


def _perspective_grid(coeffs: list[float], ow: int, oh: int, dtype, device=None) -> Tensor:
    """Where the pixels of a result (oh, ow) lie in the image, by eight coefficients."""
    a, b, c, d, e, f, g, h = coeffs
    numerators = tensor([[[a, b, c], [d, e, f]]], dtype=dtype)
    denominators = tensor([[[g, h, 1.0], [g, h, 1.0]]], dtype=dtype)
    x = linspace(0.5, ow * 1.0 + 0.5 - 1.0, steps=ow).to(dtype)
    y = linspace(0.5, oh * 1.0 + 0.5 - 1.0, steps=oh).to(dtype)
    rescaled = numerators.transpose(1, 2) / tensor([0.5 * ow, 0.5 * oh], dtype=dtype)
    return _places(x, y, rescaled) / _places(x, y, denominators.transpose(1, 2)) - 1.0


def perspective(img: Tensor, perspective_coeffs: list[float], interpolation: str = "bilinear", fill=None) -> Tensor:
    """Each pixel looked up at a quotient of linear functions of its place, whose eight coefficients are given."""
    if not isinstance(img, Tensor):
        raise TypeError("Input img should be Tensor.")
    modes = ["nearest", "bilinear"]
    _assert_grid_transform_inputs(img, None, interpolation, fill, modes, coeffs=perspective_coeffs)
    grid = _perspective_grid(perspective_coeffs, ow=img.shape[-1], oh=img.shape[-2], dtype=float_type(img))
    return _apply_grid_transform(img, grid, interpolation, fill=fill)


def _create_identity_grid(size) -> Tensor:
    """(1, H, W, 2): where the pixels of an image lie, in [-1, 1]."""
    rows, columns = meshgrid(*(linspace((-s + 1) / s, (s - 1) / s, s) for s in size), indexing="ij")
    return stack([columns, rows], -1).unsqueeze(0)


def elastic_transform(img: Tensor, displacement: Tensor, interpolation: str = "bilinear", fill=None) -> Tensor:
    """Each pixel looked up as far away as `displacement` (1, H, W, 2) says."""
    if not isinstance(img, Tensor):
        raise TypeError(f"img should be Tensor. Got {type(img)}")
    return _apply_grid_transform(img, _create_identity_grid(img.shape[-2:]) + displacement, interpolation, fill)
