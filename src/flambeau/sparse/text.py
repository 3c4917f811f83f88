"""How sparse tensors print."""

from __future__ import annotations

import re

from .. import dtypes, get_default_dtype


def sparse_repr(x) -> str:
    """tensor(indices=..., values=..., size=..., nnz=..., layout=torch.sparse_coo)."""
    return _repr(x, f"tensor(indices={_part(x._indices(), 15)},\n       values={_part(x._values(), 14)}", True)


def compressed_repr(x) -> str:
    """tensor(crow_indices=..., col_indices=..., values=..., size=..., nnz=..., layout=torch.sparse_csr)."""
    names = ("crow_indices", "col_indices") if x.is_sparse_csr else ("ccol_indices", "row_indices")
    parts = [f"{name}={_part(getattr(x, name)(), 8 + len(name))},\n       " for name in names]
    return _repr(x, f"tensor({''.join(parts)}values={_part(x._values(), 14)}", False)


def _repr(x, text: str, apart: bool) -> str:
    """A text with what is said of the whole, in lines of at most 80 characters; apart: what begins a new line."""
    notes = [f"size={tuple(x.shape)}", f"nnz={x._nnz()}"]
    if x.dtype not in (get_default_dtype(), dtypes.int64, dtypes.bool_, dtypes.complex64):
        notes.append(f"dtype={x.dtype}")
    notes.append(f"layout={x.layout}")
    if x.grad_fn is not None:
        notes.append(f"grad_fn=<{x.grad_fn.name().rpartition('::')[2]}>")
    elif x.requires_grad:
        notes.append("requires_grad=True")
    length = len(text.rpartition("\n")[2]) + 2
    for note in notes:
        apart = apart or length + len(note) + 2 > 80
        text += (",\n       " if apart else ", ") + note
        length = len(note) + (7 if apart else length + 2)
        apart = False
    return text + ")"


def _part(tensor, indent: int) -> str:
    """The text of indices or values, without what is said of the whole."""
    dense = tensor.detach()
    if not dense.numel():
        return f"tensor([], size={tuple(dense.shape)})"
    return re.sub(r",\s+dtype=\S+\)$", ")", repr(dense)).replace("\n", "\n" + " " * indent)
