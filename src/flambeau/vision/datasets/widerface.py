"""WIDER FACE: crowds with a box around each face."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import flambeau as torch

from .reading import open_image, reading
from .utils import download_and_extract_archive, download_file_from_google_drive, extract_archive, verify_str_arg
from .vision import CheckedDataset, missing

_COLUMNS = {"bbox": slice(4), "blur": 4, "expression": 5, "illumination": 6, "occlusion": 7, "pose": 8, "invalid": 9}


class WIDERFace(CheckedDataset):
    """Photographs of people; targets are dictionaries of tensors, a row for each face (http://shuoyang1213.me/WIDERFACE/).

    Args:
        root: the folder of `widerface`.
        split: "train", "val" or "test", whose targets are None.
        transform, target_transform: as of VisionDataset.
        download: fetch what is not there, most of it from Google Drive.

    Raises:
        ValueError: another split.
        RuntimeError: the folders are not there.
    """

    BASE_FOLDER = "widerface"
    FILE_LIST = [
        ("15hGDLhsx8bLgLcIRD5DhYt5iBxnjNF1M", "3fedf70df600953d25982bcd13d91ba2", "WIDER_train.zip"),
        ("1GUCogbp16PMGa39thoMMeWxp7Rp5oM8Q", "dfa7d7e790efa35df3788964cf0bbaea", "WIDER_val.zip"),
        ("1HIfDbVEWKmsYKJZm4lchTBDLW5N7dY5T", "e5d8f4248ed24c334bbd12f49c29dd40", "WIDER_test.zip"),
    ]
    _NOT_FOUND = "Dataset not found or corrupted. You can use download=True to download and prepare it"
    _shown = "Split: {0.split}"
    ANNOTATIONS_FILE = (
        "http://shuoyang1213.me/WIDERFACE/support/bbx_annotation/wider_face_split.zip",
        "0e3767bcf0e326556d407bf5bff5d27c",
        "wider_face_split.zip",
    )

    def __init__(
        self,
        root: str | Path,
        split: str = "train",
        transform=None,
        target_transform=None,
        download: bool = False,
    ) -> None:
        super().__init__(os.path.join(root, self.BASE_FOLDER), transform=transform, target_transform=target_transform)
        self.split = verify_str_arg(split, "split", ("train", "val", "test"))
        self._provide(download)
        lists = os.path.join(self.root, "wider_face_split")
        name = "wider_face_test_filelist.txt" if split == "test" else f"wider_face_{split}_bbx_gt.txt"
        path = os.path.join(lists, name)
        with reading(path), open(path) as file:
            lines = [line.rstrip() for line in file]
            self.img_info = [self._image(line) for line in lines] if split == "test" else list(self._annotated(lines))

    def _image(self, name: str) -> dict[str, Any]:
        path = os.path.join(self.root, f"WIDER_{self.split}", "images", name)
        return {"img_path": os.path.abspath(os.path.expanduser(path))}

    def _annotated(self, lines: list[str]):
        """Of each image there are lines with its name, the number of faces, and each face; one of zeros for none."""
        rest = iter(lines)
        for name in rest:
            rows = [[int(number) for number in next(rest).split(" ")] for _ in range(max(int(next(rest)), 1))]
            numbers = torch.tensor(rows)
            faces = {kind: numbers[:, columns].clone() for kind, columns in _COLUMNS.items()}
            yield {**self._image(name), "annotations": faces}

    def __len__(self) -> int:
        return len(self.img_info)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        info = self.img_info[index]
        return self._transformed(open_image(info["img_path"]), info.get("annotations"))

    def _failing(self) -> list[str]:
        names = [*(name for _, _, name in self.FILE_LIST), self.ANNOTATIONS_FILE[2]]
        return missing(*(os.path.join(self.root, os.path.splitext(name)[0]) for name in names))

    def _fetch(self) -> None:
        for file_id, md5, name in self.FILE_LIST:
            download_file_from_google_drive(file_id, self.root, name, md5)
            extract_archive(os.path.join(self.root, name))
        url, md5, _ = self.ANNOTATIONS_FILE
        download_and_extract_archive(url, self.root, md5=md5)
