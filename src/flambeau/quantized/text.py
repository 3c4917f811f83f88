"""How quantised tensors print."""

from __future__ import annotations

import re


def quantized_repr(x) -> str:
    """tensor(..., size=..., dtype=..., quantization_scheme=..., scale=..., zero_point=...)."""
    numbers = x.dequantize()
    text = re.sub(r"(, size=\(.*\))?(, dtype=\S+)?\)$", "", repr(numbers)) if numbers.numel() else "tensor([]"
    notes = [f"size={tuple(x.shape)}", f"dtype={x.dtype}", f"quantization_scheme={x.qscheme()}"]
    if x._grid.axis is None:
        notes += [f"scale={x.q_scale()}", f"zero_point={x.q_zero_point()}"]
    else:
        scales, zero_points = x.q_per_channel_scales(), x.q_per_channel_zero_points()
        notes += [f"scale={scales}", f"zero_point={zero_points}", f"axis={x.q_per_channel_axis()}"]
    length = len(text.rpartition("\n")[2]) + 2
    for note in notes:
        apart = length + len(note) + 2 > 80
        text += (",\n       " if apart else ", ") + note
        length = len(note) + (7 if apart else length + 2)
    return text + ")"
