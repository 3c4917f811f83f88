"""Normalisation by mean and variance: over the batch, a layer, groups of channels or single instances.

The primitives are batch_norm and layer_norm; the others arrange their input so that one of these fits.
"""

from __future__ import annotations

import math

from ... import Tensor, no_grad
from ...ops import functional as ops
from ...ops.registry import refuse_gradient
from ...ops.signatures import Sizes
from .pooling import avg_pool2d
from .resampling import pad


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
    bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalises (N, C, *) over all but the channels, then scales and shifts each channel.

    training: use the batch's statistics and move the running ones towards them by momentum; else use the running ones.
    Raises ValueError where training has a single value for a channel.
    """
    if training:
        _verify_batch_size(input.shape)
    if training and eps <= 0.0:
        raise ValueError(f"batch_norm eps must be positive during training, but got {eps}")
    if eps < 0.0:
        raise ValueError(f"batch_norm eps must be non-negative, but got {eps}")
    return ops.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def _verify_batch_size(size):
    if math.prod((size[0], *size[2:])) == 1:
        raise ValueError(f"Expected more than 1 value per channel when training, got input size {size}")


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None, weight: Tensor | None = None,
    bias: Tensor | None = None, use_input_stats: bool = True, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalises each channel of each sample of (N, C, *) by itself. Arguments as for batch_norm."""
    if use_input_stats and math.prod(input.shape[2:]) == 1:
        raise ValueError(f"Expected more than 1 spatial element when training, got input size {input.shape}")
    if not use_input_stats:
        return ops.batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    batch, channels = input.shape[:2]
    # Samples become channels of one batch: each then has statistics of its own, whose means are the running ones.
    refuse_gradient("native_batch_norm", running_mean=running_mean, running_var=running_var)
    mean, var = (
        None if running is None else running.to(input.dtype).repeat(batch) for running in (running_mean, running_var)
    )
    scale, shift = (None if values is None else values.repeat(batch) for values in (weight, bias))
    merged = input.reshape(1, batch * channels, *input.shape[2:])
    normal = ops.batch_norm(merged, mean, var, scale, shift, True, momentum, eps).reshape(input.shape)
    with no_grad():
        for running, repeated in ((running_mean, mean), (running_var, var)):
            if running is not None:
                running.copy_(repeated.reshape(batch, channels).mean(0))
    return normal


def layer_norm(
    input: Tensor, normalized_shape: Sizes, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Normalises over the last dimensions, whose sizes are normalized_shape, then scales and shifts each element."""
    return ops.layer_norm(input, tuple(normalized_shape), weight, bias, eps)


def group_norm(
    input: Tensor, num_groups: int, weight: Tensor | None = None, bias: Tensor | None = None, eps: float = 1e-5
) -> Tensor:
    """Normalises each group of channels of each sample of (N, C, *), then scales and shifts each channel."""
    if input.dim() < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but received {input.dim()}")
    batch, channels = input.shape[:2]
    if num_groups < 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {num_groups}")
    if channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of shape "
            f"{list(input.shape)} and num_groups={num_groups}"
        )
    _verify_batch_size([batch * channels // num_groups, num_groups, *input.shape[2:]])
    _check_channels("group_norm", "weight", weight, channels, input)
    _check_channels("group_norm", "bias", bias, channels, input)
    return ops.group_norm(input, num_groups, weight, bias, eps)


def _check_channels(name: str, what: str, values: Tensor | None, channels: int, input: Tensor):
    if values is not None and tuple(values.shape) != (channels,):
        raise RuntimeError(
            f"Expected {what} to be a vector of size equal to the number of channels in input, but got {what} of shape "
            f"{list(values.shape)} and input of shape {list(input.shape)}"
        )


def rms_norm(input: Tensor, normalized_shape: Sizes, weight: Tensor | None = None, eps: float | None = None) -> Tensor:
    """Divides by the root of the mean square over the last dimensions. eps: the type's smallest step where None."""
    shape = tuple(normalized_shape)
    if not shape:
        raise RuntimeError(
            "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one element, but got "
            "normalized_shape = []"
        )
    if weight is not None and tuple(weight.shape) != shape:
        raise RuntimeError(
            "Expected weight to be of same shape as normalized_shape, but got weight of shape "
            f"{list(weight.shape)} and normalized_shape = {list(shape)}"
        )
    if tuple(input.shape[input.dim() - len(shape) :]) != shape:
        raise RuntimeError(
            f"Given normalized_shape={list(shape)}, expected input with shape [*{', '.join(map(str, shape))}], but "
            f"got input of size{list(input.shape)}"
        )
    from ... import finfo

    dims = tuple(range(-len(shape), 0))
    eps = finfo(input.dtype).eps if eps is None else eps
    x = input.float() if input.dtype.itemsize == 2 else input  # rounded once, at the end
    normal = x * (x.pow(2).mean(dims, keepdim=True) + eps).rsqrt()
    result = normal if weight is None else normal * weight
    return result if x is input else result.to(input.dtype)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """Divides by a power of the mean square over `size` neighbouring channels of (N, C, *)."""
    if input.dim() < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality                          input (got {input.dim()} dimensions)"
        )
    if input.numel() == 0:
        return input
    squares = input.mul(input).flatten(2).unsqueeze(1)
    padded = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    mean = avg_pool2d(padded, (size, 1), stride=1).squeeze(1).reshape(input.shape)
    return input / mean.mul(alpha).add(k).pow(beta)
