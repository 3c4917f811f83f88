"""nn.functional and the modules on top of it against float64 NumPy, and initial values."""

import itertools
import math

import numpy as np
import pytest

import flambeau as torch
from flambeau import nn
from flambeau.autograd import gradgradcheck
from flambeau.nn import functional as F

X = np.random.default_rng(0).normal(size=(6, 5)) * 2


def value(tensor) -> np.ndarray:
    return tensor.detach().numpy()


def double(array):
    return torch.tensor(np.asarray(array, np.float64))


def slope(function, x: np.ndarray) -> np.ndarray:
    """The gradient of the sum of function(x)."""
    t = double(x).requires_grad_()
    function(t).sum().backward()
    return value(t.grad)


def softplus(x):
    return np.logaddexp(x, 0)


SELU_ALPHA, SELU_SCALE = 1.6732632423543772, 1.0507009873554805
ACTIVATIONS = {
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(x)),
    "celu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "relu6": lambda x: np.clip(x, 0, 6),
    "hardtanh": lambda x: np.clip(x, -1, 1),
    "hardsigmoid": lambda x: np.clip(x + 3, 0, 6) / 6,
    "hardswish": lambda x: x * np.clip(x + 3, 0, 6) / 6,
    "hardshrink": lambda x: np.where(np.abs(x) > 0.5, x, 0),
    "softshrink": lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.5, 0),
    "silu": lambda x: x / (1 + np.exp(-x)),
    "mish": lambda x: x * np.tanh(softplus(x)),
    "softplus": softplus,
    "logsigmoid": lambda x: -softplus(-x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanhshrink": lambda x: x - np.tanh(x),
}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_and_their_slopes(name):
    function, expected = getattr(F, name), ACTIVATIONS[name]
    assert np.allclose(value(function(double(X))), expected(X), rtol=1e-7)
    step = 1e-6
    assert np.allclose(slope(function, X), (expected(X + step) - expected(X - step)) / (2 * step), atol=1e-6)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_have_second_derivatives(name):
    x = double(X + 0.01).requires_grad_()
    assert gradgradcheck(getattr(F, name), (x,))


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_survive_large_arguments(name):
    large = np.array([-1e4, -200.0, 0.0, 200.0, 1e4])
    assert (
        np.isfinite(value(getattr(F, name)(double(large)))).all() and np.isfinite(slope(getattr(F, name), large)).all()
    )


@pytest.mark.parametrize("name", ["elu", "selu", "celu", "leaky_relu", "relu6", "hardswish", "silu", "mish", "relu"])
def test_in_place_activations(name):
    leaf = double(X).requires_grad_()
    t = leaf * 1
    assert getattr(F, name)(t, inplace=True) is t
    assert np.array_equal(value(t), value(getattr(F, name)(double(X))))
    t.sum().backward()
    assert np.allclose(value(leaf.grad), slope(getattr(F, name), X))


def test_implicit_softmax_dimension():
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax has been deprecated"):
        assert np.allclose(value(F.softmax(double(X))).sum(1), 1)


