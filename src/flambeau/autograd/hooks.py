"""Hooks: what is called with the gradients of a tensor or of a tape node on their way.

In: the gradients as they arrive. Out: the gradients as the hooks leave them; one that returns None leaves them as they
are.
A hook may change the value of a gradient, never its shape or dtype.
"""

from __future__ import annotations

from typing import Any

from ..errors import TYPE_NAMES


def run_tensor_hooks(hooks: dict | None, grad):
    """The gradient of one tensor, as its hooks leave it."""
    for hook in list((hooks or {}).values()):
        replaced = hook(grad)
        if replaced is not None:
            _check_value(hook, grad, replaced)
            grad = replaced
    return grad


def run_node_hooks(hooks: dict | None, grads, *seen) -> list:
    """The gradients as a node's hooks leave them; `seen` is what a hook gets besides them."""
    for hook in list((hooks or {}).values()):
        replaced = hook(tuple(grads), *seen)
        if replaced is not None:
            grads = _checked(hook, grads, replaced)
    return list(grads)


def _checked(hook, grads, replaced) -> tuple:
    if not isinstance(replaced, tuple):
        raise TypeError(f"expected tuple, but hook returned '{type(replaced).__name__}'")
    if len(replaced) != len(grads):
        raise RuntimeError(
            f"hook '{_name(hook)}' has returned an incorrect number of values (got {len(replaced)}, but expected "
            f"{len(grads)})"
        )
    for grad, new in zip(grads, replaced):
        if grad is not None and new is not None:
            _check_value(hook, grad, new)
    return replaced


def _check_value(hook, grad, replaced) -> None:
    meta: Any = getattr(replaced, "meta", None)
    if meta is None:
        raise TypeError(f"expected Variable, but hook returned '{type(replaced).__name__}'")
    if meta.dtype is not grad.meta.dtype:
        raise RuntimeError(
            f"hook '{_name(hook)}' has changed the type of value (was torch.{TYPE_NAMES[grad.meta.dtype.name]} got "
            f"torch.{TYPE_NAMES[meta.dtype.name]})"
        )
    if meta.shape != grad.meta.shape:
        raise RuntimeError(f"hook '{_name(hook)}' has changed the size of value")


def _name(hook) -> str:
    return getattr(hook, "__name__", type(hook).__name__)
