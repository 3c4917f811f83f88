"""The chi-squared distribution."""

from __future__ import annotations

from .. import Tensor, tensor
from . import constraints
from .gamma import Gamma


class Chi2(Gamma):
    """The sum of df squared standard normal numbers."""

    arg_constraints, _batched = {"df": constraints.positive}, Gamma._batched

    def __init__(self, df, validate_args=None):
        half = 0.5 * df
        super().__init__(half, 0.5 if isinstance(half, Tensor) else tensor(0.5), validate_args=validate_args)

    @property
    def df(self):
        """Degrees of freedom."""
        return self.concentration * 2
