"""Linear and ReLU on integers."""

from __future__ import annotations

from flambeau.ao.nn import quantized

from .conv_relu import Rectified


class LinearReLU(Rectified, quantized.Linear):
    """A Linear and a ReLU; arguments as of torch.ao.nn.quantized.Linear."""

    def _get_name(self):
        return "QuantizedLinearReLU"
