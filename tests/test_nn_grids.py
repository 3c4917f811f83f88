"""Sampling at the points of a grid: identities, borders, gradients."""

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd import gradcheck
from flambeau.nn import functional as F


def normal(*shape, seed=0):
    return fl.from_numpy(np.random.default_rng(seed).standard_normal(shape))


@pytest.mark.parametrize("align_corners", [False, True])
@pytest.mark.parametrize("mode", ["bilinear", "nearest", "bicubic"])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
def test_the_identity_map_gives_the_image(mode, padding_mode, align_corners):
    image = normal(2, 3, 4, 5)
    theta = fl.eye(2, 3).double().expand(2, 2, 3)
    grid = F.affine_grid(theta, image.shape, align_corners)
    np.testing.assert_allclose(F.grid_sample(image, grid, mode, padding_mode, align_corners).numpy(), image, atol=1e-12)


def test_flips_and_volumes():
    image = normal(1, 2, 3, 4, 5)
    theta = fl.tensor([[[-1.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0]]]).double()
    flipped = F.grid_sample(image, F.affine_grid(theta, image.shape, False), align_corners=False)
    np.testing.assert_allclose(flipped.numpy(), image.flip(2, 4), atol=1e-12)


def test_what_is_outside():
    row = fl.tensor([[[[1.0, 2.0, 3.0, 4.0]]]])
    grid = fl.tensor([[[[-1.75, 0.0], [1.25, 0.0], [1.75, 0.0]]]])  # half a pixel is 1/4: places -2, 4 and 5
    sample = lambda padding: F.grid_sample(row, grid, "bilinear", padding, False)[0, 0, 0].tolist()
    assert sample("zeros") == [0.0, 0.0, 0.0]
    assert sample("border") == [1.0, 4.0, 4.0]
    assert sample("reflection") == [2.0, 4.0, 3.0]


@pytest.mark.parametrize("mode", ["bilinear", "bicubic"])
@pytest.mark.parametrize("padding_mode", ["zeros", "border", "reflection"])
def test_gradients(mode, padding_mode):
    image, grid = normal(1, 2, 3, 4).requires_grad_(), (normal(1, 2, 3, 2, seed=1) * 0.6).requires_grad_()
    assert gradcheck(lambda x, g: F.grid_sample(x, g, mode, padding_mode, False), [image, grid])
