"""Convolution in one and two dimensions, its gradients, which are convolutions again, and transposed convolution, which
is the gradient for the input."""

from __future__ import annotations

from .. import dtypes, errors, ir, window_shapes
from ..ir import Node
from ..meta import Meta, contiguous, images
from ..tensor import Tensor
from .movement import constant_pad
from .registry import Op, apply
from .signatures import Dims
from .views import squeeze, unsqueeze


def _attrs(stride, padding, dilation, groups) -> dict:
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def _check_types(input: Meta, weight: Meta, bias: Meta | None, kernel: str = "slow_conv2d_cpu"):
    if input.dtype is dtypes.bool_:
        raise errors.no_kernel(kernel, input.dtype)
    for name, other in (("weight", weight), ("bias", bias)):
        if other is not None and other.dtype is not input.dtype:
            a, b = (f"torch.{errors.TYPE_NAMES[m.dtype.name]}" for m in (input, other))
            if name == "weight":
                raise RuntimeError(f"Input type ({a}) and weight type ({b}) should be the same")
            raise RuntimeError(
                f"Input type ({errors.SCALAR_NAMES[input.dtype.name]}) and bias type "
                f"({errors.SCALAR_NAMES[other.dtype.name]}) should be the same"
            )


def _infer(input, weight, bias, stride, padding, dilation, groups):
    _check_types(input, weight, bias)
    shape = window_shapes.conv_shape(
        "conv2d", input.shape, weight.shape, None if bias is None else bias.shape, stride, padding, dilation, groups
    )
    return images(shape, input.dtype, input, weight)


def _lower(input, weight, bias, stride, padding, dilation, groups, out):
    attrs = _attrs(stride, padding, dilation, groups)
    return _biased("conv", (input, weight), attrs, tuple(out[0].shape), bias)


def _lower_dx(grad, weight, bias, shape, *geometry):
    return _biased("conv_dx", (grad, weight), _attrs(*geometry), shape, bias)


def _biased(kind: str, operands: tuple[Node, Node], attrs: dict, shape, bias: Node | None) -> Node:
    """A contraction and its bias; halves are rounded once."""
    dtype = operands[0].dtype
    wide = dtype if bias is None else ir.wide_type(dtype)
    value = Node(kind, operands, attrs, shape, wide)
    return value if bias is None else (value + bias.cast(wide).reshape((1, bias.shape[0], 1, 1))).cast(dtype)


