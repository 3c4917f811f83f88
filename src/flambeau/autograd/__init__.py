"""Automatic differentiation: torch.autograd's names."""

import importlib as _importlib

from .modes import (
    detect_anomaly,
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_detect_anomaly,
    set_grad_enabled,
)

# Loaded on first use: these stand above Tensor, the rest of this package below it.
_MODULES = {
    "anomaly_mode": "modes", "forward_ad": "forward_ad", "function": "function", "functional": "functional",
    "grad_mode": "modes", "graph": "graph", "profiler": "profiler",
}  # fmt: skip
_HOMES = {
    "Function": "function", "NestedIOFunction": "older", "backward": "engine", "enforce_grad_layout_policy": "older",
    "grad": "engine", "gradcheck": "checking", "gradgradcheck": "checking", "is_multithreading_enabled": "modes",
    "set_multithreading_enabled": "modes", "Variable": "variables", "variable": "older",
}  # fmt: skip

__all__ = [
    "Function", "NestedIOFunction", "Variable", "backward", "detect_anomaly", "enable_grad",
    "enforce_grad_layout_policy", "forward_ad", "function", "functional", "grad",
    "grad_mode", "gradcheck", "gradgradcheck", "inference_mode", "is_grad_enabled", "no_grad", "set_detect_anomaly",
    "graph", "set_grad_enabled", "set_multithreading_enabled",
]  # fmt: skip


def __getattr__(name):
    if name in _MODULES:
        return _importlib.import_module(f".{_MODULES[name]}", __name__)
    if name not in _HOMES:
        raise AttributeError(f"module 'torch.autograd' has no attribute '{name}'")
    home = _importlib.import_module(f".{_HOMES[name]}", __name__)
    return getattr(home, "backward_all" if name == "backward" else name)
