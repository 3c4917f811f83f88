"""RegNet (Radosavovic et al., 2020): residual networks whose widths follow a line, quantised to few stages."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import Any

import flambeau as torch
from flambeau import nn

from ..ops.misc import Conv2dNormActivation, SqueezeExcitation
from ._builders import model
from ._initial import small_normal
from ._utils import _make_divisible

__all__ = [
    "RegNet",
    *(f"RegNet_Y_{size}_Weights" for size in ("400MF", "800MF", "1_6GF", "3_2GF", "8GF", "16GF", "32GF", "128GF")),
    *(f"RegNet_X_{size}_Weights" for size in ("400MF", "800MF", "1_6GF", "3_2GF", "8GF", "16GF", "32GF")),
    *(f"regnet_y_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf", "128gf")),
    *(f"regnet_x_{size}" for size in ("400mf", "800mf", "1_6gf", "3_2gf", "8gf", "16gf", "32gf")),
]

Layer = Callable[..., nn.Module]


class SimpleStemIN(Conv2dNormActivation):
    """The first convolution: 3x3, of stride 2."""

    def __init__(self, width_in: int, width_out: int, norm_layer: Layer, activation_layer: Layer) -> None:
        options: dict[str, Any] = {"norm_layer": norm_layer, "activation_layer": activation_layer}
        super().__init__(width_in, width_out, kernel_size=3, stride=2, **options)


class BottleneckTransform(nn.Sequential):
    """A 3x3 convolution in groups, and perhaps squeeze-and-excitation, between two 1x1 convolutions.

    Args:
        width_in: channels of the input.
        width_out: channels of the output.
        stride: of the 3x3 convolution.
        norm_layer: makes the normalisation of a number of channels.
        activation_layer: makes an activation.
        group_width: channels of a group.
        bottleneck_multiplier: how many times `width_out` the 3x3 convolution is wide.
        se_ratio: how many times `width_in` the squeeze-and-excitation is wide; None for none.
    """

    def __init__(
        self,
        width_in: int,
        width_out: int,
        stride: int,
        norm_layer: Layer,
        activation_layer: Layer,
        group_width: int,
        bottleneck_multiplier: float,
        se_ratio: float | None,
    ) -> None:
        layer = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=activation_layer)
        inner = round(width_out * bottleneck_multiplier)
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        layers["a"] = layer(width_in, inner, kernel_size=1, stride=1)
        layers["b"] = layer(inner, inner, kernel_size=3, stride=stride, groups=inner // group_width)
        if se_ratio:
            layers["se"] = SqueezeExcitation(inner, round(se_ratio * width_in), activation=activation_layer)
        layers["c"] = layer(inner, width_out, kernel_size=1, stride=1, activation_layer=None)
        super().__init__(layers)


class ResBottleneckBlock(nn.Module):
    """A BottleneckTransform, whose arguments it has, beside a shortcut."""

    def __init__(
        self,
        width_in: int,
        width_out: int,
        stride: int,
        norm_layer: Layer,
        activation_layer: Layer,
        group_width: int = 1,
        bottleneck_multiplier: float = 1.0,
        se_ratio: float | None = None,
    ) -> None:
        super().__init__()
        self.proj = None
        if width_in != width_out or stride != 1:
            options: dict[str, Any] = {"norm_layer": norm_layer, "activation_layer": None}
            self.proj = Conv2dNormActivation(width_in, width_out, kernel_size=1, stride=stride, **options)
        layers = (norm_layer, activation_layer)
        self.f = BottleneckTransform(width_in, width_out, stride, *layers, group_width, bottleneck_multiplier, se_ratio)
        self.activation = activation_layer(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        shortcut = x if self.proj is None else self.proj(x)
        return self.activation(shortcut + self.f(x))


class AnyStage(nn.Sequential):
    """Blocks of one width, of which the first has the stride; further arguments are the blocks'."""

    def __init__(
        self,
        width_in: int,
        width_out: int,
        stride: int,
        depth: int,
        block_constructor: Layer,
        norm_layer: Layer,
        activation_layer: Layer,
        group_width: int,
        bottleneck_multiplier: float,
        se_ratio: float | None = None,
        stage_index: int = 0,
    ) -> None:
        super().__init__()
        options = (norm_layer, activation_layer, group_width, bottleneck_multiplier, se_ratio)
        for i in range(depth):
            sizes = (width_in, width_out, stride) if i == 0 else (width_out, width_out, 1)
            self.add_module(f"block{stage_index}-{i}", block_constructor(*sizes, *options))


