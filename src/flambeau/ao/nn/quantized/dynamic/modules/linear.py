"""Linear with a quantised weight, which quantises what it is given at each call."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn
from flambeau.ao.nn.quantized.modules.linear import Linear as Static
from flambeau.ao.nn.quantized.modules.linear import product, quantized_weight
from flambeau.nn import functional as F
from flambeau.quantized.parameters import chosen

_GREATEST = 127  # 7 bits of an unsigned byte, so that the sum of two products fits 16


class Linear(Static):
    """x @ weight.T + bias on integers: (*, in_features) to (*, out_features).

    An infinite or NaN element of the input spoils all results of the call, as they share one scale.

    Args:
        in_features, out_features: sizes.
        bias_: whether there is a bias.
        dtype: torch.qint8, or torch.float16 for a weight that is only kept in half precision.
    """

    @torch.no_grad()
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        weight, bias = self._packed_params._weight_bias()
        _check(x, self.in_features)
        if self._packed_params.dtype is torch.float16:
            return F.linear(x, weight.float(), bias)
        if not x.numel():
            return x.new_empty((*x.shape[:-1], self.out_features))
        low, high = x.aminmax()
        scale, zero_point = chosen(low, high, 0, _GREATEST)
        scale, zero_point = scale.float(), zero_point.float()
        steps = ((x * (1 / scale)).round() + zero_point).clamp(0, _GREATEST) - zero_point
        return product(F.linear, steps, scale, weight, bias)

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
        weight = mod.weight.detach().half() if half else quantized_weight(mod.weight.detach(), observer)
        made.set_weight_bias(weight, mod.bias)
        return made


def _check(x: torch.Tensor, features: int) -> None:
    if x.dtype is not torch.float32:
        raise RuntimeError(f"expected scalar type Float but found {_title(x)}")
    if x.dim() < 2:
        raise RuntimeError("The dimension of input tensor should be larger than or equal to 2")
    if x.size(-1) != features:
        raise RuntimeError(f"The number of rows in the packB should be equal to K: {x.size(-1)}")


def _title(x: torch.Tensor) -> str:
    return torch.errors.TYPE_TITLES[x.dtype.name]
