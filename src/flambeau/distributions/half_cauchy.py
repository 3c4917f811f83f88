"""The half-Cauchy distribution."""

from __future__ import annotations

from .. import full, inf
from .cauchy import Cauchy
from .folded import Folded


class HalfCauchy(Folded):
    """The absolute value of a Cauchy number around 0."""

    def __init__(self, scale, validate_args=None):
        super().__init__(Cauchy(0, scale, validate_args=False), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        return super().expand(batch_shape, _instance=self._get_checked_instance(HalfCauchy, _instance))

    mean = property(lambda self: full(self._extended_shape(), inf, dtype=self.scale.dtype))
    variance = property(lambda self: self.base_dist.variance)
