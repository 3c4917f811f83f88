"""EuroSAT: the land seen from a satellite."""

from __future__ import annotations

import os
from pathlib import Path

from .folder import ImageFolder, default_loader
from .utils import download_and_extract_archive
from .vision import DownloadedDataset, missing

_URL = "https://huggingface.co/datasets/torchgeo/eurosat/resolve/c877bcd43f099cd0196738f714544e355477f3fd/EuroSAT.zip"


class EuroSAT(DownloadedDataset, ImageFolder):
    """Land of ten uses, 64 x 64 pixels (https://github.com/phelber/eurosat).

    Args:
        root: the folder of `eurosat/2750`.
        transform, target_transform, download, loader: as of VisionDataset.

    Raises:
        RuntimeError: the files are not there.
    """

    def __init__(
        self,
        root: str | Path,
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        self.root = os.path.expanduser(root)
        self._base_folder = os.path.join(self.root, "eurosat")
        self._data_folder = os.path.join(self._base_folder, "2750")
        self._provide(download)
        super().__init__(self._data_folder, transform=transform, target_transform=target_transform, loader=loader)
        self.root = os.path.expanduser(root)

    def _failing(self) -> list[str]:
        return missing(self._data_folder)

    def _fetch(self) -> None:
        download_and_extract_archive(_URL, self._base_folder, md5="c8fa014336c82ac7804f0398fcb19387")
