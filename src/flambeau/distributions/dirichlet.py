"""The Dirichlet distribution."""

from __future__ import annotations

from .. import _sample_dirichlet
from . import constraints
from .exp_family import ExponentialFamily


class Dirichlet(ExponentialFamily):
    """Probabilities of several categories; concentration (*, categories)."""

    arg_constraints = {"concentration": constraints.independent(constraints.positive, 1)}
    support, has_rsample, _batched = constraints.simplex, True, {"concentration": 1}

    def __init__(self, concentration, validate_args=None):
        if concentration.dim() < 1:
            raise ValueError("`concentration` parameter must be at least one-dimensional.")
        self.concentration = concentration
        super().__init__(concentration.shape[:-1], concentration.shape[-1:], validate_args=validate_args)

    def rsample(self, sample_shape=()):
        return _sample_dirichlet(self.concentration.expand(self._extended_shape(sample_shape)))

    def log_prob(self, value):
        self._checked(value)
        a = self.concentration
        return (a - 1.0).xlogy(value).sum(-1) + a.sum(-1).lgamma() - a.lgamma().sum(-1)

    mean = property(lambda self: self.concentration / self.concentration.sum(-1, True))

    @property
    def mode(self):
        above = (self.concentration - 1).clamp(min=0.0)
        mode = above / above.sum(-1, True)
        spread = (self.concentration < 1).all(dim=-1)
        if bool(spread.any()):
            from ..nn.functional import one_hot

            corner = one_hot(mode[spread].argmax(dim=-1), above.shape[-1]).to(mode)
            mode[spread] = corner
        return mode

    @property
    def variance(self):
        a0, a = self.concentration.sum(-1, True), self.concentration
        return a * (a0 - a) / (a0.pow(2) * (a0 + 1))

    def entropy(self):
        a, k = self.concentration, self.concentration.size(-1)
        a0 = a.sum(-1)
        return a.lgamma().sum(-1) - a0.lgamma() - (k - a0) * a0.digamma() - ((a - 1.0) * a.digamma()).sum(-1)

    @property
    def _natural_params(self):
        return (self.concentration,)

    def _log_normalizer(self, x):
        return x.lgamma().sum(-1) - x.sum(-1).lgamma()
