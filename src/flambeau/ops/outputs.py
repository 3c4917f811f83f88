"""Where results may be written: the overlaps and types that PyTorch refuses in `out=` and in-place ops."""

from __future__ import annotations

from collections.abc import Iterable

from ..dtypes import dtype
from ..errors import SCALAR_NAMES, TYPE_TITLES
from ..meta import Meta
from ..tensor import Tensor

# Texts for an `out` of another type than the result's, where it must be the same: {got} and {want} as C++ calls the
# types, {Got} and {Want} as PyTorch does.
EXACT = "Expected out tensor to have dtype {want}, but got {got} instead"
FOUND = "Found dtype {Got} but expected {Want}"
RESULT = "result dtype {Got} does not match input dtype {Want}"
TYPED = "expected scalar_type {Want} but found {Got}"

ADVICE = "Please clone() the tensor before performing the operation."


def check_exact(text: str, want: dtype, got: dtype) -> None:
    """RuntimeError, with one of the texts above, where an `out` has another type than the result."""
    if want is not got:
        names = {"want": SCALAR_NAMES[want.name], "got": SCALAR_NAMES[got.name]}
        raise RuntimeError(text.format(**names, Want=TYPE_TITLES[want.name], Got=TYPE_TITLES[got.name]))


def check_single(written: Meta) -> None:
    """RuntimeError where several elements of what is written are one in memory."""
    if written.numel and 0 in written.strides and any(n > 1 and not s for n, s in zip(written.shape, written.strides)):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            + ADVICE
        )


def check_overlap(written: Tensor, read: Iterable, apart: bool = False) -> None:
    """RuntimeError where what is written shares a part of its memory with what is read; all of it, too, if `apart`."""
    for x in read:
        if not isinstance(x, Tensor) or x.storage is not written.storage or x.level is not None:
            continue
        if apart if x is written else _meet(written.meta, x.meta, apart):
            raise RuntimeError(
                "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
                "memory location. " + ADVICE
            )


def _meet(a: Meta, b: Meta, apart: bool) -> bool:
    """Whether two views overlap, if not as one; views with gaps are given the benefit of the doubt, as in PyTorch."""
    if not a.numel or not b.numel:
        return False
    if a is b:
        return apart
    if not (a.dense and b.dense):
        return False
    (begin, end), (first, last) = _bytes(a), _bytes(b)
    same = (begin, end, a.strides) == (first, last, b.strides)
    return begin < last and first < end and (apart or not same)


def _bytes(m: Meta) -> tuple[int, int]:
    start = m.offset * m.dtype.itemsize
    return start, start + m.numel * m.dtype.itemsize
