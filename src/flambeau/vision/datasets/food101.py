"""Food-101: photographs of dishes."""

from __future__ import annotations

import json
from pathlib import Path

from .files import FilesDataset, SplitDataset, numbered
from .reading import reading
from .utils import download_and_extract_archive
from .vision import missing


class Food101(SplitDataset, FilesDataset):
    """Dishes of 101 kinds (https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/), split in "train" and "test".

    Arguments and errors: as SplitDataset's.
    """

    _URL = "http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz"
    _MD5 = "85eeb15f3717b99a5da872d97d918f87"
    _SPLITS = ("train", "test")
    _shown = "split={0._split}"

    def _locate(self) -> None:
        self._base_folder = Path(self.root) / "food-101"
        self._meta_folder = self._base_folder / "meta"
        self._images_folder = self._base_folder / "images"

    def _failing(self) -> list[Path]:
        return missing(self._meta_folder, self._images_folder)

    def _fetch(self) -> None:
        download_and_extract_archive(self._URL, self.root, md5=self._MD5)

    def _index(self) -> None:
        path = self._meta_folder / f"{self._split}.json"
        with reading(path):
            listed = json.loads(path.read_text())
        self.classes = sorted(listed)
        self.class_to_idx = numbered(self.classes)
        self._labels = [self.class_to_idx[name] for name, files in listed.items() for _ in files]
        self._image_files = [self._images_folder / f"{file}.jpg" for files in listed.values() for file in files]
