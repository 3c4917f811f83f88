"""Convolutions and their gradients against the float64 interpreter: geometries, epilogues, threads, processors."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from products import add_and_relu, conv

from flambeau import dtypes, ir
from flambeau.codegen.convolution import ConvGeometry
from flambeau.codegen.targets import AVX2, AVX512, host
from flambeau.runtime.interpret import interpret

KINDS = ("forward", "dx", "dw")
WIDTHS = [AVX2] if host().name == AVX512.name else []


def exact(kind, g, x, w, y):
    """The interpreter's result, laid out as the kernels have it."""
    attrs = {"stride": g.stride, "padding": g.padding, "dilation": g.dilation, "groups": g.groups}
    x, y = (a.astype(float).transpose(0, 3, 1, 2) for a in (x, y))
    w = w.astype(float)
    name, arrays, shape = {
        "forward": ("conv", (x, w), y.shape),
        "dx": ("conv_dx", (y, w), x.shape),
        "dw": ("conv_dw", (x, y), w.shape),
    }[kind]
    inputs = tuple(ir.input_(slot, a.shape, dtypes.float64) for slot, a in enumerate(arrays))
    (result,) = interpret([ir.Node(name, inputs, attrs, shape, dtypes.float64)], arrays)
    return result if kind == "dw" else result.transpose(0, 2, 3, 1)


def arrays(g, of=np.float32):
    rng = np.random.default_rng(g.n)
    shapes = (g.n, g.h, g.w, g.c), (g.o, g.c // g.groups, g.kh, g.kw), (g.n, g.oh, g.ow, g.o)
    return [rng.standard_normal(shape).astype(of) for shape in shapes]


def check(g, kind, of=dtypes.float32, **more):
    x, w, y = arrays(g, of.numpy)
    expected = exact(kind, g, x, w, y)
    {"forward": y, "dx": x, "dw": w}[kind].fill(np.nan)
    result = conv(of, kind, g, x, w, y, **more)
    eps = np.finfo(of.numpy).eps
    assert np.abs(result - expected).max(initial=0) <= 100 * eps * (1 + np.abs(expected).max(initial=0))


def pairs(low, high):
    return st.tuples(st.integers(low, high), st.integers(low, high))


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 20), st.integers(1, 36), pairs(1, 13), pairs(1, 5), pairs(1, 3), pairs(0, 4),
    pairs(1, 3), st.sampled_from([1, 1, 2, 3]), st.sampled_from(KINDS), st.sampled_from([host(), *WIDTHS]),
)  # fmt: skip
def test_geometries(n, c, o, size, filter, stride, padding, dilation, groups, kind, target):
    g = ConvGeometry(n, c * groups, *size, o * groups, *filter, stride, padding, dilation, groups)
    assume(g.oh > 0 and g.ow > 0)
    check(g, kind, target=target)


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 3), st.sampled_from([1, 2, 4, 8, 16]), st.sampled_from([1, 2, 4, 8]), st.sampled_from([4, 8, 16]),
    pairs(1, 19), pairs(1, 5), pairs(1, 3), pairs(0, 4), pairs(1, 3), st.sampled_from(KINDS),
    st.sampled_from([host(), *WIDTHS]),
)  # fmt: skip
def test_groups_that_share_vectors(n, c, o, groups, size, filter, stride, padding, dilation, kind, target):
    g = ConvGeometry(n, c * groups, *size, o * groups, *filter, stride, padding, dilation, groups)
    assume(g.oh > 0 and g.ow > 0)
    check(g, kind, target=target)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 20), st.integers(1, 5), st.integers(1, 70), pairs(1, 24), pairs(1, 9), pairs(1, 3), pairs(0, 4),
    pairs(1, 2), st.sampled_from([dtypes.float32, dtypes.float64]), st.sampled_from([host(), *WIDTHS]),
)  # fmt: skip
def test_gradients_for_images_of_few_channels(n, c, o, size, filter, stride, padding, dilation, of, target):
    g = ConvGeometry(n, c, *size, o, *filter, stride, padding, dilation)
    assume(g.oh > 0 and g.ow > 0)
    check(g, "dx", of, target=target)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(8, 40), st.sampled_from([24, 48, 50, 96]), st.sampled_from([17, 48, 64]), pairs(1, 6), pairs(1, 5),
    pairs(1, 3), pairs(0, 3), pairs(1, 2), st.sampled_from([1, 2]), st.sampled_from(KINDS),
    st.sampled_from([host(), *WIDTHS]),
)  # fmt: skip
def test_many_small_images(n, c, o, size, filter, stride, padding, dilation, groups, kind, target):
    g = ConvGeometry(n, c * groups, *size, o * groups, *filter, stride, padding, dilation, groups)
    assume(g.oh > 0 and g.ow > 0)
    check(g, kind, target=target)


