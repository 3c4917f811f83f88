"""Runs contractions over NumPy arrays, for tests of the product kernels."""

import numpy as np

from flambeau import config
from flambeau.codegen.contraction import Matrix, matmul_launches
from flambeau.codegen.convolution import Weights, conv_launches
from flambeau.codegen.cut import Workspace
from flambeau.codegen.loops import Access, Epilogue, Instruction
from flambeau.runtime.execute import Plan, Pointer

MARGIN = 64  # bytes of a fence; what it holds is a NaN for every floating-point type
FENCE = 0xFF


def fenced(array):
    """A copy of an array between fences, with strides of the same order, or zero: (memory, copy)."""
    core = array[tuple(slice(0, 1) if stride == 0 else slice(None) for stride in array.strides)]
    memory = np.full(core.nbytes + 2 * MARGIN, FENCE, np.uint8)
    order = np.argsort([-abs(s) for s in core.strides], kind="stable")
    inside = memory[MARGIN : MARGIN + core.nbytes].view(core.dtype)
    copy = inside.reshape([core.shape[i] for i in order]).transpose(np.argsort(order))
    copy[...] = core
    return memory, np.broadcast_to(copy, array.shape)


def fences_stand(memory):
    return bool((memory[:MARGIN] == FENCE).all() and (memory[-MARGIN:] == FENCE).all())


def steps(array):
    return tuple(stride // array.itemsize for stride in array.strides)


def matrix(slot, array):
    """Where a (batch, m, n) array in a slot stands."""
    return Matrix(Pointer(slot), 0, *steps(array))


def run(launches_for, arrays, threads=1):
    """Runs launches_for(workspace) over arrays in slots 2, 3 ...; the arrays' copies, once their fences are checked."""
    memories, copies = zip(*(fenced(a) for a in arrays))
    _, nbytes = launches_for(Pointer(1))
    scratch = np.full(nbytes + 2 * MARGIN, FENCE, np.uint8)
    launches, _ = launches_for(Pointer(1))
    with config.override(threads=threads):
        plan = Plan(launches, len(arrays) + 2)
        at = scratch.ctypes.data
        plan.table[1] = at + -at % 64
        for slot, copy in enumerate(copies, 2):
            plan.table[slot] = copy.ctypes.data
        assert plan.run() is None
    assert (scratch[nbytes + -at % 64 :] == FENCE).all()
    assert all(map(fences_stand, memories))
    return copies


def matmul(of, a, b, epilogue=None, operands=(), out=None, threads=1, target=None):
    """epilogue(a @ b) for (batch, m, k) and (batch, k, n) arrays; `out` gives the result's strides and dtype."""
    (batch, m, k), n = a.shape, b.shape[2]
    c = np.zeros((batch, m, n), a.dtype) if out is None else out
    arrays = [a, b, c, *operands]

    def launches(workspace):
        at = [matrix(slot, array) for slot, array in enumerate(arrays, 2)]
        space = Workspace(workspace)
        return matmul_launches(of, batch, m, n, k, *at[:3], epilogue or Epilogue(), at[3:], space, target), space.bytes

    return run(launches, arrays, threads)[2]


def conv(of, kind, geometry, x, w, y, epilogue=None, operands=(), threads=1, target=None):
    """A convolution or gradient; x and y are NHWC, w is OIHW; the result's own array is overwritten in a copy."""
    arrays = [x, w, y, *operands]
    at = [Matrix(Pointer(slot), 0, 0, *steps(array)) for slot, array in enumerate(operands, 5)]
    weights = Weights(Pointer(3), steps(w))

    def launches(workspace):
        return conv_launches(
            of, kind, geometry, Pointer(2), weights, Pointer(4), epilogue or Epilogue(), at, workspace, target
        )

    return run(launches, arrays, threads)[{"forward": 2, "dx": 0, "dw": 1}[kind]]


def add_and_relu(of, operands):
    """The epilogue max(tile + operand 1 + operand 2 ..., 0)."""
    inners = [step if (step := steps(operand)[-1]) in (0, 1) else None for operand in operands]
    code = [Instruction("load", of, (), k) for k in range(len(operands) + 1)]
    total = 0
    for k in range(1, len(operands) + 1):
        code.append(Instruction("add", of, (total, k)))
        total = len(code) - 1
    code += [Instruction("const", of, (), 0.0), Instruction("maximum", of, (total, len(code)))]
    return Epilogue(tuple(Access(of, inner=inner) for inner in inners), tuple(code), len(code) - 1)
