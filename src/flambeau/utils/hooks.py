"""Handles by which registered hooks are taken back."""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Iterable


class RemovableHandle:
    """Removes one hook from the dictionary that it was registered in.

    Args:
        hooks_dict: the dictionary of hooks, keyed by handle id; it is only weakly referenced.
        extra_dict: further dictionaries that may hold an entry of the same id.
    """

    _ids = itertools.count()

    def __init__(self, hooks_dict, *, extra_dict=None):
        self.id = next(RemovableHandle._ids)
        self.hooks_dict_ref = weakref.ref(hooks_dict)
        extra: Iterable = extra_dict if isinstance(extra_dict, (list, tuple)) else [extra_dict]
        self.extra_dict_ref = tuple(weakref.ref(d) for d in extra if d is not None)

    def remove(self) -> None:
        """Takes the hook back; a second call does nothing."""
        for ref in (self.hooks_dict_ref, *self.extra_dict_ref):
            hooks = ref()
            if hooks is not None:
                hooks.pop(self.id, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exception) -> None:
        self.remove()
