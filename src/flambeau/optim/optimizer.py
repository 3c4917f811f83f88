"""Optimizer: parameter groups, state, hooks and the checkpoint form that all optimizers share.

Invariant: `state_dict()` has PyTorch's structure (parameters by number, in group order), so checkpoints go both ways.
"""

from __future__ import annotations

import copy
import functools
import itertools
import warnings
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeAlias

import flambeau as torch

from ..cpu import synchronize
from ..handles import RemovableHandle, register

_global_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
_global_post_hooks: OrderedDict[int, Callable] = OrderedDict()


class _Required:
    """Marks an option that every parameter group must give itself."""

    def __repr__(self):
        return "<required parameter>"


required = _Required()


def register_optimizer_step_pre_hook(hook: Callable) -> RemovableHandle:
    """Registers `hook(optimizer, args, kwargs)`, called before every step of every optimizer."""
    return register(_global_pre_hooks, hook)


def register_optimizer_step_post_hook(hook: Callable) -> RemovableHandle:
    """Registers `hook(optimizer, args, kwargs)`, called after every step of every optimizer."""
    return register(_global_post_hooks, hook)


class Optimizer:
    """Base class of all optimizers.

    Args:
        params: tensors, pairs of name and tensor, or dictionaries that each describe a parameter group.
        defaults: the options of groups that do not give their own.

    Raises:
        TypeError, ValueError: `params` is a single tensor, or empty, or holds what cannot be optimized.
    """

    # Options that old checkpoints do not have, and what that means.
    _later_options: ClassVar[dict[str, Any]] = {}

    def __init__(self, params: Iterable, defaults: dict[str, Any]) -> None:
        if isinstance(params, torch.Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + _typename(params)
            )
        self.defaults = defaults
        self._set_up()
        self.state: defaultdict[Any, dict] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    OptimizerPreHook: TypeAlias = Callable[[Any, tuple, dict], Any]
    OptimizerPostHook: TypeAlias = Callable[[Any, tuple, dict], None]

    @staticmethod
    def profile_hook_step(func: Callable) -> Callable:
        """The step method of a class, made to call the hooks."""
        return func if hasattr(func, "calls_hooks") else _with_hooks(func)

    def _set_up(self) -> None:
        """What is made anew in every object, copies included: hooks, and the step that calls them."""
        self._step_called = False
        self._optimizer_step_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
        self._optimizer_step_post_hooks: OrderedDict[int, Callable] = OrderedDict()
        self._optimizer_state_dict_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
        self._optimizer_state_dict_post_hooks: OrderedDict[int, Callable] = OrderedDict()
        self._optimizer_load_state_dict_pre_hooks: OrderedDict[int, Callable] = OrderedDict()
        self._optimizer_load_state_dict_post_hooks: OrderedDict[int, Callable] = OrderedDict()
        cls = type(self)
        cls.step = self.profile_hook_step(cls.step)  # type: ignore[method-assign]

    def __getstate__(self):
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state):
        self.__dict__.update(state)
        if "_step_called" not in self.__dict__:
            self._set_up()
        self.defaults.setdefault("differentiable", False)
        for group in self.param_groups:
            for name, value in self._later_options.items():
                group.setdefault(name, value)

    def __repr__(self):
        lines = [type(self).__name__ + " ("]
        for i, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {i}"] if i else [f"Parameter Group {i}"]
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])

    def step(self, closure: Callable[[], Any] | None = None):
        """Updates the parameters from their gradients.

        Args:
            closure: evaluates the model anew and returns the loss.

        Returns:
            What the closure returned, else None.
        """
        raise NotImplementedError

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clears the gradients of all parameters.

        Args:
            set_to_none: forget the gradients, instead of filling them with zeros.
        """
        for group in self.param_groups:
            for p in group["params"]:
                grad = p.grad
                if grad is None:
                    continue
                if set_to_none:
                    p.grad = None
                    continue
                if grad.grad_fn is not None:
                    grad.detach_()
                else:
                    grad.requires_grad_(False)
                grad.zero_()

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Adds a group of parameters with options of its own.

        Args:
            param_group: "params" and any options that differ from the defaults.

        Raises:
            TypeError, ValueError: the group holds what cannot be optimized, or parameters of another group.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        param_group["params"] = _as_list(param_group["params"])
        _split_names(param_group)
        for param in param_group["params"]:
            self._check_parameter(param)
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        self._check_distinct(param_group)
        self.param_groups.append(param_group)

    def _check_parameter(self, param) -> None:
        if not isinstance(param, torch.Tensor):
            raise TypeError("optimizer can only optimize Tensors, but one of the params is " + _typename(param))
        if not self.defaults.get("differentiable") and not (param.is_leaf or param.retains_grad):
            raise ValueError("can't optimize a non-leaf Tensor")

    def _check_distinct(self, param_group: dict) -> None:
        own = set(param_group["params"])
        if len(own) != len(param_group["params"]):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=4,
            )
        if any(not own.isdisjoint(group["params"]) for group in self.param_groups):
            raise ValueError("some parameters appear in more than one parameter group")
        if self.param_groups and ("param_names" in param_group) != ("param_names" in self.param_groups[0]):
            which = "with" if "param_names" in param_group else "without"
            raise ValueError(
                "all optimizer param groups should be with/without names. "
                f"cannot add param group {which} names to the optimizer"
            )

    def state_dict(self) -> dict[str, Any]:
        """The state and the options of all groups, with every parameter replaced by its number."""
        for hook in self._optimizer_state_dict_pre_hooks.values():
            hook(self)
        numbers: dict[int, int] = {}
        for param in itertools.chain.from_iterable(group["params"] for group in self.param_groups):
            numbers.setdefault(id(param), len(numbers))
        groups = [
            {key: value for key, value in group.items() if key != "params"}
            | {"params": [numbers[id(p)] for p in group["params"]]}
            for group in self.param_groups
        ]
        state = {numbers[id(k)] if isinstance(k, torch.Tensor) else k: v for k, v in self.state.items()}
        result: dict[str, Any] = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():
            replaced = hook(self, result)
            result = result if replaced is None else replaced
        return result

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes over the state and the options that `state_dict` gave.

        Args:
            state_dict: the state of an optimizer whose groups have the same sizes.

        Raises:
            ValueError: the groups differ in number or size.
        """
        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        saved = copy.deepcopy(state_dict["param_groups"])
        _check_sizes(self.param_groups, saved)
        params: dict[Any, Any] = {}
        for group, saved_group in zip(self.param_groups, saved):
            params.update(zip(saved_group["params"], group["params"]))
            saved_group["params"] = group["params"]
            if "param_names" in group:
                saved_group.setdefault("param_names", group["param_names"])
        state: defaultdict[Any, dict] = defaultdict(dict)
        for number, value in state_dict["state"].items():
            param = params.get(number)
            state[number if param is None else param] = value if param is None else _like_parameter(param, value)
        self.__setstate__({"state": state, "param_groups": saved})
        for hook in self._optimizer_load_state_dict_post_hooks.values():
            hook(self)

    def register_step_pre_hook(self, hook: Callable) -> RemovableHandle:
        """Registers `hook(optimizer, args, kwargs)`, called before a step; it may return new (args, kwargs)."""
        return register(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable) -> RemovableHandle:
        """Registers `hook(optimizer, args, kwargs)`, called after a step."""
        return register(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Registers `hook(optimizer)`, called before `state_dict`."""
        return register(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Registers `hook(optimizer, state_dict)`, called after `state_dict`; it may return another dictionary."""
        return register(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Registers `hook(optimizer, state_dict)`, called before loading; it may return another dictionary."""
        return register(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(self, hook: Callable, prepend: bool = False) -> RemovableHandle:
        """Registers `hook(optimizer)`, called after loading."""
        return register(self._optimizer_load_state_dict_post_hooks, hook, prepend)


def evaluate(closure: Callable[[], Any] | None):
    """Calls a step's closure with gradients enabled; None where there is no closure."""
    if closure is None:
        return None
    with torch.enable_grad():
        return closure()


class OneByOneOptimizer(Optimizer):
    """Base class of the optimizers that update one parameter after the other; a subclass defines `_update`."""

    def step(self, closure: Callable[[], Any] | None = None):
        """Updates the parameters that have a gradient; see `Optimizer.step`."""
        loss = evaluate(closure)
        with torch.no_grad():
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is not None:
                        self._update(group, p, p.grad)
        return loss

    def _update(self, group: dict, p, grad) -> None:
        raise NotImplementedError


def options(names: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Those of a function's arguments that are options, in the order in which PyTorch keeps them."""
    return {name: arguments[name] for name in names.split()}


def in_reals(x):
    """A complex tensor as pairs of real numbers, a view; a real one as it is."""
    return torch.view_as_real(x) if x.is_complex() else x


def _with_hooks(step: Callable) -> Callable:
    """The step method of a class, made to call the hooks; learning-rate schedulers learn from it of the call."""

    @functools.wraps(step)
    def wrapper(self, *args, **kwargs):
        self._step_called = True
        if self._optimizer_step_pre_hooks or _global_pre_hooks:
            for hook in (*_global_pre_hooks.values(), *self._optimizer_step_pre_hooks.values()):
                args, kwargs = _arguments_after(hook(self, args, kwargs), step, args, kwargs)
        result = step(self, *args, **kwargs)
        synchronize()  # a training loop that reads no number must not become one endless program
        if self._optimizer_step_post_hooks or _global_post_hooks:
            for hook in (*self._optimizer_step_post_hooks.values(), *_global_post_hooks.values()):
                hook(self, args, kwargs)
        return result

    wrapper.calls_hooks = True  # type: ignore[attr-defined]
    return wrapper


def _arguments_after(replaced, step, args, kwargs):
    if replaced is None:
        return args, kwargs
    if isinstance(replaced, tuple) and len(replaced) == 2:
        return replaced
    raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {replaced}.")


def _typename(obj) -> str:
    if isinstance(obj, torch.Tensor):
        return obj.type()
    cls = type(obj)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _as_list(params) -> list:
    if isinstance(params, torch.Tensor):
        return [params]
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but "
            "the ordering of tensors in sets will change between runs. Please use a list instead."
        )
    return list(params)


def _split_names(param_group: dict) -> None:
    """Moves the names of named parameters to the group's "param_names"."""
    params = param_group["params"]
    names = [p[0] for p in params if isinstance(p, tuple)]
    if not names:
        return
    if len(names) != len(params):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    param_group["params"] = [p[1] for p in params]
    param_group["param_names"] = names


def _check_sizes(groups: list[dict], saved: list[dict]) -> None:
    if len(groups) != len(saved):
        raise ValueError("loaded state dict has a different number of parameter groups")
    if any(len(group["params"]) != len(other["params"]) for group, other in zip(groups, saved)):
        raise ValueError(
            "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
        )


def _like_parameter(param, value, key=None):
    """A loaded value with its tensors in the parameter's type and on its device; step counts keep their type."""
    if isinstance(value, torch.Tensor):
        if key == "step":
            return value
        dtype = param.dtype if param.is_floating_point() else value.dtype
        return value.to(dtype=dtype, device=param.device)
    if isinstance(value, Mapping):
        return {k: _like_parameter(param, v, k) for k, v in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, (str, bytes)):
        return type(value)(_like_parameter(param, v) for v in value)  # type: ignore[call-arg]
    return value
