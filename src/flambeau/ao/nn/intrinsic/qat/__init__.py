"""torch.ao.nn.intrinsic.qat: layers with what follows them, whose weights are put on the grid of integers."""

from . import modules
from .modules import *  # noqa: F403
from .modules import __all__ as _modules

__all__ = [*_modules, "modules"]
