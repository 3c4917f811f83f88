"""QConfigMapping: which QConfig is for which parts of a network, by class, function, name, or pattern of names."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from .fake_quantize import FixedQParamsFakeQuantize, default_weight_fake_quant
from .observer import (
    default_fixed_qparams_range_0to1_observer,
    default_fixed_qparams_range_neg1to1_observer,
    default_placeholder_observer,
    default_weight_observer,
)
from .qconfig import (
    QConfig,
    QConfigAny,
    default_quint8_weight_qconfig,
    default_reuse_input_qconfig,
    get_default_qat_qconfig,
    get_default_qconfig,
)

__all__ = ["QConfigMapping", "get_default_qat_qconfig_mapping", "get_default_qconfig_mapping"]

# Functions whose results lie between bounds that are known, by those bounds.
_BOUNDED = {
    default_fixed_qparams_range_0to1_observer: (
        nn.Hardsigmoid, F.hardsigmoid, "hardsigmoid", "hardsigmoid_", nn.Sigmoid, torch.sigmoid, "sigmoid", "sigmoid_",
        nn.Softmax,
    ),
    default_fixed_qparams_range_neg1to1_observer: (nn.Tanh, torch.tanh, "tanh", "tanh_"),
}  # fmt: skip
_TRANSPOSED = (
    nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d, F.conv_transpose1d, F.conv_transpose2d,
    F.conv_transpose3d,
)  # fmt: skip
# The attributes of a mapping, the later before the earlier, and what they are called in a dictionary.
_STYLES = {
    "global_qconfig": "",
    "object_type_qconfigs": "object_type",
    "module_name_regex_qconfigs": "module_name_regex",
    "module_name_qconfigs": "module_name",
    "module_name_object_type_order_qconfigs": "module_name_object_type_order",
}


class QConfigMapping:
    """Which QConfig is for which parts of a network; what is set by a later method here goes before.

    `set_global` for all, `set_object_type` for a class, a function or the name of a method, `set_module_name_regex` for
    names that match a pattern, `set_module_name` for a name, `set_module_name_object_type_order` for the n-th call of a
    function inside of a module. Each returns the mapping.
    """

    def __init__(self):
        self.global_qconfig: QConfigAny = None
        self.object_type_qconfigs: OrderedDict[Callable | str, QConfigAny] = OrderedDict()
        self.module_name_regex_qconfigs: OrderedDict[str, QConfigAny] = OrderedDict()
        self.module_name_qconfigs: OrderedDict[str, QConfigAny] = OrderedDict()
        self.module_name_object_type_order_qconfigs: OrderedDict[tuple[str, Callable, int], QConfigAny] = OrderedDict()

    def set_global(self, global_qconfig: QConfigAny) -> QConfigMapping:
        """The QConfig where nothing else is said."""
        self.global_qconfig = global_qconfig
        return self

    def set_object_type(self, object_type: Callable | str, qconfig: QConfigAny) -> QConfigMapping:
        """The QConfig of a class of modules, a function, or the name of a method."""
        self.object_type_qconfigs[object_type] = qconfig
        return self

    def set_module_name_regex(self, module_name_regex: str, qconfig: QConfigAny) -> QConfigMapping:
        """The QConfig of modules whose names match a pattern; of several patterns the first that matches counts."""
        self.module_name_regex_qconfigs[module_name_regex] = qconfig
        return self

    def set_module_name(self, module_name: str, qconfig: QConfigAny) -> QConfigMapping:
        """The QConfig of the module with a name."""
        self.module_name_qconfigs[module_name] = qconfig
        return self

    def set_module_name_object_type_order(
        self, module_name: str, object_type: Callable, index: int, qconfig: QConfigAny
    ) -> QConfigMapping:
        """The QConfig of the call number `index` of a class or function inside of the module with a name."""
        self.module_name_object_type_order_qconfigs[module_name, object_type, index] = qconfig
        return self

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for style in _STYLES:
            value = getattr(self, style)
            lines.append(f" {style}")
            filled = isinstance(value, OrderedDict) and value
            lines += [f"  {key}: {qconfig}" for key, qconfig in value.items()] if filled else [f"  {value}"]
        return "\n".join([*lines, ")"])

    def to_dict(self) -> dict[str, Any]:
        """The mapping as a dictionary of lists of tuples, which end in a QConfig."""
        made: dict[str, Any] = {"": self.global_qconfig}
        for style, key in list(_STYLES.items())[1:]:
            items = getattr(self, style).items()
            made[key] = [(*(what if isinstance(what, tuple) else (what,)), qconfig) for what, qconfig in items]
        return made

    @classmethod
    def from_dict(cls, qconfig_dict: dict[str, Any]) -> QConfigMapping:
        """The mapping that `to_dict` made a dictionary of; keys may be missing."""
        made = cls()
        if "" in qconfig_dict:
            made.set_global(qconfig_dict[""])
        for key in list(_STYLES.values())[1:]:
            for item in qconfig_dict.get(key, []):
                getattr(made, f"set_{key}")(*item)
        return made


def _default_mapping(in_training: bool, qconfig: QConfig, backend: str) -> QConfigMapping:
    """A mapping with one QConfig for all but what needs another."""
    weight = default_weight_fake_quant if in_training else default_weight_observer
    one_scale = QConfig(qconfig.activation, weight) if backend in ("fbgemm", "x86") else qconfig
    float_weight = QConfig(qconfig.activation, default_placeholder_observer)
    made = QConfigMapping().set_global(qconfig).set_object_type("reshape", default_reuse_input_qconfig)
    for kind in _TRANSPOSED:
        made.set_object_type(kind, one_scale)
    made.set_object_type(F.layer_norm, float_weight).set_object_type(nn.LayerNorm, float_weight)
    made.set_object_type(nn.PReLU, default_quint8_weight_qconfig)
    for observer, kinds in _BOUNDED.items():
        activation = FixedQParamsFakeQuantize.with_args(observer=observer) if in_training else observer
        for kind in kinds:
            made.set_object_type(kind, QConfig(activation, weight))
    return made


def get_default_qconfig_mapping(backend="x86", version=0) -> QConfigMapping:
    """The mapping for networks that are quantised after training; see `get_default_qconfig`."""
    return _default_mapping(False, get_default_qconfig(backend, version), backend)


def get_default_qat_qconfig_mapping(backend="x86", version=1) -> QConfigMapping:
    """The mapping for networks that are trained to be quantised; see `get_default_qat_qconfig`."""
    return _default_mapping(True, get_default_qat_qconfig(backend, version), backend)
