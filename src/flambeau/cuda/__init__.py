"""torch.cuda as on a build for CPUs: nothing is available, questions are answered, and using it says so."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from typing import Any

from ..devices import NO_CUDA
from ..streams import AcceleratorError, OutOfMemoryError
from . import amp, nvtx
from .streams import Event, ExternalStream, Stream, StreamContext, stream


class CudaError(RuntimeError):
    """An error of the CUDA library: never raised."""


class DeferredCudaCallError(Exception):
    """An error of a call that waited for CUDA: never raised."""


default_generators: tuple = ()
has_half, has_magma = True, False


def is_available() -> bool:
    """Whether there is a CUDA device: no."""
    return False


def is_initialized() -> bool:
    """Whether CUDA is in use: no."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """Whether there is a CUDA device with bfloat16: no."""
    return False


def is_tf32_supported() -> bool:
    """Whether there is a CUDA device with TF32: no."""
    return False


def device_count() -> int:
    """The number of CUDA devices."""
    return 0


def get_arch_list() -> list[str]:
    """The architectures that the library was compiled for: none."""
    return []


def get_gencode_flags() -> str:
    """The flags that it was compiled with: none."""
    return ""


def manual_seed(seed: int) -> None:
    """Nothing to seed; ignored, as in PyTorch."""


def seed() -> None:
    """Nothing to seed; ignored, as in PyTorch."""


manual_seed_all, seed_all = manual_seed, seed


def get_rng_state_all() -> list:
    """The states of the generators of all devices: none."""
    return []


def set_rng_state_all(new_states) -> None:
    """Nothing to set."""


def empty_cache() -> None:
    """Nothing to empty; ignored, as in PyTorch."""


def memory_allocated(device: Any = None) -> int:
    """Bytes in use on a device: none."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_cached = max_memory_cached = memory_allocated


def memory_stats(device: Any = None) -> OrderedDict[str, Any]:
    """Statistics of the memory of a device: none."""
    return OrderedDict()


def memory_stats_as_nested_dict(device: Any = None) -> dict[str, Any]:
    """Statistics of the memory of a device: none."""
    return {}


host_memory_stats, host_memory_stats_as_nested_dict = memory_stats, memory_stats_as_nested_dict


class device:
    """A context in which a device is the current one.

    Raises RuntimeError on entry: there is no device.
    """

    def __init__(self, device: Any) -> None:
        self.idx = device

    def __enter__(self) -> None:
        raise RuntimeError("PyTorch was compiled without CUDA support")

    def __exit__(self, *exc: Any) -> None:
        return None


device_of = device

# What wants a device raises what PyTorch's CPU build raises.
_REFUSED = """
can_device_access_peer check_error cudart current_blas_handle current_device current_solver_handle current_stream
default_stream get_device_capability get_device_name get_device_properties get_per_process_memory_fraction
get_rng_state get_stream_from_external get_sync_debug_mode init initial_seed ipc_collect mem_get_info memory_snapshot
memory_summary reset_accumulated_memory_stats reset_max_memory_allocated reset_max_memory_cached
reset_peak_memory_stats set_device set_per_process_memory_fraction set_rng_state set_stream set_sync_debug_mode
synchronize
"""


def _refused(name: str):
    def function(*args: Any, **kwargs: Any):
        raise AssertionError(NO_CUDA)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "Wants a CUDA device: raises AssertionError."
    return function


for _name in _REFUSED.split():
    globals()[_name] = _refused(_name)


def _not_read(device: Any = None) -> int:
    """What NVIDIA's library tells of a GPU; raises ModuleNotFoundError."""
    raise ModuleNotFoundError("nvidia-ml-py does not seem to be installed or it can't be imported.")


clock_rate = device_memory_used = memory_usage = power_draw = temperature = utilization = _not_read

# Imported when asked for; the names of the first two are names of this package as well.
_LATER = ("graphs", "memory", "profiler", "random")


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    if name in _LATER:
        return importlib.import_module(f".{name}", __name__)
    for module in _LATER[:2]:
        found = importlib.import_module(f".{module}", __name__)
        if name in found.__all__:
            return getattr(found, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


class _CudaTensorType(type):
    """torch.cuda.FloatTensor and its relatives."""

    def __call__(cls, *args: Any, **kwargs: Any):
        raise TypeError(f"type torch.cuda.{cls.__name__} not available. {NO_CUDA}.")

    def __instancecheck__(cls, instance: Any) -> bool:
        return False


for _name in (
    "BFloat16", "Bool", "Byte", "Char", "ComplexDouble", "ComplexFloat", "Double", "Float", "Half", "Int", "Long",
    "Short",
):  # fmt: skip
    for _kind in ("Tensor", "Storage") if not _name.startswith("Complex") else ("Storage",):
        globals()[_name + _kind] = _CudaTensorType(_name + _kind, (), {"__module__": "torch.cuda"})
