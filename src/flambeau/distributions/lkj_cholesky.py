"""The LKJ distribution of Cholesky factors of correlation matrices."""

from __future__ import annotations

import math

from .. import Size, Tensor, arange, cat, finfo, mvlgamma, tensor
from . import constraints
from .beta import Beta
from .distribution import Distribution
from .utils import broadcast_all, standard_normal


class LKJCholesky(Distribution):
    """Factors of dim x dim matrices; concentration 1 is even over all correlation matrices."""

    arg_constraints = {"concentration": constraints.positive}
    support, _batched = constraints.corr_cholesky, {"dim": None, "concentration": 0, "_beta": 1}

    def __init__(self, dim, concentration=1.0, validate_args=None):
        if dim < 2:
            raise ValueError(f"Expected dim to be an integer greater than or equal to 2. Found dim={dim}.")
        self.dim = dim
        (self.concentration,) = broadcast_all(concentration)
        batch = self.concentration.size() if isinstance(concentration, Tensor) else Size()
        offset = cat([tensor([0.0]), arange(dim - 1, dtype=self.concentration.dtype)])
        marginal = self.concentration + 0.5 * (dim - 2)
        self._beta = Beta(offset + 0.5, marginal.unsqueeze(-1) - 0.5 * offset)
        super().__init__(batch, Size((dim, dim)), validate_args)

    def sample(self, sample_shape=()):
        """The onion method: a direction on the sphere for each row, and its length."""
        y = self._beta.sample(sample_shape).unsqueeze(-1)
        normal = standard_normal(self._extended_shape(sample_shape), self.concentration).tril(-1)
        direction = normal / normal.norm(dim=-1, keepdim=True)
        direction[..., 0, :] = 0.0
        w = y.sqrt() * direction
        left = (1 - (w**2).sum(-1)).clamp(min=finfo(w.dtype).tiny).sqrt()
        return w + left.diag_embed()

    def log_prob(self, value):
        self._checked(value)
        order = arange(2, self.dim + 1)
        order = 2 * (self.concentration - 1).unsqueeze(-1) + self.dim - order
        unnormalized = (order * value.diagonal(dim1=-1, dim2=-2)[..., 1:].log()).sum(-1)
        n = self.dim - 1
        alpha = self.concentration + 0.5 * n
        normalizer = 0.5 * n * math.log(math.pi) + mvlgamma(alpha - 0.5, n) - alpha.lgamma() * n
        return unnormalized - normalizer
