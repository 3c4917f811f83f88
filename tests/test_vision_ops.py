"""flambeau.vision.ops: what torchvision computes in compiled code, against plain loops in float64."""

import math

import numpy as np
import pytest

import flambeau as torch
from flambeau.vision import ops


def _rng(seed=0):
    return np.random.default_rng(seed)


# ------------------------------------------------------------------ suppression
def _random_boxes(count, seed=0, size=100.0):
    corners = _rng(seed).uniform(0, size, (count, 2))
    return np.concatenate([corners, corners + _rng(seed + 1).uniform(1, size / 4, (count, 2))], 1).astype(np.float32)


def _iou(a, b):
    sides = [max(min(a[2 + d], b[2 + d]) - max(a[d], b[d]), 0) for d in (0, 1)]
    shared = sides[0] * sides[1]
    areas = [(c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)]
    return shared / (sum(areas) - shared)


def _kept(boxes, scores, threshold):
    kept = []
    for i in sorted(range(len(boxes)), key=lambda i: (-scores[i], i)):
        if all(_iou(boxes[i].astype(float), boxes[j].astype(float)) <= threshold for j in kept):
            kept.append(i)
    return kept


@pytest.mark.parametrize("count", [1, 7, 600])
@pytest.mark.parametrize("threshold", [0.0, 0.33, 0.7])
def test_nms(count, threshold):
    boxes, scores = _random_boxes(count), _rng(3).random(count).astype(np.float32)
    found = ops.nms(torch.tensor(boxes), torch.tensor(scores), threshold)
    assert found.dtype is torch.int64
    assert found.tolist() == _kept(boxes, scores, threshold)


def test_nms_of_equal_scores_and_of_overlaps_at_the_threshold():
    boxes = torch.tensor([[0, 0, 10, 10], [0, 0, 10, 10], [0, 0, 10, 5.0]])
    assert ops.nms(boxes, torch.ones(3), 0.5).tolist() == [0, 2]  # an overlap equal to the threshold stays
    wide = torch.tensor([[0, 0, 10, 1], [0, 0, 3, 1.0]])
    # 0.3 rounded to float32 is above 0.3: numbers are compared as they are.
    assert ops.nms(wide, torch.tensor([1.0, 0.5]), 0.3).tolist() == [0]


def test_nms_of_nothing_and_its_errors():
    assert ops.nms(torch.zeros(0, 4), torch.zeros(0), 0.5).shape == (0,)
    with pytest.raises(RuntimeError, match="boxes should be a 2d tensor, got 1D"):
        ops.nms(torch.zeros(4), torch.zeros(1), 0.5)
    with pytest.raises(RuntimeError, match="dimension 1, got 5"):
        ops.nms(torch.zeros(1, 5), torch.zeros(1), 0.5)
    with pytest.raises(RuntimeError, match="dimension 0, got 2 and 1"):
        ops.nms(torch.zeros(2, 4), torch.zeros(1), 0.5)


@pytest.mark.parametrize("count", [40, 1200])  # at once, and category by category
def test_batched_nms(count):
    boxes, scores = _random_boxes(count), _rng(3).random(count).astype(np.float32)
    categories = _rng(4).integers(0, 5, count)
    found = ops.batched_nms(torch.tensor(boxes), torch.tensor(scores), torch.tensor(categories), 0.4).tolist()
    expected = []
    for c in range(5):
        own = np.flatnonzero(categories == c)
        expected += [own[i] for i in _kept(boxes[own], scores[own], 0.4)]
    assert found == sorted(expected, key=lambda i: -scores[i])


# ------------------------------------------------------------------ turned boxes
def test_turned_boxes_cover_each_other_as_many_points_as_their_overlap_says():
    rng = _rng(5)
    boxes = np.concatenate([rng.uniform(-2, 2, (6, 2)), rng.uniform(1, 4, (6, 2)), rng.uniform(-180, 180, (6, 1))], 1)
    points = np.stack(np.meshgrid(np.linspace(-6, 6, 1201), np.linspace(-6, 6, 1201)), -1)

    def inside(box):
        angle = math.radians(box[4])
        x, y = np.moveaxis(points - box[:2], -1, 0)
        along, across = x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)
        return (abs(along) <= box[2] / 2) & (abs(across) <= box[3] / 2)

    areas = [inside(box) for box in boxes]
    expected = [[(a & b).sum() / (a | b).sum() for b in areas] for a in areas]
    found = ops.box_iou(torch.tensor(boxes), torch.tensor(boxes), "cxcywhr")
    assert found.dtype is torch.float32
    assert np.allclose(found.numpy(), expected, atol=5e-3)


