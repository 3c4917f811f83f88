"""put kernels against NumPy loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tasks import fenced, fences_stand, operand, run, sample

from flambeau import dtypes
from flambeau.codegen.scatter import put_task

f32, i64 = dtypes.float32, dtypes.int64


def put_in_order(fn, base, index, value):
    result = base.copy()
    for row, values in zip(index, value):
        result[row] = values if fn == "set" else result[row] + values
    return result


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["set", "add"]), st.integers(1, 9), st.sampled_from([0, 1, 3, 16, 64, 130]), st.integers(0, 30),
    st.sampled_from(["rows", "row", "number", "columns"]), st.sampled_from([f32, i64]), st.integers(0, 99),
)  # fmt: skip
def test_put(fn, rows, rest, count, values, of, seed):
    rng = np.random.default_rng(seed)
    base, index = sample(rng, (rows, rest), of), rng.integers(0, rows, count)
    value = {
        "rows": lambda: sample(rng, (count, rest), of),
        "row": lambda: np.broadcast_to(sample(rng, (1, rest), of), (count, rest)),
        "number": lambda: np.broadcast_to(sample(rng, (1, 1), of), (count, rest)),
        "columns": lambda: sample(rng, (rest, count), of).T,
    }[values]()
    memory, out = fenced(base.shape, of)
    out[...] = base
    task = put_task(fn, of, rows, rest, count, operand(1, out), operand(2, index), operand(3, value), 5)
    assert run(task, out, index, value, threads=2) is None
    np.testing.assert_array_equal(out, put_in_order(fn, base, index, value))
    assert fences_stand(memory)


@pytest.mark.parametrize("wrong", [4, -1, 1 << 40])
def test_put_out_of_range(wrong):
    index, value = np.array([0, wrong, 2]), np.ones((3, 5), np.float32)
    memory, out = fenced((4, 5), f32)
    task = put_task("set", f32, 4, 5, 3, operand(1, out), operand(2, index), operand(3, value), where=42)
    assert tuple(run(task, out, index, value))[1:] == (42, wrong, 4)
    np.testing.assert_array_equal(out.sum(1), [5, 0, 5, 0])
    assert fences_stand(memory)


def test_put_into_nothing_reports():
    index, value, out = np.zeros(2, np.int64), np.ones((2, 5), np.float32), np.zeros((0, 5), np.float32)
    task = put_task("set", f32, 0, 5, 2, operand(1, out), operand(2, index), operand(3, value), where=3)
    assert tuple(run(task, out, index, value))[1:] == (3, 0, 0)
