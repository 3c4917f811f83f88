"""Copies in another type or layout, comparisons of whole tensors, tensors in a common shape."""

from __future__ import annotations

import functools
import warnings

from .. import devices, dtypes, shapes
from ..errors import TYPE_TITLES, type_name
from ..meta import Size, images
from ..tensor import Tensor
from . import elementwise as table
from . import views
from .arithmetic import CHECKS
from .public import public
from .registry import apply

ATTRIBUTES = frozenset({*Tensor.__annotations__, *vars(Tensor)})
"""The names of what every tensor has; other attributes are the script's own."""


def to(self, *args, **kwargs):
    """This tensor in another dtype (or on another device); itself where nothing changes."""
    kind, copy, memory_format = kwargs.get("dtype"), kwargs.get("copy", False), kwargs.get("memory_format")
    devices.require_cpu(kwargs.get("device"))
    for a in args:
        if isinstance(a, dtypes.dtype):
            kind = a
        elif isinstance(a, Tensor):
            kind = a.meta.dtype
        elif isinstance(a, bool):
            continue
        elif a is not None:
            devices.require_cpu(a)
    if kind is not None and kind is not self.meta.dtype:
        if self.meta.dtype.is_complex and not kind.is_complex and kind is not dtypes.bool_:
            _warn_of_lost_part()
        found = apply(table.cast, (self,), (kind,))
        return found if memory_format is None else to(found, memory_format=memory_format)
    if memory_format is not None and not isinstance(memory_format, devices.memory_format):
        wrong = type(memory_format).__name__
        raise TypeError(f"to(): argument 'memory_format' must be torch.memory_format, not {wrong}")
    if memory_format is not None and memory_format is not devices.preserve_format:
        return self.clone(memory_format=memory_format) if copy or _order(self) is not memory_format else self
    return self.clone() if copy else self


def _order(x: Tensor) -> devices.memory_format:
    """The memory format that a tensor's strides suggest: row-major where they suit several."""
    if not x.meta.contiguous:
        for form in (devices.channels_last, devices.channels_last_3d):
            if x.is_contiguous(form):
                return form
    return devices.contiguous_format


@functools.cache
def _warn_of_lost_part() -> None:
    """Once in a process."""
    warnings.warn("Casting complex values to real discards the imaginary part", UserWarning, stacklevel=4)


@public()
def type_as(self: Tensor, other: Tensor) -> Tensor:
    """This tensor in the dtype of another."""
    return to(self, other.meta.dtype)


def type_(self, dtype=None, non_blocking: bool = False):
    """The legacy type name, or this tensor in another dtype."""
    if dtype is None:
        return f"torch.{type_name(self.meta.dtype)}"
    if isinstance(dtype, type) and hasattr(dtype, "kind"):
        dtype = dtype.kind
    if isinstance(dtype, str):
        dtype = next(d for d in dtypes.BY_NAME.values() if f"torch.{type_name(d)}" == dtype)
    return to(self, dtype)


def laid_out_like(result: Tensor, *like: Tensor) -> Tensor:
    """A result in the memory order that images have: channels last where another tensor has that, else row-major."""
    m = images(result.meta.shape, result.meta.dtype, *(x.meta for x in like))
    if result.meta.strides == m.strides:
        return result
    formats = {4: devices.channels_last, 5: devices.channels_last_3d}
    return result.contiguous(memory_format=devices.contiguous_format if m.contiguous else formats[m.ndim])


@public()
def clone(input: Tensor, *, memory_format: devices.memory_format | None = None):
    """A copy, through which gradients flow. memory_format: the order of the copy in memory (kept by default)."""
    if memory_format is devices.channels_last or memory_format is devices.channels_last_3d:
        return _channels_last(input)
    return apply(table.clone, (input,), (memory_format is devices.contiguous_format,))


def _channels_last(input):
    """The copy lies in memory with the channels innermost."""
    if input.meta.ndim not in (4, 5):
        raise RuntimeError(f"required rank {4} tensor to use channels_last format")
    order = (0, *range(2, input.meta.ndim), 1)
    held = apply(table.clone, (views.permute(input, order),), (True,))
    return views.permute(held, [order.index(i) for i in range(input.meta.ndim)])


