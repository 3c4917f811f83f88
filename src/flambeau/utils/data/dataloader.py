"""DataLoader: a dataset and a sampler become an iterable of batches.

Samples are fetched in this process, whatever `num_workers` says. A batch of a TensorDataset under the default collation
is fetched by one indexing per tensor; its numbers are those of the general way.
"""

from __future__ import annotations

import itertools
import multiprocessing
import warnings
from collections.abc import Callable, Iterable, Iterator

import numpy as np

import flambeau as torch

from .collate import default_collate, default_convert
from .dataset import Dataset, IterableDataset, Subset, TensorDataset
from .sampler import BatchSampler, RandomSampler, Sampler, SequentialSampler, draw_seed

_FIXED = ("batch_size", "batch_sampler", "sampler", "drop_last", "dataset", "persistent_workers")


class DataLoader:
    """An iterable of batches of a dataset.

    Args:
        dataset: a Dataset, anything with `__getitem__` and `__len__`, or an IterableDataset.
        batch_size: samples a batch; None gives single samples.
        shuffle: visit the samples in random order.
        sampler: an iterable of indices; excludes `shuffle`.
        batch_sampler: an iterable of lists of indices; excludes `batch_size`, `shuffle`, `sampler` and `drop_last`.
        num_workers: accepted; samples are fetched in this process.
        collate_fn: makes a batch of a list of samples.
        pin_memory: accepted; there is no accelerator to pin memory for.
        drop_last: leave out a last batch that is smaller.
        generator: the source of randomness of `shuffle`; by default the global one.
        timeout, worker_init_fn, multiprocessing_context, prefetch_factor, persistent_workers, pin_memory_device,
            in_order: accepted and checked; they matter to worker processes only.

    Raises:
        ValueError: arguments that exclude each other, or a value out of range.
        TypeError: `multiprocessing_context` is of another type.
    """

    _initialized = False

    def __init__(
        self,
        dataset: Dataset,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Sampler | Iterable | None = None,
        batch_sampler: Sampler[list] | Iterable[list] | None = None,
        num_workers: int = 0,
        collate_fn: Callable | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable | None = None,
        multiprocessing_context=None,
        generator=None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
    ) -> None:
        _check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers)
        self.dataset = dataset
        self.num_workers = num_workers
        self.prefetch_factor = 2 if num_workers > 0 and prefetch_factor is None else prefetch_factor
        self.pin_memory = pin_memory
        self.pin_memory_device = pin_memory_device
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.multiprocessing_context = multiprocessing_context
        self.in_order = in_order
        self.persistent_workers = persistent_workers
        self.generator = generator

        if isinstance(dataset, IterableDataset):
            _check_iterable_options(shuffle, sampler, batch_sampler)
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        _check_batch_options(batch_size, shuffle, sampler, batch_sampler, drop_last)

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
        self._initialized = True

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
        self._multiprocessing_context = _checked_context(context, self.num_workers)

    def __setattr__(self, name, value):
        if self._initialized and name in _FIXED:
            raise ValueError(f"{name} attribute should not be set after {type(self).__name__} is initialized")
        super().__setattr__(name, value)

    def __iter__(self) -> Iterator:
        if self.pin_memory:
            warnings.warn(
                "'pin_memory' argument is set as true but no accelerator is found, "
                "then device pinned memory won't be used.",
                stacklevel=2,
            )
        # Worker processes would be seeded by this number; drawn in any case, so that the stream is PyTorch's.
        draw_seed(self.generator)
        return self._batches_of_stream() if isinstance(self.dataset, IterableDataset) else self._batches_of_map()

    def _batches_of_map(self) -> Iterator:
        if self.batch_sampler is None:
            for index in self.sampler:
                yield self.collate_fn(self.dataset[index])
            return
        fetch = _tensor_fetcher(self.dataset) if self.collate_fn is default_collate else None
        for indices in self.batch_sampler:
            batch = fetch(indices) if fetch else None
            yield self.collate_fn(_samples(self.dataset, indices)) if batch is None else batch

    def _batches_of_stream(self) -> Iterator:
        stream = iter(self.dataset)  # type: ignore[call-overload]
        batched = self.batch_sampler is not None
        for fetched, indices in enumerate(self.batch_sampler if batched else self.sampler, 1):  # type: ignore[arg-type]
            samples = list(itertools.islice(stream, len(indices) if batched else 1))
            if not samples or (batched and len(samples) < len(indices) and self.drop_last):
                return
            yield self.collate_fn(samples if batched else samples[0])
            self._check_reported_length(fetched)

    def _check_reported_length(self, fetched: int) -> None:
        if self._reported_length is not None and fetched > self._reported_length:
            warnings.warn(
                f"Length of IterableDataset {self.dataset} was reported to be {self._reported_length}"
                f"(when accessing len(dataloader)), but {fetched} samples have been fetched. ",
                stacklevel=4,
            )

    def __len__(self) -> int:
        """The number of batches; TypeError where the dataset or the sampler has no length."""
        if not isinstance(self.dataset, IterableDataset):
            return len(self.sampler if self.batch_sampler is None else self.batch_sampler)  # type: ignore[arg-type]
        length = self._reported_length = len(self.dataset)  # type: ignore[arg-type]
        if self.batch_size is None:
            return length
        return length // self.batch_size if self.drop_last else -(-length // self.batch_size)

    def check_worker_number_rationality(self) -> None:
        """Does nothing: samples are fetched in this process."""


