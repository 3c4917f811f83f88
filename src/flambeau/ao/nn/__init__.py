"""torch.ao.nn: the modules of networks with fewer bits."""

from . import quantized

__all__ = ["quantized"]
