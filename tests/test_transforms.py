"""Transforms of images: what they do to Pillow images and tensors, without torchvision beside them."""

import numpy as np
import pytest

import flambeau as torch

Image = pytest.importorskip("PIL.Image")
T = pytest.importorskip("flambeau.vision.transforms")


def photo(mode="RGB"):
    """An image of random colours, 30 x 24 pixels."""
    shape = (24, 30, 3) if mode == "RGB" else (24, 30)
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, shape, np.uint8))


def test_to_tensor_scales_bytes_and_puts_channels_first():
    image = photo()
    pixels = np.asarray(image).transpose(2, 0, 1)
    scaled = T.ToTensor()(image)
    assert scaled.dtype == torch.float32
    np.testing.assert_array_equal(scaled.numpy(), pixels / np.float32(255))
    np.testing.assert_array_equal(T.PILToTensor()(image).numpy(), pixels)


def test_a_default_dtype_is_kept():
    torch.set_default_dtype(torch.float64)
    try:
        assert T.ToTensor()(photo()).dtype == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)


def test_normalize_leaves_its_input_unless_told():
    x = torch.rand(3, 4, 5)
    before, mean, std = x.numpy().copy(), (0.1, 0.2, 0.3), (0.5, 0.6, 0.7)
    columns = [np.float32(n).reshape(3, 1, 1) for n in (mean, std)]
    expected = (before - columns[0]) / columns[1]
    np.testing.assert_array_equal(T.Normalize(mean, std)(x).numpy(), expected)
    np.testing.assert_array_equal(x.numpy(), before)
    T.Normalize(mean, std, inplace=True)(x)
    np.testing.assert_array_equal(x.numpy(), expected)


def test_normalize_refuses_more_means_than_channels():
    with pytest.raises(RuntimeError, match=r"output with shape \[1, 4, 5\] doesn't match the broadcast shape"):
        T.Normalize([0.5] * 3, [0.5] * 3)(torch.rand(1, 4, 5))


def test_images_survive_the_way_through_tensors():
    for mode in ("L", "RGB"):
        image = photo(mode=mode)
        assert T.ToPILImage()(T.ToTensor()(image)).tobytes() == image.tobytes()
        assert T.ToPILImage()(T.PILToTensor()(image)).mode == mode


def test_pillow_and_tensors_are_cropped_alike():
    image, x = photo(), T.PILToTensor()(photo())
    for transform in (T.RandomCrop(8, padding=5), T.CenterCrop((40, 9)), T.RandomHorizontalFlip(), T.Pad((1, 2, 3, 4))):
        for seed in range(5):
            torch.manual_seed(seed)
            cropped = transform(image)
            torch.manual_seed(seed)
            np.testing.assert_array_equal(T.PILToTensor()(cropped).numpy(), transform(x).numpy())


def test_gradients_flow_through_tensors():
    x = torch.rand(3, 8, 9, requires_grad=True, dtype=torch.float64)
    assert torch.autograd.gradcheck(
        lambda x: T.functional.resize(T.functional.rotate(x, 20.0, T.InterpolationMode.BILINEAR), [5, 5]), x
    )


def test_composed_transforms_print_line_by_line():
    composed = T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.25,))])
    assert repr(composed) == "Compose(\n    ToTensor()\n    Normalize(mean=(0.5,), std=(0.25,))\n)"