@public()
def view_as(self: Tensor, other: Tensor) -> Tensor:
    """A view in another tensor's shape."""
    return views.view(self, other.meta.shape)


@public()
def reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """This tensor in another one's shape."""
    return views.reshape(self, other.meta.shape)


@public(method=False)
def is_tensor(obj) -> bool:
    """Whether an object is a tensor."""
    return isinstance(obj, Tensor)


@public(method=False)
def numel(input: Tensor) -> int:
    """The number of elements."""
    return input.meta.numel


@public(method=False)
def is_floating_point(input: Tensor) -> bool:
    """Whether the elements are floating-point numbers."""
    return input.meta.dtype.is_floating_point


@public(method=False)
def is_complex(input: Tensor) -> bool:
    """Whether the elements are complex numbers."""
    return input.meta.dtype.is_complex


@public()
def equal(input: Tensor, other: Tensor) -> bool:
    """Whether two tensors have the same shape and elements."""
    return input.meta.shape == other.meta.shape and bool((input == other).all())


def _title(x) -> str:
    return TYPE_TITLES[x.meta.dtype.name]


@public()
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False):
    """Whether |input - other| <= atol + rtol * |other|, element by element."""
    CHECKS["none"]("isclose", input, other)
    if input.meta.dtype is not other.meta.dtype:
        raise RuntimeError(f"{_title(input)} did not match {_title(other)}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance}")
    close = input == other
    if equal_nan and input.meta.dtype.is_inexact:
        close = close | (input.isnan() & other.isnan())
    x, y = (t if t.meta.dtype.is_inexact else t.to(dtypes.float64) for t in (input, other))
    return close | (((x - y).abs() <= atol + rtol * y.abs()) & y.isfinite())


@public()
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether all elements are close."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@public(method=False)
def broadcast_tensors(*tensors):
    """Views of several tensors in their common shape."""
    shape = shapes.broadcast_shapes(*(t.meta.shape for t in tensors))
    return tuple(views.expand(t, shape) for t in tensors)


def size_of_broadcast(*sizes):
    """The common shape of several shapes (torch.broadcast_shapes)."""
    given = [(s,) if isinstance(s, int) else tuple(s) for s in sizes]
    if any(n < 0 for shape in given for n in shape):
        raise ValueError("Attempting to broadcast a dimension with negative length!")
    return Size(shapes.broadcast_shapes(*given))


def _check_axes(tensors, indexing: str | None) -> None:
    if not tensors:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if any(t.meta.dtype is not tensors[0].meta.dtype for t in tensors):
        raise RuntimeError("meshgrid expects all tensors to have the same dtype")
    for t in tensors:
        if t.meta.ndim > 1:
            raise RuntimeError(f"torch.meshgrid: Expected 0D or 1D tensor in the tensor list but got: {t}")
    if indexing not in (None, "ij", "xy"):
        raise RuntimeError(f'torch.meshgrid: indexing must be one of "xy" or "ij", but received: {indexing}')


@public(method=False)
def meshgrid(*tensors, indexing: str | None = None):
    """Coordinates over a grid, one tensor for each axis."""
    tensors = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    _check_axes(tensors, indexing)
    sizes = [t.meta.numel for t in tensors]
    views = [
        t.reshape([n if i == j else 1 for j in range(len(sizes))]).expand(sizes)
        for i, (t, n) in enumerate(zip(tensors, sizes))
    ]
    return tuple(v.transpose(0, 1) if indexing == "xy" and len(sizes) > 1 else v for v in views)


DLPACK_CPU = (1, 0)  # DLPack's number of the kind of device, and of the device


def dlpack(self: Tensor, **options):
    """A capsule over the tensor's memory, for another library of arrays; BufferError where a gradient is required."""
    if self.requires_grad:
        raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
    return self.numpy().__dlpack__()


def as_subclass(self: Tensor, cls: type) -> Tensor:
    """The same memory, at the same place on the tape, as an object of a class of tensors."""
    if not issubclass(cls, Tensor):
        raise TypeError("cls must be a type (got non-tensor class)")
    seen = self.view_as(self) if self._requires_grad and self.grad_fn is None else self
    out = object.__new__(cls)
    out.__dict__.update({name: value for name, value in seen.__dict__.items() if name in ATTRIBUTES})
    return out
