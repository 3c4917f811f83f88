"""SUN397: photographs of scenes."""

from __future__ import annotations

from pathlib import Path

from .files import FilesDataset, numbered
from .folder import default_loader
from .utils import download_and_extract_archive
from .vision import NOT_FOUND, not_found


class SUN397(FilesDataset):
    """Scenes of 397 kinds (https://vision.princeton.edu/projects/2010/SUN/).

    Args:
        root: the folder of `SUN397`.
        transform: a function of a PIL image.
        target_transform: a function of a class's number.
        download: fetch what is not there.
        loader: makes an image of a path.

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
        if download:
            self._download()
        if not self._check_exists():
            raise not_found(NOT_FOUND, self._data_dir)
        lines = (self._data_dir / "ClassName.txt").read_text().splitlines()
        self.classes = [line.strip()[3:] for line in lines]  # after the folder of its first letter: /a/abbey
        self.class_to_idx = numbered(self.classes)
        self._image_files = list(self._data_dir.rglob("sun_*.jpg"))
        self._labels = [self.class_to_idx[self._class_of(file)] for file in self._image_files]
        self.loader = loader

    def _class_of(self, file: Path) -> str:
        return "/".join(file.relative_to(self._data_dir).parts[1:-1])

    def _check_exists(self) -> bool:
        return self._data_dir.is_dir()

    def _download(self) -> None:
        if not self._check_exists():
            download_and_extract_archive(self._DATASET_URL, self.root, md5=self._DATASET_MD5)
