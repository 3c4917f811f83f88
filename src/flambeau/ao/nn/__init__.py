"""torch.ao.nn: the modules of networks with fewer bits."""

from . import intrinsic, qat, quantized

__all__ = ["intrinsic", "qat", "quantized"]
