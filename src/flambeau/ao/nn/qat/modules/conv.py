"""Convolutions that are trained on the grid."""

from __future__ import annotations

from flambeau import nn
from flambeau.ao.nn.intrinsic.modules.fused import _FusedModule

from .trained import as_float, check_qconfig, check_source


def sizes(conv: nn.Module) -> tuple:
    """The first arguments of the constructors of convolutions, channels to groups."""
    names = ["in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups"]
    return tuple(getattr(conv, name) for name in names)


class _ConvNd(nn.modules.conv._ConvNd):
    """A convolution with the weight on the grid.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode: see nn.Conv2d.
        device, dtype: see there.
        qconfig: says what puts the weight on the grid.
    """

    _FLOAT_MODULE: type
    _FLOAT_CONV_MODULE: type

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True,
        padding_mode="zeros", qconfig=None, device=None, dtype=None,
    ):  # fmt: skip
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(  # the convolution of so many dimensions, which comes next among the bases
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode,
            **factory_kwargs,
        )  # fmt: skip
        check_qconfig(qconfig)
        self.qconfig = qconfig
        self.weight_fake_quant = qconfig.weight(factory_kwargs=factory_kwargs)

    def forward(self, input):
        return self._conv_forward(input, self.weight_fake_quant(self.weight), self.bias)

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant=False):
        """The layer with the parameters of another, which has a qconfig."""
        check_source(cls, cls._FLOAT_MODULE, mod)
        mod = mod[0] if isinstance(mod, _FusedModule) else mod
        made = cls(*sizes(mod), bias=mod.bias is not None, padding_mode=mod.padding_mode, qconfig=mod.qconfig)
        made.weight, made.bias = mod.weight, mod.bias
        return made

    def to_float(self):
        """The layer of numbers, with the ReLU that is a part of this one."""
        made = as_float(type(self)._FLOAT_CONV_MODULE(*sizes(self), self.bias is not None, self.padding_mode), self)
        return (
            type(self)._FLOAT_MODULE(made, nn.ReLU()).train(self.training) if isinstance(self, _FusedModule) else made
        )


class Conv1d(_ConvNd, nn.Conv1d):
    """A Conv1d with the weight on the grid; arguments as of nn.Conv1d, and qconfig."""

    _FLOAT_MODULE: type = nn.Conv1d
    _FLOAT_CONV_MODULE = nn.Conv1d


class Conv2d(_ConvNd, nn.Conv2d):
    """A Conv2d with the weight on the grid; arguments as of nn.Conv2d, and qconfig."""

    _FLOAT_MODULE: type = nn.Conv2d
    _FLOAT_CONV_MODULE = nn.Conv2d


class Conv3d(_ConvNd, nn.Conv3d):
    """A Conv3d with the weight on the grid; arguments as of nn.Conv3d, and qconfig."""

    _FLOAT_MODULE: type = nn.Conv3d
    _FLOAT_CONV_MODULE = nn.Conv3d
