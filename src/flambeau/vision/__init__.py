"""What torchvision is to PyTorch: transforms, datasets, models, and what draws and measures images.

Scripts that say `import torchvision` get this package under `flambeau run`. Pillow reads, writes and resizes images; it
is imported by what needs it.
"""

import importlib as _importlib

from .backend import get_image_backend, get_video_backend, set_image_backend, set_video_backend

__version__ = "0.28.0+flambeau"

_LAZY = frozenset({"datasets", "io", "models", "ops", "transforms", "tv_tensors", "utils"})  # imported on first use

__all__ = [
    "get_image_backend",
    "get_video_backend",
    "set_image_backend",
    "set_video_backend",
    "disable_beta_transforms_warning",
]


def disable_beta_transforms_warning() -> None:
    """Accepted: the second transforms are no longer in beta and warn of nothing."""


def __getattr__(name):
    if name in _LAZY:
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module 'torchvision' has no attribute '{name}'")


def __dir__():
    return sorted({*globals(), *_LAZY})
