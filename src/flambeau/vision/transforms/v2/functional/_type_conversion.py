"""Between PIL images, arrays and tensors."""

from __future__ import annotations

import numpy as np
import PIL.Image

import flambeau as torch

from ....tv_tensors import Image
from ...functional import pil_to_tensor

__all__ = ["to_image"]


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
