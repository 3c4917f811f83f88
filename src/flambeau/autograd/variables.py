"""Variable, the tensor on the tape of PyTorch's first releases: today every tensor is one."""

from __future__ import annotations

import warnings

from ..tensor import Tensor


class _AnyTensor(type):
    """isinstance(x, Variable) asks whether x is a tensor."""

    def __instancecheck__(cls, instance):
        return isinstance(instance, Tensor)


class Variable(metaclass=_AnyTensor):
    """Variable(x) is a leaf over the memory of the tensor x, or an empty one.

    data: the tensor.  requires_grad: whether it is to get a gradient.  volatile: of no effect any more.
    Raises TypeError for what is no tensor, RuntimeError where its type has no gradients.
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = False, volatile=None):  # type: ignore[misc]
        if volatile:
            warnings.warn(
                "volatile was removed and now has no effect. Use `with torch.no_grad():` instead.",
                UserWarning,
                stacklevel=2,
            )
        if data is None:
            data = Tensor()
        if not isinstance(data, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if requires_grad and not data.meta.dtype.is_inexact:
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        return data.detach().requires_grad_(requires_grad)
