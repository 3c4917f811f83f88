"""Convolutions and ReLU on integers."""

from __future__ import annotations

from flambeau.ao.nn import quantized


class Rectified:
    """Mixed into a layer on integers: its operator is the one that gives 0 for numbers below."""

    _after = "_relu"


class ConvReLU1d(Rectified, quantized.Conv1d):
    """A Conv1d and a ReLU; arguments as of torch.ao.nn.quantized.Conv1d."""


class ConvReLU2d(Rectified, quantized.Conv2d):
    """A Conv2d and a ReLU; arguments as of torch.ao.nn.quantized.Conv2d."""


class ConvReLU3d(Rectified, quantized.Conv3d):
    """A Conv3d and a ReLU; arguments as of torch.ao.nn.quantized.Conv3d."""
