"""Recurrent layers with quantised weights, which quantise inputs and hidden states at each call."""

from __future__ import annotations

import numbers
import warnings

import flambeau as torch
from flambeau import nn
from flambeau.ao.nn.quantized.modules.linear import quantized_weight
from flambeau.nn.utils.rnn import PackedSequence
from flambeau.ops import quantized as operators
from flambeau.quantized import recurrence

_GATES = {"LSTM": 4, "GRU": 3}


def pack_weight_bias(qweight, bias, dtype):
    """A weight, quantised for torch.qint8 or of numbers for torch.float16, and a bias, ready for products."""
    pack = operators.linear_prepack if dtype is torch.qint8 else operators.linear_prepack_fp16
    return pack(qweight, bias)


def _observer(mod: nn.Module, base: str):
    """The class of observers that chooses the grids of a module's weights."""
    if not hasattr(mod, "qconfig"):
        raise AssertionError("Input float module must have qconfig defined")
    if mod.qconfig is not None and mod.qconfig.weight is not None:
        made = mod.qconfig.weight
    else:
        made = torch.ao.quantization.default_dynamic_qconfig.weight
    dtype = made().dtype
    if dtype not in (torch.qint8, torch.float16):
        raise RuntimeError(f"Unsupported dtype for dynamic {base} quantization: {dtype}")
    return made, dtype


def _as_observed(weight: torch.Tensor, made, dtype) -> torch.Tensor:
    if dtype is torch.float16:
        return weight.detach().float()
    observer = made()
    observer(weight)
    return quantized_weight(weight.detach(), observer)


class PackedParameter(nn.Module):
    """A packed weight as a module, so that it has an entry in the state dict."""

    def __init__(self, param):
        super().__init__()
        self.param = param

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "param"] = self.param

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, *lists):
        self.param = state_dict[prefix + "param"]
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)


