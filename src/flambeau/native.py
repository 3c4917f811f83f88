"""The functions of networks under the names of torch itself, with the arguments that they have there.

What torch.nn.functional takes with the same arguments is handed through; what differs (an order of arguments, a
reduction as a number, results that only torch gives) is adapted here. Loaded when one of its names is first used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from . import dtypes, ranges
from .nn import functional as F
from .nn.functional.tables import renormalize
from .ops import views
from .tensor import Tensor

SAME = """
adaptive_avg_pool1d avg_pool1d bilinear celu celu_ channel_shuffle conv1d conv2d conv3d conv_transpose1d
conv_tbc conv_transpose2d conv_transpose3d cosine_similarity hardshrink max_pool1d max_pool1d_with_indices max_pool2d
max_pool3d pairwise_distance pdist pixel_shuffle pixel_unshuffle prelu rms_norm rrelu rrelu_ selu selu_ threshold
threshold_
"""
for _name in SAME.split():
    globals()[_name] = getattr(F, _name)
adaptive_max_pool1d = F.adaptive_max_pool1d_with_indices
native_channel_shuffle = F.channel_shuffle

REDUCTIONS = ("none", "mean", "sum")


# ------------------------------------------------------------------ losses: the reduction is a number
def binary_cross_entropy_with_logits(input, target, weight=None, pos_weight=None, reduction: int = 1) -> Tensor:
    """F.binary_cross_entropy_with_logits; reduction: 0 none, 1 mean, 2 sum."""
    return F.binary_cross_entropy_with_logits(
        input, target, weight, reduction=REDUCTIONS[reduction], pos_weight=pos_weight
    )


def cosine_embedding_loss(input1, input2, target, margin: float = 0.0, reduction: int = 1) -> Tensor:
    """F.cosine_embedding_loss; reduction: 0 none, 1 mean, 2 sum."""
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=REDUCTIONS[reduction])


def ctc_loss(
    log_probs, targets, input_lengths, target_lengths, blank=0, reduction: int = 1, zero_infinity=False
) -> Tensor:
    """F.ctc_loss; reduction: 0 none, 1 mean, 2 sum."""
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, REDUCTIONS[reduction], zero_infinity)


def hinge_embedding_loss(input, target, margin: float = 1.0, reduction: int = 1) -> Tensor:
    """F.hinge_embedding_loss; reduction: 0 none, 1 mean, 2 sum."""
    return F.hinge_embedding_loss(input, target, margin, reduction=REDUCTIONS[reduction])


def kl_div(input, target, reduction: int = 1, *, log_target: bool = False) -> Tensor:
    """F.kl_div; reduction: 0 none, 1 mean over all elements, 2 sum."""
    loss = F.kl_div(input, target, reduction="none", log_target=log_target)
    return loss if reduction == 0 else loss.mean() if reduction == 1 else loss.sum()


def margin_ranking_loss(input1, input2, target, margin: float = 0.0, reduction: int = 1) -> Tensor:
    """F.margin_ranking_loss; reduction: 0 none, 1 mean, 2 sum."""
    return F.margin_ranking_loss(input1, input2, target, margin, reduction=REDUCTIONS[reduction])


def poisson_nll_loss(input, target, log_input: bool, full: bool, eps: float, reduction: int) -> Tensor:
    """F.poisson_nll_loss; reduction: 0 none, 1 mean, 2 sum."""
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=REDUCTIONS[reduction])


def triplet_margin_loss(
    anchor, positive, negative, margin=1.0, p=2.0, eps=1e-6, swap: bool = False, reduction: int = 1
) -> Tensor:
    """F.triplet_margin_loss; reduction: 0 none, 1 mean, 2 sum."""
    return F.triplet_margin_loss(anchor, positive, negative, margin, p, eps, swap, reduction=REDUCTIONS[reduction])


# ------------------------------------------------------------------ dropouts: training is called train and must be said
def dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """F.dropout."""
    return F.dropout(input, p, train)


def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """F.dropout, in place."""
    return F.dropout(input, p, train, inplace=True)


def native_dropout(input: Tensor, p: float, train: bool | None) -> tuple[Tensor, Tensor]:
    """Dropout and its mask: (result, which elements were kept)."""
    if train is False:
        return input.clone(), input.new_ones(input.shape, dtype=dtypes.bool_)
    kept = F.dropout(input.new_ones(input.shape), p, True)
    return input * kept, kept.ne(0)


def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """F.alpha_dropout."""
    return F.alpha_dropout(input, p, train)


def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """F.alpha_dropout, in place."""
    return F.alpha_dropout(input, p, train, inplace=True)


def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """F.feature_alpha_dropout."""
    return F.feature_alpha_dropout(input, p, train)


def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """F.feature_alpha_dropout, in place."""
    return F.feature_alpha_dropout(input, p, train, inplace=True)


def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Drops whole channels of (N, C, *)."""
    kept = F.dropout(input.new_ones((*input.shape[:2], *[1] * (input.dim() - 2))), p, train)
    return input * kept


