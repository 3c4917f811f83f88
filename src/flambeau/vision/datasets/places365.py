"""Places365: photographs of scenes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from .folder import default_loader
from .reading import reading
from .utils import check_integrity, download_and_extract_archive, verify_str_arg
from .vision import VisionDataset


class Places365(VisionDataset):
    """Scenes of 365 kinds (http://places2.csail.mit.edu/index.html).

    Args:
        root: the folder of the lists and of the images' folders.
        split: "train-standard", "train-challenge", "val" or "test", whose targets are None.
        small: images of 256 x 256 pixels instead of large ones.
        download, transform, target_transform, loader: as of VisionDataset.

    Raises:
        ValueError: another split.
        RuntimeError: a list is not there, or not what it should be.
    """

    _shown = "Split: {0.split}\nSmall: {0.small}"
    _SPLITS = ("train-standard", "train-challenge", "val", "test")
    _BASE_URL = "http://data.csail.mit.edu/places/places365/"
    _DEVKIT_META = {
        "standard": ("filelist_places365-standard.tar", "35a0585fee1fa656440f3ab298f8479c"),
        "challenge": ("filelist_places365-challenge.tar", "70a8307e459c3de41690a7c76c931734"),
    }
    _CATEGORIES_META = ("categories_places365.txt", "06c963b85866bd0649f97cb43dd16673")
    _FILE_LIST_META = {
        "train-standard": ("places365_train_standard.txt", "30f37515461640559006b8329efbed1a"),
        "train-challenge": ("places365_train_challenge.txt", "b2931dc997b8c33c27e7329c073a6b57"),
        "val": ("places365_val.txt", "e9f2fd57bfd9d07630173f4e8708e4b1"),
        "test": ("places365_test.txt", "2fce8233fe493576d724142e45d93653"),
    }
    _IMAGES_META = {
        ("train-standard", False): ("train_large_places365standard.tar", "67e186b496a84c929568076ed01a8aa1"),
        ("train-challenge", False): ("train_large_places365challenge.tar", "605f18e68e510c82b958664ea134545f"),
        ("val", False): ("val_large.tar", "9b71c4993ad89d2d8bcbdc4aef38042f"),
        ("test", False): ("test_large.tar", "41a4b6b724b1d2cd862fb3871ed59913"),
        ("train-standard", True): ("train_256_places365standard.tar", "53ca1c756c3d1e7809517cc47c5561c5"),
        ("train-challenge", True): ("train_256_places365challenge.tar", "741915038a5e3471ec7332404dfb64ef"),
        ("val", True): ("val_256.tar", "e27b17d8d44f4af9a78502beb927f808"),
        ("test", True): ("test_256.tar", "f532f6ad7b582262a2ec8009075e186b"),
    }

    def __init__(
        self,
        root: str | Path,
        split: str = "train-standard",
        small: bool = False,
        download: bool = False,
        transform=None,
        target_transform=None,
        loader=default_loader,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.split = verify_str_arg(split, "split", self._SPLITS)
        self.small = small
        self.loader = loader
        self.classes, self.class_to_idx = self.load_categories(download)
        self.imgs, self.targets = self.load_file_list(download)
        if download:
            self.download_images()

    def __len__(self) -> int:
        return len(self.imgs)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        file, target = self.imgs[index]
        return self._transformed_together(self.loader(file), target)

    @property
    def variant(self) -> str:
        """Which of the two collections the split belongs to."""
        return "challenge" if "challenge" in self.split else "standard"

    @property
    def images_dir(self) -> str:
        """The folder of the images."""
        size = "256" if self.small else "large"
        train = self.split.startswith("train")
        return os.path.join(self.root, f"data_{size}_{self.variant}" if train else f"{self.split}_{size}")

    def load_categories(self, download: bool = True) -> tuple[list[str], dict[str, int]]:
        """The names of the classes in order, and the number of each."""
        rows = self._rows(*self._CATEGORIES_META, download)
        numbers = {name: int(number) for name, number in rows}
        return sorted(numbers), numbers

    def load_file_list(self, download: bool = True) -> tuple[list[tuple[str, int | None]], list[int | None]]:
        """Pairs of the images' files and targets, and the targets alone."""
        rows = self._rows(*self._FILE_LIST_META[self.split], download)
        images = [(self._path(row[0]), int(row[1]) if len(row) > 1 else None) for row in rows]
        return images, [target for _, target in images]

    def _path(self, name: str) -> str:
        return os.path.join(self.images_dir, *name.lstrip("/").split("/"))

    def _rows(self, name: str, md5: str, download: bool) -> list[list[str]]:
        """The words of each line of a list, which is downloaded where it is not there."""
        path = os.path.join(self.root, name)
        if not check_integrity(path, md5):
            if not download:
                text = f"The file {path} does not exist or is corrupted. You can set download=True to download it."
                raise RuntimeError(text)
            self.download_devkit()
        with reading(path):
            return [line.split() for line in Path(path).read_text().splitlines()]

    def download_devkit(self) -> None:
        """Fetches the lists."""
        name, md5 = self._DEVKIT_META[self.variant]
        download_and_extract_archive(urljoin(self._BASE_URL, name), self.root, md5=md5)

    def download_images(self) -> None:
        """Fetches the images, unless their folder is there."""
        if os.path.exists(self.images_dir):
            return
        name, md5 = self._IMAGES_META[self.split, self.small]
        download_and_extract_archive(urljoin(self._BASE_URL, name), self.root, md5=md5)
        if self.split.startswith("train"):  # both collections' archives hold a folder of the same name
            os.rename(self.images_dir.rsplit("_", 1)[0], self.images_dir)
