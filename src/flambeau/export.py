"""torch.export: programs for other runtimes are named and refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn

from .errors import add_note

__all__ = ["export", "load", "save"]


def _refuse(name: str) -> NoReturn:
    error = NotImplementedError(f"torch.export.{name}: programs of PyTorch's own operators are not made here")
    raise add_note(
        error,
        "torch.fx.symbolic_trace(model) records a model as a graph of its calls; torch.save(model.state_dict(), path) "
        "keeps its weights in a file that PyTorch reads as well.",
    )


def export(
    mod: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any] | None = None, *, dynamic_shapes: Any = None,
    strict: bool = False, preserve_module_call_signature: tuple[str, ...] = (),
    prefer_deferred_runtime_asserts_over_guards: bool = False,
) -> NoReturn:  # fmt: skip
    """Refused. Raises NotImplementedError."""
    _refuse("export")


def save(ep: Any, f: Any, **kwargs: Any) -> NoReturn:
    """Refused. Raises NotImplementedError."""
    _refuse("save")


def load(f: Any, **kwargs: Any) -> NoReturn:
    """Refused. Raises NotImplementedError."""
    _refuse("load")
