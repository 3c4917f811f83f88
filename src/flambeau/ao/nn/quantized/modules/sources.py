"""What quantised layers are made of: one layer of numbers, out of fused ones and of those trained on the grid."""

from __future__ import annotations

from flambeau import nn
from flambeau.ao.nn.intrinsic import _FusedModule
from flambeau.nn.utils.fusion import fuse_conv_bn_weights, fuse_linear_bn_weights


def settled(mod):
    """The layer of a module, with its weight as it was trained, the module's QConfig and the observer of its results.

    A batch normalisation becomes a part of the weight; the QConfig of a layer that was trained on the grid gives the
    observer of its weight.
    """
    if hasattr(mod, "weight_fake_quant"):
        if hasattr(mod, "bn"):
            mod.weight, mod.bias = mod._folded(
                fuse_linear_bn_weights if isinstance(mod, nn.Linear) else fuse_conv_bn_weights
            )
        watcher = mod.weight_fake_quant
        mod.qconfig = mod.qconfig._replace(weight=lambda: watcher)
        return mod
    if not isinstance(mod, _FusedModule):
        return mod
    layer = mod[0]
    if hasattr(mod, "activation_post_process"):
        layer.activation_post_process = mod.activation_post_process
    return layer
