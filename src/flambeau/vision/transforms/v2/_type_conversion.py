"""Transforms between PIL images, arrays, tensors and TVTensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import PIL.Image

import flambeau as torch

from ... import batch_steps as steps
from ... import tv_tensors
from . import functional as F
from ._transform import Transform
from .functional import is_pure_tensor


class PILToTensor(Transform):
    """PIL images as tensors of shape (C, H, W), with their numbers."""

    _transformed_types = (PIL.Image.Image,)

    def transform(self, inpt: PIL.Image.Image, params: dict[str, Any]) -> torch.Tensor:
        return F.pil_to_tensor(inpt)

    def on_batch(self, kind):
        return steps.as_tensors(kind)


class ToImage(Transform):
    """Tensors, arrays and PIL images as Images, with their numbers."""

    _transformed_types = (is_pure_tensor, PIL.Image.Image, np.ndarray)

    def transform(self, inpt: Any, params: dict[str, Any]) -> tv_tensors.Image:
        return F.to_image(inpt)

    def on_batch(self, kind):
        return steps.as_tensors(kind)


class ToPILImage(Transform):
    """Tensors of shape (C, H, W) and arrays of shape (H, W, C) as PIL images.

    Args:
        mode: the image's mode; by default what fits the number of channels and their type.
    """

    _transformed_types = (is_pure_tensor, tv_tensors.Image, np.ndarray)

    def __init__(self, mode: str | None = None) -> None:
        super().__init__()
        self.mode = mode

    def transform(self, inpt: Any, params: dict[str, Any]) -> PIL.Image.Image:
        return F.to_pil_image(inpt, mode=self.mode)


class ToPureTensor(Transform):
    """TVTensors as the tensors that they are."""

    _transformed_types = (tv_tensors.TVTensor,)

    def transform(self, inpt: Any, params: dict[str, Any]) -> torch.Tensor:
        return inpt.as_subclass(torch.Tensor)

    def on_batch(self, kind):
        return steps.same(kind)
