"""torch.ao.quantization: networks with weights of fewer bits.

`observer/` watches numbers and chooses scales, `fake_quantize.py` puts numbers on the grid in training, `qconfig.py`
says which of them, `fuse_modules.py` makes one module of neighbours, `quantize.py` replaces the layers by those that
`quantization_mappings.py` names.
"""

from . import (
    fake_quantize,
    fuser_method_mappings,
    observer,
    qconfig,
    qconfig_mapping,
    quant_type,
    quantization_mappings,
    quantize_fx,
    stubs,
    utils,
)
from . import fuse_modules as _fuse_modules
from . import quantize as _quantize
from . import quantize_jit as _quantize_jit
from .fake_quantize import *  # noqa: F403
from .fake_quantize import FakeQuantizeBase
from .fuse_modules import *  # noqa: F403
from .fuser_method_mappings import *  # noqa: F403
from .observer import *  # noqa: F403
from .observer import ObserverBase
from .qconfig import *  # noqa: F403
from .qconfig_mapping import *  # noqa: F403
from .quant_type import *  # noqa: F403
from .quantization_mappings import *  # noqa: F403
from .quantize import *  # noqa: F403
from .quantize_jit import *  # noqa: F403
from .stubs import *  # noqa: F403
from .utils import MatchAllNode, Pattern, get_combined_dict

ObserverOrFakeQuantize = ObserverBase | FakeQuantizeBase

_PARTS = (
    fake_quantize, _fuse_modules, fuser_method_mappings, observer, qconfig, qconfig_mapping, quant_type,
    quantization_mappings, _quantize, _quantize_jit, stubs,
)  # fmt: skip
__all__ = [name for part in _PARTS for name in part.__all__ if not name.startswith("_")]
__all__ += [
    "MatchAllNode",
    "ObserverOrFakeQuantize",
    "Pattern",
    "default_eval_fn",
    "get_combined_dict",
    "no_observer_set",
    "quantize_fx",
]
__all__ += ["utils"]


def default_eval_fn(model, calib_data) -> None:
    """Runs a network on the first of each pair of a collection."""
    for data, _target in calib_data:
        model(data)


def no_observer_set() -> set:
    """The classes of modules that are never watched: none."""
    return set()
