"""Datasets whose images lie in one array in memory; a batch of them is fetched, and transformed, as one array."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image

from flambeau.utils.data import default_collate

from ..batches import transformed_batch
from .vision import VisionDataset


class ArrayDataset(VisionDataset):
    """Images `data[i]` of one size in bytes, and targets.

    `layout` says which of data's axes are sample, channel, row and column; None for channel where images are grey.
    """

    data: Any
    layout: tuple[int, int | None, int, int] = (0, None, 1, 2)

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        return self._transformed(self._image_at(index), self._target_at(index))

    def _image_at(self, index: int) -> Image.Image:
        """One image as PIL's."""
        _, channel, row, column = self.layout
        pixels = np.asarray(self.data[index])
        if channel is not None:
            pixels = pixels.transpose(row - 1, column - 1, channel - 1)
        return Image.fromarray(pixels)

    def _target_at(self, index: int):
        """One target."""
        raise NotImplementedError

    def fetch_batch(self, rows: np.ndarray) -> list | None:
        """What the default collation makes of the samples at some rows, in one pass over all of them.

        Args:
            rows: whole numbers from 0 to the length.

        Returns None, before any random number is drawn, where only samples one by one can be transformed.
        """
        if self.target_transform is not None:
            return None
        images = self._images_at(rows)
        batch = None if images is None else transformed_batch(self.transform, images)
        return None if batch is None else [batch, self._targets_at(rows)]

    def _images_at(self, rows: np.ndarray) -> np.ndarray | None:
        """The images at some rows; None where `data` is no longer what was read."""
        data = np.asarray(self.data)
        if data.dtype != np.uint8 or data.ndim != sum(axis is not None for axis in self.layout):
            return None
        sample, channel, row, column = self.layout
        if channel is None:
            return data.transpose(sample, row, column)[rows][:, None]
        return data.transpose(sample, channel, row, column)[rows]

    def _targets_at(self, rows: np.ndarray):
        """The targets at some rows, collated."""
        return default_collate([self._target_at(row) for row in rows.tolist()])
