"""flambeau.vision.transforms.v2.functional beside torchvision's: every kernel, and what is refused with which words."""

import inspect

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from v2_samples import FORMATS, OURS, REFERENCE, assert_same

pytestmark = pytest.mark.parity

FIELD = "(torch.arange(32 * 40 * 2.0).reshape(1, 32, 40, 2) / 9).sin() / 20"
GEOMETRY = [
    "F.horizontal_flip(x)",
    "F.vertical_flip(x)",
    "F.resize(x, [20, 70])",
    "F.resize(x, [20])",
    "F.resize(x, None, max_size=30)",
    "F.crop(x, 3, 4, 20, 21)",
    "F.crop(x, -3, -4, 50, 61)",
    "F.center_crop(x, [20, 15])",
    "F.center_crop(x, 50)",
    "F.pad(x, [1, 2, 3, 4])",
    "F.pad(x, 5, padding_mode='edge')",
    "F.affine(x, 20, [3, 4], 1.1, [5, 6])",
    "F.affine(x, 20, [3, 4], 1.1, [5], center=[3, 4], fill=3)",
    "F.rotate(x, 33)",
    "F.rotate(x, 33, expand=True)",
    "F.rotate(x, 200, center=[5, 3])",
    "F.resized_crop(x, 2, 3, 20, 20, [11, 13])",
    "F.get_size(x)",
    "F.perspective(x, None, None, coefficients=[1.1, 0.1, 2, 0.05, 0.9, 3, 0.001, 0.002])",
    "F.perspective(x, [[0, 0], [39, 0], [39, 31], [0, 31]], [[3, 2], [36, 1], [37, 29], [2, 30]])",
    f"F.elastic(x, {FIELD})",
    "F.to_dtype(x, torch.float64, scale=True)",
]
ON_BOXES = [
    "F.clamp_bounding_boxes(x)",
    "F.clamp_bounding_boxes(x, clamping_mode=None)",
    "F.clamp_bounding_boxes(x, clamping_mode='hard')",
    "F.clamp_bounding_boxes(x, 'XYXY')",
    "F.clamp_bounding_boxes(x, clamping_mode='firm')",
    "F.sanitize_bounding_boxes(x)",
    "F.sanitize_bounding_boxes(x, min_size=10)",
    "F.sanitize_bounding_boxes(x, min_area=30)",
    "F.sanitize_bounding_boxes(x, 'XYXY')",
    "F.convert_bounding_box_format(x, 'xyxy', 'xywh')",
    "F.convert_bounding_box_format(x)",
    "F.normalize(x, [1], [1])",
    "F.five_crop(x, [1, 2])",
    *[f"F.convert_bounding_box_format(x, new_format='{name}')" for name in FORMATS],
]
ON_MASKS = [
    "F.pad(x, [1, 2, 3, 4], fill=3)",
    "F.pad(x, 2, fill=[1, 2])",
    "F.resize(x, [15, 17], 'nearest-exact')",
    "F.pad(x, 3, padding_mode='symmetric')",
    "F.rotate(x, 90)",
    "F.rotate(x, 90, expand=True)",
    "F.rotate(x, 30, interpolation='bilinear', fill=2)",
    "F.affine(x, 30, [1, 1], 1, [3], interpolation='bilinear')",
]
ON_POINTS = [
    "F.clamp_keypoints(x)",
    "F.sanitize_keypoints(x)",
    "F.clamp_keypoints(x, (3, 4))",
    "F.sanitize_keypoints(x, (3, 4))",
]
ON_PICTURES = [
    "F.to_dtype(x, torch.float32, scale=True)",
    "F.to_dtype(x, torch.uint8, scale=True)",
    "F.to_dtype(x, torch.int16, scale=True)",
    "F.to_dtype(x, torch.int32, scale=True)",
    "F.to_dtype(x, torch.int64, scale=True)",
    "F.to_dtype(x, torch.int8, scale=True)",
    "F.to_dtype(x, torch.float16, scale=True)",
    "F.to_dtype(x, torch.float64)",
    "F.normalize(x, [0.5], [0.2])",
    "F.normalize(x, [0.5], [0])",
    "F.normalize(x, [0.5, 0.4, 0.3], [0.1, 0.2, 0.3])",
    "F.normalize(x, 0.5, 0.2)",
    "F.gaussian_blur(x, 5)",
    "F.gaussian_blur(x, [3, 5], [0.5, 1])",
    "F.gaussian_blur(x, 4)",
    "F.gaussian_blur(x, [3, 3, 3])",
    "F.gaussian_blur(x, 3, 0)",
    "F.gaussian_blur(x, 3, 'wide')",
    "F.gaussian_blur(x, 3, [1, 2, 3])",
    "F.rgb_to_grayscale(x)",
    "F.rgb_to_grayscale(x, 3)",
    "F.rgb_to_grayscale(x, 2)",
    "F.grayscale_to_rgb(x)",
    "F.adjust_brightness(x, 1.7)",
    "F.adjust_brightness(x, -1)",
    "F.adjust_contrast(x, 1.7)",
    "F.adjust_contrast(x, 0)",
    "F.adjust_contrast(x, -1)",
    "F.adjust_saturation(x, 1.7)",
    "F.adjust_saturation(x, -0.1)",
    "F.adjust_sharpness(x, 1.7)",
    "F.adjust_sharpness(x, -3)",
    "F.adjust_hue(x, 0.3)",
    "F.adjust_hue(x, -0.5)",
    "F.adjust_hue(x, 0.6)",
    "F.adjust_gamma(x, 0.7)",
    "F.adjust_gamma(x, 2, 1.3)",
    "F.adjust_gamma(x, -2)",
    "F.posterize(x, 3)",
    "F.posterize(x, 0)",
    "F.posterize(x, 8)",
    "F.posterize(x, 9)",
    "F.solarize(x, 0.5)",
    "F.solarize(x, 100)",
    "F.solarize(x, 1000)",
    "F.autocontrast(x)",
    "F.equalize(x)",
    "F.invert(x)",
    "F.permute_channels(x, [2, 0, 1])",
    "F.permute_channels(x, [0])",
    "F.five_crop(x, 10)",
    "F.five_crop(x, [100, 3])",
    "F.five_crop(x, [3, 4, 5])",
    "F.ten_crop(x, [10])",
    "F.erase(x, 1, 2, 5, 6, torch.tensor(7))",
    "F.get_dimensions(x)",
    "F.get_num_channels(x)",
    "F.get_num_frames(x)",
    "F.uniform_temporal_subsample(x, 2)",
    "F.gaussian_noise(x)",
    "F.gaussian_noise(x, sigma=-1)",
    "F.to_pil_image(x)",
    "F.to_image(x)",
    "F.pil_to_tensor(x)",
    "F.get_image_size(x)",
    "F.to_tensor(x)",
    "F.convert_image_dtype(x)",
    "F.rotate(x, 33, interpolation='bilinear', fill=[1, 2, 3])",
    "F.rotate(x, 33, fill=[1, 2])",
    "F.rotate(x, 90)",
    "F.rotate(x, 270, expand=True)",
    "F.rotate(x, 33, interpolation='round')",
    "F.rotate(x, 33, 'bicubic')",
    "F.rotate(x, 33, fill='red')",
    "F.affine(x, 'a', [1, 1], 1, [1])",
    "F.affine(x, 1, 1, 1, [1])",
    "F.affine(x, 1, [1], 1, [1])",
    "F.affine(x, 1, [1, 1], 0, [1])",
    "F.affine(x, 1, [1, 1], 1, 'a')",
    "F.affine(x, 1, [1, 1], 1, [1, 2, 3])",
    "F.affine(x, 1, [1, 1], 1, 3)",
    "F.affine(x, 1, [1, 1], 1, [1], center=3)",
    "F.affine(x, 30, (5, -3), 0.8, (3, 4), interpolation=2, fill=7)",
    "F.pad(x, [1, 2], fill=[5, 6, 7])",
    "F.pad(x, [1, 2], fill=[5])",
    "F.pad(x, [1, 2], fill=[5, 6, 7], padding_mode='edge')",
    "F.pad(x, [-1, 2, 3, -4])",
    "F.pad(x, [-1, 2, 3, -4], padding_mode='symmetric')",
    "F.pad(x, [-1, 2, 3, -4], padding_mode='reflect')",
    "F.pad(x, 'wide')",
    "F.pad(x, [1, 2, 3])",
    "F.pad(x, 1, padding_mode='round')",
    "F.resize(x, [20, 30], max_size=50)",
    "F.resize(x, 20, max_size=10)",
    "F.resize(x, [10, 12], interpolation='lanczos', antialias=False)",
    "F.resize(x, [32, 40])",
    "F.resize(x, [10, 12], antialias=None)",
    "F.resize(x, [10, 12], interpolation=object)",
    "F.resize(x, [10, 12], interpolation=9)",
    "F.elastic(x, 3)",
    "F.elastic(x, torch.zeros(1, 2, 3, 2))",
    f"F.elastic(x, {FIELD}, fill=5)",
    "F.perspective(x, None, None)",
    "F.perspective(x, [1], [2], coefficients=[1])",
    "F.perspective(x, None, None, coefficients=[1, 2])",
    "F.crop(x, 50, 60, 10, 10)",
    "F.crop(x, -20, -20, 10, 10)",
]
PICTURES = [
    "s.pil()",
    "s.pil('L')",
    "s.tensor()",
    "s.tensor(dtype='float32')",
    "s.tensor(2, 3, dtype='float32')",
    "s.video()",
    "s.tensor(channels=1)",
    "s.tensor(dtype='int32')",
    "s.tensor(dtype='float64')[:, :0]",
    "s.tensor()[0]",
]


