"""EfficientNet (Tan and Le, 2019) and EfficientNet v2 (2021): width, depth and resolution scaled together."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import flambeau as torch
from flambeau import nn

from ..ops.misc import Conv2dNormActivation, SqueezeExcitation
from ..ops.stochastic_depth import StochasticDepth
from ._builders import model
from ._initial import initialize
from ._utils import _make_divisible

__all__ = [
    "EfficientNet", "EfficientNet_B0_Weights", "EfficientNet_B1_Weights", "EfficientNet_B2_Weights",
    "EfficientNet_B3_Weights", "EfficientNet_B4_Weights", "EfficientNet_B5_Weights", "EfficientNet_B6_Weights",
    "EfficientNet_B7_Weights", "EfficientNet_V2_S_Weights", "EfficientNet_V2_M_Weights", "EfficientNet_V2_L_Weights",
    "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4", "efficientnet_b5",
    "efficientnet_b6", "efficientnet_b7", "efficientnet_v2_s", "efficientnet_v2_m", "efficientnet_v2_l",
]  # fmt: skip


@dataclass
class _MBConvConfig:
    """A stage: how wide its blocks are inside, filter size, stride, channels in and out, their number and kind."""

    expand_ratio: float
    kernel: int
    stride: int
    input_channels: int
    out_channels: int
    num_layers: int
    block: Callable[..., nn.Module]

    @staticmethod
    def adjust_channels(channels: int, width_mult: float, min_value: int | None = None) -> int:
        """A number of channels times a factor, as a multiple of 8."""
        return _make_divisible(channels * width_mult, 8, min_value)


class MBConvConfig(_MBConvConfig):
    """A stage of MBConv blocks, with factors for its channels (`width_mult`) and for its blocks (`depth_mult`)."""

    def __init__(
        self,
        expand_ratio: float,
        kernel: int,
        stride: int,
        input_channels: int,
        out_channels: int,
        num_layers: int,
        width_mult: float = 1.0,
        depth_mult: float = 1.0,
        block: Callable[..., nn.Module] | None = None,
    ) -> None:
        channels = self.adjust_channels(input_channels, width_mult), self.adjust_channels(out_channels, width_mult)
        layers = self.adjust_depth(num_layers, depth_mult)
        super().__init__(expand_ratio, kernel, stride, *channels, layers, block or MBConv)

    @staticmethod
    def adjust_depth(num_layers: int, depth_mult: float) -> int:
        """A number of blocks times a factor, rounded up."""
        return math.ceil(num_layers * depth_mult)


class FusedMBConvConfig(_MBConvConfig):
    """A stage of FusedMBConv blocks."""

    def __init__(
        self,
        expand_ratio: float,
        kernel: int,
        stride: int,
        input_channels: int,
        out_channels: int,
        num_layers: int,
        block: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__(expand_ratio, kernel, stride, input_channels, out_channels, num_layers, block or FusedMBConv)


class _Residual(nn.Module):
    """A block beside a shortcut, where size and channels stay; in training it is left out at random.

    Args:
        cnf: the block's stage.
        layers: what it is made of.
        stochastic_depth_prob: the probability of being left out.
    """

    def __init__(self, cnf: _MBConvConfig, layers: list[nn.Module], stochastic_depth_prob: float) -> None:
        super().__init__()
        self.use_res_connect = cnf.stride == 1 and cnf.input_channels == cnf.out_channels
        self.block = nn.Sequential(*layers)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")
        self.out_channels = cnf.out_channels

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        result = self.block(input)
        if self.use_res_connect:
            result = self.stochastic_depth(result)
            result += input
        return result


def _check_stride(cnf: _MBConvConfig) -> None:
    if not 1 <= cnf.stride <= 2:
        raise ValueError("illegal stride value")


class MBConv(_Residual):
    """A 1x1 convolution to many channels, a depthwise one, squeeze-and-excitation, and a 1x1 convolution to few.

    Args:
        cnf: the block's stage.
        stochastic_depth_prob: the probability of being left out in training.
        norm_layer: makes the normalisation of a number of channels.
        se_layer: makes the squeeze-and-excitation.

    Raises:
        ValueError: a stride that is neither 1 nor 2.
    """

    def __init__(
        self,
        cnf: MBConvConfig,
        stochastic_depth_prob: float,
        norm_layer: Callable[..., nn.Module],
        se_layer: Callable[..., nn.Module] = SqueezeExcitation,
    ) -> None:
        _check_stride(cnf)
        layer = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=nn.SiLU)
        inside, wide = cnf.input_channels, cnf.adjust_channels(cnf.input_channels, cnf.expand_ratio)
        layers: list[nn.Module] = [layer(inside, wide, kernel_size=1)] if wide != inside else []
        layers += [
            layer(wide, wide, kernel_size=cnf.kernel, stride=cnf.stride, groups=wide),
            se_layer(wide, max(1, inside // 4), activation=partial(nn.SiLU, inplace=True)),
            layer(wide, cnf.out_channels, kernel_size=1, activation_layer=None),
        ]
        super().__init__(cnf, layers, stochastic_depth_prob)


class FusedMBConv(_Residual):
    """A convolution to many channels, and a 1x1 convolution to few; the arguments are those of MBConv."""

    def __init__(
        self, cnf: FusedMBConvConfig, stochastic_depth_prob: float, norm_layer: Callable[..., nn.Module]
    ) -> None:
        _check_stride(cnf)
        layer = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=nn.SiLU)
        inside, wide = cnf.input_channels, cnf.adjust_channels(cnf.input_channels, cnf.expand_ratio)
        first = partial(layer, kernel_size=cnf.kernel, stride=cnf.stride)
        layers: list[nn.Module]
        if wide == inside:
            layers = [first(inside, cnf.out_channels)]
        else:
            layers = [first(inside, wide), layer(wide, cnf.out_channels, kernel_size=1, activation_layer=None)]
        super().__init__(cnf, layers, stochastic_depth_prob)


class EfficientNet(nn.Module):
    """EfficientNet of either version.

    Args:
        inverted_residual_setting: the stages.
        dropout: the probability before the last layer.
        stochastic_depth_prob: the probability that the last block is left out in training; earlier ones are less often.
        num_classes: the number of classes.
        norm_layer: makes the normalisation of a number of channels; BatchNorm2d by default.
        last_channel: channels of the last convolution; four times those before it by default.

    Raises:
        ValueError: no stages.
        TypeError: stages of another type.
    """

    def __init__(
        self,
        inverted_residual_setting: Sequence[MBConvConfig | FusedMBConvConfig],
        dropout: float,
        stochastic_depth_prob: float = 0.2,
        num_classes: int = 1000,
        norm_layer: Callable[..., nn.Module] | None = None,
        last_channel: int | None = None,
    ) -> None:
        super().__init__()
        stages = inverted_residual_setting
        if not stages:
            raise ValueError("The inverted_residual_setting should not be empty")
        if not isinstance(stages, Sequence) or not all(isinstance(stage, _MBConvConfig) for stage in stages):
            raise TypeError("The inverted_residual_setting should be List[MBConvConfig]")
        norm_layer = norm_layer or nn.BatchNorm2d
        layer = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=nn.SiLU)
        inner = stages[-1].out_channels
        last = 4 * inner if last_channel is None else last_channel
        self.features = nn.Sequential(
            layer(3, stages[0].input_channels, kernel_size=3, stride=2),
            *_stages(stages, stochastic_depth_prob, norm_layer),
            layer(inner, last, kernel_size=1),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(p=dropout, inplace=True), nn.Linear(last, num_classes))
        initialize(self, linear=_uniform)

    def _forward_impl(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._forward_impl(x)


def _stages(stages: Sequence[_MBConvConfig], stochastic_depth_prob: float, norm_layer) -> list[nn.Sequential]:
    """The stages' blocks; the deeper one lies, the more often it is left out in training."""
    total = sum(stage.num_layers for stage in stages)
    made, depth = [], 0
    for stage in stages:
        later = copy.copy(stage)
        later.input_channels, later.stride = stage.out_channels, 1
        blocks = []
        for cnf in (stage, *[later] * (stage.num_layers - 1)):
            blocks.append(cnf.block(cnf, stochastic_depth_prob * float(depth) / total, norm_layer))
            depth += 1
        made.append(nn.Sequential(*blocks))
    return made


