"""Batch normalisation and ReLU on integers."""

from __future__ import annotations

from flambeau.ao.nn import quantized

from .conv_relu import Rectified


class BNReLU2d(Rectified, quantized.BatchNorm2d):
    """A BatchNorm2d and a ReLU; arguments as of torch.ao.nn.quantized.BatchNorm2d."""


class BNReLU3d(Rectified, quantized.BatchNorm3d):
    """A BatchNorm3d and a ReLU; arguments as of torch.ao.nn.quantized.BatchNorm3d."""
