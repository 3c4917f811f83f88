"""torch.ops.quantized: tables of vectors whose rows have a scale and a zero point of their own, both real numbers."""

from __future__ import annotations

from .. import Tensor, arange
from ..nn import functional as F
from .packed import Packed
from .tensor import QuantizedTensor

__all__ = ["embedding_bag_byte", "embedding_bag_prepack", "embedding_bag_unpack", "embedding_byte"]


class EmbeddingPackedParams(Packed):
    """A table (rows, width) of uint8."""

    qualified = "__torch__.torch.classes.quantized.EmbeddingPackedParamsBase"

    def __init__(self, weight: QuantizedTensor):
        self.weight = weight

    def unpack(self) -> QuantizedTensor:
        """The table."""
        return self.weight

    def _state(self):
        return self.weight

    def _restore(self, state) -> None:
        self.weight = state


def embedding_bag_prepack(weight: QuantizedTensor) -> EmbeddingPackedParams:
    """A table, ready to be looked up."""
    return EmbeddingPackedParams(weight)


def embedding_bag_unpack(W_prepack: EmbeddingPackedParams) -> QuantizedTensor:
    """The table."""
    return W_prepack.unpack()


def embedding_byte(weight: EmbeddingPackedParams, indices: Tensor, pruned_weights: bool = False) -> Tensor:
    """The rows (*, width) in float32 that indices (*) name."""
    held, grid = weight.weight._held, weight.weight._grid
    scale, zero_point = (part.float().reshape(-1, 1) for part in (grid.scale, grid.zero_point))
    rows = F.embedding(indices, held).float()
    return rows * F.embedding(indices, scale) + F.embedding(indices, zero_point * scale * -1)  # rounded as in PyTorch


def embedding_bag_byte(
    weight: EmbeddingPackedParams, indices: Tensor, offsets: Tensor | None = None, scale_grad_by_freq: bool = False,
    mode: int = 0, pruned_weights: bool = False, per_sample_weights: Tensor | None = None,
    compressed_indices_mapping: Tensor | None = None, include_last_offset: bool = False,
) -> Tensor:  # fmt: skip
    """The sums (bags, width) of the rows of each bag; arguments as of F.embedding_bag, mode 0."""
    if indices.dim() == 2:
        offsets = arange(0, indices.numel() + include_last_offset, indices.size(1))
        per_sample_weights = None if per_sample_weights is None else per_sample_weights.reshape(-1)
    rows = embedding_byte(weight, indices.reshape(-1))
    return F.embedding_bag(
        arange(rows.size(0)), rows, offsets, mode="sum", per_sample_weights=per_sample_weights,
        include_last_offset=include_last_offset,
    )  # fmt: skip
