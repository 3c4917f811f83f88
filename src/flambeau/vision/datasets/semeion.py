"""SEMEION: handwritten digits of two tones, in a text file of numbers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from .arrays import ArrayDataset
from .reading import reading
from .utils import check_integrity, download_url
from .vision import NOT_FOUND_OR_CORRUPTED, not_found


class SEMEION(ArrayDataset):
    """Digits, 16 x 16 pixels, black on white (http://archive.ics.uci.edu/ml/datasets/semeion+handwritten+digit).

    Args:
        root: the folder of `semeion.data`.
        transform: a function of a PIL image.
        target_transform: a function of a digit.
        download: fetch what is not there.

    Attributes: `data` (array of bytes), `labels` (array).

    Raises:
        RuntimeError: the file is not there, or not what it should be.
    """

    url = "http://archive.ics.uci.edu/ml/machine-learning-databases/semeion/semeion.data"
    filename = "semeion.data"
    md5_checksum = "cb545d371d2ce14ec121470795a77432"

    def __init__(self, root: str | Path, transform=None, target_transform=None, download: bool = True) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        if download:
            self.download()
        if not self._check_integrity():
            raise not_found(NOT_FOUND_OR_CORRUPTED, os.path.join(self.root, self.filename))
        path = os.path.join(self.root, self.filename)
        with reading(path):
            numbers = np.loadtxt(path)
        self.data = (numbers[:, :256] * 255).astype(np.uint8).reshape(-1, 16, 16)
        self.labels = np.nonzero(numbers[:, 256:])[1]  # one column for each digit

    def _target_at(self, index: int) -> int:
        return int(self.labels[index])

    def _check_integrity(self) -> bool:
        return check_integrity(os.path.join(self.root, self.filename), self.md5_checksum)

    def download(self) -> None:
        """Fetches the file, unless it is there."""
        if not self._check_integrity():
            download_url(self.url, self.root, self.filename, self.md5_checksum)
