"""Pictures of what a network sees and does: heat maps, feature maps, filters, histograms, graphs, learning rates.

Each function returns its numbers together with a matplotlib figure (`data, figure = ...`); without matplotlib the
figure is None. A graph is a picture by itself.
"""

from .cam import grad_cam
from .drawing import Drawn
from .graph import Graph, graph
from .layers import activation_histograms, feature_maps, filters, gradient_histograms
from .training import RateRange, confusion_matrix, lr_range_test

__all__ = [
    "Drawn", "Graph", "RateRange", "activation_histograms", "confusion_matrix", "feature_maps", "filters", "grad_cam",
    "gradient_histograms", "graph", "lr_range_test",
]  # fmt: skip
