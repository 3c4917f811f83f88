"""CLEVR: rendered scenes by the number of objects in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .files import FilesDataset
from .folder import default_loader
from .reading import reading
from .utils import download_and_extract_archive, verify_str_arg
from .vision import NOT_FOUND_OR_CORRUPTED, not_found


class CLEVRClassification(FilesDataset):
    """Scenes with the number of their objects (https://cs.stanford.edu/people/jcjohns/clevr/).

    Args:
        root: the folder of `clevr`.
        split: "train", "val" or "test", whose targets are None.
        transform: a function of a PIL image.
        target_transform: a function of a target.
        download: fetch what is not there.
        loader: makes an image of a path.

    Raises:
        ValueError: another split.
        RuntimeError: the files are not there.
    """

    _URL = "https://dl.fbaipublicfiles.com/clevr/CLEVR_v1.0.zip"
    _MD5 = "b11922020e72d0cd9154779b2d3d07d2"
    _labels: list[Any]

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        self._split = verify_str_arg(split, "split", ("train", "val", "test"))
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.loader = loader
        self._base_folder = Path(self.root) / "clevr"
        self._data_folder = self._base_folder / "CLEVR_v1.0"
        if download:
            self._download()
        if not self._check_exists():
            raise not_found(NOT_FOUND_OR_CORRUPTED, self._data_folder)
        self._image_files = sorted(self._data_folder.joinpath("images", split).glob("*"))
        self._labels = [None] * len(self._image_files) if split == "test" else self._counts()

    def _counts(self) -> list[int]:
        path = self._data_folder / "scenes" / f"CLEVR_{self._split}_scenes.json"
        with reading(path):
            counts = {
                scene["image_filename"]: len(scene["objects"]) for scene in json.loads(path.read_text())["scenes"]
            }
            return [counts[file.name] for file in self._image_files]

    def _check_exists(self) -> bool:
        return self._data_folder.is_dir()

    def _download(self) -> None:
        if not self._check_exists():
            download_and_extract_archive(self._URL, str(self._base_folder), md5=self._MD5)

    def extra_repr(self) -> str:
        return f"split={self._split}"
