"""Named results: max(x, dim) gives (values, indices), printed as PyTorch prints them."""

from __future__ import annotations

from collections import namedtuple
from functools import cache


def _repr(self):
    fields = ",\n".join(f"{name}={value!r}" for name, value in zip(self._fields, self))
    return f"torch.return_types.{type(self).__name__}(\n{fields})"


@cache
def _type(name: str, fields: tuple[str, ...]):
    base = namedtuple(name, fields)  # type: ignore[misc]

    def new(cls, *values):
        """Takes its parts, or one sequence of them."""
        return base.__new__(cls, *(values[0] if len(values) == 1 else values))

    body = {"__slots__": (), "__new__": new, "__repr__": _repr, "__module__": "torch.return_types"}
    return type(name, (base,), body)


def named(name: str, **values):
    """A named tuple of the results of an op."""
    return _type(name, tuple(values))(*values.values())
