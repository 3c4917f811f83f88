"""Linear with a quantised weight, which quantises what it is given at each call."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn
from flambeau.ao.nn.quantized.modules.linear import Linear as Static
from flambeau.ao.nn.quantized.modules.linear import quantized_weight
from flambeau.ops import quantized as operators


class Linear(Static):
    """x @ weight.T + bias on integers: (*, in_features) to (*, out_features).

    An infinite or NaN element of the input spoils all results of the call, as they share one scale.

    Args:
        in_features, out_features: sizes.
        bias_: whether there is a bias.
        dtype: torch.qint8, or torch.float16 for a weight that is only kept in half precision.
    """

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return operators.linear_of_numbers(self._packed_params._packed_params, x)

    def extra_repr(self) -> str:
        text = f"in_features={self.in_features}, out_features={self.out_features}, dtype={self._packed_params.dtype}"
        if self._packed_params.dtype is torch.qint8:
            text += f", qscheme={self.weight().qscheme()}"
        return text

    def _get_name(self):
        return "DynamicQuantizedLinear"

    @classmethod
    def from_float(cls, mod: nn.Linear, use_precomputed_fake_quant: bool = False) -> Linear:
        """The same layer with a quantised weight.

        Args:
            mod: a Linear with an attribute `qconfig`, whose observer of weights chooses scale and zero point.

        Raises AssertionError for other modules, for one without qconfig, and for other types than qint8 and float16.
        """
        names = ["Linear", "NonDynamicallyQuantizableLinear", "LinearReLU", "Linear"]
        if not isinstance(mod, nn.Linear):
            raise AssertionError(
                f"nn.quantized.dynamic.Linear.from_float only works for one of{names}, got {type(mod)}"
            )
        qconfig = getattr(mod, "qconfig", None)
        if qconfig is None:
            raise AssertionError("Input float module must have qconfig defined")
        observer = qconfig.weight()
        if observer.dtype not in (torch.qint8, torch.float16):
            raise AssertionError(
                f"The only supported dtypes for dynamic quantized linear are qint8 and float16, got: {observer.dtype}"
            )
        observer(mod.weight)
        half = observer.dtype is torch.float16
        made = cls(mod.in_features, mod.out_features, dtype=observer.dtype)
        weight = mod.weight.detach().float() if half else quantized_weight(mod.weight.detach(), observer)
        made.set_weight_bias(weight, mod.bias)
        return made
