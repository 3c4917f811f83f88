"""Linear and ReLU with a quantised weight."""

from __future__ import annotations

from flambeau.ao.nn.quantized import dynamic


class LinearReLU(dynamic.Linear):
    """A Linear and a ReLU; arguments as of torch.ao.nn.quantized.dynamic.Linear."""

    def forward(self, x):
        return super().forward(x).relu()

    def _get_name(self):
        return "DynamicQuantizedLinearReLU"
