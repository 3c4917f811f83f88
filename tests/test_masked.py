"""torch.masked and torch.signal.windows: against NumPy, and edges."""

import math

import numpy as np
import pytest

import flambeau as fl
from flambeau import masked
from flambeau.signal import windows

X = np.random.default_rng(0).standard_normal((4, 6))
MASK = np.random.default_rng(1).random((4, 6)) < 0.6
MASK[2] = False
REFERENCES = {
    "sum": np.ma.sum,
    "prod": np.ma.prod,
    "amax": np.ma.max,
    "amin": np.ma.min,
    "mean": np.ma.mean,
    "var": np.ma.var,
}


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("dim", [None, 0, 1])
def test_reductions(name, dim):
    wanted = REFERENCES[name](np.ma.array(X, mask=~MASK), axis=dim)
    options = {"unbiased": False} if name == "var" else {}
    got = getattr(masked, name)(fl.tensor(X), dim, mask=fl.tensor(MASK), **options).numpy()
    some = MASK.any(axis=dim)
    np.testing.assert_allclose(got[some], np.ma.getdata(wanted)[some] if dim is not None else wanted, rtol=1e-12)


def test_nothing_under_the_mask():
    x, nothing = fl.tensor(X), fl.zeros(4, 6, dtype=fl.bool)
    neutral = {"sum": 0, "prod": 1, "amax": -math.inf, "amin": math.inf, "mean": math.nan, "std": math.nan}
    for name, value in neutral.items():
        np.testing.assert_equal(getattr(masked, name)(x, mask=nothing).item(), value)


def test_normalizations():
    x, mask = fl.tensor(X), fl.tensor(MASK)
    soft = masked.softmax(x, 1, mask=mask)
    rows = [0, 1, 3]
    np.testing.assert_allclose(soft[rows].sum(1), np.ones(3))
    assert not soft[rows][~mask[rows]].any() and soft[2].isnan().all()
    np.testing.assert_allclose(masked.cumsum(x, 1, mask=mask), np.where(MASK, X, 0).cumsum(1))
    np.testing.assert_allclose(masked.normalize(x, 2.0, 1, mask=mask)[rows].norm(dim=1), np.ones(3))


def test_a_mask_has_no_more_dimensions_than_its_tensor():
    with pytest.raises(IndexError, match="broadcastable mask"):
        masked.sum(fl.ones(3), mask=fl.ones(1, 3, dtype=fl.bool))


@pytest.mark.parametrize("name", windows.__all__)
def test_windows(name):
    """The largest value is 1 in the middle; one period is the symmetric window of one more point without its last."""
    window, options = getattr(windows, name), {"dtype": fl.float64}
    options |= {"a": [0.4, 0.5, 0.1]} if name == "general_cosine" else {}
    odd = window(9, **options)
    np.testing.assert_allclose([odd.max(), odd[4]], [1, 1])
    np.testing.assert_allclose(odd, odd.flip(0), atol=1e-15)
    np.testing.assert_allclose(window(8, sym=False, **options), odd[:-1], atol=1e-15)
    assert window(0, **options).shape == (0,) and window(1, **options).tolist() == [1]
    with pytest.raises(ValueError, match="non-negative window length"):
        window(-1, **options)
