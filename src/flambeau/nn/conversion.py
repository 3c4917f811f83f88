"""Moving a module's tensors: to another dtype, device or memory format.

In: a function from tensors to tensors. Out: the same module. Invariant: a Parameter stays the same object (optimizers
hold it), only its data is exchanged; buffers are replaced.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from .. import Tensor, device, dtype, empty_like, no_grad
from .parameter import is_lazy


class Convertible:
    """The part of Module that converts its tensors."""

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True):
        """Replaces the data of each parameter, of its gradient and each buffer by fn of it."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for parameter in self._parameters.values():
            if parameter is not None:
                _convert(parameter, fn)
        for name, buffer in self._buffers.items():
            if buffer is not None:
                self._buffers[name] = _converted(buffer, fn)
        return self

    def to(self, *args, **kwargs):
        """Moves and casts all floating-point parameters and buffers: to(device), to(dtype), to(device, dtype),
        to(tensor).

        Takes also non_blocking and memory_format (for tensors with 4 or 5 dimensions). Returns the module.
        Raises TypeError where the dtype is not a floating-point or complex one.
        """
        target, to_dtype, non_blocking, memory_format = parse_to(*args, **kwargs)
        if to_dtype is not None:
            _check_target_dtype(to_dtype)

        def convert(t):
            cast = to_dtype if t.is_floating_point() or t.is_complex() else None
            if memory_format is not None and t.dim() in (4, 5):
                return t.to(target, cast, non_blocking, memory_format=memory_format)
            return t.to(target, cast, non_blocking)

        return self._apply(convert)

    def to_empty(self, *, device, recurse: bool = True):
        """Replaces all parameters and buffers by uninitialised ones on a device."""
        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    def cpu(self):
        """Moves all parameters and buffers to the CPU."""
        return self._apply(lambda t: t.cpu())

    def cuda(self, device=None):
        """Moves all parameters and buffers to a GPU."""
        return self._apply(lambda t: t.cuda(device))

    def ipu(self, device=None):
        """Moves all parameters and buffers to an IPU."""
        return self._apply(lambda t: t.to("ipu"))

    def xpu(self, device=None):
        """Moves all parameters and buffers to an XPU."""
        return self._apply(lambda t: t.to("xpu"))

    def mtia(self, device=None):
        """Moves all parameters and buffers to an MTIA."""
        return self._apply(lambda t: t.to("mtia"))

    def type(self, dst_type):
        """Casts all parameters and buffers."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self):
        """Casts all floating-point parameters and buffers to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self):
        """Casts all floating-point parameters and buffers to float64."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self):
        """Casts all floating-point parameters and buffers to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self):
        """Casts all floating-point parameters and buffers to bfloat16."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def share_memory(self):
        """Moves all parameters and buffers to memory that processes share."""
        for tensor in (*self.parameters(), *self.buffers()):
            tensor.share_memory_()
        return self


def parse_to(*args, **kwargs) -> tuple:
    """The arguments of Module.to as (device, dtype, non_blocking, memory_format), None for what was not given.

    Raises TypeError where they fit none of the forms.
    """
    given: dict[str, Any] = {"device": None, "dtype": None, "non_blocking": False, "memory_format": None}
    names = _positional_names(args)
    if names is None or len(args) > len(names) or not set(kwargs) <= {*given, "tensor"} - set(names[: len(args)]):
        kinds = ", ".join(type(a).__name__ for a in args) + (", " if args and kwargs else "")
        kinds += ", ".join(f"{k}={type(v).__name__}" for k, v in kwargs.items()) + (", " if kwargs else "")
        forms = ("torch.device device = None, torch.dtype dtype = None", "torch.dtype dtype", "Tensor tensor")
        rest = "bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None"
        raise TypeError(
            f"to() received an invalid combination of arguments - got ({kinds}), but expected one of:\n"
            + "".join(f" * ({form}, {rest})\n" for form in forms)
        )
    given.update(zip(names, args), **kwargs)
    like = given.pop("tensor", None)
    if like is not None:
        given["device"], given["dtype"] = like.device, like.dtype
    if given["device"] is not None:
        given["device"] = device(given["device"])
    return given["device"], given["dtype"], given["non_blocking"], given["memory_format"]


def _positional_names(args) -> tuple[str, ...] | None:
    """What the positional arguments of `to` are called, by the type of the first one."""
    if not args or args[0] is None or isinstance(args[0], (str, int, device)):
        return ("device", "dtype", "non_blocking")
    if isinstance(args[0], dtype):
        return ("dtype", "non_blocking")
    return ("tensor", "non_blocking") if isinstance(args[0], Tensor) else None


def _check_target_dtype(to_dtype):
    if not (to_dtype.is_floating_point or to_dtype.is_complex):
        raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={to_dtype}")
    if to_dtype.is_complex:
        warnings.warn(
            "Complex modules are a new feature under active development whose design may change, and some modules "
            "might not work as expected when using complex tensors as parameters or buffers. Please file an issue at "
            "https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml if a complex module does not work "
            "as expected.",
            stacklevel=3,
        )


def _converted(buffer, fn):
    """A buffer after fn; one without a shape yet only changes its type."""
    if not is_lazy(buffer):
        return fn(buffer)
    buffer.convert(fn)
    return buffer


def _convert(parameter, fn):
    """Exchanges the data of a parameter and of its gradient."""
    gradient = parameter.grad
    with no_grad():
        if is_lazy(parameter):
            parameter.convert(fn)
            return
        parameter.data = fn(parameter)
        if gradient is not None:
            gradient.data = fn(gradient)
