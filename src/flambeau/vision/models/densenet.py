"""Densely connected networks (Huang et al., 2016): each layer sees what all layers of its block gave."""

from __future__ import annotations

import re
from collections import OrderedDict
from functools import partial

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F
from flambeau.utils.checkpoint import checkpoint

from ._builders import model
from ._initial import initialize

__all__ = [
    "DenseNet", "DenseNet121_Weights", "DenseNet161_Weights", "DenseNet169_Weights", "DenseNet201_Weights",
    "densenet121", "densenet161", "densenet169", "densenet201",
]  # fmt: skip


class _DenseLayer(nn.Module):
    """A 1x1 and a 3x3 convolution of all that the block's layers gave before.

    Args:
        num_input_features: channels of all that.
        growth_rate: channels that the layer adds.
        bn_size: how many times as many the 1x1 convolution gives.
        drop_rate: probability of dropout.
        memory_efficient: whether the 1x1 convolution is computed again in the backward pass.
    """

    def __init__(
        self, num_input_features: int, growth_rate: int, bn_size: int, drop_rate: float, memory_efficient: bool = False
    ) -> None:
        super().__init__()
        inner = bn_size * growth_rate
        self.norm1 = nn.BatchNorm2d(num_input_features)
        self.relu1 = nn.ReLU(inplace=True)
        self.conv1 = nn.Conv2d(num_input_features, inner, kernel_size=1, stride=1, bias=False)
        self.norm2 = nn.BatchNorm2d(inner)
        self.relu2 = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(inner, growth_rate, kernel_size=3, stride=1, padding=1, bias=False)
        self.drop_rate = float(drop_rate)
        self.memory_efficient = memory_efficient

    def bn_function(self, inputs: list[torch.Tensor]) -> torch.Tensor:
        """The layer up to its 1x1 convolution."""
        return self.conv1(self.relu1(self.norm1(torch.cat(inputs, 1))))

    def forward(self, input: torch.Tensor | list[torch.Tensor]) -> torch.Tensor:
        features = [input] if isinstance(input, torch.Tensor) else input
        if self.memory_efficient and any(feature.requires_grad for feature in features):
            bottleneck = checkpoint(lambda *inputs: self.bn_function(list(inputs)), *features, use_reentrant=False)
        else:
            bottleneck = self.bn_function(features)
        new = self.conv2(self.relu2(self.norm2(bottleneck)))
        return F.dropout(new, p=self.drop_rate, training=self.training) if self.drop_rate > 0 else new


class _DenseBlock(nn.ModuleDict):
    """Layers that see the input and all layers before; the result is the input and what all of them gave."""

    _version = 2

    def __init__(
        self,
        num_layers: int,
        num_input_features: int,
        bn_size: int,
        growth_rate: int,
        drop_rate: float,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        for i in range(num_layers):
            width = num_input_features + i * growth_rate
            layer = _DenseLayer(width, growth_rate, bn_size, drop_rate, memory_efficient)
            self.add_module(f"denselayer{i + 1}", layer)

    def forward(self, init_features: torch.Tensor) -> torch.Tensor:
        features = [init_features]
        for layer in self.values():
            features.append(layer(features))
        return torch.cat(features, 1)


class _Transition(nn.Sequential):
    """What stands between blocks: a 1x1 convolution, and a pool that halves the size."""

    def __init__(self, num_input_features: int, num_output_features: int) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(num_input_features)
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(num_input_features, num_output_features, kernel_size=1, stride=1, bias=False)
        self.pool = nn.AvgPool2d(kernel_size=2, stride=2)


class DenseNet(nn.Module):
    """A convolution, dense blocks, and a linear layer on the mean pixel.

    Args:
        growth_rate: channels that each layer adds.
        block_config: the number of layers of each block.
        num_init_features: channels of the first convolution.
        bn_size: how many times the growth a layer's 1x1 convolution gives.
        drop_rate: probability of dropout after each layer.
        num_classes: the number of classes.
        memory_efficient: whether layers are partly computed again in the backward pass.
    """

    def __init__(
        self,
        growth_rate: int = 32,
        block_config: tuple[int, int, int, int] = (6, 12, 24, 16),
        num_init_features: int = 64,
        bn_size: int = 4,
        drop_rate: float = 0,
        num_classes: int = 1000,
        memory_efficient: bool = False,
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            OrderedDict(
                conv0=nn.Conv2d(3, num_init_features, kernel_size=7, stride=2, padding=3, bias=False),
                norm0=nn.BatchNorm2d(num_init_features),
                relu0=nn.ReLU(inplace=True),
                pool0=nn.MaxPool2d(kernel_size=3, stride=2, padding=1),
            )
        )
        width = num_init_features
        for i, layers in enumerate(block_config, start=1):
            block = _DenseBlock(layers, width, bn_size, growth_rate, drop_rate, memory_efficient)
            self.features.add_module(f"denseblock{i}", block)
            width += layers * growth_rate
            if i < len(block_config):
                self.features.add_module(f"transition{i}", _Transition(width, width // 2))
                width //= 2
        self.features.add_module("norm5", nn.BatchNorm2d(width))
        self.classifier = nn.Linear(width, num_classes)
        initialize(self, nn.init.kaiming_normal_)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.relu(self.features(x), inplace=True)
        return self.classifier(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


_OLD_KEY = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.([12])\.")


def _renamed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The state with today's names: "norm1", where published checkpoints have "norm.1"."""
    return {_OLD_KEY.sub(r"\1\2.", key): value for key, value in state.items()}


_model = partial(model, rename=_renamed)
DenseNet121_Weights, densenet121 = _model("DenseNet121", "DenseNet-121.", DenseNet, 32, (6, 12, 24, 16), 64)
DenseNet161_Weights, densenet161 = _model("DenseNet161", "DenseNet-161.", DenseNet, 48, (6, 12, 36, 24), 96)
DenseNet169_Weights, densenet169 = _model("DenseNet169", "DenseNet-169.", DenseNet, 32, (6, 12, 32, 32), 64)
DenseNet201_Weights, densenet201 = _model("DenseNet201", "DenseNet-201.", DenseNet, 32, (6, 12, 48, 32), 64)
