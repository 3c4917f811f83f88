"""torch.autograd.graph: the nodes of the tape, edges between them, hooks on what is kept and on several tensors."""

from __future__ import annotations

import abc
import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..handles import RemovableHandle
from ..tensor import Tensor
from . import saving, tape, walk
from .tape import GradientEdge

__all__ = [
    "saved_tensors_hooks", "save_on_cpu", "disable_saved_tensors_hooks", "register_multi_grad_hook",
    "allow_mutation_on_saved_tensors", "Node", "GradientEdge", "get_gradient_edge", "increment_version",
    "region_activation_memory_budget", "set_warn_on_accumulate_grad_stream_mismatch",
    "set_override_stale_capture_stream",
]  # fmt: skip


class Node(abc.ABC):
    """What every `grad_fn` is an instance of."""

    @abc.abstractmethod
    def name(self) -> str:
        """The name of the operation."""

    @property
    @abc.abstractmethod
    def next_functions(self) -> tuple:
        """The nodes that gradients go on to, with the number of the result there."""

    @abc.abstractmethod
    def metadata(self) -> dict:
        """A dictionary for the script's own notes."""

    @abc.abstractmethod
    def register_hook(self, fn: Callable) -> RemovableHandle:
        """Calls fn(grad_inputs, grad_outputs) when gradients have been computed."""

    @abc.abstractmethod
    def register_prehook(self, fn: Callable) -> RemovableHandle:
        """Calls fn(grad_outputs) before gradients are computed."""


Node.register(tape.Node)
Node.register(tape.AccumulateGrad)


def get_gradient_edge(tensor: Tensor) -> GradientEdge:
    """Where the gradient of a tensor is computed; `grad` and `backward` take it in the tensor's place.

    Raises RuntimeError where the tensor does not require a gradient.
    """
    if not tensor.requires_grad:
        raise RuntimeError("It is not possible to get the gradient edge for a Tensor that does not require gradients")
    target, number = tape.edge_of(tensor)
    return GradientEdge(target if tape.is_node(target) else tape.AccumulateGrad(target), number)


def increment_version(tensor) -> None:
    """Says that a tensor, or several, was changed in place behind the tape's back."""
    for x in (tensor,) if isinstance(tensor, Tensor) else tensor:
        x.storage.version += 1


# ------------------------------------------------------------------ hooks on kept tensors
class saved_tensors_hooks:
    """Context manager: what the tape keeps inside is packed by one function, and unpacked by another when it is used.

    pack_hook(tensor) -> anything; unpack_hook(anything) -> tensor.
    """

    def __init__(self, pack_hook: Callable[[Tensor], Any], unpack_hook: Callable[[Any], Tensor]):
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self):
        saving.push(self.pack_hook, self.unpack_hook)

    def __exit__(self, *exception):
        saving.pop()


class save_on_cpu(saved_tensors_hooks):
    """Context manager: what the tape keeps inside is kept in the host's memory, where it is anyway."""

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda"):
        super().__init__(lambda tensor: (tensor.device, tensor.cpu()), lambda packed: packed[1].to(packed[0]))


@contextlib.contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """Hooks on kept tensors raise RuntimeError, with this text, inside, and where there are some already."""
    if saving.HOOKS.pairs:
        raise RuntimeError(error_message)
    before, saving.HOOKS.refusal = saving.HOOKS.refusal, error_message
    try:
        yield
    finally:
        saving.HOOKS.refusal = before


class _AllowMutationOnSavedContext:
    """The copies that a block of allow_mutation_on_saved_tensors holds."""

    def __init__(self):
        self.cloned: list[Tensor] = []

    def clear(self) -> None:
        """Lets go of them."""
        self.cloned.clear()


@contextlib.contextmanager
def allow_mutation_on_saved_tensors() -> Iterator[_AllowMutationOnSavedContext]:
    """What the tape keeps inside may be overwritten: gradients are those of the values that were there."""
    context = _AllowMutationOnSavedContext()

    def keep(tensor: Tensor) -> Tensor:
        context.cloned.append(tensor.clone())
        return context.cloned[-1]

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        try:
            yield context
        finally:
            context.clear()


# ------------------------------------------------------------------ hooks on several tensors
def register_multi_grad_hook(tensors: Sequence[Tensor], fn: Callable, *, mode: str = "all") -> RemovableHandle:
    """Calls fn once in each pass over the tape.

    mode: "all": fn(gradients), when all those of the tensors are there that the pass computes (None for others);
    "any": fn(gradient) for the first of them.
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    group = _All(tensors, fn) if mode == "all" else _Any(fn)
    handles = [t.register_hook(group.hook(i)) for i, t in enumerate(tensors)]
    return _Handles(handles)


class _Handles(RemovableHandle):
    """One handle for several hooks."""

    def __init__(self, handles: Sequence[RemovableHandle]):
        self.handles = tuple(handles)

    def remove(self) -> None:
        for handle in self.handles:
            handle.remove()

    def __getstate__(self):
        return self.handles

    def __setstate__(self, state):
        self.handles = state


class _Any:
    """Calls a function with the first gradient of a pass."""

    def __init__(self, fn: Callable):
        self.fn, self.lock, self.done = fn, threading.Lock(), None

    def hook(self, index: int) -> Callable:
        """The hook of one of the tensors."""

        def arrived(grad):
            with self.lock:
                now = walk.current()
                if now is not None and now is self.done:
                    return
                self.done = now
            self.fn(grad)

        return arrived


class _All:
    """Calls a function with all gradients of a pass."""

    def __init__(self, tensors: Sequence[Tensor], fn: Callable):
        self.fn, self.lock = fn, threading.Lock()
        self.ends = [tape.edge_of(t)[0] for t in tensors]
        self.passes: dict[int, list] = {}

    def hook(self, index: int) -> Callable:
        """The hook of one of the tensors."""

        def arrived(grad):
            now = walk.current()
            with self.lock:
                grads = self.passes.setdefault(id(now), [None] * len(self.ends))
                grads[index] = grad
                expected = sum(now is None or now.reaches(end) for end in self.ends)
                complete = sum(g is not None for g in grads) == expected
                if complete:
                    del self.passes[id(now)]
            if complete:
                self.fn(grads)

        return arrived


# ------------------------------------------------------------------ switches of other devices and compilers
def region_activation_memory_budget(budget: float) -> contextlib.AbstractContextManager[None]:
    """A hint to PyTorch's compiler: how much of a region's values to keep, from 0 to 1. It changes nothing here."""
    return contextlib.nullcontext()


def set_warn_on_accumulate_grad_stream_mismatch(enabled: bool) -> None:
    """Whether to warn of gradients that come on another stream: there are no streams here."""


def set_override_stale_capture_stream(enabled: bool) -> None:
    """Whether gradients may come on a stream that was captured: there are no streams here."""
