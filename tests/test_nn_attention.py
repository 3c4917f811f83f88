"""Attention and transformers: against NumPy, and beside real PyTorch; lazy modules."""

import copy
import pickle

import numpy as np
import pytest

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

RNG = np.random.default_rng(0)


def value(tensor) -> np.ndarray:
    return tensor.detach().numpy()


def attention(q, k, v, mask=None):
    """The definition. mask: True where a query may look."""
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    weights = np.exp(scores - scores.max(-1, keepdims=True)) * (1 if mask is None else mask)
    sums = weights.sum(-1, keepdims=True)
    return np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0) @ v


def test_scaled_dot_product_attention():
    q, k, v = (RNG.normal(size=(2, 3, n, e)) for n, e in ((4, 6), (5, 6), (5, 2)))
    tensors = [torch.tensor(x) for x in (q, k, v)]
    assert np.allclose(value(F.scaled_dot_product_attention(*tensors)), attention(q, k, v))
    mask = np.ones((4, 5), bool)
    mask[1], mask[2, 1:] = False, False
    assert np.allclose(value(F.scaled_dot_product_attention(*tensors, torch.tensor(mask))), attention(q, k, v, mask))
    causal = F.scaled_dot_product_attention(*tensors, is_causal=True)
    assert np.allclose(value(causal), attention(q, k, v, np.tri(4, 5, dtype=bool)))
    with pytest.raises(RuntimeError, match="Explicit attn_mask should not be set when is_causal=True"):
        F.scaled_dot_product_attention(*tensors, torch.tensor(mask), is_causal=True)


def test_kernels_that_are_allowed():
    SDPBackend, sdpa_kernel = nn.attention.SDPBackend, nn.attention.sdpa_kernel  # without an import of their module
    causal_lower_right = nn.attention.bias.causal_lower_right
    cuda, x = torch.backends.cuda, torch.ones(1, 2, 3, 4)
    with sdpa_kernel([SDPBackend.MATH, SDPBackend.FLASH_ATTENTION]):
        assert cuda.math_sdp_enabled() and cuda.flash_sdp_enabled() and not cuda.mem_efficient_sdp_enabled()
        with sdpa_kernel(SDPBackend.CUDNN_ATTENTION), pytest.raises(RuntimeError, match="No viable backend"):
            F.scaled_dot_product_attention(x, x, x)
        with cuda.sdp_kernel(enable_flash=False):
            assert F.scaled_dot_product_attention(x, x, x).sum() == 24
    assert cuda.mem_efficient_sdp_enabled()
    with pytest.raises(AssertionError, match="got int"), sdpa_kernel(1):
        pass
    assert causal_lower_right(2, 3).tolist() == [[True, True, False], [True, True, True]]


def test_queries_that_see_nothing_get_finite_gradients():
    q = torch.randn(1, 2, 4, requires_grad=True)
    out = F.scaled_dot_product_attention(q, q, q, torch.zeros(2, 2, dtype=torch.bool))
    out.sum().backward()
    assert not value(out).any() and np.isfinite(value(q.grad)).all()


def test_multihead_attention_is_attention_of_projections():
    m = nn.MultiheadAttention(6, 2, batch_first=True).double()
    x = RNG.normal(size=(3, 4, 6))
    out, weights = m(*[torch.tensor(x)] * 3)
    q, k, v = np.split(x @ value(m.in_proj_weight).T, 3, axis=-1)
    heads = [attention(q[..., s], k[..., s], v[..., s]) for s in (slice(0, 3), slice(3, 6))]
    assert np.allclose(value(out), np.concatenate(heads, -1) @ value(m.out_proj.weight).T)
    assert weights.shape == (3, 4, 4) and np.allclose(value(weights).sum(-1), 1)
    assert m(*[torch.tensor(x)] * 3, need_weights=False)[1] is None


@pytest.mark.parametrize("norm_first", [False, True])
def test_a_causal_encoder_does_not_look_ahead(norm_first):
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=norm_first)
    encoder = nn.TransformerEncoder(layer, 2)
    mask = nn.Transformer.generate_square_subsequent_mask(5)
    x = torch.randn(1, 5, 8)
    changed = x.clone()
    changed[:, 3:] += 1
    before, after = value(encoder(x, mask)), value(encoder(changed, mask))
    assert np.allclose(before[:, :3], after[:, :3], atol=1e-6) and not np.allclose(before[:, 3:], after[:, 3:])
    assert encoder.layers[0].linear1.weight is not encoder.layers[1].linear1.weight


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")
@pytest.mark.parametrize("settings", [{}, {"norm_first": True, "activation": "gelu", "batch_first": True}])
def test_transformer_beside_pytorch(settings):
    real = pytest.importorskip("torch")
    torch.manual_seed(0)
    ours = nn.Transformer(8, 2, 1, 1, 16, 0.0, **settings)
    real.manual_seed(0)
    theirs = real.nn.Transformer(8, 2, 1, 1, 16, 0.0, **settings)
    assert repr(ours) == repr(theirs)
    mine, other = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(other)
    assert all(np.array_equal(value(mine[name]), value(other[name])) for name in mine)
    src, tgt = (RNG.normal(size=(4, 4, 8)).astype(np.float32) for _ in range(2))
    hidden = np.triu(np.ones((4, 4), bool), 1)
    out = ours(*(torch.tensor(a) for a in (src, tgt)), tgt_mask=torch.tensor(hidden))
    expected = theirs(*(real.tensor(a) for a in (src, tgt)), tgt_mask=real.tensor(hidden))
    assert np.allclose(value(out), value(expected), atol=1e-5)
    out.pow(2).mean().backward()
    expected.pow(2).mean().backward()
    for a, b in zip(ours.parameters(), theirs.parameters()):
        assert np.allclose(value(a.grad), value(b.grad), atol=1e-5)


LAZY = [
    (nn.LazyLinear, (4,), (2, 3), nn.Linear),
    (nn.LazyConv2d, (4, 3), (2, 3, 5, 5), nn.Conv2d),
    (nn.LazyConvTranspose1d, (4, 3, 2), (2, 3, 5), nn.ConvTranspose1d),
    (nn.LazyBatchNorm1d, (), (4, 3), nn.BatchNorm1d),
]


@pytest.mark.parametrize("kind, args, shape, becomes", LAZY)
def test_lazy_modules(kind, args, shape, becomes):
    m = kind(*args)
    assert m.has_uninitialized_params() and repr(m.weight) == "<UninitializedParameter>"
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter"):
        m.weight.shape  # noqa: B018
    copies = copy.deepcopy(m), pickle.loads(pickle.dumps(m))
    m(torch.ones(*shape))
    assert type(m) is becomes and type(m.weight) is nn.Parameter and m.weight.requires_grad
    for other in copies:
        other.load_state_dict(m.state_dict())
        assert np.array_equal(value(other.weight), value(m.weight))
        assert np.allclose(value(other.eval()(torch.ones(*shape))), value(m.eval()(torch.ones(*shape))))


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_attention_inside_of_autocast(kind):
    q, k, v = (torch.tensor(RNG.normal(size=(2, 3, 20, 8)), dtype=torch.float32, requires_grad=True) for _ in range(3))
    with torch.autocast("cpu", dtype=kind):
        found = F.scaled_dot_product_attention(q, k, v)
    assert found.dtype is kind
    found.float().sum().backward()
    expected = attention(*(value(x) for x in (q, k, v)))
    assert np.abs(value(found.float()) - expected).max() < 0.02
    assert np.abs(value(v.grad).sum((2, 3)) - 160).max() < 1  # each query's weights add up to 1
