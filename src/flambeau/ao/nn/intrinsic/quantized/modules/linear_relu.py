"""Linear and what follows it, on integers."""

from __future__ import annotations

from flambeau.ao.nn import quantized


class LinearReLU(quantized.Linear):
    """A Linear and a ReLU; arguments as of torch.ao.nn.quantized.Linear."""

    def forward(self, x):
        return super().forward(x).relu()  # the grid has 0, so nothing is lost by taking the maximum there

    def _get_name(self):
        return "QuantizedLinearReLU"
