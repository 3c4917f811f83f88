"""COCO: photographs with boxes, outlines and captions, in one JSON file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .coco_index import CocoIndex
from .reading import read_image
from .vision import VisionDataset


class CocoDetection(VisionDataset):
    """Images with lists of what is annotated on each (https://cocodataset.org/#detection-2016).

    Args:
        root: the folder of the images.
        annFile: the JSON file of annotations.
        transform, target_transform, transforms: as of VisionDataset.

    Attributes: `ids` (of the images, in order), `coco` (what is asked for them).
    """

    def __init__(self, root: str | Path, annFile: str, transform=None, target_transform=None, transforms=None) -> None:
        super().__init__(root, transforms, transform, target_transform)
        self.coco = CocoIndex(annFile)
        self.ids = sorted(self.coco.imgs)

    def _load_image(self, id: int):
        return read_image(os.path.join(self.root, self.coco.loadImgs(id)[0]["file_name"]), "RGB")

    def _load_target(self, id: int) -> list[Any]:
        return self.coco.loadAnns(self.coco.getAnnIds(id))

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if not isinstance(index, int):
            raise ValueError(f"Index must be of type integer, got {type(index)} instead.")
        id = self.ids[index]
        return self._transformed_together(self._load_image(id), self._load_target(id))

    def __len__(self) -> int:
        return len(self.ids)


class CocoCaptions(CocoDetection):
    """Images with lists of captions (https://cocodataset.org/#captions-2015). Arguments: as CocoDetection's."""

    def _load_target(self, id: int) -> list[str]:
        return [annotation["caption"] for annotation in super()._load_target(id)]
