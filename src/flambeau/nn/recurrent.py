"""Recurrent networks as modules: RNN, LSTM and GRU over whole sequences.

In: sequences (T, B, input_size), (B, T, input_size) if batch_first, (T, input_size) without a batch, or packed, and the
initial states (layers * directions, B, hidden_size), zeros where None. Out: the last layer's hidden states at all
steps, and the last states of all layers. The product of a layer's inputs with its weights is one for all steps.
"""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Sequence

from .. import Tensor, cat, empty, stack, zeros
from ..ops.recurrent import Steps, recurrent
from . import functional as F
from . import init
from .module import Module
from .parameter import Parameter
from .showing import changed
from .utils.rnn import PackedSequence, Packing

_GATES = {"RNN_TANH": 1, "RNN_RELU": 1, "LSTM": 4, "GRU": 3}
_NO_PROJECTION = "proj_size argument is only supported for LSTM, not RNN or GRU"


class RNNBase(Module):
    """What RNN, LSTM and GRU share: their parameters, their checks and the way through layers and directions.

    mode: "RNN_TANH", "RNN_RELU", "LSTM" or "GRU".  dropout: its probability between layers.  proj_size: to which size
    an LSTM projects its hidden states, 0 for none.
    Raises ValueError and TypeError for settings that do not make a network.
    """

    mode: str
    input_size: int
    hidden_size: int
    num_layers: int
    bias: bool
    batch_first: bool
    dropout: float
    bidirectional: bool
    proj_size: int

    def __init__(
        self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device=None,
        dtype=None,
    ):  # fmt: skip
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        _check_dropout(dropout, num_layers)
        _check_settings(self)
        self._all_weights = [self._register(i, device, dtype) for i in range(num_layers * self._directions)]
        self.reset_parameters()

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _output_size(self) -> int:
        """The size of the hidden states, after projection."""
        return self.proj_size or self.hidden_size

    def _register(self, index: int, device, dtype) -> list[str]:
        """Makes the parameters of one layer and direction; returns their names."""
        layer, backwards = divmod(index, self._directions)
        suffix = f"_l{layer}_reverse" if backwards else f"_l{layer}"
        gates = _GATES[self.mode] * self.hidden_size
        inputs = self._output_size * self._directions if layer else self.input_size
        shapes: dict[str, tuple[int, ...]] = {"weight_ih": (gates, inputs), "weight_hh": (gates, self._output_size)}
        if self.bias:
            shapes.update(bias_ih=(gates,), bias_hh=(gates,))
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, self.hidden_size)
        for name, shape in shapes.items():
            setattr(self, name + suffix, Parameter(empty(shape, device=device, dtype=dtype)))
        return [name + suffix for name in shapes]

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        bound = 1.0 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Accepts PyTorch's call; parameters need not lie side by side."""

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The parameters of each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights_names(self) -> list[str]:
        return [name for names in self._all_weights for name in names]

    @property
    def _flat_weights(self) -> list[Tensor]:
        return [weight for weights in self.all_weights for weight in weights]

    def extra_repr(self) -> str:
        text = changed(self, proj_size=0, num_layers=1, bias=True, batch_first=False, dropout=0, bidirectional=False)
        return f"{self.input_size}, {self.hidden_size}{text}"

    # ------------------------------------------------------------------ checks
    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raises ValueError or RuntimeError for an input of another type or shape than the weights ask for."""
        weight = getattr(self, self._all_weights[0][0])
        if input.dtype is not weight.dtype:
            raise ValueError(
                f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight.dtype}). Convert input: "
                f"input.to({weight.dtype}), or convert model: model.to({input.dtype})"
            )
        dims = 3 if batch_sizes is None else 2
        if input.dim() != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {input.dim()}")
        if input.size(-1) != self.input_size:
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def get_expected_hidden_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape that initial hidden states must have."""
        return self._state_shape(self._output_size, input, batch_sizes)

    def _state_shape(self, size: int, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        batch = input.size(0 if self.batch_first else 1) if batch_sizes is None else int(batch_sizes[0])
        return self.num_layers * self._directions, batch, size

    def check_hidden_size(self, hx: Tensor, expected_hidden_size, msg: str = "Expected hidden size {}, got {}") -> None:
        """Raises RuntimeError for initial states of another shape."""
        if tuple(hx.shape) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden, batch_sizes: Tensor | None) -> None:
        """Raises where input and initial states fit neither the weights nor each other."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx, permutation: Tensor | None):
        """The states with the batch in another order."""
        return hx if permutation is None else self._map_states(lambda state: state.index_select(1, permutation), hx)

    # ------------------------------------------------------------------ the way of a call
    def forward(self, input, hx=None):
        if isinstance(input, PackedSequence):
            return self._forward_packed(input, hx)
        self._check_dims(input)
        if input.dim() == 2:
            return self._forward_unbatched(input, hx)
        if hx is not None:
            self._check_state_dims(hx, 3)
        hx = self._initial(input, None) if hx is None else hx
        self.check_forward_args(input, hx, None)
        x = input.transpose(0, 1) if self.batch_first else input
        count, batch = x.shape[:2]
        if count == 0:
            raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
        output, hidden = self._run(x.reshape(count * batch, x.size(2)), hx, Steps([batch] * count))
        output = output.reshape(count, batch, output.size(1))
        return output.transpose(0, 1) if self.batch_first else output, hidden

    def _forward_unbatched(self, input: Tensor, hx):
        batch_dim = 0 if self.batch_first else 1
        if hx is not None:
            self._check_state_dims(hx, 2)
            hx = self._map_states(lambda state: state.unsqueeze(1), hx)
        output, hidden = self.forward(input.unsqueeze(batch_dim), hx)
        return output.squeeze(batch_dim), self._map_states(lambda state: state.squeeze(1), hidden)

    def _forward_packed(self, input: PackedSequence, hx):
        data, batch_sizes, sorted_indices, unsorted_indices = input
        hx = self._initial(data, batch_sizes) if hx is None else self.permute_hidden(hx, sorted_indices)
        self.check_forward_args(data, hx, batch_sizes)
        output, hidden = self._run(data, hx, Packing.of(input).steps())
        packed = PackedSequence(output, batch_sizes, sorted_indices, unsorted_indices)
        return packed, self.permute_hidden(hidden, unsorted_indices)

    def _initial(self, input: Tensor, batch_sizes: Tensor | None):
        shape = self.get_expected_hidden_size(input, batch_sizes)
        return zeros(shape, dtype=input.dtype, device=input.device)

    def _check_dims(self, input: Tensor):
        if input.dim() not in (2, 3):
            raise ValueError(f"{type(self).__name__}: Expected input to be 2D or 3D, got {input.dim()}D instead")

    def _check_state_dims(self, hx, dims: int):
        if hx.dim() != dims:
            batched = "batched" if dims == 3 else "unbatched"
            raise RuntimeError(f"For {batched} {dims}-D input, hx should also be {dims}-D but got {hx.dim()}-D tensor")

    def _map_states(self, fn, hx):
        return fn(hx)

    # ------------------------------------------------------------------ layers and directions
    def _run(self, x: Tensor, hx, steps: Steps):
        """All layers over packed data (R, input_size)."""
        last: list[tuple] = []
        for layer in range(self.num_layers):
            x = F.dropout(x, self.dropout, self.training) if layer and self.dropout else x
            results = []
            for reverse in range(self._directions):
                index = layer * self._directions + reverse
                results.append(self._scan(x, self._states_at(hx, index), self._weights(index), steps, bool(reverse)))
            x = cat([result[0] for result in results], -1) if self.bidirectional else results[0][0]
            last.extend(result[1:] for result in results)
        return x, self._joined(last)

    def _weights(self, index: int) -> dict[str, Tensor]:
        """The parameters of one layer and direction, by name without its number."""
        return {name.partition("_l")[0]: getattr(self, name) for name in self._all_weights[index]}

    def _scan(self, x: Tensor, states, weights: dict[str, Tensor], steps: Steps, reverse: bool):
        """One layer in one direction: all hidden states (R, H), then each kind of last states."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def _states_at(self, hx, index: int):
        return (hx[index],)

    def _joined(self, last):
        """The states of all layers and directions as one tensor."""
        return _stacked([h for (h,) in last])