def test_turned_boxes_that_are_not_turned_overlap_as_plain_ones():
    plain = torch.tensor(_random_boxes(12)).round()
    turned = torch.cat([ops.box_convert(plain, "xyxy", "cxcywh"), torch.zeros(12, 1)], 1)
    assert torch.allclose(ops.box_iou(turned, turned, "cxcywhr"), ops.box_iou(plain, plain), atol=1e-6)
    quarter = torch.tensor([[0, 0, 4, 2, 90.0]])
    assert ops.box_iou(quarter, torch.tensor([[0, 0, 2, 4, 0.0]]), "cxcywhr").item() == pytest.approx(1)


# ------------------------------------------------------------------ regions
def _bilinear(image, y, x):
    height, width = image.shape
    if not (-1 <= y <= height and -1 <= x <= width):
        return 0.0
    total = 0.0
    y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
    for row in (math.floor(y), math.floor(y) + 1):
        for column in (math.floor(x), math.floor(x) + 1):
            share = (1 - abs(y - row)) * (1 - abs(x - column))
            total += share * image[row, column] if share else 0
    return total


def _aligned(images, roi, bins, scale, ratio, shift, least, by_bin):
    x1, y1, x2, y2 = roi[1:] * scale - shift
    sides = [max(y2 - y1, least), max(x2 - x1, least)]
    grid = [ratio if ratio > 0 else math.ceil(side / n) for side, n in zip(sides, bins)]
    count = grid[0] * grid[1]
    channels = images.shape[1] // (bins[0] * bins[1] if by_bin else 1)
    result = np.zeros((channels, *bins))
    for c, ph, pw in np.ndindex(*result.shape):
        image = images[int(roi[0]), (c * bins[0] + ph) * bins[1] + pw if by_bin else c]
        for iy, ix in np.ndindex(*grid):
            y = y1 + (ph + (iy + 0.5) / grid[0]) * sides[0] / bins[0]
            x = x1 + (pw + (ix + 0.5) / grid[1]) * sides[1] / bins[1]
            result[c, ph, pw] += _bilinear(image, y, x) / count
    return result


def _whole(images, roi, bins, scale, by_bin):
    """The pixels of each bin, for roi_pool and ps_roi_pool."""
    height, width = images.shape[2:]
    x1, y1, x2, y2 = (math.floor(abs(v) + 0.5) * (1 if v > 0 else -1) for v in roi[1:] * scale)
    extra, (last_row, last_column) = (0, (height - 1, width - 1)) if by_bin else (1, (height, width))
    sides = max(y2 - y1 + extra, 1), max(x2 - x1 + extra, 1)
    for ph, pw in np.ndindex(*bins):
        rows = [min(max(v + y1, 0), last_row) for v in _bin(ph, sides[0], bins[0])]
        columns = [min(max(v + x1, 0), last_column) for v in _bin(pw, sides[1], bins[1])]
        channels = slice(ph * bins[1] + pw, None, bins[0] * bins[1]) if by_bin else slice(None)
        yield ph, pw, images[int(roi[0]), channels, slice(*rows), slice(*columns)]


def _bin(number, side, bins):
    return math.floor(number * (side / bins)), math.ceil((number + 1) * (side / bins))


ROIS = np.array(
    [
        [0, 1.2, 0.7, 9.1, 7.9], [1, 0, 0, 16, 12], [1, -3, -2, 30, 20], [0, 4.4, 4.4, 4.9, 4.6], [1, 14, 10, 40, 33],
        [0, 20, 20, 24, 30], [0, 2.5, 3.5, 6.5, 8.5],
    ]
)  # fmt: skip
BINS = (3, 2)


def _images(channels, dtype=np.float64):
    return _rng(7).standard_normal((2, channels, 6, 8)).astype(dtype)


