"""Modules without parameters that move elements: flattening, padding, shuffling and scaling; distances of vectors."""

from __future__ import annotations

from .. import Tensor
from . import functional as F
from .module import Module
from .showing import shows


class Flatten(Module):
    """Merges dimensions start_dim to end_dim into one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Tensor) -> Tensor:
        return input.flatten(self.start_dim, self.end_dim)

    extra_repr = shows("start_dim", "end_dim")


class Unflatten(Module):
    """Splits a dimension into several, of sizes unflattened_size."""

    def __init__(self, dim: int, unflattened_size):
        super().__init__()
        _check_sizes(unflattened_size)
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input: Tensor) -> Tensor:
        return input.unflatten(self.dim, self.unflattened_size)

    extra_repr = shows("dim", "unflattened_size")


def _check_sizes(sizes):
    if not isinstance(sizes, (tuple, list)):
        raise TypeError(f"unflattened_size must be a tuple of ints, but found type {type(sizes).__name__}")
    for i, size in enumerate(sizes):
        if not isinstance(size, int):
            raise TypeError(
                f"unflattened_size must be tuple of ints, but found element of type {type(size).__name__} at pos {i}"
            )


class _PadNd(Module):
    """Adds a border; `_mode` says of what, `_dims` in how many dimensions."""

    _mode, _dims = "constant", 2

    def __init__(self, padding):
        super().__init__()
        self.padding = (padding,) * (2 * self._dims) if isinstance(padding, int) else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _CircularPadNd(_PadNd):
    _mode = "circular"

    def forward(self, input: Tensor) -> Tensor:
        if input.dim() not in (self._dims + 1, self._dims + 2):
            raise ValueError(f"expected {self._dims + 1}D or {self._dims + 2}D input (got {input.dim()}D input)")
        return super().forward(input)


class _ConstantPadNd(_PadNd):
    def __init__(self, padding, value: float):
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return F.pad(input, self.padding, "constant", self.value)

    extra_repr = shows("padding", "value")


class _ZeroPadNd(_ConstantPadNd):
    def __init__(self, padding):
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class CircularPad1d(_CircularPadNd):
    """Continues (N, C, L) from its other end."""

    _dims = 1


class CircularPad2d(_CircularPadNd):
    """Continues (N, C, H, W) from its other end."""


class CircularPad3d(_CircularPadNd):
    """Continues (N, C, D, H, W) from its other end."""

    _dims = 3


class ConstantPad1d(_ConstantPadNd):
    """A border of one value around (N, C, L)."""

    _dims = 1


class ConstantPad2d(_ConstantPadNd):
    """A border of one value around (N, C, H, W)."""


class ConstantPad3d(_ConstantPadNd):
    """A border of one value around (N, C, D, H, W)."""

    _dims = 3


class ZeroPad1d(_ZeroPadNd, ConstantPad1d):
    """A border of zeros around (N, C, L)."""


class ZeroPad2d(_ZeroPadNd, ConstantPad2d):
    """A border of zeros around (N, C, H, W)."""


class ZeroPad3d(_ZeroPadNd, ConstantPad3d):
    """A border of zeros around (N, C, D, H, W)."""


class ReflectionPad1d(_PadNd):
    """Mirrors (N, C, L) at its ends."""

    _mode, _dims = "reflect", 1


class ReflectionPad2d(_PadNd):
    """Mirrors (N, C, H, W) at its borders."""

    _mode, _dims = "reflect", 2


class ReflectionPad3d(_PadNd):
    """Mirrors (N, C, D, H, W) at its borders."""

    _mode, _dims = "reflect", 3


class ReplicationPad1d(_PadNd):
    """Repeats the ends of (N, C, L)."""

    _mode, _dims = "replicate", 1


class ReplicationPad2d(_PadNd):
    """Repeats the borders of (N, C, H, W)."""

    _mode, _dims = "replicate", 2


class ReplicationPad3d(_PadNd):
    """Repeats the borders of (N, C, D, H, W)."""

    _mode, _dims = "replicate", 3


class PixelShuffle(Module):
    """Turns channels into pixels: (*, C r r, H, W) to (*, C, H r, W r)."""

    def __init__(self, upscale_factor: int):
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_shuffle(input, self.upscale_factor)

    extra_repr = shows("upscale_factor")


class PixelUnshuffle(Module):
    """Turns pixels into channels: (*, C, H r, W r) to (*, C r r, H, W)."""

    def __init__(self, downscale_factor: int):
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return F.pixel_unshuffle(input, self.downscale_factor)

    extra_repr = shows("downscale_factor")


class ChannelShuffle(Module):
    """Mixes groups of channels of (N, C, *)."""

    def __init__(self, groups: int):
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return F.channel_shuffle(input, self.groups)

    extra_repr = shows("groups")


class Unfold(Module):
    """The windows of (N, C, H, W) as columns (N, C kh kw, L)."""

    def __init__(self, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.kernel_size, self.dilation, self.padding, self.stride = kernel_size, dilation, padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    extra_repr = shows("kernel_size", "dilation", "padding", "stride")


class Fold(Module):
    """The sum of columns (N, C kh kw, L) at the places of their windows."""

    def __init__(self, output_size, kernel_size, dilation=1, padding=0, stride=1):
        super().__init__()
        self.output_size, self.kernel_size, self.dilation = output_size, kernel_size, dilation
        self.padding, self.stride = padding, stride

    def forward(self, input: Tensor) -> Tensor:
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    extra_repr = shows("output_size", "kernel_size", "dilation", "padding", "stride")


class Upsample(Module):
    """Scales (N, C, *sizes) to another size, given itself or by a factor."""

    def __init__(
        self, size=None, scale_factor=None, mode: str = "nearest", align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ):  # fmt: skip
        super().__init__()
        self.name, self.size, self.mode = type(self).__name__, size, mode
        several = isinstance(scale_factor, tuple)
        single = float(scale_factor) if scale_factor and not several else None
        self.scale_factor = tuple(float(factor) for factor in scale_factor) if several else single
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        settings = self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        return F.interpolate(input, *settings)

    def extra_repr(self) -> str:
        target = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{target}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Scales (N, C, H, W), each pixel taken from the nearest one."""

    def __init__(self, size=None, scale_factor=None):
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Scales (N, C, H, W) linearly in both directions; the corners stay where they are."""

    def __init__(self, size=None, scale_factor=None):
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)


class PairwiseDistance(Module):
    """The p-norm of x1 - x2 + eps over the last dimension."""

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False):
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """The cosine of the angle between vectors along a dimension."""

    def __init__(self, dim: int = 1, eps: float = 1e-8):
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
