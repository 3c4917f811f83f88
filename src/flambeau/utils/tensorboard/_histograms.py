"""Summaries of histograms."""

from __future__ import annotations

import numpy as np
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary

from ._convert_np import make_np
from ._messages import one_value


def histogram_raw(name: str, min, max, num, sum, sum_squares, bucket_limits, bucket_counts) -> Summary:
    """A summary of a histogram that has been counted: the right edge of each bin, and how many numbers it has."""
    edges = {"bucket_limit": bucket_limits, "bucket": bucket_counts}
    return one_value(name, histo=HistogramProto(min=min, max=max, num=num, sum=sum, sum_squares=sum_squares, **edges))


def histogram(name: str, values, bins, max_bins: int | None = None) -> Summary:
    """A summary of how values are distributed; arguments and errors as of `SummaryWriter.add_histogram`."""
    return one_value(name, histo=make_histogram(make_np(values).astype(float), bins, max_bins))


def make_histogram(values: np.ndarray, bins, max_bins: int | None = None) -> HistogramProto:
    """The histogram of values, without the empty bins at both ends.  Raises ValueError where there are no values."""
    if values.size == 0:
        raise ValueError("The input has no element.")
    values = values.reshape(-1)
    counts, edges = np.histogram(values, bins=bins)
    if max_bins is not None and len(counts) > max_bins:
        counts, edges = _joined(counts, edges, len(counts) // max_bins)
    counts, limits = _without_empty_ends(counts, edges)
    if counts.size == 0 or limits.size == 0:
        raise ValueError("The histogram is empty, please file a bug report.")
    return HistogramProto(
        min=values.min(), max=values.max(), num=len(values), sum=values.sum(), sum_squares=values.dot(values),
        bucket_limit=limits.tolist(), bucket=counts.tolist(),
    )  # fmt: skip


def _joined(counts: np.ndarray, edges: np.ndarray, together: int):
    """A histogram with bins `together` at a time joined to one."""
    missing = -len(counts) % together
    joined = np.pad(counts, (0, missing)).reshape(-1, together).sum(axis=-1)
    return joined, np.append(edges[:-1:together], edges[-1])


def _without_empty_ends(counts: np.ndarray, edges: np.ndarray):
    """The counts from one empty bin before the first number to the last number's bin, and each bin's right edge."""
    seen = np.cumsum(counts > 0)
    start, end = (int(i) for i in np.searchsorted(seen, [0, seen[-1] - 1], side="right"))
    counts = counts[start - 1 : end + 1] if start > 0 else np.concatenate([[0], counts[: end + 1]])
    return counts, edges[start : end + 2]
