"""torch.autograd.profiler: the older form of torch.profiler."""

from __future__ import annotations

from typing import Any

from ..profiler import EventList, FunctionEvent, record_function, session

__all__ = ["EventList", "FunctionEvent", "profile", "record_function"]


class profile(session.profile):
    """A context manager that records what operations cost.

    Args:
        enabled: False does nothing.
        record_shapes, profile_memory: as for torch.profiler.profile; the rest is accepted.
    """

    def __init__(
        self,
        enabled: bool = True,
        *,
        use_cuda: bool = False,
        use_device: str | None = None,
        record_shapes: bool = False,
        with_flops: bool = False,
        profile_memory: bool = False,
        with_stack: bool = False,
        with_modules: bool = False,
        use_kineto: bool = False,
        use_cpu: bool = True,
        **_: Any,
    ) -> None:
        idle = (lambda step: session.ProfilerAction.NONE) if not enabled else None
        super().__init__(schedule=idle, record_shapes=record_shapes, profile_memory=profile_memory)

    def total_average(self) -> Any:
        """The sums over all events."""
        return self.events().total_average()
