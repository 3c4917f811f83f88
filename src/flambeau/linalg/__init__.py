"""torch.linalg: linear algebra on batches of matrices, by NumPy's LAPACK."""

import importlib as _importlib

from ..ops.contraction import matmul
from ..ops.public import with_numpy_names as _with_numpy_names
from ..ops.signatures import entrances as _entrances
from . import toplevel
from .checking import LinAlgError
from .factorizations import (
    cholesky,
    cholesky_ex,
    eig,
    eigh,
    eigvals,
    eigvalsh,
    lu,
    lu_factor,
    lu_factor_ex,
    lu_solve,
    qr,
    svd,
    svdvals,
)
from .norms import (
    cond,
    cross,
    diagonal,
    matrix_exp,
    matrix_norm,
    matrix_power,
    matrix_rank,
    multi_dot,
    norm,
    vander,
    vecdot,
    vector_norm,
)
from .solving import (
    det,
    inv,
    inv_ex,
    lstsq,
    pinv,
    slogdet,
    solve,
    solve_ex,
    solve_triangular,
    tensorinv,
    tensorsolve,
)

# NumPy's names of keywords are welcome here as well, and those that PyTorch takes beside the ones that it documents.
for _name in ("cross", "matrix_norm", "norm", "vecdot", "vector_norm"):
    globals()[_name] = _with_numpy_names(globals()[_name])
_INPUT = """cholesky cholesky_ex cond eig eigh eigvals eigvalsh matrix_exp matrix_norm matrix_power matrix_rank norm
solve_triangular tensorinv"""
for _name in _INPUT.split():
    globals()[_name] = _with_numpy_names(globals()[_name], {"input": "A"})
tensorsolve = _with_numpy_names(tensorsolve, {"input": "A", "other": "B"})
vector_norm = _with_numpy_names(vector_norm, {"input": "x"})
_entrances(globals())

# Imported when first asked for.
_LATER = {"householder_product": "householder", "ldl_factor": "ldl", "ldl_factor_ex": "ldl", "ldl_solve": "ldl"}


def __getattr__(name):
    if name not in _LATER:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    globals()[name] = getattr(_importlib.import_module(f".{_LATER[name]}", __name__), name)
    _entrances(globals())
    return globals()[name]
