"""Hooks: functions that users attach to modules, and the way of a call through them.

In: a module that has hooks (or any module, while global hooks exist) and the arguments of its call. Out: the result,
after the hooks had their say. A module without hooks never comes here.
"""

from __future__ import annotations

import functools
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from .. import Tensor, is_grad_enabled
from ..autograd import Function
from ..handles import RemovableHandle


def add_hook(
    hooks: OrderedDict, hook, prepend: bool = False, flags: tuple[tuple[bool, OrderedDict], ...] = ()
) -> RemovableHandle:
    """Adds a hook at the end, or in front; each flag that is set is noted in its dict. Returns the handle."""
    handle = RemovableHandle(hooks, extra_dict=[noted for _, noted in flags])
    hooks[handle.id] = hook
    for is_set, noted in flags:
        if is_set:
            noted[handle.id] = True
    if prepend:
        hooks.move_to_end(handle.id, last=False)
    return handle


class BoundHook:
    """A hook together with the module that is its first argument, which it does not keep alive."""

    def __init__(self, hook: Callable, module):
        self.hook, self._module = hook, weakref.ref(module)
        functools.update_wrapper(self, hook)

    def __call__(self, *args, **kwargs):
        module = self._module()
        if module is None:
            raise RuntimeError("You are trying to call the hook of a dead Module!")
        return self.hook(module, *args, **kwargs)

    def __getstate__(self):
        return {"hook": self.hook, "module": self._module()}

    def __setstate__(self, state):
        if state["module"] is None:
            raise RuntimeError("You are trying to revive the hook of a dead Module!")
        self.__init__(state["hook"], state["module"])


# ------------------------------------------------------------------ hooks of all modules
class GlobalHook(NamedTuple):
    """A hook of every module. kind: forward_pre, forward, backward_pre, full_backward or backward."""

    kind: str
    call: Callable
    with_kwargs: bool = False
    always_call: bool = False


GLOBAL: OrderedDict[int, GlobalHook] = OrderedDict()
REGISTRATION: dict[str, OrderedDict[int, Callable]] = {
    kind: OrderedDict() for kind in ("parameter", "buffer", "module")
}
_MIXED = (
    "Cannot use both regular backward hooks and full backward hooks as a global Module hook. "
    "Please use only one of them."
)


def register_module_forward_pre_hook(hook: Callable) -> RemovableHandle:
    """Calls hook(module, args) before the forward of every module."""
    return add_hook(GLOBAL, GlobalHook("forward_pre", hook))


