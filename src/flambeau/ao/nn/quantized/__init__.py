"""torch.ao.nn.quantized: modules with quantised weights."""

from . import dynamic, modules
from .modules import Conv2d, DeQuantize, Linear, Quantize

__all__ = ["Conv2d", "DeQuantize", "Linear", "Quantize", "dynamic", "modules"]
