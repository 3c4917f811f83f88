"""The von Mises distribution."""

from __future__ import annotations

import math

from .. import Size, cos, float64, no_grad, rand, special, where, zeros
from .. import bool as boolean
from . import constraints
from .distribution import Distribution
from .utils import broadcast_all, lazy_property


class VonMises(Distribution):
    """Angles around loc, the closer the larger the concentration."""

    arg_constraints = {"loc": constraints.real, "concentration": constraints.positive}
    support, has_rsample, _batched = constraints.real, False, {"loc": 0, "concentration": 0}

    def __init__(self, loc, concentration, validate_args=None):
        self.loc, self.concentration = broadcast_all(loc, concentration)
        super().__init__(self.loc.shape, Size(), validate_args)

    def log_prob(self, value):
        self._checked(value)
        bessel = special.i0e(self.concentration).log() + self.concentration
        return self.concentration * cos(value - self.loc) - math.log(2 * math.pi) - bessel

    @lazy_property
    def _proposal(self):
        """The parameter of the wrapped Cauchy numbers that are proposed."""
        kappa = self.concentration.to(float64)
        tau = 1 + (1 + 4 * kappa**2).sqrt()
        rho = (tau - (2 * tau).sqrt()) / (2 * kappa)
        return where(kappa < 1e-5, 1 / kappa + kappa, (1 + rho**2) / (2 * rho))

    def sample(self, sample_shape=()):
        """By rejection (Best and Fisher, 1979), in float64."""
        shape = self._extended_shape(sample_shape)
        with no_grad():
            x, done = zeros(shape, dtype=float64), zeros(shape, dtype=boolean)
            kappa, r = self.concentration.to(float64).expand(shape), self._proposal.expand(shape)
            while not bool(done.all()):
                u1, u2, u3 = rand((3, *shape), dtype=float64).unbind()
                z = cos(math.pi * u1)
                f = (1 + r * z) / (r + z)
                c = kappa * (r - f)
                accept = ((c * (2 - c) - u2) > 0) | ((c / u2).log() + 1 - c >= 0)
                x = where(accept, (u3 - 0.5).sign() * f.acos(), x)
                done = done | accept
            return ((x + math.pi + self.loc.to(float64)) % (2 * math.pi) - math.pi).to(self.loc.dtype)

    mean = mode = property(lambda self: self.loc)

    @lazy_property
    def variance(self):
        return 1 - special.i1e(self.concentration) / special.i0e(self.concentration)
