"""Transforms of transforms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import flambeau as torch
from flambeau import nn

from ...batches import chain
from .. import transforms as first
from ._transform import Transform


def _check_transforms(transforms: Any, *kinds: type, name: str = "a sequence of callables") -> None:
    if not isinstance(transforms, kinds):
        raise TypeError(f"Argument transforms should be {name}")
    if not transforms:
        raise ValueError("Pass at least one transform")


def _one_after_the_other(transforms: Iterable[Callable], inputs: tuple) -> Any:
    several = len(inputs) > 1
    outputs: Any = inputs
    for transform in transforms:
        outputs = transform(*inputs)
        inputs = outputs if several else (outputs,)
    return outputs


class Compose(Transform):
    """Transforms one after the other.

    Args:
        transforms: a sequence of functions.

    Raises:
        TypeError: no sequence.
        ValueError: an empty one.
    """

    def __init__(self, transforms: Sequence[Callable]) -> None:
        super().__init__()
        _check_transforms(transforms, Sequence)
        self.transforms = transforms

    def forward(self, *inputs: Any) -> Any:
        return _one_after_the_other(self.transforms, inputs)

    def on_batch(self, kind):
        return chain(self.transforms, kind)

    def extra_repr(self) -> str:
        return "\n".join(f"    {transform}" for transform in self.transforms)


class RandomApply(Transform):
    """Transforms one after the other, or none of them."""

    _v1_transform_cls = first.RandomApply

    def __init__(self, transforms: Sequence[Callable] | nn.ModuleList, p: float = 0.5) -> None:
        super().__init__()
        _check_transforms(transforms, Sequence, nn.ModuleList, name="a sequence of callables or a `nn.ModuleList`")
        self.transforms = transforms
        if not (0.0 <= p <= 1.0):
            raise ValueError("`p` should be a floating point value in the interval [0.0, 1.0].")
        self.p = p

    def forward(self, *inputs: Any) -> Any:
        if torch.rand(1) >= self.p:
            return inputs if len(inputs) > 1 else inputs[0]
        return _one_after_the_other(self.transforms, inputs)

    def extra_repr(self) -> str:
        return "\n".join(f"    {transform}" for transform in self.transforms)


class RandomChoice(Transform):
    """One of several transforms.

    Args:
        transforms: a sequence of functions.
        p: the probability of each, not necessarily with a sum of 1; by default they are equal.

    Raises:
        TypeError: no sequence.
        ValueError: an empty one, or not as many probabilities.
    """

    def __init__(self, transforms: Sequence[Callable], p: list[float] | None = None) -> None:
        _check_transforms(transforms, Sequence)
        if p is None:
            p = [1] * len(transforms)
        elif len(p) != len(transforms):
            raise ValueError(f"Length of p doesn't match the number of transforms: {len(p)} != {len(transforms)}")
        super().__init__()
        self.transforms = transforms
        total = sum(p)
        self.p = [probability / total for probability in p]

    def forward(self, *inputs: Any) -> Any:
        return self.transforms[int(torch.multinomial(torch.tensor(self.p), 1))](*inputs)


class RandomOrder(Transform):
    """Transforms one after the other, in random order.

    Args:
        transforms: a sequence of functions.

    Raises:
        TypeError: no sequence.
        ValueError: an empty one.
    """

    def __init__(self, transforms: Sequence[Callable]) -> None:
        _check_transforms(transforms, Sequence)
        super().__init__()
        self.transforms = transforms

    def forward(self, *inputs: Any) -> Any:
        order = torch.randperm(len(self.transforms)).tolist()
        return _one_after_the_other([self.transforms[k] for k in order], inputs)
