"""DataLoader: a dataset and a sampler become an iterable of batches.

Samples are fetched in this process, or ahead of time in worker processes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset
from .iterators import _BaseDataLoaderIter, _SingleProcessDataLoaderIter
from .options import (
    check_batch_options,
    check_iterable_options,
    check_worker_number,
    check_worker_options,
    checked_context,
)
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler
from .worker import get_worker_info

__all__ = ["DataLoader", "default_collate", "default_convert", "get_worker_info"]


def __getattr__(name):
    if name == "_MultiProcessingDataLoaderIter":  # not loaded before a loader has workers
        from .prefetching import _MultiProcessingDataLoaderIter

        return _MultiProcessingDataLoaderIter
    raise AttributeError(f"module 'torch.utils.data.dataloader' has no attribute '{name}'")


T_co = TypeVar("T_co", covariant=True)

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader(Generic[T_co]):
    """An iterable of batches of a dataset.

    Args:
        dataset: a Dataset, anything with `__getitem__` and `__len__`, or an IterableDataset.
        batch_size: samples a batch; None gives single samples.
        shuffle: visit the samples in random order.
        sampler: an iterable of indices; excludes `shuffle`.
        batch_sampler: an iterable of lists of indices; excludes `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers: processes that fetch ahead; with 0 samples are fetched in this process, when they are asked for.
        collate_fn: makes a batch of a list of samples.
        pin_memory: accepted; there is no accelerator to pin memory for.
        drop_last: leave out a last batch that is smaller.
        generator: the source of randomness of `shuffle`; by default the global one.
        timeout: seconds to wait for a batch of the workers; 0 waits for ever.
        worker_init_fn: called in each worker, with its number, before it fetches.
        multiprocessing_context: how workers are started: a multiprocessing context, or "fork", "spawn", "forkserver".
        prefetch_factor: batches that each worker fetches ahead; 2 by default.
        persistent_workers: keep the workers for the next iteration.
        pin_memory_device: accepted.
        in_order: give batches in the order of the sampler; else as soon as they are there.

    Raises:
        ValueError: arguments that exclude each other, or a value out of range.
        TypeError: `multiprocessing_context` is of another type.

    An exception in a worker is raised here, with the worker's traceback in its text; RuntimeError where a worker died.
    """

    _initialized = False

    def __init__(
        self, dataset: Dataset, batch_size: int | None = 1, shuffle: bool | None = None,
        sampler: Sampler | Iterable | None = None, batch_sampler: Sampler[list] | Iterable[list] | None = None,
        num_workers: int = 0, collate_fn: Callable | None = None, pin_memory: bool = False, drop_last: bool = False,
        timeout: float = 0, worker_init_fn: Callable | None = None, multiprocessing_context=None, generator=None, *,
        prefetch_factor: int | None = None, persistent_workers: bool = False, pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:  # fmt: skip
        check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset, self.num_workers = dataset, num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory, self.pin_memory_device, self.timeout = pin_memory, pin_memory_device, timeout
        self.worker_init_fn, self.multiprocessing_context = worker_init_fn, multiprocessing_context
        self.in_order, self.persistent_workers, self.generator = in_order, persistent_workers, generator

        if isinstance(dataset, IterableDataset):
            check_iterable_options(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        check_batch_options(batch_size, shuffle, sampler, batch_sampler, drop_last)

        if sampler is None:
            sampler = self._default_sampler(shuffle)
        if batch_sampler is not None:
            batch_size = None
        elif batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_size, self.drop_last = batch_size, drop_last
        self.sampler, self.batch_sampler = sampler, batch_sampler
        self.collate_fn = collate_fn or (default_convert if batch_sampler is None else default_collate)
        self._reported_length: int | None = None
        self._iterator: _BaseDataLoaderIter | None = None
        self._initialized = True
        self.check_worker_number_rationality()

    def _default_sampler(self, shuffle: bool | None) -> Iterable:
        if isinstance(self.dataset, IterableDataset):
            return _Endless()
        if shuffle:
            return RandomSampler(self.dataset, generator=self.generator)  # type: ignore[arg-type]
        return SequentialSampler(self.dataset)  # type: ignore[arg-type]

    @property
    def multiprocessing_context(self):
        """The multiprocessing context for worker processes, or None."""
        return self._multiprocessing_context

    @multiprocessing_context.setter
    def multiprocessing_context(self, context):
        self._multiprocessing_context = checked_context(context, self.num_workers)

    def __setattr__(self, name, value):
        if self._initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    @property
    def _auto_collation(self) -> bool:
        return self.batch_sampler is not None

    @property
    def _index_sampler(self) -> Iterable:
        """What gives the indices of one fetch each."""
        return self.sampler if self.batch_sampler is None else self.batch_sampler

    def __iter__(self) -> _BaseDataLoaderIter:
        if not (self.persistent_workers and self.num_workers):
            return self._get_iterator()
        if self._iterator is None:
            self._iterator = self._get_iterator()
        else:
            self._iterator._reset(self)
        return self._iterator

    def _get_iterator(self) -> _BaseDataLoaderIter:
        if not self.num_workers:
            return _SingleProcessDataLoaderIter(self)
        from .prefetching import _MultiProcessingDataLoaderIter

        self.check_worker_number_rationality()
        return _MultiProcessingDataLoaderIter(self)

    def __len__(self) -> int:
        """The number of batches; TypeError where the dataset or the sampler has no length."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self._index_sampler)  # type: ignore[arg-type]
        length = self._reported_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Warns where there are more workers than processors."""
        check_worker_number(self.num_workers)


class _Endless(Sampler):
    """Stands for the indices of a stream, which has none."""

    def __iter__(self):
        return itertools.repeat(None)
