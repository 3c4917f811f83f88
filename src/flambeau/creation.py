"""Making tensors: from Python and NumPy values, of constants, of random numbers."""

from __future__ import annotations

import math

import numpy as np

from . import devices, dtypes, shapes
from . import random as stream
from .dtypes import dtype, int64
from .errors import TYPE_TITLES
from .meta import contiguous, meta
from .ops.creation import EYE, LINSPACE, RANGE
from .ops.creation import full as _full
from .ops.registry import apply
from .ops.views import permute
from .storage import Storage
from .tensor import Tensor
from .trace.host import storage_from_host, storage_sharing


def _made(x: Tensor, requires_grad: bool, out: Tensor | None = None, device=None) -> Tensor:
    devices.require_cpu(device)
    if out is not None:
        from .ops.inplace import into

        return into(out, x)
    return x.requires_grad_() if requires_grad else x


def sizes_of(args) -> tuple[int, ...]:
    """zeros(2, 3), zeros((2, 3)) and zeros(size) alike.

    Raises TypeError for sizes that are not whole numbers, RuntimeError for negative ones.
    """
    sizes = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
    try:
        shape = tuple(s if type(s) is int else s.__index__() for s in sizes)
    except AttributeError:
        wrong = next(s for s in sizes if not hasattr(s, "__index__"))
        raise TypeError(f"'{type(wrong).__name__}' object cannot be interpreted as an integer") from None
    shapes.check_sizes(shape)
    return shape


# ------------------------------------------------------------------ from values
def _inferred(array: np.ndarray) -> dtype:
    if array.dtype == np.float64:
        return dtypes.get_default_dtype()
    return dtypes.complex64 if array.dtype == np.complex128 else dtypes.from_numpy(array.dtype)


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
    array = _array_of(data)
    kind = dtype or (dtypes.from_numpy(array.dtype) if _is_numpy(data) else _inferred(array))
    return _made(_from_values(array, kind), requires_grad)


def _is_numpy(data) -> bool:
    """Whether the values' type is NumPy's: an array, or a list of arrays or NumPy scalars."""
    first = data[0] if isinstance(data, (list, tuple)) and data else data
    return isinstance(first, (np.ndarray, np.generic)) and not isinstance(data, np.bool_)


def _from_values(array: np.ndarray, kind: dtype) -> Tensor:
    if array.dtype.kind == "f" and kind.is_integer:
        array = np.trunc(array)
    if kind.name == "bfloat16":
        return Tensor.from_array(array.astype(np.float32)).to(kind)
    with np.errstate(all="ignore"):
        return Tensor.from_array(array.astype(kind.numpy, copy=False), kind)


def _array_of(data) -> np.ndarray:
    if isinstance(data, (np.ndarray, np.generic)):
        return np.asarray(data)
    if not isinstance(data, (list, tuple, bool, int, float, complex)) and hasattr(data, "__array__"):
        return np.asarray(data)
    plain = _plain(data)
    if isinstance(plain, list) and not plain:
        return np.empty(_shape(plain), np.float64)
    _check_nesting(plain)
    array = np.array(plain)
    if array.size == 0:
        return np.empty(array.shape, np.float64)
    if array.dtype == object or array.dtype.kind not in "biufc":
        raise _not_a_number(plain)
    return array.astype(np.int64) if array.dtype.kind == "i" else array


def _shape(nested) -> tuple:
    return (len(nested), *(_shape(nested[0]) if nested else ())) if isinstance(nested, list) else ()


def _plain(data):
    """Nested lists of Python numbers; tensors and arrays inside become numbers or lists."""
    if isinstance(data, (list, tuple)):
        return [_plain(d) for d in data]
    if isinstance(data, (Tensor, np.ndarray, np.generic)):
        return data.tolist()
    if isinstance(data, range):
        return list(data)
    if hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, (str, bytes, dict)):
        return [_plain(data[i]) for i in range(len(data))]
    return data


def _check_nesting(nested, depth: int = 0):
    if not isinstance(nested, list) or not nested:
        return
    lists = [n for n in nested if isinstance(n, list)]
    if lists and len(lists) != len(nested):
        wrong = next(i for i, n in enumerate(nested) if isinstance(n, list) != isinstance(nested[0], list))
        if isinstance(nested[0], list):
            raise TypeError("not a sequence")
        raise TypeError(f"must be real number, not {type(nested[wrong]).__name__}")
    for inner in lists:
        if len(inner) != len(lists[0]):
            raise ValueError(f"expected sequence of length {len(lists[0])} at dim {depth + 1} (got {len(inner)})")
    for inner in lists:
        _check_nesting(inner, depth + 1)


