"""torch.utils: helpers around training."""

from . import data, dlpack, hooks

__all__ = ["data", "dlpack", "hooks"]
