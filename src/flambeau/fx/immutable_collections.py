"""torch.fx.immutable_collections: the lists and dictionaries in the arguments of nodes, which nobody changes in place.

A graph knows who uses a node from what was assigned to `args` and `kwargs`; a change inside of them would go unseen.
"""

from __future__ import annotations

from typing import Any, NoReturn

_HELP = """If you are attempting to modify the kwargs or args of a torch.fx.Node object,
instead create a new copy of it and assign the copy to the node:

    new_args = ...  # copy and mutate args
    node.args = new_args
"""


def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
    raise TypeError(f"{type(self).__name__!r} object does not support mutation. {_HELP}".rstrip("\n"))


class immutable_list(list):
    """A list that refuses to be changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(tuple(self))

    def __reduce__(self):
        return immutable_list, (tuple(iter(self)),)

    append = extend = insert = pop = remove = clear = reverse = sort = _refuse
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse  # type: ignore[assignment]


class immutable_dict(dict):
    """A dictionary that refuses to be changed."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self):
        return immutable_dict, (iter(self.items()),)

    clear = pop = popitem = update = setdefault = _refuse  # type: ignore[assignment]
    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
