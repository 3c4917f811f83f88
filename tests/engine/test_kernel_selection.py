"""Selecting kernels against the head of NumPy's stable order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tasks import fenced, fences_stand, operand, run
from test_kernel_ordering import elements, expected_order

from flambeau import dtypes
from flambeau.codegen.selection import select_tasks, worth_selecting
from flambeau.runtime.execute import Pointer

FLOATS_AND_MORE = [d for d in dtypes.ALL if not d.is_complex and d is not dtypes.bfloat16]


def selected(x, count, of, descending, threads=2):
    """The order of rows as the tasks write it, one after the other."""
    fence, order = fenced((x.shape[0], count), dtypes.int64)
    tasks, nbytes = select_tasks(of, *x.shape, count, descending, operand(1, x), operand(2, order), Pointer(3))
    memory = np.zeros(nbytes + 64, np.uint8)
    memory = memory[-memory.ctypes.data % 64 :]
    for task in tasks:
        run(task, x, order, memory, threads=threads)
    assert fences_stand(fence)
    return order


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("of", FLOATS_AND_MORE, ids=repr)
def test_every_dtype(of, descending):
    for shape, count in (((5, 1000), 7), ((2, 3000), 100), ((1, 140000), 20), ((1, 140000), 3), ((70, 130), 1)):
        x = elements((*shape, 1), of)
        expected = expected_order(x, descending)[:, :count, 0]
        np.testing.assert_array_equal(selected(x[..., 0], count, of, descending), expected)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 4), st.integers(128, 5000), st.integers(1, 600),
    st.sampled_from(["up", "down", "equal", "few", "any"]), st.booleans(), st.integers(0, 99),
)  # fmt: skip
def test_every_arrangement(rows, length, count, kind, descending, seed):
    count = min(count, length // 8)
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((rows, length)).astype(np.float32)
    x = {"up": np.sort(x), "down": -np.sort(x), "equal": 0 * x, "few": np.round(x), "any": x}[kind]
    expected = expected_order(x[..., None], descending)[:, :count, 0]
    np.testing.assert_array_equal(selected(np.ascontiguousarray(x), count, dtypes.float32, descending), expected)


def test_pieces_do_not_show():
    """Equal elements in several pieces: the first of them are chosen."""
    x = np.zeros((1, 400000), np.float32)
    np.testing.assert_array_equal(selected(x, 50, dtypes.float32, True), [np.arange(50)])
    x[0, 399999] = 1
    np.testing.assert_array_equal(selected(x, 50, dtypes.float32, True, threads=1), [[399999, *range(49)]])


def test_what_is_worth_selecting():
    assert worth_selecting(1000, 10) and not worth_selecting(1000, 500) and not worth_selecting(10, 1)
