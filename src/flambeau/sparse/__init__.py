"""torch.sparse: tensors of which only some elements are kept, with their places (the COO layout).

`coo.py` is the class, composed of dense tensors; `construct.py` makes them, `embedding.py` is where gradients are such
tensors, `dispatch.py` teaches torch's functions about them. Nothing here is imported before a script asks for it.
"""

from . import dispatch
from .construct import sparse_coo_tensor, spdiags, to_sparse
from .coo import SparseTensor
from .products import addmm, mm, sum

__all__ = ["SparseTensor", "addmm", "mm", "sparse_coo_tensor", "spdiags", "sum", "to_sparse"]

dispatch.install()
