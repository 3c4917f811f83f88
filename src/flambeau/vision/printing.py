"""The printed form of layers and transforms that show their settings: a list of names instead of a method."""

from __future__ import annotations

from operator import attrgetter


class Printed:
    """Prints as the name of its class and its settings, `Resize(size=8, ...)`.

    `_shown` names these, with spaces between; "interpolation.value" shows that attribute's attribute.
    """

    _shown = ""
    _separator = ", "

    def __repr__(self) -> str:
        settings = (f"{path.partition('.')[0]}={attrgetter(path)(self)}" for path in self._shown.split())
        return f"{type(self).__name__}({self._separator.join(settings)})"
