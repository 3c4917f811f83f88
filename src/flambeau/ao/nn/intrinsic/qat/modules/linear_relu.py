"""Linear and ReLU that are trained on the grid."""

from __future__ import annotations

from flambeau import nn
from flambeau.ao.nn import intrinsic as nni
from flambeau.ao.nn import qat
from flambeau.ao.nn.qat.modules.trained import as_float
from flambeau.nn import functional as F


class LinearReLU(qat.Linear, nni._FusedModule):
    """A Linear and a ReLU; arguments as of torch.ao.nn.qat.Linear."""

    _FLOAT_MODULE = nni.LinearReLU

    def __init__(self, in_features, out_features, bias=True, qconfig=None):
        super().__init__(in_features, out_features, bias, qconfig)

    def forward(self, input):
        return F.relu(super().forward(input))

    def to_float(self):
        """The Linear and the ReLU of numbers."""
        linear = as_float(nn.Linear(self.in_features, self.out_features, self.bias is not None), self)
        return nni.LinearReLU(linear, nn.ReLU())
