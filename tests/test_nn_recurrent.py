"""Recurrent layers, cells and packed sequences: against PyTorch, and against formulas in float64 NumPy."""

import copy
import pickle

import numpy as np
import pytest

import flambeau
from flambeau import config, nn, schedule
from flambeau.nn.utils import rnn as sequences
from flambeau.runtime import compile

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

LAYERS = {
    "rnn": {"nonlinearity": "tanh"},
    "relu": {"nonlinearity": "relu", "num_layers": 2, "bidirectional": True},
    "lstm": {},
    "gru": {},
    "lstm deep": {"num_layers": 3, "bidirectional": True},
    "gru deep": {"num_layers": 3, "bidirectional": True},
    "lstm projected": {"num_layers": 2, "bidirectional": True, "proj_size": 3},
    "gru no bias": {"bias": False, "batch_first": True},
    "lstm no bias": {"bias": False, "batch_first": True},
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

    for with_states, batched in ((True, True), (False, False)):
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

    for ours, theirs in zip(*(run_packed(lib, name, "deep" not in name) for lib in (flambeau, torch))):
        close(ours, theirs)


def run_cell(lib, name, bias, state):
    lib.manual_seed(1)
    cell = getattr(lib.nn, name)(4, 5, bias=bias)
    x = lib.tensor(draw(3, 4), requires_grad=True)
    h, c = (lib.tensor(draw(3, 5, seed=i), requires_grad=True) for i in range(2))
    hx = None if not state else (h, c) if name == "LSTMCell" else h
    results = as_tuple(cell(x, hx))
    weighted(*results).backward()
    single = as_tuple(cell(x[0], None if hx is None else tuple(s[0] for s in hx) if name == "LSTMCell" else h[0]))
    leaves = (x, h) if state else (x,)
    return [r.detach().numpy() for r in (*results, *single)], gradients(cell, *leaves)


@pytest.mark.parity
@pytest.mark.parametrize("name", ["RNNCell", "LSTMCell", "GRUCell"])
def test_cells_as_pytorch(name):
    import torch

    for bias, state in ((False, False), (True, True)):
        for ours, theirs in zip(*(run_cell(lib, name, bias, state) for lib in (flambeau, torch))):
            close(ours, theirs)


def train(lib, name):
    """The losses of 20 steps: the class of a sequence from the last states."""
    layer = make(lib, name)
    head = lib.nn.Linear(5, 3)
    optimizer = lib.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
    x, y = lib.tensor(draw(6, 8, 4)), lib.tensor([0, 1, 2, 0, 1, 2, 0, 1])
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        last = layer(x)[1]
        loss = lib.nn.functional.cross_entropy(head((last[0] if isinstance(last, tuple) else last)[-1]), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parity
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru deep"])
def test_training_as_pytorch(name):
    import torch

    np.testing.assert_allclose(train(flambeau, name), train(torch, name), rtol=1e-5)


def train_on_names(lib, steps, seed=0):
    """The losses of a bidirectional network over batches of sequences whose lengths are new at every step."""
    lib.manual_seed(3)
    rng = np.random.default_rng(seed)
    layer, head = lib.nn.GRU(6, 33, 2, bidirectional=True), lib.nn.Linear(66, 3)
    optimizer = lib.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.01)
    for _ in range(steps):
        lengths = np.sort(rng.integers(3, 18, 40))[::-1].copy()
        x = lib.tensor(rng.standard_normal((int(lengths[0]), 40, 6)).astype("float32"))
        y = lib.tensor(rng.integers(0, 3, 40))
        packed = lib.nn.utils.rnn.pack_padded_sequence(x, lib.tensor(lengths))
        optimizer.zero_grad()
        _, hidden = layer(packed)
        loss = lib.nn.functional.cross_entropy(head(lib.cat([hidden[-1], hidden[-2]], 1)), y)
        loss.backward()
        optimizer.step()
        yield loss.item()


@pytest.mark.parity
def test_training_on_new_lengths_as_pytorch():
    import torch

    np.testing.assert_allclose(list(train_on_names(flambeau, 14)), list(train_on_names(torch, 14)), rtol=2e-4)


def test_new_lengths_need_no_new_kernels(monkeypatch):
    if not schedule.has_compiler():
        pytest.skip("no compiler")
    steps = train_on_names(flambeau, 20, seed=1)
    for _ in range(10):
        next(steps)
    monkeypatch.setattr(compile, "_link", lambda *_: pytest.fail("a kernel is new"))
    assert len(list(steps)) == 10


SHAPES = [("LSTM", 1, 33, {}), ("GRU", 2, 16, {"bias": False}), ("RNN", 5, 1, {"nonlinearity": "relu"}),
          ("LSTM", 17, 20, {"proj_size": 7, "bidirectional": True}), ("GRU", 40, 64, {"num_layers": 2})]  # fmt: skip


def run_shape(lib, name, batch, units, more, steps):
    lib.manual_seed(3)
    layer = getattr(lib.nn, name)(3, units, **more)
    x = lib.tensor(draw(steps, batch, 3), requires_grad=True)
    output, hidden = layer(x)
    weighted(output, *as_tuple(hidden)).backward()
    return [output.detach().numpy(), *gradients(layer, x)]


@pytest.mark.parity
@pytest.mark.parametrize("name, batch, units, more", SHAPES)
def test_sizes_as_pytorch(name, batch, units, more):
    import torch

    for steps in (1, 2, 30):
        ours, theirs = (run_shape(lib, name, batch, units, more, steps) for lib in (flambeau, torch))
        for a, b in zip(ours, theirs):
            np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-4 * max(np.abs(b).max(), 1))