# ------------------------------------------------------------------ convolution and pooling
def spread_convolution(x, w, stride, padding, dilation, groups=1):
    """The definition, for any number of dimensions."""
    dims = x.ndim - 2
    x = np.pad(x, [(0, 0), (0, 0), *[(p, p) for p in padding]])
    span = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:])]
    sizes = [(n - r) // s + 1 for n, r, s in zip(x.shape[2:], span, stride)]
    out = np.zeros((x.shape[0], w.shape[0], *sizes))
    per_group = w.shape[0] // groups
    for o in range(w.shape[0]):
        channels = slice(o // per_group * w.shape[1], (o // per_group + 1) * w.shape[1])
        for place in itertools.product(*map(range, sizes)):
            window = tuple(slice(i * s, i * s + r, d) for i, s, r, d in zip(place, stride, span, dilation))
            out[(slice(None), o, *place)] = (x[(slice(None), channels, *window)] * w[o]).sum(tuple(range(1, dims + 2)))
    return out


def test_conv3d():
    rng = np.random.default_rng(1)
    x, w, b = rng.normal(size=(2, 4, 5, 4, 6)), rng.normal(size=(6, 2, 2, 3, 2)), rng.normal(size=6)
    settings = (2, 1, 1), (1, 0, 1), (1, 1, 2)
    got = F.conv3d(double(x), double(w), double(b), *settings, 2)
    assert np.allclose(value(got), spread_convolution(x, w, *settings, 2) + b.reshape(6, 1, 1, 1))


@pytest.mark.parametrize("dims", [1, 2, 3])
def test_transposed_convolution_is_the_gradient_of_the_convolution(dims):
    rng = np.random.default_rng(2)
    conv, transposed = ((F.conv1d, F.conv_transpose1d), (F.conv2d, F.conv_transpose2d), (F.conv3d, F.conv_transpose3d))[
        dims - 1
    ]
    w = double(rng.normal(size=(4, 3, *(3, 2, 2)[:dims])))
    x = double(rng.normal(size=(2, 6, *(7, 5, 4)[:dims]))).requires_grad_()
    settings = {"stride": 2, "padding": 1, "dilation": 1, "groups": 2}
    y = conv(x, w, **settings)
    g = double(rng.normal(size=tuple(y.shape)))
    y.backward(g)
    reached = transposed(g, w, **settings)
    extra = [n - r for n, r in zip(x.shape[2:], reached.shape[2:])]
    assert np.allclose(value(transposed(g, w, output_padding=extra, **settings)), value(x.grad))


def test_same_padding_of_an_even_window():
    x, w = np.arange(6.0).reshape(1, 1, 6), np.ones((1, 1, 4))
    expected = np.convolve(np.pad(x[0, 0], (1, 2)), np.ones(4), "valid")
    assert np.allclose(value(F.conv1d(double(x), double(w), padding="same"))[0, 0], expected)


def test_pooling_in_three_dimensions():
    x = np.random.default_rng(3).normal(size=(2, 3, 4, 6, 4))
    windows = x.reshape(2, 3, 2, 2, 3, 2, 2, 2).transpose(0, 1, 2, 4, 6, 3, 5, 7).reshape(2, 3, 2, 3, 2, 8)
    assert np.array_equal(value(F.max_pool3d(double(x), 2)), windows.max(-1))
    assert np.allclose(value(F.avg_pool3d(double(x), 2)), windows.mean(-1))
    assert np.allclose(value(F.avg_pool3d(double(x), 2, divisor_override=3)), windows.sum(-1) / 3)
    columns = x.reshape(2, 3, 2, 2, 3, 2, 4).mean((3, 5))
    assert np.allclose(value(F.adaptive_avg_pool3d(double(x), (2, 3, None))), columns)


def test_interpolation():
    x = np.arange(4.0).reshape(1, 1, 4)
    assert value(F.interpolate(double(x), scale_factor=2)).ravel().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    line = value(F.interpolate(double(x), size=7, mode="linear", align_corners=True)).ravel()
    assert np.allclose(line, np.linspace(0, 3, 7))
    with pytest.raises(ValueError, match="only one of size or scale_factor should be defined"):
        F.interpolate(double(x), size=3, scale_factor=2)


# ------------------------------------------------------------------ normalisation
def test_group_and_instance_norm():
    x = np.random.default_rng(4).normal(size=(3, 4, 5, 2))
    groups = x.reshape(3, 2, -1)
    normal = (groups - groups.mean(-1, keepdims=True)) / np.sqrt(groups.var(-1, keepdims=True) + 1e-5)
    weight = np.arange(1.0, 5.0)
    got = F.group_norm(double(x), 2, double(weight), double(weight))
    assert np.allclose(value(got), normal.reshape(x.shape) * weight.reshape(4, 1, 1) + weight.reshape(4, 1, 1))
    mean, var = x.mean((2, 3), keepdims=True), x.var((2, 3), keepdims=True)
    assert np.allclose(value(F.instance_norm(double(x))), (x - mean) / np.sqrt(var + 1e-5))


def test_instance_norm_tracks_the_mean_of_its_samples():
    x = np.random.default_rng(5).normal(size=(3, 2, 8)) + 3
    m = nn.InstanceNorm1d(2, momentum=0.5, track_running_stats=True).double()
    m(double(x))
    assert np.allclose(value(m.running_mean), 0.5 * x.mean(2).mean(0))
    assert np.allclose(value(m.running_var), 0.5 + 0.5 * x.var(2, ddof=1).mean(0))


def test_batch_norm_counts_its_batches():
    m = nn.BatchNorm1d(5, momentum=None).double()
    m(double(X))
    m(double(X + 1))
    assert int(m.num_batches_tracked) == 2 and np.allclose(value(m.running_mean), X.mean(0) + 0.5)
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        m(double(X[:1]))


def test_rms_and_local_response_norm():
    mean_square = (X**2).mean(1, keepdims=True)
    assert np.allclose(value(F.rms_norm(double(X), (5,), eps=0.1)), X / np.sqrt(mean_square + 0.1))
    x = X.reshape(1, 6, 5)
    padded = np.pad(x**2, ((0, 0), (1, 1), (0, 0)))
    mean = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / 3
    assert np.allclose(value(F.local_response_norm(double(x), 3, alpha=0.5)), x / (1 + 0.5 * mean) ** 0.75)


# ------------------------------------------------------------------ dropout
def test_dropout_of_channels():
    torch.manual_seed(0)
    y = value(F.dropout2d(torch.ones(64, 16, 3, 3), 0.25))
    per_channel = y.reshape(64 * 16, 9)
    assert (per_channel == per_channel[:, :1]).all() and set(np.unique(y)) == {0, np.float32(1 / 0.75)}
    assert abs((per_channel[:, 0] == 0).mean() - 0.25) < 0.05


def test_alpha_dropout_keeps_mean_and_variance():
    torch.manual_seed(0)
    y = value(F.alpha_dropout(torch.randn(200, 200), 0.3, training=True))
    assert abs(y.mean()) < 0.03 and abs(y.std() - 1) < 0.03
    assert value(F.alpha_dropout(torch.ones(3), 0.3)).tolist() == [1, 1, 1]


# ------------------------------------------------------------------ losses
def test_losses():
    rng = np.random.default_rng(6)
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(4, 3))
    p = rng.uniform(0.1, 0.9, size=(4, 3))
    d = np.abs(a - b)
    assert np.isclose(
        float(F.huber_loss(double(a), double(b), delta=0.7)), np.where(d <= 0.7, d * d / 2, 0.7 * (d - 0.35)).mean()
    )
    assert np.isclose(float(F.kl_div(double(a), double(p), reduction="batchmean")), (p * (np.log(p) - a)).sum() / 4)
    assert np.isclose(float(F.poisson_nll_loss(double(a), double(p), reduction="sum")), (np.exp(a) - p * a).sum())
    assert np.isclose(
        float(F.gaussian_nll_loss(double(a), double(b), double(p))), (np.log(p) + (a - b) ** 2 / p).mean() / 2
    )
    hinge = F.hinge_embedding_loss(double(a), double(np.sign(b)))
    assert np.isclose(float(hinge), np.where(b > 0, a, np.maximum(0, 1 - a)).mean())
    cos = (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))
    targets = np.array([1, -1, 1, -1])
    expected = np.where(targets == 1, 1 - cos, np.maximum(cos - 0.1, 0))
    assert np.allclose(
        value(F.cosine_embedding_loss(double(a), double(b), torch.tensor(targets), 0.1, reduction="none")), expected
    )


