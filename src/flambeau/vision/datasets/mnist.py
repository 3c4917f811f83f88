"""MNIST and the datasets in its format: files of big-endian arrays with a header (IDX)."""

from __future__ import annotations

import os
import shutil
import string
import warnings
from pathlib import Path
from typing import Any
from urllib.error import URLError

import numpy as np

import flambeau as torch

from ...errors import add_note
from .arrays import ArrayDataset
from .reading import reading
from .utils import check_integrity, download_and_extract_archive, extract_archive, failing, verify_str_arg
from .vision import DownloadedDataset

_TRAIN_AND_TEST = (
    "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)  # fmt: skip
_DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def _resources(*checksums: str) -> list[tuple[str, str]]:
    return list(zip(_TRAIN_AND_TEST, checksums))


class MNIST(DownloadedDataset, ArrayDataset):
    """Handwritten digits, 28 x 28 pixels, grey (http://yann.lecun.com/exdb/mnist/).

    Args:
        root: the folder of `MNIST/raw/train-images-idx3-ubyte` and its like.
        train: the 60,000 images for training, or the 10,000 for tests.
        transform, target_transform, download: as of VisionDataset.

    Attributes: `data` (uint8 tensor), `targets` (int64 tensor), `classes`, `class_to_idx`.

    Raises:
        RuntimeError: the files are not there, or cannot be downloaded.
    """

    mirrors = ["https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"]
    resources: Any = _resources(
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    )
    training_file = "training.pt"
    test_file = "test.pt"
    classes = [f"{digit} - {name}" for digit, name in enumerate(_DIGITS)]

    def __init__(
        self,
        root: str | Path,
        train: bool = True,
        transform=None,
        target_transform=None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.train = train
        if self._check_legacy_exist():
            self.data, self.targets = self._load_legacy_data()
            return
        self._provide(download)
        self.data, self.targets = self._load_data()

    def _check_legacy_exist(self) -> bool:
        """Whether the folder holds the tensor files that torchvision once wrote."""
        files = (os.path.join(self.processed_folder, name) for name in (self.training_file, self.test_file))
        return all(check_integrity(file) for file in files)

    def _load_legacy_data(self):
        file = self.training_file if self.train else self.test_file
        return torch.load(os.path.join(self.processed_folder, file), weights_only=True)

    def _load_data(self):
        return read_image_file(self._raw_file("images-idx3-ubyte")), read_label_file(
            self._raw_file("labels-idx1-ubyte")
        )

    def _raw_file(self, kind: str) -> str:
        return os.path.join(self.raw_folder, f"{'train' if self.train else 't10k'}-{kind}")

    def _target_at(self, index: int) -> int:
        return int(self.targets[index])

    def _targets_at(self, rows: np.ndarray):
        if not isinstance(self.targets, torch.Tensor) or self.targets.dtype != torch.int64 or self.targets.ndim != 1:
            return super()._targets_at(rows)
        return torch.tensor(self.targets.numpy()[rows])

    @property
    def raw_folder(self) -> str:
        """The folder of the files as they are downloaded."""
        return os.path.join(self.root, type(self).__name__, "raw")

    @property
    def processed_folder(self) -> str:
        """The folder of tensor files, where there is one."""
        return os.path.join(self.root, type(self).__name__, "processed")

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class."""
        return {name: i for i, name in enumerate(self.classes)}

    def _files(self) -> list[str]:
        """The files that must be there."""
        return self._unpacked(self.resources)

    def _unpacked(self, resources) -> list[str]:
        names = (os.path.splitext(os.path.basename(url))[0] for url, _ in resources)
        return [os.path.join(self.raw_folder, name) for name in names]

    def _failing(self) -> list[str]:
        return failing(*((file, None) for file in self._files()))

    def _fetch(self) -> None:
        """Fetches the files, each from the first mirror that has it."""
        os.makedirs(self.raw_folder, exist_ok=True)
        for filename, md5 in self.resources:
            self._download_from_mirrors(filename, md5)

    def _download_from_mirrors(self, filename: str, md5: str) -> None:
        failures = []
        for mirror in self.mirrors:
            try:
                return download_and_extract_archive(mirror + filename, self.raw_folder, filename=filename, md5=md5)
            except (RuntimeError, URLError) as error:
                failures.append(f"Tried {mirror}, got:\n{error}\n")
        error = RuntimeError("".join([f"Error downloading {filename}:\n", *failures]))
        add_note(error, f"{filename} put in {self.raw_folder} by hand is used as if it were downloaded.")
        raise error

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train is True else 'Test'}"


def _renamed(old: str, new: str) -> property:
    def get(self):
        warnings.warn(f"{old} has been renamed {new}", stacklevel=2)
        return getattr(self, new)

    return property(get)


for _kind in ("train", "test"):
    setattr(MNIST, f"{_kind}_labels", _renamed(f"{_kind}_labels", "targets"))
    setattr(MNIST, f"{_kind}_data", _renamed(f"{_kind}_data", "data"))


class FashionMNIST(MNIST):
    """Clothes in MNIST's format (https://github.com/zalandoresearch/fashion-mnist). Arguments: as MNIST's."""

    mirrors = ["http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"]
    resources = _resources(
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    )
    classes = ["T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]


class KMNIST(MNIST):
    """Cursive Japanese letters in MNIST's format (https://github.com/rois-codh/kmnist). Arguments: as MNIST's."""

    mirrors = ["http://codh.rois.ac.jp/kmnist/dataset/kmnist/"]
    resources = _resources(
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    )
    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]


_CHARACTERS = sorted(string.digits + string.ascii_letters)
_MERGED = sorted(set(_CHARACTERS) - set("cijklmopsuvwxyz"))  # letters alike in both sizes are one class


class _OfTwoFiles(MNIST):
    """A dataset of one file of images and one of labels, `_files()`."""

    @property
    def images_file(self) -> str:
        """The file of the images."""
        return self._files()[0]

    @property
    def labels_file(self) -> str:
        """The file of the labels."""
        return self._files()[1]


class EMNIST(_OfTwoFiles):
    """Handwritten letters and digits (https://www.nist.gov/itl/products-and-services/emnist-dataset).

    Args:
        root: the folder of `EMNIST/raw`.
        split: "byclass", "bymerge", "balanced", "letters", "digits" or "mnist".
        kwargs: as MNIST's arguments.

    Raises:
        ValueError: another split.
    """

    url = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"
    md5 = "58c8d27c78d21e728a6bc7b3cc06412e"
    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict = {
        "byclass": _CHARACTERS,
        "bymerge": _MERGED,
        "balanced": _MERGED,
        "letters": ["N/A", *string.ascii_lowercase],
        "digits": list(string.digits),
        "mnist": list(string.digits),
    }

    def __init__(self, root: str | Path, split: str, **kwargs: Any) -> None:
        self.split = verify_str_arg(split, "split", self.splits)
        self.training_file, self.test_file = f"training_{split}.pt", f"test_{split}.pt"
        super().__init__(root, **kwargs)
        self.classes = self.classes_split_dict[self.split]

    def _raw_file(self, kind: str) -> str:
        return os.path.join(self.raw_folder, f"emnist-{self.split}-{'train' if self.train else 'test'}-{kind}")

    def _files(self) -> list[str]:
        return [self._raw_file("images-idx3-ubyte"), self._raw_file("labels-idx1-ubyte")]

    def _fetch(self) -> None:
        """Fetches the archive of all splits."""
        os.makedirs(self.raw_folder, exist_ok=True)
        download_and_extract_archive(self.url, self.raw_folder, md5=self.md5)
        folder = os.path.join(self.raw_folder, "gzip")
        for name in os.listdir(folder):
            if name.endswith(".gz"):
                extract_archive(os.path.join(folder, name), self.raw_folder)
        shutil.rmtree(folder)


_QMNIST = "https://raw.githubusercontent.com/facebookresearch/qmnist/master/"


class QMNIST(_OfTwoFiles):
    """MNIST made anew from NIST's digits, with where each comes from (https://github.com/facebookresearch/qmnist).

    Args:
        root: the folder of `QMNIST/raw`.
        what: "train", "test", "test10k", "test50k" or "nist"; by default what `train` says.
        compat: whether a target is the digit alone, or a vector of all that is known of the image.
        train: the images for training, or those for tests.
        kwargs: as MNIST's other arguments.

    Raises:
        ValueError: another `what`.
    """

    subsets = {"train": "train", "test": "test", "test10k": "test", "test50k": "test", "nist": "nist"}
    resources = {
        "train": [
            (f"{_QMNIST}qmnist-train-images-idx3-ubyte.gz", "ed72d4157d28c017586c42bc6afe6370"),
            (f"{_QMNIST}qmnist-train-labels-idx2-int.gz", "0058f8dd561b90ffdd0f734c6a30e5e4"),
        ],
        "test": [
            (f"{_QMNIST}qmnist-test-images-idx3-ubyte.gz", "1394631089c404de565df7b7aeaf9412"),
            (f"{_QMNIST}qmnist-test-labels-idx2-int.gz", "5b5b05890a5e13444e108efe57b788aa"),
        ],
        "nist": [
            (f"{_QMNIST}xnist-images-idx3-ubyte.xz", "7f124b3b8ab81486c9d8c2749c17f834"),
            (f"{_QMNIST}xnist-labels-idx2-int.xz", "5ed0e788978e45d4a8bd4b7caec3d79d"),
        ],
    }
    _PARTS = {"test10k": slice(10000), "test50k": slice(10000, None)}

    def __init__(
        self, root: str | Path, what: str | None = None, compat: bool = True, train: bool = True, **kwargs: Any
    ) -> None:
        if what is None:
            what = "train" if train else "test"
        self.what = verify_str_arg(what, "what", tuple(self.subsets))
        self.compat = compat
        self.data_file = self.training_file = self.test_file = f"{what}.pt"
        super().__init__(root, train, **kwargs)

    def _files(self) -> list[str]:
        return self._unpacked(self.resources[self.subsets[self.what]])

    def _load_data(self):
        data = read_sn3_pascalvincent_tensor(self.images_file)
        with reading(self.images_file):
            _check_array("data", data, 3)
        targets = read_sn3_pascalvincent_tensor(self.labels_file).long()
        if targets.ndim != 2:
            raise ValueError(f"targets should have 2 dimensions instead of {targets.ndim}")
        part = self._PARTS.get(self.what)
        return (data, targets) if part is None else (data[part].clone(), targets[part].clone())

    def _fetch(self) -> None:
        """Fetches the two files of what was asked for."""
        os.makedirs(self.raw_folder, exist_ok=True)
        for url, md5 in self.resources[self.subsets[self.what]]:
            download_and_extract_archive(url, self.raw_folder, md5=md5)

    def _target_at(self, index: int):
        target = self.targets[index]
        return int(target[0]) if self.compat else target

    def extra_repr(self) -> str:
        return f"Split: {self.what}"


# The element types of IDX files by their number.
_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_sn3_pascalvincent_tensor(path: str, strict: bool = True):
    """The array in an IDX file as a tensor.

    Args:
        path: the file.
        strict: whether the file may hold no more elements than its header says.

    Raises:
        AssertionError: the header is none, or (strict) the numbers of elements differ.
        RuntimeError: the numbers of elements differ.
    """
    with reading(path), open(path, "rb") as file:
        content = file.read()
        kind, ndim = divmod(int.from_bytes(content[:4], "big"), 256)
        assert 1 <= ndim <= 3
        assert 8 <= kind <= 14
        start = 4 * (ndim + 1)
        shape = np.frombuffer(content[4:start], ">u4").tolist()
        numbers = np.frombuffer(content, _TYPES[kind], offset=start)
        assert len(numbers) == np.prod(shape) or not strict
        return torch.tensor(numbers.astype(numbers.dtype.newbyteorder("="))).view(*shape)


def _check_array(name: str, x, ndim: int, wanted: str = "dimensions") -> None:
    if x.dtype != torch.uint8:
        raise TypeError(f"{name} should be of dtype torch.uint8 instead of {x.dtype}")
    if x.ndim != ndim:
        raise ValueError(f"{name} should have {ndim} {wanted} instead of {x.ndim}")


def read_label_file(path: str):
    """The labels in an IDX file, int64. TypeError or ValueError where they are not a vector of bytes."""
    x = read_sn3_pascalvincent_tensor(path, strict=False)
    with reading(path):
        _check_array("x", x, 1, "dimension")
    return x.long()


def read_image_file(path: str):
    """The images in an IDX file, uint8. TypeError or ValueError where they are not grey images of bytes."""
    x = read_sn3_pascalvincent_tensor(path, strict=False)
    with reading(path):
        _check_array("x", x, 3, "dimension")
    return x
