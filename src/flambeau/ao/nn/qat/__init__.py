"""torch.ao.nn.qat: layers whose weights are put on the grid of integers, for training."""

from . import dynamic, modules
from .modules import Conv1d, Conv2d, Conv3d, Embedding, EmbeddingBag, Linear

__all__ = ["Conv1d", "Conv2d", "Conv3d", "Embedding", "EmbeddingBag", "Linear", "dynamic", "modules"]
