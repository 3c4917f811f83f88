"""Bounding boxes and key points that transforms have spoilt, removed with their labels and masks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import flambeau as torch
from flambeau.utils._pytree import tree_flatten, tree_unflatten

from ... import tv_tensors
from ._transform import Transform
from ._utils import get_bounding_boxes, get_keypoints, parse_labels_getter
from .functional._sanitizing import valid_boxes, valid_points

_NO_TENSOR = "The labels in the input to forward() must be a tensor or None, got {type} instead."


class _Sanitize(Transform):
    """Removes those of a sample's objects that are not valid, and what belongs to them."""

    _indexed: tuple[type, ...] = ()
    _labels_getter: Callable[[Any], Any]

    def _found(self, flat_inputs: list[Any], labels: tuple | None) -> torch.Tensor:
        """Which of the sample's objects are valid, after a look at the number of labels."""
        raise NotImplementedError

    def forward(self, *inputs: Any) -> Any:
        inputs = inputs if len(inputs) > 1 else inputs[0]
        labels = _checked_labels(self._labels_getter(inputs))
        flat_inputs, spec = tree_flatten(inputs)
        params = {"valid": self._found(flat_inputs, labels), "labels": labels}
        return tree_unflatten([self.transform(inpt, params) for inpt in flat_inputs], spec)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if any(inpt is label for label in params["labels"] or ()):
            return inpt[params["valid"]]
        return self._kept(inpt, params["valid"]) if isinstance(inpt, self._indexed) else inpt

    def _kept(self, inpt, valid: torch.Tensor):
        return tv_tensors.wrap(inpt[valid], like=inpt)


def _checked_labels(labels) -> tuple | None:
    if labels is None:
        return None
    if isinstance(labels, torch.Tensor):
        return (labels,)
    if not isinstance(labels, (tuple, list)):
        raise ValueError(_NO_TENSOR.format(type=type(labels)))
    for entry in labels:
        if not isinstance(entry, torch.Tensor):
            raise ValueError(_NO_TENSOR.format(type=type(entry)))
    return tuple(labels)


class SanitizeBoundingBoxes(_Sanitize):
    """Removes bounding boxes that are too small or reach out of their image, with their labels and masks.

    Args:
        min_size: the least width and height.
        min_area: the least area.
        labels_getter: a function that finds in a sample the tensor, or tensors, with a row for each box; "default":
            what has a key like "labels"; None: there are none.

    Raises:
        ValueError: a least size or area below 1.
    """

    _indexed = (tv_tensors.BoundingBoxes, tv_tensors.Mask)

    def __init__(
        self,
        min_size: float = 1.0,
        min_area: float = 1.0,
        labels_getter: Callable[[Any], Any] | str | None = "default",
    ) -> None:
        super().__init__()
        if min_size < 1:
            raise ValueError(f"min_size must be >= 1, got {min_size}.")
        self.min_size = min_size
        if min_area < 1:
            raise ValueError(f"min_area must be >= 1, got {min_area}.")
        self.min_area = min_area
        self.labels_getter = labels_getter
        self._labels_getter = parse_labels_getter(labels_getter)

    def _found(self, flat_inputs: list[Any], labels: tuple | None) -> torch.Tensor:
        boxes = get_bounding_boxes(flat_inputs)
        for label in labels or ():
            if boxes.shape[0] != label.shape[0]:
                raise ValueError(
                    f"Number of boxes (shape={boxes.shape}) and must match the number of labels."
                    f"Found labels with shape={label.shape})."
                )
        plain = boxes.as_subclass(torch.Tensor)
        return valid_boxes(plain, boxes.format, boxes.canvas_size, self.min_size, self.min_area)

    def _kept(self, inpt, valid: torch.Tensor):
        if inpt.ndim == 0 or inpt.shape[0] != valid.shape[0]:
            return inpt  # a mask of the whole image
        return super()._kept(inpt, valid)


class SanitizeKeyPoints(_Sanitize):
    """Removes key points, or groups of them, that reach out of their image, with their labels.

    Args:
        labels_getter: a function that finds in a sample the tensor, or tensors, with a row for each point or group;
            "default": what has a key like "labels"; None: there are none.
    """

    _indexed = (tv_tensors.KeyPoints,)

    def __init__(self, labels_getter: Callable[[Any], Any] | str | None = None) -> None:
        super().__init__()
        self.labels_getter = labels_getter
        self._labels_getter = parse_labels_getter(labels_getter)

    def _found(self, flat_inputs: list[Any], labels: tuple | None) -> torch.Tensor:
        points = get_keypoints(flat_inputs)
        for label in labels or ():
            if points.shape[0] != label.shape[0]:
                raise ValueError(
                    f"Number of kepyoints (shape={points.shape}) must match the number of labels."
                    f"Found labels with shape={label.shape})."
                )
        return valid_points(points.as_subclass(torch.Tensor), points.canvas_size)
