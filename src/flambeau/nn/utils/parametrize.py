"""torch.nn.utils.parametrize: parameters that are functions of others.

`register_parametrization(m, "weight", f)` makes m.weight a property that computes f(original); what is learned is
`m.parametrizations.weight.original`. The module gets a class of its own, "Parametrized" before the name of the old one.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Sequence
from typing import Any

from ... import Tensor, no_grad
from ..container import ModuleDict, ModuleList
from ..module import Module
from ..parameter import Parameter

_cache_enabled = 0
_cache: dict[tuple[int, str], Tensor] = {}
_NOT_SAVED = (
    "Serialization of parametrized modules is only supported through state_dict(). See:\n"
    "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
    "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
)


@contextlib.contextmanager
def cached():
    """While this lasts, each parametrized tensor is computed once."""
    global _cache_enabled
    _cache_enabled += 1
    try:
        yield
    finally:
        _cache_enabled -= 1
        if not _cache_enabled:
            _cache.clear()


class ParametrizationList(ModuleList):
    """What stands behind a parametrized tensor: the functions, in order, and the tensor (or tensors) that they start
    from, `original` (or `original0`, `original1` ...).

    unsafe: whether the functions may change shape and dtype. Raises ValueError where they do all the same.
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False):
        if not modules:
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        before, shape, dtype = original, original.shape, original.dtype
        with no_grad():
            new = _inverted(self, original)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if isinstance(new, Tensor) else len(new)
        if isinstance(new, Tensor):
            if new.dtype is not dtype:
                raise ValueError(
                    "When `right_inverse` outputs one tensor, it may not change the dtype.\n"
                    f"original.dtype: {dtype}\nright_inverse(original).dtype: {new.dtype}"
                )
            _replace(original, new)
            _register(self, "original", original)
        else:
            for i, part in enumerate(new):
                _register(self, f"original{i}", _like(before, part, i))
        if not unsafe:
            self._check(shape, dtype)

    def _check(self, shape, dtype):
        result = self()
        if not isinstance(result, Tensor):
            raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
        for what, wanted, got in (("dtype", dtype, result.dtype), ("shape", shape, result.shape)):
            if wanted != got:
                raise ValueError(
                    f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag is "
                    f"enabled.\nunparametrized {what}: {wanted}\nparametrized {what}: {got}"
                )

    def right_inverse(self, value: Tensor) -> None:
        """Sets the original tensors so that the parametrized one becomes a value.

        Raises RuntimeError where a function has no right_inverse, ValueError where one gives what does not fit.
        """
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(module).__name__} does not implement right_inverse.")
                value = module.right_inverse(value)
            if self.is_tensor:
                self._set_one(value)
            else:
                self._set_several(value)

    def _set_one(self, value):
        if not isinstance(value, Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {type(value).__name__}")
        if value.dtype is not self.original.dtype:
            raise ValueError(
                f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has dtype "
                f"{self.original.dtype}"
            )
        _replace(self.original, value)

    def _set_several(self, values):
        if not isinstance(values, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {type(values).__name__}.")
        if len(values) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of "
                f"length {len(values)}."
            )
        for i, value in enumerate(values):
            original = getattr(self, f"original{i}")
            if not isinstance(value, Tensor):
                raise ValueError(
                    "'right_inverse' must return a sequence of tensors or reference-type opaques. Got element "
                    f"{i} of type {type(value).__name__}."
                )
            if value.dtype is not original.dtype:
                raise ValueError(
                    f"Tensor {i} returned by `right_inverse` has dtype {value.dtype} while `original{i}` has dtype "
                    f"{original.dtype}"
                )
            _replace(original, value)

    def forward(self) -> Tensor:
        """The parametrized tensor."""
        originals = [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]
        first, *rest = self
        value = first(*originals)
        for module in rest:
            value = module(value)
        return value


def _inverted(modules, value):
    """The right inverses of all functions, the last first; ValueError where that gives no tensors."""
    for module in reversed(list(modules)):
        if hasattr(module, "right_inverse"):
            with contextlib.suppress(NotImplementedError):
                value = module.right_inverse(value)
    if not isinstance(value, (Tensor, Sequence)):
        raise ValueError(
            "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got "
            f"{type(value).__name__}"
        )
    return value


def _replace(tensor: Tensor, value: Tensor):
    """Gives a tensor another one's elements and shape; it stays the same object, which optimizers hold."""
    if value is not tensor:
        tensor.data = value.detach()


def _like(original: Tensor, value, i: int) -> Tensor:
    """One of several new originals, trained as the old one was."""
    if not isinstance(value, Tensor):
        raise ValueError(
            "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element "
            f"{i} of the sequence with type {type(value).__name__}."
        )
    if isinstance(original, Parameter):
        return Parameter(value, original.requires_grad)
    return value.requires_grad_(original.requires_grad)


def _register(module: Module, name: str, tensor: Tensor):
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


# ------------------------------------------------------------------ the class of a parametrized module
def _inject_new_class(module: Module):
    """Gives a module a class of its own, on which properties can be put."""
    old = type(module)

    def __getstate__(self):
        raise RuntimeError(_NOT_SAVED)

    def __deepcopy__(self, memo):
        made = memo[id(self)] = type(self).__new__(type(self))
        old.__setstate__(made, copy.deepcopy(old.__getstate__(self), memo))
        return made

    methods: dict[str, Any] = {"__getstate__": __getstate__}
    if not hasattr(old, "__deepcopy__"):
        methods["__deepcopy__"] = __deepcopy__
    module.__class__ = type(f"Parametrized{old.__name__}", (old,), methods)


def _inject_property(module: Module, name: str):
    """Makes module.name what its parametrization gives."""

    def get(self):
        if not _cache_enabled:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]

    def set(self, value):
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(get, set))


