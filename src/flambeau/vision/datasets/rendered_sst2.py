"""Rendered SST2: sentences as images, by whether they praise."""

from __future__ import annotations

from pathlib import Path

from .files import SamplesDataset, SplitDataset, numbered
from .folder import make_dataset
from .utils import download_and_extract_archive
from .vision import missing


class RenderedSST2(SplitDataset, SamplesDataset):
    """Sentences as images (https://github.com/openai/CLIP/blob/main/data/rendered-sst2.md).

    Arguments and errors: as SplitDataset's; the splits are "train", "val" and "test".
    """

    _URL = "https://openaipublic.azureedge.net/clip/data/rendered-sst2.tgz"
    _MD5 = "2384d08e9dcfa4bd55b324e610496ee5"
    _shown = "split={0._split}"

    def _locate(self) -> None:
        self._split_to_folder = {"train": "train", "val": "valid", "test": "test"}
        self._base_folder = Path(self.root) / "rendered-sst2"
        self._images = self._base_folder / self._split_to_folder[self._split]
        self.classes = ["negative", "positive"]
        self.class_to_idx = numbered(self.classes)

    def _failing(self) -> list[Path]:
        return missing(*(self._images / name for name in self.classes))

    def _fetch(self) -> None:
        download_and_extract_archive(self._URL, self.root, md5=self._MD5)

    def _index(self) -> None:
        self._samples = make_dataset(str(self._images), extensions=("png",))
