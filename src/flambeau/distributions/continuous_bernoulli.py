"""The continuous Bernoulli distribution."""

from __future__ import annotations

import math

from .. import no_grad, where
from . import constraints
from .choice import _ByChance
from .exp_family import ExponentialFamily
from .utils import binary_cross_entropy, broadcast_all, clamp_probs, rand_like_shape


class ContinuousBernoulli(_ByChance, ExponentialFamily):
    """Density proportional to probs**x * (1 - probs)**(1 - x) over [0, 1].

    lims: between them, near 1/2, formulas that cannot be computed there are replaced by Taylor series.
    """

    arg_constraints = {"probs": constraints.unit_interval, "logits": constraints.real}
    support, has_rsample, _mean_carrier_measure = constraints.unit_interval, True, 0
    _batched = {"probs": 0, "logits": 0, "_lims": None}

    def __init__(self, probs=None, logits=None, lims=(0.499, 0.501), validate_args=None):
        if probs is not None:
            (probs,) = broadcast_all(probs)
            if validate_args is not None and not bool(self.arg_constraints["probs"].check(probs).all()):
                raise ValueError("The parameter probs has invalid values")
            probs = clamp_probs(probs)
        self._lims = lims
        super().__init__(self._take(probs, logits).size(), validate_args=validate_args)

    def _outside(self):
        return (self.probs <= self._lims[0]) | (self.probs > self._lims[1])

    def _cut(self):
        """probs, where formulas can be computed, else the lower limit."""
        return where(self._outside(), self.probs, self._lims[0])

    def _log_constant(self):
        """The logarithm of the density's normalizer."""
        p = self._cut()
        below, above = where(p <= 0.5, p, 0.0), where(p >= 0.5, p, 1.0)
        log_odds = ((-p).log1p() - p.log()).abs().log()
        log_width = where(p <= 0.5, (-2.0 * below).log1p(), (2.0 * above - 1.0).log())
        x = (self.probs - 0.5).pow(2)
        return where(self._outside(), log_odds - log_width, math.log(2.0) + (4.0 / 3.0 + 104.0 / 45.0 * x) * x)

    @property
    def mean(self):
        p = self._cut()
        found = p / (2.0 * p - 1.0) + 1.0 / ((-p).log1p() - p.log())
        x = self.probs - 0.5
        return where(self._outside(), found, 0.5 + (1.0 / 3.0 + 16.0 / 45.0 * x.pow(2)) * x)

    @property
    def variance(self):
        p = self._cut()
        found = p * (p - 1.0) / (1.0 - 2.0 * p).pow(2) + 1.0 / ((-p).log1p() - p.log()).pow(2)
        x = (self.probs - 0.5).pow(2)
        return where(self._outside(), found, 1.0 / 12.0 - (1.0 / 15.0 - 128.0 / 945.0 * x) * x)

    stddev = property(lambda self: self.variance.sqrt())

    def rsample(self, sample_shape=()):
        return self.icdf(rand_like_shape(self._extended_shape(sample_shape), self.probs))

    def sample(self, sample_shape=()):
        with no_grad():
            return self.rsample(sample_shape)

    def log_prob(self, value):
        self._checked(value)
        logits, value = broadcast_all(self.logits, value)
        return -binary_cross_entropy(logits, value) + self._log_constant()

    def cdf(self, value):
        self._checked(value)
        p = self._cut()
        powers = p.pow(value) * (1.0 - p).pow(1.0 - value)
        found = where(self._outside(), (powers + p - 1.0) / (2.0 * p - 1.0), value)
        return where(value <= 0.0, 0.0, where(value >= 1.0, 1.0, found))

    def icdf(self, value):
        p = self._cut()
        found = ((-p + value * (2.0 * p - 1.0)).log1p() - (-p).log1p()) / (p.log() - (-p).log1p())
        return where(self._outside(), found, value)

    def entropy(self):
        log0, log1 = (-self.probs).log1p(), self.probs.log()
        return self.mean * (log0 - log1) - self._log_constant() - log0

    @property
    def _natural_params(self):
        return (self.logits,)

    def _log_normalizer(self, x):
        outside = (x <= self._lims[0] - 0.5) | (x > self._lims[1] - 0.5)
        cut = where(outside, x, (self._lims[0] - 0.5))
        found = (cut.exp() - 1.0).abs().log() - cut.abs().log()
        return where(outside, found, 0.5 * x + x.pow(2) / 24.0 - x.pow(4) / 2880.0)
