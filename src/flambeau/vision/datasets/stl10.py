"""STL10: few labelled and many unlabelled images in binary files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .arrays import ArrayDataset
from .reading import reading
from .utils import download_and_extract_archive, failing, verify_str_arg
from .vision import CheckedDataset


class STL10(CheckedDataset, ArrayDataset):
    """Colour images of ten classes, 96 x 96 pixels (https://cs.stanford.edu/~acoates/stl10/).

    Args:
        root: the folder of `stl10_binary`.
        split: "train", "test", "unlabeled" or "train+unlabeled"; a target without a label is -1.
        folds: one of the ten folds of 1,000 images for training; all by default.
        transform, target_transform, download: as of VisionDataset.

    Attributes: `data` (array of bytes: image, channel, row, column), `labels` (array), `classes`.

    Raises:
        ValueError: another split or fold.
        RuntimeError: the files are not there, or not what they should be.
    """

    base_folder = "stl10_binary"
    url = "http://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz"
    filename = "stl10_binary.tar.gz"
    tgz_md5 = "91f7769df0f17e558f3565bffb0c7dfb"
    class_names_file = "class_names.txt"
    folds_list_file = "fold_indices.txt"
    train_list = [
        ["train_X.bin", "918c2871b30a85fa023e0c44e0bee87f"],
        ["train_y.bin", "5a34089d4802c674881badbb80307741"],
        ["unlabeled_X.bin", "5242ba1fed5e4be9e1e742405eb56ca4"],
    ]
    test_list = [
        ["test_X.bin", "7f263ba9f9e0b06b93213547f721ac82"],
        ["test_y.bin", "36f9794fa4beb8a2c72628de14fa638e"],
    ]
    splits = ("train", "train+unlabeled", "unlabeled", "test")
    layout = (0, 1, 2, 3)
    _shown = "Split: {0.split}"

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        folds: int | None = None,
        transform=None,
        target_transform=None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.split = verify_str_arg(split, "split", self.splits)
        self.folds = self._verify_folds(folds)
        self._provide(download)
        self._load()
        names = self._path(self.class_names_file)
        if os.path.isfile(names):
            self.classes = Path(names).read_text().splitlines()

    def _verify_folds(self, folds: int | None) -> int | None:
        if folds is None or (isinstance(folds, int) and folds in range(10)):
            return folds
        if isinstance(folds, int):
            raise ValueError(f"Value for argument folds should be in the range [0, 10), but got {folds}.")
        raise ValueError(f"Expected type None or int for argument folds, but got type {type(folds)}.")

    def _load(self) -> None:
        if self.split == "test":
            self.data, self.labels = self._images_in("test_X.bin"), self._labels_in("test_y.bin")
            return
        parts = []
        if self.split.startswith("train"):
            chosen = self._fold()
            parts.append((self._images_in("train_X.bin")[chosen], self._labels_in("train_y.bin")[chosen]))
        if self.split.endswith("unlabeled"):
            images = self._images_in("unlabeled_X.bin")
            parts.append((images, np.full(len(images), -1)))
        images, labels = zip(*parts)
        self.data = images[0] if len(parts) == 1 else np.concatenate(images)
        self.labels = labels[0] if len(parts) == 1 else np.concatenate(labels)

    def _fold(self):
        """The rows of the chosen fold."""
        if self.folds is None:
            return slice(None)
        path = self._path(self.folds_list_file)
        with reading(path):
            return np.array(Path(path).read_text().splitlines()[self.folds].split(), np.int64)

    def _images_in(self, name: str) -> np.ndarray:
        with reading(self._path(name)):
            columns_first = np.fromfile(self._path(name), np.uint8).reshape(-1, 3, 96, 96)
        return columns_first.transpose(0, 1, 3, 2)

    def _labels_in(self, name: str) -> np.ndarray:
        with reading(self._path(name)):
            return np.fromfile(self._path(name), np.uint8) - 1

    def _path(self, name: str) -> str:
        return os.path.join(self.root, self.base_folder, name)

    def _target_at(self, index: int) -> int | None:
        return None if self.labels is None else int(self.labels[index])

    def _failing(self) -> list[str]:
        return failing(*((self._path(name), md5) for name, md5 in self.train_list + self.test_list))

    def _fetch(self) -> None:
        download_and_extract_archive(self.url, self.root, filename=self.filename, md5=self.tgz_md5)
