"""Winograd's convolution and its gradients against float64: geometries, edges, epilogues, accuracy, threads."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from products import add_and_relu, conv
from test_contraction_convolution import KINDS, WIDTHS, arrays, check, exact, pairs

from flambeau import dtypes
from flambeau.codegen import winograd
from flambeau.codegen.convolution import ConvGeometry
from flambeau.codegen.targets import PLAIN, host
from flambeau.codegen.winograd_patches import Patches


@pytest.fixture
def direct(monkeypatch):
    """A function that computes directly what `conv` would compute by Winograd's method."""

    def compute(*args, **more):
        with monkeypatch.context() as patch:
            patch.setattr(winograd, "suits", lambda *_: False)
            return conv(*args, **more)

    return compute


def same(n, c, size, o, padding=(1, 1)):
    return ConvGeometry(n, c, *size, o, 3, 3, padding=padding)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(1, 3), st.integers(8, 70), pairs(7, 20), st.integers(8, 140), pairs(0, 4), st.sampled_from(KINDS),
    st.sampled_from([host(), *WIDTHS, PLAIN]),
)  # fmt: skip
def test_geometries(n, c, size, o, padding, kind, target):
    check(same(n, c, size, o, padding), kind, target=target)


GEOMETRIES = {
    "odd": same(2, 33, (17, 15), 100, (1, 0)),
    "valid": same(1, 64, (20, 21), 70, (0, 0)),
    "many patches": same(5, 20, (40, 41), 18),
    "many channels": same(1, 300, (12, 14), 30),
    "groups of channels": same(2, 290, (9, 10), 260),
    "few columns": same(2, 64, (12, 12), 3),
    "far out": same(3, 16, (5, 6), 16, (4, 3)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_error_is_that_of_a_direct_sum(direct, name, kind):
    g = GEOMETRIES[name]
    x, w, y = arrays(g)
    expected = exact(kind, g, x, w, y)
    errors = [np.abs(run(dtypes.float32, kind, g, x, w, y) - expected).max() for run in (conv, direct)]
    assert errors[0] <= 2 * errors[1] + 1e-6


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_bias_residual_and_relu(name, kind):
    g = GEOMETRIES[name]
    x, w, y = arrays(g)
    out = {"forward": y, "dx": x, "dw": w}[kind]
    shape = (out.shape[0], out[0].size) if kind == "dw" else (out[..., 0].size, out.shape[-1])
    rng = np.random.default_rng(7)
    rows, bias, residual = (rng.standard_normal(s).astype(np.float32) for s in ((shape[0], 1), (1, shape[1]), shape))
    operands = [np.broadcast_to(rows, shape), np.broadcast_to(bias, shape), residual]
    result = conv(dtypes.float32, kind, g, x, w, y, add_and_relu(dtypes.float32, operands), operands)
    expected = np.maximum(exact(kind, g, x, w, y).reshape(shape) + rows + bias + residual, 0)
    np.testing.assert_allclose(result.reshape(shape), expected, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_same_bits_for_two_threads(name, kind):
    x, w, y = arrays(GEOMETRIES[name])
    results = [conv(dtypes.float32, kind, GEOMETRIES[name], x, w, y, threads=threads) for threads in (1, 2)]
    assert (results[0] == results[1]).all()


@pytest.mark.parametrize("kind", KINDS)
def test_more_threads_than_parts_of_scratch_memory(monkeypatch, kind):
    g = GEOMETRIES["many patches"]
    x, w, y = arrays(g)
    expected = conv(dtypes.float32, kind, g, x, w, y)
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert (conv(dtypes.float32, kind, g, x, w, y, threads=2) == expected).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [(0, 2, 3, 1), (2, 3, 1, 0), (1, 0, 2, 3), (0, 1, 3, 2)])
def test_weights_in_another_order(kind, order):
    g = GEOMETRIES["odd"]
    x, w, y = arrays(g)
    turned = np.ascontiguousarray(w.transpose(order)).transpose(np.argsort(order))
    assert (conv(dtypes.float32, kind, g, x, turned, y) == conv(dtypes.float32, kind, g, x, w, y)).all()


def test_an_infinite_pixel_reaches_no_further_than_its_filters():
    g = GEOMETRIES["odd"]
    x, w, y = arrays(g)
    x[0, 8, 7, 5] = np.inf
    result = conv(dtypes.float32, "forward", g, x, w, y)
    assert (~np.isfinite(result)).any(axis=3).sum() == 9


def test_double_precision_and_few_channels_are_computed_directly():
    many, few = (Patches(1, channels, 64, (9, 9), (9, 9), (1, 1)) for channels in (64, 4))
    assert winograd.suits(dtypes.float32, many)
    assert not winograd.suits(dtypes.float64, many)
    assert not winograd.suits(dtypes.float32, few)
