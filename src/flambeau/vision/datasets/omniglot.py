"""Omniglot: handwritten characters of fifty alphabets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .reading import read_image
from .utils import download_and_extract_archive, failing, list_dir, list_files
from .vision import CheckedDataset


class Omniglot(CheckedDataset):
    """Characters, twenty images of each (https://github.com/brendenlake/omniglot).

    Args:
        root: the folder of `omniglot-py`.
        background: the thirty alphabets to learn from, or the twenty to judge with.
        transform, target_transform, download: as of VisionDataset.
        loader: makes an image of a path; grey images by default.

    Raises:
        RuntimeError: the archive is not there, or not what it should be.
    """

    folder = "omniglot-py"
    download_url_prefix = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python"
    zips_md5 = {
        "images_background": "68d2efa1b9178cc56df9314c21c6e718",
        "images_evaluation": "6b91aef0f799c5bb55b94e3f2daec811",
    }

    def __init__(
        self,
        root: str | Path,
        background: bool = True,
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=None,
    ) -> None:
        super().__init__(os.path.join(root, self.folder), transform=transform, target_transform=target_transform)
        self.background = background
        self._provide(download)
        self.target_folder = os.path.join(self.root, self._get_target_folder())
        self._alphabets = list_dir(self.target_folder)
        self._characters = [
            os.path.join(alphabet, character)
            for alphabet in self._alphabets
            for character in list_dir(os.path.join(self.target_folder, alphabet))
        ]
        self._character_images = [
            [(image, i) for image in list_files(os.path.join(self.target_folder, character), ".png")]
            for i, character in enumerate(self._characters)
        ]
        self._flat_character_images = [pair for pairs in self._character_images for pair in pairs]
        self.loader = loader

    def __len__(self) -> int:
        return len(self._flat_character_images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        name, character = self._flat_character_images[index]
        path = os.path.join(self.target_folder, self._characters[character], name)
        return self._transformed(read_image(path, "L") if self.loader is None else self.loader(path), character)

    def _failing(self) -> list[str]:
        name = self._get_target_folder()
        return failing((os.path.join(self.root, f"{name}.zip"), self.zips_md5[name]))

    def _fetch(self) -> None:
        name = self._get_target_folder()
        url = f"{self.download_url_prefix}/{name}.zip"
        download_and_extract_archive(url, self.root, filename=f"{name}.zip", md5=self.zips_md5[name])

    def _get_target_folder(self) -> str:
        return "images_background" if self.background else "images_evaluation"
