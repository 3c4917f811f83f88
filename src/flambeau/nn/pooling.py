"""Pooling as modules."""

from __future__ import annotations

from .. import Tensor
from . import functional as F
from .module import Module
from .showing import shows
from .sizes import pair, single, triple


class _MaxPoolNd(Module):
    """The maximum over windows; `_pool` is the function."""

    _pool = property(lambda self: F.max_pool2d)

    def __init__(
        self, kernel_size, stride=None, padding=0, dilation=1, return_indices: bool = False, ceil_mode: bool = False
    ):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.dilation = padding, dilation
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor):
        settings = self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode, self.return_indices
        return self._pool(input, *settings)

    extra_repr = shows("kernel_size", "stride", "padding", "dilation", "ceil_mode")


class MaxPool1d(_MaxPoolNd):
    """The maximum over windows of (N, C, L) or (C, L)."""

    _pool = property(lambda self: F.max_pool1d)


class MaxPool2d(_MaxPoolNd):
    """The maximum over windows of (N, C, H, W) or (C, H, W)."""


class MaxPool3d(_MaxPoolNd):
    """The maximum over windows of (N, C, D, H, W) or (C, D, H, W)."""

    _pool = property(lambda self: F.max_pool3d)


class _MaxUnpoolNd(Module):
    """The way back from maximum pooling; `_unpool` is the function, `_sizes` makes one size for each dimension."""

    _unpool, _sizes = property(lambda self: F.max_unpool2d), staticmethod(pair)

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__()
        self.kernel_size, self.padding = self._sizes(kernel_size), self._sizes(padding)
        self.stride = self._sizes(kernel_size if stride is None else stride)

    def forward(self, input: Tensor, indices: Tensor, output_size: list[int] | None = None) -> Tensor:
        return self._unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)

    extra_repr = shows("kernel_size", "stride", "padding")


class MaxUnpool1d(_MaxUnpoolNd):
    """Puts the maxima of (N, C, L) back to their places."""

    _unpool, _sizes = property(lambda self: F.max_unpool1d), staticmethod(single)


class MaxUnpool2d(_MaxUnpoolNd):
    """Puts the maxima of (N, C, H, W) back to their places."""


class MaxUnpool3d(_MaxUnpoolNd):
    """Puts the maxima of (N, C, D, H, W) back to their places."""

    _unpool, _sizes = property(lambda self: F.max_unpool3d), staticmethod(triple)


class _AvgPoolNd(Module):
    """The mean over windows."""

    extra_repr = shows("kernel_size", "stride", "padding")


