"""torch.ao.nn.intrinsic.quantized.dynamic: layers with what follows them, which choose a scale at each call."""

from . import modules
from .modules import LinearReLU

__all__ = ["LinearReLU", "modules"]
