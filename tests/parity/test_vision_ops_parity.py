"""flambeau.vision.ops, utils and io beside torchvision: what it computes in Python."""

import importlib
import io
import itertools

import pytest
from both import PROGRAMS, attempt, program, transcript

from real_torchvision import torchvision  # isort: skip

Image = pytest.importorskip("PIL.Image")
pytestmark = pytest.mark.parity


def vision(torch, name):
    """A module of torchvision, or what answers for it."""
    package = "torchvision" if torch.__name__ == "torch" else "flambeau.vision"
    return importlib.import_module(f"{package}.{name}")


def _boxes(torch, count=5, kind=None, seed=0):
    torch.manual_seed(seed)
    corners = torch.rand(count, 2) * 50
    boxes = torch.cat([corners, corners + torch.rand(count, 2) * 40 + 1], 1)
    return boxes if kind is None else boxes.to(kind)


@program
def conversions_of_boxes(torch):
    ops = vision(torch, "ops")
    formats = ("xyxy", "xywh", "cxcywh", "xywhr", "cxcywhr", "xyxyxyxy", "wrong")
    numbers = {"xywhr": 5, "cxcywhr": 5, "xyxyxyxy": 8}
    for given, wanted in itertools.product(formats, repeat=2):
        for kind in (torch.float32, torch.float64, torch.int64):
            boxes = (_boxes(torch, 3).repeat(1, 2)[:, : numbers.get(given, 4)] * 2).to(kind)
            yield given, wanted, attempt(ops.box_convert, boxes, given, wanted)


@program
def areas_and_overlaps(torch):
    ops = vision(torch, "ops")
    for kind in (torch.float32, torch.float64, torch.float16, torch.int32, torch.uint8):
        a, b = _boxes(torch, 4, kind), _boxes(torch, 3, kind, 1)
        for fmt in ("xyxy", "xywh", "cxcywh", "wrong"):
            yield attempt(ops.box_area, a, fmt)
            yield attempt(ops.box_iou, a, b, fmt)
        yield attempt(ops.box_area, a, fmt="xywhr")
        for measure in (ops.generalized_box_iou, ops.distance_box_iou, ops.complete_box_iou):
            yield measure(a, b)
    batch = _boxes(torch, 12).reshape(2, 3, 2, 4)
    yield ops.box_iou(batch, batch[:, :1])
    yield ops.complete_box_iou(batch, batch)
    for measure in (ops.box_iou, ops.generalized_box_iou, ops.distance_box_iou, ops.complete_box_iou):
        boxes = _boxes(torch, 4, torch.float64).requires_grad_()
        measure(boxes, _boxes(torch, 3, torch.float64, 1)).sum().backward()
        yield boxes.grad


@program
def losses_of_boxes(torch):
    ops = vision(torch, "ops")
    losses = ops.generalized_box_iou_loss, ops.distance_box_iou_loss, ops.complete_box_iou_loss
    for loss, reduction in itertools.product(losses, ("none", "mean", "sum", "wrong")):
        a = _boxes(torch, 6, torch.float64).requires_grad_()
        result = attempt(loss, a, _boxes(torch, 6, torch.float64, 1), reduction)
        yield result if reduction == "wrong" else result.detach()
        if reduction != "wrong":
            result.sum().backward()
            yield a.grad
        a = a.detach()
        yield attempt(loss, a[:0], a[:0], reduction)
        yield attempt(loss, a[0].float(), a[1].float(), reduction=reduction)
        yield attempt(loss, a.half(), a.half() + 1, reduction)


@program
def focal_loss(torch):
    ops = vision(torch, "ops")
    torch.manual_seed(0)
    targets = (torch.rand(3, 4) > 0.5).float()
    for alpha, gamma, reduction in itertools.product((0.25, -1, 2), (2, 0, 1.5), ("none", "mean", "sum", "wrong")):
        inputs = torch.randn(3, 4, requires_grad=True)
        loss = attempt(ops.sigmoid_focal_loss, inputs, targets, alpha, gamma, reduction)
        yield loss
        if alpha != 2 and reduction != "wrong":
            loss.sum().backward()
            yield inputs.grad


