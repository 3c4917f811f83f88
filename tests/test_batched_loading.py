"""Batches that are fetched and transformed as one array: the bits and the random numbers of samples one by one."""

import dataset_files as files
import numpy as np
import pytest

import flambeau as fl

pytest.importorskip("PIL")

from flambeau.utils.data import DataLoader, Subset, random_split
from flambeau.vision import datasets
from flambeau.vision import transforms as T
from flambeau.vision.transforms import v2


@pytest.fixture(scope="module")
def grey(tmp_path_factory):
    root = tmp_path_factory.mktemp("grey")
    files.mnist(root, sizes=(("train", 40), ("t10k", 3)))
    return datasets.MNIST(root)


@pytest.fixture(scope="module")
def colour(tmp_path_factory):
    root = tmp_path_factory.mktemp("colour")
    return files.cifar(root, datasets.CIFAR10)(root)


def batches(dataset, transform, one_by_one=False, **options):
    """An epoch of batches, and a number drawn after it."""
    dataset.transform = transform
    if one_by_one:
        dataset = _Plain(dataset)
    fl.manual_seed(5)
    loaded = [[part.clone() for part in batch] for batch in DataLoader(dataset, 6, **options)]
    return loaded, fl.rand(1).item()


class _Plain(fl.utils.data.Dataset):
    """The samples of a dataset, one by one."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, index):
        return self.dataset[index]


def is_fetched_whole(dataset, transform):
    dataset.transform = transform
    return dataset.fetch_batch(fl.arange(4).numpy()) is not None


def check(dataset, transform, whole=True, **options):
    assert is_fetched_whole(dataset, transform) == whole
    (ours, next_number), (expected, expected_number) = (
        batches(dataset, transform, one_by_one, **options) for one_by_one in (False, True)
    )
    assert next_number == expected_number and len(ours) == len(expected)
    for batch, wanted in zip(ours, expected):
        for part, right in zip(batch, wanted):
            assert part.dtype == right.dtype and part.shape == right.shape and fl.equal(part, right)
            assert part.is_contiguous() and type(part) is type(right)


NORMALIZE = T.Normalize((0.5, 0.4, 0.3), (0.2, 0.3, 0.25))
CHAINS = {
    "ToTensor": [T.ToTensor()],
    "normalised": [T.ToTensor(), NORMALIZE],
    "one deviation": [T.ToTensor(), T.Normalize([0.1307], [0.3081])],
    "arrays of numbers": [T.ToTensor(), T.Normalize(np.array([0.1, 0.2, 0.3]), fl.tensor([0.3, 1e-42, 0.2]))],
    "bytes": [T.PILToTensor()],
    "converted": [T.PILToTensor(), T.ConvertImageDtype(fl.float32)],
    "augmented": [T.RandomCrop(32, padding=4), T.RandomHorizontalFlip(), T.ToTensor(), NORMALIZE],
    "tensors augmented": [T.ToTensor(), T.RandomVerticalFlip(0.3), T.RandomCrop((20, 24), padding=(1, 2))],
    "reflected": [T.RandomCrop(30, padding=(1, 2, 3, 4), padding_mode="reflect"), T.ToTensor()],
    "as large": [T.RandomCrop(32), T.ToTensor()],
    "grown": [T.RandomCrop((34, 40), pad_if_needed=True, fill=7), T.RandomHorizontalFlip(0.1), T.ToTensor()],
    "bordered": [T.Pad((1, 2), fill=(3, 4, 5)), T.CenterCrop((31, 30)), T.ToTensor()],
    "grey": [T.Grayscale(), T.ToTensor()],
    "grey thrice": [T.Grayscale(3), T.RandomHorizontalFlip(1.0), T.ToTensor(), NORMALIZE],
    "resized": [T.Resize((15, 18)), T.RandomHorizontalFlip(), T.ToTensor(), NORMALIZE],
    "two chains": [T.Compose([T.RandomHorizontalFlip()]), T.Compose([T.ToTensor(), NORMALIZE])],
}

AS_FLOATS = [v2.ToImage(), v2.ToDtype(fl.float32, scale=True)]
SECOND_CHAINS = {
    "floats": AS_FLOATS,
    "normalised": [*AS_FLOATS, v2.Normalize([0.5, 0.4, 0.3], [0.2, 0.3, 0.25])],
    "unscaled": [v2.PILToTensor(), v2.ToDtype(fl.float32), v2.ToPureTensor()],
    "augmented": [v2.RandomCrop(32, padding=4), v2.RandomHorizontalFlip(0.4), *AS_FLOATS],
    "images augmented": [*AS_FLOATS, v2.RandomCrop((20, 32), padding=(1, 2, 3, 4)), v2.RandomVerticalFlip()],
    "one direction": [v2.RandomCrop((32, 20)), v2.RandomHorizontalFlip(), v2.PILToTensor()],
    "grown": [v2.RandomCrop((40, 30), padding=1, pad_if_needed=True, padding_mode="reflect"), *AS_FLOATS],
    "bordered": [v2.Pad([1, 2], fill=(3, 4, 5)), v2.CenterCrop([31, 30]), *AS_FLOATS],
    "grey": [v2.Grayscale(3), v2.Resize(20), *AS_FLOATS],
    "longest edge": [v2.Resize(None, max_size=16), *AS_FLOATS],
    "converted": [v2.ToImage(), v2.ConvertImageDtype(fl.float32)],
}


@pytest.mark.parametrize("name", SECOND_CHAINS)
def test_second_transforms(colour, name):
    check(colour, v2.Compose(SECOND_CHAINS[name]), shuffle=True)


@pytest.mark.parametrize(
    "chain",
    [
        [v2.ToDtype(fl.float32), v2.ToImage()],
        [v2.ToImage(), v2.ToDtype({fl.vision.tv_tensors.Image: fl.float32}, scale=True)],
        [v2.ToImage(), v2.RandomPhotometricDistort()],
        [v2.ToImage(), v2.Resize(20)],
    ],
)
def test_second_transforms_one_by_one(colour, chain):
    check(colour, v2.Compose(chain), whole=False)


@pytest.mark.parametrize("name", CHAINS)
@pytest.mark.parametrize("options", [{}, {"shuffle": True, "drop_last": True}])
def test_colour_images(colour, name, options):
    check(colour, T.Compose(CHAINS[name]), **options)


@pytest.mark.parametrize(
    "transform",
    [
        T.ToTensor(),
        T.Compose([T.ToTensor(), T.Normalize((0.1307,), (0.3081,))]),
        T.Compose([T.Resize(32), T.RandomCrop(28, padding=2, fill=9), T.ToTensor()]),
        T.Compose([T.Grayscale(3), T.ToTensor(), NORMALIZE]),
        T.Compose([T.Pad(2, padding_mode="symmetric"), T.RandomVerticalFlip(), T.PILToTensor()]),
    ],
)
def test_grey_images(grey, transform):
    check(grey, transform, shuffle=True)


def test_subsets(grey):
    first, second = random_split(grey, [0.7, 0.3])
    grey.transform = T.Compose([T.RandomCrop(28, padding=1), T.ToTensor()])
    for part in (first, Subset(second, [3, 1, 2, 0])):
        fl.manual_seed(2)
        ours = list(DataLoader(part, 5, shuffle=True))
        fl.manual_seed(2)
        expected = list(DataLoader(_Plain(part), 5, shuffle=True))
        assert all(fl.equal(a, b) for batch, wanted in zip(ours, expected) for a, b in zip(batch, wanted))


def test_in_workers(colour):
    colour.transform = T.Compose([T.RandomCrop(32, padding=4), T.RandomHorizontalFlip(), T.ToTensor()])
    loaded = []
    for dataset in (colour, _Plain(colour)):
        fl.manual_seed(4)
        loaded.append(list(DataLoader(dataset, 9, shuffle=True, num_workers=2, timeout=60)))
    assert all(fl.equal(a, b) for batch, wanted in zip(*loaded) for a, b in zip(batch, wanted))


def test_other_datasets_in_memory(tmp_path):
    pytest.importorskip("scipy")
    for make, name in ((files.svhn, "SVHN"), (files.stl10, "STL10"), (files.semeion, "SEMEION")):
        dataset = make(tmp_path, getattr(datasets, name))(tmp_path)
        check(dataset, T.Compose([T.RandomHorizontalFlip(), T.RandomCrop(14), T.ToTensor()]), shuffle=True)
    files.usps(tmp_path)
    check(datasets.USPS(tmp_path), T.ToTensor())
    files.qmnist(tmp_path)
    for compat in (True, False):
        check(datasets.QMNIST(tmp_path, compat=compat), T.ToTensor())


class Darker(T.ToTensor):
    """A script's own transform, which is one of ours but for what it does to an image."""

    def __call__(self, image):
        return super().__call__(image) / 2


