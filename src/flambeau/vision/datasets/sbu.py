"""SBU: photographs with one caption each, downloaded one by one from where they were published."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from .folder import default_loader
from .utils import download_and_extract_archive, download_url, failing
from .vision import CheckedDataset


class SBU(CheckedDataset):
    """Photographs with captions (http://www.cs.virginia.edu/~vicente/sbucaptions/).

    Args:
        root: the folder of the archive and of `dataset`.
        transform, target_transform: as of VisionDataset.
        download: fetch what is not there; photographs that are gone are left out.
        loader: makes an image of a path.

    Attributes: `photos` (names of files), `captions`.

    Raises:
        RuntimeError: the archive is not there, or not what it should be.
    """

    url = "https://www.cs.rice.edu/~vo9/sbucaptions/SBUCaptionedPhotoDataset.tar.gz"
    filename = "SBUCaptionedPhotoDataset.tar.gz"
    md5_checksum = "9aec147b3488753cf758b4d493422285"

    def __init__(
        self, root: str | Path, transform=None, target_transform=None, download: bool = True, loader=default_loader
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.loader = loader
        self._provide(download)
        pairs = zip(self._lines("urls"), self._lines("captions"))
        named = [(os.path.basename(url), caption) for url, caption in pairs]
        there = [(name, caption) for name, caption in named if os.path.exists(self._path(name))]
        self.photos = [name for name, _ in there]
        self.captions = [caption for _, caption in there]

    def _path(self, name: str) -> str:
        return os.path.join(self.root, "dataset", name)

    def _lines(self, kind: str) -> list[str]:
        with open(self._path(f"SBU_captioned_photo_dataset_{kind}.txt")) as file:
            return [line.rstrip() for line in file]

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(self.loader(self._path(self.photos[index])), self.captions[index])

    def _failing(self) -> list[str]:
        return failing((os.path.join(self.root, self.filename), self.md5_checksum))

    def _fetch(self) -> None:
        """Fetches the lists, and the photographs that are still where they were."""
        download_and_extract_archive(self.url, self.root, self.root, self.filename, self.md5_checksum)
        for url in self._lines("urls"):
            with suppress(OSError):
                download_url(url, os.path.join(self.root, "dataset"))
