"""Random tensors: PyTorch's samplers, drawn from the generator's stream."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes, generator
from . import random as stream
from .autograd.modes import MODE
from .creation import _made, empty_like, sizes_of
from .dtypes import dtype, int64
from .errors import TYPE_TITLES, no_kernel
from .meta import Meta, contiguous, fresh_like
from .ops.complex_support import refuse
from .ops.inplace import check_tracked
from .ops.outputs import check_exact
from .ops.registry import Op, apply
from .shapes import broadcast_shapes
from .tensor import Tensor
from .trace.host import host_array, overwrite, storage_of_drawn

generator.STATE_OF = Tensor.from_array
# Samplers of floating-point numbers alone, and the kernels that PyTorch names in refusing others.
CONTINUOUS = {
    "uniform_": "check_uniform_bounds", "normal_": "normal_kernel_cpu", "log_normal_": "log_normal_cpu",
    "exponential_": None, "cauchy_": None,
}  # fmt: skip
MAPPED: Any = None  # what random calls do inside of mapped functions; set by transforms/randomness.py


def mapped(draw: Callable) -> Callable:
    """A random call: inside of a mapped function it belongs to the map."""

    @functools.wraps(draw)
    def call(*args, **kwargs):
        return draw(*args, **kwargs) if MAPPED is None else MAPPED(draw, args, kwargs)

    return call


def drawn(array: np.ndarray, view: Meta) -> Tensor:
    """A tensor of numbers that were drawn in the order of a dense view's memory."""
    content = view if view.contiguous else contiguous([view.shape[i] for i in view.memory_order], view.dtype)
    return Tensor.from_storage(storage_of_drawn(np.ascontiguousarray(array), content), view)


def _drawn(array: np.ndarray, shape, kind: dtype) -> Tensor:
    return drawn(array, contiguous(shape, kind))


def _floating(kind: dtype | None, name: str) -> dtype:
    kind = kind or dtypes.get_default_dtype()
    if not kind.is_inexact or kind.is_rare:
        raise NotImplementedError(f"\"{name}\" not implemented for '{TYPE_TITLES[kind.name]}'")
    return kind


def _check_kind(name: str, kind: dtype) -> None:
    """Raises for whole numbers where a sampler gives none."""
    if name == "geometric_" and kind is dtypes.bool_:
        raise NotImplementedError("\"geometric_cpu\" not implemented for 'Bool'")
    if kind.is_rare and (kind.is_floating_point or name == "random_"):
        raise no_kernel(CONTINUOUS.get(name) or "random_kernel_cpu", kind)
    if kind.is_inexact or name not in CONTINUOUS:
        return
    title, law = TYPE_TITLES[kind.name], name.rstrip("_").capitalize()
    if CONTINUOUS[name] is not None:
        raise NotImplementedError(f"\"{CONTINUOUS[name]}\" not implemented for '{title}'")
    shown = stream.C_NAMES[kind.name] if name == "cauchy_" else title
    raise RuntimeError(
        f"{law} distribution is a continuous probability distribution. dtype must be a floating point but you "
        f"specified {shown}"
    )


def _generator(generator):
    return stream.current() if generator is None else generator


