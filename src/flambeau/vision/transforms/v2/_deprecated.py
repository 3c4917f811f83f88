"""Transforms that warn and do as before."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import PIL.Image

import flambeau as torch

from ... import batch_steps as steps
from .. import functional as first
from ._transform import Transform


class ToTensor(Transform):
    """Deprecated: PIL images and arrays as tensors; bytes become floats from 0 to 1."""

    _transformed_types = (PIL.Image.Image, np.ndarray)

    def __init__(self) -> None:
        warnings.warn(
            "The transform `ToTensor()` is deprecated and will be removed in a future release. "
            "Instead, please use `v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])`."
            "Output is equivalent up to float precision.",
            stacklevel=2,
        )
        super().__init__()

    def transform(self, inpt: Any, params: dict[str, Any]) -> torch.Tensor:
        return first.to_tensor(inpt)

    def on_batch(self, kind):
        return steps.scaled(kind) if kind.is_pil else steps.same(kind)
