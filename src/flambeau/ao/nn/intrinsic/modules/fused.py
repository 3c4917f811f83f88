"""Layers with what follows them, one after the other; `fuse_modules` makes them."""

from __future__ import annotations

from flambeau import nn
from flambeau.nn.utils.parametrize import type_before_parametrizations


class _FusedModule(nn.Sequential):
    """Modules that are quantised as one."""


class _Fused(_FusedModule):
    """Modules of certain classes.

    Args:
        modules: one module of each class in `_parts`.

    Raises AssertionError for modules of other classes.
    """

    _parts: tuple[type, ...] = ()

    def __init__(self, *modules):
        if len(modules) != len(self._parts):
            raise TypeError(f"{type(self).__name__} takes {len(self._parts)} modules but {len(modules)} were given")
        kinds = [type_before_parametrizations(module) for module in modules]
        if tuple(kinds) != self._parts:
            *names, last = (kind.__name__ for kind in kinds)
            comma = "," if len(names) > 1 else ""
            raise AssertionError(f"Incorrect types for input modules: {', '.join(names)}{comma} and {last}")
        super().__init__(*modules)


class ConvReLU1d(_Fused):
    """A Conv1d and a ReLU."""

    _parts = (nn.Conv1d, nn.ReLU)


class ConvReLU2d(_Fused):
    """A Conv2d and a ReLU."""

    _parts = (nn.Conv2d, nn.ReLU)


class ConvReLU3d(_Fused):
    """A Conv3d and a ReLU."""

    _parts = (nn.Conv3d, nn.ReLU)


class LinearReLU(_Fused):
    """A Linear and a ReLU."""

    _parts = (nn.Linear, nn.ReLU)


class ConvBn1d(_Fused):
    """A Conv1d and a BatchNorm1d."""

    _parts = (nn.Conv1d, nn.BatchNorm1d)


class ConvBn2d(_Fused):
    """A Conv2d and a BatchNorm2d."""

    _parts = (nn.Conv2d, nn.BatchNorm2d)


class ConvBn3d(_Fused):
    """A Conv3d and a BatchNorm3d."""

    _parts = (nn.Conv3d, nn.BatchNorm3d)


class ConvBnReLU1d(_Fused):
    """A Conv1d, a BatchNorm1d and a ReLU."""

    _parts = (nn.Conv1d, nn.BatchNorm1d, nn.ReLU)


class ConvBnReLU2d(_Fused):
    """A Conv2d, a BatchNorm2d and a ReLU."""

    _parts = (nn.Conv2d, nn.BatchNorm2d, nn.ReLU)


class ConvBnReLU3d(_Fused):
    """A Conv3d, a BatchNorm3d and a ReLU."""

    _parts = (nn.Conv3d, nn.BatchNorm3d, nn.ReLU)


class BNReLU2d(_Fused):
    """A BatchNorm2d and a ReLU."""

    _parts = (nn.BatchNorm2d, nn.ReLU)


class BNReLU3d(_Fused):
    """A BatchNorm3d and a ReLU."""

    _parts = (nn.BatchNorm3d, nn.ReLU)


class LinearBn1d(_Fused):
    """A Linear and a BatchNorm1d."""

    _parts = (nn.Linear, nn.BatchNorm1d)


class LinearLeakyReLU(_Fused):
    """A Linear and a LeakyReLU."""

    _parts = (nn.Linear, nn.LeakyReLU)


class LinearTanh(_Fused):
    """A Linear and a Tanh."""

    _parts = (nn.Linear, nn.Tanh)


class ConvAdd2d(_FusedModule):
    """A Conv2d and a sum with a second argument.

    Args:
        conv: the convolution of the first argument.
        add: a function of two tensors.
    """

    def __init__(self, conv, add):
        super().__init__(conv)
        self.add = add

    def forward(self, x1, x2):
        """add(conv(x1), x2)."""
        return self.add(self[0](x1), x2)


class ConvAddReLU2d(_FusedModule):
    """A Conv2d, a sum with a second argument, and a ReLU.

    Args:
        conv: the convolution of the first argument.
        add: a function of two tensors.
        relu: a function of one.
    """

    def __init__(self, conv, add, relu):
        super().__init__(conv)
        self.add, self.relu = add, relu

    def forward(self, x1, x2):
        """relu(add(conv(x1), x2))."""
        return self.relu(self.add(self[0](x1), x2))


__all__ = [
    "BNReLU2d", "BNReLU3d", "ConvAdd2d", "ConvAddReLU2d", "ConvBn1d", "ConvBn2d", "ConvBn3d", "ConvBnReLU1d",
    "ConvBnReLU2d", "ConvBnReLU3d", "ConvReLU1d", "ConvReLU2d", "ConvReLU3d", "LinearBn1d", "LinearLeakyReLU",
    "LinearReLU", "LinearTanh",
]  # fmt: skip
