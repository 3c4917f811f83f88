"""What torch's functions do with quantised arguments.

Each function belongs to a kind: it moves integers, it computes in steps of the grid, in numbers, and so on. They learn
of it when this package is first used, so that programs without quantised tensors pay nothing.
"""

from __future__ import annotations

import functools
import importlib
import types
import warnings
from collections.abc import Callable
from typing import Any

from .. import Tensor
from ..devices import per_tensor_affine
from ..gates import teach
from .parameters import to_integers
from .tensor import Grid, QuantizedTensor, refusal, views_of_channels

_APART = (
    "All inputs of this cat operator must share the same quantization parameters. Otherwise large numerical "
    "inaccuracies may occur."
)
_FIXED = {"sigmoid": (1 / 256, 0), "hardsigmoid": (1 / 256, 0), "tanh": (1 / 128, 128)}
"""Functions between two bounds: the scale of their results, and the zero point in a quint8."""


def over_integers(plain: Callable) -> Callable:
    """What takes other places of the same integers, or chooses among them by their order."""

    def function(x: QuantizedTensor, *args, **kwargs):
        views_of_channels(x, plain.__name__)
        found = plain(x._held, *args, **kwargs)
        return _again(x, x._held, found, lambda held: x._with(held) if held.dtype is x._held.dtype else held)

    return function


def over_steps(plain: Callable) -> Callable:
    """What is linear, or picks elements: computed in steps of the grid, and rounded to one."""

    def function(x: QuantizedTensor, *args, **kwargs):
        steps = x.steps()
        found = plain(steps, *args, **kwargs)
        return _again(x, steps, found, lambda value: x.from_steps(value) if value.is_floating_point() else value)

    return function


def over_numbers(plain: Callable) -> Callable:
    """What is computed in numbers, which are rounded to the grid of the argument."""

    def function(x: QuantizedTensor, *args, **kwargs):
        numbers = x.dequantize()
        return _again(x, numbers, plain(numbers, *map(_number, args), **kwargs), x.on_grid)

    return function


def over_places(plain: Callable) -> Callable:
    """What puts given numbers in the place of elements: these are rounded as places on the grid."""

    def function(x: QuantizedTensor, *args, **kwargs):
        numbers, by = x.dequantize(), 1 / x.q_scale()
        return _again(x, numbers, plain(numbers, *map(_number, args), **kwargs), lambda value: x.from_steps(value * by))

    return function


def _number(x):
    return x.dequantize() if isinstance(x, QuantizedTensor) else x


def comparing(plain: Callable) -> Callable:
    """What compares numbers."""

    def function(x: QuantizedTensor, other, **kwargs):
        return plain(x.dequantize(), _number(other), **kwargs)

    return function


def onto_fixed_grid(plain: Callable) -> Callable:
    """What has results between two bounds, which choose the grid."""
    scale, zero_point = _FIXED[plain.__name__.rstrip("_")]

    def function(x: QuantizedTensor, *args, **kwargs):
        grid = Grid(per_tensor_affine, scale, zero_point - (0 if x._held.dtype.name == "uint8" else 128))
        return QuantizedTensor.of(to_integers(plain(x.dequantize(), *args, **kwargs), grid, x.dtype), grid, x.dtype)

    return function


def joining(plain: Callable) -> Callable:
    """Tensors side by side, on the grid of the first."""

    def function(tensors, *args, **kwargs) -> QuantizedTensor:
        first = tensors[0]
        if not all(isinstance(x, QuantizedTensor) for x in tensors):
            raise NotImplementedError("Could not run 'aten::qscheme' with arguments from the 'CPU' backend.")
        if any(x._grid != first._grid for x in tensors):
            warnings.warn(_APART, stacklevel=2)
        held = [x._held if x._grid == first._grid else first.on_grid(x.dequantize())._held for x in tensors]
        return first._with(plain(held, *args, **kwargs))

    return function