GEOMETRIES = {
    "wide": ConvGeometry(2, 64, 9, 20, 128, 3, 3, (1, 1), (1, 1)),
    "deep": ConvGeometry(1, 300, 6, 6, 40, 3, 3, (2, 2), (1, 1)),
    "deeper": ConvGeometry(1, 400, 4, 5, 3, 3, 3, (1, 1), (1, 1)),
    "far out": ConvGeometry(2, 70, 3, 4, 9, 3, 2, (2, 3), (5, 4), (2, 1)),
    "first": ConvGeometry(3, 3, 30, 31, 32, 7, 7, (2, 2), (3, 3)),
    "pointwise": ConvGeometry(2, 40, 12, 12, 100, 1, 1),
    "depthwise": ConvGeometry(2, 40, 12, 13, 40, 3, 3, (1, 1), (1, 1), (1, 1), 40),
    "multiplied depthwise": ConvGeometry(2, 20, 9, 9, 40, 3, 5, (2, 1), (1, 2), (1, 2), 20),
    "depthwise lines": ConvGeometry(1, 33, 40, 41, 33, 5, 3, (1, 2), (2, 1), (1, 1), 33),
    "small groups": ConvGeometry(2, 64, 12, 14, 64, 3, 3, (1, 1), (1, 1), (1, 1), 16),
    "halves": ConvGeometry(2, 20, 11, 13, 24, 3, 3, (1, 1), (1, 1)),
    "few channels, high": ConvGeometry(1, 3, 150, 20, 40, 5, 5, (2, 2), (2, 2)),
    "small images": ConvGeometry(33, 70, 8, 6, 90, 4, 4, (2, 2), (1, 1)),
    "few places": ConvGeometry(40, 70, 4, 4, 30, 4, 4),
    "remainder": ConvGeometry(2, 5, 11, 12, 7, 2, 2, (3, 4)),
    "empty": ConvGeometry(0, 5, 11, 12, 7, 3, 3),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_shapes_of_networks(name, kind):
    check(GEOMETRIES[name], kind)


@pytest.mark.parametrize("kind", KINDS)
def test_double(kind):
    check(GEOMETRIES["first"], kind, dtypes.float64)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_same_bits_for_two_threads(name, kind):
    x, w, y = arrays(GEOMETRIES[name])
    results = [conv(dtypes.float32, kind, GEOMETRIES[name], x, w, y, threads=threads) for threads in (1, 2)]
    assert (results[0] == results[1]).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", GEOMETRIES)
def test_bias_residual_and_relu(name, kind):
    g = GEOMETRIES[name]
    x, w, y = arrays(g)
    out = {"forward": y, "dx": x, "dw": w}[kind]
    shape = (out.shape[0], out[0].size) if kind == "dw" else (out[..., 0].size, out.shape[-1])
    rng = np.random.default_rng(7)
    bias, residual = rng.standard_normal((1, shape[1])), rng.standard_normal(shape)
    operands = [np.broadcast_to(bias.astype(np.float32), shape), residual.astype(np.float32)]
    result = conv(dtypes.float32, kind, g, x, w, y, add_and_relu(dtypes.float32, operands), operands)
    expected = np.maximum(exact(kind, g, x, w, y).reshape(shape) + bias + residual, 0)
    np.testing.assert_allclose(result.reshape(shape), expected, rtol=1e-4, atol=1e-3)


def test_weights_in_another_order():
    g = GEOMETRIES["wide"]
    x, w, y = arrays(g)
    turned = np.ascontiguousarray(w.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    for kind in KINDS:
        assert (conv(dtypes.float32, kind, g, x, turned, y) == conv(dtypes.float32, kind, g, x, w, y)).all()
