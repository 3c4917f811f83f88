"""torch.special: identities between the functions, NumPy's polynomials, gradients."""

import math

import numpy as np
import pytest

import flambeau as fl
from flambeau import special
from flambeau.autograd import gradcheck

X = fl.tensor(np.concatenate([np.linspace(0.05, 12, 200), np.geomspace(12, 600, 50)]))


def close(got, wanted, tolerance=2e-14):
    got, wanted = (np.asarray(v) for v in (got, wanted))
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


def test_wronskians_of_bessel_functions():
    j0, j1, y0, y1 = (getattr(special, f"bessel_{name}")(X) for name in ("j0", "j1", "y0", "y1"))
    close((j1 * y0 - j0 * y1) * X, np.full(X.shape, 2 / math.pi))
    i0, i1, k0, k1 = (
        special.i0e(X),
        special.i1e(X),
        *[getattr(special, f"scaled_modified_bessel_k{n}")(X) for n in (0, 1)],
    )
    close((i0 * k1 + i1 * k0) * X, np.ones(X.shape))


def test_bessel_functions_of_both_signs_and_scales():
    x = X[X < 300]
    close(special.i0(-x) * (-x).exp(), special.i0e(x))
    close(special.i1(-x) * (-x).exp(), -special.i1e(x))
    close(special.modified_bessel_k0(x) * x.exp(), special.scaled_modified_bessel_k0(x))
    close(special.bessel_j1(-x), -special.bessel_j1(x))
    close(special.spherical_bessel_j0(x), x.sin() / x)


def test_airy_solves_its_equation():
    """Ai'' = x Ai, by differences of fourth order."""
    step, x = 2e-3, fl.tensor(np.linspace(-9, 6, 151))
    y = [special.airy_ai(x + k * step) for k in (-2, -1, 0, 1, 2)]
    second = (-y[0] + 16 * y[1] - 30 * y[2] + 16 * y[3] - y[4]) / (12 * step**2)
    close(second, x * y[2], 2e-9)


@pytest.mark.parametrize("scale", [1e-3, 0.3, 1, 5, 40, 199, 201, 1e4, 1e8])
def test_incomplete_gamma_functions(scale):
    a = fl.full((60,), scale, dtype=fl.float64)
    x = a * fl.tensor(np.linspace(0.05, 3, 60))
    lower, upper = fl.igamma(a, x), fl.igammac(a, x)
    close(lower + upper, np.ones(60), 1e-15)
    # gamma(a + 1, x) = a gamma(a, x) - x**a exp(-x)
    step = (a * x.log() - x - (a + 1).lgamma()).exp()
    close(lower - fl.igamma(a + 1, x), step, 1e-13 * max(1, scale / 1e3))
    assert bool((lower.diff() >= 0).all())


def test_incomplete_gamma_at_the_edges():
    inf, nan = math.inf, math.nan
    a = fl.tensor([0.0, 0.0, 2.0, 2.0, inf, inf, -1.0, 2.0, nan])
    x = fl.tensor([0.0, 1.0, 0.0, inf, 1.0, inf, 1.0, -1.0, 1.0])
    close(fl.igamma(a, x), np.float32([nan, 1, 0, 1, 0, nan, nan, nan, nan]))
    close(fl.igammac(a, x), np.float32([nan, 0, 1, 0, 1, nan, nan, nan, nan]))


def test_zeta():
    close(special.zeta(2.0, fl.tensor([1.0, 0.5], dtype=fl.float64)), [math.pi**2 / 6, math.pi**2 / 2])
    s, q = fl.tensor(np.linspace(1.1, 40, 50)), fl.tensor(np.geomspace(1e-2, 100, 50))
    close((special.zeta(s, q) - special.zeta(s, q + 1)) * q**s, np.ones(50), 1e-11)
    below = fl.tensor([-0.5, -7.25, -1e6 - 0.5], dtype=fl.float64)
    close(special.zeta(3.0, below) - special.zeta(3.0, below + 1), below**-3.0, 1e-13)
    assert special.zeta(2.0, fl.tensor([0.0, -3.0])).tolist() == [math.inf] * 2


