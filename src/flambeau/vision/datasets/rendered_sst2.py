"""Rendered SST2: sentences as images, by whether they praise."""

from __future__ import annotations

from pathlib import Path

from .files import SamplesDataset, numbered
from .folder import default_loader, make_dataset
from .utils import download_and_extract_archive, verify_str_arg
from .vision import NOT_FOUND, not_found


class RenderedSST2(SamplesDataset):
    """Sentences as images (https://github.com/openai/CLIP/blob/main/data/rendered-sst2.md).

    Args:
        root: the folder of `rendered-sst2`.
        split: "train", "val" or "test".
        transform: a function of a PIL image.
        target_transform: a function of a class's number.
        download: fetch what is not there.
        loader: makes an image of a path.

    Raises:
        ValueError: another split.
        RuntimeError: the files are not there.
    """

    _URL = "https://openaipublic.azureedge.net/clip/data/rendered-sst2.tgz"
    _MD5 = "2384d08e9dcfa4bd55b324e610496ee5"

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform=None,
        target_transform=None,
        download: bool = False,
        loader=default_loader,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._split = verify_str_arg(split, "split", ("train", "val", "test"))
        self._split_to_folder = {"train": "train", "val": "valid", "test": "test"}
        self._base_folder = Path(self.root) / "rendered-sst2"
        self._images = self._base_folder / self._split_to_folder[split]
        self.classes = ["negative", "positive"]
        self.class_to_idx = numbered(self.classes)
        if download:
            self._download()
        if not self._check_exists():
            raise not_found(NOT_FOUND, *(self._images / name for name in self.classes))
        self._samples = make_dataset(str(self._images), extensions=("png",))
        self.loader = loader

    def extra_repr(self) -> str:
        return f"split={self._split}"

    def _check_exists(self) -> bool:
        return all((self._images / name).is_dir() for name in self.classes)

    def _download(self) -> None:
        if not self._check_exists():
            download_and_extract_archive(self._URL, self.root, md5=self._MD5)
