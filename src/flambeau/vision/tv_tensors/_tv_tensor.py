"""The base of all TVTensors: a tensor whose class survives what only moves it, and is lost by what computes."""

from __future__ import annotations

from typing import Any

import flambeau as torch

from ... import gates
from ._return_type import must_return_subclass

# These move or copy what a tensor holds, which stays the image or the boxes that it was.
_KEEP_CLASS = frozenset({
    torch.Tensor.clone, torch.Tensor.to, torch.Tensor.detach, torch.Tensor.requires_grad_, torch.Tensor.pin_memory,
})  # fmt: skip


class TVTensor(torch.Tensor):
    """Base class of all TVTensors; scripts derive from it to make their own."""

    @staticmethod
    def _to_tensor(data: Any, dtype=None, device=None, requires_grad: bool | None = None) -> torch.Tensor:
        if requires_grad is None:
            requires_grad = data.requires_grad if isinstance(data, torch.Tensor) else False
        return torch.as_tensor(data, dtype=dtype, device=device).requires_grad_(requires_grad)

    @classmethod
    def _wrap_output(cls, output, args=(), kwargs=None):
        if isinstance(output, torch.Tensor) and not isinstance(output, cls):
            return output.as_subclass(cls)
        if isinstance(output, (tuple, list)):
            return type(output)(cls._wrap_output(part, args, kwargs) for part in output)
        return output

    @classmethod
    def wrap(cls, tensor: torch.Tensor, like: TVTensor, **kwargs: Any):
        """A tensor as an object of this class, with the metadata of another.

        Args:
            tensor: what is wrapped.
            like: whose metadata it takes.
            kwargs: metadata that it has instead.
        """
        return tensor.as_subclass(cls)

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        if not all(issubclass(cls, kind) for kind in types):
            return NotImplemented
        output = gates.unasked(func, args, kwargs)
        of_class = must_return_subclass()
        if of_class or (func in _KEEP_CLASS and isinstance(args[0], cls)):
            return cls._wrap_output(output, args, kwargs)
        return output.as_subclass(torch.Tensor) if isinstance(output, cls) else output

    def _make_repr(self, **kwargs: Any) -> str:
        metadata = ", ".join(f"{key}={value}" for key, value in kwargs.items())
        return f"{super().__repr__()[:-1]}, {metadata})"

    def __deepcopy__(self, memo):
        return self.detach().clone().requires_grad_(self.requires_grad)


gates.gate_methods(TVTensor)
