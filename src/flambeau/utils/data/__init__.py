"""torch.utils.data: datasets, the samplers that order them, the loader that turns them into batches."""

from .collate import default_collate, default_convert
from .dataloader import DataLoader
from .dataset import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)
from .distributed import DistributedSampler
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler
from .worker import get_worker_info

_DATAPIPES = """DFIterDataPipe DataChunk IterDataPipe MapDataPipe argument_validation functional_datapipe
guaranteed_datapipes_determinism non_deterministic runtime_validation runtime_validation_disabled"""


def __getattr__(name):
    if name in _DATAPIPES.split():
        from . import datapipes

        return getattr(datapipes, name)
    raise AttributeError(f"module 'torch.utils.data' has no attribute '{name}'")


__all__ = [
    *_DATAPIPES.split(), "BatchSampler", "ChainDataset", "ConcatDataset", "DataLoader", "Dataset", "DistributedSampler",
    "IterableDataset", "RandomSampler", "Sampler", "SequentialSampler", "StackDataset", "Subset", "SubsetRandomSampler",
    "TensorDataset", "WeightedRandomSampler", "default_collate", "default_convert", "get_worker_info", "random_split",
]  # fmt: skip