@program
def boxes_of_images_and_masks(torch):
    ops = vision(torch, "ops")
    boxes = _boxes(torch, 6) - 10
    yield ops.clip_boxes_to_image(boxes, (30, 40))
    yield ops.clip_boxes_to_image(boxes.long().reshape(2, 3, 4), (30, 40))
    yield ops.remove_small_boxes(boxes, 20.0)
    masks = torch.zeros(4, 6, 7)
    masks[0, 2, 3] = masks[1, 1:4, 2:6] = masks[2] = 1
    for kind in (torch.float32, torch.bool, torch.uint8):
        yield ops.masks_to_boxes(masks.to(kind))
    yield ops.masks_to_boxes(torch.zeros(0, 3, 3))
    yield attempt(ops.masks_to_boxes, masks[0])


@program
def modules_as_they_print(torch):
    ops = vision(torch, "ops")
    yield repr(ops.RoIAlign(3, 0.5, 2)), repr(ops.RoIAlign((3, 2), 0.5, 2, aligned=True))
    yield repr(ops.RoIPool(3, 0.5)), repr(ops.PSRoIPool(3, 0.5)), repr(ops.PSRoIAlign(3, 0.5, 2))
    yield repr(ops.MultiScaleRoIAlign(["a"], 7, 2)), repr(ops.MultiScaleRoIAlign(["a", "b"], [7, 3], 2))
    yield repr(ops.DeformConv2d(2, 4, 3)), repr(ops.DeformConv2d(2, 4, 3, 2, 1, 2, 2, bias=False))
    yield attempt(ops.DeformConv2d, 3, 4, 3, groups=2)
    yield attempt(ops.DeformConv2d, 4, 3, 3, groups=2)
    torch.manual_seed(0)
    yield dict(ops.DeformConv2d(2, 4, 3).state_dict())


@program
def pyramid_levels(torch):
    poolers = vision(torch, "ops.poolers")
    for low, high, scale, level in ((2, 5, 224, 4), (3, 6, 100, 3)):
        yield poolers.LevelMapper(low, high, scale, level)([_boxes(torch, 9) * 8, _boxes(torch, 2) * 40])


@program
def feature_pyramids(torch):
    from collections import OrderedDict

    ops, pyramids = vision(torch, "ops"), vision(torch, "ops.feature_pyramid_network")
    for extra in (
        None,
        pyramids.LastLevelMaxPool,
        lambda: pyramids.LastLevelP6P7(4, 4),
        lambda: pyramids.LastLevelP6P7(6, 4),
    ):
        torch.manual_seed(0)
        maps = OrderedDict((name, torch.randn(2, c, n, n)) for name, c, n in (("a", 3, 16), ("b", 5, 9), ("c", 6, 4)))
        pyramid = ops.FeaturePyramidNetwork(
            [3, 5, 6], 4, extra and extra(), torch.nn.BatchNorm2d if extra is None else None
        )
        yield str(pyramid), dict(pyramid.state_dict())
        found = pyramid(maps)
        yield list(found), [x.detach().double().round(decimals=4).abs() for x in found.values()]
    old = {key.replace(".0.", "."): value for key, value in pyramid.state_dict().items()}
    yield str(
        pyramid.load_state_dict(
            {k.replace("s.", "s.0.", 1) if "p6" in k else k: v for k, v in old.items()}, strict=False
        )
    )
    yield attempt(ops.FeaturePyramidNetwork, [0, 3], 4)
    yield attempt(ops.FeaturePyramidNetwork, [3], 4, torch.nn.ReLU())[0]


# ------------------------------------------------------------------ utils
def _picture(torch, channels=3, size=(24, 30)):
    torch.manual_seed(1)
    return torch.randint(0, 256, (channels, *size), dtype=torch.uint8)


