"""Random graphs: what runs fused equals the interpreter, and bit for bit what runs node by node."""

import random

import numpy as np
import pytest
from programs import execute, same_bits

from flambeau import dtypes, ir
from flambeau.runtime.interpret import interpret

UNARY = ["neg", "abs", "sqrt", "tanh", "sigmoid", "floor"]
BINARY = ["add", "sub", "mul", "maximum", "minimum"]


class Graphs:
    """Grows a random graph from two inputs; values stay small, so that tolerances mean something."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)
        self.shape = tuple(self.random.choice([1, 2, 3, 5, 17, 33]) for _ in range(self.random.randint(1, 3)))
        self.nodes = [ir.input_(0, self.shape, dtypes.float32), ir.input_(1, self.shape[-1:], dtypes.float32)]

    def grow(self, steps: int) -> list[ir.Node]:
        for _ in range(steps):
            self.nodes.append(
                self.random.choice([self.unary, self.binary, self.binary, self.reduction, self.view, self.update])()
            )
        wanted = self.random.sample(self.nodes[2:], min(3, len(self.nodes) - 2))
        return [*wanted, self.nodes[-1]]

    def any(self) -> ir.Node:
        return self.random.choice(self.nodes[-6:] + self.nodes[:2])

    def unary(self) -> ir.Node:
        return ir.map_(self.random.choice(UNARY), self.any())

    def binary(self) -> ir.Node:
        a = self.any()
        others = [n for n in self.nodes if self._matches(n.shape, a.shape)]
        b = self.random.choice([*others, 0.5, ir.scalar(0, dtypes.float32)])
        made = ir.map_(self.random.choice(BINARY), a, b)
        return made if self.random.random() < 0.8 else ir.where(made > 0.1, made, made * 0.25)

    def _matches(self, a, b) -> bool:
        return len(a) <= len(b) and all(x in (1, y) for x, y in zip(reversed(a), reversed(b)))

    def reduction(self) -> ir.Node:
        node = self.any()
        axes = [i for i in range(len(node.shape)) if self.random.random() < 0.5] or [len(node.shape) - 1]
        made = ir.reduce(self.random.choice(["sum", "max", "min"]), node, axes)
        return made * 0.125 if self.random.random() < 0.5 else ir.map_("sub", node, made)

    def view(self) -> ir.Node:
        node = self.any()
        kind = self.random.choice(["permute", "flip", "slice", "merge", "expand"])
        if kind == "permute":
            return node.permute(self.random.sample(range(len(node.shape)), len(node.shape)))
        if kind == "merge":
            return node.reshape((node.size,))
        if kind == "expand":
            return node.reshape((1, *node.shape)).expand((2, *node.shape))
        strides = list(ir.contiguous_strides(node.shape))
        if kind == "flip":
            offset, strides[-1] = (node.shape[-1] - 1) * strides[-1], -strides[-1]
            return ir.view(node, node.shape, strides, offset)
        start = self.random.randrange(node.shape[-1])
        return ir.view(node, (*node.shape[:-1], node.shape[-1] - start), strides, start * strides[-1])

    def update(self) -> ir.Node:
        base, part = self.any(), self.random.random()
        size = max(1, int(base.shape[-1] * part))
        like = ir.view(base, (*base.shape[:-1], size), ir.contiguous_strides(base.shape), 0)
        strides = ir.contiguous_strides(base.shape)
        return ir.update(base, ir.map_("mul", like, like), strides, (base.shape[-1] - size) * strides[-1])


def node_by_node(wanted, arrays, scalars):
    values = {}
    for node in ir.topological(wanted):
        if node.kind == "input":
            values[node] = arrays[node.attrs["slot"]]
        elif node.kind in ("scalar", "const"):
            values[node] = None
        else:
            values[node] = _alone(node, values, scalars)
    return [values[node] for node in wanted]


def _alone(node, values, scalars):
    """One node run as a program: its arguments are inputs, but for numbers, which stay what they are."""
    inputs, arrays, args = {}, [], []
    for arg in node.args:
        if values[arg] is None:
            args.append(arg)
            continue
        if arg not in inputs:
            inputs[arg] = ir.input_(len(arrays), arg.shape, arg.dtype)
            arrays.append(values[arg])
        args.append(inputs[arg])
    return execute([ir.Node(node.kind, tuple(args), node.attrs, node.shape, node.dtype)], arrays, scalars)[0]


@pytest.mark.parametrize("seed", range(40))
def test_fused_equals_interpreted_and_node_by_node(seed):
    graph = Graphs(seed)
    wanted = graph.grow(10)
    rng = np.random.default_rng(seed)
    arrays = [rng.standard_normal(n.shape).astype(np.float32) for n in graph.nodes[:2]]
    fused = execute(wanted, arrays, [0.75])
    for found, expected in zip(fused, interpret(wanted, arrays, [0.75])):
        np.testing.assert_allclose(found, expected, rtol=2e-4, atol=2e-4)
    for found, expected in zip(fused, node_by_node(wanted, arrays, [0.75])):
        assert same_bits(found, expected)
