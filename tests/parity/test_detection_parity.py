"""Detectors beside torchvision's, whose compiled operators are replaced by forms in Python."""

import contextlib
import warnings

import numpy as np
import pytest
from both import attempt

import flambeau
from flambeau.vision.models import detection as ours

from real_torchvision import torch as real  # isort: skip
from real_torchvision import torchvision  # isort: skip

pytestmark = pytest.mark.parity
theirs = torchvision.models.detection


def _nms(boxes, scores, threshold):
    kept = []
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    for i in scores.sort(stable=True, descending=True)[1].tolist():
        if kept:
            low, high = real.max(boxes[i, :2], boxes[kept, :2]), real.min(boxes[i, 2:], boxes[kept, 2:])
            shared = (high - low).clamp(min=0).prod(1)
            if (shared / (areas[i] + areas[kept] - shared) > threshold).any():
                continue
        kept.append(i)
    return real.tensor(kept, dtype=real.int64)


@pytest.fixture(autouse=True)
def _operators_in_python(monkeypatch):
    form = torchvision.ops.roi_align.__globals__["_roi_align"].__wrapped__

    def roi_align(input, boxes, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
        size = (output_size, output_size) if isinstance(output_size, int) else output_size
        return form(input, boxes, spatial_scale, *size, sampling_ratio, aligned)

    monkeypatch.setattr(torchvision.ops.boxes, "nms", _nms)
    monkeypatch.setattr(torchvision.ops.poolers, "roi_align", roi_align)
    monkeypatch.setattr(theirs.roi_heads, "roi_align", roi_align)


@contextlib.contextmanager
def _no_draws():
    """Leaves parameters as they are made: drawing the numbers of large models takes long."""
    with pytest.MonkeyPatch.context() as patch:
        for torch in (real, flambeau):
            for name in ("normal_", "kaiming_normal_", "kaiming_uniform_", "uniform_", "xavier_uniform_"):
                patch.setattr(torch.nn.init, name, lambda tensor, *args, **kwargs: tensor)
        yield


NAMES = flambeau.vision.models.list_models(module=ours)


@pytest.mark.parametrize("name", NAMES)
def test_detectors_have_the_same_parts(name):
    with _no_draws():
        their, our = (m.get_model(name, weights_backbone=None) for m in (torchvision.models, flambeau.vision.models))
    assert str(our) == str(their)
    shapes = [{k: tuple(v.shape) for k, v in model.state_dict().items()} for model in (our, their)]
    assert list(shapes[0]) == list(shapes[1])
    assert shapes[0] == shapes[1]
    trained = [[name for name, p in model.named_parameters() if p.requires_grad] for model in (our, their)]
    assert trained[0] == trained[1]


def _backbone(torch, models, stages=(1, 2, 3, 4)):
    body = torch.nn.Sequential()
    width = 3
    for i, channels in enumerate((8, 12, 16, 20), 1):
        stride = 4 if i == 1 else 2
        body.add_module(f"layer{i}", torch.nn.Conv2d(width, channels, 3, stride, 1))
        width = channels
    names = {f"layer{stage}": str(i) for i, stage in enumerate(stages)}
    channels = [(8, 12, 16, 20)[stage - 1] for stage in stages]
    return models.backbone_utils.BackboneWithFPN(body, names, channels, 16)


TINY = {"min_size": 64, "max_size": 96}


def _faster(torch, m):
    return m.FasterRCNN(
        _backbone(torch, m),
        box_head=m.faster_rcnn.TwoMLPHead(16 * 49, 32),
        box_predictor=m.faster_rcnn.FastRCNNPredictor(32, 4),
        rpn_batch_size_per_image=32,
        box_batch_size_per_image=16,
        box_score_thresh=0.2,
        **TINY,
    )


def _mask(torch, m):
    return m.MaskRCNN(
        _backbone(torch, m),
        box_head=m.faster_rcnn.TwoMLPHead(16 * 49, 32),
        box_predictor=m.faster_rcnn.FastRCNNPredictor(32, 4),
        mask_head=m.mask_rcnn.MaskRCNNHeads(16, (8, 8), 1),
        mask_predictor=m.mask_rcnn.MaskRCNNPredictor(8, 8, 4),
        box_score_thresh=0.2,
        box_detections_per_img=6,
        box_batch_size_per_image=16,
        **TINY,
    )


def _keypoint(torch, m):
    return m.KeypointRCNN(
        _backbone(torch, m),
        box_head=m.faster_rcnn.TwoMLPHead(16 * 49, 32),
        box_predictor=m.faster_rcnn.FastRCNNPredictor(32, 2),
        keypoint_head=m.keypoint_rcnn.KeypointRCNNHeads(16, (8, 8)),
        keypoint_predictor=m.keypoint_rcnn.KeypointRCNNPredictor(8, 5),
        box_detections_per_img=6,
        box_batch_size_per_image=16,
        **TINY,
    )


def _retina(torch, m):
    return m.RetinaNet(_backbone(torch, m), 4, score_thresh=0.005, topk_candidates=50, **TINY)


def _fcos(torch, m):
    head = m.fcos.FCOSHead(32, 1, 4)  # its own normalisations want 32 channels
    norm = lambda channels: torch.nn.GroupNorm(4, channels)
    head.classification_head = m.fcos.FCOSClassificationHead(16, 1, 4, 2, norm_layer=norm)
    head.regression_head = m.fcos.FCOSRegressionHead(16, 1, 2, norm_layer=norm)
    return m.FCOS(_backbone(torch, m), 4, head=head, score_thresh=0.05, topk_candidates=30, **TINY)


def _ssd(torch, m):
    boxes = m.anchor_utils.DefaultBoxGenerator([[2], [2, 3], [2], [2], [2]])
    return m.ssd.SSD(_listed(torch, m), boxes, (64, 64), 4, score_thresh=0.2, topk_candidates=20)


def _listed(torch, m):
    backbone = _backbone(torch, m)
    backbone.out_channels = [16] * 5
    return backbone


MAKERS = {"faster": _faster, "mask": _mask, "keypoint": _keypoint, "retina": _retina, "ssd": _ssd, "fcos": _fcos}
ONE_CLASS = ("keypoint",)


def _data(torch, name):
    rng = np.random.default_rng(0)
    images, targets = [], []
    for height, width, count in ((64, 80, 3), (70, 64, 2)):
        images.append(torch.tensor(rng.random((3, height, width)).astype(np.float32)))
        corner = rng.uniform(0, 30, (count, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(12, 34, (count, 2))], 1).astype(np.float32)
        masks = (rng.random((count, height, width)) > 0.5).astype(np.uint8)
        points = np.concatenate([boxes[:, None, :2] + rng.uniform(0, 12, (count, 5, 2)), np.ones((count, 5, 1))], 2)
        labels = np.ones(count, np.int64) if name in ONE_CLASS else rng.integers(1, 4, count)
        arrays = {"boxes": boxes, "labels": labels, "masks": masks, "keypoints": points.astype(np.float32)}
        targets.append({key: torch.tensor(value) for key, value in arrays.items()})
    return images, targets


def _made(name):
    models = []
    for torch, m in ((real, theirs), (flambeau, ours)):
        torch.manual_seed(0)
        models.append(MAKERS[name](torch, m))
    for a, b in zip(models[0].state_dict().values(), models[1].state_dict().values()):
        assert np.array_equal(a.numpy(), b.numpy())
    assert str(models[0]) == str(models[1])
    for torch, model in zip((real, flambeau), models):  # scores far enough apart that rounding does not order them
        with torch.no_grad():
            for key, parameter in model.named_parameters():
                if key.endswith("cls_logits.weight"):
                    parameter.mul_(100)
    return models


def _close(found, expected, tolerance=2e-4):
    assert found.shape == expected.shape and found.dtype == expected.dtype
    assert np.abs(found.astype(float) - expected).max(initial=0) <= tolerance * max(
        np.abs(expected).max(initial=0), 1e-3
    )


@pytest.mark.parametrize("name", MAKERS)
def test_losses_and_their_gradients(name):
    results = []
    for torch, model in zip((real, flambeau), _made(name)):
        torch.manual_seed(1)
        losses = model.train()(*_data(torch, name))
        sum(losses.values()).backward()
        values = {key: value.detach().numpy() for key, value in losses.items()}
        results.append((values, {k: p.grad.numpy() for k, p in model.named_parameters() if p.grad is not None}))
    (expected, expected_grads), (found, found_grads) = results
    assert list(found) == list(expected)
    for key, value in expected.items():
        _close(found[key], value)
    assert list(found_grads) == list(expected_grads)
    for key, value in expected_grads.items():
        _close(found_grads[key], value, 2e-3)


@pytest.mark.parametrize("name", MAKERS)
def test_detections(name):
    results = []
    for torch, model in zip((real, flambeau), _made(name)):
        with torch.no_grad():
            results.append(model.eval()(_data(torch, name)[0]))
    for expected, found in zip(*results):
        assert list(found) == list(expected)
        assert len(expected["boxes"])
        assert found["labels"].tolist() == expected["labels"].tolist()
        for key, value in expected.items():
            _close(found[key].numpy(), value.numpy(), 1e-3)


def test_images_without_objects():
    for name in ("faster", "retina", "ssd", "fcos"):
        results = []
        for torch, model in zip((real, flambeau), _made(name)):
            images, targets = _data(torch, name)
            targets[1]["boxes"], targets[1]["labels"] = torch.zeros(0, 4), torch.zeros(0, dtype=torch.int64)
            torch.manual_seed(1)
            results.append({k: v.detach().numpy() for k, v in model.train()(images, targets).items()})
        for key, value in results[0].items():
            _close(results[1][key], value)


def test_parts():
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 30, (2, 6, 2))
    boxes, others = np.concatenate([corner, corner + rng.uniform(2, 20, (2, 6, 2))], 2).astype(np.float32)
    matrix = rng.random((3, 6)).astype(np.float32)
    results = []
    for torch, m in ((real, theirs), (flambeau, ours)):
        a, b, quality = torch.tensor(boxes), torch.tensor(others), torch.tensor(matrix)
        linear, coder = m._utils.BoxLinearCoder(), m._utils.BoxCoder((10.0, 10.0, 5.0, 5.0))
        codes = coder.encode_single(a, b)
        found = [codes, coder.decode_single(codes, b), linear.encode(a, b), linear.decode(linear.encode(a, b), a)]
        found += [m._utils.Matcher(0.7, 0.4, low)(quality) for low in (False, True)]
        found.append(m._utils.SSDMatcher(0.5)(quality))
        torch.manual_seed(2)
        labels = torch.tensor([1, 0, 0, -1, 2, 0, 1, 1, 0])
        for masks in m._utils.BalancedPositiveNegativeSampler(5, 0.4)([labels, labels.flip(0)]):
            found += masks
        anchors = m.anchor_utils.AnchorGenerator(((32, 64), (8,)), ((0.5, 1.0), (2.0,)))
        images = m.image_list.ImageList(torch.zeros(2, 3, 32, 48), [(30, 40), (32, 48)])
        maps = [torch.zeros(2, 4, 4, 6), torch.zeros(2, 4, 2, 3)]
        defaults = m.anchor_utils.DefaultBoxGenerator([[2], [2, 3]], steps=[8, 16])
        found += [*anchors(images, maps), *defaults(images, maps)]
        found += [m.transform.resize_boxes(a, (30, 40), (60, 45))]
        results.append(([x.numpy() for x in found], str(defaults)))
    for expected, found in zip(results[0][0], results[1][0]):
        _close(found, expected, 1e-5)
    assert results[0][1] == results[1][1]


