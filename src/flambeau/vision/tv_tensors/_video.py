"""Videos: images one after the other."""

from __future__ import annotations

from typing import Any

from ._tv_tensor import TVTensor


class Video(TVTensor):
    """A tensor that holds videos, of shape (..., T, C, H, W).

    Args:
        data: what `torch.as_tensor` takes.
        dtype: the type of the pixels; by default that of `data`.
        device: where it lies; by default where `data` does.
        requires_grad: whether autograd follows it; by default as `data`.

    Raises:
        ValueError: fewer than four dimensions.
    """

    def __new__(cls, data: Any, *, dtype=None, device=None, requires_grad: bool | None = None):
        tensor = cls._to_tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)
        if data.ndim < 4:
            raise ValueError
        return tensor.as_subclass(cls)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._make_repr()
