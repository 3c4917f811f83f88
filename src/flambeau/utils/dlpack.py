"""torch.utils.dlpack: memory shared with other libraries of arrays."""

from ..dlpack import from_dlpack, to_dlpack

__all__ = ["from_dlpack", "to_dlpack"]
