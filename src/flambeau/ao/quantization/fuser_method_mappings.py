"""How neighbours become one module: what is called for which classes."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from flambeau import nn
from flambeau.ao.nn import intrinsic as nni
from flambeau.nn.utils import fusion

from .utils import MatchAllNode

__all__ = [
    "fuse_conv_bn", "fuse_conv_bn_relu", "fuse_convtranspose_bn", "fuse_linear_bn", "get_fuser_method",
    "get_fuser_method_new",
]  # fmt: skip

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_CONV_BN = dict(zip(_CONVOLUTIONS, (nni.ConvBn1d, nni.ConvBn2d, nni.ConvBn3d)))
_CONV_BN_RELU = dict(zip(_CONVOLUTIONS, (nni.ConvBnReLU1d, nni.ConvBnReLU2d, nni.ConvBnReLU3d)))
_CONV_RELU = dict(zip(_CONVOLUTIONS, (nni.ConvReLU1d, nni.ConvReLU2d, nni.ConvReLU3d)))


def _same_mode(text: str, *modules) -> None:
    if len({module.training for module in modules}) > 1:
        raise AssertionError(f"{text} both must be in the same mode (train or eval).")


def _check_normalisation(bn, channels: int, kind: str, sizes: str) -> None:
    """AssertionError where a batch normalisation cannot be trained as a part of a layer with so many channels."""
    if bn.num_features != channels:
        raise AssertionError(sizes)
    for name, title in (("affine", "affine"), ("track_running_stats", "tracking_running_stats")):
        if not getattr(bn, name):
            raise AssertionError(f"Only support fusing {kind} with {title} set to True")


def _class_for(layer, classes: dict, mode: str, *modules) -> type:
    if type(layer) not in classes:
        raise NotImplementedError(f"Cannot fuse {mode} modules: {modules}")
    return classes[type(layer)]


def fuse_conv_bn(is_qat, conv, bn):
    """A convolution and the batch normalisation behind it as one module.

    Args:
        is_qat: whether the network is to be trained on the grid; else the normalisation becomes a part of the weight.
        conv, bn: the modules, both in the same mode.
    """
    _same_mode("Conv and BN", conv, bn)
    if not is_qat:
        return fusion.fuse_conv_bn_eval(conv, bn)
    sizes = "Output channel of Conv2d must match num_features of BatchNorm2d."
    _check_normalisation(bn, conv.out_channels, "BatchNorm2d", sizes)
    return _class_for(conv, _CONV_BN, "train", conv, bn)(conv, bn)


def fuse_conv_bn_relu(is_qat, conv, bn, relu):
    """A convolution, the batch normalisation behind it and a ReLU as one module.

    Args:
        is_qat: whether the network is to be trained on the grid; else the normalisation becomes a part of the weight.
        conv, bn, relu: the modules, all in the same mode.
    """
    _same_mode("Conv and BN", conv, bn, relu)
    if not is_qat:
        kind = _class_for(conv, _CONV_RELU, "eval", conv, bn, relu)
        return kind(fusion.fuse_conv_bn_eval(conv, bn), relu)
    sizes = "Output channel of Conv2d must match num_features of BatchNorm2d"
    _check_normalisation(bn, conv.out_channels, "BatchNorm2d", sizes)
    return _class_for(conv, _CONV_BN_RELU, "train", conv, bn, relu)(conv, bn, relu)


def fuse_linear_bn(is_qat, linear, bn):
    """A Linear and the batch normalisation behind it as one module.

    Args:
        is_qat: whether the network is to be trained on the grid; else the normalisation becomes a part of the weight.
        linear, bn: the modules, both in the same mode.
    """
    _same_mode("Linear and BN", linear, bn)
    if not is_qat:
        return fusion.fuse_linear_bn_eval(linear, bn)
    sizes = "Output features of Linear must match num_features of BatchNorm1d"
    _check_normalisation(bn, linear.out_features, "BatchNorm1d", sizes)
    return nni.LinearBn1d(linear, bn)


def fuse_convtranspose_bn(is_qat, convt, bn):
    """A transposed convolution with the batch normalisation behind it as a part of its weight.

    Args:
        is_qat: False.
        convt, bn: the modules, both in the same mode.
    """
    _same_mode("ConvTranspose and BN", convt, bn)
    if is_qat:
        raise Exception("Fusing ConvTranspose+BatchNorm not yet supported in QAT.")
    return fusion.fuse_conv_bn_eval(convt, bn, transpose=True)


def _in_a_row(kind: type) -> Callable:
    return lambda is_qat, *modules: kind(*modules)


_NORMALISATIONS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
_DEFAULT_OP_LIST_TO_FUSER_METHOD: dict[tuple, Callable] = {
    **dict.fromkeys(zip(_CONVOLUTIONS, _NORMALISATIONS), fuse_conv_bn),
    **{(conv, bn, nn.ReLU): fuse_conv_bn_relu for conv, bn in zip(_CONVOLUTIONS, _NORMALISATIONS)},
    **{(conv, nn.ReLU): _in_a_row(kind) for conv, kind in _CONV_RELU.items()},
    (nn.Linear, nn.BatchNorm1d): fuse_linear_bn,
    (nn.Linear, nn.ReLU): _in_a_row(nni.LinearReLU),
    (nn.BatchNorm2d, nn.ReLU): _in_a_row(nni.BNReLU2d),
    (nn.BatchNorm3d, nn.ReLU): _in_a_row(nni.BNReLU3d),
    **dict.fromkeys(zip(_TRANSPOSED, _NORMALISATIONS), fuse_convtranspose_bn),
}


def get_fuser_method(op_list, additional_fuser_method_mapping=None) -> Callable:
    """What makes one module of modules of certain classes.

    Args:
        op_list: a tuple of classes.
        additional_fuser_method_mapping: what goes before the usual mapping.

    Raises AssertionError where there is nothing.
    """
    found = (_DEFAULT_OP_LIST_TO_FUSER_METHOD | (additional_fuser_method_mapping or {})).get(op_list)
    if found is None:
        raise AssertionError(f"did not find fuser method for: {op_list} ")
    return found


def _patterns(op_pattern) -> list:
    """All patterns that say less than one: any of its parts may be what fits all."""
    if isinstance(op_pattern, (tuple, list)):
        return list(itertools.product(*map(_patterns, op_pattern)))
    return [op_pattern, MatchAllNode]


def get_fuser_method_new(op_pattern, fuser_method_mapping: dict) -> Callable:
    """What a mapping from patterns says of one, or of the next that says less; AssertionError where it says nothing."""
    patterns = _patterns(op_pattern)
    found = next((fuser_method_mapping[pattern] for pattern in patterns if fuser_method_mapping.get(pattern)), None)
    if found is None:
        raise AssertionError(f"did not find fuser method for: {patterns[-1]} ")
    return found
