"""The Wishart distribution."""

from __future__ import annotations

import math
import warnings

from .. import (
    Size,
    Tensor,
    arange,
    broadcast_shapes,
    cholesky_solve,
    linalg,
    mvlgamma,
    nan,
    tensor,
    tril_indices,
    where,
)
from . import constraints
from .chi2 import Chi2
from .exp_family import ExponentialFamily
from .multivariate_normal import MATRICES, ByCovariance, as_scale_tril, half_log_det, the_given
from .utils import standard_normal

LOG_2 = math.log(2)


def _multivariate_digamma(x: Tensor, p: int) -> Tensor:
    steps = arange(p, dtype=x.dtype).div(2).expand((*x.shape, p))
    return (x.unsqueeze(-1) - steps).digamma().sum(-1)


class Wishart(ByCovariance, ExponentialFamily):
    """Matrices with df degrees of freedom around a covariance, given by itself, its inverse or its Cholesky factor."""

    support, has_rsample, _mean_carrier_measure = constraints.positive_definite, True, 0
    _batched = {"df": 0, "_dist_chi2": 1, **MATRICES}

    @property
    def arg_constraints(self):
        return {
            "covariance_matrix": constraints.positive_definite, "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky, "df": constraints.greater_than(self.event_shape[-1] - 1),
        }  # fmt: skip

    def __init__(self, df, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        name, matrix = the_given(
            scale_tril=scale_tril, covariance_matrix=covariance_matrix, precision_matrix=precision_matrix
        )
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        df = df if isinstance(df, Tensor) else tensor(df, dtype=matrix.dtype)
        batch, event = _batch_of(matrix, df), matrix.shape[-2:]
        self.df = df.expand(batch)
        setattr(self, name, matrix.expand((*batch, *event)))
        if bool(self.df.le(event[-1] - 1).any()):
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {event[-1] - 1}.")
        self._unbroadcasted_scale_tril = as_scale_tril(name, matrix)
        self._dist_chi2 = _chi2_of(self.df, event[-1])
        super().__init__(batch, event, validate_args=validate_args)
        if bool(self.df.lt(event[-1]).any()):
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.",
                stacklevel=2,
            )

    @property
    def mean(self):
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self):
        factor = self.df - self.covariance_matrix.shape[-1] - 1
        return where(factor <= 0, nan, factor)[..., None, None] * self.covariance_matrix

    @property
    def variance(self):
        v = self.covariance_matrix
        diagonal = v.diagonal(dim1=-2, dim2=-1)
        return self.df[..., None, None] * (v.pow(2) + diagonal[..., :, None] * diagonal[..., None, :])

    def _bartlett_sampling(self, sample_shape):
        p = self._event_shape[-1]
        noise = self._dist_chi2.rsample(sample_shape).sqrt().diag_embed()
        rows, columns = tril_indices(p, p, offset=-1)
        below = (*sample_shape, *self._batch_shape, p * (p - 1) // 2)
        noise[..., rows, columns] = standard_normal(below, noise)
        chol = self._unbroadcasted_scale_tril @ noise
        return chol @ chol.mT

    def rsample(self, sample_shape=(), max_try_correction=None):
        """By Bartlett's decomposition. The samples that are *regular* are drawn again once, because PyTorch does so."""
        tries = 10 if max_try_correction is None else max_try_correction
        events = self._batch_shape + self._event_shape
        sample = self._bartlett_sampling(Size(sample_shape)).reshape((-1, *events))
        again = self._any_of_batch(self.support.check(sample))
        if bool(again.any()):
            warnings.warn("Singular sample detected.", stacklevel=2)
        while bool(again.any()) and tries:
            new = self._bartlett_sampling(again[again].shape)
            sample[again] = new
            again[again.clone()] = self._any_of_batch(~self.support.check(new))
            tries -= 1
        return sample.reshape((*sample_shape, *events))

    def _any_of_batch(self, condition):
        return condition.amax([-1 - i for i in range(len(self._batch_shape))]) if self._batch_shape else condition

    def log_prob(self, value):
        self._checked(value)
        nu, p, chol = self.df, self._event_shape[-1], self._unbroadcasted_scale_tril
        return (
            -mvlgamma(nu / 2, p)
            - nu * (p * LOG_2 / 2 + half_log_det(chol))
            + (nu - p - 1) / 2 * linalg.slogdet(value).logabsdet
            - cholesky_solve(value, chol).diagonal(dim1=-2, dim2=-1).sum(dim=-1) / 2
        )

    def entropy(self):
        nu, p = self.df, self._event_shape[-1]
        return (
            (p + 1) * (p * LOG_2 / 2 + half_log_det(self._unbroadcasted_scale_tril))
            + mvlgamma(nu / 2, p)
            - (nu - p - 1) / 2 * _multivariate_digamma(nu / 2, p)
            + nu * p / 2
        )

    @property
    def _natural_params(self):
        return -self.precision_matrix / 2, (self.df - self._event_shape[-1] - 1) / 2

    def _log_normalizer(self, x, y):
        p = self._event_shape[-1]
        return (y + (p + 1) / 2) * (-linalg.slogdet(-2 * x).logabsdet + LOG_2 * p) + mvlgamma(y + (p + 1) / 2, p)


def _batch_of(matrix, df) -> Size:
    return Size(broadcast_shapes(matrix.shape[:-2], df.shape))


def _chi2_of(df: Tensor, p: int) -> Chi2:
    """Degrees of freedom of the diagonal of Bartlett's factor."""
    return Chi2(df.unsqueeze(-1) - arange(p, dtype=df.dtype).expand((*df.shape, p)))
