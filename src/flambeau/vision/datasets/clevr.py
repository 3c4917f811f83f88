"""CLEVR: rendered scenes by the number of objects in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .files import FilesDataset, SplitDataset
from .reading import reading
from .utils import download_and_extract_archive
from .vision import NOT_FOUND_OR_CORRUPTED, missing


class CLEVRClassification(SplitDataset, FilesDataset):
    """Scenes with the number of their objects (https://cs.stanford.edu/people/jcjohns/clevr/).

    Arguments and errors: as SplitDataset's; the splits are "train", "val", and "test", whose targets are None.
    """

    _URL = "https://dl.fbaipublicfiles.com/clevr/CLEVR_v1.0.zip"
    _MD5 = "b11922020e72d0cd9154779b2d3d07d2"
    _NOT_FOUND = NOT_FOUND_OR_CORRUPTED
    _shown = "split={0._split}"
    _labels: list[Any]

    def _locate(self) -> None:
        self._base_folder = Path(self.root) / "clevr"
        self._data_folder = self._base_folder / "CLEVR_v1.0"

    def _failing(self) -> list[Path]:
        return missing(self._data_folder)

    def _fetch(self) -> None:
        download_and_extract_archive(self._URL, str(self._base_folder), md5=self._MD5)

    def _index(self) -> None:
        self._image_files = sorted(self._data_folder.joinpath("images", self._split).glob("*"))
        self._labels = [None] * len(self._image_files) if self._split == "test" else self._counts()

    def _counts(self) -> list[int]:
        path = self._data_folder / "scenes" / f"CLEVR_{self._split}_scenes.json"
        with reading(path):
            counts = {
                scene["image_filename"]: len(scene["objects"]) for scene in json.loads(path.read_text())["scenes"]
            }
            return [counts[file.name] for file in self._image_files]
