"""Convolutions and transposed convolutions in one, two and three dimensions, as modules."""

from __future__ import annotations

from .. import Tensor, empty, no_grad
from . import functional as F
from .linear import reset_uniform
from .module import Module
from .parameter import Parameter
from .showing import changed
from .sizes import pair, single, triple

_PADDINGS = {"same", "valid"}
_MODES = {"zeros", "reflect", "replicate", "circular"}


class _ConvNd(Module):
    """What all convolutions share; sizes are tuples with one number for each dimension."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: tuple[int, ...], stride: tuple[int, ...],
        padding: str | tuple[int, ...], dilation: tuple[int, ...], transposed: bool, output_padding: tuple[int, ...],
        groups: int, bias: bool, padding_mode: str, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__()
        _check(in_channels, out_channels, stride, padding, groups, padding_mode)
        self.in_channels, self.out_channels, self.kernel_size = in_channels, out_channels, kernel_size
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.transposed, self.output_padding = transposed, output_padding
        self.groups, self.padding_mode = groups, padding_mode
        self._reversed_padding_repeated_twice = _borders(padding, kernel_size, dilation)
        channels = (in_channels, out_channels // groups) if transposed else (out_channels, in_channels // groups)
        self.weight = Parameter(empty((*channels, *kernel_size), device=device, dtype=dtype))
        self.register_parameter("bias", Parameter(empty(out_channels, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        with no_grad():
            reset_uniform(self.weight, self.bias)

    def extra_repr(self) -> str:
        dims = len(self.kernel_size)
        windows = {"padding": (0,) * dims, "dilation": (1,) * dims, "output_padding": (0,) * dims}
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        text += changed(self, **windows, groups=1) + (", bias=False" if self.bias is None else "")
        return text + changed(self, padding_mode="zeros")

    def __setstate__(self, state):
        super().__setstate__(state)
        self.__dict__.setdefault("padding_mode", "zeros")


class _Conv(_ConvNd):
    """A convolution; `_conv` is the function, `_sizes` makes one size for each dimension."""

    _conv, _sizes = property(lambda self: F.conv2d), staticmethod(pair)

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, dilation=1, groups: int = 1,
        bias: bool = True, padding_mode: str = "zeros", device=None, dtype=None,
    ):  # fmt: skip
        padding = padding if isinstance(padding, str) else self._sizes(padding)
        sizes = self._sizes(kernel_size), self._sizes(stride), padding, self._sizes(dilation), False, self._sizes(0)
        super().__init__(in_channels, out_channels, *sizes, groups, bias, padding_mode, device, dtype)

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight, self.bias)

    def _conv_forward(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        padding = self.padding
        if self.padding_mode != "zeros":
            input = F.pad(input, self._reversed_padding_repeated_twice, mode=self.padding_mode)
            padding = (0,) * len(self.kernel_size)
        return self._conv(input, weight, bias, self.stride, padding, self.dilation, self.groups)


class Conv1d(_Conv):
    """A convolution of (N, C, L) or (C, L)."""

    _conv, _sizes = property(lambda self: F.conv1d), staticmethod(single)


class Conv2d(_Conv):
    """A convolution of (N, C, H, W) or (C, H, W)."""


class Conv3d(_Conv):
    """A convolution of (N, C, D, H, W) or (C, D, H, W)."""

    _conv, _sizes = property(lambda self: F.conv3d), staticmethod(triple)


class _ConvTransposeNd(_ConvNd):
    """What transposed convolutions share."""

    def __init__(self, in_channels: int, out_channels: int, *settings, padding_mode: str, device=None, dtype=None):
        if padding_mode != "zeros":
            raise ValueError(f'Only "zeros" padding mode is supported for {type(self).__name__}')
        super().__init__(in_channels, out_channels, *settings, padding_mode, device, dtype)  # type: ignore[call-arg]

    def forward(self, input: Tensor, output_size: list[int] | None = None) -> Tensor:
        if self.padding_mode != "zeros":
            raise ValueError(f"Only `zeros` padding mode is supported for {type(self).__name__}")
        extra = self.output_padding if output_size is None else self._output_padding(input, output_size)
        return self._conv(input, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation)

    def _output_padding(self, input: Tensor, output_size) -> list[int]:
        """What has to be added so that the output gets a certain size; ValueError where that is impossible."""
        dims = len(self.kernel_size)
        lead = 2 if input.dim() == dims + 2 else 1
        wanted = list(output_size)[lead:] if len(output_size) == lead + dims else list(output_size)
        if len(wanted) != dims:
            raise ValueError(
                f"ConvTranspose{dims}D: for {input.dim()}D input, output_size must have {dims} or {lead + dims} "
                f"elements (got {len(wanted)})"
            )
        settings = zip(input.shape[lead:], self.stride, self.padding, self.dilation, self.kernel_size)
        smallest = [(size - 1) * s - 2 * p + d * (k - 1) + 1 for size, s, p, d, k in settings]
        largest = [size + s - 1 for size, s in zip(smallest, self.stride)]
        if any(not low <= size <= high for low, size, high in zip(smallest, wanted, largest)):
            raise ValueError(
                f"requested an output size of {wanted}, but valid sizes range from {smallest} to {largest} (for an "
                f"input of {input.size()[2:]})"
            )
        return [size - low for size, low in zip(wanted, smallest)]


class _ConvTranspose(_ConvTransposeNd):
    """A transposed convolution; `_conv` is the function, `_sizes` makes one size for each dimension."""

    _conv, _sizes = property(lambda self: F.conv_transpose2d), staticmethod(pair)

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size, stride=1, padding=0, output_padding=0, groups: int = 1,
        bias: bool = True, dilation=1, padding_mode: str = "zeros", device=None, dtype=None,
    ):  # fmt: skip
        sizes = map(self._sizes, (kernel_size, stride, padding, dilation))
        settings = (*sizes, True, self._sizes(output_padding), groups, bias)
        super().__init__(in_channels, out_channels, *settings, padding_mode=padding_mode, device=device, dtype=dtype)


class ConvTranspose1d(_ConvTranspose):
    """A transposed convolution of (N, C, L) or (C, L)."""

    _conv, _sizes = property(lambda self: F.conv_transpose1d), staticmethod(single)


class ConvTranspose2d(_ConvTranspose):
    """A transposed convolution of (N, C, H, W) or (C, H, W)."""


class ConvTranspose3d(_ConvTranspose):
    """A transposed convolution of (N, C, D, H, W) or (C, D, H, W)."""

    _conv, _sizes = property(lambda self: F.conv_transpose3d), staticmethod(triple)


def _check(in_channels: int, out_channels: int, stride, padding, groups: int, padding_mode: str):
    if groups <= 0:
        raise ValueError("groups must be a positive integer")
    if in_channels % groups != 0:
        raise ValueError("in_channels must be divisible by groups")
    if out_channels % groups != 0:
        raise ValueError("out_channels must be divisible by groups")
    if isinstance(padding, str):
        if padding not in _PADDINGS:
            raise ValueError(f"Invalid padding string {padding!r}, should be one of {_PADDINGS}")
        if padding == "same" and any(s != 1 for s in stride):
            raise ValueError("padding='same' is not supported for strided convolutions")
    if padding_mode not in _MODES:
        raise ValueError(f"padding_mode must be one of {_MODES}, but got padding_mode='{padding_mode}'")


def _borders(padding, kernel_size: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[int, ...] | list[int]:
    """The padding in the form that `pad` takes: (before, after) from the last dimension to the first."""
    if padding == "valid":
        return [0, 0] * len(kernel_size)
    if padding == "same":
        totals = [d * (k - 1) for d, k in zip(dilation, kernel_size)]
        return [side for total in reversed(totals) for side in (total // 2, total - total // 2)]
    return tuple(p for p in reversed(padding) for _ in range(2))
