"""Checkpoints: what a part of a model computes is not kept for the gradient but computed again when it is needed.

Without reentrance, the values that the tape asks for inside of the part are packed as numbers (autograd/saving.py); the
first one that is asked back runs the part once more, and the values come in the same order. With reentrance, the part
is one Function whose backward runs it again, with a backward pass of its own.
"""

from __future__ import annotations

import contextlib
import enum
import warnings
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from ..autograd import graph, walk
from ..autograd.engine import backward_all
from ..autograd.function import Function
from ..autograd.modes import MODE, enable_grad, no_grad
from ..random import fork_rng, get_rng_state, set_rng_state
from ..tensor import Tensor
from ..trace.sync import sync
from .checkpoint_errors import (
    COUNTS,
    METADATA,
    MORE,
    NOT_NEEDED,
    REENTRANT_GRAD,
    SEQUENTIAL,
    UNCHECKED,
    VARIANT,
    CheckpointError,
)

__all__ = [
    "checkpoint", "checkpoint_sequential", "CheckpointError", "CheckpointFunction", "check_backward_validity",
    "detach_variable", "get_device_states", "set_device_states", "noop_context_fn", "set_checkpoint_early_stop",
    "DefaultDeviceType", "set_checkpoint_debug_enabled", "CheckpointPolicy", "SelectiveCheckpointContext",
    "create_selective_checkpoint_contexts", "SAC_IGNORED_OPS", "GraphExecGroup",
]  # fmt: skip


def noop_context_fn() -> tuple:
    """Two contexts that do nothing: for the first run, and for the second."""
    return contextlib.nullcontext(), contextlib.nullcontext()


