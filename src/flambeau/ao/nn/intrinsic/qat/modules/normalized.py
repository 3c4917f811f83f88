"""What layers with a batch normalisation, trained on the grid, have in common.

After training the normalisation becomes a part of the weight, so it is that weight which goes on the grid, by the
statistics so far; the results are divided again by what the weight was multiplied by, and normalised as ever.
"""

from __future__ import annotations

import flambeau as torch
from flambeau import nn
from flambeau.ao.nn.intrinsic.modules.fused import _FusedModule
from flambeau.ao.nn.qat.modules.trained import check_qconfig
from flambeau.nn import init


class Normalized(_FusedModule):
    """A layer and the batch normalisation of its results; stands before the layer among the bases."""

    bn: nn.modules.batchnorm._BatchNorm

    def _watch(self, bn: nn.Module, count: int, bias, freeze_bn: bool, qconfig) -> None:
        """Takes the normalisation of so many channels, and what puts the weight on the grid."""
        check_qconfig(qconfig)
        self.qconfig = qconfig
        self.bn = bn
        self.weight_fake_quant = qconfig.weight()
        self.bias = nn.Parameter(torch.empty(count)) if bias else None
        self.reset_bn_parameters()
        (self.freeze_bn_stats if freeze_bn else self.update_bn_stats)()

    def reset_running_stats(self) -> None:
        """Forgets the statistics."""
        self.bn.reset_running_stats()

    def reset_bn_parameters(self) -> None:
        """Draws new initial values of the normalisation."""
        self.bn.reset_running_stats()
        init.uniform_(self.bn.weight)
        init.zeros_(self.bn.bias)

    def update_bn_stats(self):
        """Lets the statistics follow the batches."""
        self.freeze_bn, self.bn.training = False, True
        return self

    def freeze_bn_stats(self):
        """Lets the statistics stay."""
        self.freeze_bn, self.bn.training = True, False
        return self

    def _normalized(self, layer, along: list[int]) -> torch.Tensor:
        """The results of the layer with its weight on the grid.

        Args:
            layer: a function of a weight.
            along: a shape that stretches channels over results.
        """
        factor = self.bn.weight / torch.sqrt(self.bn.running_var + self.bn.eps)
        weight = self.weight_fake_quant(self.weight * factor.reshape([-1] + [1] * (self.weight.dim() - 1)))
        found = layer(weight) / factor.reshape(along)
        return self.bn(found if self.bias is None else found + self.bias.reshape(along))

    def train(self, mode: bool = True):
        """Sets whether the layer is in training; statistics that are to stay do."""
        self.training = mode
        if not self.freeze_bn:
            for module in self.children():
                module.train(mode)
        return self

    def _take(self, layer: nn.Module, bn: nn.Module) -> None:
        """Takes the parameters and the statistics of a layer and a normalisation."""
        self.weight, self.bias = layer.weight, layer.bias
        for name in ("weight", "bias", "running_mean", "running_var", "num_batches_tracked"):
            setattr(self.bn, name, getattr(bn, name))

    def _folded(self, fold) -> tuple[nn.Parameter, nn.Parameter]:
        """Weight and bias with the normalisation as a part of them; `fold` is a function of `nn.utils.fusion`."""
        bn = self.bn
        return fold(self.weight, self.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias)
