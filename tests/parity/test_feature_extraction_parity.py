"""What networks compute on the way, beside torchvision, which traces them: names, values and errors."""

import warnings

import numpy as np
import pytest
from real_torchvision import torch, torchvision
from torchvision.models import feature_extraction as theirs

import flambeau as fl
from flambeau.vision import models
from flambeau.vision.models import feature_extraction as ours

pytestmark = pytest.mark.parity
BUILT = {
    "resnet": lambda m: m.ResNet(m.resnet.BasicBlock, [1, 1, 1, 1], 5),
    "densenet": lambda m: m.DenseNet(8, (2, 2), 16, num_classes=5),
    "googlenet": lambda m: m.googlenet(init_weights=False),
    "mobilenet": lambda m: m.MobileNetV2(5, 0.5, [[1, 16, 1, 1], [6, 24, 2, 2]]),
    "squeezenet": lambda m: m.squeezenet1_1(num_classes=5),
    "regnet": lambda m: m.RegNet(m.regnet.BlockParams.from_init_params(5, 16, 8.0, 2.1, 8), 5),
}


@pytest.mark.parametrize("name", BUILT)
def test_names(name):
    told = []
    for library, package in ((ours, models), (theirs, torchvision.models)):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            names = library.get_graph_node_names(BUILT[name](package))
        told.append((names, [str(w.message) for w in caught]))
    assert told[0] == told[1]


def test_asking_for_names_changes_nothing():
    model = BUILT["resnet"](models).eval()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    state = fl.get_rng_state()
    ours.get_graph_node_names(model)
    assert all(fl.equal(value, before[key]) for key, value in model.state_dict().items())
    assert fl.equal(state, fl.get_rng_state()) and not model.training


def test_values_and_gradients():
    image = np.random.default_rng(0).standard_normal((2, 3, 64, 64))
    seen = []
    for library, extraction, package in ((fl, ours, models), (torch, theirs, torchvision.models)):
        library.manual_seed(0)
        nodes = {"layer3": "c", "layer1.0.add": "a", "layer1.0.relu_1": "r", "layer2.0.conv1": "b", "flatten": "f"}
        extractor = extraction.create_feature_extractor(BUILT["resnet"](package), nodes).double()
        features = extractor(library.tensor(image))
        sum(value.square().sum() for value in features.values()).backward()
        gradient = dict(extractor.named_parameters())["conv1.weight"].grad
        seen.append({**{key: value.detach().numpy() for key, value in features.items()}, "gradient": gradient.numpy()})
    assert list(seen[0]) == list(seen[1])
    for key, value in seen[1].items():
        np.testing.assert_allclose(seen[0][key], value, rtol=1e-6, atol=1e-9 * np.abs(value).max())


def test_what_follows_is_not_run():
    model = BUILT["resnet"](models)
    extractor = ours.create_feature_extractor(model, ["layer1"])
    extractor(fl.ones(2, 3, 32, 32))
    assert model.layer1[0].bn1.num_batches_tracked == 1 and model.layer2[0].bn1.num_batches_tracked == 0
    assert extractor.layer1 is model.layer1 and type(model(fl.ones(2, 3, 32, 32))) is fl.Tensor


def test_modes_have_nodes_of_their_own():
    for extraction, package, library in ((ours, models, fl), (theirs, torchvision.models, torch)):
        model = extraction.create_feature_extractor(
            BUILT["googlenet"](package), None, ["aux1.fc2"], ["fc"], suppress_diff_warning=True
        )
        x = library.ones(2, 3, 32, 32)
        assert (list(model(x)), list(model.eval()(x))) == (["aux1.fc2"], ["fc"])


WRONG = {
    "unknown": (["nope"],),
    "unknown block": (["layer1.9"],),
    "none": (None,),
    "one mode": (None, ["x"]),
    "all": (["x"], ["x"], ["x"]),
}


@pytest.mark.parametrize("case", WRONG)
def test_errors(case):
    told = []
    for extraction, package in ((ours, models), (theirs, torchvision.models)):
        with pytest.raises(ValueError) as caught:
            extraction.create_feature_extractor(BUILT["resnet"](package), *WRONG[case])
        told.append(str(caught.value))
    assert told[0] == told[1]


def test_a_node_that_never_comes():
    extractor = ours.create_feature_extractor(BUILT["resnet"](models), ["layer1.0.cat"])
    with pytest.raises(ValueError, match=r"node: 'layer1\.0\.cat' is not present in model"):
        extractor(fl.ones(2, 3, 32, 32))
