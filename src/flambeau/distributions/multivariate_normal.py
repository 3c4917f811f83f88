"""The multivariate normal distribution."""

from __future__ import annotations

import math

from .. import Tensor, broadcast_shapes, cholesky_inverse, eye, linalg
from . import constraints
from .distribution import Distribution
from .utils import lazy_property, standard_normal


def batch_mahalanobis(chol, x):
    """x^T M^-1 x for vectors (*, n) and Cholesky factors (*, n, n) of M."""
    shape = broadcast_shapes(chol.shape[:-1], x.shape)
    chol = chol.expand((*shape, shape[-1]))
    return linalg.solve_triangular(chol, x.expand(shape).unsqueeze(-1), upper=False).squeeze(-1).pow(2).sum(-1)


def precision_to_scale_tril(precision):
    """The Cholesky factor of a matrix's inverse."""
    flipped = linalg.cholesky(precision.flip((-2, -1)))
    inverse = flipped.flip((-2, -1)).mT
    return linalg.solve_triangular(inverse, eye(precision.shape[-1], dtype=precision.dtype), upper=False)


def half_log_det(chol):
    """Half the logarithm of the determinant, from the Cholesky factor."""
    return chol.diagonal(dim1=-2, dim2=-1).log().sum(-1)


class ByCovariance(Distribution):
    """What is given by a covariance, its inverse or its Cholesky factor; the others follow from the factor."""

    _unbroadcasted_scale_tril: Tensor

    def _whole(self, matrix):
        return matrix.expand(self._batch_shape + matrix.shape[-2:])

    @lazy_property
    def scale_tril(self):
        return self._whole(self._unbroadcasted_scale_tril)

    @lazy_property
    def covariance_matrix(self):
        return self._whole(self._unbroadcasted_scale_tril @ self._unbroadcasted_scale_tril.mT)

    @lazy_property
    def precision_matrix(self):
        return self._whole(cholesky_inverse(self._unbroadcasted_scale_tril))


MATRICES = {"covariance_matrix": 2, "scale_tril": 2, "precision_matrix": 2, "_unbroadcasted_scale_tril": None}


def the_given(**matrices) -> tuple[str, Tensor]:
    """The one matrix that is given, and its name. ValueError for several or none."""
    given = [(name, matrix) for name, matrix in matrices.items() if matrix is not None]
    if len(given) != 1:
        raise ValueError("Exactly one of covariance_matrix or precision_matrix or scale_tril may be specified.")
    return given[0]


def as_scale_tril(name: str, matrix: Tensor) -> Tensor:
    """The Cholesky factor of the covariance, from one of the three."""
    if name == "precision_matrix":
        return precision_to_scale_tril(matrix)
    return matrix if name == "scale_tril" else linalg.cholesky(matrix)


class MultivariateNormal(ByCovariance):
    """Vectors with mean loc (*, n), and a covariance given by itself, its inverse or its Cholesky factor."""

    arg_constraints = {
        "loc": constraints.real_vector, "covariance_matrix": constraints.positive_definite,
        "precision_matrix": constraints.positive_definite, "scale_tril": constraints.lower_cholesky,
    }  # fmt: skip
    support, has_rsample, _batched = constraints.real_vector, True, {"loc": 1, **MATRICES}

    def __init__(self, loc, covariance_matrix=None, precision_matrix=None, scale_tril=None, validate_args=None):
        if loc.dim() < 1:
            raise ValueError("loc must be at least one-dimensional.")
        name, matrix = the_given(
            covariance_matrix=covariance_matrix, scale_tril=scale_tril, precision_matrix=precision_matrix
        )
        if matrix.dim() < 2:
            raise ValueError(f"{name} must be at least two-dimensional, with optional leading batch dimensions")
        batch = broadcast_shapes(matrix.shape[:-2], loc.shape[:-1])
        setattr(self, name, matrix.expand((*batch, *matrix.shape[-2:])))
        self.loc = loc.expand((*batch, loc.shape[-1]))
        super().__init__(batch, self.loc.shape[-1:], validate_args=validate_args)
        self._unbroadcasted_scale_tril = as_scale_tril(name, matrix)

    mean = mode = property(lambda self: self.loc)

    @property
    def variance(self):
        return self._unbroadcasted_scale_tril.pow(2).sum(-1).expand(self._batch_shape + self._event_shape)

    def rsample(self, sample_shape=()):
        noise = standard_normal(self._extended_shape(sample_shape), self.loc)
        return self.loc + (self._unbroadcasted_scale_tril @ noise.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value):
        self._checked(value)
        distance = batch_mahalanobis(self._unbroadcasted_scale_tril, value - self.loc)
        constant = self._event_shape[0] * math.log(2 * math.pi)
        return -0.5 * (constant + distance) - half_log_det(self._unbroadcasted_scale_tril)

    def entropy(self):
        found = half_log_det(self._unbroadcasted_scale_tril)
        found = 0.5 * self._event_shape[0] * (1.0 + math.log(2 * math.pi)) + found
        return found.expand(self._batch_shape) if self._batch_shape else found
