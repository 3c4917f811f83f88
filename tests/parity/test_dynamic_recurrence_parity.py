"""Recurrent layers with quantised weights: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import importlib
import io

import pytest
from both import PROGRAMS, attempt, program, same_as_pytorch

PROGRAMS.clear()


def rounded(x):
    """Numbers to four places: single operations round apart. Gradients are the same, the names on the way differ."""
    if isinstance(x, str) and x.endswith("Backward0"):
        return "Backward0"
    if isinstance(x, (tuple, list)):
        return [rounded(part) for part in x]
    return round(x, 4) if isinstance(x, float) else x


def quantized(torch, layer, config):
    """A layer with a qconfig, through the class that takes its place."""
    layer.qconfig = config
    return getattr(torch.ao.nn.quantized.dynamic, type(layer).__name__).from_float(layer)


def configs(torch):
    q = torch.ao.quantization
    return q.default_dynamic_qconfig, q.float16_dynamic_qconfig, q.per_channel_dynamic_qconfig


@program
def layers(torch):
    torch.manual_seed(0)
    nn = torch.nn
    for config in configs(torch):
        for layer in (
            nn.LSTM(3, 4, 2, bidirectional=True), nn.LSTM(5, 8, batch_first=True), nn.GRU(3, 4, 2),
            nn.GRU(4, 4, 2, bidirectional=True, dropout=0.5),
        ):  # fmt: skip
            made = quantized(torch, layer, config)
            x = torch.randn(3, 5, layer.input_size)
            output, states = made(x)
            yield repr(made), output, states, torch.rand(2)
            yield made(x, states if not made.batch_first else None)[0], list(made.state_dict())
            parts = torch.randn(6, 4, layer.input_size)
            for sorted_ in (False, True):
                lengths = torch.tensor([6, 4, 4, 1] if sorted_ else [2, 6, 3, 3])
                packed = nn.utils.rnn.pack_padded_sequence(parts, lengths, enforce_sorted=sorted_)
                output, states = made(packed)
                yield output.data, states
            yield list(made.get_weight()), list(made.get_bias().values())


@program
def cells(torch):
    torch.manual_seed(0)
    nn = torch.nn
    for config in configs(torch):
        for layer in (nn.LSTMCell(3, 4), nn.GRUCell(3, 4), nn.RNNCell(3, 4), nn.RNNCell(3, 4, nonlinearity="relu")):
            made, x = quantized(torch, layer, config), torch.randn(7, 3)
            state = made(x)
            yield repr(made), state, made(x, state), torch.rand(2), list(made.state_dict()), list(made.get_weight())
            yield made.load_state_dict(made.state_dict()) is not None


@program
def what_is_refused(torch):
    nn, kinds = torch.nn, torch.ao.nn.quantized.dynamic
    layer = quantized(torch, nn.LSTM(3, 4), torch.ao.quantization.default_dynamic_qconfig)
    x, state = torch.randn(2, 1, 3), torch.zeros(1, 1, 4)
    for args in ((x[0],), (x[..., :2],), (x, (torch.zeros(1, 2, 4), state)), (x, (state, state[..., :2]))):
        yield attempt(layer, *args)
    yield attempt(layer, x.double())
    cell = kinds.LSTMCell(3, 4)
    for args in ((torch.ones(2, 4),), (torch.ones(2, 3), (torch.ones(3, 4), torch.ones(2, 4)))):
        yield attempt(cell, *args)
    yield attempt(kinds.RNNCell(3, 4, nonlinearity="x"), torch.ones(1, 3)), repr(kinds.GRUCell(3, 4, bias=False))
    yield attempt(kinds.LSTM, 3, 4, dropout=2), attempt(kinds.LSTM.from_float, nn.Linear(2, 2))
    yield attempt(kinds.LSTM.from_float, nn.LSTM(2, 2)), attempt(kinds.LSTMCell.from_float, nn.LSTMCell(2, 2))
    yield attempt(quantized, torch, nn.LSTM(3, 4, bias=False), torch.ao.quantization.default_dynamic_qconfig)


test_same_as_pytorch = same_as_pytorch(PROGRAMS, rounded)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("half", [False, True])
def test_files_of_pytorch_are_read_and_the_other_way_round(half):
    ours, theirs = importlib.import_module("flambeau"), pytest.importorskip("torch")
    for one, other in ((ours, theirs), (theirs, ours)):
        made = [quantized(torch, torch.nn.LSTM(3, 4, 2), configs(torch)[half]) for torch in (one, other)]
        file = io.BytesIO()
        one.save(made[0].state_dict(), file)
        file.seek(0)
        made[1].load_state_dict(other.load(file, weights_only=False))
        x = [torch.linspace(-1, 1.17, 6).sin().reshape(2, 1, 3) for torch in (one, other)]
        assert [rounded(layer(y)[0].tolist()) for layer, y in zip(made, x)] == [rounded(made[0](x[0])[0].tolist())] * 2
