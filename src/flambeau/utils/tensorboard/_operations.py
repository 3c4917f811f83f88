"""What PyTorch's graphs call the operations that functions and layers are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import nn

_KINDS = {
    **{f"conv{kind}{n}d": "_convolution" for kind in ("", "_transpose") for n in (1, 2, 3)},
    **{f"dropout{n}d": "feature_dropout" for n in (1, 2, 3)},
    "__getitem__": "index", "__setitem__": "copy_", "__get__": "numpy_T",
    "cross_entropy": "cross_entropy_loss", "nll_loss": "nll_loss_nd", "interpolate": "upsample",
    "__radd__": "add", "__rsub__": "rsub", "__rmul__": "mul", "__rdiv__": "reciprocal", "__rpow__": "pow",
}  # fmt: skip
_CASTS = frozenset({"float", "double", "half", "bfloat16", "int", "long", "bool", "cpu", "type"})

KINDS_OF_MODULES: dict[type, Callable[[Any], str]] = {
    nn.LSTM: lambda module: "aten::lstm",
    nn.GRU: lambda module: "aten::gru",
    nn.RNN: lambda module: f"aten::{module.mode.lower()}",
    nn.LSTMCell: lambda module: "aten::lstm_cell",
    nn.GRUCell: lambda module: "aten::gru_cell",
    nn.RNNCell: lambda module: f"aten::rnn_{module.nonlinearity}_cell",
}
"""The layers that are one operation, by their classes."""


def kind_of(func: Callable, given: dict[str, Any]) -> str:
    """The operation that a function is, told by its name and its arguments."""
    name = func.__name__
    if name == "tensor":
        return "prim::Constant"
    if name == "interpolate":
        return f"aten::upsample_{_resampling(given)}"
    if name in _CASTS:
        return "aten::to"
    kind = _KINDS.get(name, name)
    return f"aten::{kind}_" if given.get("inplace") is True else f"aten::{kind}"


def _resampling(given: dict[str, Any]) -> str:
    mode = given.get("mode", "nearest")
    return mode if mode.endswith("linear") and mode != "linear" else f"{mode}{given['input'].dim() - 2}d"
