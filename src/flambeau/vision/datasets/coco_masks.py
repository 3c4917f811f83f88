"""Outlines and run lengths, by which COCO says which pixels are an object's, as masks."""

from __future__ import annotations

import numpy as np

_FINER = 5  # outlines are walked on a grid this many times as fine as the pixels'


def mask_of(segmentation, height: int, width: int) -> np.ndarray:
    """The mask of an object: uint8 of shape (height, width).

    Args:
        segmentation: polygons [x, y, x, y ...], or run lengths {"counts", "size"}, which may be a compressed string.
        height: the image's height.
        width: its width.

    Raises:
        ValueError: neither.
    """
    if isinstance(segmentation, dict):
        counts = segmentation["counts"]
        return _filled(counts if isinstance(counts, list) else _uncompressed(counts), height, width)
    if not isinstance(segmentation, list):
        raise ValueError(f"COCO segmentation expected to be a dict or a list, got {type(segmentation)}")
    return np.maximum.reduce([_polygon(np.asarray(outline, float), height, width) for outline in segmentation])


def _filled(counts: list[int], height: int, width: int) -> np.ndarray:
    """Run lengths column by column, of 0 and 1 in turn."""
    runs = np.repeat(np.arange(len(counts)) % 2, counts)
    return runs.reshape(width, height).T.astype(np.uint8)


def _uncompressed(text: str | bytes) -> list[int]:
    """Run lengths from a string: five bits a character, the lowest first; from the third on, differences to the one
    before the last."""
    counts: list[int] = []
    value = shift = 0
    for code in text.encode() if isinstance(text, str) else text:
        bits = code - 48
        value |= (bits & 0x1F) << shift
        shift += 5
        if bits & 0x20:
            continue
        if bits & 0x10:
            value -= 1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
        value = shift = 0
    return counts


def _polygon(outline: np.ndarray, height: int, width: int) -> np.ndarray:
    """The pixels inside of an outline: down each column, those after an odd number of crossings."""
    corners = (outline.reshape(-1, 2) * _FINER + 0.5).astype(int)
    edges = [_walked(start, end) for start, end in zip(corners, np.roll(corners, -1, 0))]
    x, y = np.concatenate(edges, axis=1)
    steps = np.flatnonzero(x[1:] != x[:-1])
    column = (np.where(x[steps + 1] < x[steps], x[steps + 1], x[steps + 1] - 1) + 0.5) / _FINER - 0.5
    row = np.ceil(np.clip((np.minimum(y[steps], y[steps + 1]) + 0.5) / _FINER - 0.5, 0, height)).astype(int)
    kept = (column == np.floor(column)) & (column >= 0) & (column <= width - 1)
    crossings = np.bincount(column[kept].astype(int) * height + row[kept], minlength=height * width + 1)
    return (crossings[: height * width].cumsum() % 2).reshape(width, height).T.astype(np.uint8)


def _walked(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The points of the fine grid along an edge, x and y, both ends included; rounded from the lower end."""
    long = int(abs(end - start).argmax())  # the axis with the longer way; x where both are equal
    low, high = (start, end) if start[long] <= end[long] else (end, start)
    places = np.arange(high[long] - low[long] + 1)
    slope = (high[1 - long] - low[1 - long]) / max(len(places) - 1, 1)
    points = np.empty((2, len(places)), int)
    points[long] = low[long] + places
    points[1 - long] = (low[1 - long] + slope * places + 0.5).astype(int)
    return points if low is start else points[:, ::-1]
