"""Fetching: what turns an index, or a list of them, into a sample or a batch, in whichever process that happens.

A dataset may have a method `fetch_batch(rows)` that gives what the default collation makes of the samples at some rows
(an array of whole numbers in range), or None where it must be asked for them one by one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np

from .collate import default_collate
from .dataset import IterableDataset, Subset

Fetch = Callable[[object], object]


def fetcher(dataset, batched: bool, collate_fn: Callable, drop_last: bool) -> Fetch:
    """A function from what the loader's sampler gives to what the loader gives.

    Args:
        dataset: of either kind; the fetcher of a stream starts an iteration of it.
        batched: whether samplers give lists of indices.
        collate_fn: makes a batch of a list of samples; where not batched, applied to a sample.
        drop_last: leave out what a stream has left for a last, smaller batch.

    Returns a function that raises StopIteration at the end of a stream.
    """
    if isinstance(dataset, IterableDataset):
        return (
            _batches_of_stream(dataset, collate_fn, drop_last) if batched else _samples_of_stream(dataset, collate_fn)
        )
    if not batched:
        return lambda index: collate_fn(dataset[index])
    whole = _batch_fetcher(dataset) if collate_fn is default_collate else None

    def fetch(indices):
        batch = whole(indices) if whole else None
        return collate_fn(_samples(dataset, indices)) if batch is None else batch

    return fetch


def _samples_of_stream(dataset, collate_fn: Callable) -> Fetch:
    stream = iter(dataset)
    return lambda _: collate_fn(next(stream))


def _batches_of_stream(dataset, collate_fn: Callable, drop_last: bool) -> Fetch:
    stream, ended = iter(dataset), False

    def fetch(places):
        nonlocal ended
        samples = [] if ended else list(itertools.islice(stream, len(places)))
        ended = len(samples) < len(places)
        if not samples or (ended and drop_last):
            raise StopIteration
        return collate_fn(samples)

    return fetch


def _samples(dataset, indices) -> list:
    if callable(getattr(dataset, "__getitems__", None)):
        return dataset.__getitems__(indices)
    return [dataset[index] for index in indices]


def _batch_fetcher(dataset) -> Callable | None:
    """A function from a list of indices to the collated batch, where the dataset has one for whole batches; else None.

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
    if not _fetches_batches(type(dataset)):
        return None
    bound = len(dataset)
    if chosen is not None and len(chosen) and chosen.max() >= bound:
        return None
    length = bound if chosen is None else len(chosen)

    def fetch(indices):
        if type(indices[0]) is not int or min(indices) < 0 or max(indices) >= length:
            return None
        rows = np.array(indices, dtype=np.int64)
        return dataset.fetch_batch(rows if chosen is None else chosen[rows])

    return fetch


def _fetches_batches(kind: type) -> bool:
    """Whether a class has a `fetch_batch` that stands for its `__getitem__`: no subclass has another way to samples."""
    for parent in kind.__mro__:
        if "fetch_batch" in vars(parent):
            return True
        if "__getitem__" in vars(parent) or "__getitems__" in vars(parent):
            return False
    return False
