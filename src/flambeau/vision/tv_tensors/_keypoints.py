"""Key points of an image: joints, polygons, chains of points."""

from __future__ import annotations

from typing import Any

import flambeau as torch

from ._tv_tensor import TVTensor


class KeyPoints(TVTensor):
    """A tensor that holds points of an image by their x and y, of shape (..., 2).

    Args:
        data: what `torch.as_tensor` takes.
        canvas_size: height and width of the image.
        dtype: the type of the coordinates; by default that of `data`.
        device: where it lies; by default where `data` does.
        requires_grad: whether autograd follows it; by default as `data`.

    Raises:
        ValueError: the last dimension is not 2.
    """

    canvas_size: tuple[int, int]

    def __new__(
        cls, data: Any, *, canvas_size, dtype=None, device=None, requires_grad: bool | None = None
    ) -> KeyPoints:
        tensor = cls._to_tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)
        return cls._wrap(tensor, canvas_size=canvas_size)

    @classmethod
    def _wrap(cls, tensor: torch.Tensor, *, canvas_size, check_dims: bool = True):
        if check_dims:
            if tensor.ndim == 1:
                tensor = tensor.unsqueeze(0)
            elif tensor.shape[-1] != 2:
                raise ValueError(f"Expected a tensor of shape (..., 2), not {tensor.shape}")
        points = tensor.as_subclass(cls)
        points.canvas_size = canvas_size
        return points

    @classmethod
    def wrap(cls, tensor, like, **kwargs):
        return cls._wrap(tensor, canvas_size=kwargs.get("canvas_size", like.canvas_size))

    @classmethod
    def _wrap_output(cls, output, args=(), kwargs=None):
        like = first_of(KeyPoints, args, kwargs)
        return map_tensors(
            output, KeyPoints, lambda t: KeyPoints._wrap(t, canvas_size=like.canvas_size, check_dims=False)
        )

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return self._make_repr(canvas_size=self.canvas_size)


def first_of(kind: type, args, kwargs):
    """The first object of a class among a call's arguments: it gives a result its metadata."""
    leaves = torch.utils._pytree.tree_leaves((*args, *(kwargs or {}).values()))
    return next(leaf for leaf in leaves if isinstance(leaf, kind))


def map_tensors(output, kind: type, function):
    """A call's result with a function applied to the tensors in it that are not of a class yet."""
    if isinstance(output, (tuple, list)):
        return type(output)(map_tensors(part, kind, function) for part in output)
    return function(output) if isinstance(output, torch.Tensor) and not isinstance(output, kind) else output
