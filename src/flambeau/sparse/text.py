"""How sparse tensors print."""

from __future__ import annotations

import re

from .. import dtypes, get_default_dtype


def sparse_repr(x) -> str:
    """tensor(indices=..., values=..., size=..., nnz=..., layout=torch.sparse_coo)."""
    text = f"tensor(indices={_part(x._indices(), 15)},\n       values={_part(x._values(), 14)},\n"
    notes = [f"size={tuple(x.shape)}", f"nnz={x._nnz()}"]
    if x.dtype not in (get_default_dtype(), dtypes.int64, dtypes.bool_, dtypes.complex64):
        notes.append(f"dtype={x.dtype}")
    notes.append("layout=torch.sparse_coo")
    if x.grad_fn is not None:
        notes.append(f"grad_fn=<{x.grad_fn.name().rpartition('::')[2]}>")
    elif x.requires_grad:
        notes.append("requires_grad=True")
    line = "       "
    for i, note in enumerate(notes):
        note += ")" if i == len(notes) - 1 else ","
        if i and len(line) + 1 + len(note) > 80:
            text, line = f"{text}{line}\n", "       " + note
        else:
            line += (" " if i else "") + note
    return text + line


def _part(tensor, indent: int) -> str:
    """The text of indices or values, without what is said of the whole."""
    dense = tensor.detach()
    if not dense.numel():
        return f"tensor([], size={tuple(dense.shape)})"
    return re.sub(r",\s+dtype=\S+\)$", ")", repr(dense)).replace("\n", "\n" + " " * indent)
