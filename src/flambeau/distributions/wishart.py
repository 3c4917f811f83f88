"""The Wishart distribution."""

from __future__ import annotations

import math
import warnings

from .. import (
    Size,
    Tensor,
    arange,
    broadcast_shapes,
    cholesky_inverse,
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
from .multivariate_normal import half_log_det, precision_to_scale_tril
from .utils import lazy_property, standard_normal

LOG_2 = math.log(2)


def _multivariate_digamma(x: Tensor, p: int) -> Tensor:
    steps = arange(p, dtype=x.dtype).div(2).expand((*x.shape, p))
    return (x.unsqueeze(-1) - steps).digamma().sum(-1)


class Wishart(ExponentialFamily):
    """Matrices with df degrees of freedom around a covariance, given by itself, its inverse or its Cholesky factor."""

    support, has_rsample, _mean_carrier_measure = constraints.positive_definite, True, 0

    @property
    def arg_constraints(self):
        return {
            "covariance_matrix": constraints.positive_definite, "precision_matrix": constraints.positive_definite,
            "scale_tril": constraints.lower_cholesky, "df": constraints.greater_than(self.event_shape[-1] - 1),
        }  # fmt: skip

    def __init__(self, df, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        given = {"scale_tril": scale_tril, "covariance_matrix": covariance_matrix, "precision_matrix": precision_matrix}
        given = {name: value for name, value in given.items() if value is not None}
        if len(given) != 1:
            raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
        ((name, matrix),) = given.items()
        if matrix.dim() < 2:
            raise ValueError("scale_tril must be at least two-dimensional, with optional leading batch dimensions")
        df = df if isinstance(df, Tensor) else tensor(df, dtype=matrix.dtype)
        batch, event = _batch_of(matrix, df), matrix.shape[-2:]
        self.df = df.expand(batch)
        setattr(self, name, matrix.expand((*batch, *event)))
        if bool(self.df.le(event[-1] - 1).any()):
            raise ValueError(f"Value of df={df} expected to be greater than ndim - 1 = {event[-1] - 1}.")
        if name == "precision_matrix":
            self._unbroadcasted_scale_tril = precision_to_scale_tril(matrix)
        else:
            self._unbroadcasted_scale_tril = matrix if name == "scale_tril" else linalg.cholesky(matrix)
        self._dist_chi2 = _chi2_of(self.df, event[-1])
        super().__init__(batch, event, validate_args=validate_args)
        if bool(self.df.lt(event[-1]).any()):
            warnings.warn(
                "Low df values detected. Singular samples are highly likely to occur for ndim - 1 < df < ndim.",
                stacklevel=2,
            )

    def expand(self, batch_shape, _instance=None):
        new, shape = self._get_checked_instance(Wishart, _instance), Size(batch_shape)
        new._unbroadcasted_scale_tril, new.df = self._unbroadcasted_scale_tril, self.df.expand(shape)
        for name in ("covariance_matrix", "scale_tril", "precision_matrix"):
            if name in self.__dict__:
                setattr(new, name, self.__dict__[name].expand(shape + self.event_shape))
        new._dist_chi2 = _chi2_of(new.df, self.event_shape[-1])
        return self._started(new, shape)

    def _whole(self, matrix):
        return matrix.expand(self._batch_shape + self._event_shape)

    @lazy_property
    def scale_tril(self):
        return self._whole(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self):
        return self._whole(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self):
        return self._whole(cholesky_inverse(self._unbroadcasted_scale_tril))

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
