"""torch.ao.nn.quantized.functional: torch.nn.functional for quantised tensors.

In: quantised tensors and the settings of an operation, where it needs one the grid of the result. Out: quantised
tensors. All raise ValueError for other tensors.
"""

from __future__ import annotations

import warnings

import flambeau as torch
from flambeau.nn import functional as F
from flambeau.nn.modules.utils import _ntuple
from flambeau.ops import quantized as operators


def _check(input, name: str) -> None:
    if not input.is_quantized:
        raise ValueError(f"Input to 'quantized.{name}' must be quantized!")


def _keeping_grid(name: str):
    """A function of torch.nn.functional whose results are on the grid of the argument."""

    def function(input, *args, **kwargs):
        _check(input, name)
        return getattr(F, name)(input, *args, **kwargs)

    function.__name__, function.__qualname__ = name, name
    function.__doc__ = f"torch.nn.functional.{name} of a quantised tensor, on its grid."
    return function


adaptive_avg_pool2d, adaptive_avg_pool3d = _keeping_grid("adaptive_avg_pool2d"), _keeping_grid("adaptive_avg_pool3d")
avg_pool2d, avg_pool3d = _keeping_grid("avg_pool2d"), _keeping_grid("avg_pool3d")
hardsigmoid, hardtanh = _keeping_grid("hardsigmoid"), _keeping_grid("hardtanh")
max_pool1d, max_pool2d = F.max_pool1d, F.max_pool2d
interpolate = _keeping_grid("interpolate")


def _on_grid(name: str):
    """An operator whose results have a grid of their own."""

    def function(input, scale: float, zero_point: int, *args, **kwargs):
        _check(input, name)
        return getattr(operators, name)(input, scale, zero_point, *args, **kwargs)

    function.__name__, function.__qualname__ = name, name
    function.__doc__ = f"torch.nn.functional.{name} of a quantised tensor, on the grid of `scale` and `zero_point`."
    return function


celu, elu, hardswish = _on_grid("celu"), _on_grid("elu"), _on_grid("hardswish")


def leaky_relu(input, negative_slope: float = 0.01, inplace: bool = False, scale=None, zero_point=None):
    """x above 0, otherwise x * negative_slope; on the grid of the argument unless there is another."""
    if scale is None or zero_point is None:
        return F.leaky_relu(input, negative_slope, inplace)
    return operators.leaky_relu(input, negative_slope, inplace, scale, zero_point)


def clamp(input, min_: float, max_: float):
    """x between two numbers."""
    _check(input, "clamp")
    return torch.clamp(input, min_, max_)


def threshold(input, threshold: float, value: float):
    """x where it is above a number, otherwise another."""
    _check(input, "threshold")
    return operators.threshold(input, threshold, value)


def linear(input, weight, bias=None, scale=None, zero_point=None):
    """x @ weight.T + bias for quantised x and weight; on the grid of x unless there is another."""
    scale, zero_point = _grid_of(input, scale, zero_point)
    return operators.linear(input, operators.linear_prepack(weight, bias), scale, zero_point)


def _grid_of(input, scale, zero_point):
    return input.q_scale() if scale is None else scale, input.q_zero_point() if zero_point is None else zero_point


def _convolution(dims: int):
    def function(
        input, weight, bias, stride=1, padding=0, dilation=1, groups=1, padding_mode="zeros", scale=1.0,
        zero_point=0, dtype=torch.quint8,
    ):  # fmt: skip
        if padding_mode != "zeros":
            raise NotImplementedError("Only zero-padding is supported!")
        for what, value, wanted in (("inputs", input.dtype, torch.quint8), ("weights", weight.dtype, torch.qint8)):
            if value is not wanted:
                kind = "activations" if what == "inputs" else what
                raise NotImplementedError(f"Only {wanted} is supported for {kind}!")
        for value in (input, weight):
            if value.dim() != dims + 2:
                raise ValueError(f"{'Weight' if value is weight else 'Input'} tensor must be {dims}D + 2")
        settings = [_ntuple(dims)(setting) for setting in (stride, padding, dilation)]
        packed = getattr(operators, f"conv{dims}d_prepack")(weight, bias, *settings, groups)
        return getattr(operators, f"conv{dims}d")(input, packed, scale, zero_point)

    function.__name__ = function.__qualname__ = f"conv{dims}d"
    function.__doc__ = f"torch.nn.functional.conv{dims}d of quantised tensors, on the grid of `scale`, `zero_point`."
    return function


conv1d, conv2d, conv3d = (_convolution(dims) for dims in (1, 2, 3))


def upsample(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """`interpolate`, by its older name."""
    warnings.warn(
        "nn.quantized.functional.upsample is deprecated. Use nn.quantized.functional.interpolate instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_bilinear(input, size=None, scale_factor=None):
    """`interpolate` between four pixels, with corners on corners."""
    warnings.warn(
        "nn.quantized.functional.upsample_bilinear is deprecated. Use nn.quantized.functional.interpolate instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode="bilinear", align_corners=True)


def upsample_nearest(input, size=None, scale_factor=None):
    """`interpolate` by the nearest pixel."""
    warnings.warn(
        "nn.quantized.functional.upsample_nearest is deprecated. Use nn.quantized.functional.interpolate instead.",
        stacklevel=2,
    )
    return interpolate(input, size, scale_factor, mode="nearest")
