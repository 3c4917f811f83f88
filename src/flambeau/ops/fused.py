"""fused_update_: one recorded op that updates many tensors by one formula; what an optimizer's step is.

The formula is an ordinary function of symbolic arrays. It is traced when a plan is made; at every other step, recording
it costs one look-up for all parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .. import dtypes, ir
from ..tensor import Tensor
from ..trace import trie
from ..trace.sync import sync
from ..trace.trie import TRACE, Call, Number, enter
from .complex_numbers import as_pairs


class _Update:
    """The op of one formula: its meaning is the formula applied to each row."""

    name, grads = "fused_update", ()

    def __init__(self, update: Callable, width: int, scalars: int):
        self.update, self.width, self.scalars = update, width, scalars
        self.fault = None

    def lowered(self, nodes, attrs, outs, metas=()):
        """The new values of all rows, flat; attrs says which row members change."""
        numbers, tensors = nodes[: self.scalars], nodes[self.scalars :]
        results = []
        for at in range(0, len(tensors), self.width):
            row = tensors[at : at + self.width]
            new = self.update(*row, *(ir_number(n, row[0].dtype) for n in numbers))
            results.extend(value for value in new if value is not None)
        return tuple(results)


def ir_number(node: ir.Node, dtype: dtypes.dtype) -> ir.Node:
    """A run-time number in the type of the parameters."""
    return node.cast(dtype)


PROGRAMS = 6  # that may end in the same update and be planned with it

_ops: dict[tuple, _Update] = {}
_programs: dict[tuple, int] = {}  # how many there have been


def _op_of(update: Callable, width: int, scalars: int) -> _Update:
    key = (update, width, scalars)
    if key not in _ops:
        _ops[key] = _Update(update, width, scalars)
    return _ops[key]


def fused_update_(update: Callable, rows: Sequence[Sequence[Tensor]], scalars: Sequence[float]) -> None:
    """Replaces the leading tensors of each row by update(*row, *scalars).

    update: a pure function of symbolic arrays; returns one new value for each of the row's leading tensors, None where
    one stays. One stable object: its identity tells formulas apart. scalars: run-time numbers, the same for all rows.
    Complex tensors are updated as pairs of real numbers.
    """
    if not rows:
        return
    trace = TRACE
    with trace.lock:
        op = _op_of(update, len(rows[0]), len(scalars))
        if trace.windowed and any(id(t.storage) in trace.windowed for row in rows for t in row):
            sync()  # the parts that entered are read before they are overwritten
        epoch = trace.epoch
        ids = tuple([t.id if t.epoch == epoch else enter(t, whole=True) for row in rows for t in row])
        mark = len(trace.scalars)
        trace.scalars.extend(scalars)
        key = (op, ids)
        state = trace.state.next.get(key)
        if state is None:
            if any(t.meta.dtype.is_complex for row in rows for t in row):
                del trace.scalars[mark:]
                fused_update_(update, [[as_pairs(t) for t in row] for row in rows], scalars)
                return
            if len(rows) > 1 and _share_memory(rows):
                del trace.scalars[mark:]
                for row in rows:
                    fused_update_(update, [row], scalars)
                return
            if trace.state.slots > len(ids) and _varies(op, rows):
                del trace.scalars[mark:]
                sync()  # what came before is new each time, what follows is a program that is known
                fused_update_(update, rows, scalars)
                return
            state = _first_time(key, op, rows, mark)
        trace.state = state
        _replace_contents(trace, rows, state)
    if trace.urgent or state.full:
        sync()


def _varies(op: _Update, rows) -> bool:
    """Whether the same parameters were updated at the end of many programs (of batches of different shapes)."""
    which = op, tuple(row[0].meta for row in rows)
    _programs[which] = _programs.get(which, 0) + 1
    return _programs[which] > PROGRAMS


def _share_memory(rows) -> bool:
    """Whether a row may see what another one changes; such rows are updated one after another."""
    storages = [t.storage for row in rows for t in row]
    return len(set(map(id, storages))) < len(storages)


def _first_time(key, op: _Update, rows, mark: int) -> trie.State:
    trace = TRACE
    example = [ir.input_(i, t.meta.shape, t.meta.dtype) for i, t in enumerate(rows[0])]
    numbers = [ir.scalar(i, dtypes.float64).cast(example[0].dtype) for i in range(op.scalars)]
    changed = [i for i, value in enumerate(op.update(*example, *numbers)) if value is not None]
    args = [Number(mark + i, float) for i in range(op.scalars)]
    args += [(t.storage.slot, t.meta) for row in rows for t in row]
    first = trace.state.slots
    outs, targets = [], []
    for row in rows:
        for i in changed:
            outs.append((first + len(outs), row[i].meta))
            targets.append(row[i].storage.slot)
    state = trace.extend(key, Call(op, tuple(args), (), tuple(outs), tuple(targets), trie.script_line()), len(outs))
    state.result = tuple(changed)
    return state


def _replace_contents(trace, rows, state):
    """Each changed tensor's storage has a new content; as with every in-place change its version grows."""
    storages = trace.storages
    for row in rows:
        for i in state.result:
            storage = row[i].storage
            storages[storage.slot] = None
            storage.slot = len(storages)
            storage.version += 1
            storages.append(storage)
            if storage.export is not None and storage.shared:
                trace.urgent = True
