"""Transposed copies: tiles turned around in registers, of any size, against NumPy."""

import numpy as np
import pytest
from tasks import elementwise, fenced, fences_stand, inner, operand, run, steps

from flambeau import dtypes
from flambeau.codegen.kernel import loop_task

SIZES = [
    (1, 2),
    (3, 200),
    (200, 3),
    (6, 784),
    (129, 8),
    (16, 16),
    (64, 48),
    (17, 33),
    (70, 21),
    (5, 5),
    (300, 1),
    (31, 130),
]


def check(fn, of, sources, shape):
    """out = fn(*sources), out being row-major."""
    memory, out = fenced(shape, of)
    nest = elementwise(fn, of, len(shape), [inner(steps(a)[-1]) for a in (*sources, out)])
    operands = [operand(slot, array) for slot, array in enumerate((*sources, out), 1)]
    run(loop_task(nest, shape, (), operands), *sources, out, threads=2)
    assert fences_stand(memory)
    return out


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("of", [dtypes.float32, dtypes.uint8, dtypes.float64], ids=repr)
def test_transposed_copy(size, of):
    source = np.arange(2 * size[0] * size[1]).astype(of.numpy).reshape(2, size[1], size[0]).transpose(0, 2, 1)
    np.testing.assert_array_equal(check("add", of, [source, source], source.shape), source + source)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_transposed_beside_straight_and_broadcast(size):
    rng = np.random.default_rng(0)
    turned = rng.integers(0, 99, (3, size[1], size[0])).astype(np.float32).transpose(0, 2, 1)
    straight = rng.integers(0, 99, (3, *size)).astype(np.float32)
    column = np.broadcast_to(rng.integers(0, 99, (size[0], 1)).astype(np.float32), (3, *size))
    row = np.broadcast_to(rng.integers(0, 99, size[1]).astype(np.float32), (3, *size))
    for other in (straight, column, row):
        result = check("sub", dtypes.float32, [turned, other], turned.shape)
        np.testing.assert_array_equal(result, turned - other)
