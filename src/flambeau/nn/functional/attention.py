"""Attention: mixing values by how well their keys answer a query.

In: queries (*, L, E), keys (*, S, E), values (*, S, V), and masks: booleans, or numbers that are added to the scores.
Out: (*, L, V); the weights (*, L, S) on demand. A query that may look at nothing gets zeros.
"""

from __future__ import annotations

import math
import warnings

from ... import Tensor, cat, where
from ...ops.attention import attention, self_attention, weights_of
from ...ops.functional import linear
from .dropout import dropout
from .resampling import pad

# The kernels that a script allows (torch.nn.attention), by their names there; those that PyTorch has for a CPU.
ALLOWED = {"MATH", "FLASH_ATTENTION", "EFFICIENT_ATTENTION", "CUDNN_ATTENTION", "OVERRIDEABLE"}
_ON_CPU = frozenset({"MATH", "FLASH_ATTENTION"})


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """softmax(query @ key.T * scale + mask) @ value.

    attn_mask: (*, L, S), True where a query may look.  is_causal: position i looks at positions up to i.
    scale: 1 / sqrt(E) where None.  enable_gqa: several query heads share a head of keys and values.
    Raises RuntimeError where both masks are given, or no kernel is allowed.
    """
    if is_causal and attn_mask is not None:
        raise RuntimeError("Explicit attn_mask should not be set when is_causal=True")
    if ALLOWED.isdisjoint(_ON_CPU):
        raise RuntimeError(
            "No viable backend for scaled_dot_product_attention was found. This is likely due to turning off both the "
            "math kernel and the fused kernels."
        )
    scale = 1.0 / math.sqrt(query.size(-1)) if scale is None else scale
    return attention(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa)


def canonical_mask(mask: Tensor | None, name: str, dtype, other: Tensor | None = None, other_name: str = ""):
    """A mask as numbers that are added to scores: -inf where a boolean mask is True (as modules take it).

    Raises AssertionError for masks that are neither boolean nor floating-point.
    """
    if mask is None:
        return None
    is_float = mask.is_floating_point()
    if not is_float and str(mask.dtype) != "torch.bool":
        raise AssertionError(f"only bool and floating types of {name} are supported")
    if other is not None and other.dtype != mask.dtype:
        warnings.warn(
            f"Support for mismatched {name} and {other_name} is deprecated. Use same type for both instead.",
            stacklevel=3,
        )
    return mask if is_float else where(mask, -math.inf, mask.to(dtype) * 0)


