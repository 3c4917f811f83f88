"""torch.ops: the table of ops, and namespaces of operators (PyTorch's, scripts' own), loaded when asked for."""

import importlib as _importlib
import os as _os

_NAMESPACES = {"quantized": "quantized.operators"}


_PACKAGE = __name__.rpartition(".")[0]


def __getattr__(name):
    if name in _NAMESPACES:
        globals()[name] = space = _importlib.import_module(f"{_PACKAGE}.{_NAMESPACES[name]}")
        return space
    if name.startswith("_") or _os.path.exists(f"{__path__[0]}/{name}.py"):
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return _importlib.import_module(f"{_PACKAGE}.library.operators").namespace(name)


def load_library(path) -> None:
    """Refused: operators in compiled libraries are made for PyTorch's own binary interface."""
    raise OSError(f"Could not load this library: {path} (write the operator in Python, with torch.library.custom_op)")
