"""Runs one scalar function over NumPy arrays as machine code, for tests of the functions themselves."""

import ctypes

import numpy as np

from flambeau.codegen import registers, scalar
from flambeau.codegen.builder import Builder
from flambeau.codegen.scalar import PREDICATES
from flambeau.dtypes import bool_
from flambeau.runtime.compile import Kernel, address

ENTRY = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)


def kernel(fn, of, source, lanes, target=None):
    """words: the addresses of the result and of the arguments; an item is `lanes` elements."""
    types = [bool_ if fn == "where" and i == 0 else source for i in range(scalar.FUNCTIONS[fn].arity)]

    def build():
        b = Builder(target)
        with b.function("kernel", [("words", "ptr"), ("begin", "i64"), ("end", "i64")]) as (words, begin, end):
            pointers = [b.load("ptr", b.gep(words, i, "i64")) for i in range(len(types) + 1)]
            with b.loop(begin, end) as loop:
                at = b.mul(loop.index, lanes)
                args = [
                    registers.load(b, t, b.gep(p, at, registers.memory_type(t)), lanes)
                    for t, p in zip(types, pointers[1:])
                ]
                result = scalar.emit(b, fn, of, args, lanes, source)
                registers.store(b, of, result, b.gep(pointers[0], at, registers.memory_type(of)))
        return b.text()

    return Kernel(("elementwise", fn, of.name, source.name, lanes, target), build)


def run(fn, of, arrays, source=None, lanes=16, target=None):
    """The function of arrays in host form (bfloat16: bit patterns), of one shape; see `scalar.evaluate`."""
    of = bool_ if fn in PREDICATES else of
    arrays = np.broadcast_arrays(*arrays)
    size = arrays[0].size
    items = -(-size // lanes)
    padded = [np.resize(a.ravel(), max(items, 1) * lanes) if size else a for a in arrays]
    result = np.zeros(max(items, 1) * lanes, of.numpy)
    words = np.array([result.ctypes.data, *(a.ctypes.data for a in padded)], np.int64)
    ENTRY(address(kernel(fn, of, source or of, lanes, target)))(words.ctypes.data, 0, items)
    return result[:size].reshape(arrays[0].shape)
