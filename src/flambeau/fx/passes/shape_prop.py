"""torch.fx.passes.shape_prop: a run of a graph that notes at each node the shape and type of its value."""

from __future__ import annotations

from typing import Any, NamedTuple

import flambeau as torch

from ..interpreter import Interpreter
from ..node import Node, map_aggregate

__all__ = ["ShapeProp", "TensorMetadata"]


class TensorMetadata(NamedTuple):
    """What is known of a tensor without its elements."""

    shape: torch.Size
    dtype: torch.dtype
    requires_grad: bool
    stride: tuple[int, ...]
    memory_format: torch.memory_format | None
    is_quantized: bool
    qparams: dict[str, Any]


class ShapeProp(Interpreter):
    """Runs a graph and leaves at each node `meta["tensor_meta"]` and `meta["type"]`."""

    def __init__(self, gm, fake_mode=None) -> None:
        super().__init__(gm)

    def run_node(self, n: Node) -> Any:
        """The value of a node, noted."""
        result = super().run_node(n)
        found: list[TensorMetadata] = []

        def noted(value: Any) -> Any:
            if not isinstance(value, torch.Tensor):
                return value
            found.append(_metadata(value))
            return found[-1]

        meta = map_aggregate(result, noted)
        if found:
            n.meta["tensor_meta"] = meta
        n.meta["type"] = type(result)
        return result

    def propagate(self, *args: Any) -> Any:
        """Runs the graph; gives its result."""
        return super().run(*args)


def _metadata(value: torch.Tensor) -> TensorMetadata:
    formats = (torch.contiguous_format, torch.channels_last, torch.channels_last_3d)
    ranks = {torch.channels_last: 4, torch.channels_last_3d: 5}
    layout = next(
        (f for f in formats if ranks.get(f, value.dim()) == value.dim() and value.is_contiguous(memory_format=f)), None
    )
    return TensorMetadata(value.shape, value.dtype, value.requires_grad, value.stride(), layout, value.is_quantized, {})
