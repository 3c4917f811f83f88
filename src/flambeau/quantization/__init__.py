"""torch.quantization: the older name of torch.ao.quantization."""

from ..ao import quantization as _newer
from ..ao.quantization import *  # noqa: F403
from ..ao.quantization import __all__ as __all__


def __getattr__(name: str):
    return getattr(_newer, name)
