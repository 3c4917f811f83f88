"""SUN397: photographs of scenes."""

from __future__ import annotations

from pathlib import Path

from .files import FilesDataset, numbered
from .folder import default_loader
from .utils import download_and_extract_archive
from .vision import DownloadedDataset, missing


class SUN397(DownloadedDataset, FilesDataset):
    """Scenes of 397 kinds (https://vision.princeton.edu/projects/2010/SUN/).

    Args:
        root: the folder of `SUN397`.
        transform, target_transform, download, loader: as of VisionDataset.

    Raises:
        RuntimeError: the files are not there.
    """

    _DATASET_URL = "http://vision.princeton.edu/projects/2010/SUN/SUN397.tar.gz"
    _DATASET_MD5 = "8ca2778205c41d23104230ba66911c7a"

    def __init__(
        self, root: str | Path, transform=None, target_transform=None, download: bool = False, loader=default_loader
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._data_dir = Path(self.root) / "SUN397"
        self._provide(download)
        lines = (self._data_dir / "ClassName.txt").read_text().splitlines()
        self.classes = [line.strip()[3:] for line in lines]  # after the folder of its first letter: /a/abbey
        self.class_to_idx = numbered(self.classes)
        self._image_files = list(self._data_dir.rglob("sun_*.jpg"))
        self._labels = [self.class_to_idx[self._class_of(file)] for file in self._image_files]
        self.loader = loader

    def _class_of(self, file: Path) -> str:
        return "/".join(file.relative_to(self._data_dir).parts[1:-1])

    def _failing(self) -> list[Path]:
        return missing(self._data_dir)

    def _fetch(self) -> None:
        download_and_extract_archive(self._DATASET_URL, self.root, md5=self._DATASET_MD5)
