"""Convolutions and ReLU on integers."""

from __future__ import annotations

from flambeau.ao.nn import quantized


class Rectified:
    """Mixed into a layer on integers: the grid has 0, so nothing is lost by taking the maximum on it."""

    def forward(self, input):
        return super().forward(input).relu()  # type: ignore[misc]


class ConvReLU1d(Rectified, quantized.Conv1d):
    """A Conv1d and a ReLU; arguments as of torch.ao.nn.quantized.Conv1d."""


class ConvReLU2d(Rectified, quantized.Conv2d):
    """A Conv2d and a ReLU; arguments as of torch.ao.nn.quantized.Conv2d."""


class ConvReLU3d(Rectified, quantized.Conv3d):
    """A Conv3d and a ReLU; arguments as of torch.ao.nn.quantized.Conv3d."""
