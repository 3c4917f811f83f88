"""Tensors on their way to other processes: their numbers go, graphs stay."""

from __future__ import annotations

# Loaded now: a queue's thread would load it with its first tensor; a child forked meanwhile would wait forever for it.
from multiprocessing import resource_sharer  # noqa: F401
from multiprocessing.reduction import ForkingPickler

from ..copying import reduced
from ..tensor import Tensor
from ..trace import sharing

NON_LEAF = (
    "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support crossing "
    "process boundaries.  If you just want to transfer the data, call detach() on the tensor before serializing (e.g., "
    "putting it on the queue)."
)


def reduced_leaf(tensor: Tensor) -> tuple:
    """What a tensor is pickled as. Raises RuntimeError where it is the result of a recorded operation."""
    if tensor.grad_fn is not None:
        raise RuntimeError(NON_LEAF)
    return reduced(tensor)


def register() -> None:
    """Has queues, pipes and the arguments of processes share the memory of tensors rather than copy it."""
    sharing.register()
    ForkingPickler.register(Tensor, reduced_leaf)
