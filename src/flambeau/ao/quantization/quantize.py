"""Networks whose layers are replaced by quantised ones, or by those that are trained to be quantised."""

from __future__ import annotations

import copy
import inspect
import itertools
import warnings

import flambeau as torch
from flambeau import nn
from flambeau.ao.nn import quantized as nnq
from flambeau.ao.nn.intrinsic import _FusedModule
from flambeau.nn.utils.parametrize import type_before_parametrizations

from .observer import _is_activation_post_process
from .qconfig import (
    _activation_is_memoryless,
    _assert_valid_qconfig,
    default_dynamic_qconfig,
    float16_dynamic_qconfig,
    float_qparams_weight_only_qconfig,
    float_qparams_weight_only_qconfig_4bit,
)
from .quantization_mappings import (
    _get_special_act_post_process,
    _has_special_act_post_process,
    get_default_dynamic_quant_module_mappings,
    get_default_qat_module_mappings,
    get_default_qconfig_propagation_list,
    get_default_static_quant_module_mappings,
)
from .stubs import DeQuantStub, QuantWrapper
from .utils import has_no_children_ignoring_parametrizations

__all__ = [
    "add_quant_dequant", "convert", "get_default_custom_config_dict", "prepare", "prepare_qat", "propagate_qconfig_",
    "quantize", "quantize_dynamic", "quantize_qat", "swap_module",
]  # fmt: skip

_RECURRENT = (nn.LSTM, nn.GRU, nn.LSTMCell, nn.RNNCell, nn.GRUCell)
# What quantize_dynamic replaces for each type of weights, and by which QConfig.
_BY_DTYPE = {
    torch.qint8: (default_dynamic_qconfig, (nn.Linear, *_RECURRENT)),
    torch.float16: (float16_dynamic_qconfig, (nn.Linear, *_RECURRENT)),
    torch.quint8: (float_qparams_weight_only_qconfig, (nn.EmbeddingBag, nn.Embedding)),
    torch.quint4x2: (float_qparams_weight_only_qconfig_4bit, (nn.EmbeddingBag,)),
}


def get_default_custom_config_dict() -> dict[str, dict]:
    """Which classes have forms of their own while they are watched, and afterwards."""
    return {"float_to_observed_custom_module_class": {}, "observed_to_quantized_custom_module_class": {}}


# ------------------------------------------------------------------ which module has which QConfig
def propagate_qconfig_(module, qconfig_dict=None, prepare_custom_config_dict=None) -> None:
    """Gives every module the attribute `qconfig`: its own, else that of its name, its class, or the module around it.

    Args:
        module: the network.
        qconfig_dict: from classes and names of submodules to QConfigs; "" is the name of the network.
        prepare_custom_config_dict: what is left out of the network's own children, by "non_traceable_module_name" and
            "non_traceable_module_class".

    Raises AssertionError for a transposed convolution with a scale for each channel.
    """
    custom = prepare_custom_config_dict or {}
    kept_out = custom.get("non_traceable_module_name", []), tuple(custom.get("non_traceable_module_class", ()))
    _propagate(module, qconfig_dict or {}, None, "", kept_out)


def _propagate(module, configs: dict, inherited, prefix: str, kept_out: tuple) -> None:
    config = configs.get(prefix, configs.get(type_before_parametrizations(module), inherited))
    config = getattr(module, "qconfig", config)
    _assert_valid_qconfig(config, module)
    module.qconfig = config
    names, kinds = kept_out
    for name, child in module.named_children():
        if name not in names and type(child) not in kinds:
            _propagate(child, configs, config, f"{prefix}.{name}" if prefix else name, ((), ()))


def add_quant_dequant(module):
    """Puts every module without children that has a QConfig between two stubs; returns the network.

    Args:
        module: the network, which is changed; a layer alone is returned between its stubs.
    """
    if has_no_children_ignoring_parametrizations(module) and getattr(module, "qconfig", None):
        return QuantWrapper(module)
    for name, child in module.named_children():
        module._modules[name] = add_quant_dequant(child)
    return module


# ------------------------------------------------------------------ watching
def _observer_forward_hook(module, input, output):
    return module.activation_post_process(output)


def _observer_forward_pre_hook(module, input):
    return module.activation_post_process(input[0])


def _watch(module, make=None) -> None:
    """Lets an observer look at a module's results; one that keeps nothing looks at what the module is given."""
    if getattr(module, "qconfig", None) is None or isinstance(module, DeQuantStub):
        return
    module.add_module("activation_post_process", (make or module.qconfig.activation)())
    if _activation_is_memoryless(module.qconfig):
        module.register_forward_pre_hook(_observer_forward_pre_hook, prepend=True)
    else:
        module.register_forward_hook(_observer_forward_hook, prepend=True)


