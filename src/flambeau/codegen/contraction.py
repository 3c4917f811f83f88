"""Matrix products: batches of (m, k) @ (k, n), any strides, with an epilogue.

In: sizes, where the matrices stand, an Epilogue. Out: launches, to be run in order, and the bytes of workspace that they
want. The invariant: the order in which products are added depends on the sizes alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..dtypes import dtype
from ..runtime.execute import Launch, Pointer
from .loops import Epilogue


@dataclass(frozen=True)
class Matrix:
    """Where matrices stand: element (batch, i, j) is `offset + batch * batch_stride + i * row_stride + j * column_stride`
    elements after the pointer. Strides may be zero (operands only) or negative."""

    pointer: Pointer
    offset: int = 0
    batch_stride: int = 0
    row_stride: int = 0
    column_stride: int = 1


def matmul_launches(
    dtype: dtype,
    batch: int,
    m: int,
    n: int,
    k: int,
    a: Matrix,
    b: Matrix,
    c: Matrix,
    epilogue: Epilogue = Epilogue(),
    operands: Sequence[Matrix] = (),
    workspace: Pointer = Pointer(0, 0),
    accumulate: bool = False,
) -> tuple[list[Launch], int]:
    """c = epilogue(a @ b) for every matrix of the batch; with `accumulate` c's old content is added before the epilogue.

    a: (batch, m, k); b: (batch, k, n); c: (batch, m, n).  operands: where the epilogue's operands 1, 2 ... stand, indexed
    like c, zero strides for broadcasting; their column strides agree with `Access.inner`. None of them may share memory
    with c.  workspace: 64-byte aligned scratch memory of at least the returned number of bytes; the launches do not
    depend on it otherwise, so a call with any pointer tells the bytes.
    """
    raise NotImplementedError
