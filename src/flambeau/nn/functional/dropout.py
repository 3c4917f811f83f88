"""Dropout: random zeros while training, with the rest scaled so that the mean stays."""

from __future__ import annotations

import warnings

from ... import Tensor
from ...ops.public import FUNCTIONS


def _called(name: str, input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    return FUNCTIONS[name + "_" if inplace else name](input, p, training)


def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Sets each element to zero with probability p and multiplies the others by 1 / (1 - p), if training."""
    _check_probability(p)
    return _called("dropout", input, p, training, inplace)


def dropout1d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Drops whole channels of (N, C, L) or (C, L)."""
    _check_probability(p)
    if input.dim() not in (2, 3):
        raise RuntimeError(
            f"dropout1d: Expected 2D or 3D input, but received a {input.dim()}D input. Note that dropout1d exists to "
            "provide channel-wise dropout on inputs with 1 spatial dimension, a channel dimension, and an optional "
            "batch dimension (i.e. 2D or 3D inputs)."
        )
    return _drop_features(input, p, training, inplace, batched=input.dim() == 3)


def dropout2d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Drops whole channels of (N, C, H, W)."""
    _check_probability(p)
    _warn_dimensions(2, input)
    if input.dim() == 3:
        warnings.warn(
            "dropout2d: Received a 3D input to dropout2d and assuming that channel-wise 1D dropout behavior is "
            "desired - input is interpreted as shape (N, C, L), where C is the channel dim. This behavior will change "
            "in a future release to interpret the input as one without a batch dimension, i.e. shape (C, H, W). To "
            "maintain the 1D channel-wise dropout behavior, please switch to using dropout1d instead.",
            stacklevel=2,
        )
    return _drop_features(input, p, training, inplace)


def dropout3d(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """Drops whole channels of (N, C, D, H, W) or (C, D, H, W)."""
    _check_probability(p)
    _warn_dimensions(3, input)
    return _drop_features(input, p, training, inplace, batched=input.dim() == 5)


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """Dropout that keeps mean and variance of what selu gives: dropped values become its lower limit."""
    _check_probability(p)
    return _called("alpha_dropout", input, p, training, inplace)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> Tensor:
    """alpha_dropout of whole channels of (N, C, *)."""
    _check_probability(p)
    return _called("feature_alpha_dropout", input, p, training, inplace)


def _check_probability(p: float):
    if p < 0.0 or p > 1.0:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")


def _warn_dimensions(dims: int, input: Tensor):
    if input.dim() not in (dims + 1, dims + 2):
        warnings.warn(
            f"dropout{dims}d: Received a {input.dim()}-D input to dropout{dims}d, which is deprecated and will result "
            "in an error in a future release. To retain the behavior and silence this warning, please use dropout "
            f"instead. Note that dropout{dims}d exists to provide channel-wise dropout on inputs with {dims} spatial "
            f"dimensions, a channel dimension, and an optional batch dimension (i.e. {dims + 1}D or {dims + 2}D "
            "inputs).",
            stacklevel=3,
        )


def _drop_features(input: Tensor, p: float, training: bool, inplace: bool, batched: bool = True) -> Tensor:
    if batched:
        return _called("feature_dropout", input, p, training, inplace)
    return _called("feature_dropout", input.unsqueeze(0), p, training, inplace).squeeze(0)
