"""Modules beside their namesakes of real PyTorch: signatures, printed forms, states, results, gradients, errors."""

import inspect
import warnings

import numpy as np
import pytest

import flambeau
from flambeau import nn

pytestmark = pytest.mark.parity

INF = float("inf")
# (class, arguments, keyword arguments, shapes of the inputs)
CASES = [
    ("Linear", (3, 4), {}, [(2, 3)]),
    ("Bilinear", (3, 4, 5), {"bias": False}, [(2, 3), (2, 4)]),
    ("Conv1d", (4, 6, 3), {"stride": 2, "padding": 1, "groups": 2}, [(2, 4, 9)]),
    ("Conv1d", (4, 6, 4), {"padding": "same"}, [(4, 9)]),
    ("Conv2d", (4, 6, (3, 2)), {"padding": "same"}, [(2, 4, 9, 8)]),
    ("Conv2d", (4, 6, 3), {"padding": 1, "padding_mode": "reflect"}, [(2, 4, 9, 8)]),
    (
        "Conv2d",
        (4, 6, 3),
        {"padding": (1, 2), "stride": 2, "dilation": (1, 2), "groups": 2, "bias": False},
        [(2, 4, 9, 8)],
    ),
    ("Conv3d", (4, 6, (3, 2, 3)), {"padding": 1, "stride": 2, "dilation": (1, 2, 1), "groups": 2}, [(2, 4, 5, 6, 7)]),
    ("ConvTranspose1d", (4, 6, 3), {"stride": 2, "padding": 1, "output_padding": 1}, [(2, 4, 9)]),
    ("ConvTranspose2d", (4, 6, (3, 2)), {"stride": (1, 3), "dilation": 2, "groups": 2}, [(4, 9, 8)]),
    ("ConvTranspose3d", (4, 6, 3), {"stride": 2}, [(2, 4, 3, 4, 2)]),
    ("MaxPool1d", (3,), {"stride": 2, "padding": 1, "return_indices": True, "ceil_mode": True}, [(2, 3, 9)]),
    ("MaxPool2d", ((3, 2),), {"return_indices": True, "dilation": 2, "padding": 1}, [(2, 3, 9, 8)]),
    ("MaxPool3d", (2,), {"padding": 1, "dilation": (1, 1, 2), "ceil_mode": True}, [(2, 3, 5, 6, 7)]),
    ("AvgPool1d", (3, 2, 1, True, False), {}, [(3, 9)]),
    ("AvgPool2d", ((3, 2),), {"padding": 1, "count_include_pad": False, "divisor_override": 3}, [(2, 3, 9, 8)]),
    ("AvgPool3d", (3,), {"padding": 1, "stride": 2, "ceil_mode": True, "count_include_pad": False}, [(3, 5, 6, 7)]),
    ("MaxPool3d", ((2, 3, 2), 1), {"return_indices": True, "padding": 1}, [(3, 5, 6, 7)]),
    ("AdaptiveMaxPool3d", ((2, None, 3),), {"return_indices": True}, [(2, 3, 5, 6, 7)]),
    ("FractionalMaxPool2d", ((3, 2), (4, 5)), {"return_indices": True}, [(2, 3, 9, 8)]),
    ("FractionalMaxPool2d", (2,), {"output_ratio": (0.5, 0.7)}, [(3, 9, 8)]),
    ("FractionalMaxPool3d", (2, (3, 1, 5)), {"return_indices": True}, [(2, 3, 5, 6, 7)]),
    ("LPPool2d", (2, 2), {"stride": 1}, [(2, 3, 9, 8)]),
    ("LPPool2d", (INF, 2), {}, [(2, 3, 9, 8)]),
    ("AdaptiveAvgPool2d", ((None, 3),), {}, [(2, 3, 9, 8)]),
    ("AdaptiveAvgPool3d", ((2, None, 3),), {}, [(2, 3, 5, 6, 7)]),
    ("AdaptiveMaxPool3d", ((2, None, 3),), {}, [(2, 3, 5, 6, 7)]),
    ("AdaptiveMaxPool2d", ((5, 3),), {}, [(2, 3, 9, 8)]),
    ("BatchNorm1d", (3,), {"momentum": None}, [(4, 3, 5)]),
    ("BatchNorm2d", (3,), {"affine": False}, [(4, 3, 5, 5)]),
    ("BatchNorm3d", (3,), {"track_running_stats": False, "bias": False}, [(4, 3, 2, 3, 2)]),
    ("InstanceNorm2d", (3,), {"affine": True, "track_running_stats": True}, [(4, 3, 5, 6)]),
    ("InstanceNorm3d", (3,), {}, [(3, 5, 6, 4)]),
    ("LayerNorm", ((5, 6),), {"bias": False, "eps": 1e-3}, [(4, 5, 6)]),
    ("RMSNorm", (6, 1e-3), {}, [(4, 5, 6)]),
    ("GroupNorm", (2, 4), {}, [(3, 4, 5, 5)]),
    ("LocalResponseNorm", (2,), {"alpha": 0.5}, [(2, 5, 7, 3)]),
    ("CrossMapLRN2d", (3,), {"alpha": 0.5, "k": 2.0}, [(2, 5, 3, 3)]),
    ("CrossMapLRN2d", (4, 0.5), {}, [(2, 7, 3, 3)]),
    ("Unflatten", (1, (3, 2)), {}, [(2, 6)]),
    ("Unfold", ((3, 2), 1, 1, 2), {}, [(2, 3, 7, 6)]),
    ("Fold", ((7, 6), (3, 2), 1, 1, 2), {}, [(2, 18, 16)]),
    ("PixelShuffle", (2,), {}, [(2, 8, 3, 3)]),
    ("PixelUnshuffle", (2,), {}, [(2, 2, 6, 4)]),
    ("ChannelShuffle", (2,), {}, [(2, 4, 3)]),
    ("Upsample", (None, (1.5, 2.3)), {"mode": "bilinear"}, [(2, 3, 4, 5)]),
    ("Upsample", (None, 1.7), {"mode": "nearest-exact"}, [(2, 3, 5)]),
    ("Upsample", ((3, 4, 5),), {"mode": "trilinear"}, [(2, 3, 2, 3, 4)]),
    ("CircularPad2d", ((1, 2, 0, 1),), {}, [(2, 3, 4, 5)]),
    ("ReplicationPad3d", (1,), {}, [(2, 3, 4, 5, 6)]),
    ("ConstantPad1d", (1, 3.5), {}, [(2, 3, 4)]),
    ("PairwiseDistance", (1.0, 1e-3, True), {}, [(4, 5), (5,)]),
    ("CosineSimilarity", (0,), {}, [(4, 5), (4, 1)]),
    ("PReLU", (5, 0.1), {}, [(4, 5, 3)]),
    ("GLU", (), {}, [(4, 6)]),
    ("GELU", ("tanh",), {}, [(4, 6)]),
    ("Softmin", (0,), {}, [(4, 6)]),
    ("LogSoftmax", (1,), {}, [(4, 6)]),
    ("Threshold", (0.2, -7.0), {}, [(40, 6)]),
    ("Softplus", (2.0, 1.0), {}, [(40, 6)]),
    ("Mish", (), {}, [(40, 6)]),
    ("SELU", (), {}, [(40, 6)]),
    ("Hardswish", (), {}, [(40, 6)]),
]
DEFAULTS = [
    name for name in nn.__all__ if isinstance(getattr(nn, name), type) and issubclass(getattr(nn, name), nn.Module)
]
DEPRECATED = {"Container", "NLLLoss2d"}
LARGE = {"Transformer"}


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.mark.parametrize("name", sorted(set(DEFAULTS) - DEPRECATED))
def test_signatures_and_what_can_be_made_without_arguments(torch, name):
    ours, theirs = getattr(nn, name), getattr(torch.nn, name)
    assert parameters(ours) == parameters(theirs)
    needs_none = all(p.default is not inspect.Parameter.empty for p in inspect.signature(ours).parameters.values())
    if needs_none and name not in LARGE:
        assert repr(ours()) == repr(theirs()) and list(ours().state_dict()) == list(theirs().state_dict())


