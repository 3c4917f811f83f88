"""The iterators of a loader: one goes once through its samplers, and fetches in this process."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .dataset import IterableDataset
from .fetch import fetcher
from .sampler import draw_seed

if TYPE_CHECKING:
    from .dataloader import DataLoader

_PINNED = "'pin_memory' argument is set as true but no accelerator is found, then device pinned memory won't be used."
_DEVICE = (
    "pin_memory_device is deprecated, the current accelerator will be used as the device,ignore pin_memory_device='{}'."
)
_TOO_MANY = (
    "Length of IterableDataset {} was reported to be {}(when accessing len(dataloader)), but {} samples have been "
    "fetched. "
)
_REPLICAS = (
    "For multiprocessing data-loading, this could be caused by not properly configuring the IterableDataset replica at "
    "each worker. Please see https://pytorch.org/docs/stable/data.html#torch.utils.data.IterableDataset for examples."
)


class _BaseDataLoaderIter:
    """One pass over a loader; subclasses define `_next_data`, which raises StopIteration at the end.

    Args:
        loader: the loader, whose base seed is drawn here: worker processes are seeded by it, and it is drawn in any
            case, so that the stream of random numbers is PyTorch's.
    """

    def __init__(self, loader: DataLoader) -> None:
        _warn_of_pinning(loader)
        # Not the loader itself, which may hold its iterator: workers end when the last of the two is dropped.
        self._dataset = loader.dataset
        self._index_sampler = loader._index_sampler
        self._num_workers = loader.num_workers
        self._restart(loader)
        self._base_seed = draw_seed(loader.generator)
        self._is_stream = isinstance(loader.dataset, IterableDataset)

    def _restart(self, loader: DataLoader) -> None:
        """Goes to the beginning of the sampler."""
        self._sampler_iter = iter(self._index_sampler)
        self._num_yielded, self._reported_length = 0, loader._reported_length

    def __iter__(self) -> _BaseDataLoaderIter:
        return self

    def _next_data(self) -> Any:
        raise NotImplementedError

    def __next__(self) -> Any:
        data = self._next_data()
        self._num_yielded += 1
        if self._is_stream:
            self._check_reported_length()
        return data

    def _check_reported_length(self) -> None:
        reported = self._reported_length
        if reported is not None and self._num_yielded > reported:
            text = _TOO_MANY + (_REPLICAS if self._num_workers else "")
            warnings.warn(text.format(self._dataset, reported, self._num_yielded), stacklevel=3)

    def __len__(self) -> int:
        return len(self._index_sampler)  # type: ignore[arg-type]

    def __getstate__(self):
        raise NotImplementedError("{} cannot be pickled", type(self).__name__)


class _SingleProcessDataLoaderIter(_BaseDataLoaderIter):
    """Fetches in this process, when asked."""

    def __init__(self, loader: DataLoader) -> None:
        super().__init__(loader)
        if loader.timeout != 0:
            raise AssertionError("_SingleProcessDataLoaderIter requires timeout == 0")
        self._fetch = fetcher(loader.dataset, loader._auto_collation, loader.collate_fn, loader.drop_last)

    def _next_data(self) -> Any:
        return self._fetch(next(self._sampler_iter))


def _warn_of_pinning(loader: DataLoader) -> None:
    if loader.pin_memory and loader.pin_memory_device:
        warnings.warn(_DEVICE.format(loader.pin_memory_device), stacklevel=5)
    if loader.pin_memory:
        warnings.warn(_PINNED, stacklevel=5)