def _not_a_number(nested) -> Exception:
    while isinstance(nested, list):
        nested = next(
            (n for n in nested if isinstance(n, list) or not isinstance(n, (bool, int, float, complex))), nested[0]
        )
    if isinstance(nested, str):
        return TypeError(f"new(): invalid data type '{type(nested).__name__}'")
    if isinstance(nested, int):
        return RuntimeError("Overflow when unpacking long long")
    return RuntimeError(f"Could not infer dtype of {type(nested).__name__}")


def as_tensor(data, dtype: dtype | None = None, device=None) -> Tensor:
    """Like `tensor`, without a copy where none is needed (tensors, arrays)."""
    if isinstance(data, Tensor):
        return data if dtype in (None, data.dtype) else data.to(dtype)
    if isinstance(data, np.ndarray) and dtype in (None, dtypes.from_numpy(data.dtype)):
        return from_numpy(data)
    return tensor(data, dtype=dtype, device=device)


asarray = as_tensor


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """A tensor that shares an array's memory: changes of either show in both.

    Raises TypeError for what is not an array or has no dtype here, ValueError for negative strides.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    kind = dtypes.from_numpy(ndarray.dtype)
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
    return _made(from_numpy(np.frombuffer(buffer, dtype.numpy, count, offset)), requires_grad)


def legacy_constructor(cls, *args, dtype: dtype | None = None, device=None) -> Tensor:
    """Tensor(2, 3) has uninitialised elements, Tensor([1, 2]) those values."""
    if len(args) == 1 and not isinstance(args[0], int):
        data = args[0]
        if isinstance(data, Tensor):
            made = data.detach()
        elif isinstance(data, torch_size()):
            made = empty(*data, dtype=dtype)
        else:
            made = _from_values(_array_of(data), dtype or dtypes.get_default_dtype())
    else:
        made = empty(*args, dtype=dtype)
    made.__class__ = cls
    return made


def torch_size():
    from .meta import Size

    return Size


# ------------------------------------------------------------------ constants
def zeros(
    *size,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
    names=None,
) -> Tensor:
    """A tensor of zeros."""
    return _made(_full(sizes_of(size), 0, dtype or dtypes.get_default_dtype()), requires_grad, out, device)


def ones(
    *size,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
    names=None,
) -> Tensor:
    """A tensor of ones."""
    return _made(_full(sizes_of(size), 1, dtype or dtypes.get_default_dtype()), requires_grad, out, device)


def full(
    size,
    fill_value,
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
    kind = dtype or _kind_of(value)
    return _made(_full(sizes_of((size,)), value, kind), requires_grad, out, device)


def _kind_of(value) -> dtype:
    if isinstance(value, bool):
        return dtypes.bool_
    return int64 if isinstance(value, int) else dtypes.get_default_dtype()


def empty(
    *size,
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

    kind = dtype or dtypes.get_default_dtype()
    view = contiguous(sizes_of(size), kind)
    storage = Storage(view, -1, -1, buffers.allocate(view.numel * kind.itemsize))
    return _made(Tensor.from_storage(storage, view), requires_grad, out, device)


def empty_strided(
    size, stride, *, dtype: dtype | None = None, layout=None, device=None, requires_grad: bool = False, pin_memory=False
) -> Tensor:
    """An uninitialised tensor with given strides."""
    span = 1 + sum((n - 1) * s for n, s in zip(size, stride)) if math.prod(size) else 0
    held = empty(span, dtype=dtype, device=device)
    return _made(Tensor.from_storage(held.storage, held.meta.with_(tuple(size), tuple(stride))), requires_grad)


def _like(input: Tensor, value, dtype, requires_grad, device=None) -> Tensor:
    """Constants in another tensor's shape and memory order."""
    m = input.meta
    kind = dtype or m.dtype
    if m.contiguous or not m.dense:
        return _made(_full(m.shape, value, kind), requires_grad, None, device)
    order = m.memory_order
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
    fill_value,
    *,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """One number in another tensor's shape and dtype."""
    return _like(input, fill_value, dtype, requires_grad, device)