def test_margin_losses():
    scores = np.array([[0.1, 0.9, 0.4, 0.3], [0.5, 0.2, 0.1, 0.7]])
    listed = [[1, 2], [3]]
    expected = [
        sum(max(0, 1 - (row[t] - row[j])) for t in own for j in range(4) if j not in own) / 4
        for row, own in zip(scores, listed)
    ]
    targets = torch.tensor([[1, 2, -1, 0], [3, -1, 0, 0]])
    assert np.allclose(value(F.multilabel_margin_loss(double(scores), targets, reduction="none")), expected)
    first = [max(0, 1 - row[1] + row[j]) for row in scores for j in (0, 2, 3)]
    assert np.isclose(float(F.multi_margin_loss(double(scores), torch.tensor([1, 1]))), sum(first) / 8)


def test_reductions():
    a, b = torch.ones(3), torch.zeros(3)
    with pytest.raises(ValueError, match="nothing is not a valid value for reduction"):
        F.mse_loss(a, b, reduction="nothing")
    with pytest.warns(UserWarning, match=r"please use reduction='sum' instead"):
        assert float(F.l1_loss(a, b, size_average=False)) == 3
    with pytest.warns(UserWarning, match=r"Using a target size \(torch.Size\(\[3, 1\]\)\) that is different"):
        assert float(F.mse_loss(a, torch.zeros(3, 1), reduction="sum")) == 9


