"""The half-normal distribution."""

from __future__ import annotations

import math

from .folded import Folded
from .normal import Normal


class HalfNormal(Folded):
    """The absolute value of a normal number around 0."""

    _batched = {}

    def __init__(self, scale, validate_args=None):
        super().__init__(Normal(0, scale, validate_args=False), validate_args=validate_args)

    mean = property(lambda self: self.scale * math.sqrt(2 / math.pi))
    variance = property(lambda self: self.scale.pow(2) * (1 - 2 / math.pi))
