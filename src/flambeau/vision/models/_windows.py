"""Attention inside windows of an image, with biases that follow from how far pixels are apart."""

from __future__ import annotations

import functools

import numpy as np

import flambeau as torch


def relative_positions(height: int, width: int) -> torch.Tensor:
    """For each pair of a window's pixels the number of their distance, (pixels, pixels), int64."""
    y, x = (place.reshape(-1) for place in np.indices((height, width)))
    rows, columns = (at[:, None] - at[None, :] + size - 1 for at, size in ((y, height), (x, width)))
    return torch.from_numpy(rows * (2 * width - 1) + columns)


def bias_of(table: torch.Tensor, index: torch.Tensor, pixels: int) -> torch.Tensor:
    """The biases (1, heads, pixels, pixels) of a table with a row for each distance."""
    return table[index.reshape(-1)].reshape(pixels, pixels, -1).permute(2, 0, 1).contiguous().unsqueeze(0)


def cut(x: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Images (B, H, W, C) as windows (B * windows, height * width, C)."""
    tiled = x.unflatten(2, (-1, width)).unflatten(1, (-1, height))
    return tiled.permute(0, 1, 3, 2, 4, 5).reshape(-1, height * width, x.size(-1))


def joined(x: torch.Tensor, window: tuple[int, int], rows: int, columns: int) -> torch.Tensor:
    """Windows, `rows` times `columns` an image, as images again."""
    height, width = window
    tiled = x.reshape(-1, rows, columns, height, width, x.size(-1))
    return tiled.permute(0, 1, 3, 2, 4, 5).reshape(-1, rows * height, columns * width, x.size(-1))


@functools.lru_cache(64)
def apart(size: tuple[int, int], window: tuple[int, int], shift: tuple[int, int]) -> np.ndarray:
    """-100 where two pixels meet in a window only because the image was rolled, (windows, 1, pixels, pixels)."""
    regions = [
        np.zeros(n, int) if by == 0 else (np.arange(n) >= n - step) + 1 * (np.arange(n) >= n - by)
        for n, step, by in zip(size, window, shift)
    ]
    region = 3 * regions[0][:, None] + regions[1]
    tiled = region.reshape(size[0] // window[0], window[0], size[1] // window[1], window[1])
    windows = tiled.transpose(0, 2, 1, 3).reshape(-1, 1, window[0] * window[1])
    meet = windows[..., None] == windows[..., None, :]
    return np.where(meet, 0, -100).astype(np.float32)
