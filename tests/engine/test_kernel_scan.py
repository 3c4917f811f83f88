"""Scan kernels against NumPy's accumulations, one thread against two, bit for bit."""

import numpy as np
import pytest
from tasks import fenced, fences_stand, operand, run, sample

from flambeau import dtypes
from flambeau.codegen.scan import scan_tasks
from flambeau.runtime.execute import Pointer
from flambeau.runtime.interpret import SCANS

f32 = dtypes.float32
SHAPES = [
    (3, 10, 1), (2, 7, 33), (1, 5, 150), (1, 1, 1), (2, 0, 3), (0, 4, 2), (1, 70001, 1), (3, 66000, 1), (40, 16, 1),
]  # fmt: skip


def scanned(fn, of, x, reverse=False, threads=2):
    memory, y = fenced(x.shape, of)
    tasks, nbytes = scan_tasks(fn, of, *x.shape, operand(1, x), operand(2, y), Pointer(3), reverse)
    totals = np.zeros(nbytes + 8, np.uint8)
    for task in tasks:
        run(task, x, y, totals, threads=threads)
    assert fences_stand(memory)
    return y


def expected(fn, of, x, reverse):
    x = np.flip(x, 1) if reverse else x
    exact = np.float64 if of.is_floating_point else of.numpy
    run_of = SCANS[fn].accumulate(x.astype(exact), axis=1, dtype=exact)
    return np.flip(run_of, 1) if reverse else run_of


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("of", [dtypes.int32, dtypes.int64, dtypes.float16, f32, dtypes.float64], ids=repr)
@pytest.mark.parametrize("fn", ["sum", "prod", "max", "min", "logsumexp"])
def test_scan(fn, of, reverse):
    if fn == "logsumexp" and not of.is_floating_point:
        return
    tolerance = 2e-3 if of is dtypes.float16 else 1e-6
    for shape in SHAPES:
        x = sample(np.random.default_rng(0), shape, of)
        x = x / np.abs(x).max(initial=1) if of.is_floating_point else x  # running products stay finite
        x = x.astype(of.numpy)
        found = scanned(fn, of, x, reverse).astype(np.float64)
        wanted = expected(fn, of, x, reverse).astype(of.numpy).astype(np.float64)
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("fn", ["sum", "max"])
def test_nan_stays(fn):
    for shape in ((1, 100000, 1), (1, 50, 20)):
        x = np.ones(shape, np.float32)
        x[0, shape[1] // 2, 0] = np.nan
        np.testing.assert_array_equal(np.isnan(scanned(fn, f32, x)), np.isnan(np.cumsum(x, 1)))


@pytest.mark.parametrize("fn", ["sum", "prod", "logsumexp"])
def test_threads_show_in_no_bit(fn):
    for shape in ((1, 300000, 1), (5, 1000, 1), (2, 90, 77)):
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        assert scanned(fn, f32, x, threads=1).tobytes() == scanned(fn, f32, x, threads=2).tobytes()


def test_columns_with_strides():
    x = np.random.default_rng(0).standard_normal((6, 40, 9)).astype(np.float32)[::2, ::-1]
    np.testing.assert_allclose(scanned("sum", f32, x), np.cumsum(x, 1), rtol=1e-5, atol=1e-5)
