"""Pascal VOC: photographs with outlines of objects, or boxes around them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .reading import open_image, read_image, reading
from .utils import download_and_extract_archive, verify_str_arg
from .vision import NOT_FOUND_OR_CORRUPTED, VisionDataset, not_found

_URL = "https://thor.robots.ox.ac.uk/pascal/VOC/"


def _archive(year: str, name: str, md5: str, *parents: str, saved_as: str | None = None) -> dict[str, str]:
    folder = os.path.join(*parents, "VOCdevkit", f"VOC{year}")
    return {"url": f"{_URL}voc{year}/{name}", "filename": saved_as or name, "md5": md5, "base_dir": folder}


DATASET_YEAR_DICT = {
    "2012": _archive("2012", "VOCtrainval_11-May-2012.tar", "6cd6e144f989b92b3379bac3b3de84fd"),
    "2011": _archive("2011", "VOCtrainval_25-May-2011.tar", "6c3384ef61512963050cb5d687e5bf1e", "TrainVal"),
    "2010": _archive("2010", "VOCtrainval_03-May-2010.tar", "da459979d0c395079b5c75ee67908abb"),
    "2009": _archive("2009", "VOCtrainval_11-May-2009.tar", "a3e00b113cfcfebf17e343f59da3caa1"),
    "2008": _archive(
        "2008",
        "VOCtrainval_14-Jul-2008.tar",
        "2629fa636546599198acfcfbfcf1904a",
        saved_as="VOCtrainval_11-May-2012.tar",
    ),
    "2007": _archive("2007", "VOCtrainval_06-Nov-2007.tar", "c52e279531787c972589f7e41ab4ae64"),
    "2007-test": _archive("2007", "VOCtest_06-Nov-2007.tar", "b6e924de25625d8de591ea690078ad9f"),
}
"""Where each year's archive is, its checksum, and the folder that it holds."""


class _VOCBase(VisionDataset):
    """Images and files of targets, by the lists of a year."""

    _SPLITS_DIR: str
    _TARGET_DIR: str
    _TARGET_FILE_EXT: str

    def __init__(
        self,
        root: str | Path,
        year: str = "2012",
        image_set: str = "train",
        download: bool = False,
        transform=None,
        target_transform=None,
        transforms=None,
    ):
        super().__init__(root, transforms, transform, target_transform)
        self.year = verify_str_arg(year, "year", valid_values=[str(known) for known in range(2007, 2013)])
        sets = ["train", "trainval", "val", *(["test"] if year == "2007" else [])]
        self.image_set = verify_str_arg(image_set, "image_set", sets)
        archive = DATASET_YEAR_DICT["2007-test" if (year, image_set) == ("2007", "test") else year]
        self.url, self.filename, self.md5 = archive["url"], archive["filename"], archive["md5"]
        if download:
            download_and_extract_archive(self.url, self.root, filename=self.filename, md5=self.md5)
        folder = os.path.join(self.root, archive["base_dir"])
        if not os.path.isdir(folder):
            raise not_found(NOT_FOUND_OR_CORRUPTED, folder)
        with open(os.path.join(folder, "ImageSets", self._SPLITS_DIR, f"{image_set}.txt")) as file:
            names = [line.strip() for line in file]
        self.images = [os.path.join(folder, "JPEGImages", f"{name}.jpg") for name in names]
        self.targets = [os.path.join(folder, self._TARGET_DIR, name + self._TARGET_FILE_EXT) for name in names]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed_together(read_image(self.images[index], "RGB"), self._target(self.targets[index]))

    def _target(self, path: str):
        raise NotImplementedError


class VOCSegmentation(_VOCBase):
    """Photographs; targets are PIL images of the objects' classes (http://host.robots.ox.ac.uk/pascal/VOC/).

    Args:
        root: the folder of `VOCdevkit`.
        year: "2007" to "2012".
        image_set: "train", "trainval", "val", and "test" of 2007.
        download: fetch the archive; it is unpacked each time.
        transform, target_transform, transforms: as of VisionDataset.

    Raises:
        ValueError: another year or image set.
        RuntimeError: the folder is not there.
    """

    _SPLITS_DIR = "Segmentation"
    _TARGET_DIR = "SegmentationClass"
    _TARGET_FILE_EXT = ".png"

    @property
    def masks(self) -> list[str]:
        """The files of the targets."""
        return self.targets

    def _target(self, path: str):
        return open_image(path)


class VOCDetection(_VOCBase):
    """Photographs; targets are what the annotations say, as dictionaries. Arguments: as VOCSegmentation's."""

    _SPLITS_DIR = "Main"
    _TARGET_DIR = "Annotations"
    _TARGET_FILE_EXT = ".xml"

    @property
    def annotations(self) -> list[str]:
        """The files of the targets."""
        return self.targets

    def _target(self, path: str) -> dict[str, Any]:
        with reading(path):
            return self.parse_voc_xml(ElementTree.parse(path).getroot())

    @staticmethod
    def parse_voc_xml(node: ElementTree.Element) -> dict[str, Any]:
        """An XML element as a dictionary: tags that come once give values, those that come often lists of them."""
        children = list(node)
        if not children:
            return {node.tag: node.text.strip()} if node.text else {}
        found: dict[str, list] = {}
        for child in children:
            for tag, value in VOCDetection.parse_voc_xml(child).items():
                found.setdefault(tag, []).append(value)
        flat: dict[str, Any] = {tag: values[0] if len(values) == 1 else values for tag, values in found.items()}
        if node.tag == "annotation":
            flat["object"] = found.get("object", [])  # a list also where there is one object
        return {node.tag: flat}
