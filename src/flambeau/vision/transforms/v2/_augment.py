"""Transforms that take something away (a rectangle, or what JPEG loses), and mixtures of images and their labels."""

from __future__ import annotations

import math
import numbers
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import PIL.Image

import flambeau as torch
from flambeau.nn.functional import one_hot
from flambeau.utils._pytree import tree_flatten, tree_unflatten

from ... import tv_tensors
from .. import transforms as first
from ..draws import drawn_hole
from . import functional as F
from ._transform import Transform, _RandomApplyTransform
from ._utils import (
    _check_sequence_input,
    check_range,
    has_any,
    is_pure_tensor,
    parse_labels_getter,
    query_chw,
    query_size,
)


def warn_of_passing(transform: Transform, inpt: Any) -> None:
    """Warns where an input that is no picture is left as it is."""
    if isinstance(inpt, (tv_tensors.BoundingBoxes, tv_tensors.KeyPoints, tv_tensors.Mask)):
        warnings.warn(
            f"{type(transform).__name__}() is currently passing through inputs of type "
            f"tv_tensors.{type(inpt).__name__}. This will likely change in the future.",
            stacklevel=3,
        )


class RandomErasing(_RandomApplyTransform):
    """Images with a rectangle overwritten, or unchanged (arXiv:1708.04896)."""

    _v1_transform_cls = first.RandomErasing

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0.0,
        inplace: bool = False,
    ):
        super().__init__(p=p)
        if not isinstance(value, (numbers.Number, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        if not isinstance(scale, Sequence):
            raise TypeError("Scale should be a sequence")
        if not isinstance(ratio, Sequence):
            raise TypeError("Ratio should be a sequence")
        check_range(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        self.scale = scale
        self.ratio = ratio
        if isinstance(value, str):
            self.value = None
        else:
            values: Any = value if isinstance(value, (tuple, list)) else [value]
            self.value = [float(v) for v in values]
        self.inplace = inplace

    def _call_kernel(self, functional: Callable, inpt: Any, *args: Any, **kwargs: Any) -> Any:
        warn_of_passing(self, inpt)
        return super()._call_kernel(functional, inpt, *args, **kwargs)

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        channels, height, width = query_chw(flat_inputs)
        if self.value is not None and len(self.value) not in (1, channels):
            raise ValueError(
                f"If value is a sequence, it should have either a single value or {channels} (number of inpt channels)"
            )
        hole = drawn_hole((channels, height, width), self.scale, self.ratio, self.value)
        return dict(zip("ijhwv", hole or (0, 0, height, width, None)))

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        return inpt if params["v"] is None else self._call_kernel(F.erase, inpt, **params, inplace=self.inplace)


class JPEG(Transform):
    """Images as JPEG would give them back.

    Args:
        quality: from 1, the smallest file, to 100; or the least and the largest.

    Raises:
        TypeError, ValueError: what is no quality.
    """

    _calls = (F.jpeg,)

    def __init__(self, quality: int | Sequence[int]):
        super().__init__()
        if isinstance(quality, bool):
            raise TypeError("quality can't be bool")
        if isinstance(quality, int):
            quality = [quality, quality]
        else:
            _check_sequence_input(quality, "quality", req_sizes=(2,))
        if not (1 <= quality[0] <= quality[1] <= 100 and all(isinstance(q, int) for q in quality)):
            raise ValueError(f"quality must be an integer from 1 to 100, got {quality =}")
        self.quality = quality

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"quality": torch.randint(self.quality[0], self.quality[1] + 1, ()).item()}


# ------------------------------------------------------------------ mixtures
_PICTURES = (tv_tensors.Image, tv_tensors.Video)
_UNMIXED = (PIL.Image.Image, tv_tensors.BoundingBoxes, tv_tensors.Mask, tv_tensors.KeyPoints)


class _BaseMixUpCutMix(Transform):
    _weight = "lam"  # the parameter that says how much of a label is kept

    def __init__(self, *, alpha: float = 1.0, num_classes: int | None = None, labels_getter="default") -> None:
        super().__init__()
        self.alpha = float(alpha)
        self._dist = torch.distributions.Beta(torch.tensor([alpha]), torch.tensor([alpha]))
        self.num_classes = num_classes
        self._labels_getter = parse_labels_getter(labels_getter)

    def forward(self, *inputs: Any) -> Any:
        inputs = inputs if len(inputs) > 1 else inputs[0]
        flat_inputs, spec = tree_flatten(inputs)
        needed = self._needs_transform_list(flat_inputs)
        if has_any(flat_inputs, *_UNMIXED):
            raise ValueError(
                f"{type(self).__name__}() does not support PIL images, bounding boxes, keypoints and masks."
            )
        labels = self._labels_getter(inputs)
        self._check_labels(labels)
        drawn = self.make_params([inpt for inpt, needs in zip(flat_inputs, needed) if needs])
        params = {"labels": labels, "batch_size": labels.shape[0], **drawn}
        needed[next(k for k, inpt in enumerate(flat_inputs) if inpt is labels)] = True
        flat_outputs = [self.transform(inpt, params) if needs else inpt for inpt, needs in zip(flat_inputs, needed)]
        return tree_unflatten(flat_outputs, spec)

    def _check_labels(self, labels: Any) -> None:
        if not isinstance(labels, torch.Tensor):
            raise ValueError(f"The labels must be a tensor, but got {type(labels)} instead.")
        if labels.ndim not in (1, 2):
            raise ValueError(
                "labels should be index based with shape (batch_size,) "
                "or probability based with shape (batch_size, num_classes), "
                f"but got a tensor of shape {labels.shape} instead."
            )
        if labels.ndim == 2 and self.num_classes is not None and labels.shape[-1] != self.num_classes:
            raise ValueError(
                "When passing 2D labels, the number of elements in last dimension must match num_classes: "
                f"{labels.shape[-1]} != {self.num_classes}. You can Leave num_classes to None."
            )
        if labels.ndim == 1 and self.num_classes is None:
            raise ValueError("num_classes must be passed if the labels are index-based (1D)")

    def _check_image_or_video(self, inpt: torch.Tensor, *, batch_size: int) -> None:
        expected = 5 if isinstance(inpt, tv_tensors.Video) else 4
        if inpt.ndim != expected:
            raise ValueError(f"Expected a batched input with {expected} dims, but got {inpt.ndim} dimensions instead.")
        if inpt.shape[0] != batch_size:
            raise ValueError(
                "The batch size of the image or video does not match the batch size of the labels: "
                f"{inpt.shape[0]} != {batch_size}."
            )

    def transform(self, inpt: Any, params: dict[str, Any]) -> Any:
        if inpt is params["labels"]:
            return self._mixup_label(inpt, lam=params[self._weight])
        if not (isinstance(inpt, _PICTURES) or is_pure_tensor(inpt)):
            return inpt
        self._check_image_or_video(inpt, batch_size=params["batch_size"])
        output = self._mixed(inpt, params)
        return tv_tensors.wrap(output, like=inpt) if isinstance(inpt, _PICTURES) else output

    def _mixed(self, images: torch.Tensor, params: dict[str, Any]) -> torch.Tensor:
        raise NotImplementedError

    def _mixup_label(self, label: torch.Tensor, *, lam: float) -> torch.Tensor:
        if label.ndim == 1:
            label = one_hot(label, num_classes=self.num_classes)  # type: ignore[arg-type]
        label = label if label.dtype.is_floating_point else label.float()
        return _blended(label, lam)


def _blended(batch: torch.Tensor, lam: float) -> torch.Tensor:
    """Each row times lam, and the one before it times the rest."""
    return batch.roll(1, 0).mul_(1.0 - lam).add_(batch.mul(lam))


class MixUp(_BaseMixUpCutMix):
    """Each image of a batch blended with the one before it, and their labels (arXiv:1710.09412).

    Args:
        alpha: both parameters of the Beta distribution of the blend's weight.
        num_classes: how many classes there are, where labels are their numbers.
        labels_getter: a function that finds the labels, of shape (N,) or (N, num_classes), in a sample; "default": its
            second element.

    Raises:
        ValueError: at the call: labels or images that are not batches of one size.
    """

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        return {"lam": float(self._dist.sample(()))}

    def _mixed(self, images: torch.Tensor, params: dict[str, Any]) -> torch.Tensor:
        return _blended(images, params["lam"])


class CutMix(_BaseMixUpCutMix):
    """Each image of a batch with a rectangle of the one before it, and their labels blended (arXiv:1905.04899).

    Args:
        alpha: both parameters of the Beta distribution of the part that is kept.
        num_classes: how many classes there are, where labels are their numbers.
        labels_getter: a function that finds the labels, of shape (N,) or (N, num_classes), in a sample; "default": its
            second element.

    Raises:
        ValueError: at the call: labels or images that are not batches of one size.
    """

    _weight = "lam_adjusted"

    def make_params(self, flat_inputs: list[Any]) -> dict[str, Any]:
        lam = float(self._dist.sample(()))
        height, width = query_size(flat_inputs)
        x, y = (int(torch.randint(size, size=(1,))) for size in (width, height))
        r = 0.5 * math.sqrt(1.0 - lam)
        half_width, half_height = int(r * width), int(r * height)
        x1, y1 = max(x - half_width, 0), max(y - half_height, 0)
        x2, y2 = min(x + half_width, width), min(y + half_height, height)
        return {"box": (x1, y1, x2, y2), "lam_adjusted": float(1.0 - (x2 - x1) * (y2 - y1) / (width * height))}

    def _mixed(self, images: torch.Tensor, params: dict[str, Any]) -> torch.Tensor:
        x1, y1, x2, y2 = params["box"]
        output = images.clone()
        output[..., y1:y2, x1:x2] = images.roll(1, 0)[..., y1:y2, x1:x2]
        return output
