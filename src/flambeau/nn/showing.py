"""What modules print between their parentheses: settings by name."""

from __future__ import annotations

from typing import Any


def shows(*names: str) -> Any:
    """The method `extra_repr` of a class that prints the settings of these names."""

    def extra_repr(self) -> str:
        return ", ".join(f"{name}={_written(getattr(self, name))}" for name in names)

    return extra_repr


def changed(module, **defaults: Any) -> str:
    """The settings that are not what they usually are, each behind a comma."""
    settings = ((name, getattr(module, name), default) for name, default in defaults.items())
    return "".join(f", {name}={value}" for name, value, default in settings if value != default)


def _written(value) -> str:
    return repr(value) if isinstance(value, str) else str(value)
