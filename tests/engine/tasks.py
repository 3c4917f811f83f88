"""Runs single tasks over NumPy arrays, for tests of the kernel generators."""

import numpy as np

from flambeau import config, dtypes
from flambeau.codegen.kernel import Operand
from flambeau.codegen.loops import Access, Instruction, LoopNest, Stage
from flambeau.runtime.execute import Launch, Plan, Pointer


def run(task, *arrays, threads=1):
    """Runs a task whose pointers' slots are the arrays' numbers, from 1 on; the fault, or None."""
    with config.override(threads=threads):
        plan = Plan([Launch([task])], len(arrays) + 1)
        for slot, array in enumerate(arrays, 1):
            plan.table[slot] = array.ctypes.data
        return plan.run()


def steps(array):
    """Strides in elements."""
    return tuple(stride // array.itemsize for stride in array.strides)


def operand(slot, array, **more):
    """An operand that walks all dimensions of an array."""
    return Operand(Pointer(slot), 0, steps(array), **more)


def inner(stride):
    return stride if stride in (0, 1, -1, 2) else None


def elementwise(fn, of, ranks, inners, result=None):
    """The nest of out = fn(*inputs) over `ranks` dimensions; inners: of the inputs and of the output."""
    result = result or of
    loads = [Instruction("load", of, (), k) for k in range(len(inners) - 1)]
    call = Instruction(fn, result, tuple(range(len(loads))))
    accesses = [Access(of, inner=i) for i in inners[:-1]] + [Access(result, inner=inners[-1])]
    stage = Stage((*loads, call), (), ((len(loads), len(loads)),), per_item=True)
    return LoopNest(ranks, 0, "kept", tuple(accesses), (stage,), frozenset({len(loads)}))


def fenced(shape, of, margin=64):
    """An array of zeros between margins that nobody may write: (whole memory, the array)."""
    size = int(np.prod(shape))
    memory = np.full(size + 2 * margin, 7, of.numpy)
    array = memory[margin : margin + size].reshape(shape)
    array[...] = 0
    return memory, array


def fences_stand(memory, margin=64):
    fence = np.full(margin, 7, memory.dtype)
    return bool((memory[:margin] == fence).all() and (memory[-margin:] == fence).all())


def sample(rng, shape, of):
    """Small numbers that every dtype can hold."""
    if of is dtypes.bfloat16:
        return (rng.standard_normal(shape).astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
    if of.is_floating_point:
        return rng.standard_normal(shape).astype(of.numpy)
    return rng.integers(0, 2 if of is dtypes.bool_ else 5, shape).astype(of.numpy)
