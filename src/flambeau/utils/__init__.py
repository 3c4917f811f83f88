"""torch.utils: helpers around training."""

import importlib as _importlib

from . import data, dlpack, hooks

__all__ = ["data", "dlpack", "hooks"]

_LAZY = frozenset({
    "_pytree", "benchmark", "checkpoint", "collect_env", "cpp_extension", "flop_counter", "model_zoo",
    "module_tracker", "tensorboard", "tensorboardx",
})  # imported on first use  # fmt: skip


def __getattr__(name):
    if name in _LAZY:
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'torch.utils' has no attribute '{name}'")
