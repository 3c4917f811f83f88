"""Caltech 101 and 256: photographs of objects, one folder a class."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from .reading import import_loadmat, open_image, reading
from .utils import download_and_extract_archive, extract_archive, verify_str_arg
from .vision import CheckedDataset, missing


class _Caltech(CheckedDataset):
    """Image number `index[i]` of the class `y[i]`, in a folder named by the class."""

    _images: str  # the folder of the classes' folders

    def __init__(self, root, transform, target_transform, download: bool) -> None:
        super().__init__(root, transform=transform, target_transform=target_transform)
        os.makedirs(self.root, exist_ok=True)
        self._provide(download)
        self.categories = sorted(os.listdir(os.path.join(self.root, self._images)))

    def _number(self, suffix: str) -> None:
        """Counts the files of each class."""
        self.index: list[int] = []
        self.y: list[int] = []
        for i, name in enumerate(self.categories):
            count = sum(file.endswith(suffix) for file in os.listdir(os.path.join(self.root, self._images, name)))
            self.index.extend(range(1, count + 1))
            self.y.extend([i] * count)

    def __len__(self) -> int:
        return len(self.index)

    def _failing(self) -> list[str]:
        return missing(os.path.join(self.root, self._images))


class Caltech101(_Caltech):
    """Objects of 101 classes (https://data.caltech.edu/records/mzrjq-6wc02).

    Args:
        root: the folder of `caltech101`.
        target_type: "category", "annotation" (the object's outline), or a list of them.
        transform, target_transform, download: as of VisionDataset.

    Raises:
        ValueError: another target type.
        RuntimeError: the files are not there.
    """

    _images = "101_ObjectCategories"
    _shown = "Target type: {0.target_type}"
    _ANNOTATED_AS = {
        "Faces": "Faces_2", "Faces_easy": "Faces_3", "Motorbikes": "Motorbikes_16", "airplanes": "Airplanes_Side_2",
    }  # fmt: skip

    def __init__(
        self,
        root: str | Path,
        target_type: list[str] | str = "category",
        transform=None,
        target_transform=None,
        download: bool = False,
    ) -> None:
        types = [target_type] if isinstance(target_type, str) else target_type
        self.target_type = [verify_str_arg(name, "target_type", ("category", "annotation")) for name in types]
        super().__init__(os.path.join(root, "caltech101"), transform, target_transform, download)
        self.categories.remove("BACKGROUND_Google")  # not a class
        self.annotation_categories = [self._ANNOTATED_AS.get(name, name) for name in self.categories]
        self._number("")

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        folder = os.path.join(self.root, self._images, self.categories[self.y[index]])
        image = open_image(os.path.join(folder, f"image_{self.index[index]:04d}.jpg"))
        targets = [self.y[index] if name == "category" else self._outline(index) for name in self.target_type]
        return self._transformed(image, tuple(targets) if len(targets) > 1 else targets[0])

    def _outline(self, index: int):
        folder = os.path.join(self.root, "Annotations", self.annotation_categories[self.y[index]])
        path = os.path.join(folder, f"annotation_{self.index[index]:04d}.mat")
        with reading(path):
            return import_loadmat()(path)["obj_contour"]

    def _fetch(self) -> None:
        archive = os.path.join(self.root, "caltech-101.zip")
        download_and_extract_archive(
            "https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip",
            self.root,
            filename="caltech-101.zip",
            md5="3138e1922a9193bfa496528edbbc45d0",
        )
        folder = os.path.join(self.root, "caltech-101")
        for name in os.listdir(folder):
            if name.endswith(".gz"):
                extract_archive(os.path.join(folder, name), self.root)
        shutil.rmtree(folder)
        os.remove(archive)


class Caltech256(_Caltech):
    """Objects of 256 classes (https://data.caltech.edu/records/nyy15-4j048).

    Args:
        root: the folder of `caltech256`.
        transform, target_transform, download: as of VisionDataset.

    Raises:
        RuntimeError: the files are not there.
    """

    _images = "256_ObjectCategories"

    def __init__(self, root: str | Path, transform=None, target_transform=None, download: bool = False) -> None:
        super().__init__(os.path.join(root, "caltech256"), transform, target_transform, download)
        self._number(".jpg")

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        target = self.y[index]
        name = f"{target + 1:03d}_{self.index[index]:04d}.jpg"
        image = open_image(os.path.join(self.root, self._images, self.categories[target], name))
        return self._transformed(image, target)

    def _fetch(self) -> None:
        download_and_extract_archive(
            "https://data.caltech.edu/records/nyy15-4j048/files/256_ObjectCategories.tar",
            self.root,
            filename="256_ObjectCategories.tar",
            md5="67b4f42ca05d46448c6bb8ecd2220f6d",
        )
