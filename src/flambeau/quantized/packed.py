"""Weights as quantised layers keep them: objects of PyTorch's own classes there, and so in files.

A packed weight knows what products need besides the integers: the sums of its rows and its scales.
"""

from __future__ import annotations

import copyreg
import functools
from collections.abc import Callable

from .. import Tensor, float16, int32, no_grad


class ScriptObject:
    """An object that only operators make; its class is a name in files.

    Each class of packed weights says its name, the arguments that make it again, and what is made of them.
    """

    __module__ = __name__.partition(".")[0]
    qualified = ""

    def __init__(self, *args, **kwargs):
        raise TypeError("torch._C.ScriptObject: No constructor defined!")

    def _name(self):
        return self.qualified

    def __str__(self):
        return f"ScriptObject <{self.qualified}>"

    def __repr__(self):
        return f"<torch.ScriptObject object at {id(self):#x}>"

    def __getstate__(self):
        return self._state(), self.qualified

    def __reduce_ex__(self, protocol):
        return copyreg.__newobj__, (ScriptObject,), self.__getstate__()  # type: ignore[attr-defined]

    def __setstate__(self, given):
        state, name = given
        self.__class__ = next(kind for kind in _kinds(ScriptObject) if kind.qualified == name)
        self._restore(state)

    def _state(self):
        raise NotImplementedError

    def _restore(self, state) -> None:
        raise NotImplementedError


class Packed(ScriptObject):
    """What the classes of packed weights share.

    `for_grid` remembers what was made for a grid, as a layer sees the same grid at each call.
    """

    _kept: tuple = (None, None)

    def for_grid(self, grid: tuple, make: Callable[[], tuple]) -> tuple:
        """What is made for a grid, made anew only where it is not that of the call before."""
        kept = self._kept
        if kept[0] != grid:
            self._kept = kept = grid, make()
        return kept[1]

    @property  # type: ignore[misc]
    def __class__(self):  # what it is to scripts and in files
        return ScriptObject


def _kinds(kind: type[ScriptObject]):
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


class LinearPackedParams(Packed):
    """A weight (out, in) of int8 or float16, and a bias (out,) or None."""

    qualified = "__torch__.torch.classes.quantized.LinearPackedParamsBase"

    def __init__(self, weight: Tensor, bias: Tensor | None):
        self.weight, self.bias = weight, bias

    def unpack(self):
        """The weight, one of float16 as float32, and the bias."""
        return self.weight.float() if self.is_half else self.weight, self.bias

    def _state(self):
        return self.unpack()

    def _restore(self, state) -> None:
        weight, self.bias = state
        self.weight = weight if weight.is_quantized else weight.to(float16)

    @property
    def is_half(self) -> bool:
        """Whether the weight is one of float16."""
        return self.weight.dtype is float16

    @functools.cached_property
    def parts(self) -> tuple[Tensor, Tensor, Tensor] | None:
        """The integers, the sums of their rows and the scales; None where the weight's zero points are not 0."""
        held, (scale, _) = self.weight._held, self.weight._grid.along(1)
        with no_grad():
            return (held.contiguous(), held.sum(1).to(int32), scale.reshape(-1)) if self.weight.is_symmetric() else None

    def parts_for(self, scale: float, zero_point: int, new_scale: float) -> tuple:
        """The integers, and what makes steps of a new grid of sums of products where x has such a grid."""
        assert self.parts is not None
        held, sums, scales = self.parts
        unit = scales * scale
        return held, sums * -zero_point, None if self.bias is None else self.bias / unit, unit / new_scale


class CellParams(Packed):
    """The packed weights of a recurrent layer in one direction: of inputs and of hidden states."""

    qualified = "__torch__.torch.classes.rnn.CellParamsBase"

    def __init__(self, ih: LinearPackedParams, hh: LinearPackedParams):
        self.ih, self.hh = ih, hh

    def _state(self):
        if self.ih.is_half:
            return "quantized_fp16", [], [], [], [self.ih, self.hh]
        return "quantized_dynamic", [self.ih.bias, self.hh.bias], [], [1], [self.ih, self.hh]

    def _restore(self, state) -> None:
        self.ih, self.hh = state[-1]
