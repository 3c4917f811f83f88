"""Products of bfloat16 matrices, by the processor's own instruction where it has one, against float64."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as torch
from flambeau.codegen import pairing
from flambeau.codegen.targets import host
from flambeau.schedule import halves

ROUNDING = 2.0**-8  # of a bfloat16 result; sums in float32 add far less
SIZES = st.sampled_from([1, 2, 3, 5, 8, 16, 17, 33, 40, 64, 70, 130])


def exact(x):
    return x.float().numpy().astype(np.float64)


def check(a, b):
    """a @ b to within the rounding of the result and of the sums of rounded products."""
    got, expected = exact(a @ b), exact(a) @ exact(b)
    scale = np.abs(exact(a)) @ np.abs(exact(b))
    assert (np.abs(got - expected) <= ROUNDING * np.abs(expected) + 2.0**-20 * scale).all()


def matrix(batch, rows, columns, order):
    """Random numbers with dense rows, dense columns, or neither."""
    if order == "rows":
        return torch.randn(*batch, rows, columns).bfloat16()
    if order == "columns":
        return torch.randn(*batch, columns, rows).bfloat16().transpose(-1, -2)
    return torch.randn(*batch, 2 * rows, 3 * columns).bfloat16()[..., ::2, 1::3]


ORDERS = st.sampled_from(["rows", "columns", "neither"])


@settings(max_examples=60, deadline=None)
@given(m=SIZES, n=SIZES, k=SIZES, batch=st.sampled_from([(), (3,), (2, 2)]), orders=st.tuples(ORDERS, ORDERS))
def test_products_of_any_strides(m, n, k, batch, orders):
    torch.manual_seed(m + n + k)
    check(matrix(batch, m, k, orders[0]), matrix(batch, k, n, orders[1]))


def test_parts_that_begin_at_an_odd_place():
    torch.manual_seed(0)
    a, w = torch.randn(20, 67).bfloat16(), torch.randn(30, 67).bfloat16()
    for first, last in ((1, 65), (2, 66), (0, 64), (3, 67)):
        check(a[:, first:last], w[:, first:last].t())
        check(a[first:19, :18], w[first:19, :18].t())


def test_long_sums_and_shared_matrices():
    torch.manual_seed(0)
    check(torch.randn(3, 5, 8000).bfloat16(), torch.randn(8000, 40).bfloat16())
    check(torch.randn(6, 500).bfloat16(), torch.randn(4, 500, 34).bfloat16())
    assert (torch.ones(3, 0).bfloat16() @ torch.ones(0, 2).bfloat16()).tolist() == [[0, 0]] * 3


def test_gradients():
    torch.manual_seed(0)
    x, w = torch.randn(12, 24).bfloat16().requires_grad_(), torch.randn(10, 24).bfloat16().requires_grad_()
    out = torch.nn.functional.linear(x, w)
    seed = torch.randn(12, 10).bfloat16()
    out.backward(seed)
    np.testing.assert_allclose(exact(x.grad), exact(seed) @ exact(w.detach()), rtol=ROUNDING, atol=2e-5)
    np.testing.assert_allclose(exact(w.grad), exact(seed).T @ exact(x.detach()), rtol=ROUNDING, atol=2e-5)


def test_infinities_and_nans_arrive():
    a = torch.tensor([[float("inf"), 1.0], [float("nan"), 1.0], [0.0, -0.0]]).bfloat16()
    assert str((a @ torch.ones(2, 20).bfloat16())[:, 0].tolist()) == "[inf, nan, 0.0]"


@pytest.mark.parametrize("pairs", [True, False])
def test_only_processors_that_can_are_asked(pairs, monkeypatch):
    """Elsewhere, and for an odd number of summed indices, products are computed in float32."""
    monkeypatch.setattr(halves, "host", lambda: replace(host(), pairs=pairs))
    assert pairing.can_pair(halves.host(), torch.bfloat16, 4) == pairs
    assert not pairing.can_pair(halves.host(), torch.bfloat16, 5)
    assert not pairing.can_pair(halves.host(), torch.float16, 4)
    if not pairs:
        torch.manual_seed(0)
        check(torch.randn(6, 22).bfloat16(), torch.randn(22, 7).bfloat16())


CONVOLUTIONS = [  # n, c, size, o, kernel, stride, padding, dilation, groups
    (2, 8, 9, 6, 3, 1, 1, 1, 1),
    (2, 8, 9, 6, 3, 2, 1, 1, 1),
    (1, 64, 14, 64, 3, 1, 1, 1, 1),
    (2, 32, 8, 16, 1, 2, 0, 1, 1),
    (2, 16, 12, 10, 5, 1, 2, 1, 1),
    (2, 16, 12, 10, 3, 1, 2, 2, 1),
    (2, 8, 12, 8, 3, 1, 1, 1, 8),
    (2, 8, 12, 8, 3, 1, 1, 1, 2),
    (2, 5, 9, 1, 3, 1, 1, 1, 1),
    (16, 64, 28, 128, 3, 2, 1, 1, 1),
]


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("sizes", CONVOLUTIONS, ids=repr)
def test_convolutions_and_their_gradients(sizes, channels_last):
    n, c, size, o, kernel, stride, padding, dilation, groups = sizes
    torch.manual_seed(0)
    x, w = torch.randn(n, c, size, size).bfloat16(), torch.randn(o, c // groups, kernel, kernel).bfloat16()
    if channels_last:
        x, w = (t.contiguous(memory_format=torch.channels_last) for t in (x, w))
    found = []
    for kind in (torch.bfloat16, torch.float64):
        xs, ws = (t.clone().to(kind).requires_grad_() for t in (x, w))
        y = torch.nn.functional.conv2d(xs, ws, None, stride, padding, dilation, groups)
        torch.manual_seed(1)
        y.backward(torch.randn(y.shape).bfloat16().to(kind))
        found.append([t.detach().double().numpy() for t in (y, xs.grad, ws.grad)])
    for got, expected in zip(*found):
        assert np.abs(got - expected).max() <= ROUNDING * np.abs(expected).max()
