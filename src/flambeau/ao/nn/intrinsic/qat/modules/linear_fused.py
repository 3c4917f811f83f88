"""Linear and batch normalisation that are trained on the grid."""

from __future__ import annotations

from flambeau import nn
from flambeau.ao.nn import intrinsic as nni
from flambeau.ao.nn.qat.modules.trained import check_source
from flambeau.nn import functional as F
from flambeau.nn.utils.fusion import fuse_linear_bn_weights

from .normalized import Normalized


class LinearBn1d(nn.Linear, Normalized):
    """A Linear and a BatchNorm1d.

    Args:
        in_features, out_features, bias: see nn.Linear.
        eps, momentum: see nn.BatchNorm1d.
        freeze_bn: whether the statistics stay.
        qconfig: says what puts the weight on the grid.
    """

    def __init__(
        self, in_features, out_features, bias=True, eps=1e-05, momentum=0.1, freeze_bn=False, qconfig=None
    ):  # fmt: skip
        super().__init__(in_features, out_features, bias)
        self._watch(nn.BatchNorm1d(out_features, eps, momentum), out_features, bias, freeze_bn, qconfig)

    def forward(self, input):
        return self._normalized(lambda weight: F.linear(input, weight), [1, -1])

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant=False):
        """The layer with the parameters of a fused one, which has a qconfig."""
        check_source(cls, nni.LinearBn1d, mod, got=False)
        linear, bn = mod[0], mod[1]
        made = cls(
            linear.in_features, linear.out_features, linear.bias is not None, bn.eps, bn.momentum, False, mod.qconfig
        )
        made._take(linear, bn)
        return made

    def to_float(self):
        """The Linear of numbers, with the normalisation as a part of its weight."""
        made = nn.Linear(self.in_features, self.out_features)
        made.weight, made.bias = self._folded(fuse_linear_bn_weights)
        return made
