"""torch.autograd.forward_ad: tangents beside values in a `dual_level` of the script."""

from __future__ import annotations

from typing import NamedTuple

from ..autograd.modes import _Decorator
from ..tensor import Tensor
from .duals import DualLevel, check_tangent
from .levels import alive

_LEVELS: list[DualLevel] = []


class UnpackedDualTensor(NamedTuple):
    """A tensor without its tangent, and the tangent (None where there is none)."""

    primal: Tensor
    tangent: Tensor | None


def enter_dual_level() -> int:
    """Begins a level; gives back its number.

    Raises RuntimeError inside of another one.
    """
    if _LEVELS:
        raise RuntimeError("Nested forward mode AD is not supported at the moment")
    _LEVELS.append(DualLevel(inside_function=False))
    _LEVELS[-1].__enter__()
    return len(_LEVELS) - 1


def exit_dual_level(*, level: int | None = None) -> None:
    """Ends the level, the last one if none is named; tangents made in it are gone."""
    if not _LEVELS:
        raise RuntimeError("Dual level must be a positive number.")
    if level is not None and level != len(_LEVELS) - 1:
        raise RuntimeError(
            "Trying to exit a forward AD level that was not the last one that was created. This is not supported."
        )
    _LEVELS.pop().__exit__()


def make_dual(tensor: Tensor, tangent: Tensor, *, level: int | None = None) -> Tensor:
    """The tensor with a tangent, of its own shape, for the current level."""
    if not _LEVELS:
        raise RuntimeError(
            "Trying to create a dual Tensor for forward AD but no level exists, make sure to enter_dual_level() first."
        )
    check_tangent(tensor, tangent)
    here = _LEVELS[-1]
    if here.tangent_of(tensor) is not None:
        raise RuntimeError(
            "Making a dual Tensor based on a Tensor that already has a forward gradient at the same level 0 is not "
            "supported."
        )
    value = here.value_of(tensor)
    return here.dual(value.view_as(value), tangent)


def unpack_dual(tensor: Tensor, *, level: int | None = None) -> UnpackedDualTensor:
    """The tensor without its tangent, and the tangent."""
    tensor = alive(tensor)
    if not _LEVELS or not _LEVELS[-1].has(tensor):
        return UnpackedDualTensor(tensor, None)
    return UnpackedDualTensor(_LEVELS[-1].value_of(tensor), _LEVELS[-1].tangent_of(tensor))


class dual_level(_Decorator):
    """Context manager and decorator: a level begins and ends."""

    def __enter__(self):
        return enter_dual_level()

    def __exit__(self, *exception):
        exit_dual_level()


class _set_fwd_grad_enabled(_Decorator):
    """Context manager: whether tangents are pushed."""

    def __init__(self, mode: bool):
        self._mode = bool(mode)
        self._before: list[bool] = []

    def clone(self):
        return type(self)(self._mode)

    def __enter__(self):
        self._before.append(DualLevel.pushing)
        DualLevel.pushing = self._mode

    def __exit__(self, *exception):
        DualLevel.pushing = self._before.pop()