def _all_same(calls: list[str], made: str, **how) -> None:
    for call in calls:
        if "[:, :0]" not in made or ("crop" not in call and "pad" not in call):  # no part of nothing, in other words
            assert_same(f"(lambda x: {call})({made})", **how)


@pytest.mark.parametrize("clamping", ["soft", "hard", None])
@pytest.mark.parametrize("name", FORMATS)
def test_boxes(name, clamping):
    calls = [c for c in GEOMETRY if clamping != "hard" or "200" not in c]  # what is left there is smaller than rounding
    _all_same(calls + ON_BOXES, f"s.boxes('{name}', mode={clamping!r})", seed=1)


@pytest.mark.parametrize("name", ["XYXY", "XYWH", "CXCYWH"])
def test_boxes_of_integers(name):
    _all_same(GEOMETRY + ON_BOXES, f"s.boxes('{name}', 'int64')", seed=1)


@pytest.mark.parametrize("made", ["s.keypoints()", "s.keypoints(3, 4)", "s.keypoints(2, 2, 2, dtype='int64')"])
def test_points(made):
    _all_same(GEOMETRY + ON_POINTS, made)


@pytest.mark.parametrize("made", ["s.mask()", "s.mask(4)", "s.mask(2, 3)"])
def test_masks(made):
    _all_same(GEOMETRY + ON_MASKS, made)


