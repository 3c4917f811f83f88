"""Rearranging and resampling images: padding, pixel shuffles, scaling to another size."""

from __future__ import annotations

import itertools
import math
import struct
import warnings

from ... import Tensor, int64, uint8
from ...errors import TYPE_TITLES
from ...numeric_limits import check_range
from ...ops import functional as ops
from ...ops.copies import laid_out_like
from ...ops.pooling import repeat_pixels
from ...ops.registry import full_precision
from ...ops.signatures import Sizes
from .filters import filtered

_SPATIAL = {"linear": 1, "bilinear": 2, "bicubic": 2, "lanczos": 2, "trilinear": 3}


def pad(input: Tensor, pad: Sizes, mode: str = "constant", value: float | None = None) -> Tensor:
    """Adds elements at the borders. pad: (before, after) of the last dimension, then of the one before it, and so on.

    mode: "constant" (the value, 0 where None), "reflect", "replicate" or "circular". Negative numbers take elements
    away.
    """
    if mode in ("reflect", "replicate"):
        (input,) = full_precision(input)
    return ops.pad(input, tuple(pad), mode, value)


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Turns channels into pixels: (*, C r r, H, W) to (*, C, H r, W r). Raises RuntimeError for other sizes."""
    if input.dim() < 3:
        raise RuntimeError(
            f"pixel_shuffle expects input to have at least 3 dimensions, but got input with {input.dim()} dimension(s)"
        )
    r = upscale_factor
    if r <= 0:
        raise RuntimeError(f"pixel_shuffle expects a positive upscale_factor, but got {r}")
    *lead, channels, height, width = input.shape
    if channels % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square of upscale_factor, "
            f"but input.size(-3)={channels} is not divisible by {r * r}"
        )
    blocks = input.reshape(math.prod(lead), channels // (r * r), r, r, height, width).permute(0, 1, 4, 2, 5, 3)
    return blocks.reshape(*lead, channels // (r * r), height * r, width * r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Turns pixels into channels: (*, C, H r, W r) to (*, C r r, H, W). Raises RuntimeError for other sizes."""
    if input.dim() < 3:
        raise RuntimeError(
            f"pixel_unshuffle expects input to have at least 3 dimensions, but got input with {input.dim()} "
            "dimension(s)"
        )
    r = downscale_factor
    if r <= 0:
        raise RuntimeError(f"pixel_unshuffle expects a positive downscale_factor, but got {r}")
    *lead, channels, height, width = input.shape
    for name, size in (("height", height), ("width", width)):
        if size % r:
            raise RuntimeError(
                f"pixel_unshuffle expects {name} to be divisible by downscale_factor, but "
                f"input.size({-2 if name == 'height' else -1})={size} is not divisible by {r}"
            )
    blocks = input.reshape(math.prod(lead), channels, height // r, r, width // r, r).permute(0, 1, 3, 5, 2, 4)
    return blocks.reshape(*lead, channels * r * r, height // r, width // r)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Mixes groups of channels of (N, C, *): channel i of group g comes to place i * groups + g."""
    if input.dim() <= 2:
        raise RuntimeError(f"channel_shuffle expects input with > 2 dims, but got input with sizes {list(input.shape)}")
    if groups <= 0:
        raise RuntimeError(f"Number of groups to divide channels in must be positive. Value of groups:{groups}")
    if input.size(1) % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {input.size(1)} channels and {groups} groups."
        )
    return input.unflatten(1, (groups, -1)).transpose(1, 2).flatten(1, 2)


def interpolate(
    input: Tensor, size=None, scale_factor=None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Tensor:  # fmt: skip
    """Scales (N, C, *sizes) to another size, given itself or by a factor.

    mode: "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "lanczos" or "area".
    align_corners: whether the corner pixels stay where they are.  antialias: whether windows grow as images shrink.
    Raises ValueError for settings that contradict each other.
    """
    dims = input.dim() - 2
    if align_corners is not None and mode in ("nearest", "area", "nearest-exact"):
        raise ValueError(
            "align_corners option can only be set with the interpolating modes: linear | bilinear | bicubic | trilinear"
        )
    sizes, factors = _target(input, dims, size, scale_factor)
    if recompute_scale_factor and size is not None:
        raise ValueError("recompute_scale_factor is not meaningful with an explicit size.")
    _check_mode(mode, dims, antialias, bool(align_corners))
    if mode == "area":
        return _area(input, sizes)
    _check_resampled(input, sizes, mode, antialias)
    given, factors = input, None if recompute_scale_factor else factors
    repeats = _whole_factors(input.shape[2:], sizes, factors) if mode in ("nearest", "nearest-exact") else None
    if repeats and dims < 3:
        return laid_out_like(repeat_pixels(input, repeats), given)
    each = zip(input.shape[2:], sizes, factors or itertools.repeat(None))
    scales = [_scale(*numbers, bool(align_corners)) for numbers in each]
    # Bytes in PyTorch's order; else rows before the columns where that leaves fewer of them.
    rows_first = input.dtype is not uint8 and dims == 2 and sizes[0] < input.size(2)
    for axis in range(dims) if rows_first else reversed(range(dims)):
        how = (sizes[axis], scales[axis], bool(align_corners), mode, antialias)
        input = filtered(input, axis + 2, *how)
    return laid_out_like(input, given)


def _check_mode(mode: str, dims: int, antialias: bool, align_corners: bool):
    """Raises where a mode does not exist or does not fit the number of dimensions or the other settings."""
    if antialias and (mode not in ("bilinear", "bicubic", "lanczos") or dims != 2):
        raise ValueError(
            "Anti-alias option is restricted to bilinear, bicubic, and lanczos modes and requires a 4-D tensor as input"
        )
    known = mode in ("nearest", "area", "nearest-exact") or mode in _SPATIAL
    if dims not in (1, 2, 3) or not known or (mode in ("bicubic", "lanczos") and dims != 2):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {dims + 2}D) for the modes: nearest | "
            f"linear | bilinear | bicubic | trilinear | lanczos | area | nearest-exact (got {mode})"
        )
    if mode == "lanczos":
        if align_corners:
            raise ValueError("Lanczos mode does not support align_corners=True")
        if not antialias:
            raise ValueError("Lanczos mode requires antialias=True")
    if _SPATIAL.get(mode, dims) != dims:
        raise NotImplementedError(f"Got {dims + 2}D input, but {mode} mode needs {_SPATIAL[mode] + 2}D input")


