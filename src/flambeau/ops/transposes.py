"""The attributes that transpose: x.T, x.mT and x.H, with PyTorch's bounds on the number of dimensions."""

from __future__ import annotations

import functools
import warnings

from ..tensor import Tensor
from .views import permute, transpose


def numpy_T(self: Tensor) -> Tensor:
    """The dimensions in reverse."""
    if self.meta.ndim not in (1, 2):
        _warn_of_T(self.meta.ndim == 0)
    return permute(self, range(self.meta.ndim)[::-1])


@functools.cache
def _warn_of_T(number: bool) -> None:
    """Once in a process for each text."""
    text = (
        "Tensor.T is deprecated on 0-D tensors. This function is the identity in these cases."
        if number
        else "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
        "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or `x.permute("
        "*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor."
    )
    warnings.warn(text, UserWarning, stacklevel=4)


def _matrices_turned(name: str, finish=lambda x: x):
    def turned(self: Tensor) -> Tensor:
        """The last two dimensions swapped, the elements conjugated where the name says so."""
        if self.meta.ndim < 2:
            raise RuntimeError(
                f"{name} is only supported on matrices or batches of matrices. Got {self.meta.ndim}-D tensor."
            )
        return finish(transpose(self, -2, -1))

    return turned


mT, adjoint = _matrices_turned("tensor.mT"), _matrices_turned("tensor.adjoint()", lambda x: x.conj())


def hermitian(self: Tensor) -> Tensor:
    """A matrix transposed and conjugated."""
    if self.meta.ndim not in (0, 2):
        raise RuntimeError(
            f"tensor.H is only supported on matrices (2-D tensors). Got {self.meta.ndim}-D tensor."
            + (" For batches of matrices, consider using tensor.mH" if self.meta.ndim > 2 else "")
        )
    return (transpose(self, 0, 1) if self.meta.ndim else self).conj()
