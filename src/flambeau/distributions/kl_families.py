"""Divergences between distributions of vectors, and between those that are made of others."""

from __future__ import annotations

from .. import inf, linalg, where
from ..autograd import grad
from .categorical import Categorical
from .dirichlet import Dirichlet
from .exp_family import ExponentialFamily
from .independent import Independent
from .kl import kl_divergence, register_kl
from .lowrank_multivariate_normal import LowRankMultivariateNormal, lowrank_log_det, lowrank_mahalanobis
from .multivariate_normal import MultivariateNormal, batch_mahalanobis, half_log_det
from .one_hot_categorical import OneHotCategorical
from .transform import sum_rightmost
from .transformed_distribution import TransformedDistribution


@register_kl(Categorical, Categorical)
def _categorical_categorical(p, q):
    terms = p.probs * (p.logits - q.logits)
    terms = where((q.probs == 0).expand_as(terms), inf, terms)
    return where((p.probs == 0).expand_as(terms), 0.0, terms).sum(-1)


@register_kl(OneHotCategorical, OneHotCategorical)
def _one_hot_one_hot(p, q):
    return _categorical_categorical(p._categorical, q._categorical)


@register_kl(Dirichlet, Dirichlet)
def _dirichlet_dirichlet(p, q):
    total_p, total_q = p.concentration.sum(-1), q.concentration.sum(-1)
    constants = total_p.lgamma() - total_q.lgamma() + (q.concentration.lgamma() - p.concentration.lgamma()).sum(-1)
    slopes = p.concentration.digamma() - total_p.digamma().unsqueeze(-1)
    return constants + ((p.concentration - q.concentration) * slopes).sum(-1)


@register_kl(ExponentialFamily, ExponentialFamily)
def _family_family(p, q):
    """The divergence of Bregman of the log-normalizer."""
    if type(p) is not type(q):
        raise NotImplementedError(
            "The cross KL-divergence between different exponential families cannot                             be "
            "computed using Bregman divergences"
        )
    natural = [theta.detach().requires_grad_() for theta in p._natural_params]
    normalizer = p._log_normalizer(*natural)
    result = q._log_normalizer(*q._natural_params) - normalizer
    for one, other, slope in zip(natural, q._natural_params, grad(normalizer.sum(), natural, create_graph=True)):
        result -= sum_rightmost((other - one) * slope, len(q.event_shape))
    return result


# ---- vectors of normal numbers ----
def _check_events(p, q, kind: str) -> None:
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"KL-divergence between two {kind} with                          different event shapes cannot be computed"
        )


def _log_det(p):
    if isinstance(p, LowRankMultivariateNormal):
        return lowrank_log_det(p._unbroadcasted_cov_diag, p._capacitance_tril)
    return 2 * half_log_det(p._unbroadcasted_scale_tril)


def _distance(q, x):
    if isinstance(q, LowRankMultivariateNormal):
        return lowrank_mahalanobis(q._unbroadcasted_cov_factor, q._unbroadcasted_cov_diag, x, q._capacitance_tril)
    return batch_mahalanobis(q._unbroadcasted_scale_tril, x)


def _roots(p) -> list:
    """Matrices whose products with their transposes add up to the covariance."""
    if isinstance(p, LowRankMultivariateNormal):
        return [p._unbroadcasted_cov_factor, p._unbroadcasted_cov_diag.sqrt().diag_embed()]
    return [p._unbroadcasted_scale_tril]


def _trace(q, root):
    """The trace of q's precision times root @ root.T."""
    if not isinstance(q, LowRankMultivariateNormal):
        return _squared(linalg.solve_triangular(q._unbroadcasted_scale_tril, root, upper=False))
    diagonal = q._unbroadcasted_cov_diag.unsqueeze(-1)
    inner = linalg.solve_triangular(
        q._capacitance_tril, q._unbroadcasted_cov_factor.mT @ (root / diagonal), upper=False
    )
    return (root.pow(2) / diagonal).sum((-2, -1)) - _squared(inner)


def _squared(x):
    return x.pow(2).sum((-2, -1))


def _normals(p, q):
    trace = sum(_trace(q, root) for root in _roots(p))
    return 0.5 * (_log_det(q) - _log_det(p) + trace + _distance(q, q.loc - p.loc) - p.event_shape[0])


@register_kl(MultivariateNormal, MultivariateNormal)
def _multivariate(p, q):
    _check_events(p, q, "Multivariate Normals")
    return _normals(p, q)


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p, q):
    _check_events(p, q, "Low Rank Multivariate Normals")
    return _normals(p, q)


@register_kl(MultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
def _either(p, q):
    _check_events(p, q, "(Low Rank) Multivariate Normals")
    return _normals(p, q)


# ---- made of others ----
@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed_transformed(p, q):
    if p.transforms != q.transforms or p.event_shape != q.event_shape:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), len(p.event_shape) - len(p.base_dist.event_shape))


@register_kl(Independent, Independent)
def _independent_independent(p, q):
    if p.reinterpreted_batch_ndims != q.reinterpreted_batch_ndims:
        raise NotImplementedError
    return sum_rightmost(kl_divergence(p.base_dist, q.base_dist), p.reinterpreted_batch_ndims)
