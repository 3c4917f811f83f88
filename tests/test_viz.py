"""Pictures of networks: their numbers against the definitions, and that nothing of the network changes."""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import flambeau as torch
from flambeau import nn, viz
from flambeau.viz.layout import layered


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True), nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(inplace=True)
        )
        self.norm, self.drop, self.head = nn.BatchNorm2d(6), nn.Dropout(), nn.Linear(6, 5)

    def forward(self, x):
        return self.head(self.drop(self.norm(self.features(x)).mean((2, 3))))


@pytest.fixture
def model():
    torch.manual_seed(0)
    return Network()


def state_of(model):
    return {name: value.clone() for name, value in model.state_dict().items()}, [m.training for m in model.modules()]


def is_unchanged(model, before):
    state, modes = state_of(model)
    return modes == before[1] and all(torch.equal(value, before[0][name]) for name, value in state.items())


@pytest.mark.parametrize("layer", ["features.2", "features.3", "norm"])
def test_heat_maps_follow_the_definition(model, layer):
    before = state_of(model)
    images = torch.rand(2, 3, 8, 8)
    heat, _ = viz.grad_cam(model, images, layer, target=3)
    assert is_unchanged(model, before)
    plain = Network().eval()
    plain.load_state_dict(model.state_dict())
    for module in plain.features:
        if isinstance(module, nn.ReLU):
            module.inplace = False
    maps = []
    plain.get_submodule(layer).register_forward_hook(lambda module, args, out: maps.append(out))
    scores = plain(images)
    slopes = torch.autograd.grad(scores[:, 3].sum(), maps[0])[0].numpy().astype(np.float64)
    values = maps[0].detach().numpy().astype(np.float64)
    expected = np.maximum((values * slopes.mean((2, 3), keepdims=True)).sum(1), 0)
    expected = expected / np.maximum(expected.max((1, 2), keepdims=True), 1e-30)
    np.testing.assert_allclose(heat.numpy(), expected, atol=1e-5)


def test_the_highest_class_is_the_default(model):
    image = torch.rand(3, 8, 8)
    best = model.eval()(image.unsqueeze(0)).argmax().item()
    assert torch.equal(viz.grad_cam(model, image, model.norm).data, viz.grad_cam(model, image, "norm", best).data)
    assert viz.grad_cam(model, image, "norm").data.shape == (8, 8)


def test_feature_maps_are_as_the_layer_gave_them(model):
    image = torch.rand(3, 8, 8)
    maps, figure = viz.feature_maps(model, image, "features.0")
    assert torch.equal(maps, model.features[0](image.unsqueeze(0))[0])
    assert (maps < 0).any(), "the activation in place comes after the layer"
    assert figure is None or len(figure.axes) == 4


def test_histograms_count_every_number(model):
    x = torch.rand(2, 3, 8, 8)
    activations, _ = viz.activation_histograms(model, x, bins=10)
    assert list(activations) == ["features.0", "features.1", "features.2", "features.3", "norm", "drop", "head"]
    assert activations["features.0"][0].sum() == 2 * 4 * 64 and len(activations["head"][1]) == 11
    with pytest.raises(ValueError, match=r"loss.backward\(\)"):
        viz.gradient_histograms(model)
    model(x).sum().backward()
    gradients, _ = viz.gradient_histograms(model)
    assert {name: counts.sum().item() for name, (counts, _) in gradients.items()} == {
        name: p.numel() for name, p in model.named_parameters()
    }


def test_filters(model):
    weight, figure = viz.filters(model.features[0])
    assert torch.equal(weight, model.features[0].weight) and not weight.requires_grad
    assert figure is None or len(figure.axes) == 4
    with pytest.raises(ValueError, match="two-dimensional convolution"):
        viz.filters(model.head)


