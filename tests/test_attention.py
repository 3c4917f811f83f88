"""scaled_dot_product_attention and MultiheadAttention: values and gradients, fused and composed, beside PyTorch."""

import numpy as np
import pytest

import flambeau as torch
from flambeau import nn
from flambeau.autograd import gradcheck, gradgradcheck
from flambeau.nn import functional as F

RNG = np.random.default_rng(0)
# (queries, keys, values)
SHAPES = {
    "heads": ((2, 3, 40, 8), (2, 3, 50, 8), (2, 3, 50, 12)),
    "no heads": ((2, 40, 8), (2, 50, 8), (2, 50, 8)),
    "one matrix": ((40, 8), (50, 8), (50, 8)),
    "more dimensions": ((2, 2, 3, 40, 8), (2, 2, 3, 50, 8), (2, 2, 3, 50, 8)),
    "one head for all": ((2, 4, 40, 8), (2, 1, 50, 8), (2, 1, 50, 8)),
}


def value(tensor) -> np.ndarray:
    return tensor.detach().numpy()


def arrays(name):
    return [RNG.standard_normal(shape) for shape in SHAPES[name]]


def definition(q, k, v, mask=None, weights=None):
    """The definition. mask: True where a query may look.  weights: what to multiply the weights with."""
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    scores = np.exp(scores - scores.max(-1, keepdims=True)) * (1 if mask is None else mask)
    scores /= scores.sum(-1, keepdims=True)
    return (scores if weights is None else scores * weights) @ v


def run(q, k, v, lib=torch, **settings):
    """The result, and the gradients of a weighted sum of it."""
    leaves = [lib.tensor(x, requires_grad=True) for x in (q, k, v)]
    functional = lib.nn.functional
    out = functional.scaled_dot_product_attention(*leaves, **settings)
    factors = np.cos(np.arange(out.numel())).reshape(out.shape)
    (out * lib.tensor(factors)).sum().backward()
    return [value(out), *(value(x.grad) for x in leaves)]


@pytest.mark.parametrize("name", SHAPES)
def test_values(name):
    q, k, v = arrays(name)
    np.testing.assert_allclose(run(q, k, v)[0], definition(q, k, v))
    causal = np.tri(q.shape[-2], k.shape[-2], dtype=bool)
    np.testing.assert_allclose(run(q, k, v, is_causal=True)[0], definition(q, k, v, causal))


def kernels_of(tensor):
    return {k.kind for k in torch.explain(tensor).kernels}


def test_scores_are_no_matrix_unless_queries_are_few():
    q = torch.randn(2, 4, 80, 16)
    assert kernels_of(F.scaled_dot_product_attention(q, q, q)) == {"attention"}
    assert "attention" not in kernels_of(F.scaled_dot_product_attention(q[:, :, :2], q, q))
    layer = nn.MultiheadAttention(32, 2, batch_first=True).eval()
    x = torch.randn(2, 64, 32)
    assert kernels_of(layer(x, x, x, need_weights=False)[0]) == {"contraction", "attention"}


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("shape", [(1, 2, 33, 3), (2, 33, 2)])
def test_gradients_of_both_orders(shape, causal):
    tensors = [torch.tensor(RNG.standard_normal(shape), requires_grad=True) for _ in range(3)]

    def attention(q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)[..., ::16, :]

    assert gradcheck(attention, tensors)
    few = [torch.tensor(RNG.standard_normal((32, 1)), requires_grad=True) for _ in range(3)]
    assert gradgradcheck(attention, few)


def test_gradients_that_are_differentiated_are_the_same():
    q, k, v = (torch.tensor(x, requires_grad=True) for x in arrays("heads"))
    mask = torch.tensor(RNG.random((40, 50)) < 0.7)
    out = F.scaled_dot_product_attention(q, k, v, mask, dropout_p=0.3).sum()
    plain = torch.autograd.grad(out, (q, k, v), retain_graph=True)
    composed = torch.autograd.grad(out, (q, k, v), create_graph=True)
    for a, b in zip(plain, composed):
        np.testing.assert_allclose(value(a), value(b), atol=1e-12)


def test_dropout():
    """Zeros as often as said, the rest scaled, the same in both directions, and new ones at each call."""
    q, k = torch.zeros(2, 3, 64, 8), torch.randn(2, 3, 64, 8)
    v = torch.eye(64).expand(2, 3, 64, 64).clone().requires_grad_()
    torch.manual_seed(1)
    first, second = (F.scaled_dot_product_attention(q, k, v, dropout_p=0.25) for _ in range(2))
    weights = value(first) * 64
    assert np.all((weights == 0) | np.isclose(weights, 1 / 0.75))
    assert abs((weights > 0).mean() - 0.75) < 0.02 and (value(second) != value(first)).any()
    torch.manual_seed(1)
    assert (value(F.scaled_dot_product_attention(q, k, v, dropout_p=0.25)) == value(first)).all()
    first.backward(torch.ones(64, 64).expand(2, 3, 64, 64))
    np.testing.assert_allclose(value(v.grad)[..., 0], weights.sum(-2) / 64, rtol=1e-5)
    assert not value(F.scaled_dot_product_attention(q, k, v, dropout_p=1.0)).any()


def test_a_mask_that_is_learned_gets_its_gradient():
    q = torch.randn(1, 2, 40, 8)
    bias = torch.zeros(2, 40, 40, requires_grad=True)
    F.scaled_dot_product_attention(q, q, q, bias).pow(2).sum().backward()
    assert value(bias.grad).any()


