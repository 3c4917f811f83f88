"""Models beside torchvision's: modules, names, weights from a seed, what they compute, what is published of them.

Weights are compared bit by bit. Large models are compared by their modules alone, without drawing weights.
"""

import contextlib
import enum
import importlib
import inspect
import warnings

import numpy as np
import pytest
from real_torchvision import torch, torchvision

import flambeau as fl
from flambeau.vision import models

pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore:The default weight initialization")]
FAMILIES = [
    "alexnet", "densenet", "efficientnet", "googlenet", "inception", "mnasnet", "mobilenetv2", "mobilenetv3", "regnet",
    "resnet", "segmentation.deeplabv3", "segmentation.fcn", "segmentation.lraspp", "shufflenetv2", "squeezenet", "vgg",
]  # fmt: skip
OURS = sorted(
    name
    for name, make in models._api.BUILTIN_MODELS.items()
    if make.__module__.removeprefix("flambeau.vision.models.") in FAMILIES
)
DRAWN = [
    "alexnet",
    "densenet121",
    "efficientnet_b0",
    "efficientnet_b5",
    "efficientnet_v2_s",
    "googlenet",
    "inception_v3",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_x_400mf",
    "regnet_y_400mf",
    "resnet18",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "squeezenet1_0",
    "deeplabv3_mobilenet_v3_large",
    "lraspp_mobilenet_v3_large",
    "fcn_resnet50",
]
# Networks of every kind of block, and the size of their images.
COMPUTED = {
    "resnet18": (64, lambda m: m.resnet18(zero_init_residual=True)),
    "resnext": (
        32,
        lambda m: m.ResNet(
            m.resnet.Bottleneck, [1, 1, 2, 1], 7, False, 2, 32, [False, True, True], lambda c: GROUPS[m](c)
        ),
    ),
    "vgg": (32, lambda m: m.vgg.make_layers([4, "M", 8, "M"], batch_norm=True)),
    "googlenet": (32, lambda m: m.googlenet(init_weights=False, transform_input=True)),
    "inception": (75, lambda m: m.Inception3(5, inception_blocks=inception_blocks(m.inception), init_weights=False)),
    "inception's classifier": (17, lambda m: m.inception.InceptionAux(3, 5)),
    "squeezenet": (32, lambda m: m.squeezenet1_1(num_classes=5)),
    "densenet": (32, lambda m: m.DenseNet(8, (2, 3), 16, num_classes=5, drop_rate=0.2)),
    "checkpointed": (32, lambda m: m.DenseNet(8, (2, 3), 16, num_classes=5, memory_efficient=True)),
    "mobilenet_v2": (32, lambda m: m.MobileNetV2(5, 0.5, [[1, 16, 1, 1], [6, 24, 2, 2]])),
    "mobilenet_v3": (
        32,
        lambda m: m.MobileNetV3(
            [
                m.mobilenetv3.InvertedResidualConfig(16, 3, 16, 16, True, "RE", 2, 1, 0.5),
                m.mobilenetv3.InvertedResidualConfig(16, 5, 64, 16, True, "HS", 1, 2, 0.5),
            ],
            16,
            5,
        ),
    ),
    "shufflenet": (32, lambda m: m.ShuffleNetV2([1, 2, 1], [8, 16, 32, 48, 64], num_classes=5)),
    "mnasnet": (32, lambda m: m.MNASNet(0.3, 5)),
    "efficientnet": (
        32,
        lambda m: m.EfficientNet(
            [
                m.efficientnet.FusedMBConvConfig(1, 3, 1, 8, 8, 2),
                m.efficientnet.FusedMBConvConfig(4, 3, 2, 8, 16, 2),
                m.efficientnet.MBConvConfig(4, 5, 1, 16, 16, 2, depth_mult=1.1),
            ],
            0.3,
            stochastic_depth_prob=0.5,
            num_classes=5,
        ),
    ),
    "regnet": (32, lambda m: m.RegNet(m.regnet.BlockParams.from_init_params(5, 16, 8.0, 2.1, 8, se_ratio=0.25), 5)),
    "deeplab": (64, lambda m: m.segmentation.deeplabv3.ASPP(3, (2, 3), 8)),
    "fcn": (
        32,
        lambda m: m.segmentation.FCN(
            small_backbone(m, "aux", "out"), m.segmentation.fcn.FCNHead(16, 4), m.segmentation.fcn.FCNHead(8, 4)
        ),
    ),
    "lraspp": (32, lambda m: m.segmentation.LRASPP(small_backbone(m, "low", "high"), 8, 16, 4, 8)),
}
GROUPS = {models: lambda c: fl.nn.GroupNorm(4, c), torchvision.models: lambda c: torch.nn.GroupNorm(4, c)}
ON_BACKBONES = {"weights_backbone": None, "num_classes": 4}


