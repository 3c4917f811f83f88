"""torch.fx.passes: what is computed of whole graphs."""

from . import shape_prop

__all__ = ["shape_prop"]
