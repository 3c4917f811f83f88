"""MobileNet v2 (Sandler et al., 2018): wide depthwise convolutions between narrow shortcuts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau as torch
from flambeau import nn

from ..ops.misc import Conv2dNormActivation
from ._builders import model
from ._initial import initialize, small_normal
from ._utils import _make_divisible

__all__ = ["MobileNetV2", "MobileNet_V2_Weights", "mobilenet_v2"]


class InvertedResidual(nn.Module):
    """A 1x1 convolution to many channels, a depthwise one, and a 1x1 convolution to few.

    Args:
        inp: channels of the input.
        oup: channels of the output.
        stride: 1 or 2.
        expand_ratio: how many times as wide the depthwise convolution is; for 1 the first convolution is left out.
        norm_layer: makes the normalisation of a number of channels; BatchNorm2d by default.

    Raises:
        ValueError: another stride.
    """

    def __init__(
        self, inp: int, oup: int, stride: int, expand_ratio: int, norm_layer: Callable[..., nn.Module] | None = None
    ) -> None:
        super().__init__()
        self.stride = stride
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2 instead of {stride}")
        norm_layer = norm_layer or nn.BatchNorm2d
        hidden = round(inp * expand_ratio)
        self.use_res_connect = stride == 1 and inp == oup
        options: dict[str, Any] = {"norm_layer": norm_layer, "activation_layer": nn.ReLU6}
        layers = [Conv2dNormActivation(inp, hidden, kernel_size=1, **options)] if expand_ratio != 1 else []
        self.conv = nn.Sequential(
            *layers,
            Conv2dNormActivation(hidden, hidden, stride=stride, groups=hidden, **options),
            nn.Conv2d(hidden, oup, 1, 1, 0, bias=False),
            norm_layer(oup),
        )
        self.out_channels = oup
        self._is_cn = stride > 1

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.conv(x) if self.use_res_connect else self.conv(x)


# Of each stage: how wide it is inside, channels, blocks, and the first block's stride.
_STAGES = [
    [1, 16, 1, 1],
    [6, 24, 2, 2],
    [6, 32, 3, 2],
    [6, 64, 4, 2],
    [6, 96, 3, 1],
    [6, 160, 3, 2],
    [6, 320, 1, 1],
]


class MobileNetV2(nn.Module):
    """MobileNet v2.

    Args:
        num_classes: the number of classes.
        width_mult: how many times as wide the layers are.
        inverted_residual_setting: of each stage how wide it is inside, channels, blocks and stride.
        round_nearest: what numbers of channels are multiples of.
        block: makes a block.
        norm_layer: makes the normalisation of a number of channels; BatchNorm2d by default.
        dropout: the probability before the last layer.

    Raises:
        ValueError: a stage that has not four numbers, or no stage.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        width_mult: float = 1.0,
        inverted_residual_setting: list[list[int]] | None = None,
        round_nearest: int = 8,
        block: Callable[..., nn.Module] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        block, norm_layer = block or InvertedResidual, norm_layer or nn.BatchNorm2d
        stages = _STAGES if inverted_residual_setting is None else inverted_residual_setting
        if len(stages) == 0 or len(stages[0]) != 4:
            raise ValueError(f"inverted_residual_setting should be non-empty or a 4-element list, got {stages}")
        options: dict[str, Any] = {"norm_layer": norm_layer, "activation_layer": nn.ReLU6}
        width = _make_divisible(32 * width_mult, round_nearest)
        self.last_channel = _make_divisible(1280 * max(1.0, width_mult), round_nearest)
        features: list[nn.Module] = [Conv2dNormActivation(3, width, stride=2, **options)]
        for expand_ratio, channels, blocks, stride in stages:
            channels = _make_divisible(channels * width_mult, round_nearest)
            for i in range(blocks):
                step = stride if i == 0 else 1
                features.append(block(width, channels, step, expand_ratio=expand_ratio, norm_layer=norm_layer))
                width = channels
        features.append(Conv2dNormActivation(width, self.last_channel, kernel_size=1, **options))
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Dropout(p=dropout), nn.Linear(self.last_channel, num_classes))
        initialize(self, linear=small_normal)

    def _forward_impl(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.adaptive_avg_pool2d(self.features(x), (1, 1))
        return self.classifier(torch.flatten(x, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._forward_impl(x)


MobileNet_V2_Weights, mobilenet_v2 = model("MobileNet_V2", "MobileNet v2.", MobileNetV2)
