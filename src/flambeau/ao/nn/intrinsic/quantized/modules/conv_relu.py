"""Convolutions and ReLU on integers."""

from __future__ import annotations

from flambeau.ao.nn import quantized


class ConvReLU2d(quantized.Conv2d):
    """A Conv2d and a ReLU; arguments as of torch.ao.nn.quantized.Conv2d."""

    def forward(self, input):
        return super().forward(input).relu()

    def _get_name(self):
        return "QuantizedConvReLU2d"
