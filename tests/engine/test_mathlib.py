"""The transcendental functions against higher precision, their special values, and that they call nobody."""

import math
import re

import numpy as np
import pytest
from elementwise import kernel, run

from flambeau import dtypes
from flambeau.codegen import mathlib, targets
from flambeau.runtime.compile import assembly

FLOATS = {"float32": dtypes.float32, "float64": dtypes.float64}
# Bounds in units in the last place, for float32 and float64; name: (float32, float64, lowest, highest argument).
BOUNDS = {
    "exp": (1.0, 1.0, -110, 90), "exp2": (1.0, 1.0, -152, 130), "expm1": (1.5, 1.3, -20, 90),
    "log": (1.0, 1.0, 0, 1e6), "log2": (1.0, 1.0, 0, 10), "log10": (1.0, 1.0, 0, 10), "log1p": (1.0, 1.0, -1, 10),
    "sin": (1.0, 1.0, -1e6, 1e6), "cos": (1.0, 1.0, -1e6, 1e6), "tan": (0.6, 2.0, -1e4, 1e4),
    "asin": (0.6, 1.0, -1, 1), "acos": (0.6, 1.5, -1, 1), "atan": (0.6, 1.0, -5, 5),
    "sinh": (0.6, 2.0, -80, 80), "cosh": (0.6, 1.5, -80, 80), "tanh": (1.0, 1.1, -10, 10),
    "asinh": (0.6, 2.0, -50, 50), "acosh": (0.6, 2.0, 1, 50), "atanh": (0.6, 2.0, -1, 1),
}  # fmt: skip
NUMPY = {"a" + name: "arc" + name for name in ("sin", "cos", "tan", "sinh", "cosh", "tanh")}
MATH = {"erf": (math.erf, 1.0, 1.5), "erfc": (math.erfc, 0.6, 3.5), "lgamma": (math.lgamma, 0.6, 5.0)}
WIDER = {"float32": np.float64, "float64": np.longdouble}
long_double = pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="long double is no longer than double here")


def errors(got, wanted):
    """Errors in units in the last place of `got`'s type; right infinities and NaN count 0, wrong ones infinity."""
    with np.errstate(over="ignore"):
        nearest = wanted.astype(got.dtype)
    ulp = np.spacing(np.maximum(np.abs(nearest), np.finfo(got.dtype).tiny)).astype(wanted.dtype)
    with np.errstate(invalid="ignore"):
        distance = np.abs(got.astype(wanted.dtype) - wanted) / ulp
    same = (got == nearest) | (np.isnan(got) & np.isnan(nearest))
    return np.where(np.isfinite(distance), distance, np.where(same, 0, np.inf))


def samples(dtype, low, high):
    """Arguments spread evenly, and others spread over all magnitudes."""
    rng = np.random.default_rng(0)
    even = rng.uniform(low, high, 20000)
    spread = np.exp(rng.uniform(math.log(np.finfo(dtype).tiny), math.log(high), 20000)) * rng.choice([-1, 1], 20000)
    return np.concatenate([even, spread[(spread > low) & (spread < high)]]).astype(dtype)


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("of", [pytest.param("float32"), pytest.param("float64", marks=long_double)])
def test_error_bound(name, of):
    single, double, low, high = BOUNDS[name]
    x = samples(of, low, high)
    with np.errstate(all="ignore"):
        wanted = getattr(np, NUMPY.get(name, name))(x.astype(WIDER[of]))
    assert errors(run(name, FLOATS[of], [x]), wanted).max() <= (single if of == "float32" else double)


@pytest.mark.parametrize("name", MATH)
@pytest.mark.parametrize("of", FLOATS)
def test_error_bound_of_special_functions(name, of):
    function, single, double = MATH[name]
    x = samples(of, 0.01, 20) if name == "lgamma" else samples(of, -6, 20)
    x = x[::8]
    least = 1.0 if name == "lgamma" else 1e-300  # Python's own lgamma loses digits near its zeros
    wanted = np.array([function(v) for v in x.tolist()])
    got = run(name, FLOATS[of], [x])
    if of == "float32":
        found = errors(got, wanted)
    else:
        found = np.abs(got - wanted) / np.spacing(np.maximum(np.abs(wanted), least))
    assert found.max() <= (single if of == "float32" else double)


@pytest.mark.parametrize("of", FLOATS)
def test_digamma_is_the_slope_of_lgamma(of):
    """By the recurrence digamma(x + 1) = digamma(x) + 1/x, and known values; absolute error, as it has zeros."""
    euler = 0.5772156649015329
    x = np.array([1.0, 2.0, 0.5, 1.5, -0.5], of)
    wanted = [-euler, 1 - euler, -euler - 2 * math.log(2), 2 - euler - 2 * math.log(2), 2 - euler - 2 * math.log(2)]
    tolerance = 4 * np.finfo(of).eps
    np.testing.assert_allclose(run("digamma", FLOATS[of], [x]), [*wanted[:4], 0.03648997397857652], atol=tolerance)
    x = np.random.default_rng(0).uniform(-6, 20, 4000).astype(of)
    x = x[np.abs(x - np.round(x)) > 0.05]
    left, right = (run("digamma", FLOATS[of], [v]).astype(float) for v in (x, (x + 1).astype(of)))
    slack = (6 + 400 * (x < 1)) * tolerance  # below 1 the slope itself is steep
    assert (np.abs(right - left - 1 / x.astype(float)) <= slack * np.maximum(1, np.abs(left))).all()