_KINDS = {"nearest": "nearest", "nearest-exact": "nearest", "bicubic": "cubic"}


def _check_resampled(input: Tensor, sizes: list[int], mode: str, antialias: bool):
    """Raises where there is nothing to take pixels from, or no kernel for their type."""
    dims = len(sizes)
    if min(*input.shape[2:], *sizes) <= 0:
        old, new = (
            ", ".join(f"{name}: {n}" for name, n in zip("DHW"[3 - dims :], ns)) for ns in (input.shape[2:], sizes)
        )
        joint = "and " if dims == 1 else ""
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input ({old}) {joint}output ({new})"
        )
    if not input.numel() and input.size(0):
        raise RuntimeError(
            f"Non-empty {dims + 2}D data tensor expected but got a tensor with sizes {list(input.shape)}"
        )
    low = antialias and input.dtype.itemsize == 2
    if low or not (input.dtype.is_floating_point or (input.dtype is uint8 and (dims == 2 or "nearest" in mode))):
        kernel = (
            "compute_index_ranges_weights" if antialias else f"compute_indices_weights_{_KINDS.get(mode, 'linear')}"
        )
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{TYPE_TITLES[input.meta.dtype.name]}'")


def _target(input: Tensor, dims: int, size, scale_factor) -> tuple[list[int], list[float] | None]:
    """The output sizes, and the scale factors where these were given."""
    if size is not None and scale_factor is not None:
        raise ValueError("only one of size or scale_factor should be defined")
    spatial = list(input.shape[2:])
    if size is not None:
        if isinstance(size, (list, tuple)) and len(size) != dims:
            raise ValueError(
                "Input and output must have the same number of spatial dimensions, but got input with spatial "
                f"dimensions of {spatial} and output size of {size}. Please provide input tensor in (N, C, d1, d2, "
                "...,dK) format and output size in (o1, o2, ...,oK) format."
            )
        sizes = list(size) if isinstance(size, (list, tuple)) else [size] * dims
        if not all(hasattr(s, "__index__") for s in sizes):
            raise TypeError(
                "expected size to be one of int or Tuple[int] or Tuple[int, int] or Tuple[int, int, int], "
                f"but got size with types {[type(s) for s in sizes]}"
            )
        return [int(s) for s in sizes], None
    if scale_factor is None:
        raise ValueError("either size or scale_factor should be defined")
    if isinstance(scale_factor, (list, tuple)) and len(scale_factor) != dims:
        raise ValueError(
            "Input and scale_factor must have the same number of spatial dimensions, but got input with spatial "
            f"dimensions of {spatial} and scale_factor of shape {scale_factor}. Please provide input tensor in (N, C, "
            "d1, d2, ...,dK) format and scale_factor in (s1, s2, ...,sK) format."
        )
    factors = list(scale_factor) if isinstance(scale_factor, (list, tuple)) else [scale_factor] * dims
    new = [n * f for n, f in zip(spatial, factors)]
    for size in new:
        check_range(size, int64)
    return [math.floor(size) for size in new], factors


def _area(input: Tensor, sizes: list[int]) -> Tensor:
    from .pooling import adaptive_avg_pool2d, adaptive_avg_pool3d

    return (ops.adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d)[len(sizes) - 1](input, sizes)


def _whole_factors(old, new, factors) -> list[int] | None:
    """How often each pixel is repeated, where all are repeated alike.

    Of a step that float32 rounds down, pixels at the edge between two may be taken from the one before.
    """
    repeats = [b // a if a and b > 0 and b % a == 0 else 0 for a, b in zip(old, new)]
    steps = [1 / k if k else 0.0 for k in repeats] if factors is None else [1 / factor for factor in factors]
    exact = all(
        k and abs(step * k - 1) < 1e-12 and struct.unpack("f", struct.pack("f", step))[0] * k >= 1
        for k, step in zip(repeats, steps)
    )
    return repeats if exact else None


def _scale(old: int, size: int, factor: float | None, align_corners: bool) -> float:
    """The distance of neighbouring new pixels in the old image."""
    if align_corners:
        return (old - 1) / (size - 1) if size > 1 else 0.0
    return 1.0 / factor if factor else old / size


def upsample(
    input: Tensor, size=None, scale_factor=None, mode: str = "nearest", align_corners: bool | None = None
) -> Tensor:
    """The old name of interpolate."""
    _warn_renamed("upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size=None, scale_factor=None) -> Tensor:
    """interpolate to the nearest pixel, under its old name."""
    _warn_renamed("upsample_nearest")
    return interpolate(input, size, scale_factor, mode="nearest")


def upsample_bilinear(input: Tensor, size=None, scale_factor=None) -> Tensor:
    """Bilinear interpolate with aligned corners, under its old name."""
    _warn_renamed("upsample_bilinear")
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def _warn_renamed(name: str):
    warnings.warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.", stacklevel=3)