def hooked():
    crop = T.RandomCrop(32)
    crop.register_forward_hook(lambda module, args, result: result.transpose(0))
    return crop


@pytest.mark.parametrize(
    "chain",
    [
        [Darker()],
        [T.ToTensor(), T.Lambda(lambda image: image * 2)],
        [T.ToTensor(), T.RandomErasing()],
        [T.ColorJitter(0.2), T.ToTensor()],
        [T.RandomApply([T.RandomHorizontalFlip()]), T.ToTensor()],
        [hooked(), T.ToTensor()],
    ],
    ids=["subclass", "function", "erasing", "jitter", "sometimes", "hook"],
)
def test_what_must_see_images_one_by_one(colour, chain):
    check(colour, T.Compose(chain), whole=False)


def test_changes_by_the_script(grey, tmp_path):
    files.mnist(tmp_path)
    dataset = datasets.MNIST(tmp_path, transform=T.ToTensor())
    dataset.targets = dataset.targets.tolist()
    check(dataset, dataset.transform)
    dataset.data = dataset.data[3:].clone()
    check(dataset, dataset.transform)
    dataset.target_transform = lambda target: target + 1
    check(dataset, dataset.transform, whole=False)

    files.mnist(tmp_path, "Odd")

    class Odd(datasets.MNIST):
        def __getitem__(self, index):
            image, target = super().__getitem__(index)
            return image, 2 * target + 1

    images, targets = next(iter(DataLoader(Odd(tmp_path, transform=T.ToTensor()), 12)))
    assert (targets % 2 == 1).all() and images.shape == (12, 1, 28, 28)


def test_errors_are_those_of_samples(colour):
    colour.transform = T.Compose([T.RandomCrop(40), T.ToTensor()])
    with pytest.raises(ValueError, match="Required crop size"):
        next(iter(DataLoader(colour, 4)))
    colour.transform = T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.0,))])
    with pytest.raises(ValueError, match="std evaluated to zero"):
        next(iter(DataLoader(colour, 4)))
    colour.transform = None
    with pytest.raises(TypeError, match="default_collate: batch must contain"):
        next(iter(DataLoader(colour, 4)))


def test_batches_may_be_written_to(grey):
    grey.transform = T.PILToTensor()
    before = grey.data.clone()
    for images, _ in DataLoader(grey, 8):
        images.zero_()
    assert fl.equal(grey.data, before)


def test_another_default_dtype(colour):
    try:
        fl.set_default_dtype(fl.float64)
        check(colour, T.Compose([T.RandomHorizontalFlip(), T.ToTensor()]), whole=False)
    finally:
        fl.set_default_dtype(fl.float32)
