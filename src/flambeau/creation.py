"""Making tensors: from Python and NumPy values, of constants, of ranges."""

from __future__ import annotations

import math

import numpy as np

from . import devices, dtypes, shapes
from . import strides as layouts
from .dtypes import dtype, held
from .errors import TYPE_TITLES, kind_of
from .meta import contiguous, meta
from .ops.creation import EYE
from .ops.creation import full as _full
from .ops.registry import apply, scalar_dtype
from .ops.signatures import Scalar, Sizes, entrances, whole_sizes
from .ops.views import permute
from .storage import Storage
from .tensor import Tensor
from .trace.host import storage_sharing
from .values import array_of


def _made(x: Tensor, requires_grad: bool, out: Tensor | None = None, device=None) -> Tensor:
    devices.require_cpu(device)
    if out is not None:
        from .ops.inplace import into

        return into(out, x)
    if requires_grad and not x.meta.dtype.is_inexact:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    return x.requires_grad_() if requires_grad else x


def sizes_of(args) -> tuple[int, ...]:
    """zeros(2, 3), zeros((2, 3)) and zeros(size) alike.

    Raises TypeError for sizes that are not whole numbers, RuntimeError for negative ones.
    """
    shape = whole_sizes(args, "size")
    shapes.check_sizes(shape)
    return shape


# ------------------------------------------------------------------ from values
def tensor(
    data, *, dtype: dtype | None = None, device=None, requires_grad: bool = False, pin_memory: bool = False
) -> Tensor:
    """A tensor with a copy of the values in nested sequences, an array, a number or a tensor.

    Raises ValueError for ragged nesting, TypeError for values that are not numbers.
    """
    devices.require_cpu(device)
    if isinstance(data, Tensor):
        import warnings

        warnings.warn(
            "To copy construct from a tensor, it is recommended to use sourceTensor.detach().clone() or "
            "sourceTensor.detach().clone().requires_grad_(True), rather than torch.tensor(sourceTensor).",
            UserWarning,
            stacklevel=2,
        )
        x = data.detach().clone() if dtype in (None, data.dtype) else data.detach().to(dtype)
        return _made(x, requires_grad)
    return _made(_from_values(*array_of(data, dtype)), requires_grad)


def _from_values(array: np.ndarray, kind: dtype) -> Tensor:
    if array.dtype.kind == "f" and kind.is_integer:
        array = np.trunc(array)
    if kind.is_packed:
        return Tensor.from_array(array.astype(np.float32)).to(kind)
    with np.errstate(all="ignore"):
        return Tensor.from_array(array.astype(kind.numpy, copy=False), kind)


def as_tensor(data, dtype: dtype | None = None, device=None) -> Tensor:
    """Like `tensor`, without a copy where none is needed (tensors, arrays)."""
    if isinstance(data, Tensor):
        return data if dtype in (None, data.dtype) else data.to(dtype)
    if isinstance(data, np.ndarray) and dtype in (None, dtypes.from_numpy(data.dtype)):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares an array's memory: changes of either show in both.

    Raises TypeError for what is not an array or has no dtype here, ValueError for negative strides.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    return over_array(ndarray, dtypes.from_numpy(ndarray.dtype))


