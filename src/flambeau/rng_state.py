"""The state of the default random generator as a tensor, PyTorch's 5056 bytes."""

from __future__ import annotations

from . import random as stream
from .tensor import Tensor


def get_rng_state() -> Tensor:
    """The default generator's state."""
    return Tensor.from_array(stream.get_rng_state())


def set_rng_state(new_state: Tensor) -> None:
    """The default generator goes on from a state."""
    stream.set_rng_state(new_state.numpy())
