"""FER2013: faces by their expression, in a table of numbers."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import flambeau as torch

from .reading import reading
from .utils import check_integrity, verify_str_arg
from .vision import VisionDataset


class FER2013(VisionDataset):
    """Faces of seven expressions, 48 x 48 pixels, grey; Kaggle has the files.

    Args:
        root: the folder of `fer2013`.
        split: "train" or "test".
        transform, target_transform: as of VisionDataset.

    Raises:
        ValueError: another split.
        RuntimeError: the file is not there, or not what it should be.
    """

    _shown = "split={0._split}"
    _RESOURCES = {
        "train": ("train.csv", "3f0dfb3d3fd99c811a1299cb947e3131"),
        "test": ("test.csv", "b02c2298636a634e8c2faabbf3ea9a23"),
        "fer": ("fer2013.csv", "f8428a1edbd21e88f42c73edd2a14f95"),
        "icml": ("icml_face_data.csv", "b114b9e04e6949e5fe8b6a98b3892b1d"),
    }

    def __init__(self, root: str | Path, split: str = "train", transform=None, target_transform=None) -> None:
        self._split = verify_str_arg(split, "split", ("train", "test"))
        super().__init__(root, transform=transform, target_transform=target_transform)
        folder = Path(self.root) / "fer2013"
        kind = next((kind for kind in ("fer", "icml") if (folder / self._RESOURCES[kind][0]).exists()), split)
        name, md5 = self._RESOURCES[kind]
        if not check_integrity(folder / name, md5=md5):
            raise RuntimeError(
                f"{name} not found in {folder} or corrupted. You can download it from "
                "https://www.kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge"
            )
        with reading(folder / name), open(folder / name, newline="") as file:
            self._samples = list(self._read(csv.DictReader(file, skipinitialspace=True), kind))

    def _read(self, rows, kind: str):
        """The images and labels of the split in a table: of all, or of this split, where the test's has no labels."""
        usages = ("Training",) if self._split == "train" else ("PublicTest", "PrivateTest")
        for row in rows:
            if kind in ("train", "test") or row["Usage"] in usages:
                pixels = np.array(row["pixels"].split(), np.uint8).reshape(48, 48)
                yield torch.tensor(pixels), None if kind == "test" else int(row["emotion"])

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, idx: int) -> tuple[Any, Any]:
        pixels, target = self._samples[idx]
        return self._transformed(Image.fromarray(pixels.numpy()), target)
