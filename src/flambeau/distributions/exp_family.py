"""Exponential families: entropy from the log-normalizer, by differentiating it."""

from __future__ import annotations

from .. import Tensor
from ..autograd import grad
from .distribution import Distribution


class ExponentialFamily(Distribution):
    """p(x; theta) = exp(<t(x), theta> - F(theta) + k(x)), with natural parameters theta."""

    @property
    def _natural_params(self) -> tuple[Tensor, ...]:
        raise NotImplementedError

    def _log_normalizer(self, *natural_params):
        raise NotImplementedError

    @property
    def _mean_carrier_measure(self) -> float:
        """The mean of k(x)."""
        raise NotImplementedError

    def entropy(self):
        """F(theta) - <theta, F'(theta)> - E[k(x)]."""
        natural = [p.detach().requires_grad_() for p in self._natural_params]
        normalizer = self._log_normalizer(*natural)
        result = -self._mean_carrier_measure + normalizer
        for theta, slope in zip(natural, grad(normalizer.sum(), natural, create_graph=True)):
            result -= (theta * slope).reshape((*self._batch_shape, -1)).sum(-1)
        return result
