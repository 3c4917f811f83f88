"""torch.nn.functional: the operations of networks as plain functions.

In: tensors and the settings of an operation, as PyTorch's functions take them. Out: tensors. Each function checks what
PyTorch checks, with its errors and warnings, and calls an op, or is written in tensor operations where it is composite.
"""

# fmt: off
# isort: off
from ...ops.signatures import entrances as _entrances
from ...ops.functional import adaptive_avg_pool1d, gelu, linear, one_hot
from .activation import (
    celu, celu_, elu, elu_, glu, gumbel_softmax, hardshrink, hardsigmoid, hardswish, hardtanh, hardtanh_, leaky_relu,
    leaky_relu_, log_softmax, logsigmoid, mish, prelu, relu, relu6, relu_, rrelu, rrelu_, selu, selu_, sigmoid, silu,
    softmax, softmin, softplus, softshrink, softsign, tanh, tanhshrink, threshold, threshold_,
)
from .attention import multi_head_attention_forward, scaled_dot_product_attention
from .convolution import conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d, conv_transpose3d
from .ctc import ctc_loss
from .dispatching import BroadcastingList1, BroadcastingList2, BroadcastingList3, boolean_dispatch
from .distance import cosine_similarity, normalize, pairwise_distance, pdist
from .dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
from .fractional import (
    fractional_max_pool2d, fractional_max_pool2d_with_indices, fractional_max_pool3d,
    fractional_max_pool3d_with_indices,
)
from .grids import affine_grid, grid_sample
from .linear_loss import linear_cross_entropy
from .loss import (
    binary_cross_entropy, binary_cross_entropy_with_logits, cosine_embedding_loss, cross_entropy, gaussian_nll_loss,
    hinge_embedding_loss, huber_loss, kl_div, l1_loss, margin_ranking_loss, mse_loss, multilabel_soft_margin_loss,
    nll_loss, poisson_nll_loss, smooth_l1_loss, soft_margin_loss, triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from .margins import multi_margin_loss, multilabel_margin_loss
from .normalization import batch_norm, group_norm, instance_norm, layer_norm, local_response_norm, rms_norm
from .pooling import (
    adaptive_avg_pool2d, adaptive_avg_pool3d, adaptive_max_pool1d, adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d, adaptive_max_pool2d_with_indices, adaptive_max_pool3d, adaptive_max_pool3d_with_indices,
    avg_pool1d, avg_pool2d, avg_pool3d, lp_pool1d, lp_pool2d, lp_pool3d, max_pool1d, max_pool1d_with_indices,
    max_pool2d, max_pool2d_with_indices, max_pool3d, max_pool3d_with_indices,
)
from .resampling import (
    channel_shuffle, interpolate, pad, pixel_shuffle, pixel_unshuffle, upsample, upsample_bilinear, upsample_nearest,
)
from .scaled import ScalingType, SwizzleType, grouped_mm, scaled_grouped_mm, scaled_mm
from .tables import bilinear, embedding, embedding_bag
from .windows import fold, max_unpool1d, max_unpool2d, max_unpool3d, unfold
# isort: on
# fmt: on

_package = __name__.partition(".")[0]
_entrances(globals(), f"{_package}.ops")
_entrances(globals(), _package, python=True)
native_channel_shuffle = channel_shuffle

# What asks classes that are no tensors what calls mean; imported when asked for.
_OVERRIDES = ("handle_torch_function", "has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")


def __getattr__(name):
    if name not in _OVERRIDES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    import importlib

    return getattr(importlib.import_module("...overrides", __name__), name)


__all__ = [name for name, value in list(globals().items()) if callable(value) and not name.startswith("_")]
