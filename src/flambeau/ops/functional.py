"""The ops behind torch.nn.functional; `nn` checks and names their arguments."""

from __future__ import annotations

import math

from .. import dtypes, ir
from ..meta import contiguous
from ..tensor import Tensor
from .contraction import linear
from .convolution import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from .elementwise import elementwise, floating
from .gathering import embedding as _rows
from .loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
from .movement import cat, constant_pad
from .normalization import batch_norm, group_norm, layer_norm
from .pooling import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_max_pool1d,
    adaptive_max_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)
from .registry import Op, apply, apply1
from .softmax import log_softmax, softmax

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cross_entropy",
    "embedding",
    "gelu",
    "l1_loss",
    "group_norm",
    "layer_norm",
    "linear",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "one_hot",
    "pad",
    "smooth_l1_loss",
    "softmax",
]


# ------------------------------------------------------------------ gelu
def _normal_cdf(k, x):
    return k.mul(k.add(k.erf(k.mul(x, math.sqrt(0.5))), 1.0), 0.5)


def gelu_slope(x: Tensor) -> Tensor:
    """The derivative of x * Phi(x): Phi(x) + x * phi(x)."""
    density = (x * x * -0.5).exp() * (1 / math.sqrt(2 * math.pi))
    return (x * math.sqrt(0.5)).erf() * 0.5 + 0.5 + x * density


def tanh_gelu_slope(x: Tensor) -> Tensor:
    """The derivative of the tanh form."""
    c = math.sqrt(2 / math.pi)
    t = ((x + x * x * x * 0.044715) * c).tanh()
    return (t + 1) * 0.5 + x * (1 - t * t) * 0.5 * c * (x * x * (3 * 0.044715) + 1)


GELU = elementwise(
    "gelu",
    "input",
    lambda k, x: k.mul(x, _normal_cdf(k, x)),
    lambda g, input: g * gelu_slope(input),
    types=floating,
    summary="x times the normal distribution function of x.",
)
TANH_GELU = elementwise(
    "gelu_tanh",
    "input",
    lambda k, x: k.mul(
        k.mul(x, 0.5),
        k.add(k.tanh(k.mul(k.add(x, k.mul(k.mul(k.mul(x, x), x), 0.044715)), math.sqrt(2 / math.pi))), 1.0),
    ),
    lambda g, input: g * tanh_gelu_slope(input),
    types=floating,
    grad_name="Gelu",
    summary="gelu by a tanh.",
)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """x times the normal distribution function of x; approximate: "none" or "tanh"."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    return apply1(GELU if approximate == "none" else TANH_GELU, input)


# ------------------------------------------------------------------ tables
def embedding(
    weight: Tensor,
    index: Tensor,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of a table; the row `padding_idx` gets no gradient.

    scale_grad_by_freq: whether gradients are divided by how often a row is named.
    """
    if index.meta.dtype not in (dtypes.int64, dtypes.int32):
        from ..errors import TYPE_NAMES

        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, Int; but got "
            f"torch.{TYPE_NAMES[index.meta.dtype.name]} instead (while checking arguments for embedding)"
        )
    rows = _rows(weight, index, bool(scale_grad_by_freq))
    if padding_idx is None or padding_idx < 0:
        return rows
    padded = (index == padding_idx).unsqueeze(-1)
    return rows.detach().where(padded, rows)


def _one_hot_lower(target, classes):
    shape = (*target.shape, 1)
    return ir.map_("eq", target.cast(dtypes.int64).reshape(shape), ir.iota((classes,))).cast(dtypes.int64)


_ONE_HOT = Op(
    "one_hot",
    "target classes",
    lambda target, classes: contiguous((*target.shape, classes), dtypes.int64),
    _one_hot_lower,
    summary="1 at each class number, else 0.",
)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """A new last dimension with 1 at the class number, else 0; num_classes -1 means one more than the largest."""
    if tensor.meta.dtype is not dtypes.int64:
        raise RuntimeError("one_hot is only applicable to index tensor of type LongTensor.")
    if tensor.meta.numel == 0 and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    whole = tensor.concrete()
    if tensor.meta.numel and int(whole.min()) < 0:
        raise RuntimeError("Class values must be non-negative.")
    largest = int(whole.max()) if tensor.meta.numel else -1
    if num_classes == -1:
        num_classes = largest + 1
    elif num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    elif largest >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return apply(_ONE_HOT, (tensor,), (num_classes,))


# ------------------------------------------------------------------ padding
def pad(input: Tensor, pad, mode: str = "constant", value: float | None = None) -> Tensor:
    """Borders around the last dimensions: constant, reflected, replicated or circular."""
    if len(pad) % 2:
        raise RuntimeError("Padding length must be divisible by 2")
    if len(pad) // 2 > input.meta.ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got padding length "
            f"{len(pad)} and input of dimension {input.meta.ndim}"
        )
    if mode == "constant":
        return constant_pad(input, pad, 0 if value is None else value)
    if value not in (None, 0):
        raise ValueError(f'Padding mode "{mode}" doesn\'t take in value argument')
    for i, (before, after) in enumerate(zip(pad[::2], pad[1::2])):
        dim = input.meta.ndim - 1 - i
        if before or after:
            _check_border(mode, input.meta.shape[dim], before, after)
            if min(before, after) < 0:
                input = input.index_select(dim, _border(mode, input.meta.shape[dim], before, after))
            else:
                input = cat([p for p in _pieces(mode, input, dim, before, after) if p.meta.shape[dim]], dim)
    return input


def _check_border(mode: str, size: int, before: int, after: int) -> None:
    if mode == "circular" and max(before, after) > size:
        raise RuntimeError("Padding value causes wrapping around more than once.")
    if mode == "reflect" and max(before, after) >= size:
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but got: padding "
            f"({before}, {after}) at dimension {size}"
        )
    if mode not in ("replicate", "circular", "reflect"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")


def _pieces(mode: str, input: Tensor, dim: int, before: int, after: int) -> list[Tensor]:
    """What stands before the elements of a dimension, these, and what stands after them."""
    size = input.meta.shape[dim]
    if mode == "circular":
        return [input.narrow(dim, size - before, before), input, input.narrow(dim, 0, after)]
    if mode == "reflect":
        ends = input.narrow(dim, 1, before), input.narrow(dim, size - 1 - after, after)
        return [ends[0].flip(dim), input, ends[1].flip(dim)]
    shape = list(input.meta.shape)
    first, last = input.narrow(dim, 0, 1), input.narrow(dim, size - 1, 1)
    return [
        first.expand(*shape[:dim], before, *shape[dim + 1 :]),
        input,
        last.expand(*shape[:dim], after, *shape[dim + 1 :]),
    ]


def _border(mode: str, size: int, before: int, after: int) -> Tensor:
    """Which element stands at each place of a dimension that is padded, or cut where a number is negative."""
    import numpy as np

    places = np.arange(-before, size + after)
    if mode == "replicate":
        found = places.clip(0, size - 1)
    elif mode == "circular":
        kept = places[(places >= 0) & (places < size)]  # negative borders cut before what is left is repeated
        found = kept[np.arange(-max(before, 0), len(kept) + max(after, 0)) % max(len(kept), 1)]
    else:
        found = np.abs(places)
        found = np.where(found >= size, 2 * (size - 1) - found, found)
    return Tensor.from_array(found.astype(np.int64))