def _uniform(weight: torch.Tensor) -> None:
    """Draws a linear layer's weight by the number of its outputs."""
    bound = 1.0 / math.sqrt(weight.shape[0])
    nn.init.uniform_(weight, -bound, bound)


# Of each stage: how wide it is inside, filter size, stride, channels in and out, blocks.
_FIRST_VERSION = [
    (1, 3, 1, 32, 16, 1),
    (6, 3, 2, 16, 24, 2),
    (6, 5, 2, 24, 40, 2),
    (6, 3, 2, 40, 80, 3),
    (6, 5, 1, 80, 112, 3),
    (6, 5, 2, 112, 192, 4),
    (6, 3, 1, 192, 320, 1),
]
# The first three stages of the second version are of FusedMBConv.
_SECOND_VERSION = {
    "s": [(1, 3, 1, 24, 24, 2), (4, 3, 2, 24, 48, 4), (4, 3, 2, 48, 64, 4), (4, 3, 2, 64, 128, 6),
          (6, 3, 1, 128, 160, 9), (6, 3, 2, 160, 256, 15)],
    "m": [(1, 3, 1, 24, 24, 3), (4, 3, 2, 24, 48, 5), (4, 3, 2, 48, 80, 5), (4, 3, 2, 80, 160, 7),
          (6, 3, 1, 160, 176, 14), (6, 3, 2, 176, 304, 18), (6, 3, 1, 304, 512, 5)],
    "l": [(1, 3, 1, 32, 32, 4), (4, 3, 2, 32, 64, 7), (4, 3, 2, 64, 96, 7), (4, 3, 2, 96, 192, 10),
          (6, 3, 1, 192, 224, 19), (6, 3, 2, 224, 384, 25), (6, 3, 1, 384, 640, 7)],
}  # fmt: skip


