"""Imagenette: ten classes of ImageNet that are easy to tell apart."""

from __future__ import annotations

from pathlib import Path

from .files import SamplesDataset
from .folder import default_loader, find_classes, make_dataset
from .utils import download_and_extract_archive, verify_str_arg
from .vision import NOT_FOUND, DownloadedDataset, missing

_URL = "https://s3.amazonaws.com/fast-ai-imageclas/"


class Imagenette(DownloadedDataset, SamplesDataset):
    """Images of ten classes (https://github.com/fastai/imagenette#imagenette-1).

    Args:
        root: the folder of `imagenette2` and its like.
        split: "train" or "val".
        size: "full", "320px" or "160px".
        transform, target_transform, download, loader: as of VisionDataset.

    Raises:
        ValueError: another split or size.
        RuntimeError: the files are not there.
    """

    _ARCHIVES = {
        "full": (f"{_URL}imagenette2.tgz", "fe2fc210e6bb7c5664d602c3cd71e612"),
        "320px": (f"{_URL}imagenette2-320.tgz", "3df6f0d01a2c9592104656642f5e78a3"),
        "160px": (f"{_URL}imagenette2-160.tgz", "e793b78cc4c9e9a4ccc0c1155377a412"),
    }
    _NOT_FOUND = f"{NOT_FOUND}."
    _WNID_TO_CLASS = {
        "n01440764": ("tench", "Tinca tinca"),
        "n02102040": ("English springer", "English springer spaniel"),
        "n02979186": ("cassette player",),
        "n03000684": ("chain saw", "chainsaw"),
        "n03028079": ("church", "church building"),
        "n03394916": ("French horn", "horn"),
        "n03417042": ("garbage truck", "dustcart"),
        "n03425413": ("gas pump", "gasoline pump", "petrol pump", "island dispenser"),
        "n03445777": ("golf ball",),
        "n03888257": ("parachute", "chute"),
    }

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        size: str = "full",
        download=False,
        transform=None,
        target_transform=None,
        loader=default_loader,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._split = verify_str_arg(split, "split", ["train", "val"])
        self._size = verify_str_arg(size, "size", ["full", "320px", "160px"])
        self._url, self._md5 = self._ARCHIVES[self._size]
        self._size_root = Path(self.root) / Path(self._url).stem
        self._image_root = str(self._size_root / self._split)
        self._provide(download)
        self.wnids, self.wnid_to_idx = find_classes(self._image_root)
        self.classes = [self._WNID_TO_CLASS[wnid] for wnid in self.wnids]
        self.class_to_idx = {name: i for i, names in enumerate(self.classes) for name in names}
        self._samples = make_dataset(self._image_root, self.wnid_to_idx, extensions=".jpeg")
        self.loader = loader

    def _failing(self) -> list[Path]:
        return missing(self._size_root)

    def _fetch(self) -> None:
        download_and_extract_archive(self._url, self.root, md5=self._md5)
