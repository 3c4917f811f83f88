"""Between PIL images, arrays and tensors; and functionals that warn and do as before."""

from __future__ import annotations

import warnings

import numpy as np
import PIL.Image

import flambeau as torch

from ....tv_tensors import Image
from ... import functional as first
from ...functional import pil_to_tensor


def to_image(inpt) -> Image:
    """A picture as an Image.

    Args:
        inpt: a tensor of shape (..., C, H, W), a PIL image, or an array of shape (H, W, C) or (H, W).

    Raises:
        TypeError: an input of another type.
    """
    if isinstance(inpt, np.ndarray):
        return Image(torch.from_numpy(np.atleast_3d(inpt)).permute((2, 0, 1)).contiguous())
    if isinstance(inpt, PIL.Image.Image):
        return Image(pil_to_tensor(inpt))
    if isinstance(inpt, torch.Tensor):
        return Image(inpt)
    raise TypeError(f"Input can either be a pure Tensor, a numpy array, or a PIL image, but got {type(inpt)} instead.")


def to_tensor(inpt) -> torch.Tensor:
    """Deprecated: `to_image` and `to_dtype` say what happens."""
    warnings.warn(
        "The function `to_tensor(...)` is deprecated and will be removed in a future release. "
        "Instead, please use `to_image(...)` followed by `to_dtype(..., dtype=torch.float32, scale=True)`.",
        stacklevel=2,
    )
    return first.to_tensor(inpt)


def get_image_size(inpt) -> list[int]:
    """Deprecated: `get_size` gives height and width, in this order."""
    warnings.warn(
        "The function `get_image_size(...)` is deprecated and will be removed in a future release. "
        "Instead, please use `get_size(...)` which returns `[h, w]` instead of `[w, h]`.",
        stacklevel=2,
    )
    return first.get_image_size(inpt)
