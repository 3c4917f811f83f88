"""torch.ao.nn.intrinsic.quantized: layers with what follows them, on integers."""

from . import dynamic, modules
from .modules import *  # noqa: F403
from .modules import __all__ as _modules

__all__ = [*_modules, "dynamic", "modules"]