class RNNBase(nn.Module):
    """What LSTM and GRU share; arguments as of torch.nn.LSTM.

    Args:
        mode: "LSTM" or "GRU".
        dtype: torch.qint8, or torch.float16 for weights that are only kept in half precision.

    Raises ValueError for a dropout that is no probability, and for other modes.
    """

    _FLOAT_MODULE = nn.RNNBase
    _version = 2

    def __init__(
        self, mode, input_size, hidden_size, num_layers=1, bias=True, batch_first=False, dropout=0.0,
        bidirectional=False, dtype=torch.qint8,
    ):  # fmt: skip
        super().__init__()
        self.mode, self.input_size, self.hidden_size, self.num_layers = mode, input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.bidirectional, self.dtype = bias, batch_first, bidirectional, dtype
        self.version, self.training = 2, False
        _check_dropout(dropout, num_layers)
        self.dropout = float(dropout)
        if mode not in _GATES:
            raise ValueError("Unrecognized RNN mode: " + mode)
        self.set_weight_bias(self._drawn())

    def _names(self):
        """For each layer and direction the endings of its parameters' names."""
        return [f"_l{i}{end}" for i in range(self.num_layers) for end in ("", "_reverse")[: 1 + self.bidirectional]]

    def _drawn(self) -> dict:
        """Weights and biases that hold random numbers."""
        rows, found = _GATES[self.mode] * self.hidden_size, {}
        for name in self._names():
            first = name.startswith("_l0")
            columns = self.input_size if first else self.hidden_size * (1 + self.bidirectional)
            for part, size in (("ih", columns), ("hh", self.hidden_size)):
                weight = torch.randn(rows, size)
                whole = self.dtype is not torch.qint8
                found[f"weight_{part}{name}"] = (
                    weight if whole else torch.quantize_per_tensor(weight, 0.1, 0, torch.qint8)
                )
            for part in ("ih", "hh"):
                found[f"bias_{part}{name}"] = torch.randn(rows)
        return found

    def set_weight_bias(self, weight_bias_dict: dict) -> None:
        """Takes other weights and biases, by the names of torch.nn.LSTM."""
        make = operators.make_quantized_cell_params_dynamic
        self._all_weight_values = nn.ModuleList(
            PackedParameter(
                make(
                    *(
                        pack_weight_bias(
                            weight_bias_dict[f"weight_{part}{name}"], weight_bias_dict[f"bias_{part}{name}"], self.dtype
                        )
                        for part in ("ih", "hh")
                    )
                )
            )
            for name in self._names()
        )

    def _weight_bias(self) -> dict:
        found: dict = {"weight": {}, "bias": {}}
        for name, layer in zip(self._names(), self._all_weight_values):
            for part in ("ih", "hh"):
                weight, bias = getattr(layer.param, part).unpack()
                found["weight"][f"weight_{part}{name}"] = weight
                found["bias"][f"bias_{part}{name}"] = bias
        return found

    def get_weight(self) -> dict:
        """The weights by their names."""
        return self._weight_bias()["weight"]

    def get_bias(self) -> dict:
        """The biases by their names."""
        return self._weight_bias()["bias"]

    # ------------------------------------------------------------------ the call
    def check_input(self, input, batch_sizes) -> None:
        """Raises RuntimeError for an input of a wrong shape."""
        dims = 2 if batch_sizes is not None else 3
        if input.dim() != dims:
            raise RuntimeError(f"input must have {dims} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(
                f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}"
            )

    def check_hidden_size(self, hx, expected_hidden_size, msg: str = "Expected hidden size {}, got {}") -> None:
        """Raises RuntimeError for states of a wrong shape."""
        if tuple(hx.size()) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def _run(self, input, states):
        """The output and the last states for an input and all first states, (layers * directions, batch, hidden)."""
        packed = isinstance(input, PackedSequence)
        data, sizes = (input.data, input.batch_sizes) if packed else (input, None)
        batch = int(sizes[0]) if packed else data.size(0 if self.batch_first else 1)
        shape = (len(self._all_weight_values), batch, self.hidden_size)
        if states is None:
            states = (torch.zeros(shape, dtype=data.dtype),) * (2 if self.mode == "LSTM" else 1)
        elif packed and input.sorted_indices is not None:
            states = tuple(s.index_select(1, input.sorted_indices) for s in states)
        self.check_input(data, sizes)
        for i, state in enumerate(states):
            place = f"[{i}]" if self.mode == "LSTM" else ""
            self.check_hidden_size(state, shape, f"Expected hidden{place} size {{}}, got {{}}")
        if packed:
            output, states = self._layers(data, sizes.tolist(), states)
            output = PackedSequence(output, sizes, input.sorted_indices, input.unsorted_indices)
            if input.unsorted_indices is not None:
                states = tuple(s.index_select(1, input.unsorted_indices) for s in states)
            return output, states
        steps = data.transpose(0, 1) if self.batch_first else data
        output, states = self._layers(steps.reshape(-1, data.size(-1)), [batch] * steps.size(0), states)
        output = output.reshape(steps.size(0), batch, -1)
        return output.transpose(0, 1) if self.batch_first else output, states

    def _layers(self, data, sizes, states):
        """All layers over the rows of all steps."""
        directions, ends = 1 + self.bidirectional, []
        for k in range(self.num_layers):
            if k and self.dropout and self.training:
                data = nn.functional.dropout(data, self.dropout)
            outputs = []
            for d in range(directions):
                place = k * directions + d
                first = tuple(s[place] for s in states)
                params = self._all_weight_values[place].param
                output, last = recurrence.layer(self.mode.lower(), params, data, sizes, first, d == 1)
                outputs.append(output)
                ends.append(last)
            data = torch.cat(outputs, 1) if self.bidirectional else outputs[0]
        return data, tuple(torch.stack(parts) for parts in zip(*ends))

    # ------------------------------------------------------------------ from a network, to text
    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False):
        """The same layer with quantised weights; `mod` is an LSTM or a GRU with a qconfig, and with biases.

        Raises AssertionError for other modules, RuntimeError for other types of weights.
        """
        if type(mod) not in (nn.LSTM, nn.GRU):
            raise AssertionError("nn.quantized.dynamic.RNNBase.from_float only works for nn.LSTM and nn.GRU")
        observer, dtype = _observer(mod, "RNN")
        settings = mod.bias, mod.batch_first, mod.dropout, mod.bidirectional, dtype
        made = {"LSTM": LSTM, "GRU": GRU}[mod.mode](mod.input_size, mod.hidden_size, mod.num_layers, *settings)
        if not mod.bias:
            raise AssertionError("mod.bias must be True")
        parts = {
            f"{kind}_{part}{name}" for name in made._names() for kind in ("weight", "bias") for part in ("ih", "hh")
        }
        given = {name: getattr(mod, name) for name in sorted(parts)}
        made.set_weight_bias(
            {name: _as_observed(x, observer, dtype) if name[0] == "w" else x for name, x in given.items()}
        )
        return made

    def _get_name(self):
        return f"DynamicQuantized{self.mode}"

    def extra_repr(self) -> str:
        usual = {"num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False}
        text = f"{self.input_size}, {self.hidden_size}"
        return text + "".join(f", {k}={getattr(self, k)}" for k, value in usual.items() if getattr(self, k) != value)

    def __repr__(self):
        return f"{self._get_name()}({self.extra_repr()})"  # without the packed weights

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, *lists):
        self.version = local_metadata.get("version", None)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)


