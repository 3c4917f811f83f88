"""torch.autocast: inside it, products are computed in bfloat16 or float16, losses in float32, the rest as it comes.

Which ops are which they say themselves (`Op.autocast`). Here is the switch: `MODE.autocast`, the dtype of products
in this thread, None outside.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd.modes import MODE
from ..devices import device as device_object
from ..dtypes import dtype
from ..tensor import Tensor

_LOWER = (dtypes.bfloat16, dtypes.float16)
# The kinds of devices for which PyTorch's builds have a list of ops; here there is the CPU alone.
_KNOWN = ("cpu", "cuda", "ipu", "xpu", "hpu", "xla", "mps", "mtia", "maia", "privateuseone")
_cpu_dtype, _cache_enabled, _nesting = dtypes.bfloat16, True, 0
_DTYPES = {"xla": dtypes.bfloat16}  # of products, for the other kinds of devices: float16 where none is said
_ENABLED: set[str] = set()  # the other kinds of devices for which autocast was switched on


class autocast:
    """A context manager and decorator for mixed precision.

    Args:
        device_type: "cpu"; for any other there is no device, so that it warns and does nothing.
        dtype: bfloat16 (the default) or float16.
        enabled: False computes as ever, also inside of another autocast.
        cache_enabled: kept; there is no cache, a weight is cast where it is used.

    Raises ValueError or RuntimeError for a device_type that is not a kind of device.
    """

    def __init__(
        self, device_type: str, dtype: dtype | None = None, enabled: bool = True, cache_enabled: bool | None = None
    ) -> None:
        if not isinstance(device_type, str):
            raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
        if device_type not in _KNOWN:
            device_object(device_type)
            raise RuntimeError(f"User specified an unsupported autocast device_type '{device_type}'")
        self.device = device_type
        self.fast_dtype = dtype or (_cpu_dtype if device_type == "cpu" else dtypes.float16)
        self._cache_enabled = _cache_enabled if cache_enabled is None else cache_enabled
        self._enabled = bool(enabled) and self._supported()
        self._before: list[dtypes.dtype | None] = []

    def _supported(self) -> bool:
        if self.device != "cpu":
            warnings.warn(
                f"{self.device.upper()} is not available or torch_xla is imported. Disabling autocast.", stacklevel=3
            )
            return False
        if self.fast_dtype not in _LOWER:
            warnings.warn(
                "In CPU autocast, but the target dtype is not supported. Disabling autocast.\nCPU Autocast only "
                "supports dtypes of torch.bfloat16, torch.float16 currently.",
                stacklevel=3,
            )
            return False
        return True

    def __enter__(self) -> autocast:
        self._before.append(MODE.autocast)
        if self.device == "cpu":
            MODE.autocast = self.fast_dtype if self._enabled else None
        return self

    def __exit__(self, *exc: Any) -> None:
        MODE.autocast = self._before.pop()

    def __call__(self, func: Callable) -> Callable:
        @functools.wraps(func)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            with self:
                return func(*args, **kwargs)

        return wrapper


def is_autocast_available(device_type: str) -> bool:
    """Whether there is an autocast for a kind of device.

    Raises RuntimeError where there is no such kind.
    """
    device_object(device_type)
    return device_type in _KNOWN


# ------------------------------------------------------------------ custom functions
def custom_fwd(fwd: Callable | None = None, *, device_type: str, cast_inputs: dtype | None = None) -> Callable:
    """A decorator for `forward` of a torch.autograd.Function.

    Args:
        device_type: the kind of device whose autocast is meant.
        cast_inputs: inside an autocast, floating-point arguments are cast to it and the autocast is off in `forward`;
            None leaves both as they are.
    """
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if fwd is None:
        return functools.partial(custom_fwd, device_type=device_type, cast_inputs=cast_inputs)
    forward = fwd

    @functools.wraps(forward)
    def decorated(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        ctx._fwd_used_autocast = MODE.autocast is not None if cast_inputs is None else False
        ctx._autocast_dtype = MODE.autocast or _cpu_dtype
        if cast_inputs is None or MODE.autocast is None:
            return forward(ctx, *args, **kwargs)
        with autocast(device_type, enabled=False):
            return forward(ctx, *_cast(args, cast_inputs), **_cast(kwargs, cast_inputs))

    return decorated


def custom_bwd(bwd: Callable | None = None, *, device_type: str) -> Callable:
    """A decorator for `backward` of a torch.autograd.Function: it runs in the precision that `forward` ran in."""
    if not isinstance(device_type, str):
        raise ValueError(f"Expected `device_type` of type `str`, got: `{type(device_type)}`")
    if bwd is None:
        return functools.partial(custom_bwd, device_type=device_type)
    backward = bwd

    @functools.wraps(backward)
    def decorated(ctx: Any, *args: Any, **kwargs: Any) -> Any:
        with autocast(device_type, enabled=ctx._fwd_used_autocast, dtype=ctx._autocast_dtype):
            return backward(ctx, *args, **kwargs)

    return decorated


def _cast(value: Any, kind: dtype) -> Any:
    """A nested structure with its floating-point tensors cast; float64 stays."""
    if isinstance(value, Tensor):
        return value.to(kind) if value.is_floating_point() and value.dtype is not dtypes.float64 else value
    if isinstance(value, (str, np.ndarray)):
        return value
    if isinstance(value, Mapping):
        return {_cast(k, kind): _cast(v, kind) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_cast(v, kind) for v in value)
    return value


# ------------------------------------------------------------------ the state, under its names in torch
def is_autocast_enabled(device_type: str = "cuda") -> bool:
    """Whether this thread is inside an autocast for a kind of device."""
    device_object(device_type)
    return MODE.autocast is not None if device_type == "cpu" else device_type in _ENABLED


def set_autocast_enabled(device_type: Any, enabled: bool | None = None) -> None:
    """Switches autocast on or off for this thread."""
    if enabled is not None and device_type == "cpu":
        MODE.autocast = _cpu_dtype if enabled else None
    else:
        kind, enabled = ("cuda", device_type) if enabled is None else (device_type, enabled)
        _ENABLED.add(kind) if enabled else _ENABLED.discard(kind)


def get_autocast_dtype(device_type: str) -> dtype:
    """The dtype of products inside an autocast of a kind of device."""
    device_object(device_type)
    if device_type == "cpu":
        return MODE.autocast or _cpu_dtype
    return _DTYPES.get(device_type, dtypes.float16)


def set_autocast_dtype(device_type: str, dtype: dtype) -> None:
    """Sets the dtype of products for autocasts that do not say one."""
    global _cpu_dtype
    device_object(device_type)
    if device_type == "cpu":
        _cpu_dtype = dtype
    else:
        _DTYPES[device_type] = dtype


def is_autocast_cache_enabled() -> bool:
    """What set_autocast_cache_enabled set."""
    return _cache_enabled


def set_autocast_cache_enabled(enabled: bool) -> None:
    """Kept for is_autocast_cache_enabled."""
    global _cache_enabled
    _cache_enabled = bool(enabled)


def clear_autocast_cache() -> None:
    """Nothing to clear: there is no cache of cast weights."""


# The older names, of which each kind of device had its own: what they stand for, and what it takes beside the kind.
_OLDER: dict[str, tuple[Callable, str, str]] = {
    "is_autocast_{}_enabled": (is_autocast_enabled, "", "cpu ipu xla"),
    "set_autocast_{}_enabled": (set_autocast_enabled, "enabled", "cpu ipu xla"),
    "get_autocast_{}_dtype": (get_autocast_dtype, "", "cpu gpu ipu xla"),
    "set_autocast_{}_dtype": (set_autocast_dtype, "dtype", "cpu gpu ipu xla"),
}


def _older(name: str, function: Callable, value: str, kind: str) -> Callable:
    asked = f"'{kind}', {value}" if value else f"'{kind}'"
    text = f"torch.{name}({value}) is deprecated. Please use torch.{function.__name__}({asked}) instead."

    def older(*args: Any) -> Any:
        warnings.warn(text, DeprecationWarning, stacklevel=2)
        return function(kind, *args)

    older.__name__ = older.__qualname__ = name
    older.__doc__ = f"The older name of {function.__name__}({asked})."
    parameters = [inspect.Parameter(value, inspect.Parameter.POSITIONAL_OR_KEYWORD)] if value else []
    older.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return older


for _form, (_function, _value, _kinds) in _OLDER.items():
    for _kind in _kinds.split():
        _name = _form.format(_kind)
        globals()[_name] = _older(_name, _function, _value, "cuda" if _kind == "gpu" else _kind)


def autocast_increment_nesting() -> int:
    """Counts one more autocast around this; the count."""
    global _nesting
    _nesting += 1
    return _nesting


def autocast_decrement_nesting() -> int:
    """Counts one autocast less around this; the count."""
    global _nesting
    _nesting -= 1
    return _nesting
