"""The pending program of the process, and the trie of all programs seen before.

Recording an op is one step in the trie: from the current state, a key (the op, the numbers of its argument tensors, its
static attributes) leads to the next state, which already knows the result. Everything about the tensors of the trace
follows from the state: so a plan, or a whole backward pass, that was worked out once is found again by one look-up.

Memory from outside enters by its shape, dtype and layout; Python numbers are run-time scalars. No op is named here.
"""

from __future__ import annotations

import sys
import threading
import weakref
from typing import Any

from .. import config, errors
from ..meta import Meta
from ..storage import Storage

MAX_DEPTH = 5_000  # a longer program is run in parts
MAX_STATES = 100_000  # a larger trie is forgotten
PAST = 8  # so many earlier tapes can be told


class State:
    """A point in a program: how it was reached, and all that is known to follow.

    next: key -> State.  record: the step that led here (None for the root and for views).  slots, ids, numbers: how
    many values, tensors and run-time numbers the program has so far.  result: what the step returned, one Result or a
    tuple of them.  tape: what the tape keeps of the step, None where no gradient flows.  plans: live slots -> plan.
    macros: see autograd/macro.py.
    """

    __slots__ = (
        "next",
        "parent",
        "record",
        "depth",
        "slots",
        "ids",
        "numbers",
        "result",
        "tape",
        "plans",
        "macros",
        "full",
    )

    def __init__(self, parent: State | None = None, record=None, slots: int = 0, ids: int = 0):
        self.next: dict[Any, State] = {}
        self.parent, self.record, self.slots, self.ids = parent, record, slots, ids
        self.numbers = 0
        self.depth = parent.depth + 1 if parent else 0
        self.result: Any = None
        self.tape: Any = None
        self.plans: dict[tuple, Any] = {}
        self.macros: dict[Any, Any] = {}
        self.full = self.depth >= MAX_DEPTH


class Result:
    """What a step returns, once for all replays: the tensor's number and meta, its slot and the content there."""

    __slots__ = ("id", "meta", "slot", "content")

    def __init__(self, id: int, meta: Meta, slot: int, content: Meta):
        self.id, self.meta, self.slot, self.content = id, meta, slot, content


class Enter:
    """Record: memory from outside becomes a slot."""

    __slots__ = ("slot", "content", "order")

    def __init__(self, slot: int, content: Meta, order):
        self.slot, self.content, self.order = slot, content, order


# The Python numbers that the scalar table takes, and how many places each has there.
WIDTHS = {bool: 1, int: 1, float: 1, complex: 2}


class Number:
    """A run-time number of the trace, by its place in the scalar table; a complex one has two, one for each part."""

    __slots__ = ("index", "kind")

    def __init__(self, index: int, kind: type):
        self.index, self.kind = index, kind


class Call:
    """Record: an op read its arguments and gave values to slots.

    args: (slot, meta) for tensors, Number for run-time scalars.  outs: a slot and the result's meta, or for a write the
    written slot and the meta of the view that was written through (target: the slot of the content before).
    line: where the script said so.
    """

    __slots__ = ("op", "args", "attrs", "outs", "targets", "line")

    def __init__(self, op, args, attrs, outs, targets, line):
        self.op, self.args, self.attrs, self.outs, self.targets, self.line = op, args, attrs, outs, targets, line


class Trace:
    """The pending program.

    storages[slot]: the Storage whose content is that slot, None where the slot is an input or was overwritten.
    inputs: the storages that entered, in order.  scalars: the run-time numbers.  nodes: the tape nodes made in it.
    urgent: whether each op is run at once.  opaque: whether something happened that the state does not tell.
    windows: the slots of parts of storages that entered without the rest, by (storage id, offset, span, dtype);
    windowed: those storages.
    past: the tapes of the last traces, by epoch: the state they ended in, and weak references to their nodes.
    """

    __slots__ = (
        "root",
        "state",
        "epoch",
        "storages",
        "inputs",
        "scalars",
        "nodes",
        "passes",
        "urgent",
        "opaque",
        "states",
        "lock",
        "past",
        "windows",
        "windowed",
    )

    def __init__(self):
        self.lock = threading.RLock()
        self.epoch = 0
        self.past: dict[int, tuple[State, list]] = {}
        self.windows: dict[tuple, int] = {}
        self.windowed: set[int] = set()
        self.forget()

    def forget(self):
        """Starts a new trie."""
        self.root, self.states = State(), 0
        self.reset()

    def reset(self):
        """Starts the next program; what was pending has been run, or is given up."""
        if self.states > MAX_STATES:
            self.root, self.states = State(), 0
        self.state = self.root
        self.storages: list[Storage | None] = []
        self.inputs: list[Storage] = []
        self.scalars: list[float] = []
        self.nodes: list = []
        self.passes = 0
        if self.windowed:
            self.windows, self.windowed = {}, set()
        self.epoch += 1
        self.urgent, self.opaque = config.eager, False

    def keep_tape(self):
        """Lets go of the tape nodes; those that live on can be told by the state of this trace and their number."""
        nodes = self.nodes
        if nodes and not self.opaque:
            self.past[self.epoch] = (self.state, list(map(weakref.ref, nodes)))
            if len(self.past) > PAST:
                del self.past[next(iter(self.past))]
        self.nodes = []

    def extend(self, key, record, slots: int = 0, ids: int = 0) -> State:
        """Adds a state after the current one."""
        here = self.state
        state = here.next[key] = State(here, record, here.slots + slots, here.ids + ids)
        # The numbers of a call belong to its own state: a tensor may enter between them, and the call may be refused.
        state.numbers = len(self.scalars) if isinstance(record, Call) else here.numbers
        self.states += 1
        return state

    def number(self, index: int, kind: type):
        """A number of the scalar table."""
        return complex(*self.scalars[index : index + 2]) if kind is complex else self.scalars[index]

    @property
    def sound(self) -> bool:
        """Whether the lists agree with the state; an exception from outside (Ctrl-C) may have come between two
        steps."""
        return len(self.storages) == self.state.slots and len(self.scalars) == self.state.numbers


