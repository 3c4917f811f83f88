"""Summaries of precision and recall by the threshold."""

from __future__ import annotations

import numpy as np
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.pr_curve.plugin_data_pb2 import PrCurvePluginData

from ._messages import floats, one_value, plugin

_MOST_THRESHOLDS = 127


def pr_curve_raw(tag: str, tp, fp, tn, fn, precision, recall, num_thresholds: int = 127, weights=None) -> Summary:
    """A summary of a curve whose counts and ratios at each threshold are known."""
    return _curve(tag, np.stack((tp, fp, tn, fn, precision, recall)), min(num_thresholds, _MOST_THRESHOLDS))


def pr_curve(tag: str, labels, predictions, num_thresholds: int = 127, weights=None) -> Summary:
    """A summary of the curve of predictions of 0 to 1 for labels of 0 and 1."""
    num_thresholds = min(num_thresholds, _MOST_THRESHOLDS)
    return _curve(tag, compute_curve(labels, predictions, num_thresholds, weights), num_thresholds)


def _curve(tag: str, rows: np.ndarray, num_thresholds: int) -> Summary:
    content = PrCurvePluginData(version=0, num_thresholds=num_thresholds).SerializeToString()
    return one_value(tag, tensor=floats(rows), metadata=plugin("pr_curves", content))


def compute_curve(labels: np.ndarray, predictions: np.ndarray, num_thresholds=None, weights=None) -> np.ndarray:
    """True and false positives, true and false negatives, precision and recall at each threshold: (6, thresholds)."""
    weights = 1.0 if weights is None else weights
    bins = np.int32(np.floor(predictions * (num_thresholds - 1)))
    positive = labels.astype(np.float64)

    def at_least(weight):
        counts, _ = np.histogram(bins, bins=num_thresholds, range=(0, num_thresholds - 1), weights=weight)
        return np.cumsum(counts[::-1])[::-1]

    tp, fp = at_least(positive * weights), at_least((1.0 - positive) * weights)
    tn, fn = fp[0] - fp, tp[0] - tp
    precision, recall = tp / np.maximum(1e-7, tp + fp), tp / np.maximum(1e-7, tp + fn)
    return np.stack((tp, fp, tn, fn, precision, recall))
