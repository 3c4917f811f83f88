"""Module: a part of a model; parameters, buffers and submodules under one name, and a forward.

In: assignments (`self.fc = Linear(...)`) and calls. Out: the tree of modules and its tensors, by dotted names; results.
What a module holds is in `_parameters`, `_buffers` and `_modules` (`members.py`); saving is in `state.py`, casting and
moving in `conversion.py`, hooks in `hooks.py`.
"""

from __future__ import annotations

import inspect
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from .. import Tensor
from .conversion import Convertible
from .hooks import (
    GLOBAL,
    HookedCall,
    RemovableHandle,
    add_hook,
    register_module_backward_hook,
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
    registered,
)
from .members import KINDS, Members, type_name
from .notes import note_module
from .parameter import Buffer, Parameter
from .state import Stateful

__all__ = [
    "Module", "register_module_backward_hook", "register_module_buffer_registration_hook",
    "register_module_forward_hook", "register_module_forward_pre_hook", "register_module_full_backward_hook",
    "register_module_full_backward_pre_hook", "register_module_module_registration_hook",
    "register_module_parameter_registration_hook",
]  # fmt: skip

_HOOK_DICTS = (
    "_backward_pre_hooks", "_backward_hooks",
    "_forward_hooks", "_forward_hooks_with_kwargs", "_forward_hooks_always_called",
    "_forward_pre_hooks", "_forward_pre_hooks_with_kwargs", "_state_dict_hooks", "_state_dict_pre_hooks",
    "_load_state_dict_pre_hooks", "_load_state_dict_post_hooks",
)  # fmt: skip
_MIXED_HOOKS = (
    "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them."
)


