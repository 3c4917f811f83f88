"""torch.ao.nn.quantized: modules with quantised weights."""

from . import dynamic, modules

__all__ = ["dynamic", "modules"]