def _dropped(x: QuantizedTensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> QuantizedTensor:
    if training:
        raise refusal("aten::bernoulli_.float")
    return x


def _like(name: str, x: QuantizedTensor, *, dtype=None, **kwargs) -> Tensor:
    if dtype not in (None, x.dtype):
        raise RuntimeError("Creation of quantized tensor requires quantized dtype like torch.quint8")
    if name == "zeros_like":
        raise refusal("aten::zero_")
    return x.clone() if name == "empty_like" else x.on_grid(x.dequantize() * 0 + 1)


def _refuse_to_be_close(x: QuantizedTensor, *args, **kwargs):
    raise RuntimeError("isclose is not supported for quantized inputs.")


def _again(x: QuantizedTensor, taken: Tensor, found, quantised: Callable):
    """Results as quantised tensors; what was done to a copy in place is done to the argument."""
    if found is taken:
        return x.become(quantised(found))
    if isinstance(found, tuple):
        values = [quantised(value) for value in found]
        return tuple(values) if type(found) is tuple else type(found)(*values)  # type: ignore[arg-type]
    return quantised(found)


_KINDS: dict[Callable, str] = {
    over_integers: "argsort broadcast_to channel_shuffle chunk clone contiguous cpu diagonal expand expand_as flatten "
    "flip fliplr flipud index_select masked_select max min moveaxis movedim narrow permute pixel_shuffle "
    "pixel_unshuffle ravel repeat reshape reshape_as rot90 select sort split squeeze swapaxes swapdims t "
    "take_along_dim tensor_split tile topk transpose unbind unflatten unfold unsqueeze view view_as",
    over_steps: "adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d avg_pool1d avg_pool2d avg_pool3d "
    "grid_sample interpolate max_pool1d max_pool2d max_pool3d mean relu relu_ upsample",
    over_numbers: "gelu leaky_relu leaky_relu_ pad prelu std threshold threshold_",
    over_places: "clamp clip fill_ hardtanh hardtanh_ index_put index_put_ masked_fill masked_fill_ relu6",
    onto_fixed_grid: "hardsigmoid sigmoid tanh",
    comparing: "eq ge greater greater_equal gt le less less_equal lt ne not_equal __eq__ __ge__ __gt__ __le__ __lt__ "
    "__ne__",
    joining: "cat concat concatenate dstack hstack stack vstack",
}  # fmt: skip


def _taught(dense: Callable, quantised: Callable) -> Callable:
    """A function that knows what to do where the first argument is quantised, or the first of a list."""

    @functools.wraps(dense)
    def function(*args, **kwargs):
        given = args[0] if args else kwargs.get("input")
        first = given[0] if isinstance(given, (list, tuple)) and given else given
        if not isinstance(first, QuantizedTensor):
            return dense(*args, **kwargs)
        return quantised(*args, **kwargs) if args else quantised(kwargs.pop("input"), **kwargs)

    return function


def install() -> None:
    """Teaches functions and methods."""
    torch: Any = importlib.import_module(__package__.rpartition(".")[0])
    for kind, names in _KINDS.items():
        for name in names.split():
            for home in (torch, torch.nn.functional):
                plain = getattr(home, name, None)
                sums_columns = (home, name) == (torch.nn.functional, "unfold")
                if isinstance(plain, types.FunctionType) and not sums_columns:
                    teach(home, name, functools.partial(_taught, quantised=kind(plain)))
            if hasattr(Tensor, name) and kind is not joining:
                setattr(QuantizedTensor, name, kind(getattr(Tensor, name)))
    teach(torch, "equal", functools.partial(_taught, quantised=QuantizedTensor.equal))
    for name in ("empty_like", "ones_like", "zeros_like"):
        teach(torch, name, functools.partial(_taught, quantised=functools.partial(_like, name)))
    for name in ("allclose", "isclose"):
        teach(torch, name, functools.partial(_taught, quantised=_refuse_to_be_close))
    teach(torch.nn.functional, "dropout", functools.partial(_taught, quantised=_dropped))