def test_polygamma_is_a_derivative():
    x = fl.tensor([0.3, 1.7, 9.0, -0.4], dtype=fl.float64, requires_grad=True)
    for n in range(4):
        (slope,) = fl.autograd.grad(fl.polygamma(n, x).sum(), x)
        close(slope, x.polygamma(n + 1).detach(), 1e-12)


def test_normal_distribution():
    p = fl.tensor([1e-300, 1e-20, 1e-5, 0.01, 0.1, 0.12, 0.13, 0.5, 0.7, 0.9, 1 - 1e-9], dtype=fl.float64)
    close(special.ndtr(special.ndtri(p)) / p, np.ones(p.shape), 1e-12)
    x = fl.tensor(np.linspace(-30, 6, 100))
    close(special.log_ndtr(x).exp(), special.ndtr(x), 1e-15)
    x = x[x.abs() < 6]
    close(special.erfcx(x) * (-x * x).exp(), fl.erfc(x), 1e-14)
    close(special.log_ndtr(fl.tensor(-1e4, dtype=fl.float64)), -50000010.129279, 1e-12)


POLYNOMIALS = {
    "chebyshev_polynomial_t": np.polynomial.chebyshev.chebval,
    "hermite_polynomial_h": np.polynomial.hermite.hermval,
    "hermite_polynomial_he": np.polynomial.hermite_e.hermeval,
    "laguerre_polynomial_l": np.polynomial.laguerre.lagval,
    "legendre_polynomial_p": np.polynomial.legendre.legval,
}


@pytest.mark.parametrize("name", POLYNOMIALS)
def test_orthogonal_polynomials(name):
    x = np.linspace(-1.5, 1.5, 31)
    for n in (0, 1, 2, 5, 12):
        wanted = POLYNOMIALS[name](x, [0] * n + [1])
        close(getattr(special, name)(fl.tensor(x), n) / np.abs(wanted).max(), wanted / np.abs(wanted).max(), 1e-12)
    degrees = fl.tensor([-1, 0, 1, 2])
    assert getattr(special, name)(fl.tensor(0.5), degrees)[:2].tolist() == [0, 1]


@pytest.mark.parametrize("kind", "tuvw")
def test_chebyshev_polynomials_of_all_kinds(kind):
    """2 x p(n) = p(n + 1) + p(n - 1), inside and outside of [-1, 1]; shifted ones take 2 x - 1."""
    x = fl.tensor(np.linspace(-1.2, 1.2, 25))
    p = getattr(special, f"chebyshev_polynomial_{kind}")
    for n in (1, 4, 7, 9, 20):
        close(2 * x * p(x, n), p(x, n + 1) + p(x, n - 1), 1e-9)
    shifted = getattr(special, f"shifted_chebyshev_polynomial_{kind}")
    close(shifted(x, 6), p(2 * x - 1, 6), 1e-9)


DIFFERENTIABLE = ["i0", "i0e", "i1", "i1e", "erfcx", "ndtr", "log_ndtr", "entr", "ndtri"]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients(name):
    x = fl.tensor(np.random.default_rng(0).uniform(0.1, 0.9, 6), requires_grad=True)
    assert gradcheck(getattr(special, name), (x,))


@pytest.mark.parametrize("name", ["zeta", "gammainc", "gammaincc"])
def test_gradients_for_the_second_operand(name):
    a, x = (fl.tensor(np.random.default_rng(k).uniform(1.5, 4, 6), requires_grad=k > 0) for k in range(2))
    assert gradcheck(lambda x: getattr(special, name)(a, x), (x,))
    with pytest.raises(NotImplementedError, match="is not implemented"):
        getattr(special, name)(x, a).sum().backward()


def test_low_precision_is_rounded_once():
    x = fl.linspace(0.1, 30, 200)
    for kind in (fl.float16, fl.bfloat16, fl.float32):
        rounded = x.to(kind)
        assert special.i0e(rounded).equal(special.i0e(rounded.double()).to(kind))
