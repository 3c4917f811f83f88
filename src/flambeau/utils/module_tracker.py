"""torch.utils.module_tracker: which modules' forward is running, by their paths."""

from __future__ import annotations

import weakref
from typing import Any

import flambeau as torch

__all__ = ["ModuleTracker"]


class ModuleTracker:
    """Context manager: inside, `parents` holds the paths of the modules that are running, and "Global"."""

    def __init__(self) -> None:
        self.parents: set[str] = {"Global"}
        self._names: weakref.WeakKeyDictionary[Any, str] = weakref.WeakKeyDictionary()
        self._hooks: list[Any] = []

    @property
    def is_bw(self) -> bool:
        """Whether a backward pass is running: modules are told of forward alone."""
        return False

    def _name(self, module: Any) -> str:
        if module not in self._names:
            self._name_all(module, type(module).__name__)
        return self._names[module]

    def _name_all(self, module: Any, name: str) -> None:
        self._names[module] = name
        for child, part in module.named_children():
            if part not in self._names:
                self._name_all(part, f"{name}.{child}")

    def __enter__(self) -> ModuleTracker:
        hooks = torch.nn.modules.module
        self._hooks = [
            hooks.register_module_forward_pre_hook(lambda m, args: self.parents.add(self._name(m))),
            hooks.register_module_forward_hook(lambda m, args, out: self.parents.discard(self._name(m))),
        ]
        return self

    def __exit__(self, *error: Any) -> None:
        for hook in self._hooks:
            hook.remove()
        self.parents = {"Global"}
