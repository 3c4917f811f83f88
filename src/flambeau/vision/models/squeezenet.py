"""SqueezeNet (Iandola et al., 2016): few 1x1 filters before many of 1x1 and 3x3."""

from __future__ import annotations

from typing import Any

import flambeau as torch
from flambeau import nn

from ._builders import model
from ._initial import initialize, small_normal

__all__ = ["SqueezeNet", "SqueezeNet1_0_Weights", "SqueezeNet1_1_Weights", "squeezenet1_0", "squeezenet1_1"]


class Fire(nn.Module):
    """A 1x1 convolution to few channels, then 1x1 and 3x3 convolutions side by side.

    Args:
        inplanes: channels of the input.
        squeeze_planes: of the first convolution.
        expand1x1_planes: of the second 1x1 convolution.
        expand3x3_planes: of the 3x3 convolution.
    """

    def __init__(self, inplanes: int, squeeze_planes: int, expand1x1_planes: int, expand3x3_planes: int) -> None:
        super().__init__()
        self.inplanes = inplanes
        self.squeeze = nn.Conv2d(inplanes, squeeze_planes, kernel_size=1)
        self.squeeze_activation = nn.ReLU(inplace=True)
        self.expand1x1 = nn.Conv2d(squeeze_planes, expand1x1_planes, kernel_size=1)
        self.expand1x1_activation = nn.ReLU(inplace=True)
        self.expand3x3 = nn.Conv2d(squeeze_planes, expand3x3_planes, kernel_size=3, padding=1)
        self.expand3x3_activation = nn.ReLU(inplace=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.squeeze_activation(self.squeeze(x))
        pixels = self.expand1x1_activation(self.expand1x1(x))
        patches = self.expand3x3_activation(self.expand3x3(x))
        return torch.cat([pixels, patches], 1)


# The first convolution's channels and size; then squeezed and expanded channels of each Fire, and where the pools are.
_VERSIONS: dict[str, tuple[int, int, list[Any]]] = {
    "1_0": (96, 7, ["pool", (16, 64), (16, 64), (32, 128), "pool", (32, 128), (48, 192), (48, 192), (64, 256), "pool",
                    (64, 256)]),
    "1_1": (64, 3, ["pool", (16, 64), (16, 64), "pool", (32, 128), (32, 128), "pool", (48, 192), (48, 192), (64, 256),
                    (64, 256)]),
}  # fmt: skip


def _features(version: str) -> nn.Sequential:
    channels, size, parts = _VERSIONS[version]
    layers: list[nn.Module] = [nn.Conv2d(3, channels, kernel_size=size, stride=2), nn.ReLU(inplace=True)]
    for part in parts:
        if part == "pool":
            layers.append(nn.MaxPool2d(kernel_size=3, stride=2, ceil_mode=True))
            continue
        squeezed, expanded = part
        layers.append(Fire(channels, squeezed, expanded, expanded))
        channels = 2 * expanded
    return nn.Sequential(*layers)


class SqueezeNet(nn.Module):
    """SqueezeNet of one of two versions.

    Args:
        version: "1_0" or "1_1".
        num_classes: the number of classes.
        dropout: the probability before the last convolution.

    Raises:
        ValueError: another version.
    """

    def __init__(self, version: str = "1_0", num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.num_classes = num_classes
        if version not in _VERSIONS:
            raise ValueError(f"Unsupported SqueezeNet version {version}: 1_0 or 1_1 expected")
        self.features = _features(version)
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Conv2d(512, num_classes, kernel_size=1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d((1, 1)),
        )
        initialize(self.features, nn.init.kaiming_uniform_)
        initialize(self.classifier, small_normal)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.flatten(self.classifier(self.features(x)), 1)


SqueezeNet1_0_Weights, squeezenet1_0 = model("SqueezeNet1_0", "SqueezeNet.", SqueezeNet, "1_0")
SqueezeNet1_1_Weights, squeezenet1_1 = model(
    "SqueezeNet1_1", "SqueezeNet with less than half of the work.", SqueezeNet, "1_1"
)
