"""Collation: a list of samples becomes one batch, nested structures element by element."""

from __future__ import annotations

import copy
from collections.abc import Mapping, MutableMapping, MutableSequence, Sequence

import numpy as np

import flambeau as torch

_UNKNOWN = "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {}"


def default_collate(batch):
    """Stacks samples along a new first dimension.

    Args:
        batch: a list of samples of one structure: tensors, arrays and numbers become tensors with a batch dimension,
            strings stay a list, mappings and sequences are collated element by element.

    Raises:
        TypeError: a sample holds something else.
        RuntimeError: sequences of unequal lengths, or tensors of unequal shapes.
    """
    first = batch[0]
    if isinstance(first, torch.Tensor):
        return _stack(batch)
    if isinstance(first, (np.ndarray, np.generic)):
        return _collate_arrays(batch)
    if isinstance(first, float):
        return torch.tensor(batch, dtype=torch.float64)
    if isinstance(first, int):
        return torch.tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        return _like_mapping(first, {key: default_collate([sample[key] for sample in batch]) for key in first})
    if isinstance(first, Sequence):
        return _collate_sequences(batch)
    raise TypeError(_UNKNOWN.format(type(first)))


def _stack(batch):
    # On the host: samples lie at offsets that are new in every batch, and their storages would all enter a program.
    alike = all(isinstance(t, torch.Tensor) for t in batch)
    kinds = {(t.meta.shape, t.dtype, t.requires_grad, t.meta.contiguous) for t in batch} if alike else set()
    if len(kinds) == 1:
        _, dtype, learned, row_major = kinds.pop()
        if row_major and not learned:
            return torch.Tensor.from_rows(batch)
        if not learned and dtype is not torch.bfloat16:
            return torch.tensor(np.stack([t.numpy() for t in batch]))
    return torch.stack(batch, 0)


def _collate_arrays(batch):
    first = batch[0]
    if isinstance(first, np.ndarray):
        if first.dtype.kind in "OSU":
            raise TypeError(_UNKNOWN.format(first.dtype))
        return torch.tensor(np.stack(batch)) if _alike(batch) else torch.stack([torch.as_tensor(a) for a in batch], 0)
    if isinstance(first, (np.str_, np.bytes_)):
        return batch
    return torch.as_tensor(np.asarray(batch, dtype=first.dtype))


def _alike(arrays) -> bool:
    """Whether tensors or arrays have one shape and one type."""
    return all(a.shape == arrays[0].shape and a.dtype == arrays[0].dtype for a in arrays)


def _collate_sequences(batch):
    first = batch[0]
    if any(len(sample) != len(first) for sample in batch):
        raise RuntimeError("each element in list of batch should be of equal size")
    columns = [default_collate(column) for column in zip(*batch)]
    if isinstance(first, tuple):
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    return _like_sequence(first, columns)


def default_convert(data):
    """Turns the NumPy arrays and scalars in a nested structure into tensors; all else stays as it is."""
    if isinstance(data, torch.Tensor):
        return data
    if (isinstance(data, np.ndarray) and data.dtype.kind in "OSU") or isinstance(data, (str, bytes)):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        return torch.as_tensor(data)
    if isinstance(data, Mapping):
        return _like_mapping(data, {key: default_convert(value) for key, value in data.items()})
    if isinstance(data, Sequence):
        return _convert_sequence(data)
    return data


def _convert_sequence(data):
    values = [default_convert(value) for value in data]
    if isinstance(data, tuple):
        return type(data)(*values) if hasattr(data, "_fields") else values
    return _like_sequence(data, values)


def _like_mapping(pattern, values: dict):
    """The values in a mapping of the pattern's class; a dict where that class cannot be made from one."""
    try:
        if isinstance(pattern, MutableMapping):
            result = copy.copy(pattern)
            result.update(values)
            return result
        return type(pattern)(values)
    except TypeError:
        return values


def _like_sequence(pattern, values: list):
    """The values in a sequence of the pattern's class; a list where that class cannot be made from one."""
    try:
        if isinstance(pattern, MutableSequence):
            result = copy.copy(pattern)
            for i, value in enumerate(values):
                result[i] = value
            return result
        return values if isinstance(pattern, range) else type(pattern)(values)
    except TypeError:
        return values
