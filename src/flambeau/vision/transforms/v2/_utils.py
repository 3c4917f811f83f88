"""What transforms share: checks of their arguments, and questions about a sample."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import PIL.Image

from ... import tv_tensors
from ..transforms import _check_sequence_input, _setup_angle, _setup_size
from .functional import get_dimensions, get_size, is_pure_tensor

__all__ = [
    "_check_sequence_input", "_setup_angle", "_setup_size", "check_type", "get_bounding_boxes", "get_keypoints",
    "has_all", "has_any", "is_pure_tensor", "query_chw", "query_size",
]  # fmt: skip

_PIXELS = (is_pure_tensor, tv_tensors.Image, PIL.Image.Image, tv_tensors.Video)
_SIZED = (*_PIXELS, tv_tensors.Mask, tv_tensors.BoundingBoxes, tv_tensors.KeyPoints)


# ------------------------------------------------------------------ arguments
def setup_number_or_seq(arg: Any, name: str) -> list[float]:
    """One or two numbers as two floats.

    Raises:
        TypeError, ValueError: other types, other lengths.
    """
    if isinstance(arg, (int, float)):
        return [float(arg), float(arg)]
    if not isinstance(arg, Sequence):
        raise TypeError(f"{name} should be a number or a sequence of numbers. Got {type(arg)}")
    if len(arg) not in (1, 2):
        raise ValueError(f"If {name} is a sequence its length should be 1 or 2. Got {len(arg)}")
    for element in arg:
        if not isinstance(element, (int, float)):
            raise ValueError(f"{name} should be a sequence of numbers. Got {type(element)}")
    return [float(arg[0]), float(arg[-1])]


def _converted_fill(fill: Any):
    if fill is not None and not isinstance(fill, (numbers.Number, tuple, list)):
        raise TypeError("Got inappropriate fill arg, only Numbers, tuples, lists and dicts are allowed.")
    return fill if fill is None or isinstance(fill, (int, float)) else [float(value) for value in fill]


def setup_fill_arg(fill: Any) -> dict:
    """Colours by the types that they are for; "others" stands for all types that are not named.

    Raises:
        TypeError: a colour is no number or sequence.
    """
    if not isinstance(fill, dict):
        return {"others": _converted_fill(fill)}
    for kind, value in fill.items():
        fill[kind] = _converted_fill(value)
    return fill


def get_fill(fill: dict, kind: type):
    """The colour for a type."""
    return fill[kind] if kind in fill else fill.get("others")


def check_padding_arg(padding: Any) -> None:
    """Raises ValueError for what are no widths of borders."""
    is_sequence = isinstance(padding, (tuple, list))
    right = len(padding) in (1, 2, 4) and all(isinstance(p, int) for p in padding) if is_sequence else False
    if not (right or isinstance(padding, int)):
        raise ValueError(f"Padding must be an int or a 1, 2, or 4 element of tuple or list, got {padding}.")


def check_padding_mode_arg(padding_mode: str) -> None:
    """Raises ValueError for what is no mode of padding."""
    if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")


def check_range(scale: Any, ratio: Any) -> None:
    """Warns of ranges of scales or ratios that end before they begin."""
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)


# ------------------------------------------------------------------ samples
def _default_labels(inputs: Any):
    """The labels of a sample: its second element, or what a dictionary has under a key with "label" in it."""
    if isinstance(inputs, (tuple, list)):
        inputs = inputs[1]
    if is_pure_tensor(inputs):
        return inputs
    if not isinstance(inputs, Mapping):
        raise ValueError(
            "When using the default labels_getter, the input passed to forward must be a dictionary or a two-tuple "
            f"whose second item is a dictionary or a tensor, but got {inputs} instead."
        )
    exact = [key for key in inputs if key.lower() == "labels"]
    found = exact or [key for key in inputs if "label" in key.lower()]
    if not found:
        raise ValueError(
            "Could not infer where the labels are in the sample. Try passing a callable as the labels_getter parameter?"
            "If there are no labels in the sample by design, pass labels_getter=None."
        )
    return inputs[found[0]]


def parse_labels_getter(labels_getter: Any) -> Callable[[Any], Any]:
    """The function that finds a sample's labels.

    Raises:
        ValueError: the argument is neither "default" nor a function nor None.
    """
    if labels_getter == "default":
        return _default_labels
    if callable(labels_getter):
        return labels_getter
    if labels_getter is None:
        return lambda _: None
    raise ValueError(f"labels_getter should either be 'default', a callable, or None, but got {labels_getter}.")


def get_bounding_boxes(flat_inputs: list[Any]) -> tv_tensors.BoundingBoxes:
    """The bounding boxes of a sample. Raises ValueError where it has none."""
    return _first_of(tv_tensors.BoundingBoxes, flat_inputs, "bounding boxes")


def get_keypoints(flat_inputs: list[Any]) -> tv_tensors.KeyPoints:
    """The key points of a sample. Raises ValueError where it has none."""
    return _first_of(tv_tensors.KeyPoints, flat_inputs, "keypoints")


def _first_of(kind: type, flat_inputs: list[Any], name: str):
    for inpt in flat_inputs:
        if isinstance(inpt, kind):
            return inpt
    raise ValueError(f"No {name} were found in the sample")


def query_chw(flat_inputs: list[Any]) -> tuple[int, int, int]:
    """Channels, height and width of a sample's images.

    Raises:
        TypeError: it has none.
        ValueError: they differ.
    """
    found = {tuple(get_dimensions(inpt)) for inpt in flat_inputs if check_type(inpt, _PIXELS)}
    return _only(found, "image or video", "CxHxW")


def query_size(flat_inputs: list[Any]) -> tuple[int, int]:
    """Height and width of a sample's images.

    Raises:
        TypeError: nothing in it has a size.
        ValueError: sizes differ.
    """
    found = {tuple(get_size(inpt)) for inpt in flat_inputs if check_type(inpt, _SIZED)}
    return _only(found, "image, video, mask, bounding box of keypoint", "HxW")


def _only(sizes: set, kinds: str, dimensions: str):
    """The one size of a sample's inputs of some kinds."""
    if not sizes:
        raise TypeError(f"No {kinds} was found in the sample")
    if len(sizes) > 1:
        listed = ", ".join(f"'{size}'" for size in sorted(sizes))
        raise ValueError(f"Found multiple {dimensions} dimensions in the sample: {listed}")
    return sizes.pop()


def check_type(obj: Any, types_or_checks: Sequence) -> bool:
    """Whether an object is of one of some types, or passes one of some checks."""
    return any(isinstance(obj, kind) if isinstance(kind, type) else kind(obj) for kind in types_or_checks)


def has_any(flat_inputs: list[Any], *types_or_checks: type | Callable[[Any], bool]) -> bool:
    """Whether some input is of one of some types, or passes one of some checks."""
    return any(check_type(inpt, types_or_checks) for inpt in flat_inputs)


def has_all(flat_inputs: list[Any], *types_or_checks: type | Callable[[Any], bool]) -> bool:
    """Whether for each of some types or checks there is an input of it."""
    return all(any(check_type(inpt, (kind,)) for inpt in flat_inputs) for kind in types_or_checks)
