"""SBD: outlines of objects on images of Pascal VOC."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from .reading import import_loadmat, read_image, reading
from .utils import download_and_extract_archive, download_url, verify_str_arg
from .vision import NOT_FOUND_OR_CORRUPTED, VisionDataset, not_found


class SBDataset(VisionDataset):
    """Semantic boundaries (http://home.bharathh.info/pubs/codes/SBD/download.html).

    Args:
        root: the folder of `img`, `cls` and the lists.
        image_set: "train", "val", or "train_noval" (what is not in VOC 2012's val).
        mode: "segmentation" gives PIL images of classes, "boundaries" arrays (20, H, W) of the classes' borders.
        download: fetch the archive; it is unpacked each time.
        transforms: a function of image and target.

    Raises:
        ValueError: another image set or mode.
        RuntimeError: the folder is not there.
        ModuleNotFoundError: SciPy is not installed.
    """

    url = "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/semantic_contours/benchmark.tgz"
    md5 = "82b4d87ceb2ed10f6038a1cba92111cb"
    filename = "benchmark.tgz"
    voc_train_url = "https://www.cs.cornell.edu/~bharathh/train_noval.txt"
    voc_split_filename = "train_noval.txt"
    voc_split_md5 = "79bff800c5f0b1ec6b21080a3c066722"
    _shown = "Image set: {0.image_set}\nMode: {0.mode}"

    def __init__(
        self,
        root: str | Path,
        image_set: str = "train",
        mode: str = "boundaries",
        download: bool = False,
        transforms=None,
    ) -> None:
        self._loadmat = import_loadmat()
        super().__init__(root, transforms)
        self.image_set = verify_str_arg(image_set, "image_set", ("train", "val", "train_noval"))
        self.mode = verify_str_arg(mode, "mode", ("segmentation", "boundaries"))
        self.num_classes = 20
        if download:
            self._download()
        if not os.path.isdir(self.root):
            raise not_found(NOT_FOUND_OR_CORRUPTED, self.root)
        with open(os.path.join(self.root, f"{image_set}.txt")) as file:
            names = [line.strip() for line in file]
        self.images = [os.path.join(self.root, "img", f"{name}.jpg") for name in names]
        self.masks = [os.path.join(self.root, "cls", f"{name}.mat") for name in names]

    def _download(self) -> None:
        download_and_extract_archive(self.url, self.root, filename=self.filename, md5=self.md5)
        made = os.path.join(self.root, "benchmark_RELEASE", "dataset")
        for name in ("cls", "img", "inst", "train.txt", "val.txt"):
            shutil.move(os.path.join(made, name), self.root)
        if self.image_set == "train_noval":
            download_url(self.voc_train_url, self.root, self.voc_split_filename, self.voc_split_md5)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        image = read_image(self.images[index], "RGB")
        return self._transformed_together(image, self._get_target(self.masks[index]))

    def _get_target(self, path: str):
        with reading(path):
            truth = self._loadmat(path)["GTcls"][0]
            if self.mode == "segmentation":
                return Image.fromarray(truth["Segmentation"][0])
            return np.stack([truth["Boundaries"][0][i][0].toarray() for i in range(self.num_classes)])
