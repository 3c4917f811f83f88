"""Distributions by what must hold of them: densities that integrate to one, samples that follow them, true slopes."""

import math

import numpy as np
import pytest

import flambeau as torch
from flambeau import distributions as D
from flambeau import variate_slopes

GRID = np.linspace(-60, 60, 240_001)


@pytest.mark.parametrize("make", [
    lambda: D.Normal(0.3, 1.2), lambda: D.Laplace(0.3, 1.2), lambda: D.Gumbel(0.3, 1.2),
    lambda: D.StudentT(4.0, 0.3, 1.2),
    lambda: D.Uniform(-1.0, 2.5), lambda: D.Exponential(1.7), lambda: D.Gamma(2.5, 1.5), lambda: D.LogNormal(0.1, 0.4),
    lambda: D.Beta(2.0, 3.0), lambda: D.Weibull(1.5, 2.0), lambda: D.HalfNormal(2.0), lambda: D.Kumaraswamy(2.0, 3.0),
    lambda: D.ContinuousBernoulli(0.3), lambda: D.GeneralizedPareto(0.0, 1.0, -0.2), lambda: D.InverseGamma(6.0, 4.0),
])  # fmt: skip
def test_densities_have_their_moments(make):
    """Over a grid, in float64: the integral is 1, the mean and the variance are those that are said."""
    with torch_default(torch.float64):
        d = make()
        inside = d.support.check(torch.tensor(GRID)).numpy()
        density = np.zeros_like(GRID)
        density[inside] = d.log_prob(torch.tensor(GRID[inside])).exp().numpy()
        density = np.where(np.isfinite(density), density, 0)
        step = GRID[1] - GRID[0]
        moments = [float((density * (GRID - (d.mean.item() if n == 2 else 0)) ** n).sum() * step) for n in range(3)]
    np.testing.assert_allclose(moments, [1, d.mean.item(), d.variance.item()], rtol=5e-3, atol=5e-4)


class torch_default:
    """Another default dtype for a while."""

    def __init__(self, kind):
        self.kind = kind

    def __enter__(self):
        self.before = torch.get_default_dtype()
        torch.set_default_dtype(self.kind)

    def __exit__(self, *error):
        torch.set_default_dtype(self.before)


def test_slopes_of_gamma_numbers_solve_their_equation():
    """F(x(a), a) stays: for whole shapes F is a finite sum, whose slopes differences give."""
    a, x = np.array([2.0, 5.0, 9.0]), np.array([0.7, 6.0, 30.0])
    slopes = variate_slopes.gamma_slope(x, a)
    torch.manual_seed(0)
    density = np.exp((a - 1) * np.log(x) - x - [math.lgamma(v) for v in a])
    step = 1e-5
    ends = [torch.special.gammainc(torch.tensor(a + s), torch.tensor(x)).numpy() for s in (-step, step)]
    np.testing.assert_allclose(slopes, -(ends[1] - ends[0]) / (2 * step) / density, rtol=1e-5)


def test_slopes_of_beta_numbers_with_known_distribution():
    """Beta(a, 1) is u ** (1 / a), and Beta(1, b) is 1 - (1 - u) ** (1 / b)."""
    a, x = np.array([0.2, 1.0, 7.0, 40.0]), np.array([0.01, 0.5, 0.9, 0.999])
    np.testing.assert_allclose(variate_slopes.beta_slope(x, a, np.ones(4)), -x * np.log(x) / a, rtol=1e-9)
    flipped = variate_slopes.beta_slope(1 - x, np.ones(4), a)
    assert (flipped > 0).all()


def test_arguments_are_checked_unless_told_not_to():
    with pytest.raises(ValueError, match=r"Expected parameter scale .* to satisfy the constraint GreaterThan"):
        D.Normal(0.0, -1.0)
    assert D.Normal(0.0, -1.0, validate_args=False).scale.item() == -1
    with pytest.raises(ValueError, match="within the support"):
        D.Exponential(1.0).log_prob(torch.tensor(-1.0))


def test_samples_have_no_gradients_and_rsamples_have():
    scale = torch.tensor(2.0, requires_grad=True)
    d = D.Normal(0.0, scale)
    assert not d.sample().requires_grad and d.rsample().requires_grad
    assert not D.Gamma(scale, 1.0).sample().requires_grad and D.Gamma(scale, 1.0).rsample().requires_grad


def test_a_cached_transform_gives_back_the_very_tensor():
    tanh, x = D.TanhTransform(cache_size=1), torch.tensor([0.1, 30.0])
    assert tanh.inv(tanh(x)) is x
