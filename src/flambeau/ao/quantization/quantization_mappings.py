"""Which class takes the place of which: after calibration, in training, and where scales are chosen at each call."""

from __future__ import annotations

from typing import Any

from flambeau import nn
from flambeau.ao.nn import intrinsic as nni
from flambeau.ao.nn import qat as nnqat
from flambeau.ao.nn import quantized as nnq
from flambeau.ao.nn.intrinsic import qat as nniqat
from flambeau.ao.nn.intrinsic import quantized as nniq
from flambeau.ao.nn.quantized import dynamic as nnqd
from flambeau.nn.utils.parametrize import type_before_parametrizations

from .fake_quantize import default_fixed_qparams_range_0to1_fake_quant, default_fixed_qparams_range_neg1to1_fake_quant
from .stubs import DeQuantStub, QuantStub

_Mapping = dict[Any, Any]


def _same_names(source: Any, target: Any, names: str) -> _Mapping:
    """A mapping between classes of the same names."""
    return {getattr(source, name): getattr(target, name) for name in names.split()}


DEFAULT_STATIC_QUANT_MODULE_MAPPINGS: _Mapping = {
    QuantStub: nnq.Quantize,
    DeQuantStub: nnq.DeQuantize,
    **_same_names(
        nn, nnq,
        "BatchNorm2d BatchNorm3d Dropout Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d ELU "
        "Embedding EmbeddingBag GroupNorm Hardswish InstanceNorm1d InstanceNorm2d InstanceNorm3d LayerNorm LeakyReLU "
        "Linear ReLU6 PReLU",
    ),
    nn.modules.linear.NonDynamicallyQuantizableLinear: nnq.Linear,
    nnq.FloatFunctional: nnq.QFunctional,
    **_same_names(nni, nniq, "BNReLU2d BNReLU3d ConvReLU1d ConvReLU2d ConvReLU3d LinearReLU"),
    **_same_names(nniqat, nniq, "ConvReLU2d ConvReLU3d LinearReLU"),
    **{getattr(nniqat, f"ConvBn{n}d"): getattr(nnq, f"Conv{n}d") for n in (1, 2, 3)},
    **{getattr(nniqat, f"ConvBnReLU{n}d"): getattr(nniq, f"ConvReLU{n}d") for n in (1, 2, 3)},
    nniqat.LinearBn1d: nnq.Linear,
    **_same_names(nnqat, nnq, "Linear Conv2d Conv3d"),
}  # fmt: skip
DEFAULT_QAT_MODULE_MAPPINGS: _Mapping = {
    **_same_names(nn, nnqat, "Conv2d Conv3d Linear"),
    nn.modules.linear.NonDynamicallyQuantizableLinear: nnqat.Linear,
    **_same_names(
        nni, nniqat,
        "ConvBn1d ConvBn2d ConvBn3d ConvBnReLU1d ConvBnReLU2d ConvBnReLU3d ConvReLU2d ConvReLU3d LinearReLU LinearBn1d",
    ),
}  # fmt: skip
DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS: _Mapping = {
    **_same_names(nn, nnqd, "GRUCell Linear LSTM GRU LSTMCell RNNCell"),
    nnqat.dynamic.Linear: nnqd.Linear,
    nn.modules.linear.NonDynamicallyQuantizableLinear: nnqd.Linear,
    nni.LinearReLU: nniq.dynamic.LinearReLU,
    **_same_names(nn, nnq, "EmbeddingBag Embedding"),
}
DEFAULT_MODULE_TO_ACT_POST_PROCESS: _Mapping = {
    nn.Hardsigmoid: default_fixed_qparams_range_0to1_fake_quant,
    nn.Sigmoid: default_fixed_qparams_range_0to1_fake_quant,
    nn.Softmax: default_fixed_qparams_range_0to1_fake_quant,
    nn.Tanh: default_fixed_qparams_range_neg1to1_fake_quant,
}
_ALSO_WATCHED = {nn.Sequential}
_ALL = (DEFAULT_STATIC_QUANT_MODULE_MAPPINGS, DEFAULT_QAT_MODULE_MAPPINGS, DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS)


