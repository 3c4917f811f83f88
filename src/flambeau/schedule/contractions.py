"""From a contraction group to launches: geometry, strided operands, the maps after it as an epilogue."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import replace

from .. import dtypes
from ..codegen.contraction import Matrix, matmul_launches
from ..codegen.cut import Workspace, side_by_side
from ..codegen.loops import Access, Epilogue, Instruction
from ..ir import Node
from ..runtime.execute import Launch, Pointer
from . import views
from .fuse import Group, base_of, flops_of, matrix_shape, matrix_strides
from .halves import factors_of
from .memory import Places
from .program import SCALARS


def contraction_launches(
    group: Group, output: Node, inline: Set[Node], where: Places, space: Workspace
) -> list[Launch]:
    """The launches of a contraction and its epilogue."""
    root = group.nodes[0]
    builder = EpilogueBuilder(group, inline, where)
    epilogue, operands = builder.build(output) if output is not root else (Epilogue(), [])
    if root.kind == "matmul":
        launches = _matmul(root, where, where(output), epilogue, operands, space)
    else:
        from .convolutions import (
            convolution_launches,
        )  # many programs have none, and their generators take long to load

        launches = convolution_launches(root, where, where(output), epilogue, operands, space)
    label = "+".join([root.kind, *(n.attrs["fn"] for n in group.nodes[1:])])
    if launches:
        launches[-1].label = label
    return launches


def _matmul(
    root: Node, where: Places, y: Pointer, epilogue: Epilogue, operands: Sequence[Matrix], space: Workspace
) -> list[Launch]:
    (_, m, n), k = matrix_shape(root), root.args[0].shape[-1]
    (outer, inner), pairs = views.batches(*root.args)
    steps = [*pairs, (inner * m * n, m * n), *((inner * one.batch_stride, one.batch_stride) for one in operands)]
    matrices = [*(_matrix(arg, where) for arg in root.args), Matrix(y, 0, 0, n, 1), *operands]
    if inner < outer:
        outer, inner, steps = inner, outer, [(one, other) for other, one in steps]
    parts, factors = [], factors_of(root)
    for i in range(outer):
        a, b, c, *rest = (
            replace(x, offset=x.offset + i * step, batch_stride=stride) for x, (step, stride) in zip(matrices, steps)
        )
        parts.append(matmul_launches(factors, inner, m, n, k, a, b, c, epilogue, rest, space))
    return side_by_side(parts)


def _matrix(arg: Node, where: Places) -> Matrix:
    offset, strides = views.walk_of(arg)
    return Matrix(where(base_of(arg)), offset, 0, *strides[-2:])


class EpilogueBuilder:
    """Writes the maps of a contraction group as straight-line code on the finished tile."""

    def __init__(self, group: Group, inline: Set[Node], where: Places):
        self.group, self.inline, self.where = group, inline, where
        self.root, self.members = group.nodes[0], set(group.nodes)
        self.shape = matrix_shape(self.root)
        self.accesses = [Access(self.root.dtype)]
        self.matrices: list[Matrix] = []
        self.instructions = [Instruction("load", self.root.dtype, (), 0)]
        self.known: dict[object, int] = {self.root: 0}

    def build(self, output: Node) -> tuple[Epilogue, list[Matrix]]:
        """The epilogue that ends in a node, and the operands that it reads."""
        result = self._value(output)
        return Epilogue(tuple(self.accesses[1:]), tuple(self.instructions), result), self.matrices

    def _value(self, arg: Node) -> int:
        base = base_of(arg)
        if base in self.members:
            arg = base
        elif arg not in self.inline:
            return self._leaf(arg)
        if arg not in self.known:
            args = tuple(self._value(a) for a in arg.args)
            fn = arg.attrs["fn"]
            same = fn == "cast" and arg.dtype is arg.args[0].dtype
            self.known[arg] = args[0] if same else self._emit(fn, arg.dtype, args)
        return self.known[arg]

    def _emit(self, fn: str, dtype, args: tuple[int, ...] = (), attrs: object = None) -> int:
        key = (fn, dtype, args, repr(attrs))
        if key not in self.known:
            self.known[key] = len(self.instructions)
            self.instructions.append(Instruction(fn, dtype, args, attrs))
        return self.known[key]

    def _leaf(self, arg: Node) -> int:
        base = base_of(arg)
        if base.kind in ("const", "scalar"):
            number = base.attrs["index"] if base.kind == "scalar" else self.where.numbers.index(base)
            if number is None:
                return self._emit("const", base.dtype, (), base.attrs["value"])
            held = dtypes.float64 if base.dtype.is_floating_point else dtypes.int64
            word = self._load(Access(held, inner=0), Matrix(Pointer(SCALARS, 8 * number), 0, 0, 0, 0))
            return word if held is base.dtype else self._emit("cast", base.dtype, (word,))
        strides, offset = matrix_strides(arg, self.shape)
        inner = strides[2] if strides[2] in (0, 1) else None
        return self._load(Access(base.dtype, inner=inner), Matrix(self.where(base), offset, *strides))

    def _load(self, access: Access, matrix: Matrix) -> int:
        key = ("operand", access, matrix)
        if key not in self.known:
            self.accesses.append(access)
            self.matrices.append(matrix)
            self.known[key] = len(self.matrices)
        return self._emit("load", access.dtype, (), self.known[key])


def contraction_flops(group: Group) -> int:
    """Multiplications and additions of a contraction, and what its epilogue costs."""
    root = group.nodes[0]
    if root.kind == "matmul":
        inner = root.args[0].shape[-1]
    elif root.kind == "conv_dw":
        inner = root.args[1].size // max(root.args[1].shape[-1], 1)
    else:
        weight = root.args[1]
        inner = weight.size // max(weight.shape[0], 1)
    return root.size * (2 * inner + sum(map(flops_of, group.nodes[1:])))
