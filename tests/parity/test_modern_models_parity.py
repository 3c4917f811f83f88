"""Transformers and their kin (ViT, Swin, ConvNeXt, MaxViT) beside torchvision's."""

import contextlib
import inspect
import warnings

import numpy as np
import pytest
from both import attempt

import flambeau
from flambeau.vision import models as ours

from real_torchvision import torch as real  # isort: skip
from real_torchvision import torchvision  # isort: skip

pytestmark = pytest.mark.parity
theirs = torchvision.models

NAMES = [
    name for name in theirs.list_models(module=theirs) if name.startswith(("vit_", "swin_", "convnext_", "maxvit_"))
]  # fmt: skip
LARGE = [name for name in NAMES if not name.endswith(("vit_b_32", "_t", "_tiny"))]


def _pair(name, **settings):
    """The model made by both, from the same seed."""
    built = []
    for torch, models in ((real, theirs), (flambeau, ours)):
        torch.manual_seed(0)
        built.append(models.get_model(name, **settings))
    return built


def _state(model):
    return {key: value.detach().numpy() for key, value in model.state_dict().items()}


def _assert_equal(their, our):
    """Printed forms, keys, and initial weights bit for bit."""
    assert str(our) == str(their)
    expected, found = _state(their), _state(our)
    assert list(found) == list(expected)
    different = [
        k for k in expected if not np.array_equal(found[k], expected[k]) or found[k].dtype != expected[k].dtype
    ]
    assert not different


def _close(found, expected, scale=None):
    return np.abs(found - expected).max() <= 1e-4 * (scale or np.abs(expected).max())


@pytest.mark.parametrize("name", [name for name in NAMES if name not in LARGE])
def test_models_are_built_alike(name):
    _assert_equal(*_pair(name))


@pytest.mark.parametrize("name", LARGE)
def test_large_models_have_the_same_parts(name):
    """On the meta device: their numbers alone would take minutes."""
    with real.device("meta"):
        expected = theirs.get_model(name)
    sizes = {key: tuple(value.shape) for key, value in expected.state_dict().items()}
    with _no_draws():
        found = ours.get_model(name)
    assert str(found) == str(expected)
    assert {key: tuple(value.shape) for key, value in found.state_dict().items()} == sizes


