"""torch.return_types: the classes of named results, each made when it is first asked for or given."""

from __future__ import annotations

from .ops.structures import _type

_FIELDS = {
    "values indices": "cummax cummin kthvalue max median min mode nanmedian sort topk",
    "min max": "aminmax",
    "mantissa exponent": "frexp",
    "a tau": "geqrf",
    "hist bin_edges": "histogram histogramdd",
    "L info": "linalg_cholesky_ex",
    "eigenvalues eigenvectors": "linalg_eig linalg_eigh",
    "inverse info": "linalg_inv_ex",
    "LD pivots": "linalg_ldl_factor",
    "LD pivots info": "linalg_ldl_factor_ex",
    "solution residuals rank singular_values": "linalg_lstsq",
    "P L U": "linalg_lu lu_unpack",
    "LU pivots": "linalg_lu_factor",
    "LU pivots info": "linalg_lu_factor_ex",
    "Q R": "linalg_qr qr",
    "sign logabsdet": "linalg_slogdet slogdet",
    "result info": "linalg_solve_ex",
    "U S Vh": "linalg_svd",
    "U S V": "svd",
    "solution cloned_coefficient": "triangular_solve",
}
_BY_NAME = {name: tuple(fields.split()) for fields, names in _FIELDS.items() for name in names.split()}


def __getattr__(name: str):
    own = name.removesuffix("_out")
    if own in _BY_NAME:
        return _type(own, _BY_NAME[own])
    if name == "all_return_types":
        return [_type(*entry) for entry in _BY_NAME.items()]
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__():
    return [*_BY_NAME, "all_return_types"]