def small_backbone(library_models, first, second):
    """Images of 8 and of 16 channels, by two names."""
    features = library_models.MobileNetV2(5, 0.5, [[1, 16, 1, 1], [6, 24, 2, 2]]).features
    return library_models._utils.IntermediateLayerGetter(features, {"1": first, "2": second})


def inception_blocks(inception):
    """The blocks of Inception v3, with the classifier of GoogLeNet, which takes small images."""
    blocks = [getattr(inception, f"Inception{letter}") for letter in "ABCDE"]
    googlenet = importlib.import_module(inception.__name__.replace("inception", "googlenet"))
    return [inception.BasicConv2d, *blocks, googlenet.InceptionAux]


INITIALIZERS = [name for name, f in vars(torch.nn.init).items() if name[-1] == "_" != name[0] and inspect.isfunction(f)]


@contextlib.contextmanager
def undrawn():
    """No initializer does anything."""
    with pytest.MonkeyPatch.context() as patch:
        for library in (torch, fl):
            for name in INITIALIZERS:
                patch.setattr(library.nn.init, name, lambda tensor, *args, **kwargs: tensor)
        yield


def make(library_models, name, **kwargs):
    """A model by its name; those of pixels' classes on fresh backbones, with what they have on the way."""
    if "segmentation" in library_models.get_model_builder(name).__module__:
        kwargs = {**ON_BACKBONES, "aux_loss": not name.startswith("lraspp"), **kwargs}
    return library_models.get_model(name, **kwargs)


def shapes(model) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(value.shape)) for name, value in model.state_dict().items()]


@pytest.mark.parametrize("name", OURS)
def test_modules(name):
    with undrawn():
        ours, theirs = make(models, name), make(torchvision.models, name)
    assert str(ours) == str(theirs)
    assert shapes(ours) == shapes(theirs)
    assert [n for n, _ in ours.named_parameters()] == [n for n, _ in theirs.named_parameters()]


def built(library, make):
    library.manual_seed(3)
    return make()


def seen(output):
    """What a model gave, in a form that compares: a tensor, a named tuple or a dict."""
    if isinstance(output, dict):
        return {name: seen(value) for name, value in output.items()}
    if isinstance(output, tuple):
        return {"type": type(output).__name__, **{name: seen(value) for name, value in output._asdict().items()}}
    return output if output is None else output.detach().numpy()


def total(output):
    """A scalar to differentiate."""
    parts = output.values() if isinstance(output, dict) else output if isinstance(output, tuple) else [output]
    return sum(part.square().sum() for part in parts if part is not None)


def assert_close(ours, theirs, relative):
    if not isinstance(theirs, np.ndarray):
        assert type(ours) is type(theirs) and (theirs is None or ours.keys() == theirs.keys())
        for name in theirs or ():
            assert_close(ours[name], theirs[name], relative) if name != "type" else None
        return
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=relative * np.abs(theirs).max())


@pytest.mark.parametrize("name", DRAWN)
def test_first_weights(name):
    ours, theirs = built(fl, lambda: make(models, name)), built(torch, lambda: make(torchvision.models, name))
    for (key, a), b in zip(ours.state_dict().items(), theirs.state_dict().values()):
        assert np.array_equal(a.numpy(), b.numpy()), key


@pytest.mark.parametrize("name", COMPUTED)
def test_what_they_compute(name):
    """In float64, but for one: small images make batch statistics of few numbers, which magnify rounding."""
    size, build = COMPUTED[name]
    dtype = "float32" if name == "resnet18" else "float64"
    image = np.random.default_rng(0).standard_normal((3, 3, size, size))
    results = []
    for library, library_models in ((fl, models), (torch, torchvision.models)):
        model = built(library, lambda: build(library_models)).to(getattr(library, dtype))  # noqa: B023
        x = library.tensor(image).to(getattr(library, dtype))
        with library.no_grad():
            evaluated = seen(model.eval()(x))
        library.manual_seed(4)
        output = model.train()(x)
        total(output).backward()
        results.append({"eval": evaluated, "train": seen(output), "grad": seen(next(model.parameters()).grad)})
    assert_close(*results, 1e-4)


def their_weights():
    """The enumerations of torchvision's weights in the modules that there are here."""
    for family in FAMILIES:
        module = importlib.import_module(f"torchvision.models.{family}")
        for name, kind in vars(module).items():
            if isinstance(kind, enum.EnumMeta) and kind.__module__ == module.__name__:
                yield family, name, kind


def facts(weights) -> list[str]:
    """All that is told of weights, but what is told in words; repr, as NaN differs from itself."""
    return [f"{key}: {value!r}" for key, value in sorted(weights.meta.items()) if key != "_docs"]


