"""The half-Cauchy distribution."""

from __future__ import annotations

from .. import full, inf
from .cauchy import Cauchy
from .folded import Folded


class HalfCauchy(Folded):
    """The absolute value of a Cauchy number around 0."""

    _batched = {}

    def __init__(self, scale, validate_args=None):
        super().__init__(Cauchy(0, scale, validate_args=False), validate_args=validate_args)

    mean = property(lambda self: full(self._extended_shape(), inf, dtype=self.scale.dtype))
    variance = property(lambda self: self.base_dist.variance)
