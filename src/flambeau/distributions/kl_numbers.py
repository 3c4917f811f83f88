"""Divergences between distributions of single numbers.

For most pairs it is -entropy(p) - E[log q], where the mean needs no more than p's mean and variance, E[log x] or
E[exp(-x / s)].
"""

from __future__ import annotations

import math

from .. import full_like, inf, where
from ..nn.functional import softplus
from .bernoulli import Bernoulli
from .beta import Beta
from .binomial import Binomial
from .cauchy import Cauchy
from .continuous_bernoulli import ContinuousBernoulli
from .exponential import Exponential
from .gamma import Gamma
from .geometric import Geometric
from .gumbel import Gumbel
from .half_normal import HalfNormal
from .kl import register_kl
from .laplace import Laplace
from .normal import Normal
from .pareto import Pareto
from .poisson import Poisson
from .uniform import Uniform
from .utils import HALF_LOG_2PI, euler_constant

# ---- where p has values that q has not ----
OUTSIDE = {
    Exponential: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gamma: (Beta, ContinuousBernoulli, Pareto, Uniform),
    Gumbel: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Laplace: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Normal: (Beta, ContinuousBernoulli, Exponential, Gamma, Pareto, Uniform),
    Pareto: (Beta, ContinuousBernoulli, Uniform),
    Poisson: (Bernoulli, Binomial),
    Beta: (Pareto,),
    ContinuousBernoulli: (Pareto,),
}


def _infinite(p, q):
    return full_like(p.entropy() if not isinstance(p, Poisson) else p.rate, inf)


for _p, _others in OUTSIDE.items():
    for _q in _others:
        register_kl(_p, _q)(_infinite)


# ---- means under p ----
def _mean_log(p):
    """E[log x]."""
    if isinstance(p, Exponential):
        return -euler_constant - p.rate.log()
    if isinstance(p, Gamma):
        return p.concentration.digamma() - p.rate.log()
    if isinstance(p, Beta):
        return p.concentration1.digamma() - (p.concentration1 + p.concentration0).digamma()
    if isinstance(p, Pareto):
        return p.scale.log() + p.alpha.reciprocal()
    return (p.high.xlogy(p.high) - p.low.xlogy(p.low)) / (p.high - p.low) - 1  # uniform


def _mean_exponential(p, s):
    """E[exp(-x / s)]."""
    if isinstance(p, Exponential):
        return p.rate / (p.rate + s.reciprocal())
    if isinstance(p, Gamma):
        return (1 + (s * p.rate).reciprocal()).pow(-p.concentration)
    if isinstance(p, Normal):
        return (-p.loc / s + (p.scale / s).pow(2) / 2).exp()
    if isinstance(p, Gumbel):
        return (-p.loc / s + (1 + p.scale / s).lgamma()).exp()
    return s * ((-p.low / s).exp() - (-p.high / s).exp()) / (p.high - p.low)  # uniform


def _to_normal(p, q):
    spread = p.variance + (p.mean - q.loc).pow(2)
    return -p.entropy() + spread / (2 * q.scale.pow(2)) + q.scale.log() + HALF_LOG_2PI


def _to_exponential(p, q):
    return -p.entropy() - q.rate.log() + q.rate * p.mean


def _to_gamma(p, q):
    a = q.concentration
    return -p.entropy() - a * q.rate.log() + a.lgamma() - (a - 1) * _mean_log(p) + q.rate * p.mean


def _to_gumbel(p, q):
    mean = (q.loc - p.mean) / q.scale - (q.loc / q.scale).exp() * _mean_exponential(p, q.scale)
    return -p.entropy() - mean + q.scale.log()


for _p in (Beta, ContinuousBernoulli, Exponential, Gamma, Gumbel, Laplace, Uniform):
    register_kl(_p, Normal)(_to_normal)
for _p in (Beta, ContinuousBernoulli, Gamma):
    register_kl(_p, Exponential)(_to_exponential)
for _p in (Beta, Exponential):
    register_kl(_p, Gamma)(_to_gamma)
for _p in (Exponential, Gamma, Gumbel, Normal, Uniform):
    register_kl(_p, Gumbel)(_to_gumbel)


# ---- where it depends on the parameters whether q has all values of p ----
@register_kl(Uniform, Exponential)
def _uniform_exponential(p, q):
    return where(p.low < 0, inf, _to_exponential(p, q))


@register_kl(Uniform, Gamma)
def _uniform_gamma(p, q):
    return where(p.low < 0, inf, _to_gamma(p, q))


@register_kl(Uniform, Uniform)
def _uniform_uniform(p, q):
    found = ((q.high - q.low) / (p.high - p.low)).log()
    return where((q.low > p.low) | (q.high < p.high), inf, found)


@register_kl(Uniform, Beta)
def _uniform_beta(p, q):
    width, a, b = p.high - p.low, q.concentration1, q.concentration0
    mean_log1m = ((1 - p.low).xlogy(1 - p.low) - (1 - p.high).xlogy(1 - p.high)) / width - 1
    constant = a.lgamma() + b.lgamma() - (a + b).lgamma()
    found = -p.entropy() - (a - 1) * _mean_log(p) - (b - 1) * mean_log1m + constant
    return where((p.high > 1) | (p.low < 0), inf, found)


