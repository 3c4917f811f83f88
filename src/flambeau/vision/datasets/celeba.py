"""CelebA: faces of celebrities with attributes, identities, boxes and landmarks."""

from __future__ import annotations

import csv
import os
from collections import namedtuple
from pathlib import Path
from typing import Any

import flambeau as torch

from .reading import open_image, reading
from .utils import download_file_from_google_drive, extract_archive, failing, verify_str_arg
from .vision import CheckedDataset, missing

CSV = namedtuple("CSV", ["header", "index", "data"])
"""A table: the names of its columns, the names of its rows, and its numbers as a tensor."""


class CelebA(CheckedDataset):
    """Faces of celebrities (http://mmlab.ie.cuhk.edu.hk/projects/CelebA.html).

    Args:
        root: the folder of `celeba`.
        split: "train", "valid", "test" or "all".
        target_type: "attr" (40 attributes, 0 or 1), "identity", "bbox" (x, y, width, height), "landmarks" (five
            points), or a list of them; none gives targets None.
        transform, target_transform: as of VisionDataset.
        download: fetch what is not there, from Google Drive.

    Raises:
        ValueError: another split, or (when a sample is asked for) another target type.
        RuntimeError: the files are not there or not what they should be; `target_transform` without a target.
    """

    base_folder = "celeba"
    file_list = [
        ("0B7EVK8r0v71pZjFTYXZWM3FlRnM", "00d2c5bc6d35e252742224ab0c1e8fcb", "img_align_celeba.zip"),
        ("0B7EVK8r0v71pblRyaVFSWGxPY0U", "75e246fa4810816ffd6ee81facbd244c", "list_attr_celeba.txt"),
        ("1_ee_0u7vcNLOfNLegJRHmolfH5ICW-XS", "32bd1bd63d3c78cd57e08160ec5ed1e2", "identity_CelebA.txt"),
        ("0B7EVK8r0v71pbThiMVRxWXZ4dU0", "00566efa6fedff7a56946cd1c10f1c16", "list_bbox_celeba.txt"),
        ("0B7EVK8r0v71pd0FJY3Blby1HUTQ", "cc24ecafdb5b50baae59b03474781f8c", "list_landmarks_align_celeba.txt"),
        ("0B7EVK8r0v71pY0NSMzRuSXJEVkk", "d32c9cbf5e040fd4025c592c306e6668", "list_eval_partition.txt"),
    ]
    _shown = "Target type: {0.target_type}\nSplit: {0.split}"
    _SPLITS = {"train": 0, "valid": 1, "test": 2, "all": None}

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        target_type: list[str] | str = "attr",
        transform=None,
        target_transform=None,
        download: bool = False,
    ) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        self.split = split
        self.target_type = target_type if isinstance(target_type, list) else [target_type]
        if not self.target_type and self.target_transform is not None:
            raise RuntimeError("target_transform is specified but target_type is empty")
        self._provide(download)
        name = verify_str_arg(split.lower() if isinstance(split, str) else split, "split", tuple(self._SPLITS))
        self._load(self._SPLITS[name])

    def _load(self, part: int | None) -> None:
        splits = self._load_csv("list_eval_partition.txt")
        chosen = range(len(splits.index)) if part is None else [i for i, [p] in enumerate(splits.data) if p == part]
        rows = torch.tensor(list(chosen), dtype=torch.int64)
        self.filename = [splits.index[i] for i in chosen]
        self.identity = self._load_csv("identity_CelebA.txt").data[rows]
        self.bbox = self._load_csv("list_bbox_celeba.txt", header=1).data[rows]
        self.landmarks_align = self._load_csv("list_landmarks_align_celeba.txt", header=1).data[rows]
        attributes = self._load_csv("list_attr_celeba.txt", header=1)
        self.attr = torch.div(attributes.data[rows] + 1, 2, rounding_mode="floor")  # the file has -1 for no
        self.attr_names = attributes.header

    def _load_csv(self, filename: str, header: int | None = None) -> CSV:
        path = os.path.join(self.root, self.base_folder, filename)
        with reading(path), open(path) as file:
            lines = list(csv.reader(file, delimiter=" ", skipinitialspace=True))
            rows = lines if header is None else lines[header + 1 :]
            numbers = torch.tensor([[int(number) for number in row[1:]] for row in rows])
        return CSV([] if header is None else lines[header], [row[0] for row in rows], numbers)

    def __len__(self) -> int:
        return len(self.attr)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        targets = tuple(self._target(index, kind) for kind in self.target_type)
        image = open_image(os.path.join(self.root, self.base_folder, "img_align_celeba", self.filename[index]))
        if not targets:
            return (image if self.transform is None else self.transform(image)), None
        return self._transformed(image, targets if len(targets) > 1 else targets[0])

    def _target(self, index: int, kind: str):
        if kind == "identity":
            return self.identity[index, 0]
        table = {"attr": self.attr, "bbox": self.bbox, "landmarks": self.landmarks_align}.get(kind)
        if table is None:
            raise ValueError(f'Target type "{kind}" is not recognized.')
        return table[index, :]

    def _failing(self) -> list[str]:
        folder = os.path.join(self.root, self.base_folder)
        tables = ((os.path.join(folder, name), md5) for _, md5, name in self.file_list if not name.endswith(".zip"))
        return failing(*tables) + missing(os.path.join(folder, "img_align_celeba"))

    def _fetch(self) -> None:
        folder = os.path.join(self.root, self.base_folder)
        for file_id, md5, name in self.file_list:
            download_file_from_google_drive(file_id, folder, name, md5)
        extract_archive(os.path.join(folder, "img_align_celeba.zip"))