def _check_dropout(dropout, num_layers: int) -> None:
    if isinstance(dropout, bool) or not isinstance(dropout, numbers.Number) or not 0 <= dropout <= 1:  # type: ignore[operator]
        raise ValueError(
            "dropout should be a number in range [0, 1] representing the probability of an element being zeroed"
        )
    if dropout > 0 and num_layers == 1:  # type: ignore[operator]
        warnings.warn(
            "dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers "
            f"greater than 1, but got dropout={dropout} and num_layers={num_layers}",
            stacklevel=4,
        )


class LSTM(RNNBase):
    """torch.nn.LSTM with quantised weights; arguments and results as there, and dtype as of `RNNBase`."""

    _FLOAT_MODULE = nn.LSTM

    def __init__(self, *args, **kwargs):
        super().__init__("LSTM", *args, **kwargs)

    def forward(self, input, hx=None):
        return self._run(input, hx)


class GRU(RNNBase):
    """torch.nn.GRU with quantised weights; arguments and results as there, and dtype as of `RNNBase`."""

    _FLOAT_MODULE = nn.GRU

    def __init__(self, *args, **kwargs):
        super().__init__("GRU", *args, **kwargs)

    def forward(self, input, hx=None):
        output, (last,) = self._run(input, None if hx is None else (hx,))
        return output, last