def test_masks_in_images():
    rng = np.random.default_rng(0)
    masks, boxes = (
        rng.random((3, 1, 6, 6)).astype(np.float32),
        np.array([[2.2, 3.1, 15.7, 12.9], [-4, -3, 8, 9], [18, 10, 30, 28]], np.float32),
    )
    results = [
        m.roi_heads.paste_masks_in_image(torch.tensor(masks), torch.tensor(boxes), (20, 24)).numpy()
        for torch, m in ((real, theirs), (flambeau, ours))
    ]
    _close(results[1], results[0], 1e-5)


ERRORS = {
    "no targets": lambda torch, m: _retina(torch, m).train()([torch.zeros(3, 8, 8)]),
    "boxes of another shape": lambda torch, m: _faster(torch, m).train()(
        [torch.zeros(3, 8, 8)], [{"boxes": torch.zeros(4), "labels": torch.zeros(1).long()}]
    ),
    "boxes without an inside": lambda torch, m: _faster(torch, m).train()(
        [torch.zeros(3, 64, 64)], [{"boxes": torch.tensor([[1.0, 2, 1, 4]]), "labels": torch.ones(1).long()}]
    ),
    "whole boxes": lambda torch, m: _faster(torch, m).train()(
        [torch.zeros(3, 64, 64)], [{"boxes": torch.tensor([[1.0, 2, 9, 40]]), "labels": torch.ones(1)}]
    ),
    "whole images": lambda torch, m: _faster(torch, m).eval()([torch.zeros(3, 8, 8).long()]),
    "images in a batch": lambda torch, m: _faster(torch, m).eval()([torch.zeros(1, 3, 8, 8)]),
    "no classes": lambda torch, m: m.FasterRCNN(_backbone(torch, m)),
    "no channels": lambda torch, m: m.FasterRCNN(torch.nn.ReLU(), 2),
    "anchors": lambda torch, m: m.RetinaNet(_backbone(torch, m), 2, anchor_generator=3),
    "a class too many": lambda torch, m: m.MaskRCNN(_backbone(torch, m), 2, mask_predictor=torch.nn.ReLU()),
    "layers": lambda torch, m: m.backbone_utils._validate_trainable_layers(True, 7, 5, 3),
    "maps": lambda torch, m: m.ssd.SSD(
        _listed(torch, m), m.anchor_utils.DefaultBoxGenerator([[2]]), (8, 8), 2
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_read_alike(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, found = (attempt(ERRORS[name], *pair) for pair in ((real, theirs), (flambeau, ours)))
    assert isinstance(found, tuple) and isinstance(found[0], str) and found == expected


def test_weights_tell_the_same_facts():
    for name in NAMES:
        expected = torchvision.models.get_model_weights(name)
        found = flambeau.vision.models.get_model_weights(name)
        assert [w.name for w in found] == [w.name for w in expected]
        for weights in expected:
            facts = [{k: v for k, v in e[weights.name].meta.items() if k != "_docs"} for e in (found, expected)]
            assert facts[0] == facts[1] and found[weights.name].url == weights.url
