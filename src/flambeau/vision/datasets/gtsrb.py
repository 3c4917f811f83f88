"""GTSRB: German traffic signs."""

from __future__ import annotations

import csv
from pathlib import Path

from .files import SamplesDataset
from .folder import make_dataset, pil_loader
from .reading import reading
from .utils import download_and_extract_archive, verify_str_arg
from .vision import DownloadedDataset, missing

_URL = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"


class GTSRB(DownloadedDataset, SamplesDataset):
    """Traffic signs of 43 kinds (https://benchmark.ini.rub.de/).

    Args:
        root: the folder of `gtsrb`.
        split: "train" or "test".
        transform, target_transform, download: as of VisionDataset.

    Raises:
        ValueError: another split.
        RuntimeError: the files are not there.
    """

    _ARCHIVES = {
        "train": [("GTSRB-Training_fixed.zip", "513f3c79a4c5141765e10e952eaa2478")],
        "test": [
            ("GTSRB_Final_Test_Images.zip", "c7e4e6327067d32654124b0fe9e82185"),
            ("GTSRB_Final_Test_GT.zip", "fe31e9c9270bbcd7b84b7f21a9d9d9e5"),
        ],
    }
    loader = staticmethod(pil_loader)

    def __init__(
        self, root: str | Path, split: str = "train", transform=None, target_transform=None, download: bool = False
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self._split = verify_str_arg(split, "split", ("train", "test"))
        self._base_folder = Path(root) / "gtsrb"
        self._target_folder = self._base_folder / "GTSRB" / ("Training" if split == "train" else "Final_Test/Images")
        self._provide(download)
        self._samples = (
            make_dataset(str(self._target_folder), extensions=(".ppm",)) if split == "train" else self._table()
        )

    def _table(self) -> list[tuple[str, int]]:
        path = self._base_folder / "GT-final_test.csv"
        with reading(path), open(path) as file:
            rows = csv.DictReader(file, delimiter=";", skipinitialspace=True)
            return [(str(self._target_folder / row["Filename"]), int(row["ClassId"])) for row in rows]

    def _failing(self) -> list[Path]:
        return missing(self._target_folder)

    def _fetch(self) -> None:
        for name, md5 in self._ARCHIVES[self._split]:
            download_and_extract_archive(_URL + name, str(self._base_folder), md5=md5)
