"""VGG (Simonyan and Zisserman, 2014): 3x3 convolutions, doubled channels, three linear layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flambeau as torch
from flambeau import nn

from ._builders import builder
from ._initial import initialize, small_normal
from ._published import published

__all__ = [
    "VGG",
    "VGG11_Weights",
    "VGG11_BN_Weights",
    "VGG13_Weights",
    "VGG13_BN_Weights",
    "VGG16_Weights",
    "VGG16_BN_Weights",
    "VGG19_Weights",
    "VGG19_BN_Weights",
    "vgg11",
    "vgg11_bn",
    "vgg13",
    "vgg13_bn",
    "vgg16",
    "vgg16_bn",
    "vgg19",
    "vgg19_bn",
]


class VGG(nn.Module):
    """Convolutions, and a classifier of three linear layers on 7x7 pixels.

    Args:
        features: the convolutions, which end in 512 channels.
        num_classes: the number of classes.
        init_weights: whether weights are drawn as VGG's are.
        dropout: the probability before the last two linear layers.
    """

    def __init__(
        self, features: nn.Module, num_classes: int = 1000, init_weights: bool = True, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = features
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(512 * 7 * 7, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, num_classes),
        )
        if init_weights:
            initialize(self, linear=small_normal)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


cfgs: dict[str, list[int | str]] = {
    "A": [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "B": [64, 64, "M", 128, 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"],
    "D": [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"],
    "E": [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"],
}
"""The configurations by the paper's letters: widths of convolutions, and M for a pool."""


def make_layers(cfg: Sequence[Any], batch_norm: bool = False) -> nn.Sequential:
    """The convolutions of a configuration.

    Args:
        cfg: widths, and "M" for a pool.
        batch_norm: whether each convolution is normalised.
    """
    layers: list[nn.Module] = []
    in_channels = 3
    for width in cfg:
        if width == "M":
            layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
            continue
        layers.append(nn.Conv2d(in_channels, width, kernel_size=3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(width))
        layers.append(nn.ReLU(inplace=True))
        in_channels = width
    return nn.Sequential(*layers)


VGG11_Weights = published("VGG11_Weights", __name__)
VGG11_BN_Weights = published("VGG11_BN_Weights", __name__)
VGG13_Weights = published("VGG13_Weights", __name__)
VGG13_BN_Weights = published("VGG13_BN_Weights", __name__)
VGG16_Weights = published("VGG16_Weights", __name__)
VGG16_BN_Weights = published("VGG16_BN_Weights", __name__)
VGG19_Weights = published("VGG19_Weights", __name__)
VGG19_BN_Weights = published("VGG19_BN_Weights", __name__)

_NOT_DRAWN = {"init_weights": False}


@builder(VGG11_Weights, loaded=_NOT_DRAWN)
def vgg11(**kwargs: Any) -> VGG:
    """VGG-11."""
    return VGG(make_layers(cfgs["A"]), **kwargs)


@builder(VGG11_BN_Weights, loaded=_NOT_DRAWN)
def vgg11_bn(**kwargs: Any) -> VGG:
    """VGG-11 with batch normalisation."""
    return VGG(make_layers(cfgs["A"], batch_norm=True), **kwargs)


@builder(VGG13_Weights, loaded=_NOT_DRAWN)
def vgg13(**kwargs: Any) -> VGG:
    """VGG-13."""
    return VGG(make_layers(cfgs["B"]), **kwargs)


@builder(VGG13_BN_Weights, loaded=_NOT_DRAWN)
def vgg13_bn(**kwargs: Any) -> VGG:
    """VGG-13 with batch normalisation."""
    return VGG(make_layers(cfgs["B"], batch_norm=True), **kwargs)


@builder(VGG16_Weights, loaded=_NOT_DRAWN)
def vgg16(**kwargs: Any) -> VGG:
    """VGG-16."""
    return VGG(make_layers(cfgs["D"]), **kwargs)


@builder(VGG16_BN_Weights, loaded=_NOT_DRAWN)
def vgg16_bn(**kwargs: Any) -> VGG:
    """VGG-16 with batch normalisation."""
    return VGG(make_layers(cfgs["D"], batch_norm=True), **kwargs)


@builder(VGG19_Weights, loaded=_NOT_DRAWN)
def vgg19(**kwargs: Any) -> VGG:
    """VGG-19."""
    return VGG(make_layers(cfgs["E"]), **kwargs)


@builder(VGG19_BN_Weights, loaded=_NOT_DRAWN)
def vgg19_bn(**kwargs: Any) -> VGG:
    """VGG-19 with batch normalisation."""
    return VGG(make_layers(cfgs["E"], batch_norm=True), **kwargs)