def register_module_forward_hook(
    hook: Callable, *, with_kwargs: bool = False, always_call: bool = False
) -> RemovableHandle:
    """Calls hook(module, args, result) after the forward of every module; always_call: also where forward raised."""
    return add_hook(GLOBAL, GlobalHook("forward", hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Callable) -> RemovableHandle:
    """Calls hook(module, grad_output) before the gradients of every module are computed."""
    return add_hook(GLOBAL, GlobalHook("backward_pre", hook))


def register_module_full_backward_hook(hook: Callable) -> RemovableHandle:
    """Calls hook(module, grad_input, grad_output) when the gradients of a module's inputs are computed."""
    return _add_backward_hook("full_backward", "backward", hook)


def register_module_backward_hook(hook: Callable) -> RemovableHandle:
    """Calls hook(module, grad_input, grad_output) on the last operation of every module (deprecated)."""
    return _add_backward_hook("backward", "full_backward", hook)


def _add_backward_hook(kind: str, other: str, hook: Callable) -> RemovableHandle:
    if global_hooks(other):
        raise RuntimeError(_MIXED)
    return add_hook(GLOBAL, GlobalHook(kind, hook))


def register_module_parameter_registration_hook(hook: Callable) -> RemovableHandle:
    """Calls hook(module, name, parameter) when a parameter is registered; what it returns is registered instead."""
    return add_hook(REGISTRATION["parameter"], hook)


def register_module_buffer_registration_hook(hook: Callable) -> RemovableHandle:
    """Calls hook(module, name, buffer) when a buffer is registered; what it returns is registered instead."""
    return add_hook(REGISTRATION["buffer"], hook)


def register_module_module_registration_hook(hook: Callable) -> RemovableHandle:
    """Calls hook(module, name, submodule) when a submodule is registered; what it returns is registered instead."""
    return add_hook(REGISTRATION["module"], hook)


def registered(kind: str, module, name: str, value):
    """The value that is to be registered, after the registration hooks of its kind."""
    for hook in REGISTRATION[kind].values():
        replaced = hook(module, name, value)
        value = value if replaced is None else replaced
    return value


def global_hooks(kind: str) -> list[Callable]:
    """The global hooks of a kind, in order."""
    return [hook.call for hook in GLOBAL.values() if hook.kind == kind]


# ------------------------------------------------------------------ the way of a call
class HookedCall:
    """One call of a module through its hooks: `HookedCall(module, args, kwargs).run()`."""

    def __init__(self, module, args: tuple, kwargs: dict):
        self.module, self.args, self.kwargs, self.result = module, args, kwargs, None
        self.called: set[int] = set()

    def run(self):
        """Calls pre-hooks, forward, hooks; gives back the result."""
        try:
            return self._run()
        except Exception:
            self._call_owed_hooks()
            raise

    def _run(self):
        self._before_forward()
        backward = self._backward_watch()
        if backward:
            self.args = backward.watch_inputs(self.args)
        self.result = self.module.forward(*self.args, **self.kwargs)
        for key, hook in self._forward_hooks().items():
            self.called.add(key)
            self._after_forward(hook)
        if backward:
            self.result = backward.watch_outputs(self.result)
        self._watch_last_operation()
        return self.result

    def _before_forward(self):
        module = self.module
        for hook in global_hooks("forward_pre"):
            self._replace_args(hook(module, self.args))
        for key, hook in list(module._forward_pre_hooks.items()):
            if key in module._forward_pre_hooks_with_kwargs:
                self._replace_args_and_kwargs(hook(module, self.args, self.kwargs))
            else:
                self._replace_args(hook(module, self.args))

    def _replace_args(self, replaced):
        if replaced is not None:
            self.args = replaced if isinstance(replaced, tuple) else (replaced,)

    def _replace_args_and_kwargs(self, replaced):
        if replaced is None:
            return
        if not (isinstance(replaced, tuple) and len(replaced) == 2):
            raise RuntimeError(
                f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
            )
        self.args, self.kwargs = replaced

    def _forward_hooks(self) -> dict[int, GlobalHook]:
        """All forward hooks of this call, the global ones first."""
        module = self.module
        hooks = {key: hook for key, hook in GLOBAL.items() if hook.kind == "forward"}
        for key, hook in module._forward_hooks.items():
            with_kwargs, always = key in module._forward_hooks_with_kwargs, key in module._forward_hooks_always_called
            hooks[key] = GlobalHook("module", hook, with_kwargs, always)
        return hooks

    def _after_forward(self, hook: GlobalHook):
        extra = (self.kwargs,) if hook.with_kwargs else ()
        replaced = hook.call(self.module, self.args, *extra, self.result)
        self.result = self.result if replaced is None else replaced

    def _call_owed_hooks(self):
        """After an error: the hooks that must always be called and have not been."""
        for key, hook in self._forward_hooks().items():
            if hook.always_call and key not in self.called:
                try:
                    self._after_forward(hook)
                except Exception as error:
                    whose = "module" if hook.kind == "module" else "global module"
                    warnings.warn(
                        f"{whose} forward hook with ``always_call=True`` raised an exception that was silenced as "
                        f"another error was raised in forward: {error}",
                        stacklevel=2,
                    )

    def _backward_watch(self) -> BackwardWatch | None:
        module = self.module
        full = global_hooks("full_backward") + (
            list(module._backward_hooks.values()) if module._is_full_backward_hook else []
        )
        before = global_hooks("backward_pre") + list(module._backward_pre_hooks.values())
        return BackwardWatch(module, full, before) if full or before else None

    def _watch_last_operation(self):
        """Puts non-full backward hooks on the operation that made the result."""
        module = self.module
        own = list(module._backward_hooks.values()) if module._is_full_backward_hook is False else []
        hooks = global_hooks("backward") + own
        if not hooks:
            return
        last = self.result
        while not isinstance(last, Tensor):
            last = next(v for v in last.values() if isinstance(v, Tensor)) if isinstance(last, dict) else last[0]
        if last.grad_fn is not None:
            _warn_of_partial_gradients(self.args, self.result, last.grad_fn)
            for hook in hooks:
                last.grad_fn.register_hook(BoundHook(hook, module))


def _warn_of_partial_gradients(inputs: tuple, result, last) -> None:
    """Warns where non-full backward hooks do not see all gradients of a call, whose last operation is `last`."""
    outputs = (result,) if isinstance(result, Tensor) else result
    made_by = {r.grad_fn for r in outputs if isinstance(r, Tensor) and r.grad_fn is not None}
    if not (isinstance(outputs, tuple) and all(isinstance(r, Tensor) for r in outputs)):
        told = ("s on a Module that does not return a single Tensor or a tuple of Tensors", "some of the grad_output")
    elif not all(isinstance(i, Tensor) for i in inputs):
        told = (
            "s on a Module that does not take as input a single Tensor or a tuple of Tensors",
            "some of the grad_input",
        )
    elif len(made_by) > 1:
        told = (" when outputs are generated by different autograd Nodes", "some grad_output")
    elif {i.grad_fn for i in inputs if i.grad_fn is not None} != {node for node, _ in last.next_functions}:
        told = (" when the forward contains multiple autograd Nodes", "some grad_input")
    else:
        return
    article = "" if told[0].startswith("s ") else "a "
    warnings.warn(
        f"Using {article}non-full backward hook{told[0]} is deprecated and will be removed in future versions. This "
        f"hook will be missing {told[1]}. Please use register_full_backward_hook to get the documented behavior.",
        FutureWarning,
        stacklevel=2,
    )


class _Watch(Function):
    """The identity on tensors, whose gradients go through a function on their way.

    fill: whether gradients that are missing come as zeros.
    """

    @staticmethod
    def forward(ctx, observer, fill, *tensors):
        ctx.observer = observer
        ctx.set_materialize_grads(fill)
        outputs = tuple(t.view_as(t) for t in tensors)
        ctx.mark_non_differentiable(*(out for t, out in zip(tensors, outputs) if not t.requires_grad))
        return outputs

    @staticmethod
    def backward(ctx, *grads):
        return (None, None, *ctx.observer(grads))


class BackwardWatch:
    """Calls full backward hooks: the gradients of the outputs come by first, then those of the inputs."""

    def __init__(self, module, hooks: list[Callable], pre_hooks: list[Callable]):
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_outputs: tuple | None = None
        self.inputs: list[int] | None = None
        self.outputs: list[int] | None = None
        self.input_count = self.output_count = 0

    def watch_inputs(self, args: tuple) -> tuple:
        """The arguments, tensors among them replaced by watched ones."""
        self.input_count = len(args)
        args, self.inputs = _watched(args, self._on_grad_inputs, fill=True)
        return args

    def watch_outputs(self, result):
        """The result, its tensors replaced by watched ones."""
        if not isinstance(result, (Tensor, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of Tensors but received "
                f"{type(result)}",
                stacklevel=2,
            )
        values = result if isinstance(result, tuple) else (result,)
        self.output_count = len(values)
        values, self.outputs = _watched(values, self._on_grad_outputs, fill=False)
        return values if isinstance(result, tuple) else values[0]

    def _on_grad_outputs(self, grads: tuple) -> tuple:
        grads = _spread(self.outputs, grads, self.output_count)
        for hook in self.pre_hooks:
            replaced = hook(self.module, grads)
            if replaced is not None:
                _check_count("pre hook", "grad_output", replaced, grads)
                grads = replaced
        self.grad_outputs = grads
        if self.inputs is None:
            self._no_input_requires_grad()
        return tuple(grads[i] for i in self.outputs or ())

    def _no_input_requires_grad(self):
        warnings.warn(
            "Full backward hook is firing when gradients are computed with respect to module outputs since no inputs "
            "require gradients. See https://docs.pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module."
            "register_full_backward_hook for more details.",
            stacklevel=5,
        )
        for hook in self.hooks:
            replaced = hook(self.module, (None,) * self.input_count, self.grad_outputs)
            if replaced is not None and not (isinstance(replaced, tuple) and all(g is None for g in replaced)):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always return None or None for "
                    "all gradients."
                )
        self.grad_outputs = None

    def _on_grad_inputs(self, grads: tuple) -> tuple:
        if self.grad_outputs is None:
            return grads
        spread = _spread(self.inputs, grads, self.input_count)
        for hook in self.hooks:
            replaced = hook(self.module, spread, self.grad_outputs)
            if replaced is not None:
                _check_count("hook", "grad_input", replaced, spread)
                spread = replaced
        self.grad_outputs = None
        return tuple(spread[i] for i in self.inputs or ())


def _watched(values: tuple, observer, fill: bool) -> tuple[tuple, list[int] | None]:
    """The values, tensors watched where one requires a gradient, and the positions of these."""
    positions = [i for i, v in enumerate(values) if isinstance(v, Tensor)]
    if not (is_grad_enabled() and any(values[i].requires_grad for i in positions)):
        return values, None
    replaced = list(values)
    for i, watched in zip(positions, _Watch.apply(observer, fill, *(values[i] for i in positions))):
        watched._untracked_view = False  # writing to it loses no hook: the tape leads from the write through the watch
        replaced[i] = watched
    return (tuple(replaced) if type(values) is tuple else type(values)(*replaced)), positions


def _spread(positions, grads: tuple, count: int) -> tuple:
    known = dict(zip(positions or (), grads))
    return tuple(known.get(i) for i in range(count))


def _check_count(what: str, kind: str, got, expected):
    if len(got) != len(expected):
        raise RuntimeError(
            f"Backward {what} returned an invalid number of {kind}, got {len(got)}, but expected {len(expected)}"
        )
