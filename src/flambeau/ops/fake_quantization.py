"""Numbers on the grid of quantised integers that stay floats, and grids that follow the numbers seen.

A network is trained on the grid it will be quantised on: gradients pass as if there were none, except where numbers
were cut off at its ends.
"""

from __future__ import annotations

import numpy as np

from .. import dtypes, ir, shapes
from ..autograd.modes import no_grad
from ..errors import TYPE_TITLES, no_kernel
from ..tensor import Tensor
from .elementwise import elementwise, first
from .grids import grid_of_range
from .public import public
from .registry import Op, apply


# ------------------------------------------------------------------ onto the grid
def _place(k, x, inverse, zero_point):
    """Where numbers come to lie on the integers."""
    return k.add(zero_point, k.round(k.mul(x, inverse)))


def _place_in_channel(k, x, inverse, zero_point):
    """The same where each channel has a grid: what is too large for an int64 goes to the lower end."""
    return _within(k, _place(k, x, inverse, zero_point))


def _place_from_real(k, x, inverse, zero_point):
    """The same for zero points with a fraction, which are added before rounding."""
    return _within(k, k.round(k.add(k.mul(x, inverse), zero_point)))


def _within(k, steps):
    return k.where(k.lt(steps, 2.0**63), steps, ir.const(float("-inf"), steps.dtype))


def _declared(name: str, grad_name: str, place) -> Op:
    """An op that puts numbers on a grid: (clamp(place, low, high) - zero_point) * scale; NaN goes to the lower end.

    Its last argument says for its gradient which numbers lie between the ends, so that nothing else must be kept.
    """

    def body(k, x, scale, inverse, zero_point, low, high, inside):
        steps = place(k, x, inverse, zero_point)
        cut = k.where(k.gt(steps, low), k.minimum(steps, high), low)
        return k.mul(k.sub(cut, zero_point), scale)

    return elementwise(
        name, "input scale inverse zero_point quant_min quant_max inside", body, lambda g, inside: g * inside,
        types=first, grad_name=grad_name, summary="Numbers on a grid.",
    )  # fmt: skip


def _between(name: str, place) -> Op:
    def body(k, x, inverse, zero_point, low, high):
        steps = place(k, x, inverse, zero_point)
        return k.and_(k.ge(steps, low), k.le(steps, high))

    return elementwise(
        name, "input inverse zero_point quant_min quant_max", body,
        types=lambda operands: (operands[0].dtype, dtypes.bool_),
        summary="Whether numbers lie between the ends of a grid.",
    )  # fmt: skip


_INSIDE, _INSIDE_REAL = _between("inside_grid", _place), _between("inside_real_grid", _place_from_real)
_PER_TENSOR = _declared("fake_quantize", "FakeQuantizePerTensorAffineCachemask", _place)
_BY_TENSORS = _declared("fake_quantize_by_tensors", "FakeQuantizePerTensorAffineCachemaskTensorQparams", _place)
_PER_CHANNEL = _declared("fake_quantize_channels", "FakeQuantizePerChannelAffineCachemask", _place_in_channel)
_PER_CHANNEL_REAL = _declared("fake_quantize_channels_real", "FakeQuantizePerChannelAffineCachemask", _place_from_real)
_FOLLOWING = _declared("fake_quantize_following", "FusedMovingAvgObsFqHelper", _place)


def _put(op: Op, input: Tensor, scale, inverse, zero_point, quant_min: int, quant_max: int) -> Tensor:
    which = _INSIDE_REAL if op is _PER_CHANNEL_REAL else _INSIDE
    inside = apply(which, (input.detach(), inverse, zero_point, quant_min, quant_max))
    return apply(op, (input, scale, inverse, zero_point, quant_min, quant_max, inside))


@public(method=False)
def fake_quantize_per_tensor_affine(input: Tensor, scale, zero_point, quant_min: int, quant_max: int) -> Tensor:
    """(clamp(round(x / scale) + zero_point, quant_min, quant_max) - zero_point) * scale; gradients pass where nothing
    was cut off.

    scale, zero_point: numbers, or tensors of one element. Raises RuntimeError where the integers are none, or a number
    zero_point is not one of them.
    """
    _check("fake_quantize_tensor_cachemask_kernel_type_handling", input, quant_min, quant_max)
    if isinstance(scale, Tensor) or isinstance(zero_point, Tensor):
        return _by_tensors(_BY_TENSORS, input, _one(scale), _one(zero_point).to(dtypes.int64), quant_min, quant_max)
    if not quant_min <= zero_point <= quant_max:
        raise RuntimeError(_OUTSIDE)
    held = np.float32(scale)
    with np.errstate(divide="ignore"):
        inverse = np.float32(1) / held
    return _put(_PER_TENSOR, input, float(held), float(inverse), zero_point, quant_min, quant_max)


