"""torch.ao.nn.intrinsic: layers with what follows them, as one module that is quantised as one.

`modules/` are those on numbers, `qat/` those in training on the grid of integers, `quantized/` those on integers.
"""

from importlib import import_module as _import_module

from . import modules
from .modules import (
    BNReLU2d,
    BNReLU3d,
    ConvAdd2d,
    ConvAddReLU2d,
    ConvBn1d,
    ConvBn2d,
    ConvBn3d,
    ConvBnReLU1d,
    ConvBnReLU2d,
    ConvBnReLU3d,
    ConvReLU1d,
    ConvReLU2d,
    ConvReLU3d,
    LinearBn1d,
    LinearLeakyReLU,
    LinearReLU,
    LinearTanh,
    _FusedModule,
)

__all__ = [
    "BNReLU2d",
    "BNReLU3d",
    "ConvAdd2d",
    "ConvAddReLU2d",
    "ConvBn1d",
    "ConvBn2d",
    "ConvBn3d",
    "ConvBnReLU1d",
    "ConvBnReLU2d",
    "ConvBnReLU3d",
    "ConvReLU1d",
    "ConvReLU2d",
    "ConvReLU3d",
    "LinearBn1d",
    "LinearLeakyReLU",
    "LinearReLU",
    "LinearTanh",
    "_FusedModule",
    "modules",
]
__all__ += ["qat", "quantized"]


def __getattr__(name: str):
    if name in ("qat", "quantized"):  # these stand above
        return _import_module(f".{name}", __name__)
    raise AttributeError(f"module 'torch.ao.nn.intrinsic' has no attribute {name!r}")
