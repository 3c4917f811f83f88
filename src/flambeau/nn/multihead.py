"""MultiheadAttention: attention in several heads, each on its own projection of the input."""

from __future__ import annotations

from .. import Tensor, empty
from . import functional as F
from . import init
from .linear import NonDynamicallyQuantizableLinear
from .module import Module
from .parameter import Parameter


class MultiheadAttention(Module):
    """Attention of queries to keys and values: (L, N, embed_dim), or (N, L, embed_dim) if batch_first.

    dropout: the probability with which weights are dropped.  add_bias_kv, add_zero_attn: one more learned, or zero, key
    and value.  kdim, vdim: the sizes of keys and values, embed_dim where None.
    """

    def __init__(
        self, embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None,
        vdim=None, batch_first=False, device=None, dtype=None,
    ):  # fmt: skip
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and num_heads={num_heads} "
                "instead"
            )
        factory = {"device": device, "dtype": dtype}
        super().__init__()
        self.embed_dim, self.num_heads, self.head_dim = embed_dim, num_heads, embed_dim // num_heads
        self.kdim, self.vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        if self.head_dim * num_heads != embed_dim:
            raise AssertionError("embed_dim must be divisible by num_heads")
        self._make_projections(factory)
        self.register_parameter("in_proj_bias", Parameter(empty(3 * embed_dim, **factory)) if bias else None)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias=bias, **factory)
        self.bias_k = Parameter(empty((1, 1, embed_dim), **factory)) if add_bias_kv else None
        self.bias_v = Parameter(empty((1, 1, embed_dim), **factory)) if add_bias_kv else None
        self._reset_parameters()

    def _make_projections(self, factory):
        """One matrix for queries, keys and values, or one for each where their sizes differ."""
        shapes = {
            "q_proj_weight": (self.embed_dim, self.embed_dim),
            "k_proj_weight": (self.embed_dim, self.kdim),
            "v_proj_weight": (self.embed_dim, self.vdim),
        }
        packed = {"in_proj_weight": (3 * self.embed_dim, self.embed_dim)}
        wanted, unused = (packed, shapes) if self._qkv_same_embed_dim else (shapes, packed)
        for name, shape in wanted.items():
            self.register_parameter(name, Parameter(empty(shape, **factory)))
        for name in unused:
            self.register_parameter(name, None)

    def _reset_parameters(self):
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight, self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for bias in (self.bias_k, self.bias_v):
            if bias is not None:
                init.xavier_normal_(bias)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None, average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """The result and, if need_weights, the weights (of each head unless averaged).

        key_padding_mask: (N, S), True for keys that are ignored.  attn_mask: (L, S) or (N * heads, L, S), True where a
        query must not look.
        """
        turned = self.batch_first and query.dim() == 3
        if turned:  # what is one tensor stays one: it is projected at once
            views = {id(x): x.transpose(0, 1) for x in (query, key, value)}
            query, key, value = (views[id(x)] for x in (query, key, value))
        out, weights = F.multi_head_attention_forward(
            query, key, value, self.embed_dim, self.num_heads, self.in_proj_weight, self.in_proj_bias, self.bias_k,
            self.bias_v, self.add_zero_attn, self.dropout, self.out_proj.weight, self.out_proj.bias,
            training=self.training, key_padding_mask=key_padding_mask, need_weights=need_weights, attn_mask=attn_mask,
            use_separate_proj_weight=not self._qkv_same_embed_dim, q_proj_weight=self.q_proj_weight,
            k_proj_weight=self.k_proj_weight, v_proj_weight=self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return (out.transpose(0, 1) if turned else out), weights
