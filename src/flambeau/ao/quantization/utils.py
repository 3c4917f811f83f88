"""What observers, QConfigs and conversions ask about types, schemes and modules."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable
from typing import Any

import flambeau as torch
from flambeau.nn.utils.parametrize import is_parametrized

from .quant_type import QuantType

SYMMETRIC = (torch.per_tensor_symmetric, torch.per_channel_symmetric)
_BYTES = (torch.quint8, torch.qint8, torch.uint8, torch.int8)
_WIDE = (torch.qint32, torch.int32)
_FLOAT8 = (torch.float8_e5m2, torch.float8_e4m3fn)
_STATIC = (*_BYTES, torch.quint4x2, *_WIDE, torch.int16, *_FLOAT8)
_UNDERLYING = {
    torch.quint8: torch.uint8, torch.qint8: torch.int8, torch.qint32: torch.int32, torch.quint4x2: torch.uint8,
    torch.quint2x4: torch.uint8,
    **{kind: kind for kind in (torch.uint8, torch.int8, torch.uint16, torch.int16, torch.int32, *_FLOAT8)},
}  # fmt: skip

NodePattern = Pattern = Any


class MatchAllNode:
    """A pattern of calls that fits all."""


# ------------------------------------------------------------------ schemes and ranges
def is_per_tensor(qscheme) -> bool:
    """Whether there is one scale for all."""
    return qscheme in (torch.per_tensor_affine, torch.per_tensor_symmetric)


def is_per_channel(qscheme) -> bool:
    """Whether each channel has a scale."""
    return qscheme in (
        torch.per_channel_affine, torch.per_channel_affine_float_qparams, torch.per_channel_symmetric
    )  # fmt: skip


def validate_qmin_qmax(quant_min: int, quant_max: int) -> None:
    """AssertionError where integers between two are none, or leave out zero."""
    if not quant_min <= 0 <= quant_max:
        raise AssertionError("Used-specified quantization range must include 0.")
    if quant_min >= quant_max:
        raise AssertionError("qmin must be strictly less than qmax for user-specified quantization range.")


def calculate_qmin_qmax(
    quant_min: int, quant_max: int, has_customized_qrange: bool, dtype: torch.dtype, reduce_range: bool
) -> tuple[int, int]:
    """The least and the greatest integer: those given, or those of the type; half of them with reduce_range."""
    if has_customized_qrange:
        most = 2**32 if dtype in _WIDE else 256
        if dtype in (torch.qint8, torch.int8, *_WIDE) and not 0 < quant_max - quant_min + 1 <= most:
            raise AssertionError(
                f"quantization range should be positive and not exceed the maximum bit range (={most})."
            )
        return (quant_min // 2, quant_max // 2) if reduce_range else (quant_min, quant_max)
    if dtype not in (*_BYTES, *_WIDE, torch.uint16, torch.int16):
        return 0, 15
    limits = torch.iinfo(_UNDERLYING[dtype])
    halved = reduce_range and dtype in _BYTES
    return (limits.min // 2, limits.max // 2) if halved else (limits.min, limits.max)


def check_min_max_valid(min_val: torch.Tensor, max_val: torch.Tensor) -> bool:
    """Whether extremes have been seen; AssertionError where they are the wrong way round."""
    seen = min_val.numel() and max_val.numel()
    alone = min_val.dim() == 0 or max_val.dim() == 0
    if not seen or (alone and min_val.item() == float("inf") and max_val.item() == float("-inf")):
        warnings.warn("must run observer before calling calculate_qparams. Returning default values.", stacklevel=2)
        return False
    if bool((min_val > max_val).any()):
        raise AssertionError(f"min {min_val} should be less than max {max_val}")
    return True


def scales_of_range(
    min_val: torch.Tensor, max_val: torch.Tensor, quant_min: int, quant_max: int, dtype: torch.dtype,
    eps: torch.Tensor, customized: bool, qscheme,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """The scale (channels,) and the zero point (channels,) that lay ranges with 0 in them on integers."""
    min_val, max_val = min_val.reshape(-1), max_val.reshape(-1)
    width = float(quant_max - quant_min)
    if qscheme == torch.per_channel_affine_float_qparams:
        scale = (max_val - min_val) / width
        scale = torch.where(scale > eps, scale, torch.ones_like(scale))
        return scale, -1 * min_val / scale
    low, high = min_val.clamp(max=0), max_val.clamp(min=0)
    if qscheme in SYMMETRIC:
        scale = torch.maximum(torch.maximum(-low, high) / (width / 2), eps)
        return scale, torch.full(scale.shape, _middle(quant_min, quant_max, dtype, customized))
    scale = torch.maximum((high - low) / width, eps)
    zero_point = quant_min - torch.round(low / scale).to(torch.int32)
    return scale, zero_point.clamp(quant_min, quant_max)


def _middle(quant_min: int, quant_max: int, dtype: torch.dtype, customized: bool) -> int:
    """The integer of zero where numbers are symmetric about it."""
    if dtype in (torch.quint8, torch.uint8):
        return (quant_min + quant_max) // 2 if customized else 128
    return 2**15 if dtype is torch.uint16 else 0


def determine_qparams(
    min_val: torch.Tensor, max_val: torch.Tensor, quant_min: int, quant_max: int, dtype: torch.dtype,
    eps: torch.Tensor, has_customized_qrange: bool, qscheme=torch.per_tensor_affine,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """The scale (channels,) in float64 and the zero point (channels,) in int64 that suit numbers between two.

    Args:
        min_val, max_val: the extremes (channels,), or one number each.
        quant_min, quant_max, has_customized_qrange: the integers, and whether they are others than those of the type.
        dtype: the type of the integers.
        eps: the least scale.
        qscheme: how ranges are laid on them.
    """
    if not check_min_max_valid(min_val, max_val):
        return torch.tensor([1.0]), torch.tensor([0])
    scale, zero_point = scales_of_range(
        min_val, max_val, quant_min, quant_max, dtype, eps, has_customized_qrange, qscheme
    )
    return scale.to(torch.float64), zero_point.to(torch.int64)


def to_underlying_dtype(qdtype: torch.dtype) -> torch.dtype:
    """The type of the integers of a quantised type."""
    if qdtype not in _UNDERLYING:
        raise AssertionError(f"Unsupported dtype: {qdtype}")
    return _UNDERLYING[qdtype]


def get_qparam_dict(observer_or_fake_quant) -> dict:
    """What an observer chose: qscheme, dtype, scale, zero_point, quant_min, quant_max, and axis per channel."""
    from .observer import PlaceholderObserver

    watcher = observer_or_fake_quant
    qscheme = getattr(watcher, "qscheme", None)
    if not qscheme or isinstance(watcher, PlaceholderObserver):
        return {"qscheme": None, "dtype": watcher.dtype}
    if not (is_per_tensor(qscheme) or is_per_channel(qscheme)):
        raise RuntimeError(f"Unrecognized qscheme: {qscheme}")
    affine = {
        torch.per_tensor_symmetric: torch.per_tensor_affine,
        torch.per_channel_symmetric: torch.per_channel_affine,
    }
    found = {"qscheme": affine.get(qscheme, qscheme), "dtype": watcher.dtype}
    if is_per_channel(qscheme):
        found["axis"] = watcher.ch_axis
    found["scale"], found["zero_point"] = watcher.calculate_qparams()
    return found | {name: getattr(watcher, name) for name in ("quant_min", "quant_max") if hasattr(watcher, name)}


# ------------------------------------------------------------------ what a QConfig wants
def _dtype_of(qconfig, part: str) -> torch.dtype:
    if qconfig is None:
        raise AssertionError(f"qconfig must be provided to determine {part} dtype")
    return getattr(qconfig, part)().dtype


def activation_dtype(qconfig) -> torch.dtype:
    """The type of the results."""
    return _dtype_of(qconfig, "activation")


def weight_dtype(qconfig) -> torch.dtype:
    """The type of the weight."""
    return _dtype_of(qconfig, "weight")


def get_qconfig_dtypes(qconfig) -> tuple[torch.dtype, torch.dtype, bool]:
    """The types of results and weight, and whether results get a scale at each call."""
    if qconfig is None:
        raise AssertionError("qconfig must be provided to extract dtypes")
    activation = qconfig.activation()
    return activation.dtype, qconfig.weight().dtype, getattr(activation, "is_dynamic", False)


def activation_is_dynamically_quantized(qconfig) -> bool:
    """Whether results get a scale at each call."""
    return get_qconfig_dtypes(qconfig)[2]


def activation_is_statically_quantized(qconfig) -> bool:
    """Whether results get a scale that is known beforehand."""
    kinds = (*_BYTES, *_WIDE, torch.float16, torch.int16, *_FLOAT8)
    return activation_dtype(qconfig) in kinds and not activation_is_dynamically_quantized(qconfig)


def activation_is_int8_quantized(qconfig) -> bool:
    """Whether results become integers of 8 bits."""
    return activation_dtype(qconfig) in _BYTES


def activation_is_int32_quantized(qconfig) -> bool:
    """Whether results become integers of 32 bits."""
    return activation_dtype(qconfig) in _WIDE


def weight_is_quantized(qconfig) -> bool:
    """Whether the weight becomes integers, or half precise."""
    return weight_dtype(qconfig) in (*_BYTES, torch.float16, torch.quint4x2, torch.int16, torch.int32, *_FLOAT8)


def weight_is_statically_quantized(qconfig) -> bool:
    """Whether the weight becomes integers of 8 bits."""
    return weight_dtype(qconfig) in _BYTES


def op_is_int8_dynamically_quantized(qconfig) -> bool:
    """Whether results get a scale at each call and the weight becomes integers of 8 bits."""
    activation, weight, dynamic = get_qconfig_dtypes(qconfig)
    return activation in (torch.quint8, torch.uint8) and weight in (torch.qint8, torch.int8) and dynamic


def get_quant_type(qconfig) -> QuantType:
    """When results are quantised; Exception where the types fit no way."""
    if qconfig is None:
        raise AssertionError("qconfig must be provided to determine quant type")
    activation, weight, dynamic = get_qconfig_dtypes(qconfig)
    if weight in (*_STATIC, torch.float16) and dynamic:
        return QuantType.DYNAMIC
    if weight in _STATIC:
        return QuantType.STATIC if activation in _STATIC else QuantType.WEIGHT_ONLY
    if weight is torch.float16 and activation is torch.float16:
        return QuantType.STATIC
    raise Exception(f"Unrecognized dtype combination in get_quant_type: activation({activation}),weight({weight})")


def get_swapped_custom_module_class(custom_module, custom_module_class_mapping: dict, qconfig) -> type:
    """The class that takes the place of a module's, by the way in which its QConfig quantises."""
    classes = custom_module_class_mapping.get(get_quant_type(qconfig), {})
    if type(custom_module) not in classes:
        raise AssertionError(
            f"did not find corresponding observed module class for {type(custom_module)} in mapping: {classes}"
        )
    return classes[type(custom_module)]


