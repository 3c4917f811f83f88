"""LoopNest: what the scheduler asks of the kernel generator; all structure, no sizes.

A loop nest walks `kept` dimensions (independent results, cut into work items) and, inside, `reduced` dimensions. One
dimension, the last kept or the last reduced one, is walked in vectors. The stages run one after the other for each kept
element; a stage's reductions are values that later stages may use (softmax: maximum; sum of exponentials; store). So
are its instructions: those of a `per_item` stage are computed once an element, the others anew in each stage that uses
them. What a stage stores, a later stage may load again at the same place.

The order of a sum follows from the sizes of the reduced dimensions and `vector` alone (`codegen/nest.py` says how).

Sizes, strides, offsets and addresses are run-time words (`codegen/kernel.py` gives their order), so one compiled kernel
serves every shape of the same structure.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..dtypes import dtype


@dataclass(frozen=True)
class Access:
    """One operand and what is known of its walk when the kernel is compiled.

    memory:  "array" (an address), "iota" (no memory: its value is the int64 element position itself) or
             "scalar" (one 8-byte word of the plan's scalar table: double for floating types, int64 for the others).
    inner:   stride along the vector dimension: 0 (the same element), 1 (neighbours), -1 (neighbours, backwards), 2
             (every other element), None (known at run time: read and written one by one, slow where lines lie far
             apart; but operands whose neighbours lie along another kept dimension are turned around, tile by tile, in
             nests without reduced dimensions and in those with one of up to 1024 elements that is walked in vectors).
    bounds:  for masked operands (padding): the element is `fill` where a run-time range per dimension is left.
    """

    dtype: dtype
    memory: str = "array"
    inner: int | None = 1
    bounds: bool = False
    fill: float = 0.0


@dataclass(frozen=True)
class Instruction:
    """One step of a straight-line scalar program; arguments are numbers of earlier instructions of the whole nest.

    fn is a scalar function of codegen/scalar.py, or one of
      "load" (attrs = operand number; one argument: the checked row index of a `take`, whose run-time row stride and row
              count belong to the operand),
      "const" (attrs = value),
      "reduced" (attrs = (stage number, reduction number): the result of an earlier stage).
    """

    fn: str
    dtype: dtype
    args: tuple[int, ...] = ()
    attrs: object = None


@dataclass(frozen=True)
class Reduction:
    """fn: sum, dot (a sum in the order of BLAS), prod, max, min, argmax, argmin (first position, row-major over the
    reduced dimensions). NaN wins."""

    fn: str
    value: int


@dataclass(frozen=True)
class Stage:
    """One pass over the reduced dimensions, or (`per_item`) one step for each kept element.

    stores: pairs (output operand number, instruction number).
    """

    instructions: tuple[Instruction, ...]
    reductions: tuple[Reduction, ...] = ()
    stores: tuple[tuple[int, int], ...] = ()
    per_item: bool = False


@dataclass(frozen=True)
class LoopNest:
    """See the module.

    split: the first reduced dimension is cut in pieces, counted by an extra outermost kept dimension; the nest stores
    one partial result a piece, and a second nest combines them in order (not argmax and argmin).
    """

    kept: int
    reduced: int
    vector: str  # "kept" or "reduced"
    operands: tuple[Access, ...]
    stages: tuple[Stage, ...]
    outputs: frozenset[int]  # numbers of the operands that are written
    split: bool = False


@dataclass(frozen=True)
class Epilogue:
    """What a contraction kernel does with a finished tile before it stores it.

    Instruction 0 is always ("load", accumulator dtype, (), 0): the tile. Loads of operand k >= 1 are read at
    (row, column) with a run-time row stride and `inner` (0, 1 or None) as column stride. The instruction `result` is
    stored.
    """

    operands: tuple[Access, ...] = ()
    instructions: tuple[Instruction, ...] = ()
    result: int = 0
