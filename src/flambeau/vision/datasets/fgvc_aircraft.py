"""FGVC Aircraft: aircraft by variant, family or manufacturer."""

from __future__ import annotations

import os
from pathlib import Path

from .files import FilesDataset, numbered
from .folder import default_loader
from .reading import reading
from .utils import download_and_extract_archive, verify_str_arg
from .vision import DownloadedDataset, missing


class FGVCAircraft(DownloadedDataset, FilesDataset):
    """Aircraft (https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/).

    Args:
        root: the folder of `fgvc-aircraft-2013b`.
        split: "train", "val", "trainval" or "test".
        annotation_level: "variant" (100 classes), "family" (70) or "manufacturer" (41).
        transform, target_transform, download, loader: as of VisionDataset.

    Raises:
        ValueError: another split or level.
        RuntimeError: the files are not there.
    """

    _URL = "https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/archives/fgvc-aircraft-2013b.tar.gz"
    _LEVELS = {"variant": "variants.txt", "family": "families.txt", "manufacturer": "manufacturers.txt"}

    def __init__(
        self,
        root: str | Path,
        split: str = "trainval",
        annotation_level: str = "variant",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._split = verify_str_arg(split, "split", ("train", "val", "trainval", "test"))
        self._annotation_level = verify_str_arg(annotation_level, "annotation_level", tuple(self._LEVELS))
        self._data_path = os.path.join(self.root, "fgvc-aircraft-2013b")
        self._provide(download)
        self.classes = self._lines(self._LEVELS[annotation_level])
        self.class_to_idx = numbered(self.classes)
        table = f"images_{annotation_level}_{split}.txt"
        with reading(table):
            rows = [line.split(" ", 1) for line in self._lines(table)]
            self._labels = [self.class_to_idx[name] for _, name in rows]
        self._image_files = [os.path.join(self._data_path, "data", "images", f"{image}.jpg") for image, _ in rows]
        self.loader = loader

    def _lines(self, name: str) -> list[str]:
        with open(os.path.join(self._data_path, "data", name)) as file:
            return [line.strip() for line in file]

    def _failing(self) -> list[str]:
        return missing(self._data_path)

    def _fetch(self) -> None:
        download_and_extract_archive(self._URL, self.root)