def _stacked(states: Sequence[Tensor]) -> Tensor:
    return stack(states) if len(states) > 1 else states[0].unsqueeze(0)


def _check_dropout(dropout, num_layers):
    if isinstance(dropout, bool) or not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1:
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )


def _check_settings(rnn: RNNBase):
    for name, kind in (("bias", bool), ("batch_first", bool), ("input_size", int), ("hidden_size", int)):
        value = getattr(rnn, name)
        if not isinstance(value, kind):
            raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
        if kind is int and value <= 0:
            raise ValueError(f"{name} must be greater than zero")
    if rnn.num_layers <= 0:
        raise ValueError("num_layers must be greater than zero")
    if rnn.proj_size < 0:
        raise ValueError("proj_size should be a positive integer or zero to disable projections")
    if rnn.proj_size >= rnn.hidden_size:
        raise ValueError("proj_size has to be smaller than hidden_size")
    if rnn.mode not in _GATES:
        raise ValueError("Unrecognized RNN mode: " + rnn.mode)


def _summed_bias(weights: dict[str, Tensor]) -> Tensor | None:
    """Both biases as one, where nothing comes between them."""
    return weights["bias_ih"] + weights["bias_hh"] if "bias_ih" in weights else None


class RNN(RNNBase):
    """h[t] = tanh(x[t] @ weight_ih.T + bias_ih + h[t-1] @ weight_hh.T + bias_hh), or relu instead of tanh.

    Arguments: input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0,
    bidirectional=False, device=None, dtype=None.
    """

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError(_NO_PROJECTION)
        nonlinearity = args[3] if len(args) > 3 else kwargs.pop("nonlinearity", "tanh")
        if nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{nonlinearity.upper()}", *args[:3], *args[4:], **kwargs)
        self.nonlinearity = nonlinearity

    def _check_dims(self, input: Tensor):
        if input.dim() not in (2, 3):
            raise ValueError(f"RNN: Expected input to be 2D or 3D, got {input.dim()}D tensor instead")

    def _scan(self, x, states, weights, steps, reverse):
        products = F.linear(x, weights["weight_ih"], _summed_bias(weights))
        return recurrent(self.nonlinearity, products, states, weights["weight_hh"], None, None, steps, reverse)