def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """feature_dropout, in place."""
    return input.copy_(feature_dropout(input, p, train))


# ------------------------------------------------------------------ convolution
def convolution(
    input, weight, bias, stride, padding, dilation, transposed: bool, output_padding, groups: int
) -> Tensor:
    """F.conv1d to F.conv3d, by the weight's dimensions; where transposed, F.conv_transpose1d to F.conv_transpose3d."""
    rank = weight.dim() - 2
    if transposed:
        return getattr(F, f"conv_transpose{rank}d")(
            input, weight, bias, stride, padding, output_padding, groups, dilation
        )
    return getattr(F, f"conv{rank}d")(input, weight, bias, stride, padding, dilation, groups)


def mkldnn_convolution(input, weight, bias, padding, stride, dilation, groups: int) -> Tensor:
    """F.conv1d to F.conv3d, by the weight's dimensions."""
    return convolution(input, weight, bias, stride, padding, dilation, False, (0,), groups)


# ------------------------------------------------------------------ normalisation
def batch_norm(
    input, weight, bias, running_mean, running_var, training: bool, momentum: float, eps: float, cudnn_enabled: bool
) -> Tensor:
    """F.batch_norm, with weight and bias first."""
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


def instance_norm(
    input, weight, bias, running_mean, running_var, use_input_stats: bool, momentum: float, eps: float, cudnn_enabled
) -> Tensor:
    """F.instance_norm, with weight and bias first."""
    return F.instance_norm(input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps)


def layer_norm(input, normalized_shape, weight=None, bias=None, eps: float = 1e-5, cudnn_enable: bool = True) -> Tensor:
    """F.layer_norm."""
    return F.layer_norm(input, normalized_shape, weight, bias, eps)


def group_norm(input, num_groups: int, weight=None, bias=None, eps: float = 1e-5, cudnn_enabled: bool = True) -> Tensor:
    """F.group_norm."""
    return F.group_norm(input, num_groups, weight, bias, eps)


def native_layer_norm(input, normalized_shape, weight, bias, eps: float) -> tuple[Tensor, Tensor, Tensor]:
    """Layer normalisation, the means, and one over the standard deviations."""
    dims = tuple(range(-len(normalized_shape), 0))
    return (F.layer_norm(input, normalized_shape, weight, bias, eps), *_statistics(input.detach(), dims, eps))


