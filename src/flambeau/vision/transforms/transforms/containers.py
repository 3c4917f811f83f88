"""Transforms made of transforms."""

from __future__ import annotations

import random
from collections.abc import Sequence

from .... import nn
from ...batches import chain
from ...printing import Printed
from ..draws import exceeds


def _listed(name: str, lines) -> str:
    """A transform as it prints with one line for each of its parts."""
    return "\n    ".join([f"{name}(", *map(str, lines)]) + "\n)"


class Compose:
    """Transforms applied one after the other.

    Args:
        transforms: a list of them.
    """

    def __init__(self, transforms):
        self.transforms = transforms

    def __call__(self, img):
        for t in self.transforms:
            img = t(img)
        return img

    def on_batch(self, kind):
        return chain(self.transforms, kind)

    def __repr__(self) -> str:
        return _listed(self.__class__.__name__, self.transforms)


class Lambda(Printed):
    """A function as a transform.

    Args:
        lambd: the function.

    Raises:
        TypeError: it cannot be called.
    """

    def __init__(self, lambd):
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img):
        return self.lambd(img)


class RandomTransforms:
    """The base of transforms that choose among transforms. Raises TypeError for what is no sequence."""

    def __init__(self, transforms):
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def __call__(self, *args, **kwargs):
        raise NotImplementedError()

    def __repr__(self) -> str:
        return _listed(self.__class__.__name__, self.transforms)


class RandomApply(nn.Module):
    """All of some transforms, or none of them.

    Args:
        transforms: a sequence or a ModuleList.
        p: the probability of all.
    """

    def __init__(self, transforms, p=0.5):
        super().__init__()
        self.transforms = transforms
        self.p = p

    def forward(self, img):
        if exceeds(self.p):
            return img
        for t in self.transforms:
            img = t(img)
        return img

    def __repr__(self) -> str:
        return _listed(self.__class__.__name__, [f"p={self.p}", *self.transforms])


class RandomOrder(RandomTransforms):
    """Transforms applied one after the other, in an order drawn each time from Python's generator."""

    def __call__(self, img):
        order = list(range(len(self.transforms)))
        random.shuffle(order)
        for i in order:
            img = self.transforms[i](img)
        return img


class RandomChoice(RandomTransforms):
    """One of some transforms, chosen each time with Python's generator.

    Args:
        transforms: a sequence.
        p: their weights; None: all alike.

    Raises:
        TypeError: not sequences.
    """

    def __init__(self, transforms, p=None):
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p

    def __call__(self, *args):
        return random.choices(self.transforms, weights=self.p)[0](*args)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"
