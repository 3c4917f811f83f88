"""Where PyTorch keeps the parts of its loader; scripts import some of them from here."""

from ..worker import ExceptionWrapper
from . import collate, worker

__all__ = ["ExceptionWrapper", "collate", "worker"]