def _watch_all(module, watched, as_one, custom: dict) -> None:
    """Lets observers look at the results of all layers.

    Args:
        module: the network.
        watched: the classes of layers.
        as_one: the classes that are watched as one although they have submodules.
        custom: the classes that are replaced by their watched form.
    """
    for name, child in module.named_children():
        kind = type_before_parametrizations(child)
        configured = getattr(child, "qconfig", None) is not None
        if kind is nn.Dropout:
            continue
        if issubclass(kind, (nnq.FloatFunctional, nnq.QFunctional)):
            if configured:
                child.activation_post_process = child.qconfig.activation()
        elif isinstance(child, _FusedModule) or kind in as_one:
            _watch(child)
        elif _has_special_act_post_process(child):
            _watch(child, _get_special_act_post_process(child))
        elif configured and kind in custom:
            made = custom[kind].from_float(child)
            setattr(module, name, made)
            _watch(made)
        else:
            _watch_all(child, watched, as_one, custom)
    layer = not isinstance(module, nn.Sequential) and type_before_parametrizations(module) in watched
    if layer and (has_no_children_ignoring_parametrizations(module) or hasattr(module, "weight_fake_quant")):
        _watch(module)


def prepare(
    model, inplace=False, allow_list=None, observer_non_leaf_module_list=None, prepare_custom_config_dict=None
):  # fmt: skip
    """A network that watches the results of its stubs and layers, for `convert` to choose their scales.

    Args:
        model: the network, with attributes `qconfig` on itself or its modules.
        inplace: whether to change the network itself rather than a copy.
        allow_list: the classes of layers to watch.
        observer_non_leaf_module_list: classes that are watched as one although they have submodules.
        prepare_custom_config_dict: under "float_to_observed_custom_module_class", classes that are replaced by those of
            a script, which have `from_float`.
    """
    if not inplace:
        model = copy.deepcopy(model)
    custom = prepare_custom_config_dict or get_default_custom_config_dict()
    propagate_qconfig_(model)
    if not any(getattr(part, "qconfig", None) for part in model.modules()):
        warnings.warn(
            "None of the submodule got qconfig applied. Make sure you passed correct configuration through "
            "`qconfig_dict` or by assigning the `.qconfig` attribute directly on submodules",
            stacklevel=2,
        )
    watched = get_default_qconfig_propagation_list() if allow_list is None else allow_list
    replaced = custom.get("float_to_observed_custom_module_class", {})
    _watch_all(model, watched, observer_non_leaf_module_list or (), replaced)
    return model


def prepare_qat(model, mapping=None, inplace=False):
    """A network whose weights and results are put on the grid of integers while it is trained.

    Args:
        model: the network, in training mode, with attributes `qconfig` on itself or its modules.
        mapping: which class takes the place of which.
        inplace: whether to change the network itself rather than a copy.

    Raises AssertionError for a network in evaluation mode.
    """
    if not model.training:
        raise AssertionError("prepare_qat only works on models in training mode")
    mapping = get_default_qat_module_mappings() if mapping is None else mapping
    if not inplace:
        model = copy.deepcopy(model)
    propagate_qconfig_(model)
    convert(model, mapping=mapping, inplace=True, remove_qconfig=False)
    prepare(model, observer_non_leaf_module_list=set(mapping.values()), inplace=True)
    return model


# ------------------------------------------------------------------ replacing
def convert(
    module, mapping=None, inplace=False, remove_qconfig=True, is_reference=False, convert_custom_config_dict=None,
    use_precomputed_fake_quant=False,
):  # fmt: skip
    """A network whose submodules with a qconfig are replaced by the classes that a mapping names.

    Args:
        module: the network.
        mapping: which class takes the place of which; by default those on quantised tensors, after `prepare`.
        inplace: whether to change the network itself rather than a copy.
        remove_qconfig: whether to take away QConfigs and observers afterwards.
        is_reference: False; there are no reference modules.
        convert_custom_config_dict: under "observed_to_quantized_custom_module_class", classes that are replaced by
            those of a script, which have `from_observed`.
        use_precomputed_fake_quant: whether the observers of weights have seen them already.
    """
    if is_reference and mapping is None:
        raise NotImplementedError("there are no reference modules of quantized layers")
    mapping = get_default_static_quant_module_mappings() if mapping is None else mapping
    custom = convert_custom_config_dict or get_default_custom_config_dict()
    if not inplace:
        module = copy.deepcopy(module)
    replaced = custom.get("observed_to_quantized_custom_module_class", {})
    _convert_children(module, mapping, replaced, use_precomputed_fake_quant)
    if remove_qconfig:
        _remove_qconfig(module)
    return module


