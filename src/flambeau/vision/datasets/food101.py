"""Food-101: photographs of dishes."""

from __future__ import annotations

import json
from pathlib import Path

from .files import FilesDataset, numbered
from .folder import default_loader
from .reading import reading
from .utils import download_and_extract_archive, verify_str_arg
from .vision import NOT_FOUND, not_found


class Food101(FilesDataset):
    """Dishes of 101 kinds (https://data.vision.ee.ethz.ch/cvl/datasets_extra/food-101/).

    Args:
        root: the folder of `food-101`.
        split: "train" or "test".
        transform: a function of a PIL image.
        target_transform: a function of a class's number.
        download: fetch what is not there.
        loader: makes an image of a path.

    Raises:
        ValueError: another split.
        RuntimeError: the files are not there.
    """

    _URL = "http://data.vision.ee.ethz.ch/cvl/food-101.tar.gz"
    _MD5 = "85eeb15f3717b99a5da872d97d918f87"

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
        self._split = verify_str_arg(split, "split", ("train", "test"))
        self._base_folder = Path(self.root) / "food-101"
        self._meta_folder = self._base_folder / "meta"
        self._images_folder = self._base_folder / "images"
        if download:
            self._download()
        if not self._check_exists():
            raise not_found(NOT_FOUND, self._meta_folder, self._images_folder)
        path = self._meta_folder / f"{split}.json"
        with reading(path):
            listed = json.loads(path.read_text())
        self.classes = sorted(listed)
        self.class_to_idx = numbered(self.classes)
        self._labels = [self.class_to_idx[name] for name, files in listed.items() for _ in files]
        self._image_files = [self._images_folder / f"{file}.jpg" for files in listed.values() for file in files]
        self.loader = loader

    def extra_repr(self) -> str:
        return f"split={self._split}"

    def _check_exists(self) -> bool:
        return self._meta_folder.is_dir() and self._images_folder.is_dir()

    def _download(self) -> None:
        if not self._check_exists():
            download_and_extract_archive(self._URL, self.root, md5=self._MD5)
