"""Products of bytes, by the processor's own instruction where it has one, against exact integers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as torch
from flambeau.codegen.targets import host
from flambeau.ops.byte_products import dynamic_linear, linear_of_bytes
from flambeau.schedule import halves

SIZES = st.sampled_from([1, 2, 3, 4, 8, 16, 17, 33, 40, 64, 70, 132])


def drawn(m, n, k, seed=0):
    """Bytes of all values, and what is known of the weight."""
    rng = np.random.default_rng(seed)
    x, w = rng.integers(0, 256, (m, k)).astype(np.uint8), rng.integers(-128, 128, (n, k)).astype(np.int8)
    scales = rng.uniform(0.5, 2, n).astype(np.float32)
    parts = torch.tensor(w), torch.tensor(w.sum(1).astype(np.int32)), torch.tensor(scales)
    return x, w, scales, parts


def check(m, n, k, seed=0, part=slice(None)):
    """Sums are exact: each is an integer, rounded once."""
    x, w, scales, parts = drawn(m, n, k, seed)
    bias = np.linspace(-1, 1, n).astype(np.float32)
    got = linear_of_bytes(torch.tensor(x)[part], 0.25, 7, *parts, torch.tensor(bias)).numpy()
    steps = (x[part].astype(np.int64) - 7) @ w.T.astype(np.int64)
    np.testing.assert_array_equal(got, steps.astype(np.float32) * (scales * np.float32(0.25)) + bias)


@settings(max_examples=50, deadline=None)
@given(m=SIZES, n=SIZES, k=SIZES, seed=st.integers(0, 3))
def test_products_are_exact(m, n, k, seed):
    check(m, n, k, seed)


@pytest.mark.parametrize("sizes", [(1, 3072, 768), (64, 512, 512), (5, 33, 4096), (200, 24, 1000), (3, 9, 2001)])
def test_large_ones(sizes):
    """Where the processor cannot, floats do it, which hold sums of a thousand products."""
    if host().quads and sizes[2] % 4 == 0:
        check(*sizes)
    else:
        m, n, k = sizes
        x, w, scales, parts = drawn(m, n, k)
        got = linear_of_bytes(torch.tensor(x), 1.0, 0, *parts, None).numpy()
        exact = (x.astype(np.int64) @ w.T.astype(np.int64)) * scales.astype(np.float64)
        np.testing.assert_allclose(got, exact, rtol=1e-4, atol=2)


def test_rows_that_are_part_of_others():
    for part in (slice(1, 9), slice(0, 20, 3)):
        check(20, 12, 16, part=part)


@settings(max_examples=20, deadline=None)
@given(m=SIZES, n=SIZES, k=SIZES, seed=st.integers(0, 3), greatest=st.sampled_from([127, 255]))
def test_numbers_on_their_own_grid(m, n, k, seed, greatest):
    _, w, scales, parts = drawn(m, n, k, seed)
    x = np.random.default_rng(seed).normal(0.5, 2, (m, k)).astype(np.float32)
    got = dynamic_linear(torch.tensor(x), *parts, None, greatest).numpy()
    step = (max(x.max(), 0) - min(x.min(), 0)) / greatest
    weight = w.astype(np.float64) * scales[:, None]
    assert (np.abs(got - x @ weight.T) <= 0.51 * step * np.abs(weight).sum(1) + 1e-3).all()


def test_without_the_instruction(monkeypatch):
    monkeypatch.setattr(halves, "host", lambda: replace(host(), quads=False))
    for sizes in ((8, 13, 64), (1, 50, 36), (37, 1, 12)):
        check(*sizes)


def test_one_bad_number_spoils_the_call():
    _, _, _, parts = drawn(2, 3, 8)
    x = torch.ones(2, 8)
    x[0, 0] = float("nan")
    assert dynamic_linear(x, *parts, None).isnan().all() and dynamic_linear(x[:0], *parts, None).shape == (0, 3)
