"""DTD: textures described by words."""

from __future__ import annotations

from pathlib import Path

from .files import FilesDataset, numbered
from .folder import default_loader
from .reading import reading
from .utils import download_and_extract_archive, verify_str_arg
from .vision import DownloadedDataset, missing


class DTD(DownloadedDataset, FilesDataset):
    """Textures of 47 kinds (https://www.robots.ox.ac.uk/~vgg/data/dtd/).

    Args:
        root: the folder of `dtd`.
        split: "train", "val" or "test".
        partition: which of ten ways to split, 1 to 10.
        transform, target_transform, download, loader: as of VisionDataset.

    Raises:
        ValueError: another split, or a partition that is no whole number.
        RuntimeError: the files are not there.
    """

    _URL = "https://www.robots.ox.ac.uk/~vgg/data/dtd/download/dtd-r1.0.1.tar.gz"
    _MD5 = "fff73e5086ae6bdbea199a49dfb8a4c1"
    _shown = "split={0._split}, partition={0._partition}"

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        partition: int = 1,
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        self._split = verify_str_arg(split, "split", ("train", "val", "test"))
        if not isinstance(partition, int) and not (1 <= partition <= 10):
            raise ValueError(
                f"Parameter 'partition' should be an integer with `1 <= partition <= 10`, but got {partition} instead"
            )
        self._partition = partition
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._base_folder = Path(self.root) / type(self).__name__.lower()
        self._data_folder = self._base_folder / "dtd"
        self._meta_folder = self._data_folder / "labels"
        self._images_folder = self._data_folder / "images"
        self._provide(download)
        path = self._meta_folder / f"{split}{partition}.txt"
        with reading(path):
            rows = [line.strip().split("/") for line in path.read_text().splitlines()]
            classes = [name for name, _ in rows]
        self.classes = sorted(set(classes))
        self.class_to_idx = numbered(self.classes)
        self._labels = [self.class_to_idx[name] for name in classes]
        self._image_files = [self._images_folder.joinpath(*row) for row in rows]
        self.loader = loader

    def _failing(self) -> list[Path]:
        return missing(self._data_folder)

    def _fetch(self) -> None:
        download_and_extract_archive(self._URL, str(self._base_folder), md5=self._MD5)
