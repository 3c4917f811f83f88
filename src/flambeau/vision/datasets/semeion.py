"""SEMEION: handwritten digits of two tones, in a text file of numbers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .arrays import ArrayDataset
from .reading import reading
from .utils import download_url, failing
from .vision import CheckedDataset


class SEMEION(CheckedDataset, ArrayDataset):
    """Digits, 16 x 16 pixels, black on white (http://archive.ics.uci.edu/ml/datasets/semeion+handwritten+digit).

    Args:
        root: the folder of `semeion.data`.
        transform, target_transform, download: as of VisionDataset.

    Attributes: `data` (array of bytes), `labels` (array).

    Raises:
        RuntimeError: the file is not there, or not what it should be.
    """

    url = "http://archive.ics.uci.edu/ml/machine-learning-databases/semeion/semeion.data"
    filename = "semeion.data"
    md5_checksum = "cb545d371d2ce14ec121470795a77432"

    def __init__(self, root: str | Path, transform=None, target_transform=None, download: bool = True) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._provide(download)
        path = os.path.join(self.root, self.filename)
        with reading(path):
            numbers = np.loadtxt(path)
        self.data = (numbers[:, :256] * 255).astype(np.uint8).reshape(-1, 16, 16)
        self.labels = np.nonzero(numbers[:, 256:])[1]  # one column for each digit

    def _target_at(self, index: int) -> int:
        return int(self.labels[index])

    def _failing(self) -> list[str]:
        return failing((os.path.join(self.root, self.filename), self.md5_checksum))

    def _fetch(self) -> None:
        download_url(self.url, self.root, self.filename, self.md5_checksum)