def test_published_weights():
    for family, name, theirs in their_weights():
        ours = getattr(importlib.import_module(f"flambeau.vision.models.{family}"), name)
        assert list(ours.__members__) == list(theirs.__members__)
        for key, their in theirs.__members__.items():
            our = ours[key]
            assert (our.name, our.url) == (their.name, their.url)
            assert facts(our) == facts(their)
            assert our.transforms.func.__name__ == their.transforms.func.__name__
            assert str(our.transforms()) == str(their.transforms()) and repr(our) == repr(their)
            assert our.transforms().describe() == their.transforms().describe()
            assert fl.vision.models.get_weight(repr(our)) is our


def test_transforms_of_weights():
    image = np.random.default_rng(0).integers(0, 256, (3, 60, 80), dtype=np.uint8)
    for name in ("ResNet50_Weights.IMAGENET1K_V2",):
        ours = models.get_weight(name).transforms()(fl.tensor(image))
        theirs = torchvision.models.get_weight(name).transforms()(torch.tensor(image))
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=1 / 255 / 0.2)


CALLS = {
    "positional": lambda m: m.resnet18(False),
    "pretrained": lambda m: m.resnet18(pretrained=False),
    "none": lambda m: m.resnet18(weights=None, num_classes=3),
    "both": lambda m: m.resnet18(weights=None, pretrained=True),
    "foreign": lambda m: m.resnet18(weights=m.VGG11_Weights.DEFAULT),
    "unknown weights": lambda m: m.resnet18(weights="V7"),
    "classes": lambda m: m.resnet18(weights="DEFAULT", num_classes=3),
    "fixed": lambda m: m.resnext50_32x4d(groups=3),
    "dilation": lambda m: m.resnet50(replace_stride_with_dilation=[True]),
    "groups": lambda m: m.resnet18(groups=2),
    "unknown argument": lambda m: m.resnet18(depth=2),
    "unknown model": lambda m: m.get_model("Lenet"),
    "weight name": lambda m: m.get_weight("resnet"),
    "weight enum": lambda m: m.get_weight("LeNet_Weights.V1"),
    "weight member": lambda m: m.get_weight("ResNet18_Weights.V7"),
    "weights of": lambda m: m.get_model_weights(lambda: None),
    "no weights": lambda m: m.get_model_weights(lambda weights: None),
    "registered twice": lambda m: m._api.register_model("resnet18")(None),
    "listed": lambda m: m.list_models(include=["resnet1*", "alex*"], exclude="*01"),
    "no weights yet": lambda m: m.regnet_y_128gf(pretrained=True),
    "pixels' classes": lambda m: m.segmentation.fcn_resnet50(weights="DEFAULT", num_classes=3),
    "pixels' backbone": lambda m: m.segmentation.fcn_resnet50(pretrained=False, pretrained_backbone=False),
    "pixels' positions": lambda m: m.segmentation.deeplabv3_resnet50(None, False, 4, True, None),
    "pixels' aux": lambda m: m.segmentation.lraspp_mobilenet_v3_large(aux_loss=True, weights_backbone=None),
    "vgg": lambda m: m.vgg11(weights=m.VGG16_Weights.DEFAULT),
    "squeezenet": lambda m: m.SqueezeNet("2_0"),
    "googlenet": lambda m: m.googlenet(blocks=[]),
    "googlenet's classifiers": lambda m: m.googlenet(weights="DEFAULT", aux_logits=False),
    "inception": lambda m: m.inception_v3(inception_blocks=[], init_weights=False),
    "mobilenet_v2": lambda m: m.mobilenet_v2(inverted_residual_setting=[[1, 2]]),
    "mobilenet_v2 stride": lambda m: m.mobilenetv2.InvertedResidual(3, 3, 3, 1),
    "mobilenet_v3": lambda m: m.MobileNetV3([], 3),
    "mobilenet_v3 type": lambda m: m.MobileNetV3([(1, 2)], 3),
    "shufflenet": lambda m: m.ShuffleNetV2([1], [1]),
    "shufflenet channels": lambda m: m.ShuffleNetV2([1, 1, 1], [1]),
    "shufflenet stride": lambda m: m.shufflenetv2.InvertedResidual(2, 2, 4),
    "shufflenet halves": lambda m: m.shufflenetv2.InvertedResidual(3, 3, 1),
    "mnasnet": lambda m: m.MNASNet(-1.0),
    "mnasnet repeats": lambda m: m.mnasnet._stack(1, 1, 3, 1, 1, 0, 0.1),
    "mnasnet size": lambda m: m.mnasnet._InvertedResidual(1, 1, 4, 1, 1),
    "mnasnet version": lambda m: m.MNASNet(0.1).load_state_dict({}),
    "efficientnet": lambda m: m.EfficientNet([], 0.1),
    "efficientnet type": lambda m: m.EfficientNet([1], 0.1),
    "regnet": lambda m: m.regnet.BlockParams.from_init_params(3, 7, 1.0, 2.0, 1),
    "getter": lambda m: m._utils.IntermediateLayerGetter(m.resnet18(), {"layer9": "x"}),
    "getter children": lambda m: list(m._utils.IntermediateLayerGetter(m.resnet18(), {"layer2": "x", "relu": "y"})),
}