class AvgPool1d(_AvgPoolNd):
    """The mean over windows of (N, C, L) or (C, L)."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True):
        super().__init__()
        self.kernel_size, self.padding = single(kernel_size), single(padding)
        self.stride = single(kernel_size if stride is None else stride)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        settings = self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        return F.avg_pool1d(input, *settings)


class _AvgPoolWithDivisor(_AvgPoolNd):
    """The mean over windows, with a divisor that can be given; `_pool` is the function."""

    _pool = property(lambda self: F.avg_pool2d)

    def __init__(
        self, kernel_size, stride=None, padding=0, ceil_mode: bool = False, count_include_pad: bool = True,
        divisor_override: int | None = None,
    ):  # fmt: skip
        super().__init__()
        self.kernel_size, self.stride = kernel_size, kernel_size if stride is None else stride
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad, self.divisor_override = count_include_pad, divisor_override

    def forward(self, input: Tensor) -> Tensor:
        settings = self.kernel_size, self.stride, self.padding, self.ceil_mode, self.count_include_pad
        return self._pool(input, *settings, self.divisor_override)


class AvgPool2d(_AvgPoolWithDivisor):
    """The mean over windows of (N, C, H, W) or (C, H, W)."""


class AvgPool3d(_AvgPoolWithDivisor):
    """The mean over windows of (N, C, D, H, W) or (C, D, H, W)."""

    _pool = property(lambda self: F.avg_pool3d)


class _LPPoolNd(Module):
    """The norm over windows; `_pool` is the function."""

    _pool = property(lambda self: F.lp_pool2d)

    def __init__(self, norm_type: float, kernel_size, stride=None, ceil_mode: bool = False):
        super().__init__()
        self.norm_type, self.kernel_size, self.stride, self.ceil_mode = norm_type, kernel_size, stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:
        return self._pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)

    extra_repr = shows("norm_type", "kernel_size", "stride", "ceil_mode")


class LPPool1d(_LPPoolNd):
    """The norm over windows of (N, C, L)."""

    _pool = property(lambda self: F.lp_pool1d)


class LPPool2d(_LPPoolNd):
    """The norm over windows of (N, C, H, W)."""


class LPPool3d(_LPPoolNd):
    """The norm over windows of (N, C, D, H, W)."""

    _pool = property(lambda self: F.lp_pool3d)


class _AdaptiveMaxPoolNd(Module):
    """The maximum over as many windows as output_size says; `_pool` is the function."""

    _pool = property(lambda self: F.adaptive_max_pool2d)

    def __init__(self, output_size, return_indices: bool = False):
        super().__init__()
        self.output_size, self.return_indices = output_size, return_indices

    def forward(self, input: Tensor):
        return self._pool(input, self.output_size, self.return_indices)

    extra_repr = shows("output_size")


class AdaptiveMaxPool1d(_AdaptiveMaxPoolNd):
    """The maximum over windows of (N, C, L) or (C, L)."""

    _pool = property(lambda self: F.adaptive_max_pool1d)


class AdaptiveMaxPool2d(_AdaptiveMaxPoolNd):
    """The maximum over windows of (N, C, H, W) or (C, H, W)."""


class AdaptiveMaxPool3d(_AdaptiveMaxPoolNd):
    """The maximum over windows of (N, C, D, H, W) or (C, D, H, W)."""

    _pool = property(lambda self: F.adaptive_max_pool3d)


class _AdaptiveAvgPoolNd(Module):
    """The mean over as many windows as output_size says; `_pool` is the function."""

    _pool = property(lambda self: F.adaptive_avg_pool2d)

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        return self._pool(input, self.output_size)

    extra_repr = shows("output_size")


class AdaptiveAvgPool1d(_AdaptiveAvgPoolNd):
    """The mean over windows of (N, C, L) or (C, L)."""

    _pool = property(lambda self: F.adaptive_avg_pool1d)


class AdaptiveAvgPool2d(_AdaptiveAvgPoolNd):
    """The mean over windows of (N, C, H, W) or (C, H, W)."""


class AdaptiveAvgPool3d(_AdaptiveAvgPoolNd):
    """The mean over windows of (N, C, D, H, W) or (C, D, H, W)."""

    _pool = property(lambda self: F.adaptive_avg_pool3d)


class _FractionalMaxPoolNd(Module):
    """The maximum over windows whose places are drawn at random; `_pool` is the function, `_sizes` makes tuples.

    Exactly one of output_size and output_ratio (a part of the input's size) is given.
    """

    _pool = property(lambda self: F.fractional_max_pool2d)
    _sizes = staticmethod(pair)

    def __init__(self, kernel_size, output_size=None, output_ratio=None, return_indices=False, _random_samples=None):
        super().__init__()
        self.kernel_size, self.return_indices = self._sizes(kernel_size), return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else self._sizes(output_size)
        self.output_ratio = None if output_ratio is None else self._sizes(output_ratio)
        if output_size is None and output_ratio is None:
            raise ValueError(f"{self._get_name()} requires specifying either an output size, or a pooling ratio")
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < part < 1 for part in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def forward(self, input: Tensor):
        settings = self.kernel_size, self.output_size, self.output_ratio, self.return_indices, self._random_samples
        return self._pool(input, *settings)


class FractionalMaxPool2d(_FractionalMaxPoolNd):
    """The maximum over windows of (N, C, H, W) or (C, H, W)."""


class FractionalMaxPool3d(_FractionalMaxPoolNd):
    """The maximum over windows of (N, C, D, H, W) or (C, D, H, W)."""

    _pool = property(lambda self: F.fractional_max_pool3d)
    _sizes = staticmethod(triple)
