"""The ops behind torch.nn.functional; `nn` checks and names their arguments."""

from __future__ import annotations

import math

from .. import dtypes, ir
from ..meta import contiguous
from ..tensor import Tensor
from .borders import pad
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
from .movement import stack
from .normalization import batch_norm, group_norm, layer_norm
from .outputs import FOUND
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
from .public import finish
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


def gelu(input: Tensor, *, approximate: str = "none", out=None) -> Tensor:
    """x times the normal distribution function of x; approximate: "none" or "tanh"."""
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    result = apply1(GELU if approximate == "none" else TANH_GELU, input)
    return result if out is None else finish(result, out, input, exact=FOUND)


# ------------------------------------------------------------------ tables
def embedding(
    weight: Tensor,
    index: Tensor,
    padding_idx: int | None = None,
    scale_grad_by_freq: bool = False,
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
    smallest, largest = stack([whole.min(), whole.max()]).tolist() if tensor.meta.numel else (0, -1)
    if smallest < 0:
        raise RuntimeError("Class values must be non-negative.")
    if num_classes == -1:
        num_classes = largest + 1
    elif num_classes < 1:
        raise RuntimeError("num_classes should be positive")
    elif largest >= num_classes:
        raise RuntimeError("Class values must be smaller than num_classes.")
    return apply(_ONE_HOT, (tensor,), (num_classes,))