# ------------------------------------------------------------------ tables and distances
def test_embedding_limits_the_rows_it_uses():
    weight = double([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]])
    rows = F.embedding(torch.tensor([0, 1]), weight, max_norm=1.0)
    assert np.allclose(value(rows), [[0.6, 0.8], [0.3, 0.4]])
    assert np.allclose(value(weight), [[0.6, 0.8], [0.3, 0.4], [6, 8]])
    table = nn.Embedding(4, 3, padding_idx=-3)
    assert table.padding_idx == 1 and not value(table.weight)[1].any()


def test_bilinear_and_similarity():
    rng = np.random.default_rng(7)
    a, b, w = rng.normal(size=(4, 3)), rng.normal(size=(4, 5)), rng.normal(size=(2, 3, 5))
    assert np.allclose(value(F.bilinear(double(a), double(b), double(w))), np.einsum("ni,kij,nj->nk", a, w, b))
    cos = value(F.cosine_similarity(double(a), double(a * 2)))
    assert np.allclose(cos, 1) and np.allclose(value(F.normalize(double(a)) ** 2).sum(1), 1)


# ------------------------------------------------------------------ initial values
def test_fans_and_gains():
    w = torch.empty(50, 20, 3, 3)
    nn.init.kaiming_uniform_(w, nonlinearity="relu")
    assert abs(value(w)).max() <= math.sqrt(6 / 180) and abs(value(w).std() - math.sqrt(2 / 180)) < 0.002
    nn.init.xavier_normal_(w, gain=2)
    assert abs(value(w).std() - 2 * math.sqrt(2 / (180 + 450))) < 0.005
    assert nn.init.calculate_gain("leaky_relu", 0.2) == math.sqrt(2 / 1.04)
    with pytest.raises(ValueError, match="Unsupported nonlinearity cubic"):
        nn.init.calculate_gain("cubic")


def test_structured_initial_values():
    w = torch.empty(4, 6)
    nn.init.orthogonal_(w)
    assert np.allclose(value(w) @ value(w).T, np.eye(4), atol=1e-6)
    nn.init.eye_(w)
    assert np.array_equal(value(w), np.eye(4, 6))
    x = torch.randn(1, 3, 5, 5)
    kernel = nn.init.dirac_(torch.empty(3, 3, 3, 3))
    assert np.allclose(value(F.conv2d(x, kernel, padding=1)), value(x))
    nn.init.sparse_(w, 0.5)
    assert ((value(w) == 0).sum(0) == 2).all()


@pytest.mark.parametrize("low, high", [(-2.0, 2.0), (1.5, 3.0)])
def test_truncated_normal(low, high):
    w = value(nn.init.trunc_normal_(torch.empty(2000), 0.0, 1.0, low, high))
    assert w.min() >= low and w.max() <= high and w.std() > 0.2