def over_array(ndarray: np.ndarray, kind: dtype) -> Tensor:
    """A tensor over an array's memory, whose elements are those of a dtype in its host form."""
    size = kind.itemsize
    if any(s < 0 for s in ndarray.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative strides are not "
            "currently "
            "supported. (You can probably work around this by making a copy of your array  with array.copy().) "
        )
    if any(s % size for s in ndarray.strides):
        raise ValueError(
            "given numpy array strides not a multiple of the element byte size. Copy the numpy array to reallocate "
            "the memory."
        )
    strides = tuple(s // size for s in ndarray.strides)
    span = 1 + sum((n - 1) * s for n, s in zip(ndarray.shape, strides)) if ndarray.size else 0
    storage = storage_sharing(ndarray, contiguous((span,), kind))
    view = meta(ndarray.shape, strides if ndarray.size else contiguous(ndarray.shape, kind).strides, 0, kind)
    return Tensor.from_storage(storage, view)


def frombuffer(buffer, *, dtype: dtype, count: int = -1, offset: int = 0, requires_grad: bool = False) -> Tensor:
    """A tensor over the memory of an object with the buffer interface."""
    return _made(over_array(np.frombuffer(buffer, dtype.numpy, count, offset), dtype), requires_grad)


def legacy_constructor(cls, *args, dtype: dtype | None = None, device=None) -> Tensor:
    """Tensor(2, 3) has uninitialised elements, Tensor([1, 2]) those values."""
    if len(args) == 1 and (not isinstance(args[0], int) or isinstance(args[0], bool)):
        data = args[0]
        if isinstance(data, Tensor):
            made = data.detach()
        elif isinstance(data, torch_size()):
            made = empty(*data, dtype=dtype)
        elif not hasattr(data, "__len__") or isinstance(data, (dict, set)):
            raise TypeError(f"new(): data must be a sequence (got {kind_of(data)})")
        else:
            made = _from_values(*array_of(data, dtype or dtypes.get_default_dtype()))
    else:
        made = empty(*args or (0,), dtype=dtype)
    made.__class__ = cls
    return made


def asked_dtype(given: dtype | None, out: Tensor | None) -> dtype | None:
    """The dtype that is asked for, or that of `out`; RuntimeError where they differ."""
    if out is not None and given not in (None, out.dtype):
        names = [TYPE_TITLES[d.name] for d in (given, out.dtype)]  # type: ignore[union-attr]
        raise RuntimeError(f"dtype {names[0]} does not match dtype of out parameter ({names[1]})")
    return given if out is None else out.dtype


def torch_size():
    from .meta import Size

    return Size


# ------------------------------------------------------------------ constants
def zeros(
    *sizes,
    size=None,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
    names=None,
) -> Tensor:
    """A tensor of zeros."""
    return _made(
        _full(sizes_of(sizes if size is None else size), 0, asked_dtype(dtype, out) or dtypes.get_default_dtype()),
        requires_grad,
        out,
        device,
    )


def ones(
    *sizes,
    size=None,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
    names=None,
) -> Tensor:
    """A tensor of ones."""
    return _made(
        _full(sizes_of(sizes if size is None else size), 1, asked_dtype(dtype, out) or dtypes.get_default_dtype()),
        requires_grad,
        out,
        device,
    )


def full(
    size: Sizes,
    fill_value: Scalar,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """A tensor of one number; its dtype follows from the number."""
    value = fill_value.item() if isinstance(fill_value, Tensor) else fill_value
    kind = asked_dtype(dtype, out) or _kind_of(value)
    return _made(_full(sizes_of((size,)), held(value, kind), kind), requires_grad, out, device)


def _kind_of(value) -> dtype:
    return scalar_dtype(bool if isinstance(value, bool) else int if isinstance(value, int) else type(value))


def empty(
    *sizes,
    size=None,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
    memory_format=None,
    names=None,
) -> Tensor:
    """A tensor whose elements are whatever the memory holds."""
    from .runtime import buffers

    kind = asked_dtype(dtype, out) or dtypes.get_default_dtype()
    view = contiguous(sizes_of(sizes if size is None else size), kind)
    storage = Storage(view, -1, -1, buffers.allocate(view.numel * kind.itemsize))
    return _made(Tensor.from_storage(storage, view), requires_grad, out, device)


def empty_strided(
    size: Sizes,
    stride: Sizes,
    *,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """An uninitialised tensor with given strides."""
    span = 1 + sum((n - 1) * s for n, s in zip(size, stride)) if math.prod(size) else 0
    held = empty(span, dtype=dtype, device=device)
    return _made(Tensor.from_storage(held.storage, held.meta.with_(tuple(size), tuple(stride))), requires_grad)


def _like(input: Tensor, value, dtype, requires_grad, device=None) -> Tensor:
    """Constants in another tensor's shape and memory order."""
    m, kind = input.meta, dtype or input.meta.dtype
    if input.level is not None:
        return input.level.made(input, _full(m.shape, value, kind))
    walk = _strides_like(m, None)
    if walk is None or m.numel == 0:
        return _made(_full(m.shape, value, kind), requires_grad, None, device)
    order = m.with_(strides=walk).memory_order
    made = _full(tuple(m.shape[i] for i in order), value, kind)
    return _made(permute(made, [order.index(i) for i in range(m.ndim)]), requires_grad, None, device)


def zeros_like(
    input: Tensor,
    *,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """Zeros in another tensor's shape and dtype."""
    return _like(input, 0, dtype, requires_grad, device)


def ones_like(
    input: Tensor,
    *,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """Ones in another tensor's shape and dtype."""
    return _like(input, 1, dtype, requires_grad, device)


def full_like(
    input: Tensor,
    fill_value: Scalar,
    *,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """One number in another tensor's shape and dtype."""
    return _like(input, held(fill_value, dtype or input.meta.dtype), dtype, requires_grad, device)


def empty_like(
    input: Tensor,
    *,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """An uninitialised tensor in another tensor's shape and dtype, and in its memory order unless another is asked."""
    m, kind = input.meta, dtype or input.meta.dtype
    walk = _strides_like(m, memory_format)
    if walk is None or m.numel == 0:
        return empty(m.shape, dtype=kind, device=device, requires_grad=requires_grad)
    return empty_strided(m.shape, walk, dtype=kind, device=device, requires_grad=requires_grad)


def _strides_like(m, memory_format) -> tuple[int, ...] | None:
    """The strides of a new tensor like another; None for row-major ones."""
    if memory_format in (devices.channels_last, devices.channels_last_3d):
        return layouts.channels_last_strides(m.shape)
    if m.contiguous or memory_format is devices.contiguous_format:
        return None
    return m.strides if m.dense else layouts.elementwise_strides(m.shape, [(m.shape, m.strides)])


def scalar_tensor(
    s, *, dtype: dtype | None = None, layout=None, device=None, requires_grad: bool = False, pin_memory=False
) -> Tensor:
    """A 0-dimensional tensor of a number."""
    return full((), s, dtype=dtype or dtypes.get_default_dtype(), device=device, requires_grad=requires_grad)


# ------------------------------------------------------------------ the identity
def eye(
    n: int,
    m: int | None = None,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
) -> Tensor:
    """A matrix with ones on the diagonal."""
    for name, size in (("n", n), ("m", m)):
        if size is not None and size < 0:
            raise RuntimeError(f"{name} must be greater or equal to 0, got {size}")
    kind = asked_dtype(dtype, out) or dtypes.get_default_dtype()
    return _made(apply(EYE, (), (n, n if m is None else m, kind)), requires_grad, out, device)


# ------------------------------------------------------------------ x.new_*(...)
def new_zeros(self: Tensor, *size, dtype: dtype | None = None, **kwargs) -> Tensor:
    """Zeros of this tensor's dtype."""
    return zeros(*size, dtype=dtype or self.meta.dtype, **kwargs)


def new_ones(self: Tensor, *size, dtype: dtype | None = None, **kwargs) -> Tensor:
    """Ones of this tensor's dtype."""
    return ones(*size, dtype=dtype or self.meta.dtype, **kwargs)


def new_empty(self: Tensor, *size, dtype: dtype | None = None, **kwargs) -> Tensor:
    """An uninitialised tensor of this tensor's dtype."""
    return empty(*size, dtype=dtype or self.meta.dtype, **kwargs)


def new_full(self: Tensor, size, fill_value, *, dtype: dtype | None = None, **kwargs) -> Tensor:
    """One number, in this tensor's dtype."""
    return full(size, fill_value, dtype=dtype or self.meta.dtype, **kwargs)


def new_tensor(self: Tensor, data, *, dtype: dtype | None = None, device=None, requires_grad: bool = False) -> Tensor:
    """Values, in this tensor's dtype."""
    if isinstance(data, Tensor):
        return _made(data.detach().clone().to(dtype or self.meta.dtype), requires_grad)
    return tensor(data, dtype=dtype or self.meta.dtype, requires_grad=requires_grad)


entrances(globals())
