"""Quantisation of a network that TorchScript has recorded; see `graph_modes.py`."""

from .graph_modes import JIT, refused

globals().update({name: refused(name) for name in JIT})
__all__ = list(JIT)
