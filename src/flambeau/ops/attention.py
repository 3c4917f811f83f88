"""Scaled dot-product attention: as one op without a matrix of scores, or composed of products and softmax.

In: queries (*, H, L, E), keys (*, H, S, E), values (*, H, S, V), a mask that can be expanded to (*, H, L, S). Keys and
values may have fewer heads, each of which serves as many neighbouring heads of queries. Out: (*, H, L, V). Gradients
are one op as well, which computes the scores anew; gradients that are to be differentiated themselves are composed.
"""

from __future__ import annotations

import math

from .. import ir
from ..autograd.modes import MODE, no_autocast
from ..dtypes import bfloat16, bool_, float16, float32, float64
from ..meta import Meta, contiguous, meta
from ..ranges import arange
from ..shapes import broadcast_shapes
from ..tensor import Tensor
from .comparison import where
from .contraction import matmul
from .dropout import dropped, mask_of
from .movement import stack
from .registry import Op, apply, cast_for
from .softmax import softmax

HALVES = (float16, bfloat16)  # computed in float32, and rounded once
LONGEST = 1024  # bytes of a query or value: the kernels have blocks of them on the stack
FEW, MANY = 8, 64  # fewer queries of more keys: their scores are rather computed as a matrix


# ------------------------------------------------------------------ composed
def weights_of(query: Tensor, key: Tensor, mask: Tensor | None, scale: float) -> Tensor:
    """The weights (*, L, S); zeros for queries that may look at nothing."""
    query, key = query * scale, key.transpose(-2, -1)
    if mask is None:
        return softmax(matmul(query, key), -1)
    if query.dtype in HALVES and mask.dtype is query.dtype:  # rounded once
        scores = (matmul(query.to(float32), key.to(float32)) + mask).to(query.dtype)
    else:
        scores = matmul(query, key)
        scores = scores + mask if mask.is_floating_point() else apply(where, (mask, scores, -math.inf))
    blind = (scores == -math.inf).all(-1, keepdim=True)
    return apply(where, (blind, 0.0, softmax(apply(where, (blind, 0.0, scores)), -1)))


def causal_mask(query: Tensor, key: Tensor) -> Tensor:
    """(L, S): a query looks at keys up to its own number."""
    return arange(query.shape[-2]).unsqueeze(1) >= arange(key.shape[-2])