@contextlib.contextmanager
def _no_draws():
    """Leaves parameters as they are made: drawing the numbers of large models takes long."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("trunc_normal_", "normal_", "xavier_uniform_", "kaiming_uniform_", "uniform_"):
            patch.setattr(flambeau.nn.init, name, lambda tensor, *args, **kwargs: tensor)
        yield


SMALL = {
    "vit": lambda models: models.VisionTransformer(16, 4, 2, 2, 8, 16, num_classes=5),
    "vit with a stem and a representation": lambda models: models.VisionTransformer(
        16, 4, 2, 2, 8, 16, num_classes=5, representation_size=6,
        conv_stem_configs=[models.vision_transformer.ConvStemConfig(4, 3, 2)] * 2,
    ),
    "convnext": lambda models: models.ConvNeXt(
        [models.convnext.CNBlockConfig(8, 16, 2), models.convnext.CNBlockConfig(16, None, 2)], layer_scale=0.5
    ),
    "swin": lambda models: models.SwinTransformer([2, 2], 8, [2, 2], [2, 4], [3, 3], stochastic_depth_prob=0.0),
    "swin of other windows": lambda models: models.SwinTransformer([2, 4], 8, [2, 2], [2, 4], [3, 5], num_classes=4),
    "swin v2": lambda models: models.SwinTransformer(
        [2, 2], 8, [2, 2], [2, 4], [4, 4],
        block=models.swin_transformer.SwinTransformerBlockV2,
        downsample_layer=models.swin_transformer.PatchMergingV2,
    ),
    "maxvit": lambda models: models.MaxVit((32, 32), 8, 2, [8, 16], [1, 2], 4, 0.2, num_classes=5),
}  # fmt: skip
SIZES = {"vit": 16, "vit with a stem and a representation": 16, "convnext": 33, "swin": 25, "maxvit": 32}


def _seeded(torch, model, rng):
    """Gives all parameters and statistics numbers under which every part of the model counts."""
    state = model.state_dict()
    for key in state:
        array = state[key].detach().numpy()
        if array.dtype.kind == "f" and "relative_coords" not in key:
            drawn = rng.standard_normal(array.shape) * 0.3 + (1.0 if key.endswith("var") else 0.0)
            state[key] = torch.tensor(np.abs(drawn) if key.endswith("var") else drawn, dtype=torch.float32)
    model.load_state_dict(state)


def _computed(torch, model, size):
    """What a model gives for an image, and the gradients of the image and of the parameters."""
    rng = np.random.default_rng(0)
    _seeded(torch, model, rng)
    x = torch.tensor(rng.standard_normal((2, 3, size, size)), requires_grad=True)
    y = model.double()(x)
    (y * torch.arange(1, y.numel() + 1).reshape(y.shape)).sum().backward()
    return y.detach().numpy(), x.grad.numpy(), {key: p.grad.numpy() for key, p in model.named_parameters()}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("training", [False, True])
def test_small_models_compute_alike(name, training):
    models = []
    for torch, made in ((real, theirs), (flambeau, ours)):
        torch.manual_seed(0)
        models.append(SMALL[name](made).train(training))
    _assert_equal(*models)
    results = []
    for torch, model in zip((real, flambeau), models):
        torch.manual_seed(1)
        results.append(_computed(torch, model, SIZES.get(name, 26)))
    (expected, expected_x, expected_grads), (found, found_x, found_grads) = results
    assert _close(found, expected)
    assert _close(found_x, expected_x)
    assert list(found_grads) == list(expected_grads)
    largest = max(np.abs(g).max() for g in expected_grads.values())
    for key, expected in expected_grads.items():  # some are 0 but for rounding
        assert _close(found_grads[key], expected, max(np.abs(expected).max(), 1e-8 * largest)), key


@pytest.mark.parametrize("name", ["vit_b_32", "convnext_tiny", "swin_t", "maxvit_t"])
def test_models_compute_alike_with_copied_weights(name):
    their, our = _pair(name)
    size = 224 if name.startswith(("vit", "maxvit")) else 96
    image = np.random.default_rng(0).standard_normal((1, 3, size, size)).astype(np.float32)
    if name.startswith("vit"):  # its head is zeros
        head = np.random.default_rng(1).standard_normal((1000, 768)).astype(np.float32)
        their.heads.head.weight.data, our.heads.head.weight.data = real.tensor(head), flambeau.tensor(head)
    with real.no_grad(), flambeau.no_grad():
        assert _close(our.eval()(flambeau.tensor(image)).numpy(), their.eval()(real.tensor(image)).numpy())


def test_stochastic_depth_draws_the_same_numbers():
    outputs = []
    for torch, models in ((real, theirs), (flambeau, ours)):
        torch.manual_seed(3)
        model = models.SwinTransformer(
            [2, 2], 8, [2, 2], [2, 4], [3, 3], dropout=0.2, attention_dropout=0.1, stochastic_depth_prob=0.6
        )
        outputs.append(model(torch.linspace(-1, 1, 4 * 3 * 24 * 24).reshape(4, 3, 24, 24)).detach().numpy())
    assert _close(outputs[1], outputs[0])


def test_positions_for_images_of_another_size():
    states = []
    for torch, models in ((real, theirs), (flambeau, ours)):
        torch.manual_seed(0)
        state = models.VisionTransformer(16, 4, 1, 2, 8, 16).state_dict()
        function = models.vision_transformer.interpolate_embeddings
        states.append(function(24, 4, state, reset_heads=True))
    assert list(states[1]) == list(states[0])
    key = "encoder.pos_embedding"
    assert np.allclose(states[1][key].numpy(), states[0][key].numpy(), atol=1e-6)


ERRORS = {
    "patches": lambda m: m.VisionTransformer(15, 4, 1, 1, 4, 4),
    "no stages": lambda m: m.ConvNeXt([]),
    "stages of another type": lambda m: m.ConvNeXt([3]),
    "windows": lambda m: m.swin_transformer.ShiftedWindowAttention(4, [3], [1], 2),
    "groups": lambda m: m.MaxVit((36, 36), 8, 2, [8, 16], [1, 2], 4, 0.2),
    "heads": lambda m: m.maxvit.RelativePositionalMultiHeadAttention(10, 4, 4),
    "another image size": lambda m: m.vit_b_16(weights=None, image_size=225),
    "weights of another model": lambda m: m.vit_b_16(weights=m.ViT_B_32_Weights.IMAGENET1K_V1),
    "no weights then": lambda m: m.vit_h_14(pretrained=True),
    "unknown weights": lambda m: m.swin_t(weights="IMAGENET22K"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_read_alike(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, expected = (attempt(ERRORS[name], models) for models in (ours, theirs))
    assert isinstance(found, tuple) and found == expected


def test_images_of_another_size_are_refused():
    texts = []
    for torch, models in ((real, theirs), (flambeau, ours)):
        model = models.VisionTransformer(16, 4, 1, 2, 8, 16)
        texts += [attempt(model, torch.zeros(1, 3, 16, 12)), attempt(model.encoder, torch.zeros(1, 3, 16, 12))]
    assert texts[:2] == texts[2:]


@pytest.mark.parametrize("module", ["vision_transformer", "convnext", "swin_transformer", "maxvit"])
def test_modules_have_the_same_names(module):
    names = [
        n for n, value in vars(getattr(theirs, module)).items() if getattr(value, "__module__", "").endswith(module)
    ]
    missing = [n for n in names if not n.startswith("_") and not hasattr(getattr(ours, module), n)]
    assert not missing
    for name in getattr(theirs, module).__all__:
        expected, found = getattr(theirs, name), getattr(ours, name)
        if isinstance(expected, type) and issubclass(expected, real.nn.Module):
            assert list(inspect.signature(found).parameters) == list(inspect.signature(expected).parameters)


def test_weights_tell_the_same_facts():
    for name in NAMES:
        expected, found = theirs.get_model_weights(name), ours.get_model_weights(name)
        assert [w.name for w in found] == [w.name for w in expected]
        for weights in expected:
            meta, other = found[weights.name].meta, weights.meta
            assert {k: v for k, v in meta.items() if k != "_docs"} == {k: v for k, v in other.items() if k != "_docs"}
            assert found[weights.name].url == weights.url
            assert repr(found[weights.name].transforms()) == repr(weights.transforms())
