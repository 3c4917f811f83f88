"""torch.ao.nn.qat.dynamic: layers in training that are to choose a scale at each call."""

from . import modules
from .modules import Linear

__all__ = ["Linear", "modules"]