TRACE = Trace()


class Transformed(Exception):
    """Raised where a tensor is to enter that stands for another one inside of a transformed function: it has no place
    in a program itself; whoever recorded the step hands it to the transform."""


class Part:
    """Part of a storage's buffer, where a view begins. It keeps the storage: `windows` knows it by its id."""

    __slots__ = ("address", "storage")

    def __init__(self, storage: Storage, offset: int):
        self.storage, self.address = storage, storage.buffer.address + offset


def enter(tensor, whole: bool = False) -> int:
    """Gives a tensor its number in the current trace; memory new to the trace becomes an input.

    whole: the tensor is to be written, so all of its storage must enter. Otherwise a view of a part enters as that part
    alone, so that its place in the storage is no part of the program: x[i] is the same program for every i.
    """
    if tensor.level is not None:
        raise Transformed
    trace, storage, meta = TRACE, tensor.storage, tensor.meta
    # A leaf that requires a gradient, a result of an earlier trace's tape, or neither.
    grad = tensor._inference if not tensor._requires_grad else 1 if tensor.grad_fn is None else 2
    if grad == 2:
        trace.opaque = True
    here = trace.state
    if storage.epoch == trace.epoch:
        key = (storage.slot, meta, grad)
        state = here.next.get(key) or trace.extend(key, None, 0, 1)
    else:
        if storage.buffer is None:
            raise RuntimeError(errors.NEVER_COMPUTED)
        content, order = storage.content, storage.order
        if storage.export is not None and storage.shared:
            trace.urgent = True
        if meta is not content and not (whole or order) and _is_part(meta, content):
            return _enter_part(trace, tensor, grad)
        key = (content, meta, grad, order)
        state = here.next.get(key) or trace.extend(key, Enter(here.slots, content, order), 1, 1)
        storage.slot, storage.epoch = here.slots, trace.epoch
        trace.storages.append(None)
        trace.inputs.append(storage)
    tensor.id, tensor.epoch = here.ids, trace.epoch
    trace.state = state
    return here.ids


def _is_part(meta: Meta, content: Meta) -> bool:
    """Whether a view shows less than all of a storage."""
    if meta.dtype is content.dtype:
        return meta.span < content.numel
    return meta.span * meta.dtype.itemsize < content.numel * content.dtype.itemsize


def _enter_part(trace: Trace, tensor, grad: int) -> int:
    storage, meta, here = tensor.storage, tensor.meta, trace.state
    content, seen = meta.window
    place = (id(storage), meta.offset, meta.span, meta.dtype)
    slot = trace.windows.get(place)
    if slot is None:
        key = ("part", content, seen, grad)
        state = here.next.get(key) or trace.extend(key, Enter(here.slots, content, None), 1, 1)
        slot = trace.windows[place] = here.slots
        trace.windowed.add(id(storage))
        trace.storages.append(None)
        trace.inputs.append(Storage(content, slot, trace.epoch, Part(storage, meta.offset * meta.dtype.itemsize)))
    else:
        key = (slot, seen, grad)
        state = here.next.get(key) or trace.extend(key, None, 0, 1)
    tensor.id, tensor.epoch, tensor._window = here.ids, trace.epoch, (trace.epoch, slot, seen)
    trace.state = state
    return here.ids


def enter_whole(tensor) -> int:
    """The number of a tensor of which a view is recorded: all of its storage is in the trace, a part may not do."""
    window = tensor._window
    if tensor.epoch == TRACE.epoch and (window is None or window[0] != TRACE.epoch):
        return tensor.id
    tensor._window = None
    return enter(tensor, whole=True)


def reference(tensor) -> tuple[int, Meta]:
    """How a record names a tensor that is in the trace: the slot that it reads, and how it sees the content there."""
    window = tensor._window
    if window is not None and window[0] == TRACE.epoch:
        return window[1], window[2]
    return tensor.storage.slot, tensor.meta


def script_line() -> tuple | None:
    """The code object and offset of the nearest frame outside this package."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "flambeau":
        frame = frame.f_back
    return (frame.f_code, frame.f_lasti) if frame else None
