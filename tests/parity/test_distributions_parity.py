"""torch.distributions against PyTorch: every class's numbers, samples from the same seed, texts and refusals."""

import itertools
import warnings

import numpy as np
import pytest
from distribution_cases import DIFFERENTIABLE, DISTRIBUTIONS, REFUSED, TRANSFORMS

import flambeau

pytestmark = pytest.mark.parity
ROUNDING = 5e-5  # transcendental functions differ in the last bits, and sums of them grow that
CONSTRAINTS = {
    **{name: lambda c, name=name: getattr(c, name) for name in (
        "boolean", "corr_cholesky", "dependent", "lower_cholesky", "lower_triangular", "nonnegative",
        "nonnegative_integer", "one_hot", "positive", "positive_definite", "positive_integer", "positive_semidefinite",
        "real", "real_vector", "simplex", "square", "symmetric", "unit_interval",
    )},
    "greater_than": lambda c: c.greater_than(1.0), "greater_than_eq": lambda c: c.greater_than_eq(1.0),
    "less_than": lambda c: c.less_than(1.0), "integer_interval": lambda c: c.integer_interval(0, 2),
    "interval": lambda c: c.interval(-1.0, 1.0), "half_open_interval": lambda c: c.half_open_interval(0.0, 1.0),
    "multinomial": lambda c: c.multinomial(3), "independent": lambda c: c.independent(c.real, 1),
    "cat": lambda c: c.cat([c.positive, c.real], -1, [1, 1]), "stack": lambda c: c.stack([c.positive, c.real], -1),
}  # fmt: skip
MATRICES = [
    [[1.0, 0.0], [0.5, 0.5]],
    [[0.0, 1.0], [2.0, -1.0]],
    [[1.0, 0.5], [0.5, 1.0]],
    [[float("nan"), 1.0], [3.0, 3.0]],
]


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def plain(m, value):
    """A tensor as an array."""
    return value.detach().to(m.float64).numpy() if isinstance(value, m.Tensor) else value


def attempt(m, function):
    """What a call gives, tensors as arrays, or the type and the text of what it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = function()
        except Exception as error:
            return type(error).__name__, str(error).replace("flambeau", "torch")
    return [plain(m, f) for f in found] if isinstance(found, list) else plain(m, found)


def agree(ours, theirs, tolerance=ROUNDING):
    if isinstance(theirs, list):
        assert isinstance(ours, list) and len(ours) == len(theirs)
        for a, b in zip(ours, theirs):
            agree(a, b, tolerance)
    elif isinstance(theirs, np.ndarray):
        assert isinstance(ours, np.ndarray), ours
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    else:
        assert ours == theirs


def both(torch, function, tolerance=ROUNDING):
    agree(attempt(flambeau, lambda: function(flambeau)), attempt(torch, lambda: function(torch)), tolerance)


def seeded(m, seed, draw):
    m.manual_seed(seed)
    return [draw(), m.rand(2)]


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_numbers_and_texts(torch, name):
    def make(m):
        return DISTRIBUTIONS[name](m, m.distributions)

    both(torch, lambda m: tuple(make(m).batch_shape) + tuple(make(m).event_shape))
    both(torch, lambda m: repr(make(m)))
    both(torch, lambda m: repr(make(m).support))
    for attribute in ("mean", "mode", "variance", "stddev", "logits", "probs", "scale_tril", "precision_matrix"):
        both(torch, lambda m, attribute=attribute: getattr(make(m), attribute))
    for method in ("entropy", "perplexity", "enumerate_support"):
        both(torch, lambda m, method=method: getattr(make(m), method)())
    both(torch, lambda m: make(m).icdf(m.tensor([[0.1], [0.5], [0.9]])))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_samples_and_densities(torch, name):
    def make(m):
        return DISTRIBUTIONS[name](m, m.distributions)

    both(torch, lambda m: seeded(m, 5, lambda: make(m).sample((6,))), 1e-5)
    both(torch, lambda m: seeded(m, 6, lambda: make(m).sample()), 1e-5)
    both(torch, lambda m: seeded(m, 7, lambda: make(m).rsample((2, 3))), 1e-5)
    torch.manual_seed(5)
    values = attempt(torch, lambda: make(torch).sample((6,)))
    both(torch, lambda m: make(m).log_prob(m.from_numpy(values).float()))
    both(torch, lambda m: make(m).cdf(m.from_numpy(values).float()))
    both(torch, lambda m: make(m).log_prob(m.full((7, 9), -3.7)))


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_expansion(torch, name):
    def make(m):
        first = DISTRIBUTIONS[name](m, m.distributions)
        return first.expand((4, *first.batch_shape))

    both(torch, lambda m: repr(make(m)))
    both(torch, lambda m: make(m).mean)
    both(torch, lambda m: seeded(m, 1, lambda: make(m).sample((2,))), 1e-5)
    if not name.startswith("Multinomial"):  # PyTorch forgets a part of an expanded one
        both(torch, lambda m: make(m).entropy())


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_through_samples(torch, name):
    """PyTorch's gradients of gamma and beta numbers are approximations good for three digits."""
    make, parameters = DIFFERENTIABLE[name]

    def work(m):
        given = [m.tensor(p, requires_grad=True) for p in parameters]
        m.manual_seed(3)
        y = make(m.distributions, *given).rsample((5,))
        (y * m.arange(1.0, y.numel() + 1).reshape(y.shape)).sum().backward()
        return [y, *(m.zeros(()) if p.grad is None else p.grad for p in given)]

    both(torch, work, 2e-3)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradients_of_densities(torch, name):
    make, parameters = DIFFERENTIABLE[name]
    torch.manual_seed(4)
    values = make(torch.distributions, *(torch.tensor(p) for p in parameters)).sample((3,)).numpy()

    def work(m):
        given = [m.tensor(p, requires_grad=True) for p in parameters]
        make(m.distributions, *given).log_prob(m.from_numpy(values)).sum().backward()
        return [m.zeros(()) if p.grad is None else p.grad for p in given]

    both(torch, work, 1e-3)