def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int, in_proj_weight: Tensor | None,
    in_proj_bias: Tensor | None, bias_k: Tensor | None, bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float,
    out_proj_weight: Tensor, out_proj_bias: Tensor | None, training: bool = True,
    key_padding_mask: Tensor | None = None, need_weights: bool = True, attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Tensor | None = None, k_proj_weight: Tensor | None = None,
    v_proj_weight: Tensor | None = None, static_k: Tensor | None = None, static_v: Tensor | None = None,
    average_attn_weights: bool = True, is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """Attention in several heads at once, with projections of what goes in and comes out; see MultiheadAttention.

    query (L, N, E) or (L, E); key and value (S, N, *) or (S, *). Returns the result and, if need_weights, the weights.
    """
    _check_dims(query, key, value, key_padding_mask, attn_mask)
    if is_causal and attn_mask is None:
        raise RuntimeError(
            "Need attn_mask if specifying the is_causal hint. You may use the Transformer module method "
            "`generate_square_subsequent_mask` to create this mask."
        )
    batched = query.dim() == 3
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))
        key_padding_mask = None if key_padding_mask is None else key_padding_mask.unsqueeze(0)
    is_causal = is_causal and key_padding_mask is None and not need_weights
    padding = canonical_mask(key_padding_mask, "key_padding_mask", query.dtype, attn_mask, "attn_mask")
    mask = None if is_causal else canonical_mask(attn_mask, "attn_mask", query.dtype)
    _check_sizes(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    dropout_p, out, weights = dropout_p if training else 0.0, None, None
    separate = (q_proj_weight, k_proj_weight, v_proj_weight) if use_separate_proj_weight else None
    packed, q, k, v = _projected(query, key, value, separate, in_proj_weight, in_proj_bias)
    added = add_zero_attn or any(x is not None for x in (bias_k, bias_v, static_k, static_v))
    if packed is not None and not (need_weights or added):
        length, batch = query.shape[:2]
        merged = _merged_mask(mask, padding, (batch, num_heads, length), length, length)
        out = _attend_packed(packed, merged, num_heads, dropout_p, is_causal)
    if out is None:
        if bias_k is not None and bias_v is not None:
            k, v = (cat([x, bias.repeat(1, x.size(1), 1)]) for x, bias in ((k, bias_k), (v, bias_v)))
        q, k, v = (_heads(x, num_heads) for x in (q, k, v))
        k = k if static_k is None else static_k.unflatten(0, q.shape[:2])
        v = v if static_v is None else static_v.unflatten(0, q.shape[:2])
        k, v = (pad(x, (0, 0, 0, 1)) for x in (k, v)) if add_zero_attn else (k, v)
        mask = _merged_mask(mask, padding, q.shape[:3], key.size(0), k.size(2))
        out, weights = _attend(q, k, v, mask, dropout_p, is_causal, need_weights)
    out = _linear(out, out_proj_weight, out_proj_bias)
    out = out.contiguous() if training else out  # dropout that follows draws its mask in the order of memory
    weights = weights.mean(1) if need_weights and average_attn_weights else weights
    if batched:
        return out, weights
    return out.squeeze(1), None if weights is None else weights.squeeze(0)


def _heads(x: Tensor, count: int) -> Tensor:
    """(S, N, E) as (N, heads, S, E / heads)."""
    return x.unflatten(2, (count, -1)).permute(1, 2, 0, 3)


def _projected(query, key, value, separate, weight, bias: Tensor | None):
    """Queries, keys and values; before them all three in one array, where they are projections of the same."""
    if query is key is value and separate is None:
        packed = _linear(query, weight, bias)
        return packed, *packed.chunk(3, -1)
    biases = (None,) * 3 if bias is None else bias.chunk(3)
    return None, *(_linear(x, w, b) for x, w, b in zip((query, key, value), separate or weight.chunk(3), biases))


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """`linear` of (L, N, E), the result's rows in memory as x's: no copy."""
    if x.stride(0) < x.stride(1):
        return linear(x.transpose(0, 1), weight, bias).transpose(0, 1)
    return linear(x, weight, bias)


def _attend_packed(qkv: Tensor, mask: Tensor | None, heads: int, dropout_p: float, is_causal: bool) -> Tensor | None:
    """(L, N, E) from projections (L, N, 3 E) in either order of memory; None where it is better done one by one."""
    lengthwise = qkv.is_contiguous()
    out = self_attention(qkv if lengthwise else qkv.transpose(0, 1), mask, heads, lengthwise, dropout_p, is_causal)
    return out if out is None or lengthwise else out.transpose(0, 1)


def _attend(
    q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, dropout_p: float, is_causal: bool, need_weights: bool
) -> tuple[Tensor, Tensor | None]:
    """(L, N, E) and, if need_weights, the weights (N, heads, L, S)."""
    scale, weights = 1 / math.sqrt(q.size(-1)), None
    if need_weights:
        weights = weights_of(q, k, mask, scale)
        weights = dropout(weights, dropout_p) if dropout_p else weights
        out = weights @ v
    else:
        out = attention(q, k, v, mask, dropout_p, is_causal, scale)
    return out.permute(2, 0, 1, 3).flatten(2), weights


def _merged_mask(mask, padding, sizes, given: int, keys: int):
    """Both masks in one that fits (N, heads, L, keys); keys beyond the given ones are never masked."""
    batch, heads, length = sizes
    if mask is not None:
        expected = (length, given) if mask.dim() == 2 else (batch * heads, length, given)
        if mask.dim() not in (2, 3):
            raise RuntimeError(f"attn_mask's dimension {mask.dim()} is not supported")
        if tuple(mask.shape) != expected:
            raise RuntimeError(f"The shape of the {mask.dim()}D attn_mask is {mask.shape}, but should be {expected}.")
        mask = pad(mask if mask.dim() == 2 else mask.unflatten(0, (batch, heads)), (0, keys - given))
    if padding is None:
        return mask
    if tuple(padding.shape) != (batch, given):
        dim = 0 if padding.shape[0] != batch else 1
        expected = (batch, given)[dim]
        raise AssertionError(f"Expected key_padded_mask.shape[{dim}] to be {expected}, but got {padding.shape[dim]}")
    padding = pad(padding, (0, keys - given)).reshape(batch, 1, 1, keys)
    return padding if mask is None else mask + padding


def _check_dims(query, key, value, key_padding_mask, attn_mask):
    dims = query.dim()
    if dims not in (2, 3):
        raise AssertionError(f"query should be unbatched 2D or batched 3D tensor but received {dims}-D query tensor")
    form = f"For {'batched (3-D)' if dims == 3 else 'unbatched (2-D)'} `query`, expected"
    if key.dim() != dims or value.dim() != dims:
        raise AssertionError(
            f"{form} `key` and `value` to be {dims}-D but found {key.dim()}-D and {value.dim()}-D tensors respectively"
        )
    if key_padding_mask is not None and key_padding_mask.dim() != dims - 1:
        found = key_padding_mask.dim()
        raise AssertionError(
            f"{form} `key_padding_mask` to be `None` or {dims - 1}-D but found {found}-D tensor instead"
        )
    if attn_mask is not None and attn_mask.dim() not in (2, 3):
        raise AssertionError(
            f"{form} `attn_mask` to be `None`, 2-D or 3-D but found {attn_mask.dim()}-D tensor instead"
        )


def _check_sizes(query, key, value, embed_dim: int, num_heads: int, separate: bool):
    if query.size(2) != embed_dim:
        raise AssertionError(f"was expecting embedding dimension of {embed_dim}, but got {query.size(2)}")
    if embed_dim % num_heads:
        raise AssertionError(f"embed_dim {embed_dim} not divisible by num_heads {num_heads}")
    if separate and key.shape[:2] != value.shape[:2]:
        raise AssertionError(f"key's sequence and batch dims {key.shape[:2]} do not match value's {value.shape[:2]}")
    if not separate and key.shape != value.shape:
        raise AssertionError(f"key shape {key.shape} does not match value shape {value.shape}")
