"""torch.sparse: tensors of which only some elements are kept, with their places (the COO layout).

`coo.py` is the class, composed of dense tensors; `construct.py` makes them, `embedding.py` is where gradients are such
tensors, `dispatch.py` teaches torch's functions about them. Nothing here is imported before a script asks for it.
"""

from . import dispatch
from .compressed import CompressedTensor, sampled_addmm
from .construct import sparse_coo_tensor, spdiags, to_sparse
from .coo import SparseTensor
from .invariants import check_sparse_tensor_invariants
from .products import addmm, mm, sum
from .softmax import log_softmax, softmax

__all__ = [
    "CompressedTensor", "SparseTensor", "addmm", "check_sparse_tensor_invariants", "log_softmax", "mm", "sampled_addmm",
    "softmax", "sparse_coo_tensor",
    "spdiags", "sum", "to_sparse",
]  # fmt: skip

dispatch.install()
