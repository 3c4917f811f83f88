"""Tables of vectors of 8 bits, whose rows have a scale and a zero point of their own."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn
from flambeau.ops import quantized as operators

from .linear import quantized_weight


class EmbeddingPackedParams(nn.Module):
    """A table of bytes, with an entry in the state dict; of width 1 until it is set.

    Raises NotImplementedError for tables of 4 bits.
    """

    _version = 1

    def __init__(self, num_embeddings: int, embedding_dim: int, dtype=torch.quint8):
        super().__init__()
        if dtype is not torch.quint8:
            raise NotImplementedError(
                f"Unsupported dtype on dynamic quantized embedding_bag. Supports quint8 here, got: {dtype}"
            )
        self.dtype = dtype
        ones = torch.ones(num_embeddings)
        self.set_weight(
            torch._empty_per_channel_affine_quantized(
                [num_embeddings, embedding_dim], scales=ones, zero_points=ones, axis=0, dtype=dtype
            )
        )

    def set_weight(self, weight: torch.Tensor) -> None:
        """Takes another table."""
        self._packed_weight = operators.embedding_bag_prepack(weight)

    def _weight(self):
        return self._packed_weight.unpack()

    def forward(self, x):
        return x

    def _save_to_state_dict(self, destination, prefix, keep_vars):
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[prefix + "dtype"] = self.dtype
        destination[prefix + "_packed_weight"] = self._weight()

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, strict, *lists):
        self.dtype = state_dict.pop(prefix + "dtype")
        self.set_weight(state_dict.pop(prefix + "_packed_weight"))
        super()._load_from_state_dict(state_dict, prefix, local_metadata, False, *lists)

    def __repr__(self):
        return repr(self._weight())


class Embedding(nn.Module):
    """Looks rows up; arguments as of nn.Embedding.

    Args:
        _weight: the table (num_embeddings, embedding_dim), quantised by rows.
        dtype: torch.quint8.
    """

    _version = 1

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx=None, max_norm=None, norm_type=2.0,
        scale_grad_by_freq=False, sparse=False, _weight=None, dtype=torch.quint8,
    ):  # fmt: skip
        super().__init__()
        self.num_embeddings, self.embedding_dim, self.dtype = num_embeddings, embedding_dim, dtype
        self._packed_params = EmbeddingPackedParams(num_embeddings, embedding_dim, dtype)
        if _weight is not None:
            if list(_weight.shape) != [num_embeddings, embedding_dim]:
                raise AssertionError(
                    "Shape of weight does not match num_embeddings and embedding_dim: "
                    f"expected [{num_embeddings}, {embedding_dim}], got {list(_weight.shape)}"
                )
            self.set_weight(_weight)

    def set_weight(self, w: torch.Tensor) -> None:
        """Takes another table."""
        self._packed_params.set_weight(w)

    def weight(self) -> torch.Tensor:
        """The table."""
        return self._packed_params._weight()

    def forward(self, indices):
        return operators.embedding_byte(self._packed_params._packed_weight, indices)

    def _get_name(self):
        return "QuantizedEmbedding"

    def extra_repr(self) -> str:
        sizes = f"num_embeddings={self.num_embeddings}, embedding_dim={self.embedding_dim}"
        return f"{sizes}, dtype={self.dtype}, qscheme={self.weight().qscheme()}"

    def __repr__(self):
        return f"{self._get_name()}({self.extra_repr()})"  # without the table

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant: bool = False):
        """The same layer with a table of bytes; `mod` has a qconfig, whose observer has real zero points.

        Raises AssertionError for other modules and observers.
        """
        observer = _observed(mod, "weight_fake_quant", cls.__name__)
        made = cls(mod.num_embeddings, mod.embedding_dim, dtype=observer.dtype, **cls._settings(mod))
        made.set_weight(quantized_weight(mod.weight.detach(), observer))
        return made

    @staticmethod
    def _settings(mod) -> dict:
        return {}


def _observed(mod, trained: str, name: str):
    """The observer that chooses the grid of a table, which it has seen."""
    if hasattr(mod, trained):
        return getattr(mod, trained)
    if not isinstance(mod, getattr(nn, name)):
        raise AssertionError(f"nnq.{name}.from_float only works for {name}")
    if not hasattr(mod, "qconfig"):
        raise AssertionError(f"{name} input float module must have qconfig defined")
    observer = mod.qconfig.weight() if mod.qconfig is not None and mod.qconfig.weight is not None else None
    if observer is None or observer.qscheme is not torch.per_channel_affine_float_qparams:
        raise AssertionError(f"{name} quantization is only supported with float_qparams_weight_only_qconfig.")
    observer(mod.weight)
    return observer


class EmbeddingBag(Embedding):
    """Sums rows; arguments as of nn.EmbeddingBag, and those of `Embedding`."""

    def __init__(
        self, num_embeddings: int, embedding_dim: int, max_norm=None, norm_type=2.0, scale_grad_by_freq=False,
        mode="sum", sparse=False, _weight=None, include_last_offset=False, dtype=torch.quint8,
    ):  # fmt: skip
        super().__init__(num_embeddings, embedding_dim, _weight=_weight, dtype=dtype)
        self.mode, self.pruned_weights, self.include_last_offset = mode, False, include_last_offset

    def forward(self, indices, offsets=None, per_sample_weights=None, compressed_indices_mapping=None):
        table, last = self._packed_params._packed_weight, self.include_last_offset
        return operators.embedding_bag_byte(
            table, indices, offsets, per_sample_weights=per_sample_weights, include_last_offset=last
        )

    def _get_name(self):
        return "QuantizedEmbeddingBag"

    @staticmethod
    def _settings(mod) -> dict:
        return {"mode": mod.mode, "include_last_offset": mod.include_last_offset}
