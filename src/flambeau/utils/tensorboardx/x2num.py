"""Tensors, lists and numbers as NumPy arrays."""

from __future__ import annotations

import logging

import numpy as np

import flambeau as torch

from ..tensorboard._convert_np import make_np as _from_tensor

logger = logging.getLogger(__name__)


def check_nan(array: np.ndarray) -> np.ndarray:
    """The array itself; warns in the log where a number is not finite."""
    if not np.isfinite(np.sum(array)):
        logger.warning("NaN or Inf found in input tensor.")
    return array


def make_np(x) -> np.ndarray:
    """A tensor, a list, a number or an array as an array.  Raises NotImplementedError for anything else."""
    if isinstance(x, (list, np.ndarray)) or np.isscalar(x):
        return check_nan(np.asarray(x))
    if isinstance(x, torch.Tensor):
        return check_nan(_from_tensor(x))
    raise NotImplementedError(f"Got {type(x)}, but expected numpy array or torch tensor.")
