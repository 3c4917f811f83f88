"""torch.nn.utils.fusion: batch normalisation in evaluation mode, made a part of the layer before it.

y = (W x + b - mean) / sqrt(var + eps) * weight + bias is a layer of the same kind with other W and b.
"""

from __future__ import annotations

import copy

from ... import Tensor, ones_like, zeros_like
from ..parameter import Parameter


def fuse_conv_bn_eval(conv, bn, transpose: bool = False):
    """A convolution that computes a convolution and the batch normalisation behind it, both in evaluation mode.

    transpose: whether it is a transposed convolution. Raises AssertionError where one is in training mode or bn keeps
    no statistics.
    """
    fused = _copy_for_fusion(conv, bn)
    fused.weight, fused.bias = fuse_conv_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias, transpose
    )
    return fused


def fuse_conv_bn_weights(
    conv_w: Tensor, conv_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float, bn_w: Tensor | None,
    bn_b: Tensor | None, transpose: bool = False,
) -> tuple[Parameter, Parameter]:  # fmt: skip
    """The weight and bias of the fused convolution."""
    shape = [1] * conv_w.dim()
    shape[1 if transpose else 0] = -1
    return _fused(conv_w, shape, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def fuse_linear_bn_eval(linear, bn):
    """A linear layer that computes one and the batch normalisation behind it, both in evaluation mode.

    Raises AssertionError where one is in training mode or the sizes do not fit.
    """
    fused = _copy_for_fusion(linear, bn)
    if bn.num_features not in (1, linear.out_features):
        raise AssertionError(
            "To fuse, linear.out_features == bn.num_features or bn.num_features == 1, got "
            f"linear.out_features={linear.out_features} and bn.num_features={bn.num_features}"
        )
    fused.weight, fused.bias = fuse_linear_bn_weights(
        fused.weight, fused.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    return fused


def fuse_linear_bn_weights(
    linear_w: Tensor, linear_b: Tensor | None, bn_rm: Tensor, bn_rv: Tensor, bn_eps: float, bn_w: Tensor, bn_b: Tensor
) -> tuple[Parameter, Parameter]:
    """The weight and bias of the fused linear layer."""
    return _fused(linear_w, [-1, 1], linear_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)


def _copy_for_fusion(layer, bn):
    if layer.training or bn.training:
        raise AssertionError("Fusion only for eval!")
    if bn.running_mean is None or bn.running_var is None:
        raise AssertionError("bn.running_mean and bn.running_var must not be None")
    return copy.deepcopy(layer)


def _fused(weight, shape, bias, mean, var, eps, bn_weight, bn_bias) -> tuple[Parameter, Parameter]:
    """shape: the one in which the channels' factors meet the weight."""
    bn_weight = ones_like(mean) if bn_weight is None else bn_weight
    bn_bias = zeros_like(mean) if bn_bias is None else bn_bias
    bias = zeros_like(mean) if bias is None else bias
    scale = bn_weight * (var + eps).rsqrt()
    fused_weight = (weight * scale.reshape(shape)).to(weight.dtype)
    fused_bias = ((bias - mean) * scale + bn_bias).to(bias.dtype)
    return Parameter(fused_weight, weight.requires_grad), Parameter(fused_bias, bias.requires_grad)
