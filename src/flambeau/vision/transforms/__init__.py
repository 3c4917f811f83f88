"""Images prepared and augmented: classes to be composed, functions for single images, and the second transforms, v2."""

import importlib as _importlib

from .autoaugment import *  # noqa: F403
from .transforms import *  # noqa: F403

_LAZY = frozenset({"v2", "_presets"})  # imported on first use


def __getattr__(name):
    if name in _LAZY:
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'torchvision.transforms' has no attribute '{name}'")