def test_the_rate_is_where_gradient_descent_converges():
    """On w**2 a step multiplies w by 1 - 2 lr: small rates do little, rates over 1 diverge."""
    torch.manual_seed(0)
    model = nn.Linear(1, 1, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.25, momentum=0.5)
    before, random = state_of(model), torch.get_rng_state()
    batches = [(torch.ones(4, 1), torch.zeros(4, 1))]
    told, figure = viz.lr_range_test(model, nn.MSELoss(), optimizer, batches, start=1e-4, end=100, steps=60)
    assert 1e-3 < told.suggestion < 1 and len(told.rates) < 60
    np.testing.assert_allclose(told.rates[:3], 1e-4 * 1e6 ** (np.arange(3) / 59), rtol=1e-12)
    assert is_unchanged(model, before) and optimizer.state_dict()["state"] == {}
    assert optimizer.param_groups[0]["lr"] == 0.25 and torch.equal(torch.get_rng_state(), random)
    assert figure is None or figure.axes[0].get_xscale() == "log"


def test_confusion_matrix():
    targets = torch.tensor([0, 0, 1, 2, 2, 2])
    predicted = torch.tensor([0, 1, 1, 2, 0, 2])
    expected = [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    assert viz.confusion_matrix(predicted, targets).data.tolist() == expected
    scores = nn.functional.one_hot(predicted, 4).float()
    assert viz.confusion_matrix(scores, targets).data.shape == (4, 4)
    with pytest.raises(ValueError, match="expected 0 to 1"):
        viz.confusion_matrix(predicted, targets, num_classes=2)
    with pytest.raises(ValueError, match="predictions for targets"):
        viz.confusion_matrix(predicted[:3], targets)


def test_the_graph_shows_every_parameter(model):
    loss = model(torch.rand(2, 3, 8, 8)).square().sum()
    drawn = viz.graph(loss, dict(model.named_parameters()))
    labels = [node.label for node in drawn.nodes if node.kind == "parameter"]
    assert sorted(labels) == sorted(f"{name} {tuple(p.shape)}" for name, p in model.named_parameters())
    assert [node.label for node in drawn.nodes if node.kind == "operation"].count("Convolution") == 2
    root = ElementTree.fromstring(drawn.svg())
    boxes = root.findall(".//{http://www.w3.org/2000/svg}rect")
    assert len(boxes) == len(drawn.nodes)
    assert any(__file__.rpartition("/")[2] in node.note for node in drawn.nodes)
    with pytest.raises(ValueError, match="no grad_fn"):
        viz.graph(torch.ones(3))


def test_arrows_point_down_and_boxes_stay_apart():
    edges = [(0, 2), (1, 2), (2, 3), (0, 4), (3, 4), (1, 4)]
    sizes = [60.0, 80.0, 60.0, 100.0, 60.0]
    places, bends, (width, height) = layered(sizes, edges, 30, 40)
    for a, b in edges:
        heights = [places[a].y, *[bend.y for bend in bends.get((a, b), ())], places[b].y]
        assert heights == sorted(set(heights))
    assert set(bends) == {(0, 4), (1, 4)}
    for i, (place, size) in enumerate(zip(places, sizes)):
        assert size / 2 <= place.x <= width - size / 2 and 0 < place.y < height
        for other, its_size in list(zip(places, sizes))[i + 1 :]:
            assert place.y != other.y or abs(place.x - other.x) >= (size + its_size) / 2


def test_without_matplotlib_there_are_numbers_only(model, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    heat, figure = viz.grad_cam(model, torch.rand(3, 8, 8), "norm")
    assert figure is None and heat.shape == (8, 8)


def test_figures_are_drawn(model):
    pytest.importorskip("matplotlib").use("agg")
    from matplotlib import pyplot

    x = torch.rand(3, 8, 8)
    figures = [
        viz.grad_cam(model, x, "norm").figure,
        viz.activation_histograms(model, x.unsqueeze(0)).figure,
        viz.confusion_matrix(torch.arange(3), torch.arange(3), names=["a", "b", "c"]).figure,
    ]
    for figure in figures:
        figure.canvas.draw()
    assert [t.get_text() for t in figures[2].axes[0].get_xticklabels()] == ["a", "b", "c"]
    pyplot.close("all")


@pytest.mark.parametrize(
    "layer, error, text",
    [
        ("head", ValueError, r"shape \(1, 5\)"),
        ("nothing", AttributeError, "nothing"),
        (nn.ReLU(), ValueError, "not part"),
    ],
)
def test_layers_that_give_no_maps(model, layer, error, text):
    with pytest.raises(error, match=text):
        viz.grad_cam(model, torch.rand(3, 8, 8), layer)