@pytest.mark.parametrize("first", DISTRIBUTIONS)
def test_divergences(torch, first):
    """Which shapes an error names first depends on the order of a formula's operands."""
    for second in DISTRIBUTIONS:

        def work(m, second=second):
            p, q = (DISTRIBUTIONS[name](m, m.distributions) for name in (first, second))
            return m.distributions.kl_divergence(p, q)

        ours, theirs = attempt(flambeau, lambda: work(flambeau)), attempt(torch, lambda: work(torch))
        if isinstance(theirs, tuple) and theirs[1].startswith("The size of tensor a"):
            assert ours[0] == theirs[0]
        else:
            agree(ours, theirs, 1e-4)


@pytest.mark.parametrize("name", TRANSFORMS)
def test_transforms(torch, name):
    def texts(m):
        f = TRANSFORMS[name](m, m.distributions)
        return [attempt(m, lambda g=g: g()) for g in (
            lambda: repr(f), lambda: repr(f.domain), lambda: repr(f.codomain), lambda: f.bijective, lambda: f.sign,
            lambda: tuple(f.forward_shape((2, 3))), lambda: f.event_dim, lambda: repr(f.with_cache(1)),
            lambda: f.inv.inv is f, lambda: f == TRANSFORMS[name](m, m.distributions),
            lambda: f.inv == TRANSFORMS[name](m, m.distributions).inv,
        )]  # fmt: skip

    def numbers(m):
        f, x = TRANSFORMS[name](m, m.distributions), m.tensor([[0.3, 0.5, 0.2], [0.1, 0.4, 0.9]])
        y = f(x)
        return [y, f.inv(y)]

    def jacobian(m):
        f, x = TRANSFORMS[name](m, m.distributions), m.tensor([[0.3, 0.5, 0.2], [0.1, 0.4, 0.9]])
        return [f.log_abs_det_jacobian(x, f(x)), f.inv.log_abs_det_jacobian(f(x), x)]

    for work in (texts, numbers, jacobian):
        both(torch, work, 1e-4)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints(torch, name):
    def made(m):
        return CONSTRAINTS[name](m.distributions.constraints)

    both(torch, lambda m: repr(made(m)))
    both(torch, lambda m: (made(m).is_discrete, made(m).event_dim))
    both(torch, lambda m: made(m).check(m.tensor(MATRICES)))
    for registry in ("biject_to", "transform_to"):
        both(torch, lambda m, registry=registry: repr(getattr(m.distributions, registry)(made(m))))


@pytest.mark.parametrize("case", range(len(REFUSED)))
def test_refusals(torch, case):
    def work(m):
        found = REFUSED[case](m, m.distributions)
        return found if isinstance(found, m.Tensor) else type(found).__name__

    both(torch, work)


def test_registered_divergences_win_by_nearness(torch):
    def work(m):
        class Mine(m.distributions.Normal):
            pass

        @m.distributions.register_kl(Mine, m.distributions.Normal)
        def _mine(p, q):
            return m.tensor(7.0)

        pairs = itertools.product((Mine(0.0, 1.0), m.distributions.Normal(0.0, 2.0)), repeat=2)
        return [m.distributions.kl_divergence(p, q) for p, q in pairs]

    both(torch, work)


@pytest.mark.parametrize("draw", ["poisson", "binomial", "_standard_gamma", "_sample_dirichlet"])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_variates(torch, draw, kind):
    def work(m):
        rates = m.tensor([[0.0, 0.3, 2.0, 9.9], [10.0, 40.0, 300.0, 1.0]], dtype=getattr(m, kind))
        chances = m.tensor([0.1, 0.4, 0.6, 1.0], dtype=getattr(m, kind))
        args = {"binomial": (rates.ceil(), chances.expand(2, 4)), "poisson": (rates,)}.get(draw, (rates + 0.1,))
        return [x for seed in range(20) for x in seeded(m, seed, lambda: getattr(m, draw)(*args))]

    both(torch, work, 1e-6)


def test_variates_are_drawn_row_by_row(torch):
    for draw in ("poisson", "_standard_gamma", "_sample_dirichlet"):
        both(torch, lambda m, draw=draw: seeded(m, 2, lambda: getattr(m, draw)(m.arange(1.0, 13.0).reshape(3, 4).t())))
    both(torch, lambda m: m.poisson(m.full((9,), 3.0), generator=m.Generator().manual_seed(4)))
    both(torch, lambda m: m.poisson(m.tensor([-1.0])))
