"""torch.ops: the table of ops, and PyTorch's namespaces of operators, which are loaded when asked for."""

import importlib as _importlib

_NAMESPACES = {"quantized": "quantized.operators"}


def __getattr__(name):
    if name not in _NAMESPACES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    globals()[name] = space = _importlib.import_module(f"{__name__.rpartition('.')[0]}.{_NAMESPACES[name]}")
    return space
