"""Datasets of image files with one label each, which differ in where the files and the labels are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .vision import VisionDataset


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


def numbered(classes: list[str]) -> dict[str, int]:
    """The number of each class."""
    return {name: i for i, name in enumerate(classes)}
