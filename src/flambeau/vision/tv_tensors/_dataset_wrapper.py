"""Datasets whose samples are TVTensors, ready for the second transforms."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from copy import copy
from typing import Any

import flambeau as torch

from .. import datasets
from ..transforms.v2 import functional as F
from ._bounding_boxes import BoundingBoxes
from ._mask import Mask
from ._video import Video

__all__ = ["wrap_dataset_for_transforms_v2"]

_DETECTION = ("CocoDetection", "VOCDetection", "Kitti", "WIDERFace")
_VOC_CATEGORIES = (
    "__background__", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
_KITTI_CATEGORIES = (
    "Car", "Van", "Truck", "Pedestrian", "Person_sitting", "Cyclist", "Tram", "Misc", "DontCare",
)  # fmt: skip
_CLASSIFICATION = (
    "CIFAR10", "CIFAR100", "Caltech256", "CocoCaptions", "DatasetFolder", "FashionMNIST", "GTSRB", "ImageFolder",
    "ImageNet", "Imagenette", "MNIST",
)  # fmt: skip


def wrap_dataset_for_transforms_v2(dataset, target_keys=None):
    """A dataset with its masks, boxes and videos as TVTensors, to which its transforms are applied.

    Targets of detection become a dictionary with "boxes" (XYXY), "labels" and, where asked for, "masks".

    Args:
        dataset: one of this package's.
        target_keys: which keys a dictionary of targets keeps: "all", their names, or None for the usual ones.

    Raises:
        ValueError: keys that are none, or a dataset without them.
        TypeError: a dataset for which there is no wrapper.
    """
    is_names = isinstance(target_keys, Collection) and all(isinstance(key, str) for key in target_keys)
    if not (target_keys is None or target_keys == "all" or is_names):
        raise ValueError(
            "`target_keys` can be None, 'all', or a collection of strings denoting the keys to be returned, "
            f"but got {target_keys}"
        )
    kind = type(dataset)
    return type(f"Wrapped{kind.__name__}", (VisionDatasetTVTensorWrapper, kind), {})(dataset, target_keys)


class VisionDatasetTVTensorWrapper:
    """Mixed into the class of a dataset, whose attributes it has and whose samples it wraps."""

    def __init__(self, dataset, target_keys) -> None:
        self._dataset = dataset
        self._target_keys = target_keys
        self._wrapper = _wrapper_for(dataset, target_keys)
        # The transforms come after wrapping, so the dataset itself must not apply them.
        self.transform, dataset.transform = dataset.transform, None
        self.target_transform, dataset.target_transform = dataset.target_transform, None
        self.transforms, dataset.transforms = dataset.transforms, None

    def __getattr__(self, item):
        with contextlib.suppress(AttributeError):
            return object.__getattribute__(self, item)
        return getattr(object.__getattribute__(self, "_dataset"), item)

    def __getitem__(self, idx):
        sample = self._wrapper(idx, self._dataset[idx])
        return sample if self.transforms is None else self.transforms(*sample)

    def __len__(self) -> int:
        return len(self._dataset)

    def __reduce__(self):
        dataset = copy(self._dataset)
        dataset.transform, dataset.transforms = self.transform, self.transforms
        dataset.target_transform = self.target_transform
        return wrap_dataset_for_transforms_v2, (dataset, self._target_keys)


def _wrapper_for(dataset, target_keys) -> Callable:
    kind = type(dataset)
    if not isinstance(dataset, datasets.VisionDataset):
        raise TypeError(
            "This wrapper is meant for subclasses of `torchvision.datasets.VisionDataset`, "
            f"but got a '{kind.__name__}' instead.\n"
            "For an example of how to perform the wrapping for custom datasets, see\n\n"
            "https://pytorch.org/vision/main/auto_examples/plot_tv_tensors.html"
            "#do-i-have-to-wrap-the-output-of-the-datasets-myself"
        )
    for base in kind.mro():
        name = base.__name__
        if name in _FACTORIES and getattr(datasets, name, None) is base:
            if target_keys is not None and name not in _DETECTION:
                raise ValueError(
                    "`target_keys` is currently only supported for `CocoDetection`, `VOCDetection`, `Kitti`, and "
                    f"`WIDERFace`, but got {name}."
                )
            return _FACTORIES[name](dataset, target_keys)
        if base is datasets.VisionDataset:
            break
    raise TypeError(_missing(kind))


def _missing(kind: type) -> str:
    text = f"No wrapper exists for dataset class {kind.__name__}. Please wrap the output yourself."
    if getattr(datasets, kind.__name__, None) is not kind:
        return text
    return (
        f"{text} If an automated wrapper for this dataset would be useful for you, "
        "please open an issue at https://github.com/pytorch/vision/issues."
    )


def _not_supported(description: str) -> RuntimeError:
    return RuntimeError(
        f"{description} is currently not supported by this wrapper. "
        "If this would be helpful for you, please open an issue at https://github.com/pytorch/vision/issues."
    )


# ------------------------------------------------------------------ what is shared
def _chosen(target_keys, available: set[str], default) -> set[str]:
    target_keys = default if target_keys is None else target_keys
    if target_keys == "all":
        return available
    extra = set(target_keys) - available
    if extra:
        raise ValueError(f"Target keys {sorted(extra)} are not available")
    return set(target_keys)


def _columns(rows: list[dict]) -> dict[str, list]:
    """A list of dictionaries as a dictionary of lists."""
    columns: dict[str, list] = {}
    for row in rows:
        for key, value in row.items():
            columns.setdefault(key, []).append(value)
    return columns


def _boxes(data, image, format: str = "XYXY"):
    boxes = BoundingBoxes(data, format=format, canvas_size=tuple(F.get_size(image)))  # type: ignore[arg-type]
    return F.convert_bounding_box_format(boxes, new_format="XYXY")


def _by_type(target, kinds, wrappers: dict[str, Callable]):
    """A target of one or several kinds, each wrapped by what there is for its kind."""
    parts = target if isinstance(target, (tuple, list)) else [target]
    wrapped = tuple(wrappers.get(kind, lambda part: part)(part) for kind, part in zip(kinds, parts))
    return wrapped[0] if len(wrapped) == 1 else wrapped


# ------------------------------------------------------------------ wrappers: of (dataset, keys) to (index, sample)
def _unchanged(dataset, target_keys) -> Callable:
    return lambda idx, sample: sample


def _segmentation(dataset, target_keys) -> Callable:
    return lambda idx, sample: (sample[0], Mask(sample[1]))


def _boundaries(dataset, target_keys) -> Callable:
    if dataset.mode == "boundaries":
        raise _not_supported("SBDataset with mode='boundaries'")
    return _segmentation(dataset, target_keys)


def _video(dataset, target_keys) -> Callable:
    if dataset.video_clips.output_format == "THWC":
        raise RuntimeError(
            f"{type(dataset).__name__} with `output_format='THWC'` is not supported by this wrapper, "
            "since it is not compatible with the transformations. Please use `output_format='TCHW'` instead."
        )
    return lambda idx, sample: (Video(sample[0]), *sample[1:])


def _caltech101(dataset, target_keys) -> Callable:
    if "annotation" in dataset.target_type:
        raise _not_supported("Caltech101 dataset with `target_type=['annotation', ...]`")
    return _unchanged(dataset, target_keys)


def _coco(dataset, target_keys) -> Callable:
    own = {"image_id", "boxes", "masks", "labels"}
    keys = _chosen(
        target_keys, own | {"segmentation", "area", "iscrowd", "bbox", "category_id"}, {"image_id", "boxes", "labels"}
    )

    def wrapper(idx, sample):
        image, objects = sample
        if not objects:
            return image, {"image_id": dataset.ids[idx]}
        columns = _columns(objects)
        makers = {
            "image_id": lambda: dataset.ids[idx],
            "boxes": lambda: _boxes(columns["bbox"], image, "XYWH"),
            "masks": lambda: _coco_masks(columns["segmentation"], *F.get_size(image)),
            "labels": lambda: torch.tensor(columns["category_id"]),
        }
        target = {key: make() for key, make in makers.items() if key in keys}
        return image, target | {key: columns[key] for key in keys - own}

    return wrapper


def _coco_masks(segmentations: list, height: int, width: int) -> Mask:
    from ..datasets.coco_masks import mask_of

    return Mask(torch.stack([torch.from_numpy(mask_of(one, height, width)) for one in segmentations]))


def _voc(dataset, target_keys) -> Callable:
    keys = _chosen(target_keys, {"annotation", "boxes", "labels"}, {"boxes", "labels"})

    def wrapper(idx, sample):
        image, target = sample
        columns = _columns(target["annotation"]["object"])
        target = target if "annotation" in keys else {}
        if "boxes" in keys:
            sides = ("xmin", "ymin", "xmax", "ymax")
            target["boxes"] = _boxes([[int(box[side]) for side in sides] for box in columns["bndbox"]], image)
        if "labels" in keys:
            target["labels"] = torch.tensor([_VOC_CATEGORIES.index(name) for name in columns["name"]])
        return image, target

    return wrapper


def _celeba(dataset, target_keys) -> Callable:
    if any(kind in dataset.target_type for kind in ("attr", "landmarks")):
        raise _not_supported("`CelebA` dataset with `target_type=['attr', 'landmarks', ...]`")
    return lambda idx, sample: (
        sample[0],
        _by_type(sample[1], dataset.target_type, {"bbox": lambda box: _boxes(box, sample[0], "XYWH")}),
    )


def _kitti(dataset, target_keys) -> Callable:
    plain = {"type", "truncated", "occluded", "alpha", "bbox", "dimensions", "location", "rotation_y"}
    keys = _chosen(target_keys, plain | {"boxes", "labels"}, {"boxes", "labels"})

    def wrapper(idx, sample):
        image, objects = sample
        if objects is None:
            return sample
        columns = _columns(objects)
        target: dict[str, Any] = {}
        if "boxes" in keys:
            target["boxes"] = _boxes(columns["bbox"], image)
        if "labels" in keys:
            target["labels"] = torch.tensor([_KITTI_CATEGORIES.index(name) for name in columns["type"]])
        return image, target | {key: columns[key] for key in keys & plain}

    return wrapper


def _pet(dataset, target_keys) -> Callable:
    def wrapper(idx, sample):
        image, target = sample
        return image, None if target is None else _by_type(target, dataset._target_types, {"segmentation": Mask})

    return wrapper


def _cityscapes(dataset, target_keys) -> Callable:
    if any(kind in dataset.target_type for kind in ("polygon", "color")):
        raise _not_supported("`Cityscapes` dataset with `target_type=['polygon', 'color', ...]`")
    wrappers: dict[str, Callable] = {"instance": _instances, "semantic": Mask}
    return lambda idx, sample: (sample[0], _by_type(sample[1], dataset.target_type, wrappers))


def _instances(picture) -> dict[str, Any]:
    """One mask for each number in a picture of instances; numbers from 1000 on are of single objects of a class."""
    data = Mask(picture)
    numbers = data.unique()
    masks = Mask(torch.stack([data == number for number in numbers]))
    return {"masks": masks, "labels": torch.where(numbers >= 1000, numbers // 1000, numbers)}


def _wider_face(dataset, target_keys) -> Callable:
    available = {"bbox", "blur", "expression", "illumination", "occlusion", "pose", "invalid"}
    keys = _chosen(target_keys, available, "all")

    def wrapper(idx, sample):
        image, target = sample
        if target is None:
            return sample
        target = {key: target[key] for key in keys}
        if "bbox" in keys:
            target["bbox"] = _boxes(target["bbox"], image, "XYWH")
        return image, target

    return wrapper


_FACTORIES: dict[str, Callable] = {
    **dict.fromkeys(_CLASSIFICATION, _unchanged), **dict.fromkeys(("HMDB51", "Kinetics", "UCF101"), _video),
    "Caltech101": _caltech101, "CelebA": _celeba, "Cityscapes": _cityscapes, "CocoDetection": _coco, "Kitti": _kitti,
    "OxfordIIITPet": _pet, "SBDataset": _boundaries, "VOCDetection": _voc, "VOCSegmentation": _segmentation,
    "WIDERFace": _wider_face,
}  # fmt: skip
