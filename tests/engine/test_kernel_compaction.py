"""Positions of true elements against NumPy."""

import numpy as np
import pytest
from tasks import fenced, fences_stand, operand, run

from flambeau import dtypes
from flambeau.codegen.compaction import nonzero_tasks
from flambeau.runtime.execute import Pointer


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 1])
@pytest.mark.parametrize("length", [1, 63, 64, 65, 1000, 40000, 100001])
def test_positions(length, share):
    mask = np.random.default_rng(0).random(length) < share
    fence, found = fenced((mask.sum(),), dtypes.int64)
    tasks, nbytes = nonzero_tasks(length, operand(1, mask), operand(2, found), Pointer(3))
    scratch = np.zeros(nbytes, np.uint8)
    for task in tasks:
        run(task, mask, found, scratch, threads=2)
    np.testing.assert_array_equal(found, np.flatnonzero(mask))
    assert fences_stand(fence)