def _convert_children(module, mapping: dict, custom: dict, precomputed: bool) -> None:
    swapped = {}
    for name, child in module.named_children():
        if not isinstance(child, _FusedModule) and type_before_parametrizations(child) not in custom:
            _convert_children(child, mapping, custom, precomputed)
        swapped[name] = swap_module(child, mapping, custom, precomputed)
    module._modules.update(swapped)


def swap_module(mod, mapping, custom_module_class_mapping, use_precomputed_fake_quant=False):
    """The quantised form of a module that has a qconfig and is of a class in a mapping; others as they are.

    Args:
        mod: the module; its hooks go over to the other, but not those of observers.
        mapping: which class takes the place of which.
        custom_module_class_mapping: classes that are replaced by those of a script.
        use_precomputed_fake_quant: whether the observer of the weight has seen it already.
    """
    kind = type_before_parametrizations(mod)
    if getattr(mod, "qconfig", None) is None:
        return mod
    if kind in custom_module_class_mapping:
        made = custom_module_class_mapping[kind].from_observed(mod)
    elif kind in mapping:
        make = mapping[kind].from_float
        told = "use_precomputed_fake_quant" in inspect.signature(make).parameters
        made = make(mod, use_precomputed_fake_quant=use_precomputed_fake_quant) if told else make(mod)
    else:
        return mod
    for pre_hook in mod._forward_pre_hooks.values():
        made.register_forward_pre_hook(pre_hook)
    for hook in mod._forward_hooks.values():
        if hook is not _observer_forward_hook:
            made.register_forward_hook(hook)
    return made


def _remove_qconfig(module) -> None:
    """Takes QConfigs and observers away."""
    for part in list(module.modules()):
        vars(part).pop("qconfig", None)
        if _is_activation_post_process(part._modules.get("activation_post_process")):
            del part.activation_post_process
        for hooks in (part._forward_pre_hooks, part._forward_hooks):
            for key in [key for key, hook in hooks.items() if hook in _OBSERVER_HOOKS]:
                del hooks[key]


_OBSERVER_HOOKS = (_observer_forward_hook, _observer_forward_pre_hook)


# ------------------------------------------------------------------ all steps at once
def quantize(model, run_fn, run_args, mapping=None, inplace=False):
    """A network on integers, whose scales suit what it met while a function ran it.

    Args:
        model: the network, with attributes `qconfig`.
        run_fn, run_args: the function, which is called with the network and these arguments.
        mapping: which class takes the place of which.
        inplace: whether to change the network itself rather than a copy.
    """
    if not inplace:
        model = copy.deepcopy(model)
    model.eval()
    prepare(model, inplace=True)
    run_fn(model, *run_args)
    convert(model, mapping, inplace=True)
    return model


def quantize_qat(model, run_fn, run_args, inplace=False):
    """A network on integers that a function has trained for them.

    Args:
        model: the network, with attributes `qconfig`.
        run_fn, run_args: the function, which is called with the prepared network and these arguments.
        inplace: whether to change the network itself rather than a copy.
    """
    if not inplace:
        model = copy.deepcopy(model)
    model.train()
    prepare_qat(model, inplace=True)
    run_fn(model, *run_args)
    convert(model, inplace=True)
    return model


def quantize_dynamic(model, qconfig_spec=None, dtype=torch.qint8, mapping=None, inplace=False):
    """A network whose layers have weights of 8 bits, and quantise what they are given at each call.

    Args:
        model: the network.
        qconfig_spec: a set of classes and names of submodules; or a dictionary from those to a QConfig; by default all
            Linear and recurrent layers.
        dtype: torch.qint8, or torch.float16 for weights that are kept in half precision, or torch.quint8 for tables of
            vectors; without a dictionary.
        mapping: which class takes the place of which.
        inplace: whether to change the network itself rather than a copy.

    Raises ValueError or RuntimeError for a type that there are no such layers of.
    """
    mapping = get_default_dynamic_quant_module_mappings() if mapping is None else mapping
    spec = _spec(qconfig_spec, dtype)
    if not inplace:
        model = copy.deepcopy(model)
    model.eval()
    propagate_qconfig_(model, spec)
    convert(model, mapping, inplace=True)
    return model


def _spec(given, dtype) -> dict:
    """The QConfig of each class and name that is to be replaced."""
    if given is not None and not isinstance(given, set):
        return given
    if dtype not in _BY_DTYPE:
        if given is not None:
            raise RuntimeError("Unknown dtype specified for quantize_dynamic: ", str(dtype))
        raise ValueError(f"Don't know how to quantize with default settings for {dtype}. Provide full qconfig please")
    config, kinds = _BY_DTYPE[dtype]
    return dict(zip(kinds if given is None else given, itertools.repeat(config)))
