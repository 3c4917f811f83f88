"""The interpreter against float64 NumPy, written the slow and obvious way, and against PyTorch."""

import numpy as np
import pytest

from flambeau import dtypes, ir
from flambeau.runtime.interpret import Fault, interpret, narrow, widen


def run(node, *arrays, scalars=()):
    return interpret([node], arrays, scalars)[0]


def inputs(*arrays):
    return [ir.input_(i, a.shape, dtypes.from_numpy(a.dtype)) for i, a in enumerate(arrays)]


def random(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def test_formula_with_broadcast_and_scalar():
    a, b = random(3, 4), random(4)
    x, y = inputs(a, b)
    formula = (x * y + ir.scalar(0, dtypes.float32)).exp().sum([1])
    np.testing.assert_allclose(run(formula, a, b, scalars=[0.5]), np.exp(a * b + 0.5).sum(1, keepdims=True), rtol=1e-6)


def test_views_read_and_update_writes():
    a = np.arange(12.0, dtype=np.float32).reshape(3, 4)
    (x,) = inputs(a)
    np.testing.assert_array_equal(run(ir.view(x, (4, 3), (-1, 4), 3), a), a[:, ::-1].T)
    written = run(ir.update(x, ir.full(7.0, (2, 2), dtypes.float32), (8, 2), 1), a)
    expected = a.copy()
    expected[::2, 1::2] = 7
    np.testing.assert_array_equal(written, expected)


def test_bfloat16_rounds_to_nearest_even_and_keeps_nan():
    numbers = np.array([1.0, 1.00390625, 1.01171875, np.nan, np.inf, -3.0], np.float32)
    back = widen(narrow(numbers, dtypes.bfloat16), dtypes.bfloat16)
    np.testing.assert_array_equal(back, np.array([1.0, 1.0, 1.015625, np.nan, np.inf, -3.0], np.float32))


def test_index_reductions_are_row_major_and_first():
    a = np.array([[[1.0, 5.0], [5.0, 2.0]], [[0.0, 0.0], [np.nan, 9.0]]], np.float32)
    (x,) = inputs(a)
    np.testing.assert_array_equal(run(ir.reduce("argmax", x, [1, 2]), a).ravel(), [1, 2])
    np.testing.assert_array_equal(run(ir.reduce("argmax", x, [0]), a).ravel(), [0, 0, 1, 1])


def test_sort_is_stable_both_ways_and_puts_nan_as_the_largest():
    a = np.array([[2.0, np.nan, 1.0, 2.0, 1.0]], np.float32)
    (x,) = inputs(a)
    for descending, order in ((False, [2, 4, 0, 3, 1]), (True, [1, 0, 3, 2, 4])):
        node = ir.Node("sort", (x,), {"axis": 1, "descending": descending}, x.shape, dtypes.int64)
        np.testing.assert_array_equal(run(node, a)[0], order)


def test_put_keeps_order_and_take_checks():
    base, index, value = np.zeros((4, 2), np.float32), np.array([1, 3, 1]), random(3, 2)
    b, i, v = inputs(base, index, value)
    added = run(ir.put("add", b, i, v), base, index, value)
    np.testing.assert_allclose(added[1], value[0] + value[2])
    np.testing.assert_array_equal(run(ir.put("set", b, i, v), base, index, value)[1], value[2])
    with pytest.raises(Fault) as fault:
        run(ir.take(b, i), base, np.array([0, -1, 2]), value)
    assert fault.value.status == (1, 0, -1, 4)


CONVOLUTIONS = [
    # n, c, h, w, o, kernel, stride, padding, dilation, groups
    (2, 3, 7, 6, 4, (3, 3), (1, 1), (1, 1), (1, 1), 1),
    (1, 4, 9, 8, 6, (3, 2), (2, 3), (2, 0), (2, 1), 2),
    (2, 3, 5, 5, 3, (1, 1), (2, 2), (0, 0), (1, 1), 3),
]


def convolution(case):
    n, c, h, w, o, kernel, stride, padding, dilation, groups = case
    attrs = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    out = [(s + 2 * p - d * (k - 1) - 1) // t + 1 for s, p, d, k, t in zip((h, w), padding, dilation, kernel, stride)]
    return attrs, random(n, c, h, w), random(o, c // groups, *kernel, seed=1), random(n, o, *out, seed=2)


@pytest.mark.parametrize("case", CONVOLUTIONS)
def test_convolution_and_its_gradients_are_transposes_of_each_other(case):
    """<conv(x, w), g> = <x, conv_dx(g, w)> = <w, conv_dw(x, g)>, and conv itself by its sum."""
    attrs, x, w, g = convolution(case)
    nx, nw, ng = inputs(x, w, g)
    y = run(ir.Node("conv", (nx, nw), attrs, g.shape, dtypes.float32), x, w, g)
    dx = run(ir.Node("conv_dx", (ng, nw), attrs, x.shape, dtypes.float32), x, w, g)
    dw = run(ir.Node("conv_dw", (nx, ng), attrs, w.shape, dtypes.float32), x, w, g)
    np.testing.assert_allclose(y, slow_convolution(x, w, attrs, g.shape), rtol=1e-4, atol=1e-5)
    product = np.vdot(y, g)
    np.testing.assert_allclose([np.vdot(x, dx), np.vdot(w, dw)], [product, product], rtol=1e-4, atol=1e-4)


def slow_convolution(x, w, attrs, shape):
    (sh, sw), (ph, pw), (dh, dw) = attrs["stride"], attrs["padding"], attrs["dilation"]
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    result = np.zeros(shape)
    per_group, outs = w.shape[1], w.shape[0] // attrs["groups"]
    for n, o, i, j in np.ndindex(*shape):
        first = (o // outs) * per_group
        rows = slice(i * sh, i * sh + dh * (w.shape[2] - 1) + 1, dh)
        columns = slice(j * sw, j * sw + dw * (w.shape[3] - 1) + 1, dw)
        result[n, o, i, j] = (padded[n, first : first + per_group, rows, columns] * w[o]).sum()
    return result


def check_pooling(pooled, t, a, attrs):
    """The interpreter's pool and its gradient against a PyTorch result that was made from t."""
    (x,), shape = inputs(a), tuple(pooled.shape)
    np.testing.assert_allclose(run(ir.Node("pool", (x,), attrs, shape, dtypes.float32), a), pooled.detach(), rtol=1e-5)
    gradient = random(*shape, seed=3)
    pooled.backward(pooled.new_tensor(gradient))
    g = ir.input_(1, shape, dtypes.float32)
    node = ir.Node("pool_dx", (g, x) if attrs["fn"] == "max" else (g,), attrs, a.shape, dtypes.float32)
    np.testing.assert_allclose(run(node, a, gradient), t.grad, rtol=1e-5, atol=1e-6)


@pytest.mark.parity
@pytest.mark.parametrize("window", [((3, 2), (2, 1), (1, 1), (1, 2)), None])
def test_max_pooling_is_pytorchs(window):
    torch = pytest.importorskip("torch")
    a = random(2, 3, 9, 7)
    t = torch.tensor(a, requires_grad=True)
    names = ("window", "stride", "padding", "dilation")
    attrs = {"fn": "max", **dict(zip(names, window or (None,) * 4))}
    if window is None:
        pooled, index = torch.nn.functional.adaptive_max_pool2d(t, (4, 3), return_indices=True)
    else:
        pooled, index = torch.nn.functional.max_pool2d(t, *window, return_indices=True)
    node = ir.Node("pool_index", tuple(inputs(a)), attrs, tuple(pooled.shape), dtypes.int64)
    np.testing.assert_array_equal(run(node, a), index.numpy())
    check_pooling(pooled, t, a, attrs)


@pytest.mark.parity
def test_sum_pooling_is_pytorchs():
    torch = pytest.importorskip("torch")
    a = random(2, 3, 9, 7)
    t = torch.tensor(a, requires_grad=True)
    pooled = torch.nn.functional.avg_pool2d(t, (3, 2), (2, 1), (1, 1), divisor_override=1)
    attrs = {"fn": "sum", "window": (3, 2), "stride": (2, 1), "padding": (1, 1), "dilation": (1, 1)}
    check_pooling(pooled, t, a, attrs)


def test_adaptive_windows_cover_everything_when_sizes_divide():
    a = random(1, 2, 8, 6)
    (x,) = inputs(a)
    attrs = {"fn": "sum", "window": None, "stride": None, "padding": None, "dilation": None}
    pooled = run(ir.Node("pool", (x,), attrs, (1, 2, 4, 3), dtypes.float32), a)
    np.testing.assert_allclose(pooled, a.reshape(1, 2, 4, 2, 3, 2).sum((3, 5)), rtol=1e-5)


def test_scan_and_host():
    a = random(3, 4)
    (x,) = inputs(a)
    scan = ir.Node("scan", (x,), {"fn": "sum", "axis": 0}, x.shape, dtypes.float32)
    np.testing.assert_allclose(run(scan, a), np.cumsum(a, 0))
    host = ir.Node("host", (x,), {"call": lambda m: m.T @ m}, (4, 4), dtypes.float32)
    np.testing.assert_allclose(run(host, a), a.T @ a)
    np.testing.assert_array_equal(run(ir.iota((2, 3))), [[0, 1, 2], [3, 4, 5]])
