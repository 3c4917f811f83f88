"""Random calls inside of mapped functions: refused, the same for all elements of the batch, or different.

Different numbers are drawn for the whole batch at once, from the stream of the generator as PyTorch reads it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from .. import sampling
from ..creation import sizes_of
from ..ops.movement import stack
from ..tensor import Tensor
from .batching import BatchLevel, with_batch
from .levels import STACK, Lifted, alive

CHOICES = ("error", "different", "same")
REFUSED = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different' "
    "randomness flags on vmap or perform the randomness operation out of vmap"
)
UNBATCHED = (
    "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like same randomness. "
    "If this is necessary for your usage, please file an issue with functorch."
)


def mapped(draw: Callable, args: tuple, kwargs: dict):
    """A random call at the innermost map that is in force; the call itself where there is none."""
    level = next((x for x in reversed(STACK.levels) if isinstance(x, BatchLevel)), None)
    if level is None:
        return draw(*args, **kwargs)
    if level.randomness == "error":
        raise RuntimeError(REFUSED)
    with _hidden(level):
        if level.randomness == "same":
            return _same(level, draw, args, kwargs)
        return _different(level, draw, args, kwargs)


@contextlib.contextmanager
def _hidden(level: BatchLevel) -> Iterator[None]:
    """The level is not there for random calls."""
    place = STACK.levels.index(level)
    STACK.levels.remove(level)
    try:
        yield
    finally:
        STACK.levels.insert(place, level)


def _same(level: BatchLevel, draw: Callable, args: tuple, kwargs: dict):
    target = args[0] if args else None
    if draw.__name__.endswith("_") and isinstance(target, Lifted):
        return target.copy_(mapped(draw, (target.new_empty(target.shape).concrete()[0],), kwargs))
    return mapped(draw, args, kwargs)


def _different(level: BatchLevel, draw: Callable, args: tuple, kwargs: dict):
    name = draw.__name__
    if name in ("rand", "randn"):
        return level.lift(mapped(draw, (level.size, *sizes_of(args)), kwargs))
    if name == "mask":
        return level.lift(mapped(draw, (with_batch(args[0], level.size), args[1]), kwargs))
    if name == "randint":
        return level.lift(mapped(draw, _batch_of_integers(level.size, *args, **kwargs), _rest(kwargs)))
    if name == "randperm":
        return level.lift(stack([mapped(draw, args, kwargs) for _ in range(level.size)]))
    if name.endswith("_"):
        return _fill(level, draw, args, kwargs)
    if name == "normal" and not any(isinstance(a, Tensor) for a in args):
        mean, std, size = (*args, *[kwargs.pop(k) for k in ("mean", "std", "size") if k in kwargs])
        return level.lift(mapped(draw, (mean, std, (level.size, *sizes_of((size,)))), kwargs))
    args = tuple([level.whole(a) if isinstance(a, Tensor) else a for a in args])
    return level.lift(mapped(draw, args, kwargs))


def _batch_of_integers(count: int, low, high=None, size=None, **kwargs) -> tuple:
    low, high, size = (0, low, high) if size is None else (low, high, size)
    return low, high, (count, *sizes_of((size,)))


def _rest(kwargs: dict) -> dict:
    return {k: v for k, v in kwargs.items() if k not in ("low", "high", "size")}


def _fill(level: BatchLevel, draw: Callable, args: tuple, kwargs: dict):
    target = alive(args[0])
    if not level.has(target):
        if isinstance(target, Lifted):
            return target.copy_(level.lift(mapped(draw, (level.whole(target.detach()).clone(), *args[1:]), kwargs)))
        raise RuntimeError(UNBATCHED)
    mapped(draw, (target.value, *args[1:]), kwargs)
    return args[0]


sampling.MAPPED = mapped