@pytest.mark.parametrize("of", FLOATS)
def test_erfinv_undoes_erf(of):
    y = np.concatenate([np.linspace(-0.9999, 0.9999, 2001), [1e-30, -1e-10, 0.9999999]]).astype(of)
    x = run("erfinv", FLOATS[of], [y])
    back = np.array([math.erf(v) for v in x.tolist()])
    slope = 2 / math.sqrt(math.pi) * np.exp(-(x.astype(float) ** 2))
    assert (np.abs(back - y) <= 2 * slope * np.spacing(np.abs(x)) + np.spacing(np.abs(y.astype(float)))).all()
    assert run("erfinv", FLOATS[of], [np.array([1, -1, 2], of)]).tolist()[:2] == [math.inf, -math.inf]


SPECIAL_VALUES = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 2.5, -2.5, 1e-40, -1e-40, 1e30, -1e30]
SPECIAL_VALUES += [math.inf, -math.inf, math.nan]


@pytest.mark.parametrize("name", BOUNDS)
@pytest.mark.parametrize("of", FLOATS)
def test_special_values(name, of):
    """Infinities, NaN, signed zeros, denormals and arguments outside the domain behave as in C."""
    x = np.array(SPECIAL_VALUES, of)
    with np.errstate(all="ignore"):
        wanted = getattr(np, NUMPY.get(name, name))(x.astype(np.float64)).astype(of)
        close = np.isclose(run(name, FLOATS[of], [x]), wanted, rtol=4 * np.finfo(of).eps, atol=0, equal_nan=True)
    assert close.all(), x[~close]
    number = ~np.isnan(wanted)
    assert (np.signbit(run(name, FLOATS[of], [x])) == np.signbit(wanted))[number].all()


@pytest.mark.parametrize("name", ["pow", "atan2", "fmod"])
@pytest.mark.parametrize("of", FLOATS)
def test_special_values_of_two_arguments(name, of):
    x, y = (a.ravel() for a in np.meshgrid(np.array(SPECIAL_VALUES, of), np.array(SPECIAL_VALUES, of)))
    with np.errstate(all="ignore"):
        function = {"pow": np.power, "atan2": np.arctan2, "fmod": np.fmod}[name]
        wanted = function(x.astype(float), y.astype(float)).astype(of)
    got = run(name, FLOATS[of], [x, y])
    close = np.isclose(got, wanted, rtol=2 * np.finfo(of).eps, atol=0, equal_nan=True)
    close &= np.isnan(wanted) | (np.signbit(got) == np.signbit(wanted))
    assert close.all(), (x[~close], y[~close], got[~close], wanted[~close])


@pytest.mark.parametrize("of", [pytest.param("float32"), pytest.param("float64", marks=long_double)])
def test_pow_error_bound(of):
    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-60, 60, 20000)).astype(of)
    x[::2] = rng.uniform(0.5, 2, 10000)
    limit = 85 if of == "float32" else 700
    y = np.clip(rng.uniform(-limit, limit, 20000) / np.log(x.astype(float)), -1e30, 1e30).astype(of)
    wanted = np.power(x.astype(WIDER[of]), y.astype(WIDER[of]))
    # Long double itself errs by a part in 2**10 of a double's last place at such large exponents.
    assert errors(run("pow", FLOATS[of], [x, y]), wanted).max() <= (0.6 if of == "float32" else 1.3)


@pytest.mark.parametrize("of", FLOATS)
def test_fmod_is_exact(of):
    rng = np.random.default_rng(0)
    most = math.log(np.finfo(of).max)
    x, y = (np.exp(rng.uniform(-most, most, 3000)).astype(of) * rng.choice([-1, 1], 3000) for _ in range(2))
    x[:1000], y[:1000] = rng.uniform(-100, 100, 1000), rng.uniform(-10, 10, 1000)
    x, y = x.astype(of), y.astype(of)
    np.testing.assert_array_equal(run("fmod", FLOATS[of], [x, y]), np.fmod(x, y))


def test_sine_of_huge_angles():
    """Values from 400-bit arithmetic; the first is the double that comes nearest to a multiple of pi/2."""
    x = np.array([6381956970095103 * 2.0**797, 1e22, 2.0**1000, -1e300])
    sines = [1.0, -0.8522008497671888, -0.15920170308624243, 0.8178819121159085]
    cosines = [-4.687165924254628e-19, 0.523214785395139, 0.9872460775989135, -0.5753861119575491]
    np.testing.assert_allclose(run("sin", dtypes.float64, [x]), sines, rtol=2.3e-16)
    np.testing.assert_allclose(run("cos", dtypes.float64, [x]), cosines, rtol=2.3e-16)


@pytest.mark.parametrize("name", [*mathlib.FUNCTIONS, "pow", "fmod", "sigmoid", "rsqrt"])
@pytest.mark.parametrize("of", FLOATS)
def test_no_calls_into_a_c_library(name, of):
    text = assembly(kernel([(name, FLOATS[of])], [FLOATS[of]] * 2))
    called = set(re.findall(r"\b(?:callq?|jmp|bl)\s+_?(\w[\w@]*)", text))
    assert {label for label in called if not label.startswith(("L", "far_angle"))} == set()


@pytest.mark.parametrize("name", ["exp", "exp2", "tanh", "pow"])
@pytest.mark.parametrize("lanes", [1, 2, 32])
def test_width_and_target_do_not_change_results(name, lanes):
    """Elements are computed alike in vectors of any width, with and without the processor's own scaling instruction."""
    for of in FLOATS:
        arity = 2 if name == "pow" else 1
        args = [samples(of, 0.1, 90)[:320] * (-1 if name == "exp" else 1) for _ in range(arity)]
        wanted = run(name, FLOATS[of], args)
        for target in (None, targets.AVX2):
            np.testing.assert_array_equal(run(name, FLOATS[of], args, lanes=lanes, target=target), wanted)