@public(method=False)
def fake_quantize_per_channel_affine(
    input: Tensor, scale: Tensor, zero_point: Tensor, axis: int, quant_min: int, quant_max: int
) -> Tensor:
    """The same with a scale and a zero point for each index of dimension `axis`.

    scale: float32 (channels,); zero_point: int32, or float32 for such with a fraction. Raises RuntimeError for other
    types and sizes, and where a whole zero point is not one of the integers.
    """
    _check_channels(input, scale, zero_point, axis)
    _check("fake_quantize_channel_cachemask_cpu_type_handling", input, quant_min, quant_max)
    real = zero_point.dtype.is_floating_point
    if not real and bool(((zero_point < quant_min) | (zero_point > quant_max)).any()):
        raise RuntimeError(_OUTSIDE)
    along = [1] * input.ndim
    along[axis] = -1
    op = _PER_CHANNEL_REAL if real else _PER_CHANNEL
    return _by_tensors(op, input, scale.reshape(along), zero_point.reshape(along), quant_min, quant_max)


_OUTSIDE = "`zero_point` must be between `quant_min` and `quant_max`."


def _by_tensors(op: Op, input: Tensor, scale: Tensor, zero_point: Tensor, quant_min: int, quant_max: int) -> Tensor:
    scale, zero_point = scale.detach().to(dtypes.float32), zero_point.detach()
    return _put(op, input, scale, scale.reciprocal(), zero_point, quant_min, quant_max)


def _one(x) -> Tensor:
    """A number, or a tensor of one element, as a tensor without dimensions; zero points have no fraction."""
    if not isinstance(x, Tensor):
        return Tensor.full_of((), x, dtypes.float32 if isinstance(x, float) else dtypes.int64)
    if x.meta.numel != 1:
        raise RuntimeError(f"a Tensor with {x.meta.numel} elements cannot be converted to Scalar")
    return x.reshape(())


def _check(kernel: str, input: Tensor, quant_min: int, quant_max: int) -> None:
    if quant_min > quant_max:
        raise RuntimeError("`quant_min` should be less than or         equal to `quant_max`.")
    if not input.dtype.is_floating_point:
        raise no_kernel(kernel, input.dtype)


def _check_channels(input: Tensor, scale: Tensor, zero_point: Tensor, axis: int) -> None:
    if scale.dtype not in (dtypes.float32, dtypes.bfloat16):
        raise RuntimeError(f"Scale must be Float or BFloat16, found {TYPE_TITLES[scale.dtype.name]}")
    if zero_point.dtype not in (dtypes.int32, dtypes.float32, dtypes.float16):
        found = TYPE_TITLES[zero_point.dtype.name]
        raise RuntimeError(f"Zero-point must be Int32, Float or Half, found {found}")
    for name, x in (("scale", scale), ("zero point", zero_point)):
        if x.ndim != 1:
            raise RuntimeError(f"{name} should be a 1-D tensor")
    if scale.numel() != zero_point.numel():
        raise RuntimeError("scale and zero-point need to have the same dimensions")
    if input.shape[shapes.wrap_dim(axis, input.ndim)] != scale.numel():
        raise RuntimeError("dimensions of scale and zero-point are not consistent with input tensor")


# ------------------------------------------------------------------ a grid that follows
@public(method=False)
def fused_moving_avg_obs_fake_quant(
    input: Tensor, observer_on: Tensor, fake_quant_on: Tensor, running_min: Tensor, running_max: Tensor, scale: Tensor,
    zero_point: Tensor, averaging_const: float, quant_min: int, quant_max: int, ch_axis: int,
    per_row_fake_quant: bool = False, symmetric_quant: bool = False,
) -> Tensor:  # fmt: skip
    """Numbers on a grid that follows moving averages of their extremes.

    observer_on, fake_quant_on: whether the grid follows, and whether numbers are put on it, as tensors of one element;
    running_min, running_max, scale, zero_point: what is known of the grid, which is changed; averaging_const: the
    weight of the newest extremes; per_row_fake_quant: whether each index of dimension ch_axis, which is 0, has a grid.
    Raises RuntimeError for another.
    """
    if per_row_fake_quant and ch_axis != 0:
        raise RuntimeError("Per-channel FakeQuant in fused_moving_avg_obs_fake_quant is only supported on axis == 0")
    rows = input.shape[0] if per_row_fake_quant else None
    if observer_on.item():
        _follow(input.detach(), (running_min, running_max), averaging_const, rows)
    if not fake_quant_on.item():
        return input.clone()
    with no_grad():
        grid = grid_of_range(running_min, running_max, quant_min, quant_max, symmetric_quant)
        for kept, new in zip((scale, zero_point), grid):
            if rows is not None and kept.numel() != rows:
                kept.resize_(rows)
            kept.copy_(new)
    along = [] if rows is None else [-1] + [1] * (input.ndim - 1)
    return _by_tensors(_FOLLOWING, input, scale.reshape(along), zero_point.reshape(along), quant_min, quant_max)


@no_grad()
def _follow(x: Tensor, running: tuple[Tensor, Tensor], weight: float, rows: int | None) -> None:
    """Moves the averages of the extremes of x, or of each of its rows, towards those that it has."""
    seen = x.aminmax() if rows is None else x.reshape(rows, -1).aminmax(dim=1)
    for kept, new, nothing in zip(running, seen, (float("inf"), float("-inf"))):
        if rows is not None and kept.numel() != rows:
            kept.resize_(rows).fill_(nothing)
        kept.copy_((kept + weight * (new - kept)).where(kept.isfinite(), new.to(kept.dtype)))
