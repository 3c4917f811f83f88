"""Datasets of image files with one label each, which differ in where the files and the labels are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .folder import default_loader
from .utils import verify_str_arg
from .vision import DownloadedDataset, VisionDataset


class FilesDataset(VisionDataset):
    """Image i is in the file `_image_files[i]` and has the label `_labels[i]`; `loader` makes an image of a path."""

    loader: Callable[[str | Path], Any]
    _image_files: list[Any]
    _labels: list[int]

    def __len__(self) -> int:
        return len(self._image_files)

    def __getitem__(self, idx: int) -> tuple[Any, Any]:
        return self._transformed(self.loader(self._image_files[idx]), self._labels[idx])


class SamplesDataset(VisionDataset):
    """`_samples` are pairs of a file and its label; `loader` makes an image of a path."""

    loader: Callable[[str], Any]
    _samples: list[tuple[str, int]]

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, idx: int) -> tuple[Any, Any]:
        path, target = self._samples[idx]
        return self._transformed(self.loader(path), target)


class SplitDataset(DownloadedDataset):
    """A downloaded dataset of splits, which says where its files lie (`_locate`) and what is in a split (`_index`).

    Args:
        root: the folder of the dataset's folder.
        split: one of `_SPLITS`.
        transform, target_transform, download, loader: as of VisionDataset.

    Raises:
        ValueError: another split.
        RuntimeError: the files are not there, or not what they should be.
    """

    _SPLITS: tuple[str, ...] = ("train", "val", "test")

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._split = verify_str_arg(split, "split", self._SPLITS)
        self.loader = loader
        self._locate()
        self._provide(download)
        self._index()

    def _locate(self) -> None:
        raise NotImplementedError

    def _index(self) -> None:
        raise NotImplementedError


def numbered(classes: list[str]) -> dict[str, int]:
    """The number of each class."""
    return {name: i for i, name in enumerate(classes)}
