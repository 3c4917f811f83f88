"""torch.nn.utils.parametrizations: weights of a given norm, divided by their spectral norm, or orthogonal."""

from __future__ import annotations

import enum

import numpy as np

from ... import Tensor, allclose, cat, eye, finfo, linalg, mv, no_grad, randn, tensor, vdot, zeros_like
from ..functional import normalize
from ..module import Module
from .parametrize import register_parametrization
from .spectral_norm import as_matrix, output_dim
from .weight_norm import norm_except_dim, weighted_direction

__all__ = ["orthogonal", "spectral_norm", "weight_norm"]


# ------------------------------------------------------------------ norm and direction
class _WeightNorm(Module):
    """g * v / ||v||, of a length g and a direction v."""

    def __init__(self, dim: int | None = 0):
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        return weighted_direction(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The length and the direction of a weight."""
        return norm_except_dim(weight, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int = 0) -> Module:
    """Splits a weight in its length (`original0`) and its direction (`original1`); returns the module.

    dim: the dimension whose entries have lengths of their own, None for one length.
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def load_older_form(state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs) -> None:
        g, v = f"{prefix}{name}_g", f"{prefix}{name}_v"
        if g in state_dict and v in state_dict:
            original = f"{prefix}parametrizations.{name}.original"
            state_dict[original + "0"], state_dict[original + "1"] = state_dict.pop(g), state_dict.pop(v)

    module._register_load_state_dict_pre_hook(load_older_form)
    return module


# ------------------------------------------------------------------ largest singular value
class _SpectralNorm(Module):
    """A weight divided by its largest singular value, by power iteration; vectors by their length."""

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12):
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim, self.eps = dim if dim >= 0 else dim + ndim, eps
        if ndim == 1:
            return
        self.n_power_iterations = n_power_iterations
        matrix = as_matrix(weight, self.dim)
        u, v = (matrix.new_empty(n).normal_(0, 1) for n in matrix.size())
        self.register_buffer("_u", normalize(u, dim=0, eps=eps))
        self.register_buffer("_v", normalize(v, dim=0, eps=eps))
        self._power_method(matrix, 15)

    @no_grad()
    def _power_method(self, matrix: Tensor, iterations: int):
        for _ in range(iterations):
            self._u.copy_(normalize(mv(matrix, self._v), dim=0, eps=self.eps))
            self._v.copy_(normalize(mv(matrix.mH, self._u), dim=0, eps=self.eps))

    def forward(self, weight: Tensor) -> Tensor:
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = as_matrix(weight, self.dim)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        # The next use changes the vectors while the tape of this one is needed.
        u, v = self._u.clone(), self._v.clone()
        return weight / vdot(u, mv(matrix, v))

    def right_inverse(self, value: Tensor) -> Tensor:
        """The value itself, which need not have the norm 1."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divides a weight by its largest singular value, found by power iteration; returns the module.

    dim: the dimension of the outputs; by default 0, and 1 for transposed convolutions.
    """
    weight = _tensor_of(module, name)
    dim = output_dim(module) if dim is None else dim
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


def _tensor_of(module: Module, name: str) -> Tensor:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


# ------------------------------------------------------------------ orthogonal matrices
class _OrthMaps(enum.Enum):
    matrix_exp = enum.auto()
    cayley = enum.auto()
    householder = enum.auto()


