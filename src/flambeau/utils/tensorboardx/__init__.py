"""The names of tensorboardX: the writer of `utils.tensorboard` with that package's arguments and folders.

Scripts that say `import tensorboardX` get this package under `flambeau run`.
"""

from ..tensorboard import RecordWriter
from .global_writer import GlobalSummaryWriter
from .torchvis import TorchVis
from .writer import FileWriter, SummaryWriter

__version__ = "2.6.5+flambeau"

__all__ = ["FileWriter", "GlobalSummaryWriter", "RecordWriter", "SummaryWriter", "TorchVis"]