class BlockParams:
    """What the stages are made of: lists with one element for each stage, and the squeeze-and-excitation's ratio."""

    def __init__(
        self,
        depths: list[int],
        widths: list[int],
        group_widths: list[int],
        bottleneck_multipliers: list[float],
        strides: list[int],
        se_ratio: float | None = None,
    ) -> None:
        self.depths = depths
        self.widths = widths
        self.group_widths = group_widths
        self.bottleneck_multipliers = bottleneck_multipliers
        self.strides = strides
        self.se_ratio = se_ratio

    @classmethod
    def from_init_params(
        cls,
        depth: int,
        w_0: int,
        w_a: float,
        w_m: float,
        group_width: int,
        bottleneck_multiplier: float = 1.0,
        se_ratio: float | None = None,
        **kwargs: Any,
    ) -> BlockParams:
        """Stages of a few numbers.

        Args:
            depth: the number of blocks.
            w_0: the width that the first would have.
            w_a: how much wider each next one would be.
            w_m: the factor between widths, to whose powers those are rounded.
            group_width: channels of a group.
            bottleneck_multiplier: as of BottleneckTransform.
            se_ratio: as of BottleneckTransform.
            **kwargs: not looked at.

        Raises:
            ValueError: numbers that give no widths.
        """
        if w_a < 0 or w_0 <= 0 or w_m <= 1 or w_0 % 8 != 0:
            raise ValueError("Invalid RegNet settings")
        powers = torch.round(torch.log((torch.arange(depth) * w_a + w_0) / w_0) / math.log(w_m))
        block_widths = (torch.round(w_0 * torch.pow(w_m, powers) / 8) * 8).int().tolist()
        stages = [(width, len(list(blocks))) for width, blocks in groupby(block_widths)]
        multipliers = [bottleneck_multiplier] * len(stages)
        widths, group_widths = cls._adjust_widths_groups_compatibilty(
            [width for width, _ in stages], multipliers, [group_width] * len(stages)
        )
        return cls([blocks for _, blocks in stages], widths, group_widths, multipliers, [2] * len(stages), se_ratio)

    def _get_expanded_params(self) -> Iterator[tuple[int, int, int, int, float]]:
        return zip(self.widths, self.strides, self.depths, self.group_widths, self.bottleneck_multipliers)

    @staticmethod
    def _adjust_widths_groups_compatibilty(
        stage_widths: list[int], bottleneck_ratios: list[float], group_widths: list[int]
    ) -> tuple[list[int], list[int]]:
        """Widths that groups divide, and groups that are no wider than what they divide."""
        inner = [int(width * ratio) for width, ratio in zip(stage_widths, bottleneck_ratios)]
        groups = [min(group, width) for group, width in zip(group_widths, inner)]
        inner = [_make_divisible(width, group) for width, group in zip(inner, groups)]
        return [int(width / ratio) for width, ratio in zip(inner, bottleneck_ratios)], groups