def _first(width_mult: float, depth_mult: float, dropout: float, /, **kwargs: Any) -> EfficientNet:
    """A network of the first version."""
    stages = [MBConvConfig(*row, width_mult=width_mult, depth_mult=depth_mult) for row in _FIRST_VERSION]
    return EfficientNet(stages, kwargs.pop("dropout", dropout), last_channel=None, **kwargs)


def _first_large(*numbers: float, **kwargs: Any) -> EfficientNet:
    """A large network of the first version, whose statistics move fast."""
    kwargs.setdefault("norm_layer", partial(nn.BatchNorm2d, eps=0.001, momentum=0.01))
    return _first(*numbers, **kwargs)


def _second(size: str, dropout: float, /, **kwargs: Any) -> EfficientNet:
    """A network of the second version."""
    fused, plain = _SECOND_VERSION[size][:3], _SECOND_VERSION[size][3:]
    stages: list[Any] = [*(FusedMBConvConfig(*row) for row in fused), *(MBConvConfig(*row) for row in plain)]
    dropout = kwargs.pop("dropout", dropout)
    return EfficientNet(stages, dropout, last_channel=1280, norm_layer=partial(nn.BatchNorm2d, eps=1e-03), **kwargs)


EfficientNet_B0_Weights, efficientnet_b0 = model("EfficientNet_B0", "EfficientNet B0.", _first, 1.0, 1.0, 0.2)
EfficientNet_B1_Weights, efficientnet_b1 = model("EfficientNet_B1", "EfficientNet B1.", _first, 1.0, 1.1, 0.2)
EfficientNet_B2_Weights, efficientnet_b2 = model("EfficientNet_B2", "EfficientNet B2.", _first, 1.1, 1.2, 0.3)
EfficientNet_B3_Weights, efficientnet_b3 = model("EfficientNet_B3", "EfficientNet B3.", _first, 1.2, 1.4, 0.3)
EfficientNet_B4_Weights, efficientnet_b4 = model("EfficientNet_B4", "EfficientNet B4.", _first, 1.4, 1.8, 0.4)
EfficientNet_B5_Weights, efficientnet_b5 = model("EfficientNet_B5", "EfficientNet B5.", _first_large, 1.6, 2.2, 0.4)
EfficientNet_B6_Weights, efficientnet_b6 = model("EfficientNet_B6", "EfficientNet B6.", _first_large, 1.8, 2.6, 0.5)
EfficientNet_B7_Weights, efficientnet_b7 = model("EfficientNet_B7", "EfficientNet B7.", _first_large, 2.0, 3.1, 0.5)
EfficientNet_V2_S_Weights, efficientnet_v2_s = model("EfficientNet_V2_S", "EfficientNet v2, small.", _second, "s", 0.2)
EfficientNet_V2_M_Weights, efficientnet_v2_m = model("EfficientNet_V2_M", "EfficientNet v2, medium.", _second, "m", 0.3)
EfficientNet_V2_L_Weights, efficientnet_v2_l = model("EfficientNet_V2_L", "EfficientNet v2, large.", _second, "l", 0.4)