class GRU(RNNBase):
    """Gated recurrent units (Cho et al., 2014): h[t] = (1 - z) * n + z * h[t-1].

    Arguments: input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False,
    device=None, dtype=None.
    """

    def __init__(self, *args, **kwargs):
        if "proj_size" in kwargs:
            raise ValueError(_NO_PROJECTION)
        super().__init__("GRU", *args, **kwargs)

    def _scan(self, x, states, weights, steps, reverse):
        products = F.linear(x, weights["weight_ih"], weights.get("bias_ih"))
        return recurrent("gru", products, states, weights["weight_hh"], weights.get("bias_hh"), None, steps, reverse)


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997): c[t] = f * c[t-1] + i * g, h[t] = o * tanh(c[t]).

    Its states are pairs (h, c). Arguments: input_size, hidden_size, num_layers=1, bias=True, batch_first=False,
    dropout=0.0, bidirectional=False, proj_size=0, device=None, dtype=None.
    """

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Tensor, batch_sizes: Tensor | None) -> tuple[int, int, int]:
        """The shape that initial cell states must have."""
        return self._state_shape(self.hidden_size, input, batch_sizes)

    def check_forward_args(self, input: Tensor, hidden, batch_sizes: Tensor | None) -> None:
        self.check_input(input, batch_sizes)
        expected = self.get_expected_hidden_size(input, batch_sizes), self.get_expected_cell_size(input, batch_sizes)
        for i in range(2):
            self.check_hidden_size(hidden[i], expected[i], f"Expected hidden[{i}] size {{}}, got {{}}")

    def _initial(self, input: Tensor, batch_sizes: Tensor | None):
        shapes = self.get_expected_hidden_size(input, batch_sizes), self.get_expected_cell_size(input, batch_sizes)
        return tuple(zeros(shape, dtype=input.dtype, device=input.device) for shape in shapes)

    def _check_state_dims(self, hx, dims: int):
        if hx[0].dim() != dims or hx[1].dim() != dims:
            batched = "batched" if dims == 3 else "unbatched"
            raise RuntimeError(
                f"For {batched} {dims}-D input, hx and cx should also be {dims}-D but got ({hx[0].dim()}-D, "
                f"{hx[1].dim()}-D) tensors"
            )

    def _map_states(self, fn, hx):
        return fn(hx[0]), fn(hx[1])

    def _scan(self, x, states, weights, steps, reverse):
        products, projection = F.linear(x, weights["weight_ih"], _summed_bias(weights)), weights.get("weight_hr")
        return recurrent("lstm", products, states, weights["weight_hh"], None, projection, steps, reverse)

    def _states_at(self, hx, index: int):
        return hx[0][index], hx[1][index]

    def _joined(self, last):
        return tuple(_stacked(states) for states in zip(*last))