def empty_like(
    input: Tensor,
    *,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """An uninitialised tensor in another tensor's shape and dtype."""
    return empty(input.meta.shape, dtype=dtype or input.meta.dtype, device=device, requires_grad=requires_grad)


def scalar_tensor(
    s, *, dtype: dtype | None = None, layout=None, device=None, requires_grad: bool = False, pin_memory=False
) -> Tensor:
    """A 0-dimensional tensor of a number."""
    return full((), s, dtype=dtype or dtypes.get_default_dtype(), device=device, requires_grad=requires_grad)


# ------------------------------------------------------------------ ranges
def arange(
    start,
    end=None,
    step=1,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """start, start + step ... up to, without, end."""
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (x.item() if isinstance(x, (Tensor, np.generic)) else x for x in (start, end, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if any(isinstance(x, float) and not math.isfinite(x) for x in (start, end)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (step > 0) != (end >= start) and start != end:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign")
    if dtype is not None and dtype.is_integer:
        start, end, step = int(start), int(end), int(step)
    count = max(0, math.ceil((end - start) / step))
    kind = dtype or (int64 if all(isinstance(x, int) for x in (start, end, step)) else dtypes.get_default_dtype())
    return _made(apply(RANGE, (start, step), (count, kind)), requires_grad, out, device)


def linspace(
    start,
    end,
    steps: int,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
) -> Tensor:
    """`steps` equally spaced numbers from start to end."""
    return _made(_spaced(start, end, steps, dtype, None), requires_grad, out, device)


def logspace(
    start,
    end,
    steps: int,
    base: float = 10.0,
    *,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
) -> Tensor:
    """base to the powers linspace(start, end, steps)."""
    return _made(_spaced(start, end, steps, dtype, float(base)), requires_grad, out, device)


def _spaced(start, end, steps: int, kind: dtype | None, base: float | None) -> Tensor:
    """The common part of linspace and logspace (base not None). Whole numbers: the ends are truncated first."""
    name = "linspace" if base is None else "logspace"
    if not isinstance(steps, int):
        given = ", ".join(type(x).__name__ for x in (start, end, steps))
        raise TypeError(
            f"{name}() received an invalid combination of arguments - got ({given}), but expected one of:\n * "
            "(Number start, Number end, int steps)"
        )
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    if any(isinstance(x, Tensor) and x.meta.ndim for x in (start, end)):
        described = " and ".join(
            f"{n} with {x.meta.ndim if isinstance(x, Tensor) else 0} dimension(s)"
            for n, x in (("start", start), ("end", end))
        )
        raise RuntimeError(f"{name} only supports 0-dimensional start and end tensors, but got {described}.")
    start, end = (x.item() if isinstance(x, (Tensor, np.generic)) else x for x in (start, end))
    kind = kind or dtypes.get_default_dtype()
    if kind.is_integer:
        start, end = int(start), int(end)
    return apply(LINSPACE, (float(start), float(end)), (steps, base, kind))


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
    return _made(
        apply(EYE, (), (n, n if m is None else m, dtype or dtypes.get_default_dtype())), requires_grad, out, device
    )


# ------------------------------------------------------------------ random numbers
def _drawn(array: np.ndarray, shape, kind: dtype) -> Tensor:
    view = contiguous(shape, kind)
    return Tensor.from_storage(storage_from_host(np.ascontiguousarray(array), view), view)


def _floating(kind: dtype | None, name: str) -> dtype:
    kind = kind or dtypes.get_default_dtype()
    if not kind.is_floating_point:
        raise NotImplementedError(f"\"{name}\" not implemented for '{TYPE_TITLES[kind.name]}'")
    return kind


def _generator(generator):
    return stream.default_generator if generator is None else generator


def rand(
    *size,
    generator=None,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""
    shape, kind = sizes_of(size), _floating(dtype, "check_uniform_bounds")
    array = stream.uniform(_generator(generator), math.prod(shape), 0.0, 1.0, kind)
    return _made(_drawn(array, shape, kind), requires_grad, out, device)


def randn(
    *size,
    generator=None,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """Numbers drawn from the standard normal distribution."""
    shape, kind = sizes_of(size), _floating(dtype, "normal_kernel_cpu")
    array = stream.normal(_generator(generator), math.prod(shape), 0.0, 1.0, kind)
    return _made(_drawn(array, shape, kind), requires_grad, out, device)


def randint(
    low,
    high=None,
    size=None,
    *,
    generator=None,
    out=None,
    dtype: dtype | None = int64,
    layout=None,
    device=None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers drawn evenly from [low, high); randint(high, size) starts at 0."""
    if size is None:
        low, high, size = 0, low, high
    shape, kind = sizes_of((size,)), dtype or int64
    array = stream.randint(_generator(generator), math.prod(shape), int(low), int(high), kind)
    return _made(_drawn(array, shape, kind), requires_grad, out, device)


def randperm(
    n: int,
    *,
    generator=None,
    out=None,
    dtype: dtype | None = int64,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """The whole numbers 0 .. n - 1 in random order."""
    if n < 0:
        raise RuntimeError(f"n must be non-negative, got {n}")
    kind = dtype or int64
    array = stream.permutation(_generator(generator), n).astype(kind.numpy)
    return _made(_drawn(array, (n,), kind), requires_grad, out, device)


def rand_like(
    input: Tensor,
    *,
    generator=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """`rand` in another tensor's shape and dtype."""
    return rand(input.meta.shape, generator=generator, dtype=dtype or input.meta.dtype, requires_grad=requires_grad)


def randn_like(
    input: Tensor,
    *,
    generator=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """`randn` in another tensor's shape and dtype."""
    return randn(input.meta.shape, generator=generator, dtype=dtype or input.meta.dtype, requires_grad=requires_grad)


def randint_like(
    input: Tensor,
    low,
    high=None,
    *,
    generator=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    memory_format=None,
) -> Tensor:
    """`randint` in another tensor's shape and dtype."""
    low, high = (0, low) if high is None else (low, high)
    return randint(
        low,
        high,
        tuple(input.meta.shape),
        generator=generator,
        dtype=dtype or input.meta.dtype,
        requires_grad=requires_grad,
    )


def normal(
    mean,
    std=1.0,
    size=None,
    *,
    generator=None,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
) -> Tensor:
    """Normal numbers with given means and standard deviations, numbers or tensors."""
    if isinstance(mean, Tensor) or isinstance(std, Tensor):
        like = mean if isinstance(mean, Tensor) else std
        return _made(
            randn(like.meta.shape if size is None else size, generator=generator, dtype=like.meta.dtype) * std + mean,
            False,
            out,
        )
    shape, kind = sizes_of((size,)), _floating(dtype, "normal_kernel_cpu")
    array = stream.normal(_generator(generator), math.prod(shape), float(mean), float(std), kind)
    return _made(_drawn(array, shape, kind), requires_grad, out, device)


def bernoulli(input: Tensor, p: float | None = None, *, generator=None, out=None) -> Tensor:
    """Ones with the probabilities that the input holds (or p), else zeros."""
    from .trace.host import host_array

    if p is not None:
        array = stream.bernoulli(_generator(generator), input.meta.numel, float(p)).reshape(input.meta.shape)
    else:
        array = stream.bernoulli_each(_generator(generator), np.ascontiguousarray(host_array(input)))
    return _made(_drawn(array.astype(input.meta.dtype.numpy), input.meta.shape, input.meta.dtype), False, out)


def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, generator=None, out=None) -> Tensor:
    """Indices drawn from rows of weights."""
    from .trace.host import host_array

    if not input.meta.dtype.is_floating_point:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {TYPE_TITLES[input.meta.dtype.name]}"
        )
    array = stream.multinomial(_generator(generator), np.ascontiguousarray(host_array(input)), num_samples, replacement)
    return _made(_drawn(array, array.shape, int64), False, out)


def _filler(name: str, draw):
    """An in-place sampler: the drawn numbers are copied into the tensor."""

    def fill(self: Tensor, *args, generator=None, **kwargs) -> Tensor:
        array = draw(_generator(generator), self, *args, **kwargs)
        return self.copy_(_drawn(array, self.meta.shape, self.meta.dtype))

    fill.__name__ = fill.__qualname__ = name
    fill.__doc__ = f"Fills the tensor with random numbers; see torch.Tensor.{name}."
    return fill


def _random_draw(g, x, from_=None, to=None):
    if from_ is None:
        return stream.random(g, x.meta.numel, x.meta.dtype)
    low, high = (0, from_) if to is None else (from_, to)
    return stream.randint(g, x.meta.numel, low, high, x.meta.dtype)


def _bernoulli_draw(g, x, p=0.5):
    from .trace.host import host_array

    drawn = (
        stream.bernoulli_each(g, np.ascontiguousarray(host_array(p)))
        if isinstance(p, Tensor)
        else stream.bernoulli(g, x.meta.numel, p)
    )
    return drawn.astype(x.meta.dtype.numpy)


uniform_ = _filler(
    "uniform_",
    lambda g, x, a=0.0, b=1.0, **k: stream.uniform(
        g, x.meta.numel, float(k.get("from", a)), float(k.get("to", b)), x.meta.dtype
    ),
)
normal_ = _filler(
    "normal_",
    lambda g, x, mean=0.0, std=1.0: stream.normal(
        g, x.meta.numel, float(mean), float(std), x.meta.dtype, x.meta.contiguous
    ),
)
random_ = _filler("random_", _random_draw)
bernoulli_ = _filler("bernoulli_", _bernoulli_draw)
exponential_ = _filler("exponential_", lambda g, x, lambd=1.0: stream.exponential(g, x.meta.numel, lambd, x.meta.dtype))
geometric_ = _filler("geometric_", lambda g, x, p: stream.geometric(g, x.meta.numel, p, x.meta.dtype))
cauchy_ = _filler(
    "cauchy_", lambda g, x, median=0.0, sigma=1.0: stream.cauchy(g, x.meta.numel, median, sigma, x.meta.dtype)
)
log_normal_ = _filler(
    "log_normal_", lambda g, x, mean=1.0, std=2.0: stream.log_normal(g, x.meta.numel, mean, std, x.meta.dtype)
)
SAMPLERS = (uniform_, normal_, random_, bernoulli_, exponential_, geometric_, cauchy_, log_normal_)


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
