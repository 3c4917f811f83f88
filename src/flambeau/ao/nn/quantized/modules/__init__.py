"""The modules of torch.ao.nn.quantized."""

from .linear import LinearPackedParams

__all__ = ["LinearPackedParams"]