@register_kl(Uniform, ContinuousBernoulli)
def _uniform_continuous_bernoulli(p, q):
    found = -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._log_constant()
    return where((p.high >= 1) | (p.low <= 0), inf, found)


@register_kl(Uniform, Pareto)
def _uniform_pareto(p, q):
    found = -p.entropy() - q.alpha.log() - q.alpha * q.scale.log() + (q.alpha + 1) * _mean_log(p)
    return where(p.low < q.scale, inf, found)


@register_kl(Beta, Uniform)
@register_kl(ContinuousBernoulli, Uniform)
def _unit_uniform(p, q):
    return where((q.low > 0) | (q.high < 1), inf, -p.entropy() + (q.high - q.low).log())


@register_kl(Beta, ContinuousBernoulli)
def _beta_continuous_bernoulli(p, q):
    return -p.entropy() - p.mean * q.logits - (-q.probs).log1p() - q._log_constant()


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli_continuous_bernoulli(p, q):
    constants = p._log_constant() + (-p.probs).log1p() - q._log_constant() - (-q.probs).log1p()
    return p.mean * (p.logits - q.logits) + constants


@register_kl(Pareto, Pareto)
def _pareto_pareto(p, q):
    ratio, alphas = p.scale / q.scale, q.alpha / p.alpha
    return where(p.scale < q.scale, inf, q.alpha * ratio.log() - alphas.log() + alphas - 1)


@register_kl(Pareto, Exponential)
def _pareto_exponential(p, q):
    return where(p.alpha <= 1, inf, _to_exponential(p, q))


@register_kl(Pareto, Gamma)
def _pareto_gamma(p, q):
    return where(p.alpha <= 1, inf, _to_gamma(p, q))


@register_kl(Pareto, Normal)
def _pareto_normal(p, q):
    return where(p.alpha <= 2, inf, _to_normal(p, q))


# ---- the same family ----
@register_kl(Normal, Normal)
def _normal_normal(p, q):
    ratio = (p.scale / q.scale).pow(2)
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale).pow(2) - 1 - ratio.log())


@register_kl(HalfNormal, HalfNormal)
def _half_normal_half_normal(p, q):
    return _normal_normal(p.base_dist, q.base_dist)


@register_kl(Exponential, Exponential)
def _exponential_exponential(p, q):
    ratio = q.rate / p.rate
    return -ratio.log() + ratio - 1


@register_kl(Gamma, Gamma)
def _gamma_gamma(p, q):
    rates = q.concentration * (p.rate / q.rate).log()
    shapes = q.concentration.lgamma() - p.concentration.lgamma()
    slope = (p.concentration - q.concentration) * p.concentration.digamma()
    return rates + shapes + slope + (q.rate - p.rate) * (p.concentration / p.rate)


@register_kl(Beta, Beta)
def _beta_beta(p, q):
    total_p, total_q = p.concentration1 + p.concentration0, q.concentration1 + q.concentration0
    constants = q.concentration1.lgamma() + q.concentration0.lgamma() + total_p.lgamma()
    constants = constants - (p.concentration1.lgamma() + p.concentration0.lgamma() + total_q.lgamma())
    first = (p.concentration1 - q.concentration1) * p.concentration1.digamma()
    second = (p.concentration0 - q.concentration0) * p.concentration0.digamma()
    return constants + first + second + (total_q - total_p) * total_p.digamma()


@register_kl(Laplace, Laplace)
def _laplace_laplace(p, q):
    ratio, away = p.scale / q.scale, (p.loc - q.loc).abs()
    return -ratio.log() + away / q.scale + ratio * (-away / p.scale).exp() - 1


@register_kl(Normal, Laplace)
def _normal_laplace(p, q):
    away = p.loc - q.loc
    distance = math.sqrt(2 / math.pi) * p.scale * (-0.5 * (away / p.scale).pow(2)).exp()
    distance = distance + away * (away / (p.scale * math.sqrt(2))).erf()
    return -p.entropy() + (2 * q.scale).log() + distance / q.scale


@register_kl(Cauchy, Cauchy)
def _cauchy_cauchy(p, q):
    return ((p.scale + q.scale).pow(2) + (p.loc - q.loc).pow(2)).log() - (4 * p.scale * q.scale).log()


# ---- whole numbers ----
@register_kl(Bernoulli, Bernoulli)
def _bernoulli_bernoulli(p, q):
    ones = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    ones = where(p.probs == 0, 0.0, where(q.probs == 0, inf, ones))
    zeros = (1 - p.probs) * (softplus(q.logits) - softplus(p.logits))
    return ones + where(p.probs == 1, 0.0, where(q.probs == 1, inf, zeros))


@register_kl(Bernoulli, Poisson)
def _bernoulli_poisson(p, q):
    return -p.entropy() - (p.probs * q.rate.log() - q.rate)


@register_kl(Binomial, Binomial)
def _binomial_binomial(p, q):
    each = p.probs * (p.logits - q.logits) + (-p.probs).log1p() - (-q.probs).log1p()
    return where(p.total_count > q.total_count, inf, p.total_count * each)


@register_kl(Geometric, Geometric)
def _geometric_geometric(p, q):
    return -p.entropy() - (-q.probs).log1p() / p.probs - q.logits


@register_kl(Poisson, Poisson)
def _poisson_poisson(p, q):
    return p.rate * (p.rate.log() - q.rate.log()) - (p.rate - q.rate)
