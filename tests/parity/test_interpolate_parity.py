"""Resampling by filters, forwards and backwards; the settings that PyTorch refuses."""

import numpy as np
import pytest
from both import attempt

import flambeau as fl

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


def image(t, dtype="float64"):
    values = np.random.default_rng(0).uniform(0, 255, (2, 3, 7, 9))
    return t.from_numpy(values.astype(dtype))


@pytest.mark.parametrize("target", [{"size": (3, 4)}, {"size": (15, 2)}, {"scale_factor": 1.7}, {"scale_factor": 0.4}])
@pytest.mark.parametrize("corners", [False, True])
@pytest.mark.parametrize(
    "mode, antialias", [("bicubic", False), ("bicubic", True), ("bilinear", True), ("lanczos", True)]
)
def test_filters(mode, antialias, corners, target):
    if mode == "lanczos" and corners:
        return
    results = []
    for t in (fl, torch):
        x = image(t).requires_grad_()
        y = t.nn.functional.interpolate(x, mode=mode, antialias=antialias, align_corners=corners, **target)
        (y * y).sum().backward()
        results.append((y.detach().numpy(), x.grad.numpy()))
    for ours, theirs in zip(*results):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10 * abs(theirs).max())


@pytest.mark.parametrize("mode, antialias", [("bilinear", False), ("bilinear", True), ("bicubic", True)])
def test_bytes(mode, antialias):
    for size in ((3, 4), (15, 20)):
        ours, theirs = (
            t.nn.functional.interpolate(image(t, "uint8"), size=size, mode=mode, antialias=antialias)
            for t in (fl, torch)
        )
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy())


@pytest.mark.parametrize(
    "settings",
    [
        {"size": 3, "mode": "lanczos"},
        {"size": 3, "mode": "lanczos", "antialias": True, "align_corners": True},
        {"size": 3, "mode": "nearest", "antialias": True},
        {"size": 3, "mode": "linear"},
        {"size": 0, "mode": "bicubic"},
        {"size": 3, "mode": "nothing"},
        {"size": 3, "scale_factor": 2},
    ],
    ids=str,
)
def test_refused(settings):
    ours, theirs = (attempt(t.nn.functional.interpolate, image(t), **settings) for t in (fl, torch))
    assert isinstance(ours, tuple) and ours == theirs