@pytest.mark.parametrize("made", PICTURES)
def test_pictures(made):
    _all_same(GEOMETRY + ON_PICTURES, made)


@given(
    sizes=st.tuples(*[st.integers(4, 40)] * 4),
    mode=st.sampled_from(["nearest", "nearest-exact", "bilinear", "bicubic"]),
    antialias=st.booleans(),
    kind=st.sampled_from(["uint8", "float32"]),
)
@settings(max_examples=60, deadline=None)
def test_sizes(sizes, mode, antialias, kind):
    height, width, new_height, new_width = sizes
    how = f"[{new_height}, {new_width}], interpolation='{mode}', antialias={antialias}"
    assert_same(f"F.resize(s.tensor(dtype='{kind}'), {how})", height=height, width=width, tolerance=1e-5)


def test_plain_tensors_of_boxes_and_points():
    boxes, points = "s.boxes().as_subclass(torch.Tensor)", "s.keypoints().as_subclass(torch.Tensor)"
    for call in (
        f"F.convert_bounding_box_format({boxes}, 'xyxy', 'cxcywh')",
        f"F.convert_bounding_box_format({boxes}, new_format='cxcywh')",
        f"(lambda x: (F.convert_bounding_box_format(x, 'xyxy', 'cxcywh', inplace=True), x))({boxes})",
        f"F.clamp_bounding_boxes({boxes}, tv_tensors.BoundingBoxFormat.XYXY, (10, 20), 'soft')",
        f"F.clamp_bounding_boxes({boxes}, tv_tensors.BoundingBoxFormat.XYXY, (10, 20))",
        f"F.sanitize_bounding_boxes({boxes}, 'xyxy', (30, 20))",
        f"F.sanitize_bounding_boxes({boxes})",
        f"F.clamp_keypoints({points}, (10, 20))",
        f"F.clamp_keypoints({points})",
        f"F.sanitize_keypoints({points}, (10, 20))",
        f"F.sanitize_keypoints({points})",
        "F.convert_bounding_box_format('boxes', 'xyxy', 'xywh')",
        "F.convert_bounding_box_format(s.boxes(), new_format='xywhr')",
        "F.clamp_bounding_boxes(s.mask())",
        "F.sanitize_keypoints(s.mask())",
    ):
        assert_same(call)


def _parameters(function) -> list:
    numbers = (int, float)
    parameters = inspect.signature(function).parameters.values()
    return [(p.name, p.default if isinstance(p.default, numbers) else str(p.default)) for p in parameters]


@pytest.mark.parametrize("module", ["v2", "F"])
def test_names_and_signatures(module):
    ours, theirs = getattr(OURS, module), getattr(REFERENCE, module)
    for name in [n for n in dir(theirs) if not n.startswith("_") and n not in ("torch", "BoundingBoxFormat")]:
        assert hasattr(ours, name), name
        if callable(getattr(theirs, name)) and name not in ("AutoAugmentPolicy", "InterpolationMode"):
            assert _parameters(getattr(ours, name)) == _parameters(getattr(theirs, name)), name
