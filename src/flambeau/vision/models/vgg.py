"""VGG (Simonyan and Zisserman, 2014): 3x3 convolutions, doubled channels, three linear layers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import flambeau as torch
from flambeau import nn

from ._builders import model
from ._initial import initialize, small_normal

__all__ = [
    "VGG", "VGG11_Weights", "VGG11_BN_Weights", "VGG13_Weights", "VGG13_BN_Weights", "VGG16_Weights",
    "VGG16_BN_Weights", "VGG19_Weights", "VGG19_BN_Weights", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16",
    "vgg16_bn", "vgg19", "vgg19_bn",
]  # fmt: skip


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


def _vgg(cfg: str, batch_norm: bool = False, /, **kwargs: Any) -> VGG:
    """A network of a configuration."""
    return VGG(make_layers(cfgs[cfg], batch_norm), **kwargs)


_model = partial(model, loaded={"init_weights": False})
VGG11_Weights, vgg11 = _model("VGG11", "VGG-11.", _vgg, "A")
VGG11_BN_Weights, vgg11_bn = _model("VGG11_BN", "VGG-11 with batch normalisation.", _vgg, "A", True)
VGG13_Weights, vgg13 = _model("VGG13", "VGG-13.", _vgg, "B")
VGG13_BN_Weights, vgg13_bn = _model("VGG13_BN", "VGG-13 with batch normalisation.", _vgg, "B", True)
VGG16_Weights, vgg16 = _model("VGG16", "VGG-16.", _vgg, "D")
VGG16_BN_Weights, vgg16_bn = _model("VGG16_BN", "VGG-16 with batch normalisation.", _vgg, "D", True)
VGG19_Weights, vgg19 = _model("VGG19", "VGG-19.", _vgg, "E")
VGG19_BN_Weights, vgg19_bn = _model("VGG19_BN", "VGG-19 with batch normalisation.", _vgg, "E", True)