def test_learning_goes_on_where_only_some_take_part():
    q, k, v = (torch.tensor(x) for x in arrays("heads"))
    whole = run(*(value(x) for x in (q, k, v)))
    k.requires_grad_()
    out = F.scaled_dot_product_attention(q, k, v)
    (out * torch.tensor(np.cos(np.arange(out.numel())).reshape(out.shape))).sum().backward()
    np.testing.assert_allclose(value(k.grad), whole[2], atol=1e-12)


def test_shapes_that_do_not_fit_are_refused():
    q = torch.randn(2, 4, 40, 8)
    for k in (torch.randn(2, 4, 40, 9), torch.randn(2, 3, 40, 8), torch.randn(3, 4, 40, 8)):
        with pytest.raises(RuntimeError):
            F.scaled_dot_product_attention(q, k, k)
    with pytest.raises(RuntimeError):
        F.scaled_dot_product_attention(q, q, q, torch.ones(3, 40, 40, dtype=torch.bool))


LAYERS = [
    {},
    {"batch_first": True},
    {"batch_first": True, "bias": False},
    {"add_bias_kv": True},
    {"add_zero_attn": True, "batch_first": True},
    {"kdim": 10, "vdim": 6},
]


@pytest.mark.parity
@pytest.mark.parametrize("masks", ["none", "causal", "padding", "both", "each head"])
@pytest.mark.parametrize("settings", LAYERS, ids=str)
def test_layers_beside_pytorch(settings, masks):
    real = pytest.importorskip("torch")
    batch, length, keys = 2, 40, 44
    shapes = [(batch, length, 24), (batch, keys, settings.get("kdim", 24)), (batch, keys, settings.get("vdim", 24))]
    given = [RNG.standard_normal(s if settings.get("batch_first") else (s[1], s[0], s[2])) for s in shapes]
    alike = "kdim" not in settings and masks in ("none", "causal")
    given = [given[1]] * 3 if alike else given
    length = keys if alike else length
    hidden = {"causal": np.triu(np.ones((length, keys), bool), 1), "both": RNG.random((length, keys)) < 0.3,
              "each head": RNG.random((batch * 3, length, keys)) < 0.3}.get(masks)  # fmt: skip
    padding = np.arange(keys) >= np.array([[keys], [30]]) if masks in ("padding", "both") else None
    results = []
    for lib in (torch, real):
        lib.manual_seed(0)
        layer = lib.nn.MultiheadAttention(24, 3, **settings).double()
        tensors = [lib.tensor(x, requires_grad=True) for x in given]
        tensors = [tensors[0]] * 3 if alike else tensors
        more = {"attn_mask": hidden, "key_padding_mask": padding}
        more = {name: None if m is None else lib.tensor(m) for name, m in more.items()}
        out, _ = layer(*tensors, need_weights=False, is_causal=masks == "causal", **more)
        (out * lib.tensor(np.cos(np.arange(out.numel())).reshape(out.shape))).sum().backward()
        grads = [x.grad for x in (*dict.fromkeys(tensors), *layer.parameters())]
        results.append([value(out), *(value(g) for g in grads)])
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-8)


MASKS = {
    "booleans": lambda q, k: RNG.random((q, k)) < 0.7,
    "numbers": lambda q, k: RNG.standard_normal((q, k)),
    "rows that see nothing": lambda q, k: np.repeat(np.arange(q)[:, None] % 5 > 1, k, 1),
    "one row for all": lambda q, k: RNG.random((1, k)) < 0.7,
}


@pytest.mark.parity
@pytest.mark.parametrize("mask", [None, *MASKS])
@pytest.mark.parametrize("name", list(SHAPES)[:4])
def test_functional_beside_pytorch(name, mask):
    real = pytest.importorskip("torch")
    q, k, v = arrays(name)
    made = None if mask is None else MASKS[mask](q.shape[-2], k.shape[-2])
    results = [
        run(q, k, v, lib, attn_mask=None if made is None else lib.tensor(made), scale=0.3) for lib in (torch, real)
    ]
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parity
@pytest.mark.parametrize("order", [(0, 1, 2, 3), (0, 2, 1, 3), (1, 2, 0, 3)])
def test_results_lie_in_memory_as_queries_do(order):
    real, strides = pytest.importorskip("torch"), []
    for lib in (torch, real):
        leaf = lib.randn(2, 3, 40, 8).permute(*np.argsort(order)).contiguous()
        q = leaf.permute(*order)
        strides.append(lib.nn.functional.scaled_dot_product_attention(q, q, q).stride())
    assert strides[0] == strides[1]


@pytest.mark.parity
@pytest.mark.parametrize("causal", [False, True])
def test_grouped_heads_beside_pytorch(causal):
    real = pytest.importorskip("torch")
    q, k, v = (RNG.standard_normal(s) for s in ((2, 6, 40, 8), (2, 2, 50, 8), (2, 2, 50, 8)))
    results = [run(q, k, v, lib, is_causal=causal, enable_gqa=True) for lib in (torch, real)]
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("train", [False, True])
def test_encoder_beside_pytorch(train, batch_first):
    real = pytest.importorskip("torch")
    x, results = RNG.standard_normal((40, 40, 16)), []
    for lib in (torch, real):
        lib.manual_seed(0)
        layer = lib.nn.TransformerEncoderLayer(16, 2, 32, 0.0, batch_first=batch_first)
        encoder = lib.nn.TransformerEncoder(layer, 2).double().train(train)
        mask = lib.nn.Transformer.generate_square_subsequent_mask(40, dtype=lib.float64)
        out = encoder(lib.tensor(x), mask=mask, is_causal=True)
        out.pow(2).sum().backward()
        results.append([value(out), *(value(p.grad) for p in encoder.parameters())])
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-7)