class RegNet(nn.Module):
    """RegNet.

    Args:
        block_params: what the stages are made of.
        num_classes: the number of classes.
        stem_width: channels of the first convolution.
        stem_type: makes the first convolution.
        block_type: makes a block.
        norm_layer: makes the normalisation of a number of channels; BatchNorm2d by default.
        activation: makes an activation; ReLU by default.
    """

    def __init__(
        self,
        block_params: BlockParams,
        num_classes: int = 1000,
        stem_width: int = 32,
        stem_type: Layer | None = None,
        block_type: Layer | None = None,
        norm_layer: Layer | None = None,
        activation: Layer | None = None,
    ) -> None:
        super().__init__()
        layers = (norm_layer or nn.BatchNorm2d, activation or nn.ReLU)
        self.stem = (stem_type or SimpleStemIN)(3, stem_width, *layers)
        stages: OrderedDict[str, nn.Module] = OrderedDict()
        width = stem_width
        for i, (channels, stride, depth, group, ratio) in enumerate(block_params._get_expanded_params(), start=1):
            kind = (block_type or ResBottleneckBlock, *layers)
            stages[f"block{i}"] = AnyStage(
                width, channels, stride, depth, *kind, group, ratio, block_params.se_ratio, stage_index=i
            )
            width = channels
        self.trunk_output = nn.Sequential(stages)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(in_features=width, out_features=num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):  # those of squeeze-and-excitation keep the biases that they were made with
                fan_out = m.kernel_size[0] * m.kernel_size[1] * m.out_channels
                nn.init.normal_(m.weight, mean=0.0, std=math.sqrt(2.0 / fan_out))
            elif isinstance(m, nn.Linear):
                small_normal(m.weight)
                nn.init.zeros_(m.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(self.avgpool(self.trunk_output(self.stem(x))).flatten(start_dim=1))


def _regnet(stages: BlockParams, **kwargs: Any) -> RegNet:
    norm_layer = kwargs.pop("norm_layer", partial(nn.BatchNorm2d, eps=1e-05, momentum=0.1))
    return RegNet(stages, norm_layer=norm_layer, **kwargs)


def _x(*numbers: Any, **kwargs: Any) -> RegNet:
    """A network of depth, w_0, w_a, w_m and group_width, and of what a builder's caller says."""
    return _regnet(BlockParams.from_init_params(*numbers, **kwargs), **kwargs)


def _y(*numbers: Any, **kwargs: Any) -> RegNet:
    """The same with squeeze-and-excitation."""
    return _regnet(BlockParams.from_init_params(*numbers, se_ratio=0.25, **kwargs), **kwargs)  # type: ignore[misc]


RegNet_Y_400MF_Weights, regnet_y_400mf = model("RegNet_Y_400MF", "RegNet Y of 400 Mflop.", _y, 16, 48, 27.89, 2.09, 8)
RegNet_Y_800MF_Weights, regnet_y_800mf = model("RegNet_Y_800MF", "RegNet Y of 800 Mflop.", _y, 14, 56, 38.84, 2.4, 16)
RegNet_Y_1_6GF_Weights, regnet_y_1_6gf = model("RegNet_Y_1_6GF", "RegNet Y of 1.6 Gflop.", _y, 27, 48, 20.71, 2.65, 24)
RegNet_Y_3_2GF_Weights, regnet_y_3_2gf = model("RegNet_Y_3_2GF", "RegNet Y of 3.2 Gflop.", _y, 21, 80, 42.63, 2.66, 24)
RegNet_Y_8GF_Weights, regnet_y_8gf = model("RegNet_Y_8GF", "RegNet Y of 8 Gflop.", _y, 17, 192, 76.82, 2.19, 56)
RegNet_Y_16GF_Weights, regnet_y_16gf = model("RegNet_Y_16GF", "RegNet Y of 16 Gflop.", _y, 18, 200, 106.23, 2.48, 112)
RegNet_Y_32GF_Weights, regnet_y_32gf = model("RegNet_Y_32GF", "RegNet Y of 32 Gflop.", _y, 20, 232, 115.89, 2.53, 232)
RegNet_Y_128GF_Weights, regnet_y_128gf = model(
    "RegNet_Y_128GF", "RegNet Y of 128 Gflop.", _y, 27, 456, 160.83, 2.52, 264, legacy=None
)
RegNet_X_400MF_Weights, regnet_x_400mf = model("RegNet_X_400MF", "RegNet X of 400 Mflop.", _x, 22, 24, 24.48, 2.54, 16)
RegNet_X_800MF_Weights, regnet_x_800mf = model("RegNet_X_800MF", "RegNet X of 800 Mflop.", _x, 16, 56, 35.73, 2.28, 16)
RegNet_X_1_6GF_Weights, regnet_x_1_6gf = model("RegNet_X_1_6GF", "RegNet X of 1.6 Gflop.", _x, 18, 80, 34.01, 2.25, 24)
RegNet_X_3_2GF_Weights, regnet_x_3_2gf = model("RegNet_X_3_2GF", "RegNet X of 3.2 Gflop.", _x, 25, 88, 26.31, 2.25, 48)
RegNet_X_8GF_Weights, regnet_x_8gf = model("RegNet_X_8GF", "RegNet X of 8 Gflop.", _x, 23, 80, 49.56, 2.88, 120)
RegNet_X_16GF_Weights, regnet_x_16gf = model("RegNet_X_16GF", "RegNet X of 16 Gflop.", _x, 22, 216, 55.59, 2.1, 128)
RegNet_X_32GF_Weights, regnet_x_32gf = model("RegNet_X_32GF", "RegNet X of 32 Gflop.", _x, 23, 320, 69.86, 2.0, 168)
