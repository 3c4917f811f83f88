"""Switches that scripts set: determinism, precision of products, warnings, defaults of devices and types.

Results here are deterministic and products are computed in the precision of their operands whatever the switches say;
they are kept so that what a script sets it reads back.
"""

from __future__ import annotations

import warnings

from . import dtypes
from .devices import CPU, device, require_cpu
from .errors import TYPE_NAMES

__all__ = [
    "are_deterministic_algorithms_enabled",
    "compiled_with_cxx11_abi",
    "get_default_device",
    "get_deterministic_debug_mode",
    "get_device_module",
    "get_file_path",
    "get_float32_matmul_precision",
    "init_num_threads",
    "is_deterministic_algorithms_warn_only_enabled",
    "is_vulkan_available",
    "is_warn_always_enabled",
    "set_default_device",
    "set_default_tensor_type",
    "set_deterministic_debug_mode",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_warn_always",
    "use_deterministic_algorithms",
]

_MODES = ("default", "warn", "error")
_PRECISIONS = ("highest", "high", "medium")
_deterministic, _precision, _always, _warned = 0, "highest", False, False


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Asks for deterministic algorithms: all of them are."""
    set_deterministic_debug_mode((1 if warn_only else 2) if mode else 0)


def are_deterministic_algorithms_enabled() -> bool:
    """Whether deterministic algorithms have been asked for."""
    return _deterministic > 0


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Whether they have been asked for with warn_only."""
    return _deterministic == 1


def set_deterministic_debug_mode(debug_mode: int | str) -> None:
    """Sets the mode: 0 "default", 1 "warn", 2 "error".

    Raises TypeError or RuntimeError for anything else.
    """
    global _deterministic
    if not isinstance(debug_mode, (int, str)):
        raise TypeError(f"debug_mode must be str or int, but got {type(debug_mode)}")
    if isinstance(debug_mode, str):
        if debug_mode not in _MODES:
            raise RuntimeError(
                f"invalid value of debug_mode, expected one of `default`, `warn`, `error`, but got {debug_mode}"
            )
        debug_mode = _MODES.index(debug_mode)
    if debug_mode not in (0, 1, 2):
        raise RuntimeError(f"invalid value of debug_mode, expected 0, 1, or 2, but got {debug_mode}")
    _deterministic = int(debug_mode)


def get_deterministic_debug_mode() -> int:
    """The mode: 0 default, 1 warn, 2 error."""
    return _deterministic


def set_float32_matmul_precision(precision: str) -> None:
    """Sets "highest", "high" or "medium"; products of float32 are computed in float32 all the same."""
    global _precision
    if precision in _PRECISIONS:
        _precision = precision
    else:
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the current precision is kept", stacklevel=2
        )


def get_float32_matmul_precision() -> str:
    """What set_float32_matmul_precision set."""
    return _precision


def set_warn_always(b: bool) -> None:
    """Whether warnings that are given once are given always."""
    global _always
    _always = bool(b)


def is_warn_always_enabled() -> bool:
    """What set_warn_always set."""
    return _always


def set_flush_denormal(mode: bool) -> bool:
    """Asks that denormal numbers count as zero; False: they do not here, whatever is asked."""
    return False


def set_default_device(device) -> None:
    """Sets where new tensors go: the CPU is the only place.

    Raises what a tensor made there would raise.
    """
    require_cpu(device)


def get_default_device() -> device:
    """Where new tensors go."""
    return CPU


def set_default_tensor_type(t) -> None:
    """Sets the default dtype by a legacy type (torch.DoubleTensor) or its name.

    Raises TypeError where the type is not one of floating-point tensors.
    """
    global _warned
    if not _warned or _always:
        _warned = True
        warnings.warn(
            "torch.set_default_tensor_type() is deprecated as of PyTorch 2.1, please use torch.set_default_dtype() and "
            "torch.set_default_device() as alternatives.",
            UserWarning,
            stacklevel=2,
        )
    by_name = {f"torch.{name}": dtypes.BY_NAME[kind] for kind, name in TYPE_NAMES.items()}
    kind = by_name.get(t) if isinstance(t, str) else getattr(t, "dtype", None)
    if kind is None:
        raise TypeError(f"invalid type object: {t}")
    if not kind.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    dtypes.set_default_dtype(kind)


def get_device_module(device=None):
    """The module of a kind of device: torch.cpu, torch.cuda.

    Raises RuntimeError where there is no such module.
    """
    import importlib

    kind = _kind(device)
    try:
        return importlib.import_module(f".{kind}", __package__)
    except ModuleNotFoundError:
        raise RuntimeError(
            f"Invalid device string: '{kind}', there is no corresponding module registered to the torch"
        ) from None


def _kind(where) -> str:
    return "cpu" if where is None else where.type if isinstance(where, device) else device(where).type


def compiled_with_cxx11_abi() -> bool:
    """Whether PyTorch's own library has the new C++ ABI: its builds have."""
    return True


def is_vulkan_available() -> bool:
    """Whether there is a Vulkan device: no."""
    return False


def get_file_path(*path_components: str) -> str:
    """The place of a file of the package."""
    import os.path

    return os.path.join(os.path.dirname(os.path.dirname(__file__)), *path_components)


def init_num_threads() -> None:
    """Nothing to start: threads start with the first kernel that wants several."""