class Module(Stateful, Convertible):
    """The base of all models and their parts: subclass it, make the parts in __init__, compute in forward."""

    dump_patches: bool = False
    call_super_init: bool = False
    training: bool

    def __init__(self, *args, **kwargs):
        if not self.call_super_init:
            _refuse_arguments(self, args, kwargs)
        _set_up(self)
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # ------------------------------------------------------------------ calling
    def __call__(self, *args, **kwargs):
        try:
            # The common case, no hooks at all, is kept to five truth tests.
            if (
                self._backward_hooks
                or self._backward_pre_hooks
                or self._forward_hooks
                or self._forward_pre_hooks
                or GLOBAL
            ):
                return HookedCall(self, args, kwargs).run()
            return self.forward(*args, **kwargs)
        except Exception as error:
            note_module(error, self, args)
            raise

    _call_impl = __call__

    def forward(self, *input: Any):
        """What the module computes; every subclass defines it."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def compile(self, *args, **kwargs) -> None:
        """Accepts PyTorch's call; every module is compiled as it runs."""

    # ------------------------------------------------------------------ registering
    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Adds a parameter under a name; None reserves the name."""
        self._check_name("parameter", name, "_parameters")
        if param is not None:
            _check_parameter(name, param)
            param = registered("parameter", self, name, param)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Adds a tensor that is state but not learned. persistent: whether it is part of the state_dict."""
        self._check_name("buffer", name, "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._buffers[name] = registered("buffer", self, name, tensor)
        (self._non_persistent_buffers_set.discard if persistent else self._non_persistent_buffers_set.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Adds a submodule under a name; None reserves the name."""
        if not isinstance(module, Module) and module is not None:
            raise TypeError(f"{type_name(module)} is not a Module subclass")
        if not isinstance(name, str):
            raise TypeError(f"module name should be a string. Got {type_name(name)}")
        if hasattr(self, name) and name not in self._modules:
            raise KeyError(f"attribute '{name}' already exists")
        if "." in name:
            raise KeyError(f'module name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError('module name can\'t be empty string ""')
        self._modules[name] = registered("module", self, name, module)

    def register_module(self, name: str, module: Module | None) -> None:
        """The same as add_module."""
        self.add_module(name, module)

    def _check_name(self, kind: str, name, members: str):
        if members not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type_name(name)}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[members]:
            raise KeyError(f"attribute '{name}' already exists")

    # ------------------------------------------------------------------ attributes
    def __setattr__(self, name: str, value):
        state = self.__dict__
        if isinstance(value, Parameter):
            self._vacate(name, "_parameters", "parameters")
            self.register_parameter(name, value)
        elif name in state.get("_parameters", ()):
            _refuse_unless_none(value, f"as parameter '{name}' (torch.nn.Parameter or None expected)")
            self.register_parameter(name, None)
        elif isinstance(value, Module):
            self._vacate(name, "_modules", "module")
            self._modules[name] = registered("module", self, name, value)
        elif name in state.get("_modules", ()):
            _refuse_unless_none(value, f"as child module '{name}' (torch.nn.Module or None expected)")
            self._modules[name] = registered("module", self, name, None)
        elif isinstance(value, Buffer) or name in state.get("_buffers", ()):
            self._set_buffer(name, value)
        elif name in KINDS:
            self._replace_members(name, value)
        else:
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> Any:
        # Members are ordinary attributes; subclasses that extend this method still end here.
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str):
        members = next((m for m in (self._parameters, self._buffers, self._modules) if name in m), None)
        if members is None:
            object.__delattr__(self, name)
            return
        del members[name]
        self._non_persistent_buffers_set.discard(name)

    def __dir__(self):
        return sorted(key for key in {*dir(type(self)), *self.__dict__} if not key[0].isdigit())

    def _vacate(self, name: str, members: str, kind: str):
        """Makes a name free of whatever else it stood for."""
        if members not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        for other in KINDS:
            if other != members and name in self.__dict__[other]:
                del self.__dict__[other][name]
        if name not in self.__dict__[members]:
            self.__dict__.pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def _set_buffer(self, name: str, value):
        if value is not None and not isinstance(value, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(value)}' as buffer '{name}' (torch.nn.Buffer, torch.Tensor or None "
                "expected)"
            )
        persistent = value.persistent if isinstance(value, Buffer) else name not in self._non_persistent_buffers_set
        if (
            type(self).register_buffer is Module.register_buffer
            or "persistent" in inspect.signature(self.register_buffer).parameters
        ):
            self.register_buffer(name, value, persistent)
        elif persistent:
            self.register_buffer(name, value)
        else:
            raise RuntimeError(
                "Registering a non-persistent buffer on a Module subclass that implements register_buffer() without "
                "the persistent argument is not allowed."
            )

    def _replace_members(self, kind: str, items):
        """`module._modules = {...}`: the old names go, the new ones come."""
        before = self.__dict__.get(kind)
        if isinstance(before, Members):
            before.clear()
        self.__dict__[kind] = Members(self, items)

    # ------------------------------------------------------------------ finding by dotted name
    def get_submodule(self, target: str) -> Module:
        """The submodule of a dotted name; AttributeError where there is none."""
        found: Any = self
        for name in target.split(".") if target else ():
            found = _attribute(found, name)
            if not isinstance(found, Module):
                raise AttributeError(f"`{name}` is not an nn.Module")
        return found

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Puts a module at a dotted name. strict: there must be one already."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if (strict or hasattr(parent, name)) and not isinstance(_attribute(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name; AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        found = _attribute(self.get_submodule(path), name)
        if not isinstance(found, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name; AttributeError where there is none."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = _attribute(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return found

    # ------------------------------------------------------------------ walking
    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it, with their dotted names; each once, unless remove_duplicate is False."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules right below this one, with their names; each once."""
        memo = set()
        for name, module in self._modules.items():
            if module is not None and module not in memo:
                memo.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules right below this one."""
        return (module for _, module in self.named_children())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters, with their dotted names."""
        return self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters of this module and, if recurse, of those below it."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers, with their dotted names."""
        return self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers of this module and, if recurse, of those below it."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def _named_members(self, get_members_fn, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True):
        memo = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in get_members_fn(module):
                if value is None or value in memo:
                    continue
                if remove_duplicate:
                    memo.add(value)
                yield (f"{path}.{name}" if path else name), value

    # ------------------------------------------------------------------ doing something to all
    def apply(self, fn: Callable[[Module], Any]):
        """Calls fn(module) for all modules, children first, and returns this module."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True):
        """Sets training mode (dropout, batch statistics) for this module and all below it."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self):
        """Sets evaluation mode for this module and all below it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True):
        """Sets whether the parameters are trained."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forgets the gradients of all parameters; with set_to_none=False they become zeros."""
        if getattr(self, "_is_replica", False):
            warnings.warn(
                "Calling .zero_grad() from a module created with nn.DataParallel() has no effect. The parameters are "
                "copied (in a differentiable manner) from the original module. This means they are not leaf nodes in "
                "autograd and so don't accumulate gradients. If you need gradients in your forward method, consider "
                "using autograd.grad instead.",
                stacklevel=2,
            )
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.detach_().zero_()

    # ------------------------------------------------------------------ hooks
    def register_forward_pre_hook(self, hook, *, prepend: bool = False, with_kwargs: bool = False) -> RemovableHandle:
        """Calls hook(module, args[, kwargs]) before forward; what it returns replaces the arguments."""
        return add_hook(self._forward_pre_hooks, hook, prepend, ((with_kwargs, self._forward_pre_hooks_with_kwargs),))

    def register_forward_hook(
        self, hook, *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> RemovableHandle:
        """Calls hook(module, args[, kwargs], result) after forward; what it returns replaces the result.

        always_call: also where forward raised.
        """
        flags = ((with_kwargs, self._forward_hooks_with_kwargs), (always_call, self._forward_hooks_always_called))
        return add_hook(self._forward_hooks, hook, prepend, flags)

    def register_full_backward_pre_hook(self, hook, prepend: bool = False) -> RemovableHandle:
        """Calls hook(module, grad_output) before the gradients are computed; what it returns replaces grad_output."""
        return add_hook(self._backward_pre_hooks, hook, prepend)

    def register_full_backward_hook(self, hook, prepend: bool = False) -> RemovableHandle:
        """Calls hook(module, grad_input, grad_output) when the inputs' gradients are known; what it returns replaces
        them.
        """
        return self._register_backward_hook(hook, True, prepend)

    def register_backward_hook(self, hook) -> RemovableHandle:
        """Calls hook(module, grad_input, grad_output) of the last operation (deprecated: use the full one)."""
        return self._register_backward_hook(hook, False)

    def _register_backward_hook(self, hook, full: bool, prepend: bool = False) -> RemovableHandle:
        if self._is_full_backward_hook is (not full):
            raise RuntimeError(_MIXED_HOOKS)
        self._is_full_backward_hook = full
        return add_hook(self._backward_hooks, hook, prepend)

    # ------------------------------------------------------------------ printing and copying
    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What a subclass wants printed between the parentheses."""
        return ""

    def __repr__(self):
        extra = self.extra_repr()
        if not self._modules:
            return _block(self._get_name(), extra.split("\n") if extra else [])
        children = [f"({name}): " + indented(repr(module)) for name, module in self._modules.items()]
        return _block(self._get_name(), (extra.split("\n") if extra else []) + children, always_break=True)

    def __getstate__(self):
        state = self.__dict__.copy()
        for kind in KINDS:
            members = state.get(kind, {})
            state[kind] = dict(members)
            for name in members:
                state.pop(name, None)
        return state

    def __setstate__(self, state):
        _set_up(self)
        kinds = {kind: state.get(kind, {}) for kind in KINDS}
        self.__dict__.update({k: v for k, v in state.items() if k not in KINDS})
        for kind, members in kinds.items():
            self.__dict__[kind] = Members(self, members)


def _set_up(module):
    """The empty state of a module."""
    state = module.__dict__
    state["training"] = True
    for kind in KINDS:
        state[kind] = Members(module)
    state["_non_persistent_buffers_set"] = set()
    state["_is_full_backward_hook"] = None
    for hooks in _HOOK_DICTS:
        state[hooks] = OrderedDict()


def _refuse_arguments(module, args, kwargs):
    name = type(module).__name__
    if kwargs:
        raise TypeError(f"{name}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'")
    if args:
        raise TypeError(f"{name}.__init__() takes 1 positional argument but {len(args) + 1} were given")


def _check_parameter(name: str, parameter):
    if not isinstance(parameter, Parameter):
        raise TypeError(
            f"cannot assign '{type_name(parameter)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
        )
    if parameter.grad_fn is not None:
        raise ValueError(
            f"Cannot assign non-leaf Tensor to parameter '{name}'. Model parameters must be created explicitly. To "
            f"express '{name}' as a function of another Tensor, compute the value in the forward() method."
        )


def _refuse_unless_none(value, what: str):
    if value is not None:
        raise TypeError(f"cannot assign '{type_name(value)}' {what}")


def _attribute(module, name: str):
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    return getattr(module, name)


def indented(text: str) -> str:
    """The text with all lines but the first moved right by two columns."""
    return text.replace("\n", "\n  ")


def _block(name: str, lines: list[str], always_break: bool = False) -> str:
    """`Name(line)`, or the lines below each other."""
    if len(lines) <= 1 and not always_break:
        return f"{name}({''.join(lines)})"
    return f"{name}(\n  " + "\n  ".join(lines) + "\n)"
