"""The generalized Pareto distribution."""

from __future__ import annotations

from .. import inf, isclose, where, zeros_like
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, rand_like_shape


class GeneralizedPareto(Distribution):
    """What exceeds a threshold loc; concentration 0 is the exponential distribution."""

    arg_constraints = {"loc": constraints.real, "scale": constraints.positive, "concentration": constraints.real}
    has_rsample, _batched = True, {"loc": 0, "scale": 0, "concentration": 0}

    def __init__(self, loc, scale, concentration, validate_args=None):
        self.loc, self.scale, self.concentration = broadcast_all(loc, scale, concentration)
        super().__init__(self.loc.size(), validate_args=validate_args)

    def rsample(self, sample_shape=()):
        return self.icdf(rand_like_shape(self._extended_shape(sample_shape), self.loc))

    def _exponential(self):
        """Where the concentration is 0, and one that can be divided by."""
        zero = isclose(self.concentration, zeros_like(self.concentration))
        return zero, where(zero, 1.0, self.concentration)

    def _log_survival(self, value):
        zero, k = self._exponential()
        y = (value - self.loc) / self.scale
        return where(zero, -y, -(k * y).log1p() / k)

    def log_prob(self, value):
        self._checked(value)
        zero, k = self._exponential()
        y = (value - self.loc) / self.scale
        return -self.scale.log() + where(zero, -y, -(1 + 1 / k) * (k * y).log1p())

    def log_survival_function(self, value):
        """The logarithm of the probability of being above a value."""
        self._checked(value)
        return self._log_survival(value)

    def log_cdf(self, value):
        """The logarithm of `cdf`."""
        self._checked(value)
        return (-self._log_survival(value).exp()).log1p()

    def cdf(self, value):
        return self.log_cdf(value).exp()

    def icdf(self, value):
        zero, k = self._exponential()
        left = (-value).log1p()
        return self.loc + where(zero, -self.scale * left, self.scale * (-k * left).expm1() / k)

    @property
    def mean(self):
        k = self.concentration
        return where(k < 1, self.loc + self.scale / where(k < 1, 1 - k, 1.0), inf)

    @property
    def variance(self):
        k = self.concentration
        below = where(k < 0.5, k, 0.0)
        return where(k < 0.5, self.scale**2 / ((1 - below) ** 2 * (1 - 2 * below)), inf)

    def entropy(self):
        return (self.scale.log() + self.concentration + 1).expand(self._batch_shape)

    mode = property(lambda self: self.loc)

    @constraints.dependent_property(is_discrete=False, event_dim=0)
    def support(self):
        negative = self.concentration < 0
        top = self.loc - self.scale / where(negative, self.concentration, 1.0)
        return constraints.interval(self.loc, where(negative, top, inf))