# ------------------------------------------------------------------ utils
def test_clipping():
    p = nn.Parameter(torch.zeros(2))
    p.grad = torch.tensor([3.0, 4.0])
    assert float(nn.utils.clip_grad_norm_([p], 1.0)) == 5 and np.allclose(value(p.grad), [0.6, 0.8], atol=1e-6)
    nn.utils.clip_grad_value_(p, 0.7)
    assert np.allclose(value(p.grad), [0.6, 0.7], atol=1e-6)
    p.grad = torch.tensor([math.nan, 0.0])
    with pytest.raises(RuntimeError, match="is non-finite, so it cannot be clipped"):
        nn.utils.clip_grad_norm_([p], 1.0, error_if_nonfinite=True)


def test_parameters_as_a_vector():
    m = nn.Linear(2, 3)
    vector = nn.utils.parameters_to_vector(m.parameters())
    assert vector.shape == (9,)
    nn.utils.vector_to_parameters(vector * 2, m.parameters())
    assert np.allclose(value(nn.utils.parameters_to_vector(m.parameters())), 2 * value(vector))


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("loss", [F.cross_entropy, F.nll_loss])
def test_class_losses_do_not_depend_on_where_classes_lie(loss, reduction):
    scores = torch.tensor(np.random.default_rng(0).standard_normal((3, 5, 4, 7)))
    target = torch.tensor(np.random.default_rng(1).integers(0, 7, (3, 5, 4)))
    weight = torch.arange(1.0, 8.0).double()
    results = []
    for copied in (False, True):
        leaf = scores.clone().requires_grad_()
        x = leaf.permute(0, 3, 1, 2)
        out = loss(x.contiguous() if copied else x, target, weight, ignore_index=2, reduction=reduction)
        (out * torch.arange(out.numel()).reshape(out.shape).cos()).sum().backward()
        results.append((out.detach().numpy(), leaf.grad.numpy()))
    assert results[0][0].shape == ((3, 5, 4) if reduction == "none" else ())
    for a, b in zip(*results):
        np.testing.assert_allclose(a, b, rtol=1e-12)
    with pytest.raises(IndexError, match="Target 9 is out of bounds"):
        loss(scores.permute(0, 3, 1, 2), target + 9 - target).sum().item()


@pytest.mark.parametrize(
    "settings",
    [(2,), (3, 1, 1), ((2, 3), (2, 1), (1, 2), (2, 1)), (2, 1, 0, 3), (1, 1, 0, 2), ((3, 2), 2, 2, (1, 3))],
)
def test_columns_and_images_are_transposes(settings):
    """Each column is a window of the image with borders; fold is the transpose of unfold, and so are the gradients."""
    rng = np.random.default_rng(0)
    image = rng.standard_normal((2, 3, 6, 7))
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = (
        x if isinstance(x, tuple) else (x, x) for x in (*settings, *(1, 0, 1)[len(settings) - 1 :])
    )
    bordered = np.pad(image, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    rows = (bordered.shape[2] - dh * (kh - 1) - 1) // sh + 1
    columns = (bordered.shape[3] - dw * (kw - 1) - 1) // sw + 1
    expected = np.stack([
        bordered[:, :, i * sh : i * sh + dh * kh : dh, j * sw : j * sw + dw * kw : dw][:, :, :kh, :kw].reshape(2, -1)
        for i in range(rows) for j in range(columns)
    ], 2)  # fmt: skip
    x = torch.from_numpy(image).requires_grad_()
    found = F.unfold(x, *settings)
    np.testing.assert_array_equal(found.detach().numpy(), expected)
    weights = torch.from_numpy(rng.standard_normal(expected.shape)).requires_grad_()
    folded = F.fold(weights, (6, 7), *settings)
    np.testing.assert_allclose((folded * x).sum().item(), (weights * found).sum().item())
    (back,) = torch.autograd.grad(found, x, weights)
    np.testing.assert_allclose(back.numpy(), folded.detach().numpy())
    (back,) = torch.autograd.grad(folded, weights, x)
    np.testing.assert_allclose(back.detach().numpy(), expected)
