"""torch.cuda.graphs: recorded programs of a GPU, which there is none of."""

from __future__ import annotations

from typing import Any


def _dummy(name: str) -> RuntimeError:
    return RuntimeError(f"Tried to instantiate dummy base class {name}")


class CUDAGraph:
    """A recorded program; raises RuntimeError."""

    def __new__(cls, *args: Any, **kwargs: Any):
        raise _dummy("CUDAGraph")


class graph:
    """A context in which a program is recorded.

    Raises RuntimeError: there is no device.
    """

    def __init__(
        self, cuda_graph: Any, pool: Any = None, stream: Any = None, capture_error_mode: str = "global"
    ) -> None:
        raise RuntimeError("torch.cuda.Stream requires CUDA support")


def graph_pool_handle() -> Any:
    """A name for memory that graphs share; raises RuntimeError."""
    raise _dummy("_graph_pool_handle")


def is_current_stream_capturing() -> bool:
    """Whether a program is being recorded; raises RuntimeError."""
    raise _dummy("_cuda_isCurrentStreamCapturing")


def make_graphed_callables(
    callables: Any, sample_args: Any, num_warmup_iters: int = 3, allow_unused_input: bool = False, pool: Any = None
) -> Any:
    """Functions whose programs are recorded; raises AssertionError."""
    from . import synchronize

    return synchronize()


__all__ = ["CUDAGraph", "graph", "graph_pool_handle", "is_current_stream_capturing", "make_graphed_callables"]