# ------------------------------------------------------------------ modules and dictionaries
def get_combined_dict(default_dict: dict, additional_dict: dict) -> dict:
    """Two dictionaries as one; the second wins."""
    return {**default_dict, **additional_dict}


def getattr_from_fqn(obj: Any, fqn: str) -> Any:
    """What stands at a name with dots."""
    return functools.reduce(getattr, fqn.split("."), obj)


def has_no_children_ignoring_parametrizations(module) -> bool:
    """Whether a module has no other submodules than the functions of its parameters."""
    return not module._modules or (is_parametrized(module) and list(module._modules) == ["parametrizations"])


def get_fqn_to_example_inputs(model, example_inputs: tuple) -> dict[str, tuple]:
    """What each submodule, by its name, is given when a network runs on inputs; defaults are filled in."""
    found: dict[str, tuple] = {}

    def watch(name: str) -> Callable:
        return lambda module, args, kwargs: found.__setitem__(name, _as_positional(module.forward, args, kwargs))

    hooks = [part.register_forward_pre_hook(watch(name), with_kwargs=True) for name, part in model.named_modules()]
    try:
        model(*example_inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def _as_positional(function: Callable, args: tuple, kwargs: dict) -> tuple:
    parameters = list(inspect.signature(function).parameters.values())[len(args) :]
    rest = [kwargs.get(p.name, p.default) for p in parameters if p.default is not p.empty or p.name in kwargs]
    return (*args, *rest)


__all__ = [
    "MatchAllNode", "NodePattern", "Pattern", "activation_dtype", "activation_is_dynamically_quantized",
    "activation_is_int32_quantized", "activation_is_int8_quantized", "activation_is_statically_quantized",
    "calculate_qmin_qmax", "check_min_max_valid", "determine_qparams", "get_combined_dict",
    "get_fqn_to_example_inputs", "get_qconfig_dtypes", "get_qparam_dict", "get_quant_type",
    "get_swapped_custom_module_class", "getattr_from_fqn", "has_no_children_ignoring_parametrizations",
    "is_per_channel", "is_per_tensor", "op_is_int8_dynamically_quantized", "to_underlying_dtype",
    "validate_qmin_qmax", "weight_dtype", "weight_is_quantized", "weight_is_statically_quantized",
]  # fmt: skip
