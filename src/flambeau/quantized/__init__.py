"""Quantised tensors: integers that stand for numbers by a scale and a zero point.

`tensor.py` is the class, over an ordinary tensor of integers; `construct.py` makes them, `parameters.py` chooses scales
and zero points, `text.py` prints them, `dispatch.py` teaches torch's functions about them. Nothing here is imported
before a script asks for it.
"""

from . import dispatch
from .construct import (
    _empty_affine_quantized,
    _empty_per_channel_affine_quantized,
    _make_per_channel_quantized_tensor,
    _make_per_tensor_quantized_tensor,
    from_integers,
    quantize_per_channel,
    quantize_per_tensor,
    quantize_per_tensor_dynamic,
)
from .tensor import (
    QuantizedTensor,
    dequantize,
    int_repr,
    q_per_channel_axis,
    q_per_channel_scales,
    q_per_channel_zero_points,
    q_scale,
    q_zero_point,
)

__all__ = [
    "QuantizedTensor", "_empty_affine_quantized", "_empty_per_channel_affine_quantized",
    "_make_per_channel_quantized_tensor", "_make_per_tensor_quantized_tensor", "dequantize",
    "from_integers", "int_repr", "q_per_channel_axis", "q_per_channel_scales", "q_per_channel_zero_points", "q_scale",
    "q_zero_point",
    "quantize_per_channel", "quantize_per_tensor", "quantize_per_tensor_dynamic",
]  # fmt: skip

dispatch.install()
