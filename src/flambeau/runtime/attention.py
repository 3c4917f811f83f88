"""Attention in NumPy: the definition of the `attention` and `attention_grad` nodes (see `ir.attention`)."""

from __future__ import annotations

import numpy as np

from ..ir import ATTENTION, Node


class Weights:
    """The weights of an attention: rows holds the maxima and the inverse sums, kept the factors of dropout."""

    def __init__(self, node: Node, q: np.ndarray, k: np.ndarray, rest: list[np.ndarray]):
        attrs = node.attrs
        scores = np.einsum("...ld,...sd->...ls", q * q.dtype.type(attrs["scale"]), k, optimize=True)
        if attrs["masked"]:
            mask = rest.pop(0)
            scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
        if attrs["causal"]:
            scores = np.where(np.tri(*scores.shape[-2:], dtype=bool), scores, -np.inf)
        top = scores.max(axis=-1, keepdims=True)
        top = np.where(top == -np.inf, 0, top)
        exponentials = np.exp(scores - top)
        total = exponentials.sum(axis=-1, keepdims=True)
        inverse = np.where(total == 0, 0, 1 / total)
        self.rows = np.stack([top[..., 0], inverse[..., 0]])
        self.weights = exponentials * inverse
        self.kept = np.ones((), q.dtype)
        if attrs["keep"] is not None:
            self.kept = rest[0] / q.dtype.type(attrs["keep"])


def forward(node: Node, *args: np.ndarray) -> np.ndarray:
    """The value of an `attention` node."""
    q, k, v, *rest = args
    found = Weights(node, q, k, rest)
    part = found.rows if node.attrs["part"] == "rows" else np.matmul(found.weights * found.kept, v)
    return _placed(node, part)


def backward(node: Node, *args: np.ndarray) -> np.ndarray:
    """The value of an `attention_grad` node."""
    count = len(ATTENTION[node.kind])
    g, q, k, v, out, _ = args[:count]
    found = Weights(node, q, k, list(args[count:]))
    slope = np.einsum("...lv,...sv->...ls", g, v, optimize=True) * found.kept
    d = found.weights * (slope - (g * out).sum(axis=-1, keepdims=True)) * q.dtype.type(node.attrs["scale"])
    parts = {
        "dq": lambda: np.matmul(d, k),
        "dk": lambda: np.einsum("...ls,...ld->...sd", d, q, optimize=True),
        "dv": lambda: np.einsum("...ls,...lv->...sv", found.weights * found.kept, g, optimize=True),
    }
    if node.attrs["part"] == "packed":
        return _placed(node, np.stack([part() for part in parts.values()], axis=-1))
    return _placed(node, parts[node.attrs["part"]]())


def _placed(node: Node, part: np.ndarray) -> np.ndarray:
    return part.astype(node.dtype.numpy, copy=False).transpose(node.attrs["order"])
