"""Kernels that put single elements, against NumPy loops."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tasks import fenced, fences_stand, operand, run, sample

from flambeau import dtypes
from flambeau.codegen.elements import element_tasks
from flambeau.runtime.execute import Pointer
from flambeau.runtime.interpret import COMBINED

f32, i64 = dtypes.float32, dtypes.int64


def put(fn, of, base, index, value, threads=2, where=0):
    """The base after the tasks, and the fault."""
    (outer, rows, inner), length = base.shape, index.shape[1]
    memory, out = fenced(base.shape, of)
    out[...] = base
    operands = operand(1, out), operand(2, index), operand(3, value)
    tasks, nbytes = element_tasks(fn, of, outer, rows, length, inner, *operands, Pointer(4), where)
    scratch = np.zeros(nbytes + 8, np.uint8)
    faults = [run(task, out, index, value, scratch, threads=threads) for task in tasks]
    assert fences_stand(memory)
    return out, next((fault for fault in faults if fault), None)


def put_in_order(fn, base, index, value):
    result = base.copy()
    for (o, i, k), row in np.ndenumerate(index):
        old = result[o, row, k]
        result[o, row, k] = value[o, i, k] if fn == "set" else COMBINED[fn](old, value[o, i, k])
    return result


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["set", *COMBINED]), st.integers(1, 4), st.integers(1, 9), st.integers(0, 12),
    st.sampled_from([1, 2, 70, 150]), st.sampled_from([f32, i64, dtypes.float16, dtypes.bool_]), st.integers(0, 99),
)  # fmt: skip
def test_elements(fn, outer, rows, length, inner, of, seed):
    if of is dtypes.bool_ and fn in ("add", "mul"):
        return
    rng = np.random.default_rng(seed)
    base, value = sample(rng, (outer, rows, inner), of), sample(rng, (outer, length, inner), of)
    index = rng.integers(0, rows, value.shape)
    found, fault = put(fn, of, base, index, value)
    assert fault is None
    np.testing.assert_array_equal(found, put_in_order(fn, base, index, value))


@pytest.mark.parametrize("fn", COMBINED)
@pytest.mark.parametrize("rows", [1, 1000, 50000])
def test_pieces_of_a_long_line(fn, rows):
    rng = np.random.default_rng(0)
    base, value = rng.integers(1, 3, (1, rows, 1)), rng.integers(1, 3, (1, 300001, 1))
    index = rng.integers(0, rows, value.shape)
    expected = base.copy()
    COMBINED[fn].at(expected, (0, index[0, :, 0], 0), value[0, :, 0])
    np.testing.assert_array_equal(put(fn, i64, base, index, value)[0], expected)


def test_threads_show_in_no_bit():
    rng = np.random.default_rng(0)
    base, value = np.zeros((1, 10, 1), np.float32), rng.standard_normal((1, 300000, 1)).astype(np.float32)
    index = rng.integers(0, 10, value.shape)
    one, two = (put("add", f32, base, index, value, threads=n)[0] for n in (1, 2))
    assert one.tobytes() == two.tobytes()
    np.testing.assert_allclose(one[0, :, 0], np.bincount(index[0, :, 0], value[0, :, 0]), rtol=1e-4, atol=1e-2)


@pytest.mark.parametrize("wrong", [4, -1, 1 << 40])
@pytest.mark.parametrize("length", [3, 200000])
def test_out_of_range(wrong, length):
    index = np.zeros((1, length, 1), np.int64)
    index[0, 1] = wrong
    base, value = np.zeros((1, 4, 1), np.float32), np.ones((1, length, 1), np.float32)
    found, fault = put("add", f32, base, index, value, where=42)
    assert tuple(fault)[1:] == (42, wrong, 4)
    np.testing.assert_array_equal(found[0, :, 0], [length - 1, 0, 0, 0])
