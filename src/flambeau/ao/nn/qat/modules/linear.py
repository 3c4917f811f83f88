"""Linear that is trained on the grid."""

from __future__ import annotations

from flambeau import nn
from flambeau.ao.nn.intrinsic.modules.fused import _FusedModule
from flambeau.nn import functional as F

from .trained import as_float, check_qconfig, check_source, take_parameters


class Linear(nn.Linear):
    """x @ weight.T + bias with the weight on the grid: (*, in_features) to (*, out_features).

    Args:
        in_features, out_features, bias, device, dtype: see nn.Linear.
        qconfig: says what puts the weight on the grid.
    """

    _FLOAT_MODULE: type = nn.Linear

    def __init__(self, in_features, out_features, bias=True, qconfig=None, device=None, dtype=None):
        factory_kwargs = {"device": device, "dtype": dtype}
        super().__init__(in_features, out_features, bias, **factory_kwargs)
        check_qconfig(qconfig)
        self.qconfig = qconfig
        self.weight_fake_quant = qconfig.weight(factory_kwargs=factory_kwargs)

    def forward(self, input):
        return F.linear(input, self.weight_fake_quant(self.weight), self.bias)

    @classmethod
    def from_float(cls, mod, use_precomputed_fake_quant=False):
        """The layer with the parameters of another, which has a qconfig."""
        check_source(cls, cls._FLOAT_MODULE, mod)
        mod = mod[0] if isinstance(mod, _FusedModule) else mod
        made = cls(mod.in_features, mod.out_features, bias=mod.bias is not None, qconfig=mod.qconfig)
        take_parameters(made, mod)
        return made

    def to_float(self):
        """The layer of numbers."""
        made = as_float(nn.Linear(self.in_features, self.out_features, self.bias is not None), self)
        return made.train(self.training)
