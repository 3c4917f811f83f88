"""Recurrent cells as modules: one step of an RNN, LSTM or GRU.

In: inputs (B, input_size) or (input_size) and states (B, hidden_size) or (hidden_size), zeros where None. Out: the new
states.
"""

from __future__ import annotations

import math

from .. import Tensor, empty, zeros
from ..ops import recurrent as ops
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter


class RNNCellBase(Module):
    """What the cells share: their parameters and their checks. num_chunks: the number of gates."""

    input_size: int
    hidden_size: int
    bias: bool
    weight_ih: Tensor
    weight_hh: Tensor

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device=None, dtype=None):
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        gates = num_chunks * hidden_size
        self.weight_ih = Parameter(empty((gates, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((gates, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(gates, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1.0 / math.sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        text += "" if self.bias is True else f", bias={self.bias}"
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text + ("" if nonlinearity == "tanh" else f", nonlinearity={nonlinearity}")

    def _initial(self, input: Tensor) -> Tensor:
        return zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device)

    def _check_dims(self, value: Tensor, name: str):
        if value.dim() not in (1, 2):
            raise ValueError(f"{type(self).__name__}: Expected {name} to be 1D or 2D, got {value.dim()}D instead")

    def _check_sizes(self, input: Tensor, *states: Tensor):
        if input.size(1) != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)} expected {self.input_size}")
        for i, state in enumerate(states):
            if state.size(0) != input.size(0):
                raise RuntimeError(
                    f"Input batch size {input.size(0)} doesn't match hidden{i} batch size {state.size(0)}"
                )
            if state.size(1) != self.hidden_size:
                raise RuntimeError(
                    f"hidden{i} has inconsistent hidden_size: got {state.size(1)}, expected {self.hidden_size}"
                )

    def _products(self, input: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        """What input and hidden states add to the gates."""
        return F.linear(input, self.weight_ih, self.bias_ih), F.linear(h, self.weight_hh, self.bias_hh)


class _SingleState(RNNCellBase):
    """A cell whose only state is the hidden one."""

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        self._check_dims(input, "input")
        if hx is not None:
            self._check_dims(hx, "hidden")
        if input.dim() == 1:
            return self._step(input.unsqueeze(0), None if hx is None else hx.unsqueeze(0)).squeeze(0)
        return self._step(input, hx)

    def _step(self, input: Tensor, h: Tensor | None) -> Tensor:
        h = self._initial(input) if h is None else h
        self._check_sizes(input, h)
        return self._next(*self._products(input, h), h)

    def _next(self, x: Tensor, hw: Tensor, h: Tensor) -> Tensor:
        raise NotImplementedError


class RNNCell(_SingleState):
    """tanh(x @ weight_ih.T + bias_ih + h @ weight_hh.T + bias_hh). nonlinearity: "tanh" or "relu"."""

    nonlinearity: str

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device=None, dtype=None
    ):
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def _next(self, x: Tensor, hw: Tensor, h: Tensor) -> Tensor:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return (x + hw).tanh() if self.nonlinearity == "tanh" else (x + hw).relu()


class GRUCell(_SingleState):
    """One step of a GRU: hidden states to hidden states."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def _next(self, x: Tensor, hw: Tensor, h: Tensor) -> Tensor:
        return ops.gru_cell(x, hw, h)


class LSTMCell(RNNCellBase):
    """One step of an LSTM: pairs (hidden states, cell states) to pairs."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device=None, dtype=None):
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        self._check_dims(input, "input")
        for i, state in enumerate(hx or ()):
            self._check_dims(state, f"hx[{i}]")
        if input.dim() == 1:
            h, c = self._step(input.unsqueeze(0), hx and tuple(state.unsqueeze(0) for state in hx))
            return h.squeeze(0), c.squeeze(0)
        return self._step(input, hx)

    def _step(self, input: Tensor, hx) -> tuple[Tensor, Tensor]:
        h, c = (self._initial(input),) * 2 if hx is None else hx
        self._check_sizes(input, h, c)
        x, hw = self._products(input, h)
        return ops.lstm_cell(x + hw, c)
