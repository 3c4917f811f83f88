"""Pooling kernels against windows cut out with NumPy, in both memory layouts."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tasks import fences_stand, operand, run

from flambeau import dtypes
from flambeau.codegen.window import Pooling, pool_dx_task, pool_task

GEOMETRIES = [
    Pooling(2, 5, (8, 9), (4, 4), (2, 2), (2, 2)),
    Pooling(1, 33, (12, 20), (6, 10), (3, 3), (2, 2), (1, 1)),
    Pooling(2, 3, (7, 40), (7, 38), (3, 2), (1, 1), (1, 0), (1, 2)),
    Pooling(1, 20, (9, 11), (4, 3), None),
    Pooling(2, 4, (5, 5), (1, 1), (5, 5)),
    Pooling(1, 1, (6, 70), (4, 33), (2, 3), (2, 2), (1, 0), (2, 2)),
    Pooling(0, 4, (5, 5), (2, 2), (2, 2), (2, 2)),
    Pooling(3, 6, (7, 9), (3, 4), (2, 2), (2, 2)),
    Pooling(1, 50, (8, 6), (4, 2), None),
    Pooling(2, 16, (9, 10), (4, 4), (3, 3), (2, 2), (0, 0)),
    Pooling(2, 1, (5, 6), (2, 3), (2, 2), (2, 2)),
    Pooling(1, 9, (6, 6), (4, 4), (2, 2), (2, 2), (1, 1)),
    Pooling(1, 3, (5, 5), (3, 3), (2, 2), (2, 2)),
]


def spans(p, axis, index):
    """The image indices under one window along an axis."""
    size, out = p.image[axis], p.result[axis]
    if p.window is None:
        return list(range(index * size // out, -(-(index + 1) * size // out)))
    first = index * p.stride[axis] - p.padding[axis]
    taps = [first + k * p.dilation[axis] for k in range(p.window[axis])]
    return [t for t in taps if 0 <= t < size]


def windows(p):
    for oh, ow in itertools.product(*map(range, p.result)):
        yield oh, ow, spans(p, 0, oh), spans(p, 1, ow)


def expected_pool(fn, x, p):
    out = np.zeros((p.n, p.c, *p.result), np.int64 if fn == "index" else x.dtype)
    for oh, ow, hs, ws in windows(p):
        window = x[:, :, hs][:, :, :, ws].reshape(p.n, p.c, len(hs) * len(ws))
        if fn == "index":
            positions = np.add.outer(np.array(hs) * p.image[1], ws).ravel()
            out[:, :, oh, ow] = positions[window.argmax(-1)]
        else:
            out[:, :, oh, ow] = window.max(-1) if fn == "max" else window.sum(-1)
    return out


def expected_gradient(fn, g, x, p):
    dx = np.zeros((p.n, p.c, *p.image), g.dtype)
    chosen = expected_pool("index", x, p) if fn == "max" else None
    for oh, ow, hs, ws in windows(p):
        for h, w in itertools.product(hs, ws):
            here = True if chosen is None else chosen[:, :, oh, ow] == h * p.image[1] + w
            dx[:, :, h, w] += np.where(here, g[:, :, oh, ow], 0)
    return dx


def laid_out(array, layout):
    """A copy as (N, C, H, W), channels last or first in memory."""
    if layout == "nhwc":
        return np.ascontiguousarray(array.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    return np.ascontiguousarray(array)


def blank(shape, of, layout, margin=64):
    """Zeros in a layout, between margins."""
    n, c, h, w = shape
    memory = np.full(n * c * h * w + 2 * margin, 7, of.numpy)
    inside = memory[margin:-margin]
    inside[...] = 0
    return memory, inside.reshape(n, h, w, c).transpose(0, 3, 1, 2) if layout == "nhwc" else inside.reshape(shape)


def image(p, of):
    x = np.random.default_rng(0).integers(-3, 4, (p.n, p.c, *p.image)).astype(of.numpy)
    if of.is_floating_point and x.size:
        x[0, 0, -1, -1], x[0, -1, 0] = np.nan, -np.inf
    return x


@pytest.mark.parametrize("p", GEOMETRIES, ids=lambda p: f"{p.image}-{p.window}")
@pytest.mark.parametrize("of", [dtypes.float32, dtypes.int64], ids=repr)
def test_pool(p, of):
    source = image(p, of)
    for layouts in itertools.product(("nhwc", "nchw"), repeat=2):
        for fn in ("max", "sum", "index"):
            x = laid_out(source, layouts[0])
            memory, y = blank((p.n, p.c, *p.result), dtypes.int64 if fn == "index" else of, layouts[1])
            run(pool_task(fn, of, p, operand(1, x), operand(2, y)), x, y, threads=2)
            np.testing.assert_array_equal(y, expected_pool(fn, source, p))
            assert fences_stand(memory)


def check_gradient(p, fn, of, layouts):
    """layouts: of g, and of x and dx."""
    source = image(p, of)
    gradient = np.random.default_rng(1).integers(-5, 6, (p.n, p.c, *p.result)).astype(of.numpy)
    g, x = laid_out(gradient, layouts[0]), laid_out(source, layouts[1])
    memory, dx = blank(x.shape, of, layouts[1])
    dx[...] = 5
    task = pool_dx_task(fn, of, p, operand(1, g), operand(2, x) if fn == "max" else None, operand(3, dx))
    run(task, g, x, dx, threads=2)
    np.testing.assert_array_equal(dx, expected_gradient(fn, gradient, source, p))
    assert fences_stand(memory)


@pytest.mark.parametrize("p", GEOMETRIES, ids=lambda p: f"{p.image}-{p.window}")
@pytest.mark.parametrize("fn", ["max", "sum"])
@pytest.mark.parametrize("layouts", [*itertools.product(("nhwc", "nchw"), repeat=2)], ids="-".join)
def test_gradient(p, fn, layouts):
    check_gradient(p, fn, dtypes.float32, layouts)


@st.composite
def poolings(draw):
    """Small images, and windows each of which meets its image; often side by side."""
    axes = []
    for _ in range(2):
        taps, dilation = draw(st.integers(1, 4)), draw(st.integers(1, 2))
        stride = draw(st.sampled_from([taps, 1, 2, 3]))
        padding = draw(st.integers(0, taps // 2)) * draw(st.integers(0, 1))
        reach = (taps - 1) * dilation + 1
        size = draw(st.integers(max(reach - 2 * padding, 1), 12))
        out = (size + 2 * padding - reach) // stride + 1
        out += draw(st.integers(0, 1)) * (out * stride < size + padding)
        axes.append((size, out, taps, stride, padding, dilation))
    p = Pooling(draw(st.integers(1, 3)), draw(st.sampled_from([1, 2, 3, 5, 6, 8, 16, 21, 32, 40])), *zip(*axes))
    assume(all(hs and ws for _, _, hs, ws in windows(p)))
    return p


@settings(max_examples=60, deadline=None)
@given(
    p=poolings(),
    fn=st.sampled_from(["max", "sum"]),
    of=st.sampled_from([dtypes.float32, dtypes.float64]),
    layouts=st.tuples(*[st.sampled_from(["nhwc", "nchw"])] * 2),
)
def test_gradient_of_any_windows(p, fn, of, layouts):
    check_gradient(p, fn, of, layouts)


@settings(max_examples=40, deadline=None)
@given(p=poolings(), fn=st.sampled_from(["max", "sum", "index"]), layout=st.sampled_from(["nhwc", "nchw"]))
def test_any_windows(p, fn, layout):
    x, result = image(p, dtypes.float32), dtypes.int64 if fn == "index" else dtypes.float32
    memory, y = blank((p.n, p.c, *p.result), result, layout)
    source = laid_out(x, layout)
    run(pool_task(fn, dtypes.float32, p, operand(1, source), operand(2, y)), source, y)
    np.testing.assert_array_equal(y, expected_pool(fn, x, p))
    assert fences_stand(memory)


LONG_ROWS = [
    Pooling(1, 2, (1, 9000), (1, 9000), (1, 3), (1, 1), (0, 1)),
    Pooling(1, 1, (3, 8195), (2, 2732), (2, 4), (1, 3), (0, 2), (1, 2)),
]


@pytest.mark.parametrize("p", LONG_ROWS, ids=lambda p: f"{p.image}-{p.window}")
@pytest.mark.parametrize("fn", ["max", "sum"])
def test_rows_longer_than_scratch_memory(p, fn):
    source = image(p, dtypes.float32)
    memory, y = blank((p.n, p.c, *p.result), dtypes.float32, "nchw")
    run(pool_task(fn, dtypes.float32, p, operand(1, source), operand(2, y)), source, y, threads=2)
    np.testing.assert_array_equal(y, expected_pool(fn, source, p))
    assert fences_stand(memory)
    check_gradient(p, fn, dtypes.float32, ("nchw", "nchw"))


def test_windows_longer_than_scratch_memory():
    p = Pooling(1, 1, (1, 6000), (1, 101), (1, 5000), (1, 10))
    source = np.random.default_rng(0).standard_normal((1, 1, 1, 6000)).astype(np.float32)
    memory, y = blank((1, 1, 1, 101), dtypes.float32, "nchw")
    run(pool_task("max", dtypes.float32, p, operand(1, source), operand(2, y)), source, y)
    np.testing.assert_array_equal(y, expected_pool("max", source, p))
    assert fences_stand(memory)
