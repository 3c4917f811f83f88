"""Transforms of numbers: types, normalisation, blur, noise, functions of one's own; and boxes and points sorted out."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import PIL.Image

import flambeau as torch
from flambeau.utils._pytree import tree_flatten, tree_unflatten

from ... import batch_steps as steps
from ... import tv_tensors
from .. import transforms as first
from ..draws import uniform
from ..transforms.conversion import check_whitening, whitened_size
from . import functional as F
from ._transform import Transform
from ._utils import (
    _setup_size,
    get_bounding_boxes,
    get_keypoints,
    has_any,
    is_pure_tensor,
    parse_labels_getter,
    setup_number_or_seq,
)
from .functional._sanitizing import valid_boxes, valid_points

_PICTURES = (tv_tensors.Image, tv_tensors.Video)


class Identity(Transform):
    """Changes nothing."""

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return inpt


class Lambda(Transform):
    """A function of one's own.

    Args:
        lambd: the function.
        types: what it is applied to; by default everything.
    """

    _transformed_types = (object,)

    def __init__(self, lambd: Callable[[Any], Any], *types: type):
        super().__init__()
        self.lambd = lambd
        self.types = types or self._transformed_types

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self.lambd(inpt) if isinstance(inpt, self.types) else inpt

    def extra_repr(self) -> str:
        name = getattr(self.lambd, "__name__", None)
        return ", ".join([*([name] if name else []), f"types={[kind.__name__ for kind in self.types]}"])


def refuse_pil_images(transform: Transform, sample: list[Any]) -> None:
    """Raises TypeError where a sample has PIL images."""
    if has_any(sample, PIL.Image.Image):
        raise TypeError(f"{type(transform).__name__}() does not support PIL images.")


class LinearTransformation(Transform):
    """Images less a mean, as vectors, times a matrix: whitening."""

    _v1_transform_cls = first.LinearTransformation
    _transformed_types = (is_pure_tensor, *_PICTURES)

    def __init__(self, transformation_matrix: torch.Tensor, mean_vector: torch.Tensor):
        super().__init__()
        check_whitening(transformation_matrix, mean_vector)
        self.transformation_matrix = transformation_matrix
        self.mean_vector = mean_vector

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        refuse_pil_images(self, flat_inputs)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        size = whitened_size(inpt, self.transformation_matrix, self.mean_vector)
        vectors = inpt.reshape(-1, size) - self.mean_vector
        output = torch.mm(vectors, self.transformation_matrix.to(vectors.dtype)).reshape(inpt.shape)
        return tv_tensors.wrap(output, like=inpt) if isinstance(inpt, _PICTURES) else output


class Normalize(Transform):
    """Images less a mean, divided by a standard deviation, by channel."""

    _v1_transform_cls = first.Normalize
    _calls = (F.normalize, "mean", "std", "inplace")

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False):
        super().__init__()
        self.mean = list(mean)
        self.std = list(std)
        self.inplace = inplace

    def check_inputs(self, flat_inputs: list[Any]) -> None:
        refuse_pil_images(self, flat_inputs)

    def on_batch(self, kind):
        return steps.normalized(kind, self.mean, self.std)


class GaussianBlur(Transform):
    """Images blurred, more or less."""

    _v1_transform_cls = first.GaussianBlur
    _calls = (F.gaussian_blur, "kernel_size")

    def __init__(self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)) -> None:
        super().__init__()
        self.kernel_size = _setup_size(kernel_size, "Kernel size should be a tuple/list of two integers")
        for size in self.kernel_size:
            if size <= 0 or size % 2 == 0:
                raise ValueError("Kernel size value should be an odd and positive number.")
        self.sigma = setup_number_or_seq(sigma, "sigma")
        if not 0.0 < self.sigma[0] <= self.sigma[1]:
            raise ValueError(f"sigma values should be positive and of the form (min, max). Got {self.sigma}")

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        sigma = uniform(self.sigma[0], self.sigma[1])
        return {"sigma": [sigma, sigma]}


class GaussianNoise(Transform):
    """Images with normally distributed noise.

    Args:
        mean: the noise's mean, where a white pixel is 1.
        sigma: its standard deviation.
        clip: keep pixels within their range.
    """

    _calls = (F.gaussian_noise, "mean", "sigma", "clip")

    def __init__(self, mean: float = 0.0, sigma: float = 0.1, clip=True) -> None:
        super().__init__()
        self.mean = mean
        self.sigma = sigma
        self.clip = clip


class ToDtype(Transform):
    """Inputs with numbers of another type.

    Args:
        dtype: the type for images and videos; or a dictionary of the types for each class of inputs, in which "others"
            stands for all that are not named, and None for no change.
        scale: map the range of pixels of one type to that of the other.

    Raises:
        ValueError: neither a type nor a dictionary.
    """

    _transformed_types = (torch.Tensor,)

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        super().__init__()
        if not isinstance(dtype, (dict, torch.dtype)):
            raise ValueError(f"dtype must be a dict or a torch.dtype, got {type(dtype)} instead")
        if isinstance(dtype, dict) and torch.Tensor in dtype and any(kind in dtype for kind in _PICTURES):
            warnings.warn(
                "Got `dtype` values for `torch.Tensor` and either `tv_tensors.Image` or `tv_tensors.Video`. "
                "Note that a plain `torch.Tensor` will *not* be transformed by this (or any other transformation) "
                "in case a `tv_tensors.Image` or `tv_tensors.Video` is present in the input.",
                stacklevel=2,
            )
        self.dtype = dtype
        self.scale = scale

    def _dtype_for(self, kind: type):
        if kind not in self.dtype and "others" not in self.dtype:
            raise ValueError(
                f"No dtype was specified for type {kind}. "
                "If you only need to convert the dtype of images or videos, you can just pass e.g. "
                "dtype=torch.float32. "
                "If you're passing a dict as dtype, "
                'you can use "others" as a catch-all key '
                'e.g. dtype={tv_tensors.Mask: torch.int64, "others": None} to pass-through the rest of the inputs.'
            )
        return self.dtype[kind] if kind in self.dtype else self.dtype["others"]

    def on_batch(self, kind):
        if self.dtype is not torch.float32 or kind.is_pil:
            return None
        return steps.scaled_by_product(kind) if self.scale else steps.unscaled(kind)

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        is_picture = is_pure_tensor(inpt) or isinstance(inpt, _PICTURES)
        if isinstance(self.dtype, torch.dtype):
            dtype = self.dtype if is_picture else None
        else:
            dtype = self._dtype_for(type(inpt))
            if dtype is None and self.scale and is_picture:
                warnings.warn(
                    "scale was set to True but no dtype was specified for images or videos: no scaling will be done.",
                    stacklevel=2,
                )
        return inpt if dtype is None else self._call_kernel(F.to_dtype, inpt, dtype=dtype, scale=self.scale)


class ConvertImageDtype(Transform):
    """Images with pixels of another type, scaled to its range; `ToDtype(dtype, scale=True)` does the same."""

    _v1_transform_cls = first.ConvertImageDtype

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.dtype = dtype

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return self._call_kernel(F.to_dtype, inpt, dtype=self.dtype, scale=True)

    def on_batch(self, kind):
        return steps.scaled_by_product(kind) if self.dtype is torch.float32 and not kind.is_pil else None


# ------------------------------------------------------------------ what is worth keeping
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