class _Orthogonal(Module):
    """An orthogonal matrix as a function of any matrix, times a fixed one (`base`) with use_trivialization.

    Matrices with more columns than rows are transposed. With a base, the function starts from the identity.
    """

    base: Tensor

    def __init__(self, weight: Tensor, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True):
        super().__init__()
        if weight.is_complex() and orthogonal_map is _OrthMaps.householder:
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape, self.orthogonal_map = weight.shape, orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Tensor) -> Tensor:
        tall = X if X.size(-2) >= X.size(-1) else X.mT
        Q = _householder(tall) if self.orthogonal_map is _OrthMaps.householder else self._of_skew(tall)
        Q = self.base @ Q if hasattr(self, "base") else Q
        return Q if tall is X else Q.mT

    def _of_skew(self, X: Tensor) -> Tensor:
        """The exponential, or the Cayley transform, of the skew-symmetric matrix with the lower part of X (n, k)."""
        n, k = X.size(-2), X.size(-1)
        lower = X.tril()
        if n != k:
            lower = cat([lower, X.new_zeros(*X.shape[:-2], n, n - k)], dim=-1)
        skew = lower - lower.mH
        if self.orthogonal_map is _OrthMaps.matrix_exp:
            Q = linalg.matrix_exp(skew)
        else:
            one = eye(n, dtype=skew.dtype)
            Q = linalg.solve(one - skew / 2, one + skew / 2)
        return Q if n == k else Q[..., :k]

    @no_grad()
    def right_inverse(self, Q: Tensor) -> Tensor:
        """A matrix that gives Q, or the orthogonal one that belongs to it; with a base, Q becomes the base."""
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        tall = Q if Q.size(-2) >= Q.size(-1) else Q.mT
        if not hasattr(self, "base"):
            if self.orthogonal_map is not _OrthMaps.householder:
                raise NotImplementedError(
                    "It is not possible to assign to the matrix exponential or the Cayley parametrizations when "
                    "use_trivialization=False."
                )
            reflectors = _reflectors(tall)
            return reflectors if tall is Q else reflectors.mT
        self.base = _completed(tall)
        start = zeros_like(Q)
        start.diagonal(dim1=-2, dim2=-1).fill_(-1.0)  # of which all maps make the identity
        return start


def _householder(X: Tensor) -> Tensor:
    """The product of the reflections at the columns below the diagonal of X (n, k), with the signs on the diagonal.

    With V of these columns, the product of I - tau v v^T is I - V T V^T; T^-1 is the upper part of V^T V, with half the
    diagonal (Joffrain et al., 2006).
    """
    one = eye(X.size(-2), X.size(-1), dtype=X.dtype)
    V = X.tril(diagonal=-1) + one
    gram = V.mT @ V
    inverse_T = gram.triu(1) + (gram.diagonal(dim1=-2, dim2=-1) / 2).diag_embed()
    Q = one - V @ linalg.solve_triangular(inverse_T, V[..., : X.size(-1), :].mT, upper=True)
    return Q * X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)


def _reflectors(Q: Tensor) -> Tensor:
    """The matrix of which _householder makes the orthogonal factor of Q."""
    packed, tau = np.linalg.qr(Q.detach().numpy(), mode="raw")
    vectors = tensor(np.swapaxes(packed, -1, -2).copy())
    diagonal = vectors.diagonal(dim1=-2, dim2=-1)
    signs = diagonal.sign()
    diagonal.copy_(signs.where(tensor(tau) != 0, -signs))
    return vectors


def _completed(Q: Tensor) -> Tensor:
    """A square orthogonal matrix that begins with the columns of Q (or their orthogonal factor), others at random."""
    n, k = Q.size(-2), Q.size(-1)
    if n == k:
        return Q.clone() if _is_orthogonal(Q) else _orthogonal_factor(Q)
    return _orthogonal_factor(cat([Q, randn(*Q.shape[:-2], n, n - k, dtype=Q.dtype)], dim=-1))


def _is_orthogonal(Q: Tensor) -> bool:
    tolerance = 10 * Q.size(-2) * finfo(Q.dtype).eps
    return allclose(Q.mH @ Q, eye(Q.size(-1), dtype=Q.dtype).expand_as(Q.mH @ Q), atol=tolerance)


def _orthogonal_factor(A: Tensor) -> Tensor:
    """The Q of A = Q R for which the diagonal of R is positive."""
    Q, R = linalg.qr(A)
    return Q * R.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Makes the rows or the columns (the fewer ones) of a matrix orthonormal; returns the module.

    orthogonal_map: "matrix_exp", "cayley" or "householder"; by default the first for square matrices, else the last.
    use_trivialization: whether the weight is kept as it is, as a fixed factor of what is learned.
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.size(-2) == weight.size(-1) or weight.is_complex()
        orthogonal_map = "matrix_exp" if square else "householder"
    kind = getattr(_OrthMaps, orthogonal_map, None)
    if kind is None:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    made = _Orthogonal(weight, kind, use_trivialization=use_trivialization)
    return register_parametrization(module, name, made, unsafe=True)
