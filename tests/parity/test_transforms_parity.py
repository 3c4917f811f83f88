"""Transforms of images against torchvision: the same seed gives the same pixels, the same mistakes the same errors."""

import pytest

cases = pytest.importorskip("image_cases", exc_type=ImportError)

from hypothesis import given, settings  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from image_cases import MODES, array_image, check, pillow_image  # noqa: E402

pytestmark = pytest.mark.parity

# ------------------------------------------------------------------ classes
BYTES = 1.001 / 255  # a rounding may go the other way
# name: how it is made, and by how much results on tensors of bytes may differ.
ON_BOTH = {
    "Resize": lambda T: T.Resize((9, 12)),
    "Resize of the shorter edge": lambda T: T.Resize(13, max_size=15),
    "Resize without antialias": lambda T: T.Resize([11], antialias=None),
    "Resize to the nearest": lambda T: T.Resize((7, 40), interpolation=T.InterpolationMode.NEAREST),
    "Resize to the nearest exactly": lambda T: T.Resize((7, 40), interpolation=T.InterpolationMode.NEAREST_EXACT),
    "Resize bicubic": lambda T: T.Resize(30, interpolation=3),
    "CenterCrop": lambda T: T.CenterCrop((11, 60)),
    "Pad": lambda T: T.Pad((1, 2, 3, 4), fill=7),
    "Pad edge": lambda T: T.Pad((3, 5), padding_mode="edge"),
    "Pad reflect": lambda T: T.Pad([2], padding_mode="reflect"),
    "Pad symmetric": lambda T: T.Pad((4, 1, 0, 2), padding_mode="symmetric"),
    "RandomCrop": lambda T: T.RandomCrop(8),
    "RandomCrop padded": lambda T: T.RandomCrop((9, 10), padding=(2, 3), fill=3),
    "RandomCrop padded if needed": lambda T: T.RandomCrop(45, pad_if_needed=True, padding_mode="edge"),
    "RandomHorizontalFlip": lambda T: T.RandomHorizontalFlip(),
    "RandomVerticalFlip": lambda T: T.RandomVerticalFlip(p=0.7),
    "RandomResizedCrop": lambda T: T.RandomResizedCrop((12, 10)),
    "RandomResizedCrop that never fits": lambda T: T.RandomResizedCrop(8, scale=(1.5, 2.0), ratio=(2.0, 3.0)),
    "FiveCrop": lambda T: T.FiveCrop(8),
    "TenCrop": lambda T: T.TenCrop((8, 7), vertical_flip=True),
    "ColorJitter": lambda T: T.ColorJitter(0.4, (0.5, 1.5), 0.7, 0.2),
    "ColorJitter of hues": lambda T: T.ColorJitter(hue=(-0.5, 0.5)),
    "RandomRotation": lambda T: T.RandomRotation(60, fill=20),
    "RandomRotation smooth": lambda T: T.RandomRotation((-90, 10), interpolation=T.InterpolationMode.BILINEAR),
    "RandomRotation expanded": lambda T: T.RandomRotation(45, expand=True, center=(3, 4)),
    "RandomAffine": lambda T: T.RandomAffine(20, (0.2, 0.1), (0.7, 1.3), 10),
    "RandomAffine sheared twice": lambda T: T.RandomAffine((5, 9), shear=(1, 2, 3, 4), fill=9, center=(5, 6)),
    "RandomAffine smooth": lambda T: T.RandomAffine(20, (0.2, 0.1), interpolation=T.InterpolationMode.BILINEAR),
    "Grayscale": lambda T: T.Grayscale(3),
    "RandomGrayscale": lambda T: T.RandomGrayscale(0.5),
    "RandomPerspective": lambda T: T.RandomPerspective(0.4, p=0.8, fill=30),
    "RandomPerspective to the nearest": lambda T: T.RandomPerspective(p=1, interpolation=0),
    "GaussianBlur": lambda T: T.GaussianBlur((3, 5), (0.5, 2.0)),
    "RandomInvert": lambda T: T.RandomInvert(),
    "RandomAdjustSharpness": lambda T: T.RandomAdjustSharpness(1.8, p=0.8),
    "RandomAutocontrast": lambda T: T.RandomAutocontrast(p=0.8),
    "ElasticTransform": lambda T: T.ElasticTransform(alpha=40.0, sigma=1.0),
    "RandomApply": lambda T: T.RandomApply([T.RandomHorizontalFlip(), T.RandomCrop(9)], p=0.4),
    "RandomOrder": lambda T: T.RandomOrder([T.RandomHorizontalFlip(), T.RandomCrop(9), T.CenterCrop(15)]),
    "RandomChoice": lambda T: T.RandomChoice([T.RandomVerticalFlip(), T.RandomCrop(9), T.Pad(1)], p=[1, 2, 1]),
    "Compose": lambda T: T.Compose([T.RandomCrop(9), T.RandomRotation(5), T.RandomVerticalFlip()]),
    "Lambda": lambda T: T.Lambda(lambda image: image),
}  # fmt: skip
ON_BYTES = {
    "RandomPosterize": lambda T: T.RandomPosterize(3),
    "RandomSolarize": lambda T: T.RandomSolarize(100, p=0.8),
    "RandomEqualize": lambda T: T.RandomEqualize(p=0.8),
    "AutoAugment": lambda T: T.AutoAugment(),
    "AutoAugment for CIFAR10": lambda T: T.AutoAugment(T.AutoAugmentPolicy.CIFAR10, fill=3),
    "AutoAugment for SVHN": lambda T: T.AutoAugment(T.AutoAugmentPolicy.SVHN, T.InterpolationMode.BILINEAR),
    "RandAugment": lambda T: T.RandAugment(3, 12, fill=90),
    "TrivialAugmentWide": lambda T: T.TrivialAugmentWide(),
    "AugMix": lambda T: T.AugMix(severity=5, alpha=0.7),
    "AugMix of shapes": lambda T: T.AugMix(all_ops=False, chain_depth=2, mixture_width=2),
}  # fmt: skip
SIZES = st.integers(8, 40)