@pytest.mark.parametrize("name", sorted(nn.functional.__all__))
def test_signatures_of_functions(torch, name):
    ours, theirs = getattr(nn.functional, name), getattr(torch.nn.functional, name, None)
    if not inspect.isfunction(ours) or not inspect.isfunction(theirs):
        return
    if [p[0] for p in parameters(theirs)] != ["args", "kwargs"]:
        assert parameters(ours) == parameters(theirs)


def parameters(function) -> list[tuple]:
    """Names, defaults (functions and dtypes by their names) and kinds."""
    found = inspect.signature(function).parameters.values()
    return [(p.name, _named(p.default), p.kind) for p in found]


def _named(default):
    return str(default) if type(default).__name__ == "dtype" else getattr(default, "__name__", default)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel lengths")
@pytest.mark.parametrize("name, args, kwargs, shapes", CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_modules(torch, name, args, kwargs, shapes):
    flambeau.manual_seed(1)
    ours = getattr(nn, name)(*args, **kwargs)
    torch.manual_seed(1)
    theirs = getattr(torch.nn, name)(*args, **kwargs)
    assert repr(ours) == repr(theirs)
    assert_same_state(ours, theirs, exactly=True)
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=shape).astype(np.float32) * 2 for shape in shapes]
    mine = [flambeau.tensor(a).requires_grad_() for a in arrays]
    real = [torch.tensor(a).requires_grad_() for a in arrays]
    ours_out, theirs_out = ours(*mine), theirs(*real)
    if isinstance(theirs_out, tuple):
        assert np.array_equal(ours_out[1].numpy(), theirs_out[1].numpy())
        ours_out, theirs_out = ours_out[0], theirs_out[0]
    assert_close(ours_out, theirs_out)
    g = rng.normal(size=tuple(theirs_out.shape)).astype(np.float32)
    ours_out.backward(flambeau.tensor(g))
    theirs_out.backward(torch.tensor(g))
    for a, b in [*zip(mine, real), *zip(ours.parameters(), theirs.parameters())]:
        assert_close(a.grad, b.grad, 5e-5)
    assert_same_state(ours, theirs)