class _Endless(Sampler):
    """Stands for the indices of a stream, which has none."""

    def __iter__(self):
        return itertools.repeat(None)


def _samples(dataset, indices) -> list:
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[index] for index in indices]


def _tensor_fetcher(dataset) -> Callable | None:
    """A function from a list of indices to the collated batch, where the dataset is tensors underneath; else None.

    The function returns None for indices that only the general way knows how to treat, or to refuse.
    """
    chosen = None
    while type(dataset) is Subset:
        indices = np.asarray(dataset.indices)
        if indices.ndim != 1 or indices.dtype.kind != "i" or (len(indices) and indices.min() < 0):
            return None
        if chosen is not None and len(chosen) and chosen.max() >= len(indices):
            return None
        chosen = indices if chosen is None else indices[chosen]
        dataset = dataset.dataset
    if type(dataset) is not TensorDataset or not dataset.tensors:
        return None
    tensors, bound = dataset.tensors, len(dataset)
    if chosen is not None and len(chosen) and chosen.max() >= bound:
        return None
    length = bound if chosen is None else len(chosen)

    def fetch(indices):
        if type(indices[0]) is not int or min(indices) < 0 or max(indices) >= length:
            return None
        index = np.array(indices, dtype=np.int64)
        rows = torch.tensor(index if chosen is None else chosen[index])
        return [tensor[rows] for tensor in tensors]

    return fetch


def _check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers) -> None:
    if num_workers < 0:
        raise ValueError("num_workers option should be non-negative; use num_workers=0 to disable multiprocessing.")
    if timeout < 0:
        raise ValueError("timeout option should be non-negative")
    if num_workers == 0 and prefetch_factor is not None:
        raise ValueError(
            "prefetch_factor option could only be specified in multiprocessing."
            "let num_workers > 0 to enable multiprocessing, otherwise set prefetch_factor to None."
        )
    if prefetch_factor is not None and prefetch_factor < 0:
        raise ValueError("prefetch_factor option should be non-negative")
    if persistent_workers and num_workers == 0:
        raise ValueError("persistent_workers option needs num_workers > 0")


def _check_iterable_options(shuffle, sampler, batch_sampler) -> None:
    text = "DataLoader with IterableDataset: expected unspecified {0} option, but got {0}={1}"
    if shuffle not in {False, None}:
        raise ValueError(text.format("shuffle", shuffle))
    if sampler is not None:
        raise ValueError(text.format("sampler", sampler))
    if batch_sampler is not None:
        raise ValueError(text.format("batch_sampler", batch_sampler))


def _check_batch_options(batch_size, shuffle, sampler, batch_sampler, drop_last) -> None:
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")


def _checked_context(context, num_workers: int):
    if context is None:
        return None
    if num_workers == 0:
        raise ValueError(
            "multiprocessing_context can only be used with multi-process loading (num_workers > 0), "
            f"but got num_workers={num_workers}"
        )
    if isinstance(context, str):
        methods = multiprocessing.get_all_start_methods()
        if context not in methods:
            raise ValueError(
                "multiprocessing_context option should specify a valid start method in "
                f"{methods!r}, but got multiprocessing_context={context!r}"
            )
        return multiprocessing.get_context(context)
    if not isinstance(context, multiprocessing.context.BaseContext):
        raise TypeError(
            "multiprocessing_context option should be a valid context object or a string specifying the start method, "
            f"but got multiprocessing_context={context}"
        )
    return context


def get_worker_info():
    """What a worker process knows of itself; None, since samples are fetched in the main process."""
    return None