@pytest.mark.parametrize("name", [*ON_BOTH, *ON_BYTES])
@settings(max_examples=8, deadline=None)
@given(mode=st.sampled_from(["L", "RGB"]), height=SIZES, width=SIZES, seed=st.integers(0, 999))
def test_pillow_images_have_equal_pixels(name, mode, height, width, seed):
    make, image = (ON_BOTH | ON_BYTES)[name], pillow_image(mode, height, width, seed)
    # Some are made of tensors, and what is rounded lies within the last bit of a half.
    made_of_tensors = name.startswith(("AugMix", "ElasticTransform", "GaussianBlur"))
    check(lambda torch, T: make(T)(image), seed, tolerance=BYTES if made_of_tensors else 0)


def tolerance_of(kind):
    return {"float64": 1e-4, "float32": 1e-3, "uint8": BYTES}.get(kind, 1e-2)


@pytest.mark.parametrize("name", ON_BOTH)
@settings(max_examples=8, deadline=None)
@given(
    kind=st.sampled_from(["uint8", "float32", "float64"]),
    lead=st.sampled_from([(1,), (3,), (2, 3)]),
    height=SIZES,
    width=SIZES,
    seed=st.integers(0, 999),
)
def test_tensors_have_the_same_colours(name, kind, lead, height, width, seed):
    array = array_image(kind, (*lead, height, width), seed)
    check(lambda torch, T: ON_BOTH[name](T)(torch.tensor(array)), seed, tolerance_of(kind))


@pytest.mark.parametrize("name", ON_BYTES)
@settings(max_examples=8, deadline=None)
@given(lead=st.sampled_from([(1,), (3,), (2, 3)]), height=SIZES, width=SIZES, seed=st.integers(0, 999))
def test_tensors_of_bytes_have_the_same_colours(name, lead, height, width, seed):
    array = array_image("uint8", (*lead, height, width), seed)
    check(lambda torch, T: ON_BYTES[name](T)(torch.tensor(array)), seed, 2 * BYTES)


