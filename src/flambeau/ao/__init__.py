"""torch.ao: networks with fewer bits (`quantization`, and the modules that it puts in, `nn`)."""

from . import nn, quantization

__all__ = ["nn", "quantization"]
