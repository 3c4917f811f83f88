"""DistributedDataParallel: the wrapper of models that several processes train; in a group of one it calls the model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import flambeau as torch

from ..module import Module


class DistributedDataParallel(Module):
    """Calls `module`, whose gradients the processes of a group would average; there is one process.

    Args:
        module: a module with parameters to train.
        device_ids, output_device: None, which is all that a CPU has.
        process_group: by default that of all processes, which must have been made.
        broadcast_buffers, find_unused_parameters, static_graph ...: accepted.

    Raises:
        ValueError: no process group was made, or devices are given.
        RuntimeError: no parameter of the module wants a gradient.
    """

    def __init__(
        self,
        module: Module,
        device_ids: Any = None,
        output_device: Any = None,
        dim: int = 0,
        broadcast_buffers: bool | None = None,
        init_sync: bool = True,
        process_group: Any = None,
        bucket_cap_mb: float | None = None,
        find_unused_parameters: bool = False,
        check_reduction: bool = False,
        gradient_as_bucket_view: bool = False,
        static_graph: bool = False,
        delay_all_reduce_named_params: Any = None,
        param_to_hook_all_reduce: Any = None,
        mixed_precision: Any = None,
        device_mesh: Any = None,
        skip_all_reduce_unused_params: bool = False,
        bucket_cap_mb_list: list[int] | None = None,
        batched_grad_copy: bool = False,
        forward_sync_buffers: bool | None = None,
    ) -> None:
        super().__init__()
        torch.distributed.get_world_size(process_group)  # raises where no group was made
        self.process_group = process_group or torch.distributed.group.WORLD
        trained = [p for p in module.parameters() if p.requires_grad]
        if not trained:
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameter that requires a "
                "gradient."
            )
        if device_ids is not None or output_device is not None:
            raise ValueError(
                "DistributedDataParallel device_ids and output_device arguments only work with "
                f"single-device/multiple-device GPU modules or CPU modules, but got device_ids {device_ids}, "
                f"output_device {output_device}, and module parameters { {p.device for p in trained} }."
            )
        self.device, self.device_type, self.is_multi_device_module = trained[0].device, "cpu", False
        self.device_ids, self.output_device, self.dim = device_ids, output_device, dim
        self.broadcast_buffers = broadcast_buffers is None or broadcast_buffers
        self.find_unused_parameters, self.static_graph = find_unused_parameters, static_graph
        self.gradient_as_bucket_view, self.mixed_precision = gradient_as_bucket_view, mixed_precision
        self.require_backward_grad_sync = self.require_forward_param_sync = True
        self.module = module

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)

    @contextmanager
    def no_sync(self) -> Iterator[None]:
        """Inside, gradients are summed up without being averaged over the processes."""
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    @contextmanager
    def join(
        self, divide_by_initial_world_size: bool = True, enable: bool = True, throw_on_early_termination: bool = False
    ) -> Iterator[None]:
        """Inside, processes may have different numbers of batches."""
        yield

    def register_comm_hook(self, state: object, hook: Any) -> None:
        """Accepted: nothing is communicated."""
        if not callable(hook):
            raise TypeError("Communication hook must be callable.")
