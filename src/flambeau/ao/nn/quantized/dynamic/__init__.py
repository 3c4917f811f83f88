"""torch.ao.nn.quantized.dynamic: modules with quantised weights that quantise what they are given at each call."""

from . import modules
from .modules import Linear

__all__ = ["Linear", "modules"]
