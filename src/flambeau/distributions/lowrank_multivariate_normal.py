"""The multivariate normal distribution whose covariance is of low rank, but for the diagonal."""

from __future__ import annotations

import math

from .. import broadcast_shapes, linalg
from . import constraints
from .distribution import Distribution
from .multivariate_normal import batch_mahalanobis, half_log_det
from .utils import lazy_property, standard_normal


def capacitance_tril(factor, diagonal):
    """The Cholesky factor of I + W^T D^-1 W."""
    found = (factor.mT / diagonal.unsqueeze(-2)) @ factor
    m = factor.size(-1)
    found.view((-1, m * m))[:, :: m + 1] += 1
    return linalg.cholesky(found)


def lowrank_log_det(diagonal, capacitance):
    """log det(W W^T + D)."""
    return 2 * half_log_det(capacitance) + diagonal.log().sum(-1)


def lowrank_mahalanobis(factor, diagonal, x, capacitance):
    """x^T (W W^T + D)^-1 x by Woodbury's identity."""
    scaled = factor.mT / diagonal.unsqueeze(-2)
    projected = (scaled @ x.unsqueeze(-1)).squeeze(-1)
    return (x.pow(2) / diagonal).sum(-1) - batch_mahalanobis(capacitance, projected)


class LowRankMultivariateNormal(Distribution):
    """Mean loc (*, n), covariance W W^T + D with cov_factor W (*, n, r) and cov_diag (*, n)."""

    arg_constraints = {
        "loc": constraints.real_vector, "cov_factor": constraints.independent(constraints.real, 2),
        "cov_diag": constraints.independent(constraints.positive, 1),
    }  # fmt: skip
    support, has_rsample = constraints.real_vector, True
    _batched = {
        "loc": 1, "cov_diag": 1, "cov_factor": 2, "_unbroadcasted_cov_factor": None, "_unbroadcasted_cov_diag": None,
        "_capacitance_tril": None,
    }  # fmt: skip

    def __init__(self, loc, cov_factor, cov_diag, validate_args=None):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        shape = loc.shape[-1:]
        if cov_factor.dim() < 2:
            raise ValueError("cov_factor must be at least two-dimensional, with optional leading batch dimensions")
        if cov_factor.shape[-2:-1] != shape:
            raise ValueError(f"cov_factor must be a batch of matrices with shape {shape[0]} x m")
        if cov_diag.shape[-1:] != shape:
            raise ValueError(f"cov_diag must be a batch of vectors with shape {shape}")
        try:
            batch = broadcast_shapes(loc.shape[:-1], cov_factor.shape[:-2], cov_diag.shape[:-1])
        except RuntimeError as e:
            sizes = f"loc {loc.shape}, cov_factor {cov_factor.shape}, cov_diag {cov_diag.shape}"
            raise ValueError(f"Incompatible batch shapes: {sizes}") from e
        self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag = cov_factor, cov_diag
        self.loc, self.cov_diag = loc.expand((*batch, *shape)), cov_diag.expand((*batch, *shape))
        self.cov_factor = cov_factor.expand((*batch, *cov_factor.shape[-2:]))
        self._capacitance_tril = capacitance_tril(cov_factor, cov_diag)
        super().__init__(batch, shape, validate_args=validate_args)

    mean = mode = property(lambda self: self.loc)

    @lazy_property
    def variance(self):
        found = self._unbroadcasted_cov_factor.pow(2).sum(-1) + self._unbroadcasted_cov_diag
        return found.expand(self._batch_shape + self._event_shape)

    def _whole(self, matrix):
        return matrix.expand(self._batch_shape + self._event_shape + self._event_shape)

    @lazy_property
    def scale_tril(self):
        root = self._unbroadcasted_cov_diag.sqrt()
        scaled = self._unbroadcasted_cov_factor / root.unsqueeze(-1)
        k = scaled @ scaled.mT
        n = self._event_shape[0]
        k.view((-1, n * n))[:, :: n + 1] += 1
        return self._whole(root.unsqueeze(-1) * linalg.cholesky(k))

    @lazy_property
    def covariance_matrix(self):
        w = self._unbroadcasted_cov_factor
        return self._whole(w @ w.mT + self._unbroadcasted_cov_diag.diag_embed())

    @lazy_property
    def precision_matrix(self):
        scaled = self._unbroadcasted_cov_factor.mT / self._unbroadcasted_cov_diag.unsqueeze(-2)
        a = linalg.solve_triangular(self._capacitance_tril, scaled, upper=False)
        return self._whole(self._unbroadcasted_cov_diag.reciprocal().diag_embed() - a.mT @ a)

    def rsample(self, sample_shape=()):
        shape = self._extended_shape(sample_shape)
        w_noise = standard_normal(shape[:-1] + self.cov_factor.shape[-1:], self.loc)
        d_noise = standard_normal(shape, self.loc)
        factored = (self._unbroadcasted_cov_factor @ w_noise.unsqueeze(-1)).squeeze(-1)
        return self.loc + factored + self._unbroadcasted_cov_diag.sqrt() * d_noise

    def log_prob(self, value):
        self._checked(value)
        w, d, c = self._unbroadcasted_cov_factor, self._unbroadcasted_cov_diag, self._capacitance_tril
        distance = lowrank_mahalanobis(w, d, value - self.loc, c)
        return -0.5 * (self._event_shape[0] * math.log(2 * math.pi) + lowrank_log_det(d, c) + distance)

    def entropy(self):
        log_det = lowrank_log_det(self._unbroadcasted_cov_diag, self._capacitance_tril)
        found = 0.5 * (self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + log_det)
        return found.expand(self._batch_shape) if self._batch_shape else found