# ------------------------------------------------------------------ for users
def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Makes a parameter or buffer of a module the result of parametrization(original); returns the module.

    A further parametrization is applied to the result of those before. parametrization.right_inverse(value), where
    there is one, gives the original (or several) for a value, so that the tensor can be assigned to.
    unsafe: whether shape and dtype may change. Raises ValueError where they do all the same, and for unknown names.
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_further(getattr(module, tensor_name), parametrization)
        parametrizations = module.parametrizations[tensor_name]
        parametrizations.append(parametrization)
        parametrizations.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        made = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _inject_new_class(module)
            module.parametrizations = ModuleDict()
        _inject_property(module, tensor_name)
        module.parametrizations[tensor_name] = made
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name "
            f"'{tensor_name}'"
        )
    return module


def _check_further(value: Tensor, parametrization: Module):
    """Raises ValueError where a function that is added changes the shape or the dtype of its argument."""
    result = parametrization(value)
    if not isinstance(result, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {type(result).__name__}.")
    for what, wanted, got in (("dtype", value.dtype, result.dtype), ("shape", value.shape, result.shape)):
        if wanted != got:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless the `unsafe` flag is "
                f"enabled.\nmodule.weight.{what}: {wanted}\nparametrization(module.weight).{what}: {got}"
            )
    if not hasattr(parametrization, "right_inverse"):
        return
    inverse = parametrization.right_inverse(result)
    if not isinstance(inverse, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {type(inverse).__name__}")
    for what, wanted, got in (("shape", result.shape, inverse.shape), ("dtype", result.dtype, inverse.dtype)):
        if wanted != got:
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} as module.weight, "
                f"unless the `unsafe` flag is enabled.\nmodule.weight.{what}: {wanted}\nreturned {what}: {got}"
            )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a tensor of a module is parametrized, or any where no name is given."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Makes a parametrized tensor an ordinary one again; returns the module.

    leave_parametrized: with its present value; else with that of the original. Raises ValueError where the tensor is
    not parametrized, or there are several originals to choose from.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        original = parametrizations.original
        if leave_parametrized:
            _leave(original, getattr(module, tensor_name))
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a "
            "sequence of tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def _leave(original: Tensor, value: Tensor):
    if original.dtype is not value.dtype:
        raise RuntimeError(
            "Calling remove_parametrizations() with leave_parametrized=True for a parameter that is an instance of a "
            "tensor subclass requires set_() to be implemented correctly for the tensor subclass.Alternatively, one "
            "can opt into the swap_tensors pathEither set leave_parametrized=False or provide a working implementation"
            "for set_() in the tensor subclass or set torch.__future__.set_swap_module_params_on_conversion(True)."
        )
    _replace(original, value)


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had before tensors of it were parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Gives a module the parametrizations of another and the originals behind them; returns it.

    tensor_name: the tensor whose parametrization is to go over; all where None.
    """
    if not is_parametrized(from_module):
        return to_module
    names = list(from_module.parametrizations) if tensor_name is None else [tensor_name]
    for name in names:
        given = from_module.parametrizations[name]
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(given.original))
        for parametrization in given:
            register_parametrization(to_module, name, parametrization)
        own = to_module.parametrizations[name]
        for key in ["original"] if own.is_tensor else [f"original{i}" for i in range(own.ntensors)]:
            setattr(own, key, getattr(given, key))
    return to_module
