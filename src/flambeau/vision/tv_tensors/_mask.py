"""Masks: which pixels belong to what."""

from __future__ import annotations

from typing import Any

from ._image import from_picture
from ._tv_tensor import TVTensor


class Mask(TVTensor):
    """A tensor that holds masks of segmentation or detection, of shape (..., H, W).

    Args:
        data: what `torch.as_tensor` takes, or a PIL image.
        dtype: the type of the pixels; by default that of `data`.
        device: where it lies; by default where `data` does.
        requires_grad: whether autograd follows it; by default as `data`.
    """

    def __new__(cls, data: Any, *, dtype=None, device=None, requires_grad: bool | None = None):
        tensor = cls._to_tensor(from_picture(data), dtype=dtype, device=device, requires_grad=requires_grad)
        return tensor.as_subclass(cls)
