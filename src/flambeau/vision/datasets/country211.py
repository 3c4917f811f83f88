"""Country211: photographs by the country in which they were taken."""

from __future__ import annotations

from pathlib import Path

from .folder import ImageFolder, default_loader
from .utils import download_and_extract_archive, verify_str_arg
from .vision import NOT_FOUND, not_found


class Country211(ImageFolder):
    """Photographs from 211 countries (https://github.com/openai/CLIP/blob/main/data/country211.md).

    Args:
        root: the folder of `country211`.
        split: "train", "valid" or "test".
        transform: a function of a PIL image.
        target_transform: a function of a class's number.
        download: fetch what is not there.
        loader: makes an image of a path.

    Raises:
        ValueError: another split.
        RuntimeError: the files are not there.
    """

    _URL = "https://openaipublic.azureedge.net/clip/data/country211.tgz"
    _MD5 = "84988d7644798601126c29e9877aab6a"

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        self._split = verify_str_arg(split, "split", ("train", "valid", "test"))
        folder = Path(root).expanduser()
        self.root = str(folder)
        self._base_folder = folder / "country211"
        if download:
            self._download()
        if not self._check_exists():
            raise not_found(NOT_FOUND, self._base_folder)
        images = str(self._base_folder / split)
        super().__init__(images, transform=transform, target_transform=target_transform, loader=loader)
        self.root = str(folder)

    def _check_exists(self) -> bool:
        return self._base_folder.is_dir()

    def _download(self) -> None:
        if not self._check_exists():
            download_and_extract_archive(self._URL, self.root, md5=self._MD5)
