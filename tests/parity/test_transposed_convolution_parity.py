"""Transposed convolutions beside real PyTorch: values, gradients and second derivatives, and errors."""

import numpy as np
import pytest

import flambeau

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def derivatives(t, dims, arrays, settings):
    """The result, its gradients for a fixed one, and the gradients of the sum of their cubes."""
    x, w, b = (None if a is None else t.tensor(a, requires_grad=True) for a in arrays)
    y = getattr(t.nn.functional, f"conv_transpose{dims}d")(x, w, b, **settings)
    g = t.tensor(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)), requires_grad=True)
    first = t.autograd.grad(y, [a for a in (x, w, b) if a is not None], g, create_graph=True)
    second = t.autograd.grad(sum((v * v * v).sum() for v in first), [x, w, g])
    return [v.detach().numpy() for v in (y, *first, *second)]


def case(rng):
    """Random sizes and settings; some are refused."""
    dims, groups = int(rng.choice([1, 2, 3])), int(rng.choice([1, 1, 2, 3]))

    def each(low, high):
        return [int(n) for n in rng.integers(low, high + 1, dims)]

    stride, dilation = each(1, 3), each(1, 3)
    extra = [int(rng.integers(0, max(pair))) for pair in zip(stride, dilation)]
    channels, columns = groups * int(rng.integers(1, 5)), int(rng.integers(1, 5))
    x = rng.standard_normal((int(rng.integers(1, 3)), channels, *each(1, 5)))
    w = rng.standard_normal((channels, columns, *each(1, 4)))
    bias = rng.standard_normal(columns * groups) if rng.random() < 0.5 else None
    settings = {"stride": stride, "padding": each(0, 3), "output_padding": extra, "groups": groups}
    return dims, (x[0] if rng.random() < 0.2 else x, w, bias), settings | {"dilation": dilation}


@pytest.mark.parametrize("seed", range(60))
def test_as_pytorch(torch, seed):
    arguments = case(np.random.default_rng(seed))
    try:
        expected = derivatives(torch, *arguments)
    except RuntimeError as error:
        with pytest.raises(RuntimeError) as ours:
            derivatives(flambeau, *arguments)
        assert str(ours.value) == str(error)
        return
    for ours, theirs in zip(derivatives(flambeau, *arguments), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-7, atol=1e-7 * (1 + np.abs(theirs).max(initial=0)))
