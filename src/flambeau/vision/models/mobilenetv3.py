"""MobileNet v3 (Howard et al., 2019): inverted residuals with squeeze-and-excitation and hard swish."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import flambeau as torch
from flambeau import nn

from ..ops.misc import Conv2dNormActivation, SqueezeExcitation
from ._builders import model
from ._initial import initialize, small_normal
from ._utils import _make_divisible

__all__ = [
    "MobileNetV3", "MobileNet_V3_Large_Weights", "MobileNet_V3_Small_Weights", "mobilenet_v3_large",
    "mobilenet_v3_small",
]  # fmt: skip


class InvertedResidualConfig:
    """What a block is made of.

    Args:
        input_channels: channels of the input.
        kernel: the depthwise filters' size.
        expanded_channels: channels of the depthwise convolution.
        out_channels: channels of the output.
        use_se: whether channels are scaled by squeeze-and-excitation.
        activation: "HS" for hard swish, "RE" for ReLU.
        stride: 1 or 2.
        dilation: of the depthwise convolution; more than 1 takes the stride's place.
        width_mult: how many times as many channels there are.
    """

    def __init__(
        self,
        input_channels: int,
        kernel: int,
        expanded_channels: int,
        out_channels: int,
        use_se: bool,
        activation: str,
        stride: int,
        dilation: int,
        width_mult: float,
    ) -> None:
        self.input_channels = self.adjust_channels(input_channels, width_mult)
        self.kernel = kernel
        self.expanded_channels = self.adjust_channels(expanded_channels, width_mult)
        self.out_channels = self.adjust_channels(out_channels, width_mult)
        self.use_se = use_se
        self.use_hs = activation == "HS"
        self.stride = stride
        self.dilation = dilation

    @staticmethod
    def adjust_channels(channels: int, width_mult: float) -> int:
        """A number of channels times a factor, as a multiple of 8."""
        return _make_divisible(channels * width_mult, 8)


_scale_channels = partial(SqueezeExcitation, scale_activation=nn.Hardsigmoid)


class InvertedResidual(nn.Module):
    """A 1x1 convolution to many channels, a depthwise one, squeeze-and-excitation, and a 1x1 convolution to few.

    Args:
        cnf: what it is made of.
        norm_layer: makes the normalisation of a number of channels.
        se_layer: makes the squeeze-and-excitation.

    Raises:
        ValueError: a stride that is neither 1 nor 2.
    """

    def __init__(
        self,
        cnf: InvertedResidualConfig,
        norm_layer: Callable[..., nn.Module],
        se_layer: Callable[..., nn.Module] = _scale_channels,
    ) -> None:
        super().__init__()
        if not 1 <= cnf.stride <= 2:
            raise ValueError("illegal stride value")
        self.use_res_connect = cnf.stride == 1 and cnf.input_channels == cnf.out_channels
        wide = cnf.expanded_channels
        layer = partial(
            Conv2dNormActivation, norm_layer=norm_layer, activation_layer=nn.Hardswish if cnf.use_hs else nn.ReLU
        )
        layers: list[nn.Module] = [layer(cnf.input_channels, wide, kernel_size=1)] if wide != cnf.input_channels else []
        stride = 1 if cnf.dilation > 1 else cnf.stride
        layers.append(layer(wide, wide, kernel_size=cnf.kernel, stride=stride, dilation=cnf.dilation, groups=wide))
        if cnf.use_se:
            layers.append(se_layer(wide, _make_divisible(wide // 4, 8)))
        layers.append(layer(wide, cnf.out_channels, kernel_size=1, activation_layer=None))
        self.block = nn.Sequential(*layers)
        self.out_channels = cnf.out_channels
        self._is_cn = cnf.stride > 1

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        result = self.block(input)
        if self.use_res_connect:
            result += input
        return result


class MobileNetV3(nn.Module):
    """MobileNet v3.

    Args:
        inverted_residual_setting: what the blocks are made of.
        last_channel: features before the last layer.
        num_classes: the number of classes.
        block: makes a block.
        norm_layer: makes the normalisation of a number of channels.
        dropout: the probability before the last layer.
        **kwargs: what a builder's caller says of the blocks; not looked at.

    Raises:
        ValueError: no blocks.
        TypeError: blocks of another type.
    """

    def __init__(
        self,
        inverted_residual_setting: Sequence[InvertedResidualConfig],
        last_channel: int,
        num_classes: int = 1000,
        block: Callable[..., nn.Module] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
        dropout: float = 0.2,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        blocks = inverted_residual_setting
        if not blocks:
            raise ValueError("The inverted_residual_setting should not be empty")
        if not isinstance(blocks, Sequence) or not all(isinstance(cnf, InvertedResidualConfig) for cnf in blocks):
            raise TypeError("The inverted_residual_setting should be List[InvertedResidualConfig]")
        block = block or InvertedResidual
        norm_layer = norm_layer or partial(nn.BatchNorm2d, eps=0.001, momentum=0.01)
        layer = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=nn.Hardswish)
        inner = blocks[-1].out_channels
        self.features = nn.Sequential(
            layer(3, blocks[0].input_channels, kernel_size=3, stride=2),
            *(block(cnf, norm_layer) for cnf in blocks),
            layer(inner, 6 * inner, kernel_size=1),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            nn.Linear(6 * inner, last_channel),
            nn.Hardswish(inplace=True),
            nn.Dropout(p=dropout, inplace=True),
            nn.Linear(last_channel, num_classes),
        )
        initialize(self, linear=small_normal)

    def _forward_impl(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._forward_impl(x)


# Of each block: channels in, filter size, channels inside and out, squeeze-and-excitation, activation, stride; the last
# three blocks are those whose tail may be reduced and dilated. At the end: features before the last layer.
_LARGE: tuple[list[Any], int] = (
    [
        (16, 3, 16, 16, False, "RE", 1),
        (16, 3, 64, 24, False, "RE", 2),
        (24, 3, 72, 24, False, "RE", 1),
        (24, 5, 72, 40, True, "RE", 2),
        (40, 5, 120, 40, True, "RE", 1),
        (40, 5, 120, 40, True, "RE", 1),
        (40, 3, 240, 80, False, "HS", 2),
        (80, 3, 200, 80, False, "HS", 1),
        (80, 3, 184, 80, False, "HS", 1),
        (80, 3, 184, 80, False, "HS", 1),
        (80, 3, 480, 112, True, "HS", 1),
        (112, 3, 672, 112, True, "HS", 1),
        (112, 5, 672, 160, True, "HS", 2),
        (160, 5, 960, 160, True, "HS", 1),
        (160, 5, 960, 160, True, "HS", 1),
    ],
    1280,
)
_SMALL: tuple[list[Any], int] = (
    [
        (16, 3, 16, 16, True, "RE", 2),
        (16, 3, 72, 24, False, "RE", 2),
        (24, 3, 88, 24, False, "RE", 1),
        (24, 5, 96, 40, True, "HS", 2),
        (40, 5, 240, 40, True, "HS", 1),
        (40, 5, 240, 40, True, "HS", 1),
        (40, 5, 120, 48, True, "HS", 1),
        (48, 5, 144, 48, True, "HS", 1),
        (48, 5, 288, 96, True, "HS", 2),
        (96, 5, 576, 96, True, "HS", 1),
        (96, 5, 576, 96, True, "HS", 1),
    ],
    1024,
)


def _mobilenet_v3(
    table: tuple[list[Any], int],
    width_mult: float = 1.0,
    reduced_tail: bool = False,
    dilated: bool = False,
    **kwargs: Any,
) -> MobileNetV3:
    """A network of a table, whose last three blocks may be half as wide, and dilated rather than strided."""
    rows, last_channel = table
    divider, dilation = 2 if reduced_tail else 1, 2 if dilated else 1
    config: Any = InvertedResidualConfig
    blocks = [config(*row, 1, width_mult) for row in rows[:-3]]
    for i, (inside, size, wide, outside, *rest) in enumerate(rows[-3:]):
        if i > 0:
            inside, wide = inside // divider, wide // divider
        row = (inside, size, wide, outside // divider, *rest)
        blocks.append(config(*row, dilation, width_mult))
    last = InvertedResidualConfig.adjust_channels(last_channel // divider, width_mult)
    return MobileNetV3(blocks, last, **kwargs)


MobileNet_V3_Large_Weights, mobilenet_v3_large = model(
    "MobileNet_V3_Large", "MobileNet v3, large.", _mobilenet_v3, _LARGE
)
MobileNet_V3_Small_Weights, mobilenet_v3_small = model(
    "MobileNet_V3_Small", "MobileNet v3, small.", _mobilenet_v3, _SMALL
)
