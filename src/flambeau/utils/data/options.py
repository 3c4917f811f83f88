"""The checks of a loader's options: which exclude each other, and which values they may have."""

from __future__ import annotations

import multiprocessing
import os
import warnings


def check_worker_options(num_workers, timeout, prefetch_factor, persistent_workers) -> None:
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


def check_iterable_options(shuffle, sampler, batch_sampler) -> None:
    text = "DataLoader with IterableDataset: expected unspecified {0} option, but got {0}={1}"
    if shuffle not in {False, None}:
        raise ValueError(text.format("shuffle", shuffle))
    if sampler is not None:
        raise ValueError(text.format("sampler", sampler))
    if batch_sampler is not None:
        raise ValueError(text.format("batch_sampler", batch_sampler))


def check_batch_options(batch_size, shuffle, sampler, batch_sampler, drop_last) -> None:
    if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
        raise ValueError("batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last")
    if batch_size is None and drop_last:
        raise ValueError("batch_size=None option disables auto-batching and is mutually exclusive with drop_last")


def checked_context(context, num_workers: int):
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


def check_worker_number(num_workers: int) -> None:
    """Warns where there are more workers than processors that this process may use."""
    processors, known = os.cpu_count(), hasattr(os, "sched_getaffinity")
    if known:
        processors = len(os.sched_getaffinity(0))
    if processors is None:
        limit = "DataLoader is not able to compute a suggested max number of worker in current system."
    else:
        limit = (
            f"Our suggested max number of worker in current system is {processors}"
            f"{'' if known else ' (`cpuset` is not taken into account)'}, which is smaller than what this DataLoader "
            "is going to create."
        )
    if num_workers and (processors is None or num_workers > processors):
        warnings.warn(
            f"This DataLoader will create {num_workers} worker processes in total. {limit} Please be aware that "
            "excessive worker creation might get DataLoader running slow or even freeze, lower the worker number to "
            "avoid potential slowness/freeze if necessary.",
            stacklevel=3,
        )