def assert_close(ours, theirs, tolerance=3e-6):
    assert tuple(ours.shape) == tuple(theirs.shape) and str(ours.dtype) == str(theirs.dtype)
    assert np.allclose(ours.detach().numpy(), theirs.detach().numpy(), rtol=2e-5, atol=tolerance)


def assert_same_state(ours, theirs, exactly=False):
    mine, real = ours.state_dict(), theirs.state_dict()
    assert list(mine) == list(real) and mine._metadata == real._metadata
    for name in mine:
        if exactly:
            assert np.array_equal(mine[name].numpy(), real[name].numpy()), name
        else:
            assert_close(mine[name], real[name])


def misuse(torch, nn, F, code):
    """The exception's type and text and the warnings that a misuse gives, or the shape of its result."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            outcome = tuple(getattr(eval(code, {"torch": torch, "nn": nn, "F": F}), "shape", ()))
        except Exception as error:
            outcome = (type(error).__name__, str(error))
    return outcome, [str(w.message) for w in caught]


MISUSES = """
nn.Conv2d(3, 4, 3, groups=2)
nn.Conv2d(4, 4, 3, padding='same', stride=2)
nn.ConvTranspose2d(4, 4, 3, padding_mode='reflect')
nn.ConvTranspose2d(4, 4, 3, stride=2)(torch.ones(1, 4, 3, 3), output_size=[9, 9])
nn.ConvTranspose2d(4, 4, 3, output_padding=2)(torch.ones(1, 4, 3, 3))
nn.ConvTranspose2d(4, 4, 3)(torch.ones(1, 3, 3, 3))
nn.Conv1d(4, 4, 3)(torch.ones(1, 3, 3))
nn.Conv3d(4, 4, 3)(torch.ones(1, 4, 2, 3, 3))
nn.GroupNorm(3, 4)
nn.Embedding(3, 4, 5)
nn.Dropout(1.5)
nn.Hardtanh(1.0, 0.0)
nn.Hardtanh(min_value=-2.0)
nn.Unflatten(1, (3, 'a'))
nn.Linear(0, 3)
nn.MultiMarginLoss(weight=torch.ones(1, 1))
nn.BatchNorm2d(3)(torch.ones(2, 3))
nn.BatchNorm1d(3)(torch.ones(1, 3))
nn.InstanceNorm2d(3)(torch.ones(1, 4, 2, 2))
nn.Softmax2d()(torch.ones(2))
F.glu(torch.ones(3))
F.softshrink(torch.ones(3), -1)
F.prelu(torch.ones(3, 4), torch.ones(3))
F.dropout1d(torch.ones(3))
F.dropout2d(torch.ones(3, 4, 5), 0.0)
F.group_norm(torch.ones(2, 3), 2)
F.rms_norm(torch.ones(2, 4), (3,))
F.pixel_shuffle(torch.ones(3, 4, 4), 2)
F.interpolate(torch.ones(1, 1, 2, 2), size=(2, 3, 4))
F.interpolate(torch.ones(1, 1, 2, 2), size=3, mode='linear')
F.interpolate(torch.ones(1, 1, 2, 2), size=3, mode='nope')
F.upsample(torch.ones(1, 1, 2, 2), 3)
F.max_pool1d(torch.ones(1, 1, 4), 5)
F.avg_pool3d(torch.ones(2, 2), 3)
F.adaptive_avg_pool2d(torch.ones(2, 2), (3, 3))
F.bilinear(torch.ones(2, 3), torch.ones(2, 4), torch.ones(5, 3, 3))
F.mse_loss(torch.ones(3), torch.ones(3, 1))
F.mse_loss(torch.ones(3), torch.ones(3), False)
F.binary_cross_entropy(torch.ones(3), torch.ones(3, 1))
F.kl_div(torch.zeros(3), torch.ones(3))
F.gaussian_nll_loss(torch.ones(3), torch.ones(3), -torch.ones(3))
F.cosine_embedding_loss(torch.ones(3), torch.ones(3, 2), torch.ones(3))
F.triplet_margin_loss(torch.ones(3, 3), torch.ones(3), torch.ones(3))
F.cross_entropy(torch.ones(2, 3), torch.ones(2))
F.cross_entropy(torch.ones(2, 3), torch.ones(2, 3), ignore_index=1)
F.cross_entropy(torch.ones(2, 3), torch.ones(2, 3), weight=torch.ones(2))
F.cross_entropy(torch.ones(2, 3), torch.tensor([0, 1]), label_smoothing=1.5)
F.cross_entropy(torch.ones(3), torch.tensor([0, 1]))
F.cross_entropy(torch.ones(2, 3), torch.tensor(0))
F.cross_entropy(torch.ones(2, 3, 5), torch.zeros(2, 4).long())
F.nll_loss(torch.ones(2, 3), torch.tensor([0, 1]), torch.ones(3).half())
F.nll_loss(torch.ones(2, 3).long(), torch.tensor([0, 1]))
F.nll_loss(torch.ones(2, 3, 5, 2), torch.zeros(2, 5, 3).long())
F.linear_cross_entropy(torch.ones(2, 3), torch.ones(4, 2), torch.tensor([0, 1]))
F.linear_cross_entropy(torch.ones(3), torch.ones(4, 2, 3), torch.tensor([0, 1]))
F.linear_cross_entropy(torch.ones(2, 3), torch.ones(4, 3), torch.ones(2, 4), ignore_index=3)
nn.LinearCrossEntropyLoss(3, 2, weight=torch.ones(3))
nn.LinearCrossEntropyLoss(3, 2, label_smoothing=2.0)
nn.LinearCrossEntropyOptions(batch_chunk_size=0)
nn.LinearCrossEntropyOptions(chunking_method='x')
nn.AdaptiveLogSoftmaxWithLoss(16, 20, [])
nn.AdaptiveLogSoftmaxWithLoss(16, 20, [5, 20])
nn.AdaptiveLogSoftmaxWithLoss(16, 20, [5])(torch.ones(2, 16), torch.tensor([0, 20]))
nn.AdaptiveLogSoftmaxWithLoss(16, 20, [5])(torch.ones(2, 16), torch.tensor([0]))
nn.AdaptiveLogSoftmaxWithLoss(16, 20, [5])(torch.ones(2, 16), torch.tensor([[0], [1]]))
nn.FractionalMaxPool2d(2)
nn.FractionalMaxPool2d(2, 3, 0.5)
nn.FractionalMaxPool3d(2, output_ratio=(0.5, 0.5, 1.5))
F.fractional_max_pool2d(torch.ones(3, 7, 6), 2, (7, 3))
F.fractional_max_pool2d(torch.ones(3, 7, 6), 2, (3, 3), _random_samples=torch.ones(1, 3, 3))
F.fractional_max_pool3d(torch.ones(3, 7, 6, 5), 2, (3, 3))
F.fractional_max_pool3d(torch.ones(0, 7, 6, 5), 2, (3, 3, 3))
nn.CrossMapLRN2d(3)(torch.ones(2, 3, 4))
nn.init.dirac_(torch.ones(3))
nn.init.kaiming_uniform_(torch.ones(4, 3), mode='x')
nn.init.trunc_normal_(torch.ones(4, 3), 0.0, 1.0, 3.0, 3.5)
nn.utils.clip_grad_norm_((x for x in []), 1.0)
""".strip().split("\n")


@pytest.mark.parametrize("code", MISUSES)
def test_errors_and_warnings(torch, code):
    assert misuse(flambeau, nn, nn.functional, code) == misuse(torch, torch.nn, torch.nn.functional, code)


FILLS = """
uniform_(w, -1.0, 2.0)
normal_(w, 1.0, 0.5)
xavier_uniform_(w)
xavier_normal_(w, 0.3)
kaiming_uniform_(w, 0.2)
kaiming_normal_(w, mode='fan_out')
trunc_normal_(w)
trunc_normal_(w, 0.0, 1.0, 1.2, 2.5)
orthogonal_(w)
sparse_(w, 0.3)
""".strip().split("\n")


@pytest.mark.parametrize("code", FILLS)
def test_initial_values(torch, code):
    flambeau.manual_seed(3)
    ours = eval(f"init.{code}", {"init": nn.init, "w": flambeau.empty(20, 30)})
    torch.manual_seed(3)
    theirs = eval(f"init.{code}", {"init": torch.nn.init, "w": torch.empty(20, 30)})
    assert np.allclose(ours.numpy(), theirs.numpy(), rtol=1e-5, atol=1e-6)