def native_group_norm(input, weight, bias, N: int, C: int, HxW: int, group: int, eps: float):
    """Group normalisation of (N, C, *), the means (N, group), and one over the standard deviations."""
    if group <= 0:
        raise RuntimeError(f"Expected num groups to be greater than 0, got {group}")
    mean, rstd = _statistics(input.reshape(N, group, C // group * HxW), (2,), eps)
    return F.group_norm(input, group, weight, bias, eps), mean.squeeze(2), rstd.squeeze(2)


def native_batch_norm(input, weight, bias, running_mean, running_var, training: bool, momentum: float, eps: float):
    """Batch normalisation, and if training the means and one over the standard deviations, else two empty tensors."""
    result = F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)
    if not training:
        return result, input.new_empty(0), input.new_empty(0)
    mean, rstd = _statistics(input.detach(), tuple(d for d in range(input.dim()) if d != 1), eps)
    return result, mean.flatten(), rstd.flatten()


def batch_norm_update_stats(input, running_mean, running_var, momentum: float) -> tuple[Tensor, Tensor]:
    """Means and variances of the channels; the running ones move towards them."""
    dims = tuple(d for d in range(input.dim()) if d != 1)
    mean, var = input.mean(dims), input.var(dims, correction=0)
    for running, now in ((running_mean, mean), (running_var, input.var(dims, correction=1))):
        if running is not None:
            running.lerp_(now, momentum)
    return mean, var


def _native_batch_norm_legit(input, weight, bias, *args):
    """native_batch_norm; without running statistics these are left out."""
    running = () if isinstance(args[0], bool) else args[:2]
    return native_batch_norm(input, weight, bias, *(running or (None, None)), *args[len(running) :])


def _statistics(x: Tensor, dims, eps: float) -> tuple[Tensor, Tensor]:
    wide = x.float() if x.dtype in (dtypes.float16, dtypes.bfloat16) else x
    mean, rstd = wide.mean(dims, keepdim=True), (wide.var(dims, correction=0, keepdim=True) + eps).rsqrt()
    return mean.to(x.dtype), rstd.to(x.dtype)


def frobenius_norm(input: Tensor, dim, keepdim: bool = False, *, out=None) -> Tensor:
    """The root of the sum of squares over at most two dimensions; no dimension stands for all."""
    dims = [dim] if isinstance(dim, int) else list(dim)
    if len(dims) > 2:
        raise RuntimeError(f"Expected at most 2 dimensions, but got {len(dims)} dimensions instead.")
    return input.norm(2, dims or None, keepdim) if out is None else out.copy_(input.norm(2, dims or None, keepdim))


def nuclear_norm(input: Tensor, dim=None, keepdim: bool = False, *, out=None) -> Tensor:
    """The sum of the singular values of matrices, which stand in two dimensions (all there are, by default)."""
    from .linalg import matrix_norm

    return matrix_norm(input, "nuc", (-2, -1) if dim is None else dim, keepdim, out=out)


def norm_except_dim(v: Tensor, pow: int = 2, dim: int = 0) -> Tensor:
    """The norm over all dimensions but one, which stay with size 1; dim -1: over all."""
    if dim == -1:
        return v.norm(pow)
    return v.norm(pow, [d for d in range(v.dim()) if d != dim % v.dim()], keepdim=True)


# ------------------------------------------------------------------ tables and grids
def embedding(weight, indices, padding_idx: int = -1, scale_grad_by_freq: bool = False, sparse: bool = False) -> Tensor:
    """F.embedding, with the table first; padding_idx -1: none."""
    return F.embedding(
        indices, weight, None if padding_idx == -1 else padding_idx, None, 2.0, scale_grad_by_freq, sparse
    )


MODES = ("sum", "mean", "max")


def embedding_bag(
    weight: Tensor,
    indices: Tensor,
    offsets: Tensor,
    scale_grad_by_freq: bool = False,
    mode: int = 0,
    sparse: bool = False,
    per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False,
    padding_idx: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """F.embedding_bag with the table first; mode: 0 sum, 1 mean, 2 max.

    Result: the bags, the bag of each index, the sizes of bags (where they are asked for), which index was the largest.
    """
    bags = F.embedding_bag(
        indices, weight, offsets, None, 2.0, scale_grad_by_freq, MODES[mode], sparse, per_sample_weights,
        include_last_offset, padding_idx,
    )  # fmt: skip
    nothing = offsets.new_zeros(bags.shape[0])
    if mode == 0 and padding_idx is None:
        return bags, offsets.new_empty(0), nothing, nothing.clone()
    kept = indices.ne(-1 if padding_idx is None else padding_idx % weight.shape[0]).to(offsets.dtype)
    line = ranges.arange(len(indices)).unsqueeze(1)
    bag_of = (line >= offsets[: bags.shape[0]]).sum(1) - 1
    sizes = nothing.scatter_add(0, bag_of, kept) if mode else nothing
    if mode < 2:
        return bags, bag_of, sizes, sizes.clone()
    chosen = bags.detach().index_select(0, bag_of).eq(weight.detach().index_select(0, indices))
    largest = nothing.unsqueeze(1).expand(bags.shape)
    places = bag_of.unsqueeze(1).expand(chosen.shape)
    return bags, bag_of, sizes, largest.scatter_reduce(0, places, chosen * indices.unsqueeze(1), "amax")


def embedding_renorm_(input: Tensor, indices: Tensor, max_norm: float, norm_type: float) -> Tensor:
    """Scales the rows of a table that are named down to a norm, in place."""
    renormalize(input, indices, max_norm, norm_type)
    return input


INTERPOLATIONS, PADDINGS = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")


def grid_sampler(input, grid, interpolation_mode: int, padding_mode: int, align_corners: bool) -> Tensor:
    """F.grid_sample.

    interpolation_mode: 0 bilinear, 1 nearest, 2 bicubic; padding_mode: 0 zeros, 1 border, 2 reflection.
    """
    return F.grid_sample(input, grid, INTERPOLATIONS[interpolation_mode], PADDINGS[padding_mode], align_corners)


grid_sampler_2d = grid_sampler_3d = grid_sampler


def affine_grid_generator(theta: Tensor, size, align_corners: bool) -> Tensor:
    """F.affine_grid."""
    return F.affine_grid(theta, list(size), align_corners)


# ------------------------------------------------------------------ recurrent layers, with their weights as a list
def _layers(kind: str, input, hx, params: Sequence[Tensor], settings: tuple, **options):
    from . import nn
    from .random import fork_rng

    has_biases, num_layers, dropout, train, bidirectional, batch_first = settings
    width = params[0].shape[1]
    hidden = params[1].shape[1]
    with fork_rng():  # the layer's own initial weights are not asked for
        layer = getattr(nn, kind)(
            width,
            hidden,
            num_layers,
            bias=has_biases,
            batch_first=batch_first,
            dropout=dropout if train else 0.0,
            bidirectional=bidirectional,
            **options,
        )
    layer.train(train)
    for (name, _), value in zip(list(layer.named_parameters()), params):
        del layer._parameters[name]
        object.__setattr__(layer, name, value)
    return layer(input, hx)


def lstm(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """A whole LSTM: (output, last h, last c). params: the weights in the order of nn.LSTM.parameters()."""
    settings = (has_biases, num_layers, dropout, train, bidirectional, batch_first)
    output, (h, c) = _layers("LSTM", input, tuple(hx), params, settings)
    return output, h, c


def gru(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """A whole GRU: (output, last h)."""
    return _layers("GRU", input, hx, params, (has_biases, num_layers, dropout, train, bidirectional, batch_first))


def rnn_tanh(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """A whole RNN with tanh: (output, last h)."""
    return _layers("RNN", input, hx, params, (has_biases, num_layers, dropout, train, bidirectional, batch_first))


def rnn_relu(input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first):
    """A whole RNN with ReLU: (output, last h)."""
    settings = (has_biases, num_layers, dropout, train, bidirectional, batch_first)
    return _layers("RNN", input, hx, params, settings, nonlinearity="relu")


def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) -> tuple[Tensor, Tensor]:
    """One step of an LSTM: (h, c)."""
    from .ops.recurrent import lstm_cell as step

    h, c = hx
    return step(F.linear(input, w_ih, b_ih) + F.linear(h, w_hh, b_hh), c)


def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) -> Tensor:
    """One step of a GRU."""
    from .ops.recurrent import gru_cell as step

    return step(F.linear(input, w_ih, b_ih), F.linear(hx, w_hh, b_hh), hx)


def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) -> Tensor:
    """One step of an RNN with tanh."""
    return (F.linear(input, w_ih, b_ih) + F.linear(hx, w_hh, b_hh)).tanh()


def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None) -> Tensor:
    """One step of an RNN with ReLU."""
    return (F.linear(input, w_ih, b_ih) + F.linear(hx, w_hh, b_hh)).relu()


# ------------------------------------------------------------------ methods as functions
def _method(name: str) -> Callable:
    def function(input, *args, **kwargs):
        return getattr(input, name)(*args, **kwargs)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Tensor.{name}."
    return function


METHODS = """
addmv_ as_strided_ clamp_ clamp_max_ clamp_min_ clip_ detach detach_ index_put_ ldexp_ logit_ nan_to_num_ round_ xlogy_
resize_as_ get_device
conj_physical_ is_distributed is_inference is_same_size is_signed
"""
for _name in METHODS.split():
    globals()[_name] = _method(_name)


def unsafe_split(tensor: Tensor, split_size, dim: int = 0):
    """split, of whose results each counts its changes alone."""
    return views.split(tensor, split_size, dim)


unsafe_split_with_sizes = unsafe_split


def unsafe_chunk(input: Tensor, chunks: int, dim: int = 0):
    """chunk, of whose results each counts its changes alone."""
    return views.chunk(input, chunks, dim)


def adjoint(input: Tensor) -> Tensor:
    """The transposed conjugates of matrices, as a view."""
    return input.adjoint()


def slice_inverse(input: Tensor, src: Tensor, dim: int = 0, start=None, end=None, step: int = 1) -> Tensor:
    """What a slice was taken from: its memory, seen as `src` is."""
    return input.as_strided(src.shape, src.stride(), src.storage_offset())


def typename(obj) -> str:
    """The name of an object's type: torch.FloatTensor for tensors, a dotted name for others."""
    if isinstance(obj, Tensor):
        return obj.type()
    module, name = getattr(obj, "__module__", None), getattr(obj, "__qualname__", None)
    if name is None:
        module, name = type(obj).__module__, type(obj).__qualname__
    return name if module in (None, "", "builtins") else f"{module}.{name}"


__all__ = [name for name, value in list(globals().items()) if callable(value) and not name.startswith("_")]
__all__ = [name for name in __all__ if name not in ("Callable", "Sequence", "Tensor")]
__all__ += ["_native_batch_norm_legit"]
