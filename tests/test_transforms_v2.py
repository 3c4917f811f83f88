"""vision.transforms.v2 and tv_tensors: against NumPy, and against what follows from their definition."""

import numpy as np
import pytest

import flambeau as torch

PIL_Image = pytest.importorskip("PIL.Image")

from flambeau.vision import tv_tensors  # noqa: E402
from flambeau.vision.transforms import v2  # noqa: E402
from flambeau.vision.transforms.v2 import functional as F  # noqa: E402

FORMATS = ["XYXY", "XYWH", "CXCYWH", "XYWHR", "CXCYWHR", "XYXYXYXY"]


def sample(height=24, width=30):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    corners = torch.tensor([[2.0, 3.0, 10.0, 12.0], [15.0, 4.0, 29.0, 20.0]])
    return {
        "image": PIL_Image.fromarray(pixels),
        "boxes": tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=(height, width)),
        "mask": tv_tensors.Mask(torch.from_numpy(pixels[:, :, 0] > 128)),
        "labels": torch.tensor([1, 2]),
    }


@pytest.mark.parametrize("new", FORMATS)
@pytest.mark.parametrize("old", FORMATS)
def test_formats_of_boxes_turn_back(old, new):
    torch.manual_seed(0)
    boxes = torch.rand(5, 4, dtype=torch.float64) * 20 + torch.tensor([0.0, 0.0, 20.0, 20.0], dtype=torch.float64)
    if old in FORMATS[3:]:
        if new not in FORMATS[3:]:
            return
        angle = torch.rand(5, 1, dtype=torch.float64) * 160 - 80
        boxes = F.convert_bounding_box_format(torch.cat([boxes, angle], 1), "XYWHR", old)
    elif new in FORMATS[3:]:
        with pytest.raises(ValueError, match="rotated and unrotated"):
            F.convert_bounding_box_format(boxes, old, new)
        return
    there = F.convert_bounding_box_format(boxes, old, new)
    torch.testing.assert_close(F.convert_bounding_box_format(there, new, old), boxes)


def test_flips_move_boxes_masks_and_pixels_alike():
    given = sample()
    flipped = v2.RandomHorizontalFlip(1.0)(given)
    assert np.array_equal(np.asarray(flipped["image"]), np.asarray(given["image"])[:, ::-1])
    assert np.array_equal(flipped["mask"].numpy(), given["mask"].numpy()[:, ::-1])
    assert flipped["boxes"].tolist() == [[20.0, 3.0, 28.0, 12.0], [1.0, 4.0, 15.0, 20.0]]
    assert flipped["labels"] is given["labels"]


def test_what_a_crop_leaves_out_is_sanitized():
    torch.manual_seed(2)
    given = sample()
    given["boxes"] = tv_tensors.wrap(given["boxes"] + torch.tensor([100.0, 0, 100.0, 0]) * torch.tensor([[0], [1]]),
                                     like=given["boxes"])  # fmt: skip
    kept = v2.Compose([v2.ClampBoundingBoxes(), v2.SanitizeBoundingBoxes()])(given)
    assert kept["labels"].tolist() == [1]
    assert kept["boxes"].tolist() == [[2.0, 3.0, 10.0, 12.0]]


def test_turned_boxes_stay_in_their_image():
    torch.manual_seed(1)
    centre = torch.rand(50, 2) * 30
    data = torch.cat([centre, torch.rand(50, 2) * 20 + 2, torch.rand(50, 1) * 180 - 90], 1)
    boxes = tv_tensors.BoundingBoxes(data, format="CXCYWHR", canvas_size=(30, 30), clamping_mode="hard")
    corners = F.convert_bounding_box_format(F.clamp_bounding_boxes(boxes), new_format="XYXYXYXY")
    assert corners.min() > -0.1
    assert corners.max() < 30.1


