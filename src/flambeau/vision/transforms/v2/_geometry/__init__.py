"""Transforms of where pixels, boxes and points are."""

from .cropping import (
    CenterCrop,
    FiveCrop,
    Pad,
    RandomCrop,
    RandomIoUCrop,
    RandomResizedCrop,
    RandomZoomOut,
    TenCrop,
)
from .resizing import RandomResize, RandomShortestSize, Resize, ScaleJitter
from .warping import (
    ElasticTransform,
    RandomAffine,
    RandomHorizontalFlip,
    RandomPerspective,
    RandomRotation,
    RandomVerticalFlip,
)
