"""ConvNeXt (Liu et al., A ConvNet for the 2020s, 2022)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from ..ops.misc import Conv2dNormActivation, Permute
from ..ops.stochastic_depth import StochasticDepth
from ..printing import Printed
from ._builders import model

__all__ = [
    "ConvNeXt", "ConvNeXt_Base_Weights", "ConvNeXt_Large_Weights", "ConvNeXt_Small_Weights", "ConvNeXt_Tiny_Weights",
    "convnext_base", "convnext_large", "convnext_small", "convnext_tiny",
]  # fmt: skip


class LayerNorm2d(nn.LayerNorm):
    """Normalisation over the channels of each pixel."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.layer_norm(x.permute(0, 2, 3, 1), self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class CNBlock(nn.Module):
    """A depthwise convolution and a perceptron for each pixel, with a way around them.

    Args:
        dim: channels.
        layer_scale: what the block's result is multiplied by at first.
        stochastic_depth_prob: the probability that it is left out.
        norm_layer: makes the normalisation between both.
    """

    def __init__(
        self,
        dim,
        layer_scale: float,
        stochastic_depth_prob: float,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        norm_layer = norm_layer or partial(nn.LayerNorm, eps=1e-6)
        self.block = nn.Sequential(
            nn.Conv2d(dim, dim, kernel_size=7, padding=3, groups=dim),
            Permute([0, 2, 3, 1]),
            norm_layer(dim),
            nn.Linear(dim, 4 * dim),
            nn.GELU(),
            nn.Linear(4 * dim, dim),
            Permute([0, 3, 1, 2]),
        )
        self.layer_scale = nn.Parameter(torch.ones(dim, 1, 1) * layer_scale)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return self.stochastic_depth(self.layer_scale * self.block(input)) + input


class CNBlockConfig(Printed):
    """A stage: its channels, those of the next one (None for the last), and how many blocks it has."""

    _shown = "input_channels out_channels num_layers"

    def __init__(self, input_channels: int, out_channels: int | None, num_layers: int) -> None:
        self.input_channels = input_channels
        self.out_channels = out_channels
        self.num_layers = num_layers


class ConvNeXt(nn.Module):
    """Stages of blocks, between which images are halved.

    Args:
        block_setting: the stages.
        stochastic_depth_prob: of the last block; it grows from 0.
        layer_scale: of all blocks.
        num_classes: how many classes there are.
        block: makes a block.
        norm_layer: makes the normalisations between stages.

    Raises:
        ValueError: no stages.
        TypeError: stages that are something else.
    """

    def __init__(
        self,
        block_setting: list[CNBlockConfig],
        stochastic_depth_prob: float = 0.0,
        layer_scale: float = 1e-6,
        num_classes: int = 1000,
        block: Callable[..., nn.Module] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__()
        if not block_setting:
            raise ValueError("The block_setting should not be empty")
        if not (isinstance(block_setting, Sequence) and all(isinstance(s, CNBlockConfig) for s in block_setting)):
            raise TypeError("The block_setting should be List[CNBlockConfig]")
        block, norm_layer = block or CNBlock, norm_layer or partial(LayerNorm2d, eps=1e-6)
        stem = Conv2dNormActivation(
            3, block_setting[0].input_channels, 4, 4, 0, norm_layer=norm_layer, activation_layer=None, bias=True
        )
        layers: list[nn.Module] = [stem]
        count, last = 0, sum(stage.num_layers for stage in block_setting) - 1.0
        for stage in block_setting:
            numbers = range(count, count + stage.num_layers)
            chances = [stochastic_depth_prob * i / last for i in numbers]
            layers.append(nn.Sequential(*(block(stage.input_channels, layer_scale, p) for p in chances)))
            count += stage.num_layers
            if stage.out_channels is not None:
                normalized = norm_layer(stage.input_channels)
                halved = nn.Conv2d(stage.input_channels, stage.out_channels, kernel_size=2, stride=2)
                layers.append(nn.Sequential(normalized, halved))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        end = block_setting[-1]
        channels = end.input_channels if end.out_channels is None else end.out_channels
        self.classifier = nn.Sequential(norm_layer(channels), nn.Flatten(1), nn.Linear(channels, num_classes))
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(m.weight, std=0.02)
                if m.bias is not None:
                    nn.init.zeros_(m.bias)

    def _forward_impl(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.avgpool(self.features(x)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._forward_impl(x)


def _convnext(channels: int, depth: int, chance: float, /, **kwargs: Any) -> ConvNeXt:
    """A network whose third stage has `depth` blocks, the others 3."""
    widths = [channels * 2**i for i in range(4)]
    stages = [CNBlockConfig(*pair, 3) for pair in zip(widths, [*widths[1:], None])]
    stages[2].num_layers = depth
    return ConvNeXt(stages, kwargs.pop("stochastic_depth_prob", chance), **kwargs)


ConvNeXt_Tiny_Weights, convnext_tiny = model(
    "ConvNeXt_Tiny", "ConvNeXt of 96 channels and 18 blocks.", _convnext, 96, 9, 0.1
)
ConvNeXt_Small_Weights, convnext_small = model(
    "ConvNeXt_Small", "ConvNeXt of 96 channels and 36 blocks.", _convnext, 96, 27, 0.4
)
ConvNeXt_Base_Weights, convnext_base = model(
    "ConvNeXt_Base", "ConvNeXt of 128 channels and 36 blocks.", _convnext, 128, 27, 0.5
)
ConvNeXt_Large_Weights, convnext_large = model(
    "ConvNeXt_Large", "ConvNeXt of 192 channels and 36 blocks.", _convnext, 192, 27, 0.5
)
