"""Batch normalisation of much data, pools over whole images and repeated pixels, against float64 NumPy."""

import numpy as np
import pytest

import flambeau as torch
from flambeau.nn import functional as F

LAYOUTS = [torch.contiguous_format, torch.channels_last]


def images(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def normalised(x):
    axes = (0, 2, 3)
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("offset, drift, tolerance", [(0, 0, 1e-5), (1000, 0, 2e-3), (50, 100, 2e-4)])
def test_much_data_far_from_zero(layout, offset, drift, tolerance):
    x = images(40, 5, 20, 21) + np.float32(offset) + np.float32(drift) * images(40, 1, 1, 1, seed=1)
    y = F.batch_norm(torch.tensor(x).to(memory_format=layout), None, None, training=True)
    np.testing.assert_allclose(y.numpy(), normalised(x.astype(np.float64)), rtol=0, atol=tolerance)


def test_constant_channels_have_no_variance():
    running = torch.zeros(3), torch.ones(3)
    F.batch_norm(torch.full((8, 3, 20, 20), 7.3), *running, training=True, momentum=1.0)
    np.testing.assert_allclose(running[0].numpy(), 7.3, rtol=1e-6)
    assert (running[1].numpy() >= 0).all()
    np.testing.assert_allclose(running[1].numpy(), 0, atol=1e-9)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_gradients_of_much_data(layout):
    x, g, weight = images(16, 4, 15, 14), images(16, 4, 15, 14, seed=1), images(4, seed=2)
    inputs = torch.tensor(x).to(memory_format=layout).requires_grad_(), torch.tensor(weight, requires_grad=True)
    bias = torch.zeros(4, requires_grad=True)
    F.batch_norm(inputs[0], None, None, inputs[1], bias, training=True).backward(torch.tensor(g))
    x, g, axes = x.astype(np.float64), g.astype(np.float64), (0, 2, 3)
    normal, scale = normalised(x), weight.reshape(1, 4, 1, 1) / np.sqrt(x.var(axes, keepdims=True) + 1e-5)
    mean, slope = g.mean(axes, keepdims=True), (g * normal).mean(axes, keepdims=True)
    np.testing.assert_allclose(inputs[0].grad.numpy(), (g - mean - normal * slope) * scale, atol=1e-5)
    np.testing.assert_allclose(inputs[1].grad.numpy(), (g * normal).sum(axes), atol=1e-3)
    np.testing.assert_allclose(bias.grad.numpy(), g.sum(axes), atol=1e-3)


def test_channels_last_stays():
    x = torch.randn(2, 3, 6, 6).to(memory_format=torch.channels_last).requires_grad_()
    for y in (F.batch_norm(x, None, None, training=True), F.max_pool2d(x, 2), F.avg_pool2d(x, 3, 2, 1)):
        assert y.is_contiguous(memory_format=torch.channels_last)
        (y * y).sum().backward()
        assert x.grad.is_contiguous(memory_format=torch.channels_last)
        x.grad = None


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_whole_images_pooled(layout):
    x = images(3, 5, 7, 9)
    x[0, 1, 2, 3] = x[0, 1, 4, 4] = 9.0  # of equal maxima the first counts
    x[1, 0, 6, 8] = np.nan
    x[2, 2] = -np.inf
    t = torch.tensor(x).to(memory_format=layout).requires_grad_()
    y, index = F.adaptive_max_pool2d(t, 1, return_indices=True)
    np.testing.assert_array_equal(y.detach().numpy()[..., 0, 0], x.max((2, 3)))
    flat = x.reshape(3, 5, 63).argmax(-1)
    np.testing.assert_array_equal(index.numpy()[..., 0, 0], flat)
    y.backward(torch.full((3, 5, 1, 1), 2.0))
    expected = np.zeros((3, 5, 63), np.float32)
    np.put_along_axis(expected, flat[..., None], 2.0, -1)
    np.testing.assert_array_equal(t.grad.numpy(), expected.reshape(x.shape))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_whole_images_averaged(layout):
    x = images(3, 5, 7, 9)
    t = torch.tensor(x).to(memory_format=layout).requires_grad_()
    for y in (F.adaptive_avg_pool2d(t, 1), F.avg_pool2d(t, (7, 9))):
        np.testing.assert_allclose(y.detach().numpy()[..., 0, 0], x.astype(np.float64).mean((2, 3)), atol=1e-6)
        y.sum().backward()
        np.testing.assert_allclose(t.grad.numpy(), 1 / 63, rtol=1e-6)
        t.grad = None


@pytest.mark.parametrize("mode", ["nearest", "nearest-exact"])
@pytest.mark.parametrize("factors", [(2, 2), (1, 3), (7, 4)])
def test_pixels_repeated(mode, factors):
    x, shape = images(2, 3, 5, 6), (5 * factors[0], 6 * factors[1])
    t = torch.tensor(x, requires_grad=True)
    y = F.interpolate(t, size=shape, mode=mode)
    np.testing.assert_array_equal(y.detach().numpy(), x.repeat(factors[0], 2).repeat(factors[1], 3))
    g = images(2, 3, *shape, seed=1)
    y.backward(torch.tensor(g))
    expected = g.astype(np.float64).reshape(2, 3, 5, factors[0], 6, factors[1]).sum((3, 5))
    np.testing.assert_allclose(t.grad.numpy(), expected, atol=1e-5)


def test_groups_far_from_zero_and_their_gradients():
    x, g = images(4, 12, 9, 7) + np.float32(20), images(4, 12, 9, 7, seed=1)
    weight, bias = images(12, seed=2), images(12, seed=3)
    inputs = [torch.tensor(v, requires_grad=True) for v in (x, weight, bias)]
    y = F.group_norm(inputs[0], 3, inputs[1], inputs[2])
    y.backward(torch.tensor(g))
    x, g, w = x.reshape(4, 3, 4, 63).astype(np.float64), g.reshape(4, 3, 4, 63), weight.reshape(3, 4, 1)
    deviation = np.sqrt(x.var((2, 3), keepdims=True) + 1e-5)
    normal = (x - x.mean((2, 3), keepdims=True)) / deviation
    np.testing.assert_allclose(
        y.detach().numpy().reshape(x.shape), normal * w + bias.reshape(3, 4, 1), rtol=1e-4, atol=1e-4
    )
    slope = g * w
    mean, along = slope.mean((2, 3), keepdims=True), (slope * normal).mean((2, 3), keepdims=True)
    expected = (slope - mean - normal * along) / deviation
    np.testing.assert_allclose(inputs[0].grad.numpy().reshape(x.shape), expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(inputs[1].grad.numpy(), (g * normal).sum((0, 3)).ravel(), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(inputs[2].grad.numpy(), g.sum((0, 3)).ravel(), rtol=1e-4, atol=1e-3)