@program
def grids_of_images(torch):
    utils = vision(torch, "utils")
    torch.manual_seed(0)
    images = torch.randn(7, 3, 4, 5)
    for settings in ({}, {"nrow": 3}, {"nrow": 3, "padding": 0}, {"nrow": 20, "padding": 1, "pad_value": 0.5}):
        yield utils.make_grid(images, **settings)
    for settings in ({}, {"scale_each": True}, {"value_range": (-1, 1)}, {"value_range": (0.5, 0.5)}):
        yield utils.make_grid(images, normalize=True, **settings)
    yield utils.make_grid(images[:, :1]), utils.make_grid(images[0]), utils.make_grid(images[0, 0])
    yield utils.make_grid(images[0, :1]), utils.make_grid(images[:, :2], nrow=2)
    yield utils.make_grid(list(images)), utils.make_grid((images * 50).to(torch.uint8), pad_value=9)
    yield attempt(utils.make_grid, [images, 1]), attempt(utils.make_grid, 3), attempt(utils.make_grid, ())
    yield attempt(utils.make_grid, images, normalize=True, value_range=[0, 1])
    yield attempt(utils.make_grid, images[:0])
    yield images.sum()


@program
def images_in_files(torch):
    utils = vision(torch, "utils")
    torch.manual_seed(0)
    for images in (torch.rand(5, 3, 6, 7), torch.rand(3, 6, 7) * 2 - 0.5, torch.rand(6, 7)):
        file = io.BytesIO()
        utils.save_image(images, file, "png", nrow=2)
        yield list(Image.open(file).getdata())
    yield attempt(utils.save_image, images, io.BytesIO())


@program
def boxes_on_images(torch):
    utils = vision(torch, "utils")
    boxes = torch.tensor([[1, 2, 12, 14], [5, 5, 29, 23], [0, 0, 3.7, 4.2]])
    turned = torch.tensor([[5, 2, 20, 7, 17, 18, 2, 13.0], [1, 20, 9, 11, 25, 13, 14, 22]])
    names = ["a", "dog", "Ä"]
    pictures = _picture(torch), _picture(torch, 1), _picture(torch) / 255, (_picture(torch) / 255).double()
    for picture in pictures:
        for settings in (
            {},
            {"colors": "red", "width": 3},
            {"colors": ["blue", (1, 2, 3), "#ff00ff"], "fill": True},
            {"labels": names, "colors": (9, 200, 30)},
            {"labels": names, "label_colors": "white", "fill_labels": True, "label_background_colors": ["red"] * 3},
            {"labels": names, "fill_labels": True, "width": 2},
            {"labels": [None, "x", None]},
        ):
            yield utils.draw_bounding_boxes(picture, boxes, **settings)
        yield utils.draw_bounding_boxes(picture, turned, colors=["green", "red"], width=2)
        yield utils.draw_bounding_boxes(picture, turned, fill=True)
    yield attempt(utils.draw_bounding_boxes, picture, boxes[:0])
    yield attempt(utils.draw_bounding_boxes, picture, boxes, font_size=20).shape
    yield attempt(utils.draw_bounding_boxes, picture, boxes, labels=["a"])
    yield attempt(utils.draw_bounding_boxes, picture, boxes, colors=["red"])
    yield attempt(utils.draw_bounding_boxes, picture, boxes, colors=(1, 2))
    yield attempt(utils.draw_bounding_boxes, picture, boxes, colors=5)
    yield attempt(utils.draw_bounding_boxes, picture, boxes.flip(1))
    for wrong in (3, picture.long(), picture[None], _picture(torch, 2)):
        yield attempt(utils.draw_bounding_boxes, wrong, boxes)


