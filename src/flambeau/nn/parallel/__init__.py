"""torch.nn.parallel: wrappers of models for several devices or processes, which here call the model."""

from importlib import import_module

from .data_parallel import DataParallel, data_parallel

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]


def __getattr__(name: str):
    if name != "DistributedDataParallel":  # few scripts use it, and it imports torch.distributed
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(".distributed", __name__).DistributedDataParallel
