"""Parameter and Buffer: tensors that a Module registers by the mere fact that they are assigned to it.

In: any tensor. Out: a leaf over the same storage, of a class that `Module.__setattr__` knows.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from .. import Tensor, empty


class Parameter(Tensor):
    """A tensor that is learned: assigned to a Module, it appears among its parameters.

    data: the initial values, whose storage is shared; an empty tensor where None.  requires_grad: whether it is
    trained.
    """

    def __new__(cls, data: Tensor | None = None, requires_grad: bool = True):
        tensor = _leaf_of(cls, data)
        if requires_grad and not (tensor.is_floating_point() or tensor.is_complex()):
            raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
        return tensor.requires_grad_(requires_grad)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.data.clone(), self.requires_grad)
        return memo[id(self)]

    def __repr__(self):
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol):
        return rebuild_parameter, (self.data, self.requires_grad, OrderedDict())


class Buffer(Tensor):
    """A tensor that belongs to a Module's state but is not learned, such as a running mean.

    data: the initial values, whose storage is shared.  persistent: whether it is part of the module's state_dict.
    """

    def __new__(cls, data: Tensor | None = None, *, persistent: bool = True):
        buffer = _leaf_of(cls, data)
        buffer.persistent = persistent
        return buffer.requires_grad_(data is not None and data.requires_grad)

    def __repr__(self, *, tensor_contents=None):
        return self.as_subclass(Tensor).__repr__()


_NO_SHAPE = (
    "Attempted to use an uninitialized parameter. This error happens when you are using a `LazyModule` or explicitly "
    "manipulating `torch.nn.parameter.UninitializedParameter` objects. When using LazyModules Call `forward` with a "
    "dummy batch to initialize the parameters before calling torch functions"
)


class UninitializedTensorMixin:
    """A parameter or buffer whose shape is not known yet; materialize() makes it a `_becomes`.

    Until then it has a type but no memory, so that no operation can read it.
    """

    _becomes: type
    meta: Any

    def materialize(self, shape, device=None, dtype=None) -> None:
        """Gives the tensor a shape and memory, and with them its final class."""
        values = empty(shape, device=device, dtype=self.dtype if dtype is None else dtype)
        self.__class__ = self._becomes
        self.data = values  # type: ignore[misc]

    def convert(self, fn) -> None:
        """Takes the type that a function gives to tensors of this one's."""
        self.meta = fn(self.data).meta

    @property
    def data(self):
        return empty(0, dtype=self.meta.dtype)

    @property
    def storage(self):
        raise ValueError(_NO_SHAPE)

    def numel(self) -> int:
        raise ValueError(_NO_SHAPE)

    dim = __len__ = nelement = ndimension = detach = numel

    @property
    def shape(self):
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually happens in "
            "`load_state_dict` when trying to load an uninitialized parameter into an initialized one. Call `forward` "
            "to initialize the parameters before accessing their attributes."
        )

    def share_memory_(self):
        raise RuntimeError(
            "Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters "
            "before calling `module.share_memory()`."
        )

    def __repr__(self, *, tensor_contents=None):
        return f"<{type(self).__name__}>"

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = type(self)(self.requires_grad, dtype=self.dtype)
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        return type(self), (self.requires_grad, None, self.dtype)


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc, override]
    """A Parameter whose shape follows from the first input of its module."""

    _becomes = Parameter

    def __new__(cls, requires_grad: bool = True, device=None, dtype=None):
        return _shapeless(cls, device, dtype).requires_grad_(requires_grad)


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc, override]
    """A buffer whose shape follows from the first input of its module."""

    _becomes = Tensor

    def __new__(cls, requires_grad: bool = False, device=None, dtype=None, persistent: bool = True):
        buffer = _shapeless(cls, device, dtype).requires_grad_(requires_grad)
        buffer.persistent = persistent
        return buffer


def factory_kwargs(kwargs: dict | None) -> dict:
    """The arguments that functions such as `empty` take (device, dtype, memory_format), also out of `factory_kwargs`.

    Raises TypeError for any others, and for those given twice.
    """
    if kwargs is None:
        return {}
    known = ("device", "dtype", "memory_format")
    unexpected = kwargs.keys() - {*known, "factory_kwargs"}
    if unexpected:
        raise TypeError(f"unexpected kwargs {unexpected}")
    given = dict(kwargs.get("factory_kwargs", {}))
    for name in known:
        if name not in kwargs:
            continue
        if name in given:
            raise TypeError(f"{name} specified twice, in **kwargs and in factory_kwargs")
        given[name] = kwargs[name]
    return given


def _shapeless(cls: type, device, dtype):
    tensor: Any = object.__new__(cls)
    tensor.meta = empty(0, device=device, dtype=dtype).meta
    return tensor


def is_lazy(param) -> bool:
    """Whether a tensor has no shape yet."""
    return isinstance(param, UninitializedTensorMixin)


def rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks: dict) -> Parameter:
    """What a pickled parameter is made of again; hooks are never pickled, the argument is part of the file format."""
    return Parameter(data, requires_grad)


def _leaf_of(cls: type, data: Tensor | None):
    tensor = empty(0) if data is None else data.detach()
    tensor.__class__ = cls
    return tensor