@pytest.mark.parametrize("name", OURS)
def test_parameters_of_builders(name):
    ours, theirs = (inspect.signature(library.get_model_builder(name)) for library in (models, torchvision.models))
    assert {n: (p.kind, str(p.default)) for n, p in ours.parameters.items()} == {
        n: (p.kind, str(p.default)) for n, p in theirs.parameters.items()
    }
    assert models.get_model_weights(name).__name__ == torchvision.models.get_model_weights(name).__name__


@pytest.mark.parametrize("call", CALLS)
def test_calls(call):
    told = []
    for library in (models, torchvision.models):
        with warnings.catch_warnings(record=True) as caught, undrawn():
            warnings.simplefilter("always")
            try:
                result = CALLS[call](library)
            except Exception as error:
                result = type(error).__name__, str(error)
        told.append((result if isinstance(result, (list, tuple)) else str(result), [str(w.message) for w in caught]))
    assert told[0] == told[1]


OPS = {
    "conv": lambda ops: ops.Conv2dNormActivation(3, 8, (3, 5), stride=2, groups=1),
    "conv3d": lambda ops: ops.Conv3dNormActivation(3, 8, dilation=2, activation_layer=None, inplace=None),
    "no norm": lambda ops: ops.Conv2dNormActivation(3, 8, norm_layer=None),
    "direct": lambda ops: ops.misc.ConvNormActivation(3, 8),
    "se": lambda ops: ops.SqueezeExcitation(8, 2),
    "mlp": lambda ops: ops.MLP(8, [4, 4, 2], dropout=0.1, inplace=True),
    "frozen": lambda ops: ops.FrozenBatchNorm2d(4),
    "permute": lambda ops: ops.Permute([0, 2, 1]),
    "depth": lambda ops: ops.StochasticDepth(0.2, "row"),
    "block": lambda ops: (ops.DropBlock2d(0.2, 3), ops.DropBlock3d(0.2, 3, True)),
}


@pytest.mark.parametrize("layer", OPS)
def test_layers_are_printed(layer):
    with warnings.catch_warnings(record=True) as ours:
        warnings.simplefilter("always")
        text = str(OPS[layer](fl.vision.ops))
    with warnings.catch_warnings(record=True) as theirs:
        warnings.simplefilter("always")
        assert text == str(OPS[layer](torchvision.ops))
    assert [str(w.message) for w in ours] == [str(w.message) for w in theirs]


DROPPED = {
    "row": ((6, 2, 3), lambda ops, x: ops.stochastic_depth(x, 0.4, "row")),
    "batch": ((6, 2, 3), lambda ops, x: ops.stochastic_depth(x, 0.4, "batch")),
    "all": ((2, 2), lambda ops, x: ops.stochastic_depth(x, 1.0, "row")),
    "p": ((2, 2), lambda ops, x: ops.stochastic_depth(x, 1.5, "row")),
    "mode": ((2, 2), lambda ops, x: ops.stochastic_depth(x, 0.5, "rows")),
    "block": ((2, 3, 9, 8), lambda ops, x: ops.drop_block2d(x, 0.2, 3)),
    "inplace": ((2, 3, 9, 8), lambda ops, x: ops.drop_block2d(x, 0.2, 3, inplace=True)),
    "volume": ((2, 3, 5, 6, 7), lambda ops, x: ops.drop_block3d(x, 0.2, 3)),
    "even": ((2, 3, 5, 6), lambda ops, x: ops.drop_block2d(x, 0.2, 4)),
    "dims": ((2, 3, 5), lambda ops, x: ops.drop_block2d(x, 0.2, 3)),
    "block p": ((2, 3, 5, 5), lambda ops, x: ops.drop_block2d(x, -0.1, 3)),
    "frozen": ((2, 3, 4, 4), lambda ops, x: ops.FrozenBatchNorm2d(3)(x)),
}


@pytest.mark.parametrize("case", DROPPED)
def test_layers_that_drop(case):
    shape, call = DROPPED[case]
    results = []
    for library, ops in ((fl, fl.vision.ops), (torch, torchvision.ops)):
        library.manual_seed(0)
        try:
            results.append(call(ops, library.arange(1.0, np.prod(shape) + 1).reshape(shape)).numpy())
        except Exception as error:
            results.append(np.array([type(error).__name__, str(error)]))
    ours, theirs = results
    np.testing.assert_allclose(ours, theirs, rtol=1e-6) if theirs.dtype.kind == "f" else np.testing.assert_array_equal(
        ours, theirs
    )
