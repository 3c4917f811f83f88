"""torch.ao.nn.intrinsic: layers with what follows them, as one module that is quantised as one.

`modules/` are those on numbers, `qat/` those in training on the grid of integers, `quantized/` those on integers.
"""

from importlib import import_module as _import_module

from . import modules
from .modules import *  # noqa: F403

_ABOVE = ("qat", "quantized")  # these stand on what is here
__all__ = [*modules.__all__, "modules", *_ABOVE]


def __getattr__(name: str):
    if name in _ABOVE:
        return _import_module(f".{name}", __name__)
    raise AttributeError(f"module 'torch.ao.nn.intrinsic' has no attribute {name!r}")
