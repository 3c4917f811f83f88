"""KITTI: streets seen from a car, with boxes around what is on them."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from .reading import open_image, reading
from .utils import download_and_extract_archive
from .vision import DownloadedDataset, missing


class Kitti(DownloadedDataset):
    """Streets with lists of objects (http://www.cvlibs.net/datasets/kitti/eval_object.php?obj_benchmark).

    Args:
        root: the folder of `Kitti/raw`.
        train: the images for training, with targets, or those for tests, whose targets are None.
        transform, target_transform, transforms, download: as of VisionDataset.

    Raises:
        RuntimeError: the files are not there.
    """

    data_url = "https://s3.eu-central-1.amazonaws.com/avg-kitti/"
    resources = ["data_object_image_2.zip", "data_object_label_2.zip"]
    image_dir_name = "image_2"
    labels_dir_name = "label_2"
    _NOT_FOUND = "Dataset not found. You may use download=True to download it."

    def __init__(
        self,
        root: str | Path,
        train: bool = True,
        transform=None,
        target_transform=None,
        transforms=None,
        download: bool = False,
    ):
        super().__init__(root, transform=transform, target_transform=target_transform, transforms=transforms)
        self.train = train
        self._location = "training" if train else "testing"
        self._provide(download)
        folder = self._folder(self.image_dir_name)
        names = os.listdir(folder)
        self.images = [os.path.join(folder, name) for name in names]
        labels = self._folder(self.labels_dir_name)
        self.targets = [os.path.join(labels, f"{name.split('.')[0]}.txt") for name in names] if train else []

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        target = self._parse_target(index) if self.train else None
        return self._transformed_together(open_image(self.images[index]), target)

    def _parse_target(self, index: int) -> list[dict[str, Any]]:
        path = self.targets[index]
        with reading(path), open(path) as file:
            return [_object(row) for row in csv.reader(file, delimiter=" ")]

    @property
    def _raw_folder(self) -> str:
        return os.path.join(self.root, type(self).__name__, "raw")

    def _folder(self, kind: str) -> str:
        return os.path.join(self._raw_folder, self._location, kind)

    def _failing(self) -> list[str]:
        kinds = [self.image_dir_name, *([self.labels_dir_name] if self.train else [])]
        return missing(*map(self._folder, kinds))

    def _fetch(self) -> None:
        for name in self.resources:
            download_and_extract_archive(f"{self.data_url}{name}", self._raw_folder, filename=name)


def _object(row: list[str]) -> dict[str, Any]:
    """What a line says of an object."""
    return {
        "type": row[0],
        "truncated": float(row[1]),
        "occluded": int(row[2]),
        "alpha": float(row[3]),
        "bbox": [float(x) for x in row[4:8]],
        "dimensions": [float(x) for x in row[8:11]],
        "location": [float(x) for x in row[11:14]],
        "rotation_y": float(row[14]),
    }
