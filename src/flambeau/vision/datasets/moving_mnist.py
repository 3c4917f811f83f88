"""Moving MNIST: films of two digits each, in a NumPy file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

import flambeau as torch

from .reading import reading
from .utils import download_url, verify_str_arg
from .vision import NOT_FOUND, DownloadedDataset, missing


class MovingMNIST(DownloadedDataset):
    """Films of twenty images, 64 x 64 pixels (http://www.cs.toronto.edu/~nitish/unsupervised_video/).

    Args:
        root: the folder of `MovingMNIST/mnist_test_seq.npy`.
        split: "train" (the first images of each film), "test" (the others) or None (all).
        split_ratio: how many images of a film are for training.
        download: fetch what is not there.
        transform: a function of a film, a tensor (images, 1, 64, 64) of bytes.

    Raises:
        ValueError, TypeError: another split or ratio.
        RuntimeError: the file is not there.
    """

    _URL = "http://www.cs.toronto.edu/~nitish/unsupervised_video/mnist_test_seq.npy"
    _NOT_FOUND = f"{NOT_FOUND}."

    def __init__(
        self,
        root: str | Path,
        split: str | None = None,
        split_ratio: int = 10,
        download: bool = False,
        transform=None,
    ) -> None:
        super().__init__(root, transform=transform)
        self._base_folder = os.path.join(self.root, type(self).__name__)
        self._filename = os.path.basename(self._URL)
        if split is not None:
            verify_str_arg(split, "split", ("train", "test"))
        self.split = split
        if not isinstance(split_ratio, int):
            raise TypeError(f"`split_ratio` should be an integer, but got {type(split_ratio)}")
        if not (1 <= split_ratio <= 19):
            raise ValueError(f"`split_ratio` should be `1 <= split_ratio <= 19`, but got {split_ratio} instead.")
        self.split_ratio = split_ratio
        self._provide(download)
        path = os.path.join(self._base_folder, self._filename)
        with reading(path):
            films = np.load(path)  # image, film, row, column
        part = {None: slice(None), "train": slice(split_ratio), "test": slice(split_ratio, None)}[split]
        self.data = torch.tensor(films[part].swapaxes(0, 1)[:, :, None])

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, idx: int):
        film = self.data[idx]
        return film if self.transform is None else self.transform(film)

    def _failing(self) -> list[str]:
        return missing(os.path.join(self._base_folder, self._filename))

    def _fetch(self) -> None:
        download_url(self._URL, self._base_folder, self._filename, md5="be083ec986bfe91a449d63653c411eb2")
