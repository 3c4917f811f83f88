"""Normalisation of quantised tensors, with results on a grid of their own."""

from __future__ import annotations

from flambeau import nn
from flambeau.ops import quantized as operators

from .activation import keep_grid
from .linear import parameters_of_results


class LayerNorm(nn.LayerNorm):
    """nn.LayerNorm with given weight and bias, on the grid of `scale` and `zero_point`."""

    def __init__(
        self, normalized_shape, weight, bias, scale, zero_point, eps=1e-5, elementwise_affine=True, device=None,
        dtype=None,
    ):  # fmt: skip
        super().__init__(normalized_shape, eps=eps, elementwise_affine=elementwise_affine)
        self.weight, self.bias = weight, bias
        keep_grid(self, scale, zero_point)

    def forward(self, input):
        more = self.weight, self.bias, self.eps, self.scale, self.zero_point
        return operators.layer_norm(input, self.normalized_shape, *more)

    def _get_name(self):
        return "QuantizedLayerNorm"

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False) -> LayerNorm:
        """The same layer on quantised tensors; `mod` has an observer of its results."""
        grid = parameters_of_results(mod)
        return cls(mod.normalized_shape, mod.weight, mod.bias, *grid, mod.eps, mod.elementwise_affine)


class GroupNorm(nn.GroupNorm):
    """nn.GroupNorm with given weight and bias, on the grid of `scale` and `zero_point`."""

    def __init__(
        self, num_groups, num_channels, weight, bias, scale, zero_point, eps=1e-5, affine=True, device=None, dtype=None
    ):  # fmt: skip
        super().__init__(num_groups, num_channels, eps, affine)
        self.weight, self.bias = weight, bias
        keep_grid(self, scale, zero_point)

    def forward(self, input):
        more = self.weight, self.bias, self.eps, self.scale, self.zero_point
        return operators.group_norm(input, self.num_groups, *more)

    def _get_name(self):
        return "QuantizedGroupNorm"

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False) -> GroupNorm:
        """The same layer on quantised tensors; `mod` has an observer of its results."""
        grid = parameters_of_results(mod)
        return cls(mod.num_groups, mod.num_channels, mod.weight, mod.bias, *grid, mod.eps, mod.affine)


class _InstanceNorm:
    """Mixed into a layer of numbers: given weight and bias, and the grid of `scale` and `zero_point`."""

    def __init__(
        self, num_features, weight, bias, scale, zero_point, eps=1e-5, momentum=0.1, affine=False,
        track_running_stats=False, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats)  # type: ignore[call-arg]
        self.weight, self.bias = weight, bias
        keep_grid(self, scale, zero_point)  # type: ignore[arg-type]

    def forward(self, input):
        return operators.instance_norm(input, self.weight, self.bias, self.eps, self.scale, self.zero_point)

    def _get_name(self):
        return f"Quantized{type(self).__name__}"

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False):
        """The same layer on quantised tensors; `mod` has an observer of its results."""
        # As in PyTorch the place of the momentum, which nothing reads, is taken by `affine`.
        return cls(mod.num_features, mod.weight, mod.bias, *parameters_of_results(mod), mod.eps, mod.affine)


class InstanceNorm1d(_InstanceNorm, nn.InstanceNorm1d):
    """nn.InstanceNorm1d of quantised tensors."""


class InstanceNorm2d(_InstanceNorm, nn.InstanceNorm2d):
    """nn.InstanceNorm2d of quantised tensors."""


class InstanceNorm3d(_InstanceNorm, nn.InstanceNorm3d):
    """nn.InstanceNorm3d of quantised tensors."""


class _BatchNorm:
    """Mixed into a layer of numbers: always with the running statistics, on a grid of its own."""

    _op: str
    _after = ""

    def __init__(self, num_features, eps=1e-5, momentum=0.1, device=None, dtype=None):
        super().__init__(num_features, eps, momentum, True, True)  # type: ignore[call-arg]
        keep_grid(self, 1.0, 0)  # type: ignore[arg-type]

    def forward(self, input):
        self._check_input_dim(input)
        parts = self.weight, self.bias, self.running_mean, self.running_var, self.eps
        return getattr(operators, self._op + self._after)(input, *parts, self.scale, self.zero_point)

    def _get_name(self):
        return f"Quantized{type(self).__name__}"

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False):
        """The same layer on quantised tensors; `mod` has an observer of its results."""
        observer = mod.activation_post_process
        layer = mod[0] if isinstance(mod, nn.Sequential) else mod
        made = cls(layer.num_features, layer.eps)
        for name in ("weight", "bias", "running_mean", "running_var"):
            setattr(made, name, getattr(layer, name))
        made.scale, made.zero_point = observer.calculate_qparams()
        return made


class BatchNorm2d(_BatchNorm, nn.BatchNorm2d):
    """nn.BatchNorm2d of quantised images."""

    _op = "batch_norm2d"


class BatchNorm3d(_BatchNorm, nn.BatchNorm3d):
    """nn.BatchNorm3d of quantised volumes."""

    _op = "batch_norm3d"


__all__ = [
    "BatchNorm2d", "BatchNorm3d", "GroupNorm", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LayerNorm",
]  # fmt: skip
