"""torch.ao.quantization: networks with weights of fewer bits.

`observer.py` watches numbers and chooses scales, `qconfig.py` says which observers, `quantize.py` replaces the layers.
"""

from . import observer, qconfig, quantize, stubs
from .observer import (
    MinMaxObserver,
    MovingAverageMinMaxObserver,
    ObserverBase,
    PerChannelMinMaxObserver,
    PlaceholderObserver,
    UniformQuantizationObserverBase,
    default_dynamic_quant_observer,
    default_observer,
    default_per_channel_weight_observer,
    default_placeholder_observer,
    default_weight_observer,
)
from .qconfig import (
    QConfig,
    default_dynamic_qconfig,
    default_per_channel_qconfig,
    default_qconfig,
    float16_dynamic_qconfig,
    per_channel_dynamic_qconfig,
)
from .quantize import (
    DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS,
    DEFAULT_STATIC_QUANT_MODULE_MAPPINGS,
    convert,
    get_default_dynamic_quant_module_mappings,
    get_default_static_quant_module_mappings,
    prepare,
    propagate_qconfig_,
    quantize_dynamic,
    swap_module,
)
from .stubs import DeQuantStub, QuantStub, QuantWrapper

__all__ = [
    "DEFAULT_STATIC_QUANT_MODULE_MAPPINGS", "DeQuantStub", "QuantStub", "QuantWrapper", "prepare", "stubs",
    "get_default_static_quant_module_mappings",
    "DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS", "MinMaxObserver", "MovingAverageMinMaxObserver", "ObserverBase",
    "PerChannelMinMaxObserver", "PlaceholderObserver", "QConfig", "UniformQuantizationObserverBase", "convert",
    "default_dynamic_qconfig", "default_dynamic_quant_observer", "default_observer", "default_per_channel_qconfig",
    "default_per_channel_weight_observer", "default_placeholder_observer", "default_qconfig", "default_weight_observer",
    "float16_dynamic_qconfig", "get_default_dynamic_quant_module_mappings", "observer", "per_channel_dynamic_qconfig",
    "propagate_qconfig_", "qconfig", "quantize", "quantize_dynamic", "swap_module",
]  # fmt: skip