class RNNCellBase(nn.Module):
    """What the cells share; arguments as of torch.nn.LSTMCell.

    Args:
        num_chunks: the number of gates.
        dtype: torch.qint8, or torch.float16 for weights that are only kept in half precision.
    """

    bias_ih: torch.Tensor | None
    bias_hh: torch.Tensor | None

    def __init__(self, input_size, hidden_size, bias=True, num_chunks=4, dtype=torch.qint8):
        super().__init__()
        self.input_size, self.hidden_size, self.bias, self.weight_dtype = input_size, hidden_size, bias, dtype
        rows = num_chunks * hidden_size
        for name in ("bias_ih", "bias_hh"):
            if bias:
                setattr(self, name, torch.randn(rows))
            else:
                self.register_parameter(name, None)
        weights = [torch.randn(rows, size) for size in (input_size, hidden_size)]
        if dtype is torch.qint8:
            weights = [torch.quantize_per_tensor(w, 1, 0, torch.qint8) for w in weights]
        self._packed_weight_ih = pack_weight_bias(weights[0], self.bias_ih, dtype)
        self._packed_weight_hh = pack_weight_bias(weights[1], self.bias_hh, dtype)

    def _step(self, cell, input, states, labels):
        """The next states; RuntimeError for shapes that do not fit."""
        if input.size(1) != self.input_size:
            raise RuntimeError(f"input has inconsistent input_size: got {input.size(1)}, expected {self.input_size}")
        if states is None:
            states = (torch.zeros(input.size(0), self.hidden_size, dtype=input.dtype),) * len(labels)
        for state, label in zip(states, labels):
            if input.size(0) != state.size(0):
                raise RuntimeError(
                    f"Input batch size {input.size(0)} doesn't match hidden{label} batch size {state.size(0)}"
                )
            if state.size(1) != self.hidden_size:
                raise RuntimeError(
                    f"hidden{label} has inconsistent hidden_size: got {state.size(1)}, expected {self.hidden_size}"
                )
        products = operators.linear_of_numbers(self._packed_weight_ih, input)
        return recurrence.one_step(cell, products, tuple(states), self._packed_weight_hh)

    def get_weight(self) -> dict:
        """The weights by their names."""
        return self._part(0, "weight")

    def get_bias(self) -> dict:
        """The biases by their names."""
        return self._part(1, "bias")

    def _part(self, place: int, kind: str) -> dict:
        packed = {"ih": self._packed_weight_ih, "hh": self._packed_weight_hh}
        return {f"{kind}_{part}": weight.unpack()[place] for part, weight in packed.items()}

    def set_weight_bias(self, weight_bias_dict: dict) -> None:
        """Takes other weights and biases."""
        weights, biases = weight_bias_dict["weight"], weight_bias_dict["bias"]
        self._packed_weight_ih = pack_weight_bias(weights["weight_ih"], biases["bias_ih"], self.weight_dtype)
        self._packed_weight_hh = pack_weight_bias(weights["weight_hh"], biases["bias_hh"], self.weight_dtype)

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False):
        """The same cell with quantised weights; `mod` has a qconfig, and biases.

        Raises AssertionError for other modules, RuntimeError for other types of weights.
        """
        kinds = {nn.LSTMCell: LSTMCell, nn.GRUCell: GRUCell, nn.RNNCell: RNNCell}
        if type(mod) not in kinds:
            raise AssertionError(
                "nn.quantized.dynamic.RNNCellBase.from_float only works for nn.LSTMCell, nn.GRUCell and nn.RNNCell"
            )
        observer, dtype = _observer(mod, "RNN")
        more = {"nonlinearity": mod.nonlinearity} if type(mod) is nn.RNNCell else {}
        made = kinds[type(mod)](mod.input_size, mod.hidden_size, bias=mod.bias, dtype=dtype, **more)
        if not mod.bias:
            raise AssertionError("mod.bias must be True")
        weights = {name: _as_observed(getattr(mod, name), observer, dtype) for name in ("weight_ih", "weight_hh")}
        made.set_weight_bias({"weight": weights, "bias": {"bias_ih": mod.bias_ih, "bias_hh": mod.bias_hh}})
        return made

    def _get_name(self):
        return f"DynamicQuantized{type(self).__name__}"

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}" + ("" if self.bias is True else f", bias={self.bias}")
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text + ("" if nonlinearity == "tanh" else f", nonlinearity={nonlinearity}")

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "_packed_weight_ih"] = self._packed_weight_ih
        destination[prefix + "_packed_weight_hh"] = self._packed_weight_hh

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, *lists):
        self._packed_weight_ih = state_dict.pop(prefix + "_packed_weight_ih")
        self._packed_weight_hh = state_dict.pop(prefix + "_packed_weight_hh")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)


class RNNCell(RNNCellBase):
    """torch.nn.RNNCell with quantised weights."""

    def __init__(self, input_size, hidden_size, bias=True, nonlinearity="tanh", dtype=torch.qint8):
        super().__init__(input_size, hidden_size, bias, num_chunks=1, dtype=dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input, hx=None):
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        return self._step(self.nonlinearity, input, None if hx is None else (hx,), ("",))[0]


class LSTMCell(RNNCellBase):
    """torch.nn.LSTMCell with quantised weights."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, num_chunks=4, **kwargs)

    def forward(self, input, hx=None):
        return self._step("lstm", input, hx, ("[0]", "[1]"))


class GRUCell(RNNCellBase):
    """torch.nn.GRUCell with quantised weights."""

    def __init__(self, input_size, hidden_size, bias=True, dtype=torch.qint8):
        super().__init__(input_size, hidden_size, bias, num_chunks=3, dtype=dtype)

    def forward(self, input, hx=None):
        return self._step("gru", input, None if hx is None else (hx,), ("",))[0]
