"""DataParallel: the wrapper of models for several GPUs, which on the CPU calls the model."""

from __future__ import annotations

from ..module import Module


class DataParallel(Module):
    """Calls `module`, with which several devices would share the batch; there is one device.

    device_ids, output_device, dim: accepted.
    """

    def __init__(self, module: Module, device_ids=None, output_device=None, dim: int = 0):
        super().__init__()
        self.module = module
        self.device_ids: list[int] = []

    def forward(self, *inputs, **kwargs):
        return self.module(*inputs, **kwargs)


def data_parallel(module: Module, inputs, device_ids=None, output_device=None, dim: int = 0, module_kwargs=None):
    """Calls a module on inputs (a tuple, or one) as DataParallel does."""
    inputs = inputs if isinstance(inputs, tuple) else () if inputs is None else (inputs,)
    return module(*inputs, **(module_kwargs or {}))
