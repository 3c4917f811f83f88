"""Networks whose layers are replaced by quantised ones."""

from __future__ import annotations

import copy
import warnings

import flambeau as torch
from flambeau import nn
from flambeau.ao.nn import quantized

from .qconfig import QConfig, default_dynamic_qconfig, float16_dynamic_qconfig
from .stubs import DeQuantStub, QuantStub

DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS: dict[type, type] = {nn.Linear: quantized.dynamic.Linear}
DEFAULT_STATIC_QUANT_MODULE_MAPPINGS: dict[type, type] = {
    QuantStub: quantized.Quantize,
    DeQuantStub: quantized.DeQuantize,
    nn.Linear: quantized.Linear,
    nn.Conv2d: quantized.Conv2d,
}
_OBSERVED = (QuantStub, nn.Linear, nn.Conv2d)
_RECURRENT = (nn.LSTM, nn.GRU, nn.LSTMCell, nn.GRUCell, nn.RNNCell)
_BY_DTYPE = {torch.qint8: default_dynamic_qconfig, torch.float16: float16_dynamic_qconfig}


def get_default_dynamic_quant_module_mappings() -> dict[type, type]:
    """Which class takes the place of which where activations are quantised at each call."""
    return dict(DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS)


def get_default_static_quant_module_mappings() -> dict[type, type]:
    """Which class takes the place of which where scales are known beforehand."""
    return dict(DEFAULT_STATIC_QUANT_MODULE_MAPPINGS)


def quantize_dynamic(model, qconfig_spec=None, dtype=torch.qint8, mapping=None, inplace=False):
    """A network whose Linear layers have weights of 8 bits, and quantise what they are given at each call.

    Args:
        model: the network.
        qconfig_spec: a set of classes and names of submodules; or a dictionary from those to a QConfig; by default all
            layers that can be. Recurrent layers stay as they are, with a warning where they are asked for.
        dtype: torch.qint8, or torch.float16 for weights that are kept in half precision; without a dictionary.
        mapping: which class takes the place of which.
        inplace: whether to change the network itself rather than a copy.

    Raises ValueError or RuntimeError for a type that there are no such layers of.
    """
    spec = _spec(qconfig_spec, dtype)
    if not inplace:
        model = copy.deepcopy(model)
    model.eval()
    propagate_qconfig_(model, spec)
    convert(model, get_default_dynamic_quant_module_mappings() if mapping is None else mapping, inplace=True)
    return model


def _spec(given, dtype) -> dict:
    if isinstance(given, dict):
        return given
    if given is None:
        if dtype is torch.quint8:
            return {}  # for embeddings alone, which stay as they are
        if dtype not in _BY_DTYPE:
            raise ValueError(
                f"Don't know how to quantize with default settings for {dtype}. Provide full qconfig please"
            )
        return {nn.Linear: _BY_DTYPE[dtype]}
    if dtype not in _BY_DTYPE and dtype is not torch.quint8:
        raise RuntimeError("Unknown dtype specified for quantize_dynamic: ", str(dtype))
    for kind in set(given) & set(_RECURRENT):
        warnings.warn(f"{kind.__name__} has no quantized form here and stays in float32", stacklevel=3)
    config = _BY_DTYPE.get(dtype) or QConfig(default_dynamic_qconfig.activation, _unsigned())
    return dict.fromkeys(given, config)


def _unsigned():
    return default_dynamic_qconfig.weight.with_args(dtype=torch.quint8)


def propagate_qconfig_(module, qconfig_dict=None, prepare_custom_config_dict=None) -> None:
    """Gives every module the attribute `qconfig`: that of its name, else of its class, else of the module around it.

    Args:
        module: the network; modules that have a qconfig keep it where the dictionary says nothing of them.
        qconfig_dict: from classes and names of submodules to QConfigs; "" is the name of the network.
    """
    _propagate(module, qconfig_dict or {}, None, "")


def _propagate(module, configs: dict, inherited, prefix: str) -> None:
    config = configs.get(prefix, configs.get(type(module), getattr(module, "qconfig", inherited)))
    module.qconfig = config
    for name, child in module.named_children():
        _propagate(child, configs, config, f"{prefix}.{name}" if prefix else name)


def prepare(
    model, inplace=False, allow_list=None, observer_non_leaf_module_list=None, prepare_custom_config_dict=None
):  # fmt: skip
    """A network that watches the results of its stubs and layers, for `convert` to choose their scales.

    Args:
        model: the network, with attributes `qconfig` on itself or its modules.
        inplace: whether to change the network itself rather than a copy.
        allow_list: the classes of modules to watch.
    """
    if not inplace:
        model = copy.deepcopy(model)
    propagate_qconfig_(model)
    if not any(getattr(part, "qconfig", None) for part in model.modules()):
        warnings.warn(
            "None of the submodule got qconfig applied. Make sure you passed correct configuration through "
            "`qconfig_dict` or by assigning the `.qconfig` attribute directly on submodules",
            stacklevel=2,
        )
    for part in list(model.modules()):
        if type(part) in (allow_list or _OBSERVED) and part.qconfig is not None:
            part.add_module("activation_post_process", part.qconfig.activation())
            part.register_forward_hook(_observe)
    return model


def _observe(module, inputs, output):
    return module.activation_post_process(output)


def convert(
    module, mapping=None, inplace=False, remove_qconfig=True, is_reference=False, convert_custom_config_dict=None,
    use_precomputed_fake_quant=False,
):  # fmt: skip
    """A network whose submodules with a qconfig are replaced by the classes that a mapping names.

    Args:
        module: the network.
        mapping: which class takes the place of which; by default those on quantised tensors, after `prepare`.
        inplace: whether to change the network itself rather than a copy.
        remove_qconfig: whether to take away the attributes `qconfig` afterwards.
    """
    mapping = get_default_static_quant_module_mappings() if mapping is None else mapping
    if not inplace:
        module = copy.deepcopy(module)
    _convert_children(module, mapping)
    if remove_qconfig:
        for part in module.modules():
            vars(part).pop("qconfig", None)
    return module


def _convert_children(module, mapping: dict) -> None:
    for name, child in module.named_children():
        if type(child) not in mapping:
            _convert_children(child, mapping)
        setattr(module, name, swap_module(child, mapping, {}))


def swap_module(mod, mapping, custom_module_class_mapping=None, use_precomputed_fake_quant=False):
    """The quantised form of a module that has a qconfig and is of a class in a mapping; others as they are."""
    if getattr(mod, "qconfig", None) is None or type(mod) not in mapping:
        return mod
    made = mapping[type(mod)].from_float(mod)
    for hooks in ("_forward_pre_hooks", "_forward_hooks"):
        kept = {key: hook for key, hook in getattr(mod, hooks).items() if hook is not _observe}
        getattr(made, hooks).update(kept)
    return made