# ------------------------------------------------------------------ functions
FUNCTIONS = {
    "get_dimensions": lambda F, x: F.get_dimensions(x),
    "get_image_size": lambda F, x: F.get_image_size(x),
    "get_image_num_channels": lambda F, x: F.get_image_num_channels(x),
    "resize": lambda F, x: F.resize(x, [5], F.InterpolationMode.BICUBIC),
    "resize with boxes": lambda F, x: F.resize(x, (5, 6), F.InterpolationMode.BOX),
    "resize with Lanczos": lambda F, x: F.resize(x, 14, 1),
    "resize to its size": lambda F, x: F.resize(x, x.shape[-2:] if hasattr(x, "shape") else x.size[::-1]),
    "crop outside": lambda F, x: F.crop(x, -3, 5, 10, 40),
    "crop beyond": lambda F, x: F.crop(x, 60, 70, 10, 4),
    "center_crop": lambda F, x: F.center_crop(x, 10),
    "resized_crop": lambda F, x: F.resized_crop(x, 1, 2, 7, 6, (9, 9)),
    "pad negative": lambda F, x: F.pad(x, [-1, 2, 3, -2], padding_mode="edge"),
    "pad symmetric negative": lambda F, x: F.pad(x, [-1, 2, 3, -2], padding_mode="symmetric"),
    "pad constant negative": lambda F, x: F.pad(x, [-1, 2, 3, -2]),
    "pad far": lambda F, x: F.pad(x, 60, padding_mode="reflect"),
    "pad symmetric far": lambda F, x: F.pad(x, 60, padding_mode="symmetric"),
    "pad colour": lambda F, x: F.pad(x, 1, fill=(1, 2, 3)),
    "pad one colour": lambda F, x: F.pad(x, (1,), fill=[200]),
    "hflip": lambda F, x: F.hflip(x),
    "vflip": lambda F, x: F.vflip(x),
    "perspective": lambda F, x: F.perspective(
        x, [[0, 0], [9, 0], [9, 9], [0, 9]], [[1, 1.5], [8, 0], [9, 9], [0, 7]], fill=[3]
    ),
    "rotate": lambda F, x: F.rotate(x, 33.3, expand=True, fill=7),
    "rotate by quarters": lambda F, x: F.rotate(x, 90, expand=True),
    "affine": lambda F, x: F.affine(x, 10, (1, 2), 1.2, [3.0, 4.0], F.InterpolationMode.BILINEAR, center=(0, 0)),
    "affine sheared once": lambda F, x: F.affine(x, -30.0, [0, 3], 0.5, 20, fill=255),
    "affine bicubic": lambda F, x: F.affine(x, 10, (1, 2), 1.2, 4, interpolation=3),
    "adjust_brightness": lambda F, x: F.adjust_brightness(x, 1.4),
    "adjust_contrast": lambda F, x: F.adjust_contrast(x, 0.3),
    "adjust_saturation": lambda F, x: F.adjust_saturation(x, 2.5),
    "adjust_hue": lambda F, x: F.adjust_hue(x, -0.3),
    "adjust_gamma": lambda F, x: F.adjust_gamma(x, 0.45, 1.1),
    "adjust_sharpness": lambda F, x: F.adjust_sharpness(x, 0.2),
    "to_grayscale": lambda F, x: F.to_grayscale(x, 3),
    "rgb_to_grayscale": lambda F, x: F.rgb_to_grayscale(x),
    "gaussian_blur": lambda F, x: F.gaussian_blur(x, 5),
    "gaussian_blur far": lambda F, x: F.gaussian_blur(x, [41, 3], 2),
    "invert": lambda F, x: F.invert(x),
    "posterize": lambda F, x: F.posterize(x, 4),
    "solarize": lambda F, x: F.solarize(x, 0.4 if hasattr(x, "numpy") and x.is_floating_point() else 77),
    "autocontrast": lambda F, x: F.autocontrast(x),
    "equalize": lambda F, x: F.equalize(x),
    "to_tensor": lambda F, x: F.to_tensor(x),
    "pil_to_tensor": lambda F, x: F.pil_to_tensor(x),
    "to_pil_image": lambda F, x: F.to_pil_image(x),
    "there and back": lambda F, x: F.to_pil_image(F.pil_to_tensor(x), mode=x.mode),
    "erase": lambda F, x: F.erase(x, 1, 2, 4, 30, 1),
    "normalize": lambda F, x: F.normalize(x, [0.4, 0.5, 0.6], (1, 2.0, 3)),
    "normalize with one": lambda F, x: F.normalize(x, [0.4], [0.3], inplace=True),
    "normalize by zero": lambda F, x: F.normalize(x, [0.4], [0.0]),
    "ten_crop": lambda F, x: F.ten_crop(x, 6),
    "five_crop": lambda F, x: F.five_crop(x, [13]),
    "nothing": lambda F, x: F.solarize(x, 300),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("mode", [*MODES, "1", "I", "F", "P", "I;16"])
def test_functions_of_pillow_images(name, mode):
    image = pillow_image(mode, 12, 17, 5)
    check(lambda torch, T: FUNCTIONS[name](T.functional, image), tolerance=BYTES if "blur" in name else 0)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", ["uint8", "int16", "int32", "int64", "float16", "float32", "float64", "bool"])
@pytest.mark.parametrize("lead", [(), (1,), (3,), (4,), (2, 3), (2, 1, 3)], ids=str)
def test_functions_of_tensors(name, kind, lead):
    array = array_image(kind if kind != "bool" else "uint8", (*lead, 12, 17), 5)
    array = array > 100 if kind == "bool" else array
    check(lambda torch, T: FUNCTIONS[name](T.functional, torch.tensor(array)), tolerance=tolerance_of(kind))
