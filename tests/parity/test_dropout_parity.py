"""Dropout draws PyTorch's masks: the same numbers from the same seed, and the stream goes on at the same place."""

import warnings

import numpy as np
import pytest

import flambeau

pytestmark = pytest.mark.parity
KINDS = ["float32", "float64", "float16", "bfloat16"]


def drawn(function, module):
    """The arrays that a function of a module gives after a seed, and the next numbers of the stream."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module.manual_seed(3)
        found = function(module)
        found = found if isinstance(found, (tuple, list)) else [found]
        return [x.detach().to(module.float64).numpy() for x in found], module.rand(3).tolist()


def compare(function, tolerance=0.0):
    torch = pytest.importorskip("torch")
    (ours, our_rest), (theirs, their_rest) = drawn(function, flambeau), drawn(function, torch)
    assert our_rest == their_rest
    for a, b in zip(ours, theirs, strict=True):
        if tolerance:
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * np.abs(b).max())
        else:
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(np.signbit(a), np.signbit(b))


def numbers(m, *shape, kind="float32"):
    return m.from_numpy(np.random.default_rng(0).standard_normal(shape)).to(getattr(m, kind))


def with_gradient(m, x, function):
    x = x.clone().requires_grad_()
    y = function(x)
    y.backward(m.ones_like(y) * 0.7)
    return y, x.grad


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.77])
def test_elements(kind, p):
    compare(lambda m: with_gradient(m, numbers(m, 33, 50, kind=kind), lambda x: m.nn.functional.dropout(x, p)))


LAYOUTS = {
    "transposed": lambda x: x.t(), "sliced": lambda x: x[::2, 1::3], "sliced, transposed": lambda x: x[::2, 1::3].t(),
    "expanded": lambda x: x[:1].expand(9, 60), "expanded columns": lambda x: x[:, :1].expand(24, 9).t(),
    "permuted": lambda x: x.unflatten(1, (4, 15)).permute(1, 2, 0), "row": lambda x: x[:, None, :7].permute(2, 1, 0),
}  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", ["dropout", "alpha_dropout", "rrelu"])
def test_the_order_is_that_of_memory(layout, name):
    settings = {"training": True} if name == "rrelu" else {"p": 0.4, "training": True}
    compare(lambda m: getattr(m.nn.functional, name)(LAYOUTS[layout](numbers(m, 24, 60)), **settings))


@pytest.mark.parametrize("name", ["dropout", "dropout2d"])
def test_images_with_channels_last(name):
    def work(m):
        return getattr(m.nn.functional, name)(numbers(m, 3, 4, 5, 6).contiguous(memory_format=m.channels_last), 0.3)

    compare(work)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["alpha_dropout", "feature_alpha_dropout", "dropout2d", "rrelu"])
def test_the_others(name, kind):
    settings = {"lower": 0.1, "upper": 0.4} if name == "rrelu" else {"p": 0.3}
    if name == "rrelu" and kind in ("float16", "bfloat16"):
        pytest.skip("none in PyTorch, or with gradients that are rounded twice")
    x = (33, 5, 4, 2)
    compare(
        lambda m: with_gradient(
            m, numbers(m, *x, kind=kind), lambda x: getattr(m.nn.functional, name)(x, training=True, **settings)
        )
    )


@pytest.mark.parametrize(
    "name, shape",
    [("dropout1d", (4, 6)), ("dropout1d", (3, 4, 6)), ("dropout2d", (3, 4, 5)), ("dropout3d", (3, 4, 2, 2))],
)
def test_channels(name, shape):
    compare(lambda m: getattr(m.nn.functional, name)(numbers(m, *shape), 0.4))
    compare(lambda m: getattr(m.nn.functional, name)(numbers(m, *shape), 0.4, inplace=True))


NAMES = ["dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"]


@pytest.mark.parametrize("name", [*NAMES, *(n + "_" for n in NAMES), "native_dropout"])
def test_functions_of_torch(name):
    compare(lambda m: getattr(m, name)(numbers(m, 5, 6), 0.3, True))


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_certain_ones_draw_nothing(p):
    compare(lambda m: with_gradient(m, numbers(m, 5, 6), lambda x: m.nn.functional.dropout(x, p)))


def attend(m, queries, keys, **settings):
    q, k, v = (numbers(m, *s).requires_grad_() for s in (queries, keys, keys))
    out = m.nn.functional.scaled_dot_product_attention(q, k, v, dropout_p=0.3, **settings)
    out.backward(numbers(m, *out.shape))
    return out, q.grad, k.grad, v.grad


@pytest.mark.parametrize("queries, keys, settings", [
    ((2, 3, 10, 8), (2, 3, 10, 8), {}), ((2, 3, 10, 8), (2, 3, 10, 8), {"is_causal": True}), ((10, 8), (12, 8), {}),
    ((2, 3, 4, 8), (2, 3, 100, 8), {}), ((1, 2, 200, 16), (1, 2, 130, 16), {}), ((2, 2, 3, 10, 8), (2, 2, 3, 9, 8), {}),
    ((2, 6, 10, 8), (2, 2, 12, 8), {"enable_gqa": True}),
])  # fmt: skip
def test_attention(queries, keys, settings):
    compare(lambda m: attend(m, queries, keys, **settings), 1e-5)


def run(m, layer, *inputs):
    y = layer(*inputs)
    y = y[0] if isinstance(y, tuple) else y
    y.backward(numbers(m, *y.shape))
    return y, *(p.grad for p in layer.parameters())


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("norm_first", [False, True])
def test_transformer_layers(batch_first, norm_first):
    settings = {"batch_first": batch_first, "norm_first": norm_first}
    compare(lambda m: run(m, m.nn.TransformerEncoderLayer(16, 4, 32, **settings), numbers(m, 5, 7, 16)), 1e-4)
    compare(
        lambda m: run(
            m, m.nn.TransformerDecoderLayer(16, 4, 32, **settings), numbers(m, 5, 7, 16), numbers(m, 5, 7, 16)
        ),
        1e-4,
    )


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
@pytest.mark.parametrize("settings", [{}, {"batch_first": True}, {"bidirectional": True}], ids=str)
def test_recurrent_layers(kind, settings):
    compare(lambda m: run(m, getattr(m.nn, kind)(6, 8, 3, dropout=0.3, **settings), numbers(m, 5, 7, 6)), 1e-4)


def test_packed_sequences():
    def work(m):
        packed = m.nn.utils.rnn.pack_padded_sequence(numbers(m, 7, 5, 6), m.tensor([7, 6, 4, 4, 2]))
        return m.nn.LSTM(6, 8, 3, dropout=0.3)(packed)[0].data

    compare(work, 1e-5)


@pytest.mark.parametrize("name, args", [
    ("dropout", ([1, 2], 0.5, True)), ("dropout", ([True], 0.5, True)), ("alpha_dropout", ([1, 2], 0.5, True)),
    ("feature_dropout", ([1.0], 0.5, True)), ("dropout", ([1.0], 1.5, True)), ("rrelu", ([1.0], 1.0, 0.5, True)),
    ("rrelu", ([1], 0.1, 0.5, True)),
])  # fmt: skip
def test_refusals(name, args):
    torch, texts = pytest.importorskip("torch"), []
    for m in (torch, flambeau):
        with pytest.raises((RuntimeError, NotImplementedError)) as raised:
            getattr(m, name)(m.tensor(args[0]), *args[1:])
        texts.append((raised.type, str(raised.value)))
    assert texts[0] == texts[1]
