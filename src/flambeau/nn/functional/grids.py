"""Sampling images at the points of a grid (Jaderberg et al., Spatial Transformer Networks, 2015)."""

from __future__ import annotations

import warnings
from itertools import product

from ... import Tensor, arange, float64, stack, where
from ...errors import TYPE_TITLES
from ...ops.registry import full_precision

_CUBIC = -0.75  # the slope of the cubic kernel at 1 (Keys, 1981)


def affine_grid(theta: Tensor, size: list[int], align_corners: bool | None = None) -> Tensor:
    """The points (N, H, W, 2) or (N, D, H, W, 3) to which affine maps (N, 2, 3) or (N, 3, 4) take those of an image.

    size: the image's, (N, C, H, W) or (N, C, D, H, W).  align_corners: whether -1 and 1 are the centres of the corner
    pixels, instead of the image's edges.
    """
    align_corners = _default(align_corners)
    if not theta.is_floating_point():
        raise ValueError(f"Expected theta to have floating point type, but got {theta.dtype}")
    dims = len(size) - 2
    if dims not in (2, 3):
        raise NotImplementedError(
            "affine_grid only supports 4D and 5D sizes, for 2D and 3D affine transforms, respectively. Got size "
            f"{tuple(size)}."
        )
    if theta.dim() != 3 or theta.shape[1:] != (dims, dims + 1):
        raise ValueError(
            f"Expected a batch of {dims}D affine matrices of shape Nx{dims}x{dims + 1} for size {tuple(size)}. Got "
            f"{theta.shape}."
        )
    if min(size) <= 0:
        raise ValueError(f"Expected non-zero, positive output size. Got {tuple(size)}")
    axes = [_centres(n, align_corners).to(theta.dtype) for n in size[2:]]
    shape = tuple(size[2:])
    columns = [a.reshape([-1 if i == d else 1 for i in range(dims)]).expand(shape) for d, a in enumerate(axes)]
    points = stack([*reversed(columns), columns[0] * 0 + 1], -1)
    moved = points.reshape(1, -1, dims + 1) @ theta.transpose(1, 2)
    return moved.reshape(size[0], *shape, dims)


def _centres(count: int, align_corners: bool) -> Tensor:
    """The centres of an axis' pixels, between -1 and 1."""
    places = arange(count, dtype=float64)
    if align_corners:
        return places.mul(2 / (count - 1)).sub(1) if count > 1 else places
    return places.mul(2).add(1).div(count).sub(1)


def _default(align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            "Default grid_sample and affine_grid behavior has changed to align_corners=False since 1.3.0. Please "
            "specify align_corners=True if the old behavior is desired. See the documentation of grid_sample for "
            "details.",
            stacklevel=3,
        )
    return bool(align_corners)


