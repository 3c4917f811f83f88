"""torch.utils.hooks: the handle by which a registered hook is taken back."""

from ..handles import RemovableHandle

__all__ = ["RemovableHandle"]
