"""Members: the parameters, buffers or submodules of one module, by name.

`module._parameters["weight"]` is where a parameter lives; `module.weight` has to find it. So every write here is
repeated in the module's `__dict__`, which makes `self.weight` an ordinary attribute: ten times faster than a search by
`__getattr__`.
Invariant: while the module lives, `module.__dict__[name] is members[name]` for each name.
"""

from __future__ import annotations

import weakref

from .. import Tensor

KINDS = ("_parameters", "_buffers", "_modules")
_MISSING = object()


class Members(dict):
    """A dict that keeps the `__dict__` of its module in step."""

    __slots__ = ("_owner",)

    def __init__(self, owner, items=()):
        super().__init__(items)
        self._owner = weakref.ref(owner)
        owner.__dict__.update(self)

    def __setitem__(self, name, value):
        super().__setitem__(name, value)
        self._attributes()[name] = value

    def __delitem__(self, name):
        super().__delitem__(name)
        self._attributes().pop(name, None)

    def pop(self, name, default=_MISSING):
        if name not in self and default is not _MISSING:
            return default
        value = self[name]
        del self[name]
        return value

    def popitem(self):
        name = next(reversed(self))
        return name, self.pop(name)

    def clear(self):
        for name in list(self):
            del self[name]

    def update(self, *args, **kwargs):
        for name, value in dict(*args, **kwargs).items():
            self[name] = value

    def __ior__(self, other):  # type: ignore[misc]
        self.update(other)
        return self

    def setdefault(self, name, default=None):
        if name not in self:
            self[name] = default
        return self[name]

    def copy(self):
        return dict(self)

    def __reduce_ex__(self, protocol):
        return dict, (dict(self),)

    def _attributes(self) -> dict:
        owner = self._owner()
        return {} if owner is None else owner.__dict__


def type_name(value) -> str:
    """The name of a value's type, as error texts give it: with its module, tensors by their element type."""
    if isinstance(value, Tensor):
        return value.type()
    kind = value if hasattr(value, "__qualname__") else type(value)
    return kind.__qualname__ if kind.__module__ in ("builtins", "") else f"{kind.__module__}.{kind.__qualname__}"
