"""Running IR graphs in tests: arrays in, arrays out."""

import numpy as np

from flambeau import schedule
from flambeau.runtime.interpret import interpret


def run_program(program, wanted, arrays, scalars=()):
    """Runs a program; the results in logical order. Donated inputs are copied first, so `arrays` stay as they are."""
    arrays = [np.array(a, order="C") for a in arrays]
    outputs = [
        np.full(_memory_shape(node, order), 77).astype(node.dtype.numpy) for node, order in zip(wanted, program.orders)
    ]
    for number, slot in program.donations.items():
        outputs[number] = arrays[slot].reshape(outputs[number].shape)
    fault = program.run([a.ctypes.data for a in arrays], list(scalars), [o.ctypes.data for o in outputs])
    assert fault is None, fault
    return [o if order is None else o.transpose(np.argsort(order)) for o, order in zip(outputs, program.orders)]


def _memory_shape(node, order):
    return node.shape if order is None else tuple(node.shape[i] for i in order)


def execute(wanted, arrays, scalars=(), **options):
    """Builds and runs a graph."""
    program = schedule.build(wanted, len(arrays), len(scalars), **options)
    return run_program(program, wanted, arrays, scalars)


def check(wanted, arrays, scalars=(), tolerance=1e-5, **options):
    """Builds and runs a graph, compares it with the interpreter, gives back the program."""
    program = schedule.build(wanted, len(arrays), len(scalars), **options)
    expected = interpret(wanted, [np.ascontiguousarray(a) for a in arrays], scalars)
    for found, value in zip(run_program(program, wanted, arrays, scalars), expected):
        np.testing.assert_allclose(found, value, rtol=tolerance, atol=tolerance)
    return program


def same_bits(a, b):
    """Whether two arrays are equal to the bit; any NaN equals any other."""
    a, b = np.ascontiguousarray(a), np.ascontiguousarray(b)
    both_nan = (a != a) & (b != b)
    return (
        a.dtype == b.dtype
        and a.shape == b.shape
        and bool(np.all(both_nan | ((a == b) & (np.signbit(a) == np.signbit(b)))))
    )