def grid_sample(
    input: Tensor, grid: Tensor, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Tensor:
    """The values of images at the points of a grid.

    input: (N, C, H, W) or (N, C, D, H, W).  grid: points (N, *, 2) or (N, *, 3), x first, between -1 and 1 inside the
    image.  mode: "bilinear", "nearest" or "bicubic".  padding_mode: what is outside: "zeros", "border" or "reflection".
    align_corners: as for `affine_grid`.  Result: (N, C, *).
    """
    input, grid = full_precision(input, grid)
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(
            f"nn.functional.grid_sample(): expected mode to be 'bilinear', 'nearest' or 'bicubic', but got: '{mode}'"
        )
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(
            "nn.functional.grid_sample(): expected padding_mode to be 'zeros', 'border', or 'reflection', but got: "
            f"'{padding_mode}'"
        )
    align_corners = _default(align_corners)
    _check_grid(input, grid, mode)
    spatial = input.shape[2:]
    points = grid.reshape(grid.size(0), -1, len(spatial))
    axes = [_taps(points[..., -1 - d], size, mode, padding_mode, align_corners) for d, size in enumerate(spatial)]
    flat, result = input.flatten(2), 0
    for taps in product(*axes):
        index, weight = 0, 1
        for (place, share), size in zip(taps, spatial):
            index, weight = index * size + place, weight * share
        values = flat.gather(2, index.unsqueeze(1).expand(-1, flat.size(1), -1))
        result = result + values * weight.unsqueeze(1)
    return result.reshape(*input.shape[:2], *grid.shape[1:-1])


def _check_grid(input: Tensor, grid: Tensor, mode: str) -> None:
    sizes = f"input with sizes {list(input.shape)} and grid with sizes {list(grid.shape)}"
    if input.size(0) != grid.size(0):
        raise RuntimeError(f"grid_sampler(): expected grid and input to have same batch size, but got {sizes}")
    if grid.size(-1) != input.dim() - 2:
        raise RuntimeError(
            f"grid_sampler(): expected grid to have size {input.dim() - 2} in last dimension, but got grid with "
            f"sizes {list(grid.shape)}"
        )
    if input.dim() not in (4, 5) or input.dim() != grid.dim():
        raise RuntimeError(
            "grid_sampler(): expected 4D input and grid with same number of dimensions, but got " + sizes
        )
    if mode == "bicubic" and input.dim() != 4:
        raise RuntimeError("grid_sampler(): bicubic interpolation only supports 4D input")
    if 0 in input.shape[2:]:
        raise RuntimeError(
            "grid_sampler(): expected input to have non-empty spatial dimensions, but input has sizes "
            f"{list(input.shape)} with dimension {2 + list(input.shape[2:]).index(0)} being empty"
        )
    if input.dtype is not grid.dtype:
        a, b = (TYPE_TITLES[x.meta.dtype.name] for x in (input, grid))
        raise RuntimeError(f"expected scalar type {a} but found {b}")


def _taps(x: Tensor, size: int, mode: str, padding: str, align_corners: bool) -> list[tuple[Tensor, Tensor]]:
    """Where along an axis the pixels lie that make up each sample, and what share of it each has."""
    x = x.add(1).mul((size - 1) / 2) if align_corners else x.add(1).mul(size).sub(1).div(2)
    if mode == "bicubic":
        low = x.detach().floor()
        return [
            _tap(_inside(low + i, size, padding, align_corners), share, size)
            for i, share in zip(range(-1, 3), _cubic_shares(x - low))
        ]
    x = _inside(x, size, padding, align_corners)
    if mode == "nearest":
        return [_tap(x.detach().round(), x.detach() * 0 + 1, size)]
    low = x.detach().floor()
    return [_tap(low, 1 - (x - low), size), _tap(low + 1, x - low, size)]


def _tap(place: Tensor, share: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """A pixel and its share, which is 0 outside of the image."""
    inside = (place >= 0) & (place <= size - 1)
    return where(inside, place, 0.0).long(), where(inside, share, 0.0)


def _inside(x: Tensor, size: int, padding: str, align_corners: bool) -> Tensor:
    """Positions brought into the image, as the padding says."""
    if padding == "zeros":
        return x
    if padding == "reflection":
        low, span = (0.0, size - 1.0) if align_corners else (-0.5, float(size))
        x = _reflected(x, low, span) if span else x * 0
    return where(x <= 0, 0.0, where(x >= size - 1, float(size - 1), x))


def _reflected(x: Tensor, low: float, span: float) -> Tensor:
    distance = (x - low).abs()
    flips = (distance.detach() / span).floor()
    extra = distance - flips * span
    return where(flips % 2 == 0, extra, span - extra) + low


def _cubic_shares(t: Tensor) -> list[Tensor]:
    """The shares of the pixels at -1, 0, 1 and 2 in a sample at t, between 0 and 1."""
    near = lambda d: ((_CUBIC + 2) * d - (_CUBIC + 3)) * d * d + 1  # noqa: E731
    far = lambda d: ((_CUBIC * d - 5 * _CUBIC) * d + 8 * _CUBIC) * d - 4 * _CUBIC  # noqa: E731
    return [far(t + 1), near(t), near(1 - t), far(2 - t)]
