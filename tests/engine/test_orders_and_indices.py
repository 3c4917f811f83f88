"""Orders, scans, positions and puts: what the scheduler runs is what the interpreter says."""

import numpy as np
import pytest
from programs import execute

from flambeau import dtypes, ir
from flambeau.runtime.interpret import interpret

f32, i64 = dtypes.float32, dtypes.int64
X = np.random.default_rng(0).standard_normal((3, 300)).astype(np.float32).round(1)
INDEX = np.random.default_rng(1).integers(0, 300, (3, 40))
VALUE = np.random.default_rng(2).standard_normal((3, 40)).astype(np.float32)
MASK = np.random.default_rng(3).random(1000) < 0.3

x, index, value, mask = (
    ir.input_(slot, a.shape, of)
    for slot, (a, of) in enumerate(((X, f32), (INDEX, i64), (VALUE, f32), (MASK, dtypes.bool_)))
)


def scan(fn, reverse=False):
    return ir.Node("scan", (x,), {"fn": fn, "axis": 1, "reverse": reverse}, x.shape, f32)


def order(count, descending=False):
    return ir.Node("sort", (x,), {"axis": 1, "descending": descending}, (3, count), i64)


def put(fn, one=False):
    sent = ir.full(2.0, (1, 1, 1), f32) if one else value.reshape((3, 40, 1))
    return ir.put(fn, x.reshape((3, 300, 1)), index.reshape((3, 40, 1)), sent, True)


CASES = {
    "positions": ir.Node("nonzero", (mask,), {}, (int(MASK.sum()),), i64),
    **{f"first {count} {way}": order(count, way) for count in (3, 200, 300) for way in (False, True)},
    **{f"{fn} {way}": scan(fn, way) for fn in ("sum", "prod", "max", "min", "logsumexp") for way in (False, True)},
    **{
        f"{fn} one" if one else fn: put(fn, one) for fn in ("set", "add", "mul", "maximum", "minimum") for one in (0, 1)
    },
}


@pytest.mark.parametrize("name", CASES)
def test_kernel_and_definition_agree(name):
    arrays = [X, INDEX, VALUE, MASK]
    (found,), (expected,) = (run([CASES[name]], arrays, []) for run in (execute, interpret))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
