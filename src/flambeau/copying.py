"""Copies of tensors: what `copy` and `pickle` make of them.

A deep copy and a pickle keep what a script can see (class, view, attributes of its own, requires_grad), and tensors
that share memory share the copy's. The graph is never copied.
"""

from __future__ import annotations

import copy

import numpy as np

from . import dtypes, errors
from .meta import contiguous
from .ops.copies import ATTRIBUTES
from .storage import Storage
from .tensor import Tensor
from .trace.host import host_bytes, storage_from_host


def attributes_of(tensor: Tensor) -> dict:
    """The attributes that a script has given a tensor."""
    return {name: value for name, value in vars(tensor).items() if name not in ATTRIBUTES}


def shallow_copy(tensor: Tensor) -> Tensor:
    """The same memory and the same place in the graph."""
    copied = object.__new__(type(tensor))
    vars(copied).update(vars(tensor), epoch=-1)
    return copied


def deep_copy(tensor: Tensor, memo: dict) -> Tensor:
    """A leaf of its own. Raises RuntimeError where the tensor is the result of a recorded operation."""
    if id(tensor) in memo:
        return memo[id(tensor)]
    if tensor.grad_fn is not None:
        raise RuntimeError(errors.DEEPCOPY_NON_LEAF)
    copied = memo[id(tensor)] = object.__new__(type(tensor))
    vars(copied).update(copy.deepcopy(attributes_of(tensor), memo))
    copied.storage, copied.meta = _copied(tensor.storage, memo), tensor.meta
    copied._requires_grad, copied._grad = tensor._requires_grad, copy.deepcopy(tensor._grad, memo)
    return copied


def _copied(storage: Storage, memo: dict) -> Storage:
    """A copy of a whole storage, one for all tensors that a deepcopy meets."""
    if id(storage) not in memo:
        memo[id(storage)] = Tensor.from_storage(storage, storage.content).clone().storage
    return memo[id(storage)]


def reduced(tensor: Tensor) -> tuple:
    """What a tensor is pickled as."""
    m = tensor.meta
    view = (tuple(m.shape), tuple(m.strides), m.offset)
    return _tensor, (type(tensor), tensor.storage, view, tensor._requires_grad, attributes_of(tensor))


def _tensor(cls: type, storage: Storage, view, requires_grad: bool, attributes: dict) -> Tensor:
    tensor: Tensor = object.__new__(cls)
    vars(tensor).update(attributes)
    tensor.storage, tensor.meta = storage, storage.content.with_(*view)
    tensor._requires_grad = requires_grad
    return tensor


def reduced_storage(storage: Storage) -> tuple:
    """What a storage is pickled as: a copy of its content."""
    content = storage.content
    whole = Tensor.from_storage(storage, content)
    return _storage, (host_bytes(whole), tuple(content.shape), content.dtype.name)


def _storage(data: bytes, shape, name: str) -> Storage:
    dtype = dtypes.BY_NAME[name]
    return storage_from_host(np.frombuffer(data, dtype.numpy).reshape(shape), contiguous(shape, dtype))