def checkpoint(function: Callable, *args, use_reentrant: bool | None = None,
               context_fn: Callable[[], tuple] = noop_context_fn, determinism_check: str = "default",
               debug: bool = False, early_stop: bool = True, **kwargs):  # fmt: skip
    """function(*args, **kwargs), whose intermediate values are computed again for the gradient.

    use_reentrant: which of the two ways, see the module.  preserve_rng_state (a further keyword, True): whether the
    second run draws the same random numbers.  context_fn: gives the contexts of the two runs.
    determinism_check: "default": shapes and dtypes of both runs are compared; "none".  early_stop: whether the second
    run ends as soon as all values are there.
    Raises ValueError for arguments that do not fit; at the gradient CheckpointError where the runs differ.
    """
    if use_reentrant is None:
        warnings.warn(VARIANT, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs and use_reentrant:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    if use_reentrant:
        if context_fn is not noop_context_fn or debug is not False:
            raise ValueError("Passing `context_fn` or `debug` is only supported when use_reentrant=False.")
        return CheckpointFunction.apply(function, preserve, *args)
    if determinism_check not in _CHECKS:
        raise ValueError(f"determinism_check should be one of {list(_CHECKS)}, but got {determinism_check}")
    frame = _Frame(function, args, kwargs, preserve, context_fn, _CHECKS[determinism_check], early_stop)
    return frame.run()


def checkpoint_sequential(functions, segments: int, input, use_reentrant: bool | None = None, **kwargs):
    """A Sequential (or modules in order) in several segments, each but the last with a checkpoint of its own."""
    if use_reentrant is None:
        warnings.warn(SEQUENTIAL, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError("Unexpected keyword arguments: " + ",".join(kwargs))
    functions = list(functions.children()) if hasattr(functions, "children") else list(functions)
    size, end = len(functions) // segments, 0
    for start in range(0, size * (segments - 1), size):
        end = start + size
        part = _in_order(functions[start:end])
        input = checkpoint(part, input, use_reentrant=use_reentrant, preserve_rng_state=preserve)
    return _in_order(functions[end:])(input)


def _in_order(functions) -> Callable:
    def run(value):
        for function in functions:
            value = function(value)
        return value

    return run


# ------------------------------------------------------------------ the state of the first run
class _State:
    """Random numbers, precision: what the second run must find as the first did."""

    def __init__(self, preserve: bool):
        self.random = get_rng_state() if preserve else None
        self.autocast = MODE.autocast

    @contextlib.contextmanager
    def again(self) -> Iterator[None]:
        """The state of then."""
        before, MODE.autocast = MODE.autocast, self.autocast
        try:
            with fork_rng(enabled=self.random is not None):
                if self.random is not None:
                    set_rng_state(self.random)
                yield
        finally:
            MODE.autocast = before


# ------------------------------------------------------------------ without reentrance
def _metadata(x: Tensor) -> dict:
    return {"shape": x.shape, "dtype": x.dtype, "device": x.device}


_CHECKS: dict[str, Callable] = {"default": _metadata, "none": lambda x: None}
_early_stop = [True]


class _Stop(Exception):
    """All values are there."""


class _Frame:
    """One checkpoint: how to run the part, and what the tape asked to keep when it was run first."""

    def __init__(self, function, args, kwargs, preserve, context_fn, describe, early_stop):
        self.call = lambda: function(*args, **kwargs)
        self.first, self.second = context_fn()
        self.state, self.describe = _State(preserve), describe
        self.early_stop = early_stop and _early_stop[-1]
        self.kept: list = []
        self.values: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()  # of each pass over the tape

    def run(self):
        """The first run."""
        with graph.saved_tensors_hooks(self._pack, self._unpack), self.first:
            return self.call()

    def _pack(self, x: Tensor) -> int:
        self.kept.append(self.describe(x))
        return len(self.kept) - 1

    def _unpack(self, number: int) -> Tensor:
        now = walk.current()
        values = None if now is None else self.values.get(now)
        if values is None:
            values = self._values()
            if now is not None:
                self.values[now] = values
        return values[number]

    def _values(self) -> list[Tensor]:
        """The second run: the values that the tape asks for, in order."""
        sync()  # otherwise both runs would be one program, which keeps what they share
        found: list[Tensor] = []

        def pack(x: Tensor) -> Tensor:
            if len(found) == len(self.kept):
                raise CheckpointError(MORE)
            found.append(x.detach())
            if self.early_stop and len(found) == len(self.kept):
                raise _Stop
            return found[-1]

        hooks = graph.saved_tensors_hooks(pack, lambda x: x)
        with self.state.again(), self.second, enable_grad(), contextlib.suppress(_Stop), hooks:
            self.call()
        self._check(found)
        return found

    def _check(self, found: list[Tensor]) -> None:
        if len(found) != len(self.kept):
            raise CheckpointError(COUNTS.format(len(self.kept), len(found)))
        pairs = [(then, self.describe(x)) for then, x in zip(self.kept, found)]
        lines = [
            f"tensor at position {i}:\nsaved metadata: {then}\nrecomputed metadata: {now}\n"
            for i, (then, now) in enumerate(pairs)
            if then != now
        ]
        if lines:
            raise CheckpointError(METADATA.format("".join(lines)))


# ------------------------------------------------------------------ with reentrance
def detach_variable(inputs: tuple) -> tuple:
    """The tensors of a tuple as leaves, which require a gradient where they did; others as they are.

    Raises RuntimeError where it is no tuple.
    """
    if not isinstance(inputs, tuple):
        raise RuntimeError(f"Only tuple of tensors is supported. Got Unsupported input type: {type(inputs).__name__}")
    return tuple([x.detach().requires_grad_(x.requires_grad) if isinstance(x, Tensor) else x for x in inputs])


def check_backward_validity(inputs) -> None:
    """Warns where no input requires a gradient."""
    if not any(x.requires_grad for x in inputs if isinstance(x, Tensor)):
        warnings.warn(UNCHECKED, stacklevel=2)


class CheckpointFunction(Function):
    """A part of a model whose backward runs it again."""

    @staticmethod
    def forward(ctx, run_function, preserve_rng_state, *args):
        check_backward_validity(args)
        ctx.run_function, ctx.state = run_function, _State(preserve_rng_state)
        ctx.places = [i for i, a in enumerate(args) if isinstance(a, Tensor)]
        ctx.inputs = [None if isinstance(a, Tensor) else a for a in args]
        ctx.save_for_backward(*[args[i] for i in ctx.places])
        with no_grad():
            return run_function(*args)

    @staticmethod
    def backward(ctx, *grads):
        now = walk.current()
        if now is not None and now.wanted is not None:
            raise RuntimeError(REENTRANT_GRAD)
        inputs: list[Any] = list(ctx.inputs)
        for i, x in zip(ctx.places, ctx.saved_tensors):
            inputs[i] = x
        sync()
        detached = detach_variable(tuple(inputs))
        with ctx.state.again(), enable_grad():
            outputs = ctx.run_function(*detached)
        outputs = (outputs,) if isinstance(outputs, Tensor) else outputs
        pairs = [(y, g) for y, g in zip(outputs, grads) if isinstance(y, Tensor) and y.requires_grad]
        if not pairs:
            raise RuntimeError(NOT_NEEDED)
        backward_all([y for y, _ in pairs], [g for _, g in pairs])
        return (None, None, *[x.grad if isinstance(x, Tensor) else None for x in detached])


# ------------------------------------------------------------------ switches
class _Set:
    """Context manager that holds a value on top of a list."""

    def __init__(self, values: list, value):
        self.values, self.value = values, value

    def __enter__(self):
        self.values.append(self.value)

    def __exit__(self, *exception):
        self.values.pop()


_debug: list = [None]


def set_checkpoint_early_stop(enable: bool) -> _Set:
    """Context manager: whether second runs of the checkpoints made inside end as soon as all values are there."""
    return _Set(_early_stop, enable)


def set_checkpoint_debug_enabled(enabled: bool | None) -> _Set:
    """Context manager for PyTorch's traces of operations; errors tell the same with and without it."""
    return _Set(_debug, enabled)


class DefaultDeviceType:
    """The kind of device whose random numbers are kept where no tensor tells it."""

    _kind = "cpu"

    @staticmethod
    def set_device_type(device: str = "cuda") -> None:
        """Sets the kind of device."""
        DefaultDeviceType._kind = device

    @staticmethod
    def get_device_type() -> str:
        """The kind of device."""
        return DefaultDeviceType._kind


def get_device_states(*args) -> tuple[list, list]:
    """The numbers and the random states of the devices of tensors; there are none but the processor."""
    return [], []


def set_device_states(devices, states, *, device_type: str | None = None) -> None:
    """Sets the random states of devices: see get_device_states."""


# ------------------------------------------------------------------ policies of what to keep
class CheckpointPolicy(enum.Enum):
    """What a policy may say of an operation."""

    MUST_SAVE = 0
    PREFER_SAVE = 1
    MUST_RECOMPUTE = 2
    PREFER_RECOMPUTE = 3
    MUST_CPU_OFFLOAD = 4
    PREFER_CPU_OFFLOAD = 5


class SelectiveCheckpointContext:
    """What a policy is told: which of the two runs it is."""

    def __init__(self, *, is_recompute: bool):
        self.is_recompute = is_recompute


SAC_IGNORED_OPS: set = set()


def create_selective_checkpoint_contexts(policy_fn_or_list, allow_cache_entry_mutation: bool = False) -> tuple:
    """The contexts of the two runs of a checkpoint with a policy.

    All values are computed again whatever the policy says, which changes when memory is used, not the results.
    Raises TypeError where the policy is neither a function nor a list.
    """
    if not (isinstance(policy_fn_or_list, list) or callable(policy_fn_or_list)):
        raise TypeError("policy_fn_or_list must be either a function or a list of ops.")
    return noop_context_fn()


class GraphExecGroup:
    """Context manager: passes over the tape inside belong together. Here each pass computes for itself."""

    _groups: list[GraphExecGroup] = []

    def __enter__(self):
        if self._groups:
            raise RuntimeError("GraphExecGroup contexts cannot be nested.")
        self._groups.append(self)
        return self

    def __exit__(self, *exception):
        self._groups.pop()
