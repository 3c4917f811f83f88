"""Products of bytes, by the processor's own instruction where it has one, against exact integers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flambeau as torch
from flambeau.codegen.targets import host
from flambeau.ops import quantized
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


def on_grid(steps, place):
    """Bytes, from exact sums in float32: PyTorch's rounding of linear layers."""
    return np.clip(np.rint(steps) + place, 0, 255).astype(np.uint8)


def check(m, n, k, seed=0, part=slice(None), place=100, clipped=False):
    """Sums are exact: each is an integer, rounded once."""
    x, w, scales, _ = drawn(m, n, k, seed)
    offsets, bias = (w.sum(1) * -7).astype(np.int32), np.linspace(-9, 9, n).astype(np.float32)
    factors = (scales / np.sqrt(k) / 200).astype(np.float32)
    parts = [torch.tensor(x) for x in (w, offsets, bias, factors)]
    got = linear_of_bytes(torch.tensor(x)[part], parts, clipped, place).numpy()
    steps = (x[part].astype(np.int64) - 7) @ w.T.astype(np.int64)
    expected = on_grid((steps.astype(np.float32) + bias) * factors, place)
    np.testing.assert_array_equal(got, np.maximum(expected, place) if clipped else expected)


@settings(max_examples=50, deadline=None)
@given(m=SIZES, n=SIZES, k=SIZES, seed=st.integers(0, 3))
def test_products_are_exact(m, n, k, seed):
    check(m, n, k, seed)


@pytest.mark.parametrize("sizes", [(1, 3072, 768), (64, 512, 512), (5, 33, 4096), (200, 24, 1000), (3, 9, 501)])
@pytest.mark.skipif(not host().quads, reason="floats hold sums of a thousand products")
def test_large_ones(sizes):
    check(*sizes, clipped=sizes[0] == 1)


def test_rows_that_are_part_of_others():
    for part in (slice(1, 9), slice(0, 20, 3)):
        check(20, 12, 16, part=part)


@st.composite
def convolutions(draw):
    """Sizes of an image and of filters that fit, as `check_convolution` takes them."""
    groups, each, outputs = draw(
        st.sampled_from([(1, 3, 20), (1, 4, 16), (1, 33, 7), (2, 8, 24), (3, 4, 1), (6, 2, 4), (16, 1, 1)])
    )
    kernel, dilation = draw(st.tuples(st.integers(1, 3), st.integers(1, 4))), draw(st.integers(1, 2))
    stride, padding = draw(st.tuples(st.integers(1, 2), st.integers(1, 3))), draw(st.tuples(*[st.integers(0, 2)] * 2))
    sides = [draw(st.integers(dilation * (size - 1) + 1, 12)) for size in kernel]
    return draw(st.integers(1, 9)), groups * each, sides, groups * outputs, kernel, stride, padding, dilation, groups


def check_convolution(n, c, sides, o, kernel, stride, padding, dilation, groups, clipped=False, channels_last=False):
    """Exact sums over an image that is surrounded by its zero point, rounded as PyTorch does."""
    rng = np.random.default_rng(n + c)
    x = rng.integers(0, 256, (n, c, *sides)).astype(np.uint8)
    w = rng.integers(-128, 128, (o, c // groups, *kernel)).astype(np.int8)
    weight = torch.quantize_per_channel(
        torch.tensor(w).float(), torch.ones(o), torch.zeros(o, dtype=torch.int64), 0, torch.qint8
    )
    bias, image = torch.linspace(-1e5, 1e5, o), torch.tensor(x)
    if channels_last:
        image = image.contiguous(memory_format=torch.channels_last)
    packed = quantized.conv2d_prepack(weight, bias, stride, padding, (dilation, dilation), groups)
    image = torch._make_per_tensor_quantized_tensor(image, 0.5, 77)
    scale = float(np.sqrt(w[0].size) * 500)
    found = (quantized.conv2d_relu if clipped else quantized.conv2d)(image, packed, scale, 100)
    exact = torch.nn.functional.conv2d(
        torch.tensor(x.astype(np.float64) - 77),
        torch.tensor(w.astype(np.float64)),
        None,
        stride,
        padding,
        dilation,
        groups,
    )
    numbers = exact.numpy().astype(np.float32) * np.float32(0.5) + bias.numpy().reshape(-1, 1, 1)
    numbers = np.maximum(numbers, 0) if clipped else numbers
    expected = np.clip(np.rint(numbers * (1 / np.float32(scale)) + np.float32(100)), 0, 255)
    np.testing.assert_array_equal(found.int_repr().numpy(), expected)
    assert found.is_contiguous(memory_format=torch.channels_last) and found.q_zero_point() == 100


@settings(max_examples=25, deadline=None)
@given(convolutions(), st.booleans(), st.booleans())
def test_convolutions_are_exact(sizes, clipped, channels_last):
    check_convolution(*sizes, clipped, channels_last)


def test_rows_are_images_of_one_line():
    x = torch.quantize_per_tensor(torch.randn(2, 6, 20), 0.03, 120, torch.quint8)
    w = torch.quantize_per_tensor(torch.randn(5, 6, 3), 0.02, 0, torch.qint8)
    settings = [2], [1], [2], 1
    found = quantized.conv1d(x, quantized.conv1d_prepack(w, None, *settings), 0.5, 9)
    expected = torch.nn.functional.conv1d(x.dequantize().double(), w.dequantize().double(), None, *settings)
    assert (found.int_repr().double() - (expected / 0.5 + 9).clamp(0, 255)).abs().max() < 0.501


def test_numbers_are_convolved_on_their_own_grid():
    x = torch.randn(2, 6, 7, 8)
    w = torch.quantize_per_tensor(torch.randn(5, 6, 3, 3), 0.02, 0, torch.qint8)
    found = quantized.conv2d_dynamic(x, quantized.conv2d_prepack(w, None, [1, 1], [1, 1], [1, 1], 1), False)
    kept = torch.quantize_per_tensor_dynamic(x, torch.quint8, False).dequantize().double()
    expected = torch.nn.functional.conv2d(kept, w.dequantize().double(), None, 1, 1)
    np.testing.assert_allclose(found.numpy(), expected.numpy(), rtol=1e-5, atol=1e-5)


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
    check_convolution(2, 8, (5, 6), 12, (3, 3), (1, 2), (1, 1), 1, 2)


def test_one_bad_number_spoils_the_call():
    _, _, _, parts = drawn(2, 3, 8)
    x = torch.ones(2, 8)
    x[0, 0] = float("nan")
    assert dynamic_linear(x, *parts, None).isnan().all() and dynamic_linear(x[:0], *parts, None).shape == (0, 3)