@pytest.mark.parametrize("ratio", [2, 0, -1])
@pytest.mark.parametrize("aligned", [False, True])
def test_roi_align(ratio, aligned):
    images = _images(3)
    expected = [_aligned(images, roi, BINS, 0.5, ratio, 0.5 * aligned, -1e9 if aligned else 1, False) for roi in ROIS]
    found = ops.roi_align(torch.tensor(images), torch.tensor(ROIS), BINS, 0.5, ratio, aligned)
    assert found.shape == (len(ROIS), 3, *BINS)
    assert found.is_contiguous()
    assert np.allclose(found.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("ratio", [2, -1])
def test_ps_roi_align(ratio):
    images = _images(12)
    expected = [_aligned(images, roi, BINS, 0.5, ratio, 0.5, -1e9, True) for roi in ROIS]
    found = ops.ps_roi_align(torch.tensor(images), torch.tensor(ROIS), BINS, 0.5, ratio)
    assert np.allclose(found.numpy(), expected, atol=1e-12)


def test_roi_pool_and_ps_roi_pool():
    images, many = _images(3), _images(12)
    largest = ops.roi_pool(torch.tensor(images), torch.tensor(ROIS), BINS, 0.5).numpy()
    means = ops.ps_roi_pool(torch.tensor(many), torch.tensor(ROIS), BINS, 0.5).numpy()
    for k, roi in enumerate(ROIS):
        for ph, pw, pixels in _whole(images, roi, BINS, 0.5, False):
            assert np.array_equal(largest[k, :, ph, pw], pixels.max((1, 2)) if pixels.size else np.zeros(3))
        for ph, pw, pixels in _whole(many, roi, BINS, 0.5, True):
            assert np.allclose(means[k, :, ph, pw], pixels.mean((1, 2)) if pixels.size else 0)


POOLS = {
    "roi_align": (2, lambda x, r: ops.roi_align(x, r, BINS, 0.5, 2)),
    "roi_align, as many samples as pixels": (2, lambda x, r: ops.roi_align(x, r, BINS, 0.5, -1, True)),
    "ps_roi_align": (6, lambda x, r: ops.ps_roi_align(x, r, BINS, 0.5, 2)),
    "roi_pool": (2, lambda x, r: ops.roi_pool(x, r, BINS, 0.5)),
    "ps_roi_pool": (6, lambda x, r: ops.ps_roi_pool(x, r, BINS, 0.5)),
}


@pytest.mark.parametrize("name", POOLS)
def test_gradients_of_regions(name):
    channels, pool = POOLS[name]
    images = torch.tensor(_images(channels)[:, :, :5, :5], requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: pool(x, torch.tensor(ROIS[:5])), (images,))


@pytest.mark.parametrize("name", POOLS)
def test_regions_of_lists_of_nothing_and_in_float32(name):
    channels, pool = POOLS[name]
    images, rois = torch.tensor(_images(channels)), torch.tensor(ROIS)
    lists = [rois[rois[:, 0] == i][:, 1:] for i in range(2)]
    order = np.argsort(ROIS[:, 0], kind="stable")
    assert torch.equal(pool(images, lists), pool(images, rois)[torch.from_numpy(order)])
    assert torch.allclose(pool(images.float(), rois.float()).double(), pool(images, rois), atol=1e-5)
    assert pool(images, rois[:0]).shape == (0, channels // (6 if name.startswith("ps") else 1), *BINS)
    with pytest.raises(RuntimeError, match="type"):
        pool(images, rois.float())
    with pytest.raises(AssertionError, match="The boxes tensor shape is not correct"):
        pool(images, rois[:, 1:])


def test_a_region_of_an_image_that_there_is_not():
    with pytest.raises(IndexError):
        ops.roi_align(torch.zeros(1, 1, 4, 4), torch.tensor([[3.0, 0, 0, 2, 2]]), 2, 1.0, 2).sum().item()


def test_levels_of_a_pyramid():
    mapper = ops.poolers.LevelMapper(2, 5)
    sides = torch.tensor([10.0, 112, 224, 448, 5000])
    boxes = torch.stack([torch.zeros(5), torch.zeros(5), sides, sides], 1)
    assert mapper([boxes]).tolist() == [0, 1, 2, 3, 3]
    pool = ops.MultiScaleRoIAlign(["a", "b", "c"], 3, 2)
    maps = {"a": torch.rand(1, 2, 64, 64), "skipped": torch.rand(1, 2, 4, 4), "b": torch.rand(1, 2, 32, 32)}
    maps["c"] = torch.rand(1, 2, 16, 16)
    boxes = torch.tensor([[0, 0, 40, 40], [10, 10, 500, 480.0]])
    found = pool(maps, [boxes], [(512, 512)])
    assert torch.equal(found[0:1], ops.roi_align(maps["a"], [boxes[:1]], 3, 1 / 8, 2))
    assert torch.equal(found[1:2], ops.roi_align(maps["c"], [boxes[1:]], 3, 1 / 32, 2))


# ------------------------------------------------------------------ deformable convolution
def _deformed(input, offset, weight, bias, stride, padding, dilation, mask):
    (n, c, h, w), (o, per, kh, kw) = input.shape, weight.shape
    blocks, groups = c // per, offset.shape[1] // (2 * kh * kw)
    offset = offset.reshape(n, groups, kh, kw, 2, *offset.shape[2:])
    mask = (
        np.ones((n, groups, kh, kw, *offset.shape[5:]))
        if mask is None
        else mask.reshape(n, groups, kh, kw, *mask.shape[2:])
    )
    padded = np.pad(input, ((0, 0), (0, 0), (1, 1), (1, 1)))  # what lies up to a pixel outside fades to 0
    out = np.zeros((n, o, *offset.shape[5:])) + bias[:, None, None]
    for b, k, y, x in np.ndindex(*out.shape):
        for i, ky, kx in np.ndindex(per, kh, kw):
            channel = k // (o // blocks) * per + i
            g = channel // (c // groups)
            py = y * stride[0] - padding[0] + ky * dilation[0] + offset[b, g, ky, kx, 0, y, x]
            px = x * stride[1] - padding[1] + kx * dilation[1] + offset[b, g, ky, kx, 1, y, x]
            if -1 < py < h and -1 < px < w:
                value = _bilinear(padded[b, channel], py + 1, px + 1)
                out[b, k, y, x] += weight[k, i, ky, kx] * mask[b, g, ky, kx, y, x] * value
    return out


@pytest.mark.parametrize("masked", [False, True])
def test_deform_conv2d(masked):
    rng = _rng(11)
    input, weight, bias = rng.standard_normal((2, 4, 5, 6)), rng.standard_normal((6, 2, 3, 2)), rng.standard_normal(6)
    stride, padding, dilation = (2, 1), (1, 0), (1, 2)
    size = 3, 4
    offset = rng.standard_normal((2, 2 * 2 * 6, *size)) * 2
    mask = rng.random((2, 2 * 6, *size)) if masked else None
    expected = _deformed(input, offset, weight, bias, stride, padding, dilation, mask)
    tensors = [torch.tensor(a, requires_grad=True) for a in (input, offset, weight, bias)]
    mask = torch.tensor(mask, requires_grad=True) if masked else None
    found = ops.deform_conv2d(*tensors, stride, padding, dilation, mask)
    assert np.allclose(found.detach().numpy(), expected)
    inputs = (*tensors, mask) if masked else tuple(tensors)

    def call(input, offset, weight, bias, mask=None):
        return ops.deform_conv2d(input, offset, weight, bias, stride, padding, dilation, mask)

    assert torch.autograd.gradcheck(call, inputs)


def test_deform_conv2d_without_offsets_is_a_convolution():
    layer = ops.DeformConv2d(4, 6, 3, stride=2, padding=1, groups=2)
    x = torch.rand(2, 4, 9, 8)
    plain = torch.nn.functional.conv2d(x, layer.weight, layer.bias, 2, 1, groups=2)
    assert torch.allclose(layer(x, torch.zeros(2, 18, *plain.shape[2:])), plain, atol=1e-6)
    assert repr(layer) == "DeformConv2d(4, 6, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), groups=2)"


def test_deform_conv2d_refuses_shapes_that_do_not_fit():
    x, weight = torch.rand(1, 2, 5, 5), torch.rand(2, 2, 3, 3)
    with pytest.raises(RuntimeError, match="dimension 1 is not valid"):
        ops.deform_conv2d(x, torch.rand(1, 4, 3, 3), weight)
    with pytest.raises(RuntimeError, match=r"offset output dims: \(2, 3\) - computed output dims: \(3, 3\)"):
        ops.deform_conv2d(x, torch.rand(1, 18, 2, 3), weight)
    with pytest.raises(RuntimeError, match="invalid batch size of offset"):
        ops.deform_conv2d(x, torch.rand(2, 18, 3, 3), weight)