CONV = Op(
    "convolution",
    "input weight bias stride padding dilation groups",
    _infer,
    _lower,
    (
        lambda g, weight, meta, stride, padding, dilation, groups: apply(
            CONV_DX, (g, weight, None), (tuple(meta.shape), stride, padding, dilation, groups)
        ),
        lambda g, input, meta, stride, padding, dilation, groups: apply(
            CONV_DW, (input, g), (tuple(meta.shape), stride, padding, dilation, groups)
        ),
        lambda g: g.sum((0, 2, 3)),
    ),
    summary="Two-dimensional cross-correlation.",
    autocast="lower",
)
CONV_DX = Op(
    "convolution_input",
    "grad weight bias shape stride padding dilation groups",
    lambda grad, weight, bias, shape, *geometry: images(shape, grad.dtype, grad, weight),
    _lower_dx,
    (
        lambda g, weight, stride, padding, dilation, groups: apply(
            CONV, (g, weight, None), (stride, padding, dilation, groups)
        ),
        lambda g, grad, meta, stride, padding, dilation, groups: apply(
            CONV_DW, (g, grad), (tuple(meta.shape), stride, padding, dilation, groups)
        ),
        lambda g: g.sum((0, 2, 3)),
    ),
    grad_name="Convolution",
    summary="Gradient of a convolution for its input, and with a bias, transposed convolution.",
    autocast="lower",
)
CONV_DW = Op(
    "convolution_weight",
    "input grad shape stride padding dilation groups",
    lambda input, grad, shape, *geometry: contiguous(shape, grad.dtype),
    lambda input, grad, shape, *geometry: Node("conv_dw", (input, grad), _attrs(*geometry), shape, grad.dtype),
    (
        lambda g, grad, meta, stride, padding, dilation, groups: apply(
            CONV_DX, (grad, g, None), (tuple(meta.shape), stride, padding, dilation, groups)
        ),
        lambda g, input, stride, padding, dilation, groups: apply(
            CONV, (input, g, None), (stride, padding, dilation, groups)
        ),
    ),
    summary="Gradient of a convolution for its weight.",
)


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Dims = 1,
    padding: Dims | str = 0,
    dilation: Dims = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of images (N, C, H, W) or (C, H, W) with filters (O, C / groups, kh, kw).

    padding: a number, one for each dimension, or "same" or "valid".
    Raises RuntimeError where shapes or dtypes do not fit.
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Dims = 1,
    padding: Dims | str = 0,
    dilation: Dims = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of signals (N, C, L) or (C, L) with filters (O, C / groups, k)."""
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def _conv(name, n, input, weight, bias, stride, padding, dilation, groups):
    parameter = window_shapes.conv_parameter
    stride, dilation = parameter("stride", stride, n), parameter("dilation", dilation, n)
    batched = window_shapes.is_batched(name, input.meta.shape)
    x = input if batched else unsqueeze(input, 0)
    if isinstance(padding, str):
        x, padding = _named_padding(x, padding, weight, stride, dilation)
    padding = parameter("padding", padding, n)
    if n == 1:
        window_shapes.conv_shape(
            name,
            input.meta.shape,
            weight.meta.shape,
            None if bias is None else bias.meta.shape,
            stride,
            padding,
            dilation,
            groups,
        )
        geometry = ((1, *stride), (0, *padding), (1, *dilation), groups)
        result = squeeze(apply(CONV, (unsqueeze(x, 2), unsqueeze(weight, 2), bias), geometry), 2)
    else:
        result = apply(CONV, (x, weight, bias), (stride, padding, dilation, groups))
    return result if batched else squeeze(result, 0)


def conv_transpose1d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Dims = 1,
    padding: Dims = 0,
    output_padding: Dims = 0,
    groups: int = 1,
    dilation: Dims = 1,
) -> Tensor:
    """The gradient of conv1d with respect to its input: (N, C, L) with (C, O / groups, K)."""
    return _transposed("conv_transpose1d", 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Dims = 1,
    padding: Dims = 0,
    output_padding: Dims = 0,
    groups: int = 1,
    dilation: Dims = 1,
) -> Tensor:
    """The gradient of conv2d with respect to its input: (N, C, H, W) with (C, O / groups, kh, kw)."""
    return _transposed("conv_transpose2d", 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def _transposed(name, n, input, weight, bias, stride, padding, output_padding, groups, dilation):
    parameter = window_shapes.conv_parameter
    stride, dilation = parameter("stride", stride, n), parameter("dilation", dilation, n)
    padding, extra = parameter("padding", padding, n), parameter("output_padding", output_padding, n)
    sizes = input.meta.shape, weight.meta.shape, None if bias is None else bias.meta.shape
    shape = window_shapes.conv_transpose_shape(name, *sizes, stride, padding, extra, groups, dilation)
    _check_types(input.meta, weight.meta, None if bias is None else bias.meta, "slow_conv_transpose2d_out_cpu")
    if not window_shapes.is_batched(name, input.meta.shape):
        batch = unsqueeze(input, 0)
        return squeeze(_transposed(name, n, batch, weight, bias, stride, padding, extra, groups, dilation), 0)
    if any(e >= s for e, s in zip(extra, stride)):
        # More places at the end than a step of the convolution passes over: as if more input, zeros, had been there.
        input = constant_pad(input, [side for e, s in zip(extra[::-1], stride[::-1]) for side in (0, e // s)])
    if n == 1:
        input, weight, shape = unsqueeze(input, 2), unsqueeze(weight, 2), (*shape[:2], 1, shape[2])
        stride, padding, dilation = (1, *stride), (0, *padding), (1, *dilation)
    result = apply(CONV_DX, (input, weight, bias), (shape, stride, padding, dilation, groups))
    return squeeze(result, 2) if n == 1 else result


def _named_padding(x: Tensor, padding: str, weight: Tensor, stride, dilation):
    before, after = window_shapes.conv_padding(padding, x.meta.shape, weight.meta.shape, stride, dilation)
    if before == after:
        return x, before
    # An even window cannot be centred: the extra border stands at the end.
    extra = [p for b, a in zip(before[::-1], after[::-1]) for p in (0, a - b)]
    return constant_pad(x, extra), before
