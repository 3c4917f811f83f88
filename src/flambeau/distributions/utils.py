"""What distributions share: broadcasting parameters, probabilities and logits, properties computed once."""

from __future__ import annotations

import math
from functools import update_wrapper
from numbers import Number

from .. import Tensor, broadcast_tensors, empty, finfo, get_default_dtype, sigmoid, stack, tensor, tril_indices
from ..nn.functional import binary_cross_entropy_with_logits as _bce
from ..nn.functional import softmax

euler_constant = 0.57721566490153286060
HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)


def broadcast_all(*values) -> tuple[Tensor, ...]:
    """Numbers and tensors as tensors of one shape; numbers take the first tensor's dtype. ValueError for others."""
    if not all(isinstance(v, (Tensor, Number)) for v in values):
        raise ValueError(
            "Input arguments must all be instances of Number, torch.Tensor or objects implementing __torch_function__."
        )
    kind = next((v.dtype for v in values if isinstance(v, Tensor)), get_default_dtype())
    return tuple(broadcast_tensors(*(v if isinstance(v, Tensor) else tensor(v, dtype=kind) for v in values)))


def standard_normal(shape, like: Tensor) -> Tensor:
    """Standard normal numbers in a tensor's dtype."""
    return empty(shape, dtype=like.dtype).normal_()


def rand_like_shape(shape, like: Tensor) -> Tensor:
    """Numbers in [0, 1) in a tensor's dtype."""
    return empty(shape, dtype=like.dtype).uniform_()


def logits_to_probs(logits: Tensor, is_binary: bool = False) -> Tensor:
    """Probabilities from log-odds (is_binary), or from logarithms of weights along the last dimension."""
    return sigmoid(logits) if is_binary else softmax(logits, dim=-1)


def clamp_probs(probs: Tensor) -> Tensor:
    """Probabilities kept away from 0 and 1 by the dtype's eps."""
    eps = finfo(probs.dtype).eps
    return probs.clamp(min=eps, max=1 - eps)


def probs_to_logits(probs: Tensor, is_binary: bool = False) -> Tensor:
    """Logarithms of probabilities, or log-odds (is_binary)."""
    clamped = clamp_probs(probs)
    return clamped.log() - (-clamped).log1p() if is_binary else clamped.log()


def binary_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """The negative log-probability of zeros and ones, one for each."""
    return _bce(logits, target, reduction="none")


class lazy_property:
    """A property that is computed at the first look and then kept in the object."""

    def __init__(self, wrapped):
        self.wrapped = wrapped
        update_wrapper(self, wrapped)

    def __get__(self, instance, owner=None):
        if instance is None:
            return property(self.wrapped)
        from .. import enable_grad

        with enable_grad():
            value = self.wrapped(instance)
        setattr(instance, self.wrapped.__name__, value)
        return value


def tril_matrix_to_vec(mat: Tensor, diag: int = 0) -> Tensor:
    """The lower triangles of matrices (*, n, n), row by row. ValueError for diagonals that they do not have."""
    n = mat.shape[-1]
    if diag < -n or diag >= n:
        raise ValueError(f"diag ({diag}) provided is outside [{-n}, {n - 1}].")
    rows, columns = tril_indices(n, n, diag)
    return mat[..., rows, columns]


def vec_to_tril_matrix(vec: Tensor, diag: int = 0) -> Tensor:
    """Matrices with given lower triangles (*, m). ValueError where m is no size of a triangle."""
    root = math.sqrt((1 + 2 * diag) ** 2 + 8 * vec.shape[-1] + 4 * abs(diag) * (diag + 1))
    n = (-(1 + 2 * diag) + root) / 2
    if not math.isclose(n, round(n), abs_tol=1e-6):
        raise ValueError(
            f"The size of last dimension is {vec.shape[-1]} which cannot be expressed as the lower triangular part "
            "of a square D x D matrix."
        )
    size = round(n)
    mat = vec.new_zeros((*vec.shape[:-1], size, size))
    rows, columns = tril_indices(size, size, diag)
    mat[..., rows, columns] = vec
    return mat


__all__ = [
    "binary_cross_entropy", "broadcast_all", "clamp_probs", "euler_constant", "lazy_property",
    "logits_to_probs", "probs_to_logits", "rand_like_shape", "stack", "standard_normal", "tril_matrix_to_vec",
    "vec_to_tril_matrix",
]  # fmt: skip
