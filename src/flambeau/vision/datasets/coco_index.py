"""A COCO file of annotations and the questions that scripts ask of it, by the names of pycocotools' COCO class."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .reading import reading


class CocoIndex:
    """The images, categories and annotations of a COCO file, each by its id.

    Args:
        annotation_file: the JSON file.

    Attributes: `dataset` (the file's content), `imgs`, `cats`, `anns` (by id), `imgToAnns`, `catToImgs`.

    Raises:
        AssertionError: the file is no dictionary.
        json.JSONDecodeError: the file is no JSON.
    """

    def __init__(self, annotation_file: str | Path) -> None:
        with reading(annotation_file):
            self.dataset = json.loads(Path(annotation_file).read_text())
            assert type(self.dataset) is dict, f"annotation file format {type(self.dataset)} not supported"
        self.imgs = self._by_id("images")
        self.cats = self._by_id("categories")
        self.anns = self._by_id("annotations")
        self.imgToAnns: dict[int, list] = defaultdict(list)
        self.catToImgs: dict[int, list] = defaultdict(list)
        for annotation in self.dataset.get("annotations", ()):
            self.imgToAnns[annotation["image_id"]].append(annotation)
            if "category_id" in annotation:
                self.catToImgs[annotation["category_id"]].append(annotation["image_id"])

    def _by_id(self, kind: str) -> dict[int, dict]:
        return {entry["id"]: entry for entry in self.dataset.get(kind, ())}

    def getAnnIds(self, imgIds=(), catIds=(), areaRng=(), iscrowd: bool | None = None) -> list[int]:
        """The ids of annotations.

        Args:
            imgIds: of these images; of all by default.
            catIds: of these categories.
            areaRng: with an area between two numbers.
            iscrowd: of crowds, or of single objects.
        """
        images, categories = _several(imgIds), _several(catIds)
        annotations: Iterable[dict] = self.dataset.get("annotations", ())
        if images:
            annotations = [entry for image in images for entry in self.imgToAnns.get(image, ())]
        return [
            entry["id"]
            for entry in annotations
            if (not categories or entry["category_id"] in categories)
            and (not areaRng or areaRng[0] < entry["area"] < areaRng[1])
            and (iscrowd is None or entry["iscrowd"] == iscrowd)
        ]

    def getCatIds(self, catNms=(), supNms=(), catIds=()) -> list[int]:
        """The ids of the categories with these names, in these groups and of these ids; of all by default."""
        names, groups, ids = _several(catNms), _several(supNms), _several(catIds)
        return [
            entry["id"]
            for entry in self.dataset.get("categories", ())
            if (not names or entry["name"] in names)
            and (not groups or entry["supercategory"] in groups)
            and (not ids or entry["id"] in ids)
        ]

    def getImgIds(self, imgIds=(), catIds=()) -> list[int]:
        """The ids of the images among some that show all of some categories; of all by default."""
        found = set(_several(imgIds) or self.imgs)
        for category in _several(catIds):
            found &= set(self.catToImgs.get(category, ()))
        return list(found)

    def loadAnns(self, ids=()) -> list[dict[str, Any]]:
        """The annotations with some ids."""
        return [self.anns[id] for id in _several(ids)]

    def loadCats(self, ids=()) -> list[dict[str, Any]]:
        """The categories with some ids."""
        return [self.cats[id] for id in _several(ids)]

    def loadImgs(self, ids=()) -> list[dict[str, Any]]:
        """The images with some ids."""
        return [self.imgs[id] for id in _several(ids)]


def _several(ids) -> list:
    """One id, or several, as a list."""
    return list(ids) if hasattr(ids, "__iter__") and not isinstance(ids, str) else [ids]