def test_results_are_plain_tensors_unless_asked_for():
    image = tv_tensors.Image(torch.zeros(3, 4, 5))
    assert type(image * 2) is torch.Tensor
    assert type(image.to(torch.float64)) is tv_tensors.Image
    with tv_tensors.set_return_type("TVTensor"):
        assert type(torch.stack([image, image])) is tv_tensors.Image
        assert type(image[0]) is tv_tensors.Image
    assert type(image[0]) is torch.Tensor


def test_shades_survive_a_change_of_type():
    image = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    for dtype in (torch.float32, torch.float64, torch.int16, torch.int32):
        assert torch.equal(F.to_dtype(F.to_dtype(image, dtype, scale=True), torch.uint8, scale=True), image)


def test_mixed_labels_sum_to_one():
    torch.manual_seed(0)
    images, labels = torch.rand(6, 3, 8, 8), torch.arange(6)
    for mix in (v2.MixUp(num_classes=6), v2.CutMix(num_classes=6)):
        mixed, weights = mix(images, labels)
        assert mixed.shape == images.shape
        torch.testing.assert_close(weights.sum(1), torch.ones(6))
        # A pixel comes from its own image and the one before, as much as the labels say.
        share = weights[torch.arange(6), labels].view(-1, 1, 1, 1)
        if isinstance(mix, v2.MixUp):
            torch.testing.assert_close(mixed, images * share + images.roll(1, 0) * (1 - share))
        else:
            own = (mixed == images).all(1).float().mean((1, 2))
            torch.testing.assert_close(own, share.flatten())


def test_repeated_edge_pixels_are_rounded_once():
    """With weights rounded one by one, an image of one shade would not keep it at the edges."""
    flat = torch.full((1, 3, 9, 7), 201, dtype=torch.uint8)
    grown = torch.nn.functional.interpolate(flat, size=(23, 30), mode="bicubic", align_corners=False)
    assert (grown == 201).all()


@pytest.mark.parametrize("call", [
    lambda: torch.randint(5, size=(3,)), lambda: torch.randint(high=5, size=(3,)), lambda: torch.randint(0, 5, (3,)),
])  # fmt: skip
def test_whole_numbers_by_keywords(call):
    torch.manual_seed(3)
    expected = torch.randint(5, (3,)).tolist()
    torch.manual_seed(3)
    assert call().tolist() == expected


def test_objects_of_coco_become_masks(tmp_path):
    """A rectangle's outline, run lengths and compressed run lengths say the same pixels."""
    import dataset_files

    from flambeau.vision import datasets
    from flambeau.vision.datasets.coco_masks import mask_of

    expected = np.zeros((7, 9), np.uint8)
    expected[2:5, 1:4] = 1
    runs = [9, 3, 4, 3, 4, 3, 37]  # down the columns
    for segmentation in ([[1, 2, 4, 2, 4, 5, 1, 5]], {"counts": runs}, {"counts": "934000Q1"}, {"counts": b"934000Q1"}):
        assert np.array_equal(mask_of(segmentation, 7, 9), expected)
    with pytest.raises(ValueError, match="expected to be a dict or a list"):
        mask_of(3, 7, 9)
    listing = dataset_files.coco(tmp_path)
    coco = datasets.CocoDetection(str(tmp_path), listing)
    for annotation in coco.coco.dataset["annotations"]:
        annotation["segmentation"] = [[1, 2, 4, 2, 4, 5, 1, 5]]
    wrapped = datasets.wrap_dataset_for_transforms_v2(coco, ["boxes", "masks", "labels", "area"])
    samples = [wrapped[i][1] for i in range(2)]
    target = next(sample for sample in samples if "boxes" in sample)
    assert target["boxes"].tolist() == [[0, 1, 2, 4], [0, 1, 2, 4]]
    assert (target["labels"].tolist(), target["area"]) == ([1, 3], [6, 12])
    assert np.array_equal(target["masks"].numpy(), np.stack([expected] * 2))
