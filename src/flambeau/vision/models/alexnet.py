"""AlexNet in one column (Krizhevsky, 2014)."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn

from ._builders import model

__all__ = ["AlexNet", "AlexNet_Weights", "alexnet"]


def _conv(in_channels: int, out_channels: int, kernel_size: int, padding: int, stride: int = 1) -> list[nn.Module]:
    return [nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding), nn.ReLU(inplace=True)]


class AlexNet(nn.Module):
    """Five convolutions and three linear layers.

    Args:
        num_classes: the number of classes.
        dropout: the probability before the first two linear layers.
    """

    def __init__(self, num_classes: int = 1000, dropout: float = 0.5) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_conv(3, 64, kernel_size=11, padding=2, stride=4),
            nn.MaxPool2d(kernel_size=3, stride=2),
            *_conv(64, 192, kernel_size=5, padding=2),
            nn.MaxPool2d(kernel_size=3, stride=2),
            *_conv(192, 384, kernel_size=3, padding=1),
            *_conv(384, 256, kernel_size=3, padding=1),
            *_conv(256, 256, kernel_size=3, padding=1),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(p=dropout),
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(inplace=True),
            nn.Dropout(p=dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(inplace=True),
            nn.Linear(4096, num_classes),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


AlexNet_Weights, alexnet = model("AlexNet", "AlexNet.", AlexNet)
