"""The names of the categories that published weights tell apart."""

from __future__ import annotations

import functools
import json
from importlib import resources

_NAMES = {
    "_IMAGENET_CATEGORIES": "imagenet",
    "_COCO_CATEGORIES": "coco",
    "_COCO_PERSON_CATEGORIES": "coco_person",
    "_VOC_CATEGORIES": "voc",
    "_KINETICS400_CATEGORIES": "kinetics400",
}


@functools.cache
def table(name: str) -> dict:
    """A table of the folder `tables`: categories by data set, or what is published for a family of models."""
    return json.loads((resources.files(__package__) / "tables" / f"{name}.json").read_text("utf-8"))


def __getattr__(name):
    if name in _NAMES:
        return table("categories")[_NAMES[name]]
    raise AttributeError(f"module 'torchvision.models._meta' has no attribute '{name}'")
