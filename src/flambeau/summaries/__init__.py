"""What a network is made of, layer by layer: `flambeau.summary`, and torchsummary's table."""

from .table import Summary, summary

__all__ = ["Summary", "summary"]