@mapped
def rand(
    *sizes,
    size=None,
    generator=None,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """Numbers drawn evenly from [0, 1)."""
    shape = sizes_of(sizes if size is None else size)
    kind = _floating(dtype or (None if out is None else out.meta.dtype), "check_uniform_bounds")
    array = stream.uniform(_generator(generator), math.prod(shape), 0.0, 1.0, kind)
    return _made(_drawn(array, shape, kind), requires_grad, out, device)


@mapped
def randn(
    *sizes,
    size=None,
    generator=None,
    out=None,
    dtype: dtype | None = None,
    layout=None,
    device=None,
    requires_grad: bool = False,
    pin_memory=False,
) -> Tensor:
    """Numbers drawn from the standard normal distribution."""
    shape = sizes_of(sizes if size is None else size)
    kind = _floating(dtype or (None if out is None else out.meta.dtype), "normal_kernel_cpu")
    array = stream.normal(_generator(generator), math.prod(shape), 0.0, 1.0, kind)
    return _made(_drawn(array, shape, kind), requires_grad, out, device)


@mapped
def randint(
    low=None,
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
    elif low is None or high is None:
        low, high = 0, high if low is None else low
    shape, kind = sizes_of((size,)), dtype or int64
    if kind.is_complex:
        raise RuntimeError("check_random_bounds handles only integral, floating-point and boolean types")
    if kind.is_rare and kind.is_floating_point:
        raise no_kernel("random_update_from_to", kind)
    array = stream.randint(_generator(generator), math.prod(shape), int(low), int(high), kind)
    return _made(_drawn(array, shape, kind), requires_grad, out, device)


@mapped
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
    n = operator.index(n)
    if n < 0:
        raise RuntimeError(f"Trying to create tensor with negative dimension {n}: [{n}]")
    kind = dtype or int64
    refuse("randperm", kind)
    array = stream.permutation(_generator(generator), n).astype(kind.numpy, copy=False)
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
    """`rand` in another tensor's shape, dtype and memory order."""
    shape, kind = input.meta.shape, dtype or input.meta.dtype
    if input.meta.contiguous and memory_format is None:
        return rand(shape, generator=generator, dtype=kind, requires_grad=requires_grad)
    made = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
    return made.uniform_(generator=generator).requires_grad_(requires_grad)


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
    """`randn` in another tensor's shape, dtype and memory order."""
    if input.meta.contiguous and memory_format is None:
        return randn(
            input.meta.shape, generator=generator, dtype=dtype or input.meta.dtype, requires_grad=requires_grad
        )
    made = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
    return made.normal_(generator=generator).requires_grad_(requires_grad)


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
    """`randint` in another tensor's shape, dtype and memory order."""
    low, high = (0, low) if high is None else (low, high)
    made = empty_like(input, dtype=dtype, device=device, memory_format=memory_format)
    return made.random_(int(low), int(high), generator=generator).requires_grad_(requires_grad)


@mapped
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
        if isinstance(std, Tensor) and std.meta.numel and not std.meta.dtype.is_complex and bool((std < 0).any()):
            raise RuntimeError("normal expects all elements of std >= 0.0")
        if size is None:
            size = broadcast_shapes(*(x.meta.shape for x in (mean, std) if isinstance(x, Tensor)))
        fixed_mean, fixed_std = (x.detach() if isinstance(x, Tensor) else x for x in (mean, std))
        found = randn(size, generator=generator, dtype=like.meta.dtype) * fixed_std + fixed_mean
        for x in (mean, std):
            if isinstance(x, Tensor) and x._requires_grad:
                found = apply(_NORMAL, (x.expand(size), found))
        return _made(found, False, out)
    shape, kind = sizes_of((size,)), _floating(dtype, "normal_kernel_cpu")
    array = stream.normal(_generator(generator), math.prod(shape), float(mean), float(std), kind)
    return _made(_drawn(array, shape, kind), requires_grad, out, device)


def _place(name: str) -> Op:
    """The place on the tape of what was drawn."""
    return Op(
        name,
        "input drawn",
        lambda input, drawn: drawn,
        lambda input, drawn: drawn,
        (lambda g: Tensor.full_of(g.meta.shape, 0, g.dtype), None),
        summary="Drawn numbers, through which no gradient flows but zero.",
    )


_BERNOULLI, _NORMAL = _place("bernoulli"), _place("normal")


@mapped
def bernoulli(input: Tensor, p: float | None = None, *, generator=None, out=None) -> Tensor:
    """Ones with the probabilities that the input holds (or p), else zeros; the gradient for the input is zero."""
    shape, kind = input.meta.shape, input.meta.dtype
    if p is not None:
        array = stream.bernoulli(_generator(generator), input.meta.numel, float(p))
    else:
        _floating(kind, "bernoulli_tensor_cpu_p_")
        array = stream.bernoulli_each(_generator(generator), np.ascontiguousarray(host_array(input)))
    found = _drawn(_ones_of(array, kind), shape, kind)
    return _made(apply(_BERNOULLI, (input, found)) if input._requires_grad else found, False, out)


@mapped
def multinomial(input: Tensor, num_samples: int, replacement: bool = False, *, generator=None, out=None) -> Tensor:
    """Indices drawn from rows of weights."""

    if not input.meta.dtype.is_floating_point:
        raise RuntimeError(
            f"multinomial only supports floating-point dtypes for input, got: {TYPE_TITLES[input.meta.dtype.name]}"
        )
    if not input.meta.ndim:
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if out is not None:
        check_exact("multinomial expects Long tensor out, got: {Got}", int64, out.meta.dtype)
    array = stream.multinomial(_generator(generator), host_array(input), num_samples, replacement)
    return _made(_drawn(array, array.shape, int64), False, out)


def _filler(name: str, draw):
    """An in-place sampler: the drawn numbers are copied into the tensor."""

    def fill(self: Tensor, *args, generator=None, **kwargs) -> Tensor:
        if name != "random_" and None in (*args, *kwargs.values()):
            place = f" (position {args.index(None) + 1})" if None in args else ""
            raise TypeError(f"{name}(): argument{place} must be float, not NoneType")
        if name not in ("uniform_", "normal_"):
            refuse(f"{name}kernel_cpu", self.meta.dtype)
        _check_kind(name, self.meta.dtype)
        tracked = MODE.enabled and self.requires_grad
        if tracked:
            check_tracked(self)
        array = draw(_generator(generator), self, *args, **kwargs)
        if not (tracked or self._inference) and self.level is None and overwrite(self, array):
            return self
        return self.copy_(drawn(array, fresh_like(self.meta)))

    fill.__name__ = fill.__qualname__ = name
    fill.__doc__ = f"Fills the tensor with random numbers; see torch.Tensor.{name}."
    return mapped(fill)


def _random_draw(g, x, from_=None, to=None):
    if from_ is None:
        return stream.random(g, x.meta.numel, x.meta.dtype)
    low, high = (0, from_) if to is None else (from_, to)
    return stream.randint(g, x.meta.numel, low, high, x.meta.dtype)


def _ones_of(truth: np.ndarray, kind: dtype) -> np.ndarray:
    """Ones and zeros in the host form of a dtype."""
    return stream.host_form(truth, kind) if kind.is_floating_point else truth.astype(kind.numpy)


def _bernoulli_draw(g, x, p=0.5):
    if isinstance(p, Tensor):
        found = stream.bernoulli_each(g, _walked(p.detach().expand(x.meta.shape), fresh_like(x.meta)))
    else:
        found = stream.bernoulli(g, x.meta.numel, p)
    return _ones_of(found, x.meta.dtype)


def _walked(x: Tensor, view: Meta) -> np.ndarray:
    """The elements in the order in which a dense view of that shape lies in memory."""
    return np.ascontiguousarray(host_array(x).transpose(view.memory_order))


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
