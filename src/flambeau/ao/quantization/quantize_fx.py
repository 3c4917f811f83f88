"""Quantisation of a network that torch.fx has recorded; see `graph_modes.py`."""

from .graph_modes import FX, refused

globals().update({name: refused(name) for name in FX})
__all__ = list(FX)
