"""Tables of vectors that are trained on the grid."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from .trained import check_qconfig, check_source


def _check_scheme(qconfig, title: str) -> None:
    scheme = qconfig.weight().qscheme
    if scheme != torch.per_channel_affine_float_qparams:
        raise AssertionError(
            f"{title} weights requires a qscheme of torch.per_channel_affine_float_qparams Got {scheme}"
        )


class _Table(nn.Module):
    """A table with its vectors on the grid."""

    _FLOAT_MODULE: type
    _TITLE: str
    _ARGUMENTS: tuple[str, ...]

    def _watch_weight(self, qconfig, device, dtype) -> None:
        check_qconfig(qconfig)
        _check_scheme(qconfig, self._TITLE)
        self.qconfig = qconfig
        self.weight_fake_quant = qconfig.weight(factory_kwargs={"device": device, "dtype": dtype})

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant=False):
        """The table with the parameters of another, which has a qconfig."""
        check_source(cls, cls._FLOAT_MODULE, mod, got=False)
        _check_scheme(mod.qconfig, cls._TITLE)
        return cls(**{name: getattr(mod, name) for name in cls._ARGUMENTS}, _weight=mod.weight, qconfig=mod.qconfig)

    def to_float(self):
        """The table of numbers."""
        made = type(self)._FLOAT_MODULE(**{name: getattr(self, name) for name in self._ARGUMENTS})
        made.weight = nn.Parameter(self.weight.detach())
        return made.train(self.training)


class Embedding(_Table, nn.Embedding):
    """An Embedding with its vectors on the grid; arguments as of nn.Embedding, and qconfig."""

    _FLOAT_MODULE, _TITLE = nn.Embedding, "Embedding"
    _ARGUMENTS = (
        "num_embeddings", "embedding_dim", "padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse"
    )  # fmt: skip

    def __init__(
        self, num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False,
        sparse=False, _weight=None, device=None, dtype=None, qconfig=None,
    ):  # fmt: skip
        super().__init__(
            num_embeddings, embedding_dim, padding_idx, max_norm, norm_type, scale_grad_by_freq, sparse, _weight,
            device=device, dtype=dtype,
        )  # fmt: skip
        self._watch_weight(qconfig, device, dtype)

    def forward(self, input):
        return F.embedding(
            input, self.weight_fake_quant(self.weight), self.padding_idx, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.sparse,
        )  # fmt: skip


class EmbeddingBag(_Table, nn.EmbeddingBag):
    """An EmbeddingBag with its vectors on the grid; arguments as of nn.EmbeddingBag, and qconfig."""

    _FLOAT_MODULE, _TITLE = nn.EmbeddingBag, "Embedding Bag"
    _ARGUMENTS = (
        "num_embeddings", "embedding_dim", "max_norm", "norm_type", "scale_grad_by_freq", "mode", "sparse",
        "include_last_offset", "padding_idx",
    )  # fmt: skip

    def __init__(
        self, num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode="mean",
        sparse=False, _weight=None, include_last_offset=False, padding_idx=None, qconfig=None, device=None, dtype=None,
    ):  # fmt: skip
        super().__init__(
            num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, mode, sparse, _weight,
            include_last_offset, padding_idx, device=device, dtype=dtype,
        )  # fmt: skip
        self._watch_weight(qconfig, device, dtype)

    def forward(self, input, offsets=None, per_sample_weights=None):
        return F.embedding_bag(
            input, self.weight_fake_quant(self.weight), offsets, self.max_norm, self.norm_type,
            self.scale_grad_by_freq, self.mode, self.sparse, per_sample_weights, self.include_last_offset,
            self.padding_idx,
        )  # fmt: skip
