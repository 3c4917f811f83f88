"""torch.ao.nn.quantized: modules with quantised weights."""

from . import dynamic, modules
from .modules import Conv2d, DeQuantize, FloatFunctional, FXFloatFunctional, Linear, QFunctional, Quantize

__all__ = [
    "Conv2d", "DeQuantize", "FXFloatFunctional", "FloatFunctional", "Linear", "QFunctional", "Quantize", "dynamic",
    "modules",
]  # fmt: skip
