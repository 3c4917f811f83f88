"""Country211: photographs by the country in which they were taken."""

from __future__ import annotations

from pathlib import Path

from .folder import ImageFolder, default_loader
from .utils import download_and_extract_archive, verify_str_arg
from .vision import DownloadedDataset, missing


class Country211(DownloadedDataset, ImageFolder):
    """Photographs from 211 countries (https://github.com/openai/CLIP/blob/main/data/country211.md).

    Args:
        root: the folder of `country211`.
        split: "train", "valid" or "test".
        transform, target_transform, download, loader: as of VisionDataset.

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
        self._provide(download)
        images = str(self._base_folder / split)
        super().__init__(images, transform=transform, target_transform=target_transform, loader=loader)
        self.root = str(folder)

    def _failing(self) -> list[Path]:
        return missing(self._base_folder)

    def _fetch(self) -> None:
        download_and_extract_archive(self._URL, self.root, md5=self._MD5)
