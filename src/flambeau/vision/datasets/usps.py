"""USPS: handwritten digits from envelopes, in a text file of numbers."""

from __future__ import annotations

import bz2
import os
from pathlib import Path

import numpy as np

from .arrays import ArrayDataset
from .reading import reading
from .utils import download_url

_URL = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"


class USPS(ArrayDataset):
    """Digits, 16 x 16 pixels, grey (https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass.html#usps).

    Args:
        root: the folder of `usps.bz2` and `usps.t.bz2`.
        train: the images for training, or those for tests.
        transform, target_transform, download: as of VisionDataset.

    Attributes: `data` (array of bytes), `targets` (list).

    Raises:
        FileNotFoundError: the file is not there.
    """

    split_list = {
        "train": [f"{_URL}usps.bz2", "usps.bz2", "ec16c51db3855ca6c91edd34d0e9b197"],
        "test": [f"{_URL}usps.t.bz2", "usps.t.bz2", "8ea070ee2aca1ac39742fdd1ef5ed118"],
    }

    def __init__(
        self, root: str | Path, train: bool = True, transform=None, target_transform=None, download: bool = False
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        url, name, md5 = self.split_list["train" if train else "test"]
        path = os.path.join(self.root, name)
        if download and not os.path.exists(path):
            download_url(url, self.root, name, md5=md5)
        with reading(path), bz2.open(path, "rt") as file:
            rows = [line.split() for line in file]  # digit + 1, then place:number for each pixel
            numbers = [[pixel.rpartition(":")[2] for pixel in row[1:]] for row in rows]
            pixels = np.asarray(numbers, np.float32).reshape(-1, 16, 16)
            self.targets = [int(row[0]) - 1 for row in rows]
        self.data = ((pixels + 1) / 2 * 255).astype(np.uint8)

    def _target_at(self, index: int) -> int:
        return int(self.targets[index])
