"""Student's t-distribution."""

from __future__ import annotations

import math

from .. import Size, inf, nan, where
from . import constraints
from .chi2 import Chi2
from .distribution import Distribution
from .utils import all_numbers, broadcast_all, standard_normal


class StudentT(Distribution):
    """df degrees of freedom, shifted by loc and scaled."""

    arg_constraints = {"df": constraints.positive, "loc": constraints.real, "scale": constraints.positive}
    support, has_rsample = constraints.real, True

    def __init__(self, df, loc=0.0, scale=1.0, validate_args=None):
        self.df, self.loc, self.scale = broadcast_all(df, loc, scale)
        self._chi2 = Chi2(self.df)
        super().__init__(Size() if all_numbers(df, loc, scale) else self.df.size(), validate_args=validate_args)

    def expand(self, batch_shape, _instance=None):
        new, shape = self._get_checked_instance(StudentT, _instance), Size(batch_shape)
        new.df, new.loc, new.scale = (x.expand(shape) for x in (self.df, self.loc, self.scale))
        new._chi2 = self._chi2.expand(shape)
        return self._started(new, shape)

    @property
    def mean(self):
        return where(self.df <= 1, nan, self.loc)

    mode = property(lambda self: self.loc)

    @property
    def variance(self):
        df = self.df
        found = where(df > 2, self.scale.pow(2) * df / (df - 2), inf)
        return where(df <= 1, nan, found)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        x = standard_normal(shape, self.df)
        z = self._chi2.rsample(sample_shape)
        return self.loc + self.scale * (x * (z / self.df).rsqrt())

    def log_prob(self, value):
        self._checked(value)
        y, df = (value - self.loc) / self.scale, self.df
        constant = self.scale.log() + 0.5 * df.log() + 0.5 * math.log(math.pi)
        constant = constant + (0.5 * df).lgamma() - (0.5 * (df + 1.0)).lgamma()
        return -0.5 * (df + 1.0) * (y**2.0 / df).log1p() - constant

    def entropy(self):
        df = self.df
        log_beta = (0.5 * df).lgamma() + math.lgamma(0.5) - (0.5 * (df + 1)).lgamma()
        slope = (0.5 * (df + 1)).digamma() - (0.5 * df).digamma()
        return self.scale.log() + 0.5 * (df + 1) * slope + 0.5 * df.log() + log_beta
