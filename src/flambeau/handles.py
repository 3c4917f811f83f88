"""Handles by which registered hooks are taken back: of tensors, tape nodes, modules and optimizers."""

from __future__ import annotations

import weakref
from collections import OrderedDict
from typing import Any


class RemovableHandle:
    """Removes a hook again: by remove(), or at the end of a `with` block.

    Args:
        hooks_dict: the dictionary that the hook is in, by the handle's id; weakly referenced.
        extra_dict: further dictionaries that may hold an entry of the same id.
    """

    next_id = 0

    def __init__(self, hooks_dict: OrderedDict, *, extra_dict: Any = None):
        self.id = RemovableHandle.next_id
        RemovableHandle.next_id += 1
        extra = [] if extra_dict is None else [extra_dict] if isinstance(extra_dict, dict) else extra_dict
        self._dicts = [weakref.ref(d) for d in (hooks_dict, *extra)]

    def remove(self) -> None:
        """Takes the hook away; once more does nothing."""
        for reference in self._dicts:
            hooks = reference()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.remove()

    def __getstate__(self):
        return {"id": self.id, "dicts": [reference() for reference in self._dicts]}

    def __setstate__(self, state):
        self.id = state["id"]
        RemovableHandle.next_id = max(RemovableHandle.next_id, self.id + 1)
        self._dicts = [weakref.ref(OrderedDict() if d is None else d) for d in state["dicts"]]


def register(hooks: OrderedDict, hook, prepend: bool = False) -> RemovableHandle:
    """Adds a hook to a dictionary of hooks, at the end or in front."""
    handle = RemovableHandle(hooks)
    hooks[handle.id] = hook
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle
