"""Convolutions with batch normalisation or ReLU that are trained on the grid."""

from __future__ import annotations

import math

from flambeau import nn
from flambeau.ao.nn import intrinsic as nni
from flambeau.ao.nn import qat
from flambeau.ao.nn.qat.modules.conv import sizes
from flambeau.ao.nn.qat.modules.trained import as_float, check_source
from flambeau.nn import functional as F
from flambeau.nn import init
from flambeau.nn.utils.fusion import fuse_conv_bn_weights

from .normalized import Normalized


class _ConvBnNd(nn.modules.conv._ConvNd, Normalized):
    """A convolution and a batch normalisation.

    Args:
        in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode: see nn.Conv2d.
        eps, momentum: see nn.BatchNorm2d.
        freeze_bn: whether the statistics stay.
        qconfig: says what puts the weight on the grid.
    """

    _version = 2
    _FLOAT_MODULE: type
    _FLOAT_CONV_MODULE: type
    _FLOAT_BN_MODULE: type
    _FLOAT_RELU_MODULE: type | None = None
    _FUSED_FLOAT_MODULE: type

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=None,
        padding_mode="zeros", eps=1e-05, momentum=0.1, freeze_bn=False, qconfig=None,
    ):  # fmt: skip
        super().__init__(  # the convolution of so many dimensions, which comes next among the bases
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, False, padding_mode
        )
        self._watch(type(self)._FLOAT_BN_MODULE(out_channels, eps, momentum), out_channels, bias, freeze_bn, qconfig)

    def reset_bn_parameters(self) -> None:
        """Draws new initial values of the normalisation and of the convolution's bias."""
        super().reset_bn_parameters()
        if self.bias is not None:
            bound = 1 / math.sqrt(init._calculate_fan_in_and_fan_out(self.weight)[0])
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        along = [1, -1] + [1] * (self.weight.dim() - 2)
        found = self._normalized(lambda weight: self._conv_forward(input, weight, None), along)
        return found if self._FLOAT_RELU_MODULE is None else F.relu(found)

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant=False):
        """The layer with the parameters of a fused one, which has a qconfig."""
        check_source(cls, cls._FLOAT_MODULE, mod, got=False)
        conv, bn = mod[0], mod[1]
        made = cls(*sizes(conv), conv.bias is not None, conv.padding_mode, bn.eps, bn.momentum, False, mod.qconfig)
        made._take(conv, bn)
        return made

    def to_float(self):
        """The convolution of numbers, with the normalisation as a part of its weight, and the ReLU of this layer."""
        kind = type(self)
        made = as_float(kind._FLOAT_CONV_MODULE(*sizes(self), self.bias is not None, self.padding_mode), self)
        made.weight, made.bias = self._folded(fuse_conv_bn_weights)
        if kind._FLOAT_RELU_MODULE is not None:
            made = kind._FUSED_FLOAT_MODULE(made, kind._FLOAT_RELU_MODULE())
        return made.train(self.training)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, missing_keys, *args):
        if local_metadata.get("version") in (None, 1):  # the normalisation was no module of its own
            older = {"weight": "gamma", "bias": "beta"}
            for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
                old, new = prefix + older.get(name, name), f"{prefix}bn.{name}"
                if old in state_dict:
                    state_dict[new] = state_dict.pop(old)
                elif new not in state_dict and strict:
                    missing_keys.append(new)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, strict, missing_keys, *args)


class ConvBn1d(_ConvBnNd, nn.Conv1d):
    """A Conv1d and a BatchNorm1d; arguments as of both, freeze_bn and qconfig."""

    _FLOAT_MODULE: type = nni.ConvBn1d
    _FLOAT_CONV_MODULE, _FLOAT_BN_MODULE = nn.Conv1d, nn.BatchNorm1d


class ConvBnReLU1d(ConvBn1d):
    """A Conv1d, a BatchNorm1d and a ReLU; arguments as of ConvBn1d."""

    _FLOAT_MODULE, _FLOAT_RELU_MODULE, _FUSED_FLOAT_MODULE = nni.ConvBnReLU1d, nn.ReLU, nni.ConvReLU1d


class ConvBn2d(_ConvBnNd, nn.Conv2d):
    """A Conv2d and a BatchNorm2d; arguments as of both, freeze_bn and qconfig."""

    _FLOAT_MODULE: type = nni.ConvBn2d
    _FLOAT_CONV_MODULE, _FLOAT_BN_MODULE = nn.Conv2d, nn.BatchNorm2d


class ConvBnReLU2d(ConvBn2d):
    """A Conv2d, a BatchNorm2d and a ReLU; arguments as of ConvBn2d."""

    _FLOAT_MODULE, _FLOAT_RELU_MODULE, _FUSED_FLOAT_MODULE = nni.ConvBnReLU2d, nn.ReLU, nni.ConvReLU2d


class ConvBn3d(_ConvBnNd, nn.Conv3d):
    """A Conv3d and a BatchNorm3d; arguments as of both, freeze_bn and qconfig."""

    _FLOAT_MODULE: type = nni.ConvBn3d
    _FLOAT_CONV_MODULE, _FLOAT_BN_MODULE = nn.Conv3d, nn.BatchNorm3d


class ConvBnReLU3d(ConvBn3d):
    """A Conv3d, a BatchNorm3d and a ReLU; arguments as of ConvBn3d."""

    _FLOAT_MODULE, _FLOAT_RELU_MODULE, _FUSED_FLOAT_MODULE = nni.ConvBnReLU3d, nn.ReLU, nni.ConvReLU3d


class _Rectified(qat.modules.conv._ConvNd):
    """A convolution and a ReLU."""

    def forward(self, input):
        return F.relu(super().forward(input))


class ConvReLU1d(_Rectified, qat.Conv1d, nni._FusedModule):
    """A Conv1d and a ReLU; arguments as of torch.ao.nn.qat.Conv1d."""

    _FLOAT_MODULE = nni.ConvReLU1d


class ConvReLU2d(_Rectified, qat.Conv2d, nni._FusedModule):
    """A Conv2d and a ReLU; arguments as of torch.ao.nn.qat.Conv2d."""

    _FLOAT_MODULE = nni.ConvReLU2d


class ConvReLU3d(_Rectified, qat.Conv3d, nni._FusedModule):
    """A Conv3d and a ReLU; arguments as of torch.ao.nn.qat.Conv3d."""

    _FLOAT_MODULE = nni.ConvReLU3d


def update_bn_stats(mod) -> None:
    """Lets the statistics of a convolution follow the batches; for `model.apply`."""
    if isinstance(mod, _ConvBnNd):
        mod.update_bn_stats()


def freeze_bn_stats(mod) -> None:
    """Lets the statistics of a convolution stay; for `model.apply`."""
    if isinstance(mod, _ConvBnNd):
        mod.freeze_bn_stats()
