"""What the functions of this package demand of their arguments, with PyTorch's errors."""

from __future__ import annotations

from ..errors import TYPE_TITLES
from ..ops.outputs import EXACT
from ..ops.structures import named
from ..tensor import Tensor


class LinAlgError(RuntimeError):
    """A matrix for which there is no result: singular, or not positive definite."""


LinAlgError.__name__ = LinAlgError.__qualname__ = "_LinAlgError"  # so does PyTorch print it


def check_matrix(name: str, A: Tensor, argument: str = "A") -> None:
    """Raises unless A has at least two dimensions."""
    if A.ndim < 2:
        raise RuntimeError(f"{name}: The input tensor {argument} must have at least 2 dimensions.")


def check_square(name: str, A: Tensor) -> None:
    """Raises unless A is a batch of square matrices."""
    check_matrix(name, A)
    if A.shape[-1] != A.shape[-2]:
        rows, columns = A.shape[-2:]
        raise RuntimeError(f"{name}: A must be batches of square matrices, but they are {rows} by {columns} matrices")


def check_inexact(name: str, A: Tensor) -> None:
    """Raises unless A's elements are floating-point or complex numbers."""
    if not A.dtype.is_inexact:
        got = TYPE_TITLES[A.meta.dtype.name]
        raise RuntimeError(f"{name}: Expected a floating point or complex tensor as input. Got {got}")


def check_floating(name: str, A: Tensor) -> None:
    """Raises unless A's elements are numbers of the precisions that LAPACK knows."""
    check_inexact(name, A)
    if A.dtype.itemsize < 4:
        raise RuntimeError(f"{name}: Low precision dtypes not supported. Got {TYPE_TITLES[A.meta.dtype.name]}")


def failed(info: Tensor) -> tuple[str, int] | None:
    """The first matrix of a batch that failed, as the text that names it, and its info; None if none did."""
    numbers = info.concrete().detach().numpy().reshape(-1)
    if not numbers.any():
        return None
    place = int((numbers != 0).argmax())
    return f"(Batch element {place}): " if info.ndim else "", int(numbers[place])


def into(out, name: str, **values):
    """Results as a named tuple, written to the tensors of `out` where the caller gave some."""
    from ..ops.public import finish

    return finish(named(name, **values), out, exact=EXACT)
