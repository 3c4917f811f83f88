"""Dropout: masks drawn from the generator, and the op that applies them.

A mask is an array of booleans in the memory order of what it is for, drawn when the call is made; the gradient uses it
again. Kept elements are multiplied by 1 / keep, a number of their own dtype.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from .. import dtypes, ir
from .. import random as stream
from ..errors import TYPE_TITLES
from ..meta import Meta, contiguous
from ..sampling import drawn, mapped
from ..tensor import Tensor
from .elementwise import broadcast_meta
from .inplace import write
from .public import public
from .registry import Op, apply

# selu tends to minus this for very negative arguments: what alpha dropout puts in place of dropped values.
SELU_LIMIT = 1.7580993408473766


# ------------------------------------------------------------------ masks and their use
@mapped
def mask(like: Meta, keep: float) -> Tensor:
    """A boolean for each element of a dense array, true with probability `keep`."""
    return drawn(stream.bernoulli(stream.current(), like.numel, keep), like.cast(dtypes.bool_))


def mask_of(shape, keep: float) -> Tensor:
    """A boolean for each element of a row-major array."""
    return mask(contiguous(shape, dtypes.bool_), keep)


def _infer(input, kept, keep):
    if not input.dtype.is_floating_point:
        title = TYPE_TITLES[input.dtype.name]
        raise RuntimeError(f"result type Float can't be cast to the desired output type {title}")
    return broadcast_meta((input, kept), input.dtype)


def _lower(input, kept, keep):
    kind = np.float64 if input.dtype is dtypes.float64 else np.float32
    scale = float(kind(1) / kind(keep))
    return input * ir.where(kept, ir.const(scale, input.dtype), ir.const(0, input.dtype))


DROPOUT = Op(
    "dropout",
    "input kept keep",
    _infer,
    _lower,
    (lambda g, kept, keep: apply(DROPOUT, (g, kept), (keep,)), None),
    grad_name="Mul",
    summary="Elements multiplied by 1 / keep where a mask says so, else by 0.",
)


def dropped(input: Tensor, kept: Tensor, keep: float) -> Tensor:
    """An array without the elements that a mask, which can be expanded to its shape, does not keep."""
    return apply(DROPOUT, (input, kept), (keep,))


# ------------------------------------------------------------------ PyTorch's functions
def _mask_for(input: Tensor, p: float, features: bool) -> Tensor:
    """The mask for all elements, or one for each channel of (N, C, *)."""
    m = input.meta
    if not features:
        return mask(broadcast_meta((m,), m.dtype), 1 - p)
    if m.ndim < 2:
        raise RuntimeError("Feature dropout requires at least 2 dimensions in the input")
    return mask_of((*m.shape[:2], *[1] * (m.ndim - 2)), 1 - p)


def _scaled(input: Tensor, p: float, features: bool, in_place: bool) -> Tensor:
    """The kept elements over 1 - p."""
    kept = _mask_for(input, p, features)
    return write(DROPOUT, input, (input, kept), (1 - p,)) if in_place else dropped(input, kept, 1 - p)


def _to_floor(input: Tensor, p: float, features: bool, in_place: bool) -> Tensor:
    """selu's limit in place of dropped elements, all scaled so that mean and variance stay."""
    kept = _mask_for(input, p, features)
    dropped(input.detach(), kept, 1 - p)  # refuses what dropout refuses
    noise, scale = kept.to(input.dtype), 1 / math.sqrt((SELU_LIMIT**2 * p + 1) * (1 - p))
    shift = (noise + -1) * (SELU_LIMIT * scale) + SELU_LIMIT * scale * p
    return (input.mul_(noise * scale) if in_place else input * (noise * scale)).add_(shift)


def _publish(name: str, work: Callable, features: bool, summary: str) -> None:
    def call(input: Tensor, p: float, train: bool, in_place: bool) -> Tensor:
        if not 0 <= p <= 1:
            raise RuntimeError(f"dropout probability has to be between 0 and 1, but got {p:g}")
        if not train or p == 0 or input.meta.numel == 0:
            return input
        if p == 1:
            return input.mul_(0) if in_place else input * 0
        return work(input, p, features, in_place)

    def function(input: Tensor, p: float, train: bool) -> Tensor:
        return call(input, p, train, False)

    def in_place(input: Tensor, p: float, train: bool) -> Tensor:
        return call(input, p, train, True)

    for form, title, text in ((function, name, summary), (in_place, name + "_", f"In-place {name}.")):
        form.__name__ = form.__qualname__ = title
        form.__doc__ = text
        public(method=False)(form)


_publish("dropout", _scaled, False, "Sets elements to zero with probability p and divides the others by 1 - p.")
_publish("feature_dropout", _scaled, True, "Dropout of whole channels of (N, C, *).")
_publish("alpha_dropout", _to_floor, False, "Dropout that keeps mean and variance of what selu gives.")
_publish("feature_alpha_dropout", _to_floor, True, "alpha_dropout of whole channels of (N, C, *).")


@public(method=False)
def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """Dropout, and the mask of what it kept."""
    if train is False or input.meta.numel == 0:
        return input, mask_of(input.meta.shape, 1.0)
    kept = _mask_for(input, p, False)
    return (dropped(input, kept, 1 - p) if p < 1 else input * 0), kept
