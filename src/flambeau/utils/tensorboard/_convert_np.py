"""Tensors and numbers as NumPy arrays."""

from __future__ import annotations

import numpy as np

import flambeau as torch

from ...trace.host import host_array


def make_np(x) -> np.ndarray:
    """A tensor, a number or an array as a NumPy array: an array itself, a number as an array of one element.

    Raises NotImplementedError for anything else.
    """
    if isinstance(x, np.ndarray):
        return x
    if np.isscalar(x):
        return np.array([x])
    if isinstance(x, torch.Tensor):
        if x.device.type == "meta":
            return np.random.randn(1)
        return _from_tensor(x)
    raise NotImplementedError(f"Got {type(x)}, but numpy array or torch tensor are expected.")


def _from_tensor(x) -> np.ndarray:
    """A copy: memory that NumPy arrays look at would be written at once from then on, never deferred."""
    if x.dtype == torch.bfloat16:
        x = x.to(torch.float16)
    x = x.detach().cpu()
    if x.layout != torch.strided or x.is_conj():
        return x.numpy()
    return np.array(host_array(x))