@pytest.mark.parametrize("name, batch, units, more", SHAPES)
def test_threads_change_nothing(name, batch, units, more):
    results = []
    for threads in (1, 2):
        with config.override(threads=threads):
            results.append(run_shape(flambeau, name, batch, units, more, 9))
    for one, two in zip(*results):
        np.testing.assert_array_equal(one, two)


# ------------------------------------------------------------------ formulas
def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reference(name, x, weights, reverse):
    """One layer in one direction, in float64."""
    w, u, b, d = (value.detach().numpy().astype("float64") for value in weights)
    h = c = np.zeros((x.shape[1], u.shape[1]))
    outputs = [None] * len(x)
    for t in range(len(x))[:: -1 if reverse else 1]:
        xw, hu = x[t] @ w.T + b, h @ u.T + d
        if name == "lstm":
            i, f, g, o = np.split(xw + hu, 4, -1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        elif name == "gru":
            (xr, xz, xn), (hr, hz, hn) = np.split(xw, 3, -1), np.split(hu, 3, -1)
            z = sigmoid(xz + hz)
            h = (1 - z) * np.tanh(xn + sigmoid(xr + hr) * hn) + z * h
        else:
            h = np.tanh(xw + hu)
        outputs[t] = h
    return np.stack(outputs)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_both_directions_are_the_formulas(name):
    layer, x = make(flambeau, name, bidirectional=True), draw(6, 3, 4)
    output, hidden = layer(flambeau.tensor(x))
    forwards, backwards = (reference(name, x, w, i == 1) for i, w in enumerate(layer.all_weights))
    np.testing.assert_allclose(output.detach().numpy(), np.concatenate([forwards, backwards], -1), rtol=1e-5, atol=1e-6)
    last = (hidden[0] if name == "lstm" else hidden).detach().numpy()
    np.testing.assert_allclose(last, np.stack([forwards[-1], backwards[0]]), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind, settings", [("RNN", {}), ("LSTM", {}), ("LSTM", {"proj_size": 1}), ("GRU", {})])
def test_gradients_of_both_orders(kind, settings):
    layer = getattr(nn, kind)(2, 2, **settings, bidirectional=True, dtype=flambeau.float64)
    rows = [flambeau.tensor(draw(n, 2, seed=n), dtype=flambeau.float64, requires_grad=True) for n in (2, 1)]

    def run(*rows):
        packed, hidden = layer(sequences.pack_sequence(list(rows)))
        return (packed.data, *as_tuple(hidden))

    assert flambeau.autograd.gradcheck(run, rows)
    assert flambeau.autograd.gradgradcheck(run, rows)


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_padding_changes_nothing(name):
    layer, rows = make(flambeau, name, bidirectional=True), [flambeau.tensor(draw(n, 4, seed=n)) for n in (4, 1, 6)]
    output, hidden = layer(sequences.pack_sequence(rows, enforce_sorted=False))
    for i, (row, found) in enumerate(zip(rows, sequences.unpack_sequence(output))):
        alone, last = layer(row)
        np.testing.assert_allclose(found.detach().numpy(), alone.detach().numpy(), rtol=1e-5, atol=1e-6)
        for a, b in zip(as_tuple(hidden), as_tuple(last)):
            np.testing.assert_allclose(a[:, i].detach().numpy(), b.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_dropout_only_between_layers_and_in_training():
    layer, x = make(flambeau, "lstm", num_layers=2, dropout=1.0), flambeau.tensor(draw(6, 3, 4))
    trained, _ = layer(x)
    silent, _ = make(flambeau, "lstm", num_layers=2)(x)
    assert np.ptp(trained.detach().numpy(), axis=1).max() < 1e-7  # the second layer sees only zeros
    np.testing.assert_array_equal(layer.eval()(x)[0].detach().numpy(), silent.detach().numpy())


def test_small_batches_and_types():
    for name in ("rnn", "lstm", "gru"):
        assert make(flambeau, name)(flambeau.zeros(6, 0, 4))[0].shape == (6, 0, 5)
        half = make(flambeau, name).to(flambeau.bfloat16)(flambeau.ones(2, 3, 4, dtype=flambeau.bfloat16))[0]
        full = make(flambeau, name)(flambeau.ones(2, 3, 4))[0]
        np.testing.assert_allclose(half.float().detach().numpy(), full.detach().numpy(), atol=0.03)


# ------------------------------------------------------------------ modules
def test_parameters_copies_and_repr():
    layer = nn.LSTM(4, 3, 2, bias=False, dropout=0.5, bidirectional=True, proj_size=2)
    names = ["weight_ih", "weight_hh", "weight_hr"]
    suffixes = ["_l0", "_l0_reverse", "_l1", "_l1_reverse"]
    assert list(layer.state_dict()) == [name + suffix for suffix in suffixes for name in names]
    assert [tuple(w.shape) for w in layer.all_weights[2]] == [(12, 4), (12, 2), (2, 3)]
    assert repr(layer) == "LSTM(4, 3, proj_size=2, num_layers=2, bias=False, dropout=0.5, bidirectional=True)"
    assert repr(nn.RNNCell(4, 3, False, "relu")) == "RNNCell(4, 3, bias=False, nonlinearity=relu)"
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        x = flambeau.ones(2, 1, 4)
        np.testing.assert_array_equal(other.eval()(x)[0].detach(), layer.eval()(x)[0].detach())
    assert layer.flatten_parameters() is None


CONSTRUCTIONS = [
    (lambda: nn.RNN(4, 3, nonlinearity="x"), ValueError, "Unknown nonlinearity 'x'. Select from 'tanh' or 'relu'."),
    (lambda: nn.GRU(4, 3, proj_size=1), ValueError, "only supported for LSTM"),
    (lambda: nn.LSTM(4, 3, proj_size=3), ValueError, "proj_size has to be smaller than hidden_size"),
    (lambda: nn.LSTM(4, 3, 0), ValueError, "num_layers must be greater than zero"),
    (lambda: nn.LSTM(0, 3), ValueError, "input_size must be greater than zero"),
    (lambda: nn.LSTM(4, 3.0), TypeError, "hidden_size should be of type int, got: float"),
    (lambda: nn.LSTM(4, 3, bias=1), TypeError, "bias should be of type bool, got: int"),
    (lambda: nn.LSTM(4, 3, dropout=2), ValueError, "dropout should be a number in range"),
    (lambda: nn.LSTM(4, 3, dropout=True), ValueError, "dropout should be a number in range"),
]


@pytest.mark.parametrize("make, kind, text", CONSTRUCTIONS)
def test_wrong_settings(make, kind, text):
    with pytest.raises(kind, match=text):
        make()


def test_dropout_without_a_place_warns():
    with pytest.warns(UserWarning, match="non-zero dropout expects num_layers greater than 1"):
        nn.GRU(4, 3, dropout=0.5)


def zeros(*shape):
    return flambeau.zeros(*shape)


CALLS = [
    (lambda: nn.RNN(4, 3)(zeros(4)), ValueError, "RNN: Expected input to be 2D or 3D, got 1D tensor instead"),
    (lambda: nn.LSTM(4, 3)(zeros(4)), ValueError, "LSTM: Expected input to be 2D or 3D, got 1D instead"),
    (lambda: nn.GRU(4, 3)(zeros(2, 3, 5)), RuntimeError, "Expected 4, got 5"),
    (lambda: nn.GRU(4, 3)(zeros(0, 3, 4)), RuntimeError, "Expected sequence length to be larger than 0 in RNN"),
    (lambda: nn.GRU(4, 3)(zeros(2, 3, 4).double()), ValueError, "does not match weight dtype"),
    (lambda: nn.GRU(4, 3)(zeros(2, 3, 4), zeros(1, 3, 4)), RuntimeError, r"size \(1, 3, 3\), got \[1, 3, 4\]"),
    (lambda: nn.GRU(4, 3)(zeros(2, 3, 4), zeros(1, 3, 3).double()), RuntimeError, "must have the same dtype"),
    (lambda: nn.GRU(4, 3)(zeros(2, 4), zeros(1, 1, 3)), RuntimeError, "For unbatched 2-D input, hx should also be 2-D"),
    (lambda: nn.LSTM(4, 3)(zeros(2, 3, 4), (zeros(1, 3, 3), zeros(1, 3, 4))), RuntimeError, r"hidden\[1\] size"),
    (lambda: nn.LSTM(4, 3)(zeros(2, 3, 4), (zeros(3, 3), zeros(1, 3, 3))), RuntimeError, r"\(2-D, 3-D\) tensors"),
    (lambda: nn.GRUCell(4, 3)(zeros(2, 3, 4)), ValueError, "GRUCell: Expected input to be 1D or 2D, got 3D instead"),
    (lambda: nn.GRUCell(4, 3)(zeros(2, 5)), RuntimeError, "input has inconsistent input_size: got 5 expected 4"),
    (lambda: nn.LSTMCell(4, 3)(zeros(2, 4), (zeros(2, 3), zeros(1, 3))), RuntimeError, "hidden1 batch size 1"),
    (lambda: nn.RNNCell(4, 3)(zeros(2, 4), zeros(2, 2)), RuntimeError, "got 2, expected 3"),
]


@pytest.mark.parametrize("call, kind, text", CALLS)
def test_wrong_calls(call, kind, text):
    with pytest.raises(kind, match=text):
        call()


# ------------------------------------------------------------------ sequences
def test_packing_and_back():
    rows = [flambeau.tensor(draw(n, 2, seed=n)) for n in (2, 5, 3)]
    packed = sequences.pack_sequence(rows, enforce_sorted=False)
    assert packed.batch_sizes.tolist() == [3, 3, 2, 1, 1]
    assert packed.sorted_indices.tolist() == [1, 2, 0] and packed.unsorted_indices.tolist() == [2, 0, 1]
    np.testing.assert_array_equal(packed.data[:3], np.stack([rows[i][0].numpy() for i in (1, 2, 0)]))
    padded, lengths = sequences.pad_packed_sequence(packed, True, padding_value=-1.0, total_length=6)
    assert padded.shape == (3, 6, 2) and lengths.tolist() == [2, 5, 3]
    assert (padded[0, 2:] == -1).all() and (padded[1, 5:] == -1).all()
    for row, found in zip(rows, sequences.unpack_sequence(packed)):
        np.testing.assert_array_equal(row, found)


def test_padding_sides_and_back():
    rows = [flambeau.tensor([1.0, 2.0]), flambeau.tensor([3.0])]
    assert sequences.pad_sequence(rows).tolist() == [[1, 3], [2, 0]]
    assert sequences.pad_sequence(rows, True, 9.0, "left").tolist() == [[1, 2], [9, 3]]
    unpadded = sequences.unpad_sequence(sequences.pad_sequence(rows), flambeau.tensor([2, 1]))
    assert [row.tolist() for row in unpadded] == [[1, 2], [3]]


def test_a_packed_sequence_is_a_named_tuple():
    packed = sequences.pack_sequence([flambeau.ones(3), flambeau.ones(2)])
    data, batch_sizes, sorted_indices, unsorted_indices = packed
    assert data is packed.data and batch_sizes.tolist() == [2, 2, 1] and sorted_indices is unsorted_indices is None
    assert packed.to(flambeau.float32) is packed and packed.cpu() is packed and not packed.is_cuda
    assert packed.double().data.dtype is flambeau.float64 and packed.long().batch_sizes is batch_sizes
    assert isinstance(pickle.loads(pickle.dumps(packed)), sequences.PackedSequence)
    assert sequences.PackedSequence((data, batch_sizes)).data is data


PACKINGS = [
    (lambda x: sequences.pack_padded_sequence(x, [5, 3]), "to be equal to batch_size, but got 2"),
    (lambda x: sequences.pack_padded_sequence(x, [5, 3, 0]), "has to be greater than 0"),
    (lambda x: sequences.pack_padded_sequence(x, [3, 5, 2]), "must be sorted in decreasing order"),
    (lambda x: sequences.pack_padded_sequence(x, [6, 5, 2]), "at most 5"),
    (lambda x: sequences.pack_padded_sequence(x[:0], [1, 1, 1]), "Cannot pack empty tensors."),
    (lambda x: sequences.pad_sequence([]), "received an empty list of sequences"),
    (lambda x: sequences.pad_sequence(3), "Expected iterable"),
    (lambda x: sequences.pad_sequence([x], padding_side="up"), "one of left or right, but got up"),
    (lambda x: nn.GRU(2, 3)(sequences.PackedSequence(x[0], flambeau.tensor([1, 2]))), "never grow"),
    (lambda x: nn.GRU(2, 3)(sequences.PackedSequence(x[0], flambeau.tensor([2, 2]))), "4 rows, but the data has 3"),
]


@pytest.mark.parametrize("call, text", PACKINGS)
def test_wrong_packing(call, text):
    with pytest.raises(RuntimeError, match=text):
        call(flambeau.tensor(draw(5, 3, 2)))
