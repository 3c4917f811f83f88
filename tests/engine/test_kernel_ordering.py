"""Sorting kernels against NumPy's stable sort."""

import numpy as np
import pytest
from tasks import fenced, fences_stand, operand, run

from flambeau import dtypes
from flambeau.codegen.ordering import sort_scratch, sort_task
from flambeau.runtime.execute import Pointer

SHAPES = [(1, 1, 1), (3, 10, 2), (2, 33, 3), (1, 1000, 1), (70, 40, 2), (1, 32, 1), (2, 0, 3), (0, 5, 1)]


def elements(shape, of):
    """Numbers with many ties, NaN and zeros of either sign among them."""
    rng = np.random.default_rng(0)
    x = np.round(rng.standard_normal(shape) * 5)
    if not of.is_floating_point:
        return x.astype(of.numpy)
    x[rng.random(shape) < 0.1] = np.nan
    return np.where(rng.random(shape) < 0.1, -0.0, x).astype(of.numpy)


def expected_order(x, descending):
    if x.dtype.kind == "f":
        rank = np.where(np.isnan(x), 1000, x.astype(np.float64))
    else:
        rank = x.astype(np.int64)
    return np.argsort(-rank if descending else rank, axis=1, kind="stable")


def scratch(of, shape):
    memory = np.zeros(sort_scratch(of, *shape) + 64, np.uint8)
    return memory, Pointer(4, -memory.ctypes.data % 64)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("of", [d for d in dtypes.ALL if not d.is_complex and d is not dtypes.bfloat16], ids=repr)
def test_sort(of, descending):
    for shape in SHAPES:
        x, (memory, pointer) = elements(shape, of), scratch(of, shape)
        fence, order = fenced(shape, dtypes.int64)
        values = np.zeros_like(x)
        task = sort_task(of, *shape, descending, operand(1, x), operand(2, order), pointer, operand(3, values))
        run(task, x, order, values, memory, threads=2)
        expected = expected_order(x, descending)
        np.testing.assert_array_equal(order, expected)
        np.testing.assert_array_equal(values, np.take_along_axis(x, expected, 1))
        assert fences_stand(fence)


def test_long_numbers_and_extremes():
    limits = np.iinfo(np.int64)
    x = np.random.default_rng(0).integers(limits.min, limits.max, (1, 5000, 1))
    x[0, :2, 0] = limits.max, limits.min
    order, (memory, pointer) = np.zeros_like(x), scratch(dtypes.int64, x.shape)
    run(sort_task(dtypes.int64, 1, 5000, 1, False, operand(1, x), operand(2, order), pointer), x, order, x, memory)
    np.testing.assert_array_equal(order, np.argsort(x, 1, kind="stable"))


def test_too_long():
    x = operand(1, np.zeros(1))
    with pytest.raises(ValueError, match="longer than supported"):
        sort_task(dtypes.float32, 1, 1 << 31, 1, False, x, x, Pointer(1))


def test_head_of_the_order():
    x, (memory, pointer) = elements((3, 50, 2), dtypes.float32), scratch(dtypes.float32, (3, 50, 2))
    fence, order = fenced((3, 4, 2), dtypes.int64)
    task = sort_task(dtypes.float32, 3, 50, 2, True, operand(1, x), operand(2, order), pointer, count=4)
    run(task, x, order, x, memory)
    np.testing.assert_array_equal(order, expected_order(x, True)[:, :4])
    assert fences_stand(fence)
