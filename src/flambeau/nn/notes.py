"""Notes on errors: in which module of a model an error was raised, and what that module was called with.

In: an exception on its way up through `Module.__call__`. Out: the same exception with one note more, such as
"in Net.features.3 (Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1))): called with (shape (2, 4, 8, 8))".
"""

from __future__ import annotations

import contextlib

from .. import Tensor


class _Where:
    """The module in which an error was raised, and which of the error's notes speaks of it."""

    def __init__(self, error: Exception, module, args: tuple):
        self.module = module
        self.text = f"({_headline(module)}): called with ({', '.join(_described(a) for a in args)})"
        notes = [*getattr(error, "__notes__", ()), ""]
        self.index = len(notes) - 1
        error.__notes__ = notes  # type: ignore[attr-defined]


def note_module(error: Exception, module, args: tuple) -> None:
    """Notes where an error was raised; each module that it passes on its way up extends the path."""
    with contextlib.suppress(Exception):  # a module that cannot even be printed must not hide the error itself
        where = getattr(error, "_where", None)
        if where is None:
            where = error._where = _Where(error, module, args)  # type: ignore[attr-defined]
        path = next((name for name, below in module.named_modules() if below is where.module), None)
        if path is not None:
            name = f"{type(module).__name__}.{path}" if path else type(module).__name__
            error.__notes__[where.index] = f"in {name} {where.text}"  # type: ignore[attr-defined]


def _headline(module) -> str:
    """The module as it prints, cut to one line."""
    first, _, more = repr(module).partition("\n")
    return f"{first}...)" if more else first


def _described(value) -> str:
    return f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
