"""Reflected, replicated and circular padding beside real PyTorch: values, two derivatives, errors."""

import numpy as np
import pytest

import flambeau

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def case(rng):
    """Random sizes, mode and borders, some of them negative or too large."""
    dims = int(rng.integers(1, 4))
    shape = rng.integers(1, 7, dims + int(rng.integers(1, 3)))
    mode = str(rng.choice(["reflect", "replicate", "circular"]))
    # PyTorch's gradient of circular borders that cut is not that of its values.
    lowest = -1 if rng.random() < 0.3 and mode != "circular" else 0
    return rng.standard_normal(shape), [int(n) for n in rng.integers(lowest, 4, 2 * dims)], mode


def derivatives(t, array, borders, mode):
    """The padded array, its gradient for a fixed one, and the gradient of the sum of that one's cubes."""
    x = t.tensor(array, requires_grad=True)
    y = t.nn.functional.pad(x, borders, mode)
    g = t.tensor(np.cos(np.arange(y.numel())).reshape(tuple(y.shape)), requires_grad=True)
    (first,) = t.autograd.grad(y, x, g, create_graph=True)
    (second,) = t.autograd.grad((first * first * first).sum(), g)
    return [v.detach().numpy() for v in (y, first, second)]


@pytest.mark.parametrize("seed", range(80))
def test_as_pytorch(torch, seed):
    arguments = case(np.random.default_rng(seed))
    try:
        expected = derivatives(torch, *arguments)
    except RuntimeError as error:
        with pytest.raises(type(error)) as ours:
            derivatives(flambeau, *arguments)
        assert str(ours.value) == str(error)
        return
    for ours, theirs in zip(derivatives(flambeau, *arguments), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize(
    "shape, borders",
    [((6,), [1, 1]), ((2, 3, 4, 5), [1, 1]), ((2, 0, 4), [1, 0]), ((0, 3, 4), [1, 0]), ((2, 3, 0), [0, 0]),
     ((1, 2, 3, 0, 3), [0, 0, 0, 0, 1, 1]), ((2, 6, 1), [-1, 0])],
)  # fmt: skip
def test_refusals_and_empty_arrays(torch, mode, shape, borders):
    def outcome(t):
        try:
            return tuple(t.nn.functional.pad(t.zeros(shape), borders, mode).shape)
        except (RuntimeError, NotImplementedError) as error:
            return type(error), str(error)

    assert outcome(flambeau) == outcome(torch)
