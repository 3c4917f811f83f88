"""Loading."""

from __future__ import annotations

import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from . import case


class Squares(Dataset):
    """A dataset as courses write it: one sample at a time."""

    def __init__(self, count: int):
        self.x = torch.randn(count, 1, 28, 28, generator=torch.Generator().manual_seed(1))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, i):
        return self.x[i], i % 10


def reading(dataset: Dataset):
    """All batches of one pass, each looked at."""
    loader = DataLoader(dataset, batch_size=64, shuffle=True, generator=torch.Generator().manual_seed(2))

    def step() -> float:
        return float(sum(y.sum().item() for _, y in loader))

    return step


@case("data")
def dataset_by_sample():
    return reading(Squares(4096))


@case("data")
def tensor_dataset():
    x = torch.randn(4096, 1, 28, 28, generator=torch.Generator().manual_seed(1))
    return reading(TensorDataset(x, torch.arange(4096) % 10))
