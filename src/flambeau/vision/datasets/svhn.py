"""SVHN: house numbers from Street View in MATLAB files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

import flambeau as torch

from .arrays import ArrayDataset
from .reading import import_loadmat, reading
from .utils import download_url, failing, verify_str_arg
from .vision import CheckedDataset

_URL = "http://ufldl.stanford.edu/housenumbers/"


class SVHN(CheckedDataset, ArrayDataset):
    """Digits of house numbers, 32 x 32 pixels (http://ufldl.stanford.edu/housenumbers/).

    Args:
        root: the folder of `train_32x32.mat` and its like.
        split: "train", "test" or "extra".
        transform, target_transform, download: as of VisionDataset.

    Attributes: `data` (array of bytes: image, channel, row, column), `labels` (int64 array).

    Raises:
        ValueError: another split.
        RuntimeError: the file is not there, or not what it should be.
        ModuleNotFoundError: SciPy is not installed.
    """

    split_list = {
        "train": [f"{_URL}train_32x32.mat", "train_32x32.mat", "e26dedcc434d2e4c54c9b2d4a06d8373"],
        "test": [f"{_URL}test_32x32.mat", "test_32x32.mat", "eb5a983be6a315427106f1b164d9cef3"],
        "extra": [f"{_URL}extra_32x32.mat", "extra_32x32.mat", "a93ce644f1a588dc4d68dda5feec44a7"],
    }
    layout = (0, 1, 2, 3)
    _shown = "Split: {0.split}"

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform=None,
        target_transform=None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.split = verify_str_arg(split, "split", tuple(self.split_list))
        self.url, self.filename, self.file_md5 = self.split_list[split]
        self._provide(download)
        loadmat = import_loadmat()
        path = os.path.join(self.root, self.filename)
        with reading(path):
            content = loadmat(path)
        self.data = content["X"].transpose(3, 2, 0, 1)
        self.labels = content["y"].astype(np.int64).squeeze()
        self.labels[self.labels == 10] = 0  # the file counts the digit 0 as the tenth class

    def _target_at(self, index: int) -> int:
        return int(self.labels[index])

    def _targets_at(self, rows: np.ndarray):
        return torch.tensor(np.asarray(self.labels)[rows].astype(np.int64))

    def _failing(self) -> list[str]:
        return failing((os.path.join(self.root, self.filename), self.split_list[self.split][2]))

    def _fetch(self) -> None:
        download_url(self.url, self.root, self.filename, self.split_list[self.split][2])
