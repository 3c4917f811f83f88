"""flambeau.vision.transforms.v2 beside torchvision: the same seed, the same pixels, boxes and points."""

import pytest

pytest.importorskip("PIL.Image")
from v2_samples import assert_same

pytestmark = pytest.mark.parity

EVERYTHING = [
    "v2.Resize(20)", "v2.Resize((17, 45))", "v2.Resize(20, max_size=22)", "v2.Resize(None, max_size=50)",
    "v2.Resize((21, 19), interpolation='nearest')", "v2.Resize((21, 19), interpolation=v2.InterpolationMode.BICUBIC)",
    "v2.Resize((50, 61), antialias=False, interpolation=2)", "v2.CenterCrop(20)", "v2.CenterCrop((50, 20))",
    "v2.RandomResizedCrop(16)", "v2.RandomResizedCrop((16, 24), scale=(0.5, 0.9), interpolation='nearest')",
    "v2.Pad(3)", "v2.Pad([1, 2], fill=7)", "v2.Pad([1, 2, 3, 4])", "v2.RandomZoomOut(fill=5, p=1.0)",
    "v2.RandomZoomOut(side_range=(1.5, 2.0))", "v2.RandomRotation(40)", "v2.RandomRotation((10, 30), expand=True)",
    "v2.RandomRotation(30, center=[3, 5], fill=9)", "v2.RandomAffine(20, (0.1, 0.3), (0.7, 1.2), 15)",
    "v2.RandomAffine((5, 6), shear=(-3, 4, -5, 6), center=[4, 9], fill=3)", "v2.RandomCrop(16)",
    "v2.RandomCrop((30, 36), padding=4, fill=2)", "v2.RandomCrop(50, pad_if_needed=True)",
    "v2.RandomCrop((28, 12), padding=[2, 5])", "v2.RandomPerspective(p=1.0)", "v2.RandomPerspective(0.3, 1.0, fill=4)",
    "v2.RandomHorizontalFlip(1.0)", "v2.RandomVerticalFlip(1.0)", "v2.RandomHorizontalFlip()",
    "v2.RandomIoUCrop()", "v2.RandomIoUCrop(sampler_options=[0.1, 0.3])", "v2.ScaleJitter((24, 24))",
    "v2.RandomShortestSize([16, 20, 24], max_size=28)", "v2.RandomResize(10, 60)", "v2.ElasticTransform()",
    "v2.ElasticTransform(alpha=90.0, sigma=3.0, interpolation='nearest')", "v2.Identity()",
    "v2.Compose([v2.RandomIoUCrop(), v2.ClampBoundingBoxes(), v2.SanitizeBoundingBoxes(), v2.ToImage()])",
    "v2.SanitizeBoundingBoxes(min_size=4)", "v2.SanitizeKeyPoints()", "v2.ClampKeyPoints()",
    "v2.ConvertBoundingBoxFormat('CXCYWH')", "v2.ClampBoundingBoxes('hard')", "v2.SetClampingMode(None)",
    "v2.ToDtype({tv_tensors.BoundingBoxes: torch.float64, 'others': None})", "v2.ToPureTensor()",
    "v2.RandomChoice([v2.RandomHorizontalFlip(1.0), v2.RandomVerticalFlip(1.0)], p=[0.3, 2])",
    "v2.RandomOrder([v2.RandomCrop(20), v2.Resize(24), v2.RandomRotation(9)])",
    "v2.RandomApply([v2.RandomCrop(20)], p=0.7)", "v2.Lambda(lambda x: x.shape, torch.Tensor)",
    "v2.ColorJitter(0.2, 0.4, 0.3, 0.1)", "v2.RandomPhotometricDistort()", "v2.RandomPhotometricDistort(p=1.0)",
    "v2.Grayscale(3)", "v2.RandomErasing(p=1.0)", "v2.RandomErasing(p=1.0, value='random')",
]  # fmt: skip

PICTURES = [
    "v2.Grayscale()", "v2.RandomGrayscale(0.9)", "v2.RGB()", "v2.ColorJitter(brightness=(0.3, 1.8))",
    "v2.ColorJitter(contrast=0.5)", "v2.ColorJitter(saturation=2.0)", "v2.ColorJitter(hue=0.5)",
    "v2.RandomChannelPermutation()", "v2.RandomEqualize(1.0)", "v2.RandomInvert(1.0)", "v2.RandomPosterize(3, 1.0)",
    "v2.RandomSolarize(0.5, 1.0)", "v2.RandomAutocontrast(1.0)", "v2.RandomAdjustSharpness(2.5, 1.0)",
    "v2.RandomAdjustSharpness(0.0, 1.0)", "v2.FiveCrop(10)", "v2.TenCrop((10, 12), vertical_flip=True)",
    "v2.Pad([3, 2], padding_mode='edge')", "v2.Pad(4, padding_mode='reflect')", "v2.Pad(3, padding_mode='symmetric')",
    "v2.Pad([3, 1, 0, 2], fill=[1, 2, 3])", "v2.GaussianBlur(5)", "v2.GaussianBlur((3, 7), sigma=1.4)",
    "v2.ToImage()", "v2.PILToTensor()", "v2.ToDtype(torch.float32, scale=True)", "v2.ToDtype(torch.int16, scale=True)",
    "v2.ConvertImageDtype(torch.float64)", "v2.GaussianNoise()", "v2.GaussianNoise(0.2, 0.3, clip=False)",
    "v2.AutoAugment()", "v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10, fill=3)",
    "v2.AutoAugment(v2.AutoAugmentPolicy.SVHN, interpolation='bilinear')", "v2.RandAugment()",
    "v2.RandAugment(4, magnitude=20, interpolation='bilinear', fill=[1, 2, 3])", "v2.TrivialAugmentWide()",
    "v2.AugMix(interpolation='nearest')", "v2.AugMix(severity=7, all_ops=False, chain_depth=2)",
    "v2.Normalize([0.4, 0.5, 0.6], [0.2, 0.3, 0.4])", "v2.RandomErasing(p=1.0, value=(1, 2, 3))",
    "v2.Resize(15, interpolation='lanczos')", "v2.Resize((70, 60), interpolation='bicubic', antialias=False)",
    "v2.Resize((13, 60), interpolation='nearest-exact')", "v2.UniformTemporalSubsample(2)",
    "v2.Resize(15, interpolation='box')", "v2.RandomRotation(30, interpolation='bilinear', fill=(1, 2, 3))",
    "v2.RandomAffine(30, shear=10, interpolation='bilinear', fill={torch.Tensor: 3, 'others': 5})",
]  # fmt: skip


@pytest.mark.parametrize("picture", ["pil", "image", "tensor"])
@pytest.mark.parametrize("transform", EVERYTHING)
def test_whole_samples(transform, picture):
    for seed in (0, 1):
        assert_same(f"{transform}(s.detection({picture!r}))", seed=seed)


@pytest.mark.parametrize("transform", PICTURES)
def test_pictures(transform):
    for seed, picture in enumerate(
        (
            "s.pil()",
            "s.pil('L')",
            "s.tensor()",
            "s.image(dtype='float32')",
            "s.video()",
            "s.tensor(2, dtype='float64')",
            "s.image(channels=1)",
            "s.tensor(dtype='int32')",
        )
    ):
        if picture == "s.tensor(dtype='int32')" and "Noise" not in transform and "To" not in transform:
            continue
        assert_same(f"{transform}({picture})", seed=seed)
