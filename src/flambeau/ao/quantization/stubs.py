"""Where a network's numbers become integers and numbers again."""

from __future__ import annotations

from flambeau import nn

__all__ = ["DeQuantStub", "QuantStub", "QuantWrapper"]


class _Stub(nn.Module):
    def __init__(self, qconfig=None):
        super().__init__()
        if qconfig:
            self.qconfig = qconfig

    def forward(self, x):
        return x


class QuantStub(_Stub):
    """Where numbers become integers; until `convert`, it gives what it gets.

    Args:
        qconfig: that of the stub, otherwise that of the module around it.
    """


class DeQuantStub(_Stub):
    """Where integers become numbers again; until `convert`, it gives what it gets."""


class QuantWrapper(nn.Module):
    """A module between two stubs."""

    def __init__(self, module):
        super().__init__()
        qconfig = getattr(module, "qconfig", None)
        self.quant, self.dequant, self.module = QuantStub(qconfig), DeQuantStub(qconfig), module
        self.train(module.training)

    def forward(self, X):
        return self.dequant(self.module(self.quant(X)))