def with_heads(x: Tensor, like: Tensor) -> Tensor:
    """Heads of keys or values, repeated for the heads of queries that they serve."""
    return x if x.shape[-3] == like.shape[-3] else x.repeat_interleave(like.shape[-3] // x.shape[-3], -3)


def _dropped(weights: Tensor, kept: Tensor | None, keep: float | None) -> Tensor:
    return weights if kept is None else dropped(weights, kept, keep)


def composed(query, key, value, mask, kept, scale: float, causal: bool, keep: float | None) -> Tensor:
    """The op by its definition."""
    mask = causal_mask(query, key) if causal else mask
    return matmul(_dropped(weights_of(query, key, mask, scale), kept, keep), value)


def _composed_gradients(g, query, key, value, mask, kept, scale, causal, keep):
    """Gradients in differentiable ops; key and value have all heads."""
    weights = weights_of(query, key, causal_mask(query, key) if causal else mask, scale)
    slope = _dropped(matmul(g, value.transpose(-2, -1)), kept, keep)
    d = weights * (slope - (slope * weights).sum(-1, True)) * scale
    d_value = matmul(_dropped(weights, kept, keep).transpose(-2, -1), g)
    return matmul(d, key), matmul(d.transpose(-2, -1), query), d_value


# ------------------------------------------------------------------ as nodes
class Heads:
    """The arguments of an attention as an IR node takes them, and its parts as the ops give them.

    batch: product of the leading dimensions.  heads, groups: of keys, and of queries for each of those.
    """

    def __init__(self, query, key, value):
        self.lead = tuple(query.shape[:-3])
        self.heads = key.shape[-3] if len(key.shape) > 2 else 1
        self.groups = query.shape[-3] // self.heads if len(query.shape) > 2 else 1
        self.outer = math.prod(self.lead), self.heads, self.groups
        self.queries, self.keys = query.shape[-2], key.shape[-2]

    def query(self, x: ir.Node) -> ir.Node:
        """Queries or what is shaped alike."""
        return x.reshape((*self.outer, *x.shape[-2:]))

    def key(self, x: ir.Node) -> ir.Node:
        """Keys or values."""
        shape = (*self.outer[:2], 1, *x.shape[-2:])
        return ir.broadcast(x.reshape(shape), (*self.outer, *x.shape[-2:]))

    def mask(self, mask: ir.Node, shape) -> ir.Node:
        """A mask."""
        return self.query(ir.broadcast(mask, (*shape[:-1], self.keys)))

    def rest(self, mask, kept, shape) -> list[ir.Node]:
        """The arguments of a node after the tensors."""
        return [*([] if mask is None else [self.mask(mask, shape)]), *([] if kept is None else [self.query(kept)])]


def _order_of(m: Meta) -> tuple[int, ...]:
    """The order in memory of (B, H, G, L, D) that is a tensor's: rows outermost, outside heads, or inside them."""
    if m.ndim == 4 and m.shape[0] > 1 and m.strides[-2] > m.strides[0]:
        return 3, 0, 1, 2, 4
    return (0, 3, 1, 2, 4) if m.ndim > 2 and m.strides[-2] > m.strides[-3] else (0, 1, 2, 3, 4)


def _meta_in(order, shape, dtype) -> Meta:
    """The meta of (*, H, L, D) in that order of (B, H, G, L, D)."""
    dims = list(range(len(shape)))
    if order[0] == 3:
        dims = [2, 0, 1, 3]
    elif order[1] == 3:
        dims[-3:-1] = dims[-2], dims[-3]
    steps = dict(zip(dims, ir.contiguous_strides([shape[i] for i in dims])))
    return meta(shape, [steps[i] for i in range(len(shape))], 0, dtype)


def _part(kind, args, part, shape, order, **attrs) -> ir.Node:
    """A part of an attention, its dimensions in the order of its shape."""
    return ir.attention(kind, args, part, shape, order, **attrs).permute([order.index(i) for i in range(len(order))])


def _infer(query, key, value, mask, kept, scale, causal, keep):
    shape = (*query.shape[:-1], value.shape[-1])
    rows = contiguous((2, *query.shape[:-1]), query.dtype)
    return _meta_in(_order_of(query), shape, query.dtype), rows


def _lower(query, key, value, mask, kept, scale, causal, keep, out):
    heads = Heads(query, key, value)
    args = [heads.query(query), heads.key(key), heads.key(value), *heads.rest(mask, kept, query.shape)]
    attrs = {"scale": scale, "causal": causal, "keep": keep, "masked": mask is not None}
    shape = (*heads.outer, heads.queries, value.shape[-1])
    result = _part("attention", args, "out", shape, _order_of(out[0]), **attrs)
    rows = _part("attention", args, "rows", (2, *shape[:-1]), range(5), **attrs)
    return result.reshape(out[0].shape), rows.reshape(out[1].shape)


def _gradient_infer(g, query, key, value, out, rows, mask, kept, scale, causal, keep, parts):
    found = (query, key, value)
    return tuple(_meta_in(_order_of(found[i]), found[i].shape, g.dtype) for i in parts)


def _gradient_lower(g, query, key, value, result, rows, mask, kept, scale, causal, keep, parts, out):
    heads = Heads(query, key, value)
    shaped = [heads.query(query), heads.key(key), heads.key(value)]
    args = [heads.query(g), *shaped, heads.query(result), rows.reshape((2, *heads.outer, heads.queries))]
    args += heads.rest(mask, kept, query.shape)
    attrs = {"scale": scale, "causal": causal, "keep": keep, "masked": mask is not None}
    results = []
    for i, m in zip(parts, out):
        part = _part("attention_grad", args, ("dq", "dk", "dv")[i], shaped[i].shape, _order_of(m), **attrs)
        part = part if i == 0 or heads.groups == 1 else part.sum((2,))
        results.append(part.reshape(m.shape))
    return tuple(results)


ATTENTION_GRADIENT = Op(
    "scaled_dot_product_attention_gradient",
    "g query key value out rows mask kept scale causal keep parts",
    _gradient_infer,
    _gradient_lower,
    summary="The gradients of attention for queries, keys and values, as far as they are asked for.",
)


def _gradients(grads, args, needs, y0, y1, scale, causal, keep):
    query, key, value, mask, kept = (args[i] for i in range(5))
    if not MODE.enabled:
        tensors = (grads[0], query, key, value, y0, y1, mask, kept)
        return apply(ATTENTION_GRADIENT, tensors, (scale, causal, keep, tuple(needs)))
    repeated = (with_heads(x, query) if query.ndim > 2 else x for x in (key, value))
    found = _composed_gradients(grads[0], query, *repeated, mask, kept, scale, causal, keep)
    summed = (x if x.shape == like.shape else _summed_heads(x, like) for x, like in zip(found, (query, key, value)))
    results = list(summed)
    return [results[i] for i in needs]


def _summed_heads(x: Tensor, like: Tensor) -> Tensor:
    """The gradient for heads that serve several."""
    return x.unflatten(-3, (like.shape[-3], -1)).sum(-3)


ATTENTION = Op(
    "scaled_dot_product_attention",
    "query key value mask kept scale causal keep",
    _infer,
    _lower,
    _gradients,
    variadic=True,
    grad_name="ScaledDotProductFlashAttentionForCpu",
    summary="softmax(query @ key.T * scale, masked) @ value, and what its gradient needs of each row of scores.",
    autocast="lower",
)


# ------------------------------------------------------------------ projections in one array
def _parts_of(qkv, heads: int, lengthwise: bool) -> list:
    """Queries, keys and values (B, H, 1, L, D) in (B, L, 3 * H * D), or (L, B, 3 * H * D) if lengthwise."""
    first, second, all_ = qkv.shape
    batch, rows = (second, first) if lengthwise else (first, second)
    size = all_ // (3 * heads)
    steps = (all_, batch * all_) if lengthwise else (rows * all_, all_)
    strides = (steps[0], size, size, steps[1], 1)
    return [ir.view(qkv, (batch, heads, 1, rows, size), strides, i * heads * size) for i in range(3)]


def _packed_infer(qkv, mask, kept, heads, lengthwise, scale, causal, keep):
    first, second, all_ = qkv.shape
    batch, rows = (second, first) if lengthwise else (first, second)
    return contiguous((first, second, all_ // 3), qkv.dtype), contiguous((2, batch, heads, rows), qkv.dtype)


def _packed_rest(mask, kept, shape) -> list[ir.Node]:
    batch, heads, _, rows, _ = shape
    masks = [] if mask is None else [ir.broadcast(mask, (batch, heads, rows, rows)).reshape((*shape[:3], rows, rows))]
    return masks if kept is None else [*masks, kept.reshape((*shape[:3], rows, rows))]


def _packed_lower(qkv, mask, kept, heads, lengthwise, scale, causal, keep, out):
    parts = _parts_of(qkv, heads, lengthwise)
    shape, order = parts[0].shape, (3, 0, 1, 2, 4) if lengthwise else (0, 3, 1, 2, 4)
    args = [*parts, *_packed_rest(mask, kept, shape)]
    attrs = {"scale": scale, "causal": causal, "keep": keep, "masked": mask is not None}
    result = ir.attention("attention", args, "out", shape, order, **attrs)
    rows = ir.attention("attention", args, "rows", (2, *shape[:-1]), range(5), **attrs)
    return result.reshape(out[0].shape), rows.reshape(out[1].shape)


def _packed_gradient_lower(g, qkv, result, rows, mask, kept, heads, lengthwise, scale, causal, keep):
    parts = _parts_of(qkv, heads, lengthwise)
    shape, (_, second, embedding) = parts[0].shape, g.shape
    steps = (embedding, second * embedding) if lengthwise else (second * embedding, embedding)
    strides = (steps[0], shape[4], shape[4], steps[1], 1)
    seen = [ir.view(x, shape, strides, 0) for x in (g, result)]
    args = [seen[0], *parts, seen[1], rows.reshape((2, *shape[:-1])), *_packed_rest(mask, kept, shape)]
    attrs = {"scale": scale, "causal": causal, "keep": keep, "masked": mask is not None}
    order = (3, 0, 5, 1, 2, 4) if lengthwise else (0, 3, 5, 1, 2, 4)
    return ir.attention("attention_grad", args, "packed", (*shape, 3), order, **attrs).reshape(qkv.shape)


PACKED_GRADIENT = Op(
    "packed_attention_gradient",
    "g qkv out rows mask kept heads lengthwise scale causal keep",
    lambda g, qkv, *rest: contiguous(qkv.shape, qkv.dtype),
    _packed_gradient_lower,
    summary="The gradient of attention for projections in one array.",
)


def _packed_gradients(grads, args, needs, y0, y1, heads, lengthwise, scale, causal, keep):
    qkv, mask, kept = (args[i] for i in range(3))
    attrs = (heads, lengthwise, scale, causal, keep)
    if not MODE.enabled:
        return [apply(PACKED_GRADIENT, (grads[0], qkv, y0, y1, mask, kept), attrs)]
    split, batch = qkv.unflatten(2, (3, heads, -1)), int(lengthwise)
    g = grads[0].unflatten(2, (heads, -1)).movedim((batch, 2), (0, 1))
    parts = [split.select(2, i).movedim((batch, 2), (0, 1)) for i in range(3)]
    found = _composed_gradients(g, *parts, mask, kept, scale, causal, keep)
    return [_stacked(found, lengthwise)]


def _stacked(found, lengthwise: bool) -> Tensor:
    """Gradients (B, H, L, D) in one array."""
    joined = stack([x.movedim((0, 1), (int(lengthwise), 2)) for x in found], 2)
    return joined.flatten(2)


PACKED_ATTENTION = Op(
    "packed_attention",
    "qkv mask kept heads lengthwise scale causal keep",
    _packed_infer,
    _packed_lower,
    _packed_gradients,
    variadic=True,
    grad_name="ScaledDotProductFlashAttentionForCpu",
    summary="Attention of queries, keys and values in one array (B, L, 3 * H * D), or (L, B, 3 * H * D) if lengthwise.",
    autocast="lower",
)


# ------------------------------------------------------------------ the choice
def _tracked(x: Tensor | None) -> bool:
    return x is not None and x.requires_grad and bool(MODE.enabled)


def _mask_fits(mask: Tensor | None, shape, dtype) -> bool:
    """Whether the kernels can read a mask of scores of a shape."""
    if mask is None:
        return True
    aligned = (1,) * (len(shape) - mask.ndim) + tuple(mask.shape)
    fits = len(aligned) == len(shape) and all(m in (1, n) for m, n in zip(aligned, shape))
    return fits and mask.dtype in (bool_, dtype) and not _tracked(mask)


def _fits(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, grouped: bool) -> bool:
    """Whether the kernels can do it, and are better than a matrix of scores."""
    dims = {x.ndim for x in (query, key, value)}
    if len(dims) > 1 or dims.pop() < 2 or query.dtype not in (float32, float64):
        return False
    if any(x.dtype is not query.dtype for x in (key, value)) or query.shape[-1] != key.shape[-1]:
        return False
    if key.shape[:-1] != value.shape[:-1] or query.shape[:-3] != key.shape[:-3]:
        return False
    heads = [x.shape[-3] if x.ndim > 2 else 1 for x in (query, key)]
    sizes = (*query.shape, *key.shape, *value.shape)
    if 0 in sizes or max(query.shape[-1], value.shape[-1]) * query.dtype.itemsize > LONGEST:
        return False
    if heads[0] % heads[1] if grouped else heads[1] not in (1, heads[0]):
        return False
    scores = (*query.shape[:-1], key.shape[-2])
    return (scores[-2] >= FEW or scores[-1] <= MANY) and _mask_fits(mask, scores, query.dtype)


def _scores_shape(query: Tensor, key: Tensor) -> tuple[int, ...]:
    """The shape of the matrix of scores; heads of keys may serve several of queries."""
    leads = query.shape[:-2], key.shape[:-2]
    if query.ndim == key.ndim > 2:
        leads = leads[0], (*leads[1][:-1], 1)
    return (*broadcast_shapes(*leads), query.shape[-2], key.shape[-2])


def attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    dropout_p: float,
    causal: bool,
    scale: float,
    grouped: bool = False,
) -> Tensor:
    """Attention by whatever is faster. Raises what matmul raises where shapes do not fit.

    grouped: several heads of queries may share one of keys and values.
    """
    query, key, value = (cast_for(ATTENTION, x) for x in (query, key, value))
    if query.dtype in HALVES and query.dtype is key.dtype is value.dtype:
        with no_autocast():
            wide = [x.to(float32) for x in (query, key, value)]
            mask = mask.to(float32) if mask is not None and mask.dtype in HALVES else mask
            return attention(*wide, mask, dropout_p, causal, scale, grouped).to(query.dtype)
    keep = 1 - dropout_p if 0 < dropout_p < 1 else None
    kept = None if keep is None else mask_of(_scores_shape(query, key), keep)
    if _fits(query, key, value, mask, grouped):
        result = apply(ATTENTION, (query, key, value, mask, kept), (scale, causal, keep))[0]
    else:
        key, value = (with_heads(x, query) if grouped else x for x in (key, value))
        result = composed(query, key, value, mask, kept, scale, causal, keep)
    return result * 0 if dropout_p == 1 else result


def self_attention(
    qkv: Tensor, mask: Tensor | None, heads: int, lengthwise: bool, dropout_p: float, causal: bool
) -> Tensor | None:
    """Attention of projections in one array: (B, L, 3 * E), or (L, B, 3 * E) if lengthwise, to the same with E columns.

    mask: can be expanded to (B, heads, L, L). None where the kernels cannot do it, or are not better.
    """
    qkv = cast_for(PACKED_ATTENTION, qkv)
    if qkv.dtype in HALVES:
        with no_autocast():
            found = self_attention(qkv.to(float32), mask, heads, lengthwise, dropout_p, causal)
            return found if found is None else found.to(qkv.dtype)
    (first, second, size), keep = qkv.shape, 1 - dropout_p if dropout_p else None
    batch, rows, size = (second, first, size // 3) if lengthwise else (first, second, size // 3)
    fits = qkv.dtype in (float32, float64) and 0 < size // heads * qkv.dtype.itemsize <= LONGEST and dropout_p < 1
    if not (fits and batch and rows and _mask_fits(mask, (batch, heads, rows, rows), qkv.dtype)):
        return None
    kept = None if keep is None else mask_of((batch, heads, rows, rows), keep)
    attrs = (heads, lengthwise, 1 / math.sqrt(size // heads), causal, keep)
    return apply(PACKED_ATTENTION, (qkv, mask, kept), attrs)[0]
