"""Neighbours of a network made one module, so that they are quantised as one."""

from __future__ import annotations

import copy
from operator import attrgetter

from flambeau import nn
from flambeau.nn.utils.parametrize import type_before_parametrizations

from .fuser_method_mappings import fuse_conv_bn, fuse_conv_bn_relu, get_fuser_method

__all__ = ["fuse_conv_bn", "fuse_conv_bn_relu", "fuse_known_modules", "fuse_modules", "fuse_modules_qat"]


def fuse_known_modules(mod_list, is_qat, additional_fuser_method_mapping=None) -> list[nn.Module]:
    """One module that does what several do, followed by an Identity in place of each of the others.

    Args:
        mod_list: the modules. What is called before the first and after the last goes over to the one.
        is_qat: whether the network is to be trained on the grid.
        additional_fuser_method_mapping: from tuples of classes to functions of is_qat and the modules.
    """
    first, last = mod_list[0], mod_list[-1]
    make = get_fuser_method(tuple(map(type_before_parametrizations, mod_list)), additional_fuser_method_mapping)
    fused = make(is_qat, *mod_list)
    for pre_hook in first._forward_pre_hooks.values():
        fused.register_forward_pre_hook(pre_hook)
    first._forward_pre_hooks.clear()
    for hook in last._forward_hooks.values():
        fused.register_forward_hook(hook)
    last._forward_hooks.clear()
    return [fused, *(nn.Identity().train(first.training) for _ in mod_list[1:])]


def _fuse(model, modules_to_fuse, is_qat, inplace, fuser_func, fuse_custom_config_dict):
    if not inplace:
        model = copy.deepcopy(model)
    alone = all(isinstance(name, str) for name in modules_to_fuse)
    additional = (fuse_custom_config_dict or {}).get("additional_fuser_method_mapping", {})
    for names in [modules_to_fuse] if alone else modules_to_fuse:
        made = fuser_func([attrgetter(name)(model) for name in names], is_qat, additional)
        for name, module in zip(names, made):
            around, _, own = name.rpartition(".")
            setattr(attrgetter(around)(model) if around else model, own, module)
    return model


def fuse_modules(
    model, modules_to_fuse, inplace=False, fuser_func=fuse_known_modules, fuse_custom_config_dict=None
):  # fmt: skip
    """A network in evaluation mode with neighbours made one module; the places of the others are taken by Identity.

    Args:
        model: the network.
        modules_to_fuse: the names of the neighbours, or a list of such lists: conv-bn, conv-bn-relu, conv-relu,
            linear-bn, linear-relu, bn-relu.
        inplace: whether to change the network itself rather than a copy.
        fuser_func: what makes a list of modules from one.
        fuse_custom_config_dict: under "additional_fuser_method_mapping", what is called for other classes.

    Raises AssertionError for neighbours of other classes.
    """
    return _fuse(model, modules_to_fuse, False, inplace, fuser_func, fuse_custom_config_dict)


def fuse_modules_qat(
    model, modules_to_fuse, inplace=False, fuser_func=fuse_known_modules, fuse_custom_config_dict=None
):  # fmt: skip
    """The same for a network in training mode, which is to be trained on the grid; see `fuse_modules`."""
    return _fuse(model, modules_to_fuse, True, inplace, fuser_func, fuse_custom_config_dict)
