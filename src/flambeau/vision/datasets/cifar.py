"""CIFAR: small colour images in pickled batches."""

from __future__ import annotations

import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np

from .arrays import ArrayDataset
from .reading import reading
from .utils import check_integrity, download_and_extract_archive, failing
from .vision import NOT_FOUND_OR_CORRUPTED, CheckedDataset, not_found


class CIFAR10(CheckedDataset, ArrayDataset):
    """Colour images of ten classes, 32 x 32 pixels (https://www.cs.toronto.edu/~kriz/cifar.html).

    Args:
        root: the folder of `cifar-10-batches-py`.
        train: the 50,000 images for training, or the 10,000 for tests.
        transform, target_transform, download: as of VisionDataset.

    Attributes: `data` (array of bytes: image, row, column, channel), `targets` (list), `classes`, `class_to_idx`.

    Raises:
        RuntimeError: the files are not there, or not what they should be.
    """

    base_folder = "cifar-10-batches-py"
    url = "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz"
    filename = "cifar-10-python.tar.gz"
    tgz_md5 = "c58f30108f718f92721af3b95e74349a"
    train_list = [
        ["data_batch_1", "c99cafc152244af753f735de768cd75f"],
        ["data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"],
        ["data_batch_3", "54ebc095f3ab1f0389bbae665268c751"],
        ["data_batch_4", "634d18415352ddfa80567beed471001a"],
        ["data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"],
    ]
    test_list = [["test_batch", "40351d587109b95175f43aff81a1287e"]]
    meta = {"filename": "batches.meta", "key": "label_names", "md5": "5ff9c542aee3614f3951f8cda6e48888"}
    layout = (0, 3, 1, 2)

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
        self._provide(download)
        self._load_batches(self.train_list if train else self.test_list)
        self._load_meta()

    def _load_batches(self, files) -> None:
        batches: list[np.ndarray] = []
        self.targets: list[int] = []
        for name, _ in files:
            batch = _unpickled(os.path.join(self.root, self.base_folder, name))
            batches.append(batch["data"])
            self.targets.extend(batch["labels"] if "labels" in batch else batch["fine_labels"])
        self.data: Any = np.vstack(batches).reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)

    def _load_meta(self) -> None:
        path = os.path.join(self.root, self.base_folder, self.meta["filename"])
        if not check_integrity(path, self.meta["md5"]):
            raise not_found(f"Dataset metadata file{NOT_FOUND_OR_CORRUPTED.removeprefix('Dataset')}", path)
        self.classes = _unpickled(path)[self.meta["key"]]
        self.class_to_idx = {name: i for i, name in enumerate(self.classes)}

    def _target_at(self, index: int):
        return self.targets[index]

    def _failing(self) -> list[str]:
        folder = os.path.join(self.root, self.base_folder)
        return failing(*((os.path.join(folder, name), md5) for name, md5 in self.train_list + self.test_list))

    def _fetch(self) -> None:
        download_and_extract_archive(self.url, self.root, filename=self.filename, md5=self.tgz_md5)

    def extra_repr(self) -> str:
        return f"Split: {'Train' if self.train is True else 'Test'}"


class CIFAR100(CIFAR10):
    """Colour images of a hundred classes, 32 x 32 pixels. Arguments: as CIFAR10's."""

    base_folder = "cifar-100-python"
    url = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"
    filename = "cifar-100-python.tar.gz"
    tgz_md5 = "eb9058c3a382ffc7106e4002c42a8d85"
    train_list = [["train", "16019d7e3df5f24257cddd939b257f8d"]]
    test_list = [["test", "f0ef6b0ae62326f3e7ffdfab6717acfc"]]
    meta = {"filename": "meta", "key": "fine_label_names", "md5": "7973b15100ade9c7d40fb424638fde48"}


def _unpickled(path: str) -> dict:
    with reading(path), open(path, "rb") as file:
        return pickle.load(file, encoding="latin1")
