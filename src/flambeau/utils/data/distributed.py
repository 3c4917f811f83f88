"""The sampler that gives every process of a group its own part of a dataset."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sized

import flambeau as torch

from .sampler import Sampler


class DistributedSampler(Sampler[int]):
    """Every `num_replicas`-th index, starting at `rank`, of a permutation that all processes share.

    Args:
        dataset: a dataset with a length.
        num_replicas: how many processes share it; by default those of the process group.
        rank: which of them this is, from 0; by default the one in the process group.
        shuffle: permute the indices, anew for each value given to `set_epoch`.
        seed: the permutation's seed, the same in all processes.
        drop_last: leave out the tail that does not divide evenly, instead of repeating indices to fill it.

    Raises:
        ValueError: `rank` is not between 0 and `num_replicas` - 1, or there is no process group to ask.
    """

    def __init__(
        self, dataset: Sized, num_replicas: int | None = None, rank: int | None = None, shuffle: bool = True,
        seed: int = 0, drop_last: bool = False,
    ) -> None:  # fmt: skip
        num_replicas = torch.distributed.get_world_size() if num_replicas is None else num_replicas
        rank = torch.distributed.get_rank() if rank is None else rank
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.epoch, self.shuffle, self.seed, self.drop_last = 0, shuffle, seed, drop_last
        share = len(dataset) / num_replicas
        uneven = drop_last and len(dataset) % num_replicas != 0
        self.num_samples = math.floor(share) if uneven else math.ceil(share)
        self.total_size = self.num_samples * num_replicas

    def __iter__(self) -> Iterator[int]:
        indices = self._order()
        missing = self.total_size - len(indices)
        if missing > 0:
            indices += (indices * math.ceil(missing / len(indices)))[:missing]
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def _order(self) -> list[int]:
        if not self.shuffle:
            return list(range(len(self.dataset)))
        generator = torch.Generator()
        generator.manual_seed(self.seed + self.epoch)
        return torch.randperm(len(self.dataset), generator=generator).tolist()

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Sets the epoch, on which the permutation depends."""
        self.epoch = epoch
