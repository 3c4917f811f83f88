"""Runs scalar functions over NumPy arrays as machine code, for tests of the functions themselves."""

import ctypes

import numpy as np

from flambeau.codegen import registers, scalar
from flambeau.codegen.builder import Builder
from flambeau.codegen.scalar import PREDICATES
from flambeau.dtypes import bool_
from flambeau.runtime.compile import Kernel, address

ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def kernel(steps, types, lanes=16, target=None):
    """A kernel of several functions of the same arguments; an item is `lanes` elements.

    steps: (function, dtype of the result).  types: the arguments' dtypes; a function takes as many as it needs.
    words: the addresses of the arguments, then of the results.
    """

    def build():
        b = Builder(target)
        with b.function("kernel", [("words", "ptr"), ("begin", "i64"), ("end", "i64")]) as (words, begin, end):
            pointers = [b.load("ptr", b.gep(words, i, "i64")) for i in range(len(types) + len(steps))]
            with b.loop(begin, end) as loop:
                at = b.mul(loop.index, lanes)
                places = [
                    b.gep(pointer, at, registers.memory_type(of))
                    for pointer, of in zip(pointers, [*types, *(of for _, of in steps)])
                ]
                args = [registers.load(b, of, place, lanes) for of, place in zip(types, places)]
                for (fn, of), place in zip(steps, places[len(types) :]):
                    given = args[: scalar.FUNCTIONS[fn].arity]
                    registers.store(b, of, scalar.emit(b, fn, of, given, lanes, types[-1]), place)
        return b.text()

    names = [(fn, of.name) for fn, of in steps], [of.name for of in types]
    return Kernel(("elementwise", *names, lanes, target), build)


def run_all(steps, arrays, types, lanes=16, target=None):
    """The results of all steps, of the arrays' common shape; arrays are in host form (bfloat16: bit patterns)."""
    arrays = np.broadcast_arrays(*arrays)
    size = arrays[0].size
    items = -(-size // lanes)
    padded = [np.resize(a.ravel(), items * lanes) for a in arrays]
    results = [np.zeros(items * lanes, of.numpy) for _, of in steps]
    words = np.array([a.ctypes.data for a in (*padded, *results)], np.int64)
    ENTRY(address(kernel(steps, types, lanes, target)))(words.ctypes.data, 0, items)
    return [result[:size].reshape(arrays[0].shape) for result in results]


def run(fn, of, arrays, source=None, lanes=16, target=None):
    """One function of arrays; `of` is the result's dtype, `source` the arguments' where it is another."""
    source = source or of
    types = [bool_ if fn == "where" and i == 0 else source for i in range(len(arrays))]
    return run_all([(fn, bool_ if fn in PREDICATES else of)], arrays, types, lanes, target)[0]
