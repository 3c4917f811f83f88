"""Recurrent layers, cells and packed sequences: against PyTorch, and against formulas in float64 NumPy."""

import copy
import itertools
import pickle

import numpy as np
import pytest

import flambeau
from flambeau import nn
from flambeau.nn.utils import rnn as sequences

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

LAYERS = {
    "rnn": dict(nonlinearity="tanh"),
    "relu": dict(nonlinearity="relu", num_layers=2, bidirectional=True),
    "lstm": {},
    "gru": {},
    "lstm deep": dict(num_layers=3, bidirectional=True),
    "gru deep": dict(num_layers=3, bidirectional=True),
    "lstm projected": dict(num_layers=2, bidirectional=True, proj_size=3),
    "gru no bias": dict(bias=False, batch_first=True),
    "lstm no bias": dict(bias=False, batch_first=True),
}
CLASSES = {"rnn": "RNN", "relu": "RNN", "lstm": "LSTM", "gru": "GRU"}


def make(lib, name: str, **more):
    """A layer of 4 inputs and 5 hidden states, from a fixed seed."""
    lib.manual_seed(3)
    return getattr(lib.nn, CLASSES[name.split()[0]])(4, 5, **LAYERS[name], **more)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


def as_tuple(x):
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


def states_for(lib, layer, batch):
    """Initial states that require gradients, as the layer takes them."""
    count = layer.num_layers * (2 if layer.bidirectional else 1)
    shapes = [(count, *batch, getattr(layer, "proj_size", 0) or 5), (count, *batch, 5)]
    states = [lib.tensor(draw(*s, seed=i), requires_grad=True) for i, s in enumerate(shapes)]
    return tuple(states) if layer.mode == "LSTM" else states[0]


def weighted(*tensors):
    """A loss in which every element counts differently, and not linearly."""
    return sum((t * t * 0.3 + t.cumsum(-1)).sum() for t in tensors)


def gradients(layer, *inputs):
    return [x.grad.numpy() for x in (*inputs, *layer.parameters())]


def close(ours, theirs, tolerance=1e-5):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)


def run_padded(lib, name, with_states, batched):
    layer = make(lib, name)
    x = lib.tensor(draw(3, 7, 4) if batched else draw(7, 4), requires_grad=True)
    batch = (3 if layer.batch_first else 7,) if batched else ()
    hx = states_for(lib, layer, batch) if with_states else None
    output, hidden = layer(x, hx)
    results = (output, *as_tuple(hidden))
    weighted(*results).backward()
    leaves = (x, *as_tuple(hx)) if with_states else (x,)
    return [r.detach().numpy() for r in results], gradients(layer, *leaves)


@pytest.mark.parity
@pytest.mark.parametrize("name", LAYERS)
def test_layer_as_pytorch(name):
    import torch

    for with_states, batched in itertools.product((False, True), (False, True)):
        for ours, theirs in zip(*(run_padded(lib, name, with_states, batched) for lib in (flambeau, torch))):
            close(ours, theirs)


def run_packed(lib, name, with_states, lengths=(2, 5, 3)):
    layer = make(lib, name)
    rows = [lib.tensor(draw(n, 4, seed=n), requires_grad=True) for n in lengths]
    hx = states_for(lib, layer, (len(lengths),)) if with_states else None
    packed, hidden = layer(lib.nn.utils.rnn.pack_sequence(rows, enforce_sorted=False), hx)
    padded, sizes = lib.nn.utils.rnn.pad_packed_sequence(packed)
    results = (packed.data, padded, *as_tuple(hidden))
    weighted(*results).backward()
    leaves = (*rows, *as_tuple(hx)) if with_states else rows
    return [r.detach().numpy() for r in (*results, sizes)], gradients(layer, *leaves)


@pytest.mark.parity
@pytest.mark.parametrize("name", LAYERS)
def test_packed_as_pytorch(name):
    import torch

    for with_states in (False, True):
        for ours, theirs in zip(*(run_packed(lib, name, with_states) for lib in (flambeau, torch))):
            close(ours, theirs)
