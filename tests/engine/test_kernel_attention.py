"""Attention kernels against their NumPy definition, in every layout, and with any number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import check, run_program, same_bits

from flambeau import config, dtypes, ir, schedule
from flambeau.runtime.interpret import interpret

ORDERS = [(0, 1, 2, 3, 4), (0, 3, 1, 2, 4), (3, 0, 1, 2, 4)]


class Case:
    """The nodes of an attention and its gradients, and arrays for their inputs."""

    def __init__(self, outer, queries, keys, depth, width, of=dtypes.float32, order=ORDERS[0], mask=None, **attrs):
        self.rng, self.arrays, self.of, self.order = np.random.default_rng(0), [], of, order
        outer = tuple(outer)
        q, k, v, g = (
            self.rows((*outer, n, d)) for n, d in ((queries, depth), (keys, depth), (keys, width), (queries, width))
        )
        rest = [] if mask is None else [self.mask(mask, outer, queries, keys)]
        if attrs.get("keep"):
            rest.append(self.array((*outer, queries, keys), self.rng.random((*outer, queries, keys)) < attrs["keep"]))
        attrs = {"scale": 0.3, "causal": False, "keep": None, "masked": mask is not None, **attrs}
        out = self.part("attention", (q, k, v, *rest), "out", (*outer, queries, width), attrs)
        rows = ir.attention("attention", (q, k, v, *rest), "rows", (2, *outer, queries), range(5), **attrs)
        args = (g, q, k, v, out, rows, *rest)
        grads = [self.part("attention_grad", args, p, x.shape, attrs) for p, x in (("dq", q), ("dk", k), ("dv", v))]
        self.wanted = [out, rows, *grads]

    def array(self, shape, values):
        self.arrays.append(values)
        return ir.input_(len(self.arrays) - 1, shape, dtypes.bool_ if values.dtype == bool else self.of)

    def rows(self, shape):
        """An input that lies in memory in the case's order of dimensions."""
        stored = tuple(shape[i] for i in self.order)
        node = self.array(stored, self.rng.standard_normal(stored).astype(self.of.numpy))
        return node.permute([self.order.index(i) for i in range(5)])

    def mask(self, kind, outer, queries, keys):
        shape = {"padding": (outer[0], 1, 1, 1, keys), "turned": (1, outer[1], 1, keys, queries)}.get(
            kind, (1, outer[1], 1, queries, keys)
        )
        values = self.rng.random(shape) < 0.6
        if kind == "numbers":
            values = np.where(values, self.rng.standard_normal(shape), -np.inf).astype(self.of.numpy)
        node = self.array(shape, values)
        node = node.permute((0, 1, 2, 4, 3)) if kind == "turned" else node
        return ir.broadcast(node, (*outer, queries, keys))

    def part(self, kind, args, part, shape, attrs):
        node = ir.attention(kind, args, part, shape, self.order, **attrs)
        return node.permute([self.order.index(i) for i in range(5)])


def verify(case, tolerance=2e-4):
    return check(case.wanted, case.arrays, tolerance=tolerance if case.of is dtypes.float32 else 1e-11)


@pytest.mark.parametrize("of", [dtypes.float32, dtypes.float64], ids=str)
@pytest.mark.parametrize("order", ORDERS)
def test_kernels(of, order):
    verify(Case((2, 2, 3), 70, 130, 20, 33, of, order))


@pytest.mark.parametrize("mask", ["booleans", "numbers", "padding", "turned"])
def test_masks(mask):
    verify(Case((2, 3, 1), 37, 90, 8, 8, mask=mask))
    verify(Case((1, 2, 2), 130, 65, 16, 40, dtypes.float64, mask=mask, keep=0.7))


@pytest.mark.parametrize("sizes", [(200, 200), (30, 150), (150, 30)])
def test_causal(sizes):
    verify(Case((1, 2, 1), *sizes, 24, 16, causal=True))


@pytest.mark.parametrize("keep", [0.1, 0.9])
def test_dropout(keep):
    verify(Case((2, 2, 1), 140, 77, 12, 12, dtypes.float64, keep=keep, causal=True))


