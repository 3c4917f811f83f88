"""FakeData: random images, for trying a script without data."""

from __future__ import annotations

from typing import Any

import flambeau as torch

from .. import transforms
from .vision import VisionDataset


class FakeData(VisionDataset):
    """Random images with random targets; sample i is the same each time, and random streams are as they were after it.

    Args:
        size: how many.
        image_size: channels, height and width.
        num_classes: targets are below this.
        transform, target_transform: as of VisionDataset.
        random_offset: sample i is made from the seed i + random_offset.
    """

    def __init__(
        self,
        size: int = 1000,
        image_size: tuple[int, int, int] = (3, 224, 224),
        num_classes: int = 10,
        transform=None,
        target_transform=None,
        random_offset: int = 0,
    ) -> None:
        super().__init__(transform=transform, target_transform=target_transform)
        self.size = size
        self.num_classes = num_classes
        self.image_size = image_size
        self.random_offset = random_offset

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if index >= len(self):
            raise IndexError(f"{type(self).__name__} index out of range")
        with torch.random.fork_rng():
            torch.manual_seed(index + self.random_offset)
            pixels = torch.randn(*self.image_size)
            target = torch.randint(0, self.num_classes, size=(1,), dtype=torch.long)[0]
        image, target = self._transformed(transforms.ToPILImage()(pixels), target)
        return image, target.item()

    def __len__(self) -> int:
        return self.size