@program
def masks_on_images(torch):
    utils = vision(torch, "utils")
    torch.manual_seed(0)
    masks = torch.rand(4, 24, 30) > 0.6
    for picture in (_picture(torch), _picture(torch) / 255, (_picture(torch) / 255).double()):
        for settings in (
            {},
            {"alpha": 0.3},
            {"colors": "red", "alpha": 1},
            {"colors": ["red", (1, 2, 3), "blue", "pink"]},
        ):
            yield utils.draw_segmentation_masks(picture, masks, **settings)
        yield utils.draw_segmentation_masks(picture, masks[0])
    yield attempt(utils.draw_segmentation_masks, picture, masks[:0]).shape
    yield attempt(utils.draw_segmentation_masks, picture, masks.float())
    yield attempt(utils.draw_segmentation_masks, picture, masks[:, 1:])
    yield attempt(utils.draw_segmentation_masks, picture, masks[None])
    for wrong in (3, picture.long(), picture[None], _picture(torch, 1)):
        yield attempt(utils.draw_segmentation_masks, wrong, masks)


@program
def keypoints_on_images(torch):
    utils = vision(torch, "utils")
    points = torch.tensor([[[3, 4], [20, 10], [10, 20.6]], [[25, 3], [28, 21], [1, 1]]])
    seen = torch.tensor([[True, True, False], [True, True, True]])
    for picture in (_picture(torch), _picture(torch) / 255):
        for settings in (
            {},
            {"colors": "red", "radius": 4},
            {"connectivity": [(0, 1), (1, 2)], "colors": (1, 250, 3), "width": 2},
            {"connectivity": [(0, 1), (1, 2)], "visibility": seen},
            {"visibility": seen[..., None].float()},
        ):
            yield utils.draw_keypoints(picture, points, **settings)
    yield attempt(utils.draw_keypoints, picture, points[0])
    yield attempt(utils.draw_keypoints, picture, points, visibility=seen[0])
    yield attempt(utils.draw_keypoints, picture, points, visibility=seen[:1])
    yield attempt(utils.draw_keypoints, picture[:1], points)


@program
def flows_as_colours(torch):
    utils = vision(torch, "utils")
    torch.manual_seed(0)
    flow = torch.randn(2, 2, 12, 13)
    yield utils.flow_to_image(flow), utils.flow_to_image(flow[0])
    yield attempt(utils.flow_to_image, flow.double()), attempt(utils.flow_to_image, flow[:, :1])
    yield utils._make_colorwheel()


@program
def what_io_refuses_at_once(torch):
    image = vision(torch, "io")
    yield [(mode.name, mode.value) for mode in image.ImageReadMode], image.ImageReadMode["RGBA"].name
    yield repr(image.ImageReadMode.GRAY_ALPHA)


@pytest.mark.parametrize("run", PROGRAMS, ids=lambda f: f.__name__)
def test_program_matches_torchvision(run):
    assert transcript(run, "flambeau") == transcript(run, "torch")


@pytest.mark.parametrize("aligned", [False, True])
def test_roi_align_matches_its_python_form(aligned):
    """Of regions inside the image; torchvision computes the others in compiled code alone."""
    import numpy as np
    import torch as real

    import flambeau

    # What torch.compile would be given, which wants a C++ compiler.
    form = torchvision.ops.roi_align.__globals__["_roi_align"].__wrapped__
    rng = np.random.default_rng(0)
    images = rng.standard_normal((2, 3, 10, 12)).astype(np.float32)
    corners = rng.uniform(1, 6, (5, 2))
    rois = np.concatenate([[[0], [1], [1], [0], [1]], corners, corners + rng.uniform(1, 3, (5, 2))], 1)
    rois = rois.astype(np.float32)
    for ratio in (2, -1):
        expected = form(real.tensor(images), real.tensor(rois), 0.9, 3, 2, ratio, aligned)
        found = flambeau.vision.ops.roi_align(
            flambeau.tensor(images), flambeau.tensor(rois), (3, 2), 0.9, ratio, aligned
        )
        assert np.allclose(found.numpy(), expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("name", ["io", "ops", "utils"])
def test_every_public_name(name):
    ours, theirs = (importlib.import_module(f"{package}.{name}") for package in ("flambeau.vision", "torchvision"))
    assert not set(theirs.__all__) - set(ours.__all__)
