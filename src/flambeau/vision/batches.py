"""Batches of images that are transformed as one array, with the bits and the random numbers of one by one.

A transform that can do so has, beside its method for an image, a method `on_batch(kind)`, which says what it does to
images of a kind: a Step, or None where it must see them one by one. The random words of a batch are drawn at once, in
the order in which the transforms of the first image would draw them, then those of the second, and so on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

import flambeau as torch

from .. import dtypes
from ..meta import contiguous
from ..random import current
from ..runtime import buffers
from ..sampling import drawn


class Kind(NamedTuple):
    """What the images of a batch are, at one place of a chain of transforms."""

    is_pil: bool  # PIL's, else tensors
    dtype: np.dtype
    channels: int
    height: int
    width: int


class Step(NamedTuple):
    """What a transform does to a batch.

    kind: what the images are afterwards; run: a function of the images (N, C, H, W), which it may write over, and of
    the words drawn for each (N, words), that gives the images; words: how many random words an image takes.
    """

    kind: Kind
    run: Callable[[np.ndarray, np.ndarray], np.ndarray]
    words: int = 0


def step_of(transform: Any, kind: Kind) -> Step | None:
    """What a transform does to a batch; None where it, or its subclass, says nothing of batches."""
    on_batch = vars(type(transform)).get("on_batch")
    if on_batch is None or (isinstance(transform, torch.nn.Module) and _changed(transform)):
        return None
    return on_batch(transform, kind)


def _changed(module) -> bool:
    """Whether a script has put something of its own before, after, or in the place of a module's forward."""
    own = vars(module).keys() & {"forward", "transform", "make_params", "get_params"}
    return bool(own or module._forward_hooks or module._forward_pre_hooks)


def chain(transforms: Iterable[Any], kind: Kind) -> Step | None:
    """One transform after the other; None where one of them says nothing of batches."""
    steps: list[Step] = []
    for transform in transforms:
        step = step_of(transform, steps[-1].kind if steps else kind)
        if step is None:
            return None
        steps.append(step)

    def run(images: np.ndarray, words: np.ndarray) -> np.ndarray:
        for step in steps:
            images = step.run(images, words[:, : step.words])
            words = words[:, step.words :]
        return images

    return Step(steps[-1].kind if steps else kind, run, sum(step.words for step in steps))


def transformed_batch(transform: Any, images: np.ndarray):
    """The tensor that transformed PIL images collate to.

    Args:
        transform: of a PIL image.
        images: bytes (N, C, H, W), which may be written over; grey images of one channel, colour images of three.

    Returns None, before any random number is drawn, where only images one by one can be transformed.
    """
    step = step_of(transform, Kind(True, images.dtype, *images.shape[1:]))
    if step is None or step.kind.is_pil or torch.get_default_dtype() is not torch.float32:
        return None  # numbers of another default dtype are drawn from other words
    words = current().words(len(images) * step.words) if step.words else np.empty(0, np.uint32)
    return tensor_of(step.run(images, words.reshape(len(images), step.words)))


def tensor_of(array: np.ndarray):
    """An array as a tensor: its memory, where it is all of what `memory` gave, else a copy."""
    return drawn(array, contiguous(array.shape, dtypes.from_numpy(array.dtype)))


def memory(shape: tuple[int, ...], dtype) -> np.ndarray:
    """An array in memory that a tensor can take over, contents undefined."""
    nbytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return buffers.allocate(nbytes).array(dtype, shape)


def chances(words: np.ndarray, p: float) -> np.ndarray:
    """Where `torch.rand(1) < p`, if it draws these words."""
    return (words & np.uint32(0xFFFFFF)).astype(np.float32) * np.float32(2.0**-24) < np.float32(p)


def below(words: np.ndarray, n: int) -> np.ndarray:
    """What `torch.randint(0, n, (1,))` gives, if it draws these words."""
    return words % np.uint32(n)