sizes = st.integers(1, 150)
heads = st.integers(1, 3)


@settings(max_examples=25, deadline=None)
@given(
    outer=st.tuples(heads, heads, heads),
    lengths=st.tuples(sizes, sizes),
    columns=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    order=st.sampled_from(ORDERS),
    mask=st.sampled_from([None, "booleans", "numbers", "padding", "turned"]),
    causal=st.booleans(),
    keep=st.sampled_from([None, 0.5]),
)
def test_any_shape(outer, lengths, columns, order, mask, causal, keep):
    verify(Case(outer, *lengths, *columns, dtypes.float64, order, mask, causal=causal, keep=keep))


def test_long_heads():
    verify(Case((1, 1, 1), 40, 70, 256, 250))


def test_a_query_that_sees_nothing_gets_zeros():
    case = Case((1, 1, 1), 20, 70, 8, 8, mask="booleans")
    case.arrays[-1][..., 3:5, :] = False
    out, rows, dq, *_ = run_program(verify(case), case.wanted, case.arrays)
    assert not out[..., 3:5, :].any() and not rows[..., 3:5].any() and not dq[..., 3:5, :].any()


def test_infinite_scores_give_what_softmax_gives():
    case = Case((1, 1, 1), 20, 70, 8, 8)
    case.arrays[0][0, 0, 0, 7], case.arrays[0][0, 0, 0, 9, 2] = np.nan, np.inf
    out = run_program(schedule.build(case.wanted[:1], len(case.arrays)), case.wanted[:1], case.arrays)[0]
    assert np.isnan(out[0, 0, 0, [7, 9]]).all() and np.isfinite(np.delete(out[0, 0, 0], [7, 9], 0)).all()


def test_large_scores_keep_their_gradients():
    case = Case((1, 1, 1), 20, 70, 8, 8, mask="numbers")
    case.arrays[-1][...] = np.finfo(np.float32).min  # the same for all keys: all are seen alike
    _, rows, _, _, dv = run_program(verify(case), case.wanted, case.arrays)
    np.testing.assert_allclose(rows[1], 1 / 70, rtol=1e-5)
    np.testing.assert_allclose(dv.sum(3), case.arrays[3].sum(3), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("keep", [None, 0.8])
def test_threads_change_no_bit(keep):
    case = Case((3, 2, 1), 300, 200, 32, 32, causal=True, keep=keep)
    results = []
    for threads in (1, 2):
        with config.override(threads=threads):
            program = schedule.build(case.wanted, len(case.arrays), 0)
            results.append(run_program(program, case.wanted, case.arrays))
    assert all(same_bits(a, b) for a, b in zip(*results))


def test_parts_are_one_launch_and_nothing_is_copied():
    case = Case((2, 2, 1), 64, 64, 16, 16, order=ORDERS[1])
    program = schedule.build(case.wanted, len(case.arrays), any_layout=range(5))
    assert [k.kind for k in program.kernels] == ["attention", "attention_grad"]
    one = schedule.build(case.wanted[3:4], len(case.arrays), any_layout=[0])
    assert [k.kind for k in one.kernels] == ["attention", "attention_grad"]


def test_packed_gradients():
    case = Case((2, 3, 1), 70, 70, 16, 16)
    args = case.wanted[2].args[0].args if case.wanted[2].kind == "view" else case.wanted[2].args
    attrs = {"scale": 0.3, "causal": False, "keep": None, "masked": False}
    for order in ((0, 3, 5, 1, 2, 4), (3, 0, 5, 1, 2, 4)):
        packed = ir.attention("attention_grad", args, "packed", (2, 3, 1, 70, 16, 3), order, **attrs)
        check([packed], case.arrays, tolerance=2e-4)
        whole = interpret([packed], case.arrays)[0].transpose([order.index(i) for i in range(6)])
        for i, part in enumerate(interpret(case.wanted[2:], case.arrays)):
            np.testing.assert_array_equal(whole[..., i], part)
