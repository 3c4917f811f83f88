"""Regions of interest as bags of pixels: which pixels make up each bin of each region, and with what weights.

All pooling over regions is one thing: rows are taken from a table of pixels (one row for each pixel, with all of its
channels), weighed and summed, or compared, bin by bin. Where a position-sensitive op takes other channels for each bin,
the table has more rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import flambeau as torch
from flambeau import Tensor
from flambeau.nn.modules.utils import _pair

from ._utils import check_roi_boxes_shape, convert_boxes_to_roi_format


@dataclass
class Axis:
    """Regions along an axis: where they start, how long they are (K), in bins; the image's length."""

    start: Tensor
    extent: Tensor
    bins: int
    length: int


@dataclass
class Taps:
    """The pixels along an axis that make up each bin, and what share each has: (K, bins, taps)."""

    places: Tensor
    shares: Tensor


def as_rois(input: Tensor, boxes, mismatch: str) -> Tensor:
    """Regions (K, 5): the number of an image, and two corners.

    Raises AssertionError for another shape, RuntimeError with the text `mismatch` for another dtype than the input's.
    """
    check_roi_boxes_shape(boxes)
    rois = boxes if isinstance(boxes, Tensor) else convert_boxes_to_roi_format(boxes)
    if rois.dtype is not input.dtype:
        raise RuntimeError(mismatch)
    return rois.detach()


def pixels(input: Tensor) -> Tensor:
    """The pixels of images (N, C, H, W) as rows (N * H * W, C)."""
    return input.permute(0, 2, 3, 1).reshape(-1, input.size(1))


def pixels_by_bin(input: Tensor, rows: int, columns: int) -> Tensor:
    """The same where each bin has channels of its own: (N * bins * H * W, C / bins).

    Raises RuntimeError where channels are no multiple of bins.
    """
    if input.size(1) % (rows * columns):
        raise RuntimeError("input channels must be a multiple of pooling height * pooling width")
    split = input.unflatten(1, (-1, rows, columns))
    return split.permute(0, 2, 3, 4, 5, 1).reshape(-1, split.size(1))


def planes(rois: Tensor, rows: int, columns: int, by_bin: bool) -> Tensor:
    """In which plane of the table each bin's pixels are, (K, rows, columns)."""
    images = rois[:, 0].long()[:, None, None]
    if not by_bin:
        return images.expand(-1, rows, columns)
    return images * (rows * columns) + torch.arange(rows * columns).reshape(1, rows, columns)


def gathered(table: Tensor, plane: Tensor, y: Tensor, x: Tensor, size: tuple[int, int]) -> Tensor:
    """The rows of pixels at y (K, rows, a) and x (K, columns, b): (K, rows, columns, a * b, C)."""
    height, width = size
    places = y[:, :, None, :, None] * width + x[:, None, :, None, :]
    return table[(plane[..., None, None] * (height * width) + places).flatten(3)]


def shares_of(y: Tensor, x: Tensor) -> Tensor:
    """The product of shares along both axes, in the order of `gathered`, as a column."""
    return (y[:, :, None, :, None] * x[:, None, :, None, :]).flatten(3).unsqueeze(-1)


def as_images(bins: Tensor) -> Tensor:
    """Bins (K, rows, columns, C) as images (K, C, rows, columns)."""
    return bins.permute(0, 3, 1, 2).contiguous()


# ------------------------------------------------------------------ samples between pixels
def sampled(
    table: Tensor, rois: Tensor, axes: Callable[[Tensor], tuple[Axis, Axis]], sampling_ratio: int, by_bin: bool
) -> tuple[Tensor, Tensor]:
    """Sums of samples in each bin, (K, rows, columns, C), and how many samples a bin of each region has, (K).

    axes: the vertical and horizontal extents of regions. Regions that want very different numbers of samples are
    computed apart.
    """
    y, x = axes(rois)
    if sampling_ratio > 0:
        counts = torch.full((rois.size(0),), sampling_ratio)
        grid = sampling_ratio, sampling_ratio
        return _sampled(table, rois, (y, x), (counts, counts), grid, by_bin), counts * counts
    wanted = [(a.extent / a.bins).ceil().nan_to_num().clamp(min=0).long() for a in (y, x)]
    sizes = np.stack([each.numpy() for each in wanted])
    classes = np.ceil(np.log2(sizes.max(0, initial=1).clip(1)))
    parts, order = [], []
    for each in np.unique(classes):
        own = np.flatnonzero(classes == each)
        places, (rows, columns) = torch.from_numpy(own), sizes[:, own].max(1)
        some, counts_of_some = rois[places], (wanted[0][places], wanted[1][places])
        parts.append(_sampled(table, some, axes(some), counts_of_some, (int(rows), int(columns)), by_bin))
        order.append(own)
    joined = torch.cat(parts)
    if len(parts) > 1:
        joined = joined[torch.from_numpy(np.argsort(np.concatenate(order)))]
    return joined, wanted[0] * wanted[1]


def _sampled(table: Tensor, rois: Tensor, axes: tuple[Axis, Axis], counts, grid: tuple[int, int], by_bin) -> Tensor:
    (y, x), (rows, columns) = axes, grid
    vertical, horizontal = _between(y, counts[0], rows), _between(x, counts[1], columns)
    plane = planes(rois, y.bins, x.bins, by_bin)
    found = gathered(table, plane, vertical.places, horizontal.places, (y.length, x.length))
    return (found * shares_of(vertical.shares, horizontal.shares)).sum(-2)


def _between(axis: Axis, counts: Tensor, most: int) -> Taps:
    """The pixels on either side of each sample, `most` samples in a bin of which counts (K) are taken.

    What is beyond a pixel outside of the image counts as 0; up to there the border is repeated.
    """
    size = axis.extent / axis.bins
    number = torch.arange(most)
    step = (size / counts.to(size.dtype))[:, None, None]
    starts = axis.start[:, None] + torch.arange(axis.bins).to(size.dtype) * size[:, None]
    at = starts[:, :, None] + (number + 0.5).to(size.dtype) * step
    inside = (at >= -1) & (at <= axis.length) & (number < counts[:, None, None])
    at = torch.where(inside, at, 0.0).clamp(0, axis.length - 1)
    low = at.floor()
    share, high = at - low, (low + 1).clamp(max=axis.length - 1)
    truth = inside.to(size.dtype)
    return Taps(
        torch.stack([low, high], -1).long().flatten(2), torch.stack([truth * (1 - share), truth * share], -1).flatten(2)
    )


# ------------------------------------------------------------------ whole pixels
def rounded(value: Tensor) -> Tensor:
    """Rounded to whole numbers, halves away from zero."""
    return torch.where(value < 0, (value - 0.5).ceil(), (value + 0.5).floor())


def covered(axis: Axis, end: int) -> tuple[Tensor, Tensor]:
    """The pixels that bins cover, cut off at `end`, (K, bins, most), and which of these count."""
    size = (axis.extent / axis.bins)[:, None]
    number = torch.arange(axis.bins).to(size.dtype)
    first = ((number * size).floor() + axis.start[:, None]).clamp(0, end).long()
    last = (((number + 1) * size).ceil() + axis.start[:, None]).clamp(0, end).long()
    most = max(int((last - first).max()), 1) if last.numel() else 1
    places = first[..., None] + torch.arange(most)
    return places.clamp(max=axis.length - 1), places < last[..., None]


def pair(size) -> tuple[int, int]:
    """A size in both directions."""
    rows, columns = _pair(size)
    return rows, columns
