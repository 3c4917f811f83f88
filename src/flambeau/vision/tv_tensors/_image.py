"""Images of any number of leading dimensions."""

from __future__ import annotations

from typing import Any

import PIL.Image

from ._tv_tensor import TVTensor


def from_picture(data: Any):
    """What a tensor is made of: the pixels of a PIL image, other data as they are."""
    if isinstance(data, PIL.Image.Image):
        from ..transforms.functional import pil_to_tensor

        return pil_to_tensor(data)
    return data


class Image(TVTensor):
    """A tensor that holds images, of shape (..., C, H, W).

    Args:
        data: what `torch.as_tensor` takes, or a PIL image; two dimensions get a channel.
        dtype: the type of the pixels; by default that of `data`.
        device: where it lies; by default where `data` does.
        requires_grad: whether autograd follows it; by default as `data`.

    Raises:
        ValueError: fewer than two dimensions.
    """

    def __new__(cls, data: Any, *, dtype=None, device=None, requires_grad: bool | None = None):
        tensor = cls._to_tensor(from_picture(data), dtype=dtype, device=device, requires_grad=requires_grad)
        if tensor.ndim < 2:
            raise ValueError(f"Tensor must be 2D or higher, got {tensor.ndim}D tensor.")
        return (tensor.unsqueeze(0) if tensor.ndim == 2 else tensor).as_subclass(cls)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._make_repr()