def get_default_static_quant_module_mappings() -> _Mapping:
    """Which class takes the place of which where scales are known beforehand."""
    return dict(DEFAULT_STATIC_QUANT_MODULE_MAPPINGS)


def get_embedding_static_quant_module_mappings() -> _Mapping:
    """The same, with the tables that were trained on the grid."""
    return DEFAULT_STATIC_QUANT_MODULE_MAPPINGS | _same_names(nnqat, nnq, "EmbeddingBag Embedding")


def get_default_qat_module_mappings() -> _Mapping:
    """Which class takes the place of which in training on the grid."""
    return dict(DEFAULT_QAT_MODULE_MAPPINGS)


def get_embedding_qat_module_mappings() -> _Mapping:
    """The same, with tables of vectors."""
    return DEFAULT_QAT_MODULE_MAPPINGS | _same_names(nn, nnqat, "EmbeddingBag Embedding")


def get_default_dynamic_quant_module_mappings() -> _Mapping:
    """Which class takes the place of which where a scale is chosen at each call."""
    return DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS


def _counterpart(kind: type, mapping: _Mapping) -> type:
    if mapping.get(kind) is None:
        raise AssertionError(f"Floating point module class {kind} does not have a corresponding quantized module class")
    return mapping[kind]


def get_static_quant_module_class(
    float_module_class, additional_static_quant_mapping=None, is_reference: bool = False
) -> type:
    """The class that takes the place of another where scales are known beforehand; AssertionError where none does.

    Args:
        float_module_class: the class.
        additional_static_quant_mapping: what goes before the usual mapping.
        is_reference: False; there are no reference modules.
    """
    if is_reference:
        raise NotImplementedError("there are no reference modules of quantized layers")
    return _counterpart(
        float_module_class, DEFAULT_STATIC_QUANT_MODULE_MAPPINGS | (additional_static_quant_mapping or {})
    )


def get_dynamic_quant_module_class(float_module_class, additional_dynamic_quant_mapping=None) -> type:
    """The class that takes the place of another where a scale is chosen at each call; AssertionError where none does.

    Args:
        float_module_class: the class.
        additional_dynamic_quant_mapping: what goes before the usual mapping.
    """
    return _counterpart(
        float_module_class, DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS | (additional_dynamic_quant_mapping or {})
    )


def get_default_qconfig_propagation_list() -> set:
    """The classes of modules whose results are watched."""
    return {kind for mapping in _ALL for kind in mapping} | _ALSO_WATCHED


def get_default_compare_output_module_list() -> set:
    """The classes of modules whose results are worth comparing before and after."""
    return get_default_qconfig_propagation_list() | {kind for mapping in _ALL for kind in mapping.values()}


def _get_special_act_post_process(module):
    """What puts the results of a module on the grid, where they lie between bounds that are known; else None."""
    return DEFAULT_MODULE_TO_ACT_POST_PROCESS.get(type_before_parametrizations(module))


def _has_special_act_post_process(module) -> bool:
    return module.training and type(module) in DEFAULT_MODULE_TO_ACT_POST_PROCESS


__all__ = [
    "DEFAULT_DYNAMIC_QUANT_MODULE_MAPPINGS", "DEFAULT_MODULE_TO_ACT_POST_PROCESS", "DEFAULT_QAT_MODULE_MAPPINGS",
    "DEFAULT_STATIC_QUANT_MODULE_MAPPINGS", "get_default_compare_output_module_list",
    "get_default_dynamic_quant_module_mappings", "get_default_qat_module_mappings",
    "get_default_qconfig_propagation_list", "get_default_static_quant_module_mappings",
    "get_dynamic_quant_module_class", "get_embedding_qat_module_mappings",
    "get_embedding_static_quant_module_mappings", "get_static_quant_module_class",
]  # fmt: skip
