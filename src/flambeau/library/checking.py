"""torch.library.opcheck: whether an operator does what was registered for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..autograd.modes import no_grad
from ..tensor import Tensor
from ..utils._pytree import tree_flatten, tree_map
from .operators import OpOverload, find

__all__ = ["OpCheckError", "opcheck"]


class OpCheckError(Exception):
    """An operator does not do what was registered for it."""


def opcheck(
    op: Any, args: tuple, kwargs: dict[str, Any] | None = None, *, test_utils: str | Sequence[str] = (
        "test_schema", "test_autograd_registration", "test_faketensor", "test_aot_dispatch_dynamic",
    ), raise_exception: bool = True, atol: float | None = None, rtol: float | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Tests an operator on sample arguments; gives for each test "SUCCESS" or the exception.

    test_utils: which tests.  raise_exception: whether a failure raises OpCheckError.
    """
    found = find(op)
    results: dict[str, Any] = {}
    for name in (test_utils,) if isinstance(test_utils, str) else test_utils:
        try:
            TESTS[name](found, args, kwargs or {})
            results[name] = "SUCCESS"
        except Exception as error:
            if raise_exception:
                raise OpCheckError(
                    f"opcheck(op, ...): {name} failed with {error} (scroll up for stack trace)"
                ) from error
            results[name] = error
    return results


def _copies(values: Any) -> Any:
    return tree_map(
        lambda v: v.detach().clone().requires_grad_(v.requires_grad) if isinstance(v, Tensor) else v, values
    )


def _schema(op: OpOverload, args: tuple, kwargs: dict[str, Any]) -> None:
    """Only the arguments that the schema names are changed."""
    given, named = _copies(args), _copies(kwargs)
    with no_grad():
        op(*given, **named)
    for a, before, after in zip(op._schema.arguments, args, given):
        same = not isinstance(before, Tensor) or bool(
            ((before == after) | ((before != before) & (after != after))).all()
        )
        if not same and not a.mutated:
            raise RuntimeError(f"Argument {a.name} is not defined as mutable but was mutated")


def _autograd(op: OpOverload, args: tuple, kwargs: dict[str, Any]) -> None:
    """Results of arguments that require gradients have a place on the tape."""
    if not any(isinstance(v, Tensor) and v.requires_grad for v in tree_flatten((args, kwargs))[0]):
        return
    results = tree_flatten(op(*_copies(args), **_copies(kwargs)))[0]
    if not any(isinstance(r, Tensor) and r.requires_grad for r in results):
        raise AssertionError(f"{op}: no result requires gradients where arguments do")


def _fake(op: OpOverload, args: tuple, kwargs: dict[str, Any]) -> None:
    """The fake kernel tells the shapes and types of what the kernel gives."""
    if op.fake is None:
        return
    with no_grad():
        told, real = op.fake(*_copies(args), **_copies(kwargs)), op(*_copies(args), **_copies(kwargs))
    for a, b in zip(tree_flatten(told)[0], tree_flatten(real)[0], strict=True):
        if isinstance(b, Tensor) and (a.shape, a.dtype) != (b.shape, b.dtype):
            raise AssertionError(f"{op}: the fake kernel tells {a.shape}, {a.dtype}, but it is {b.shape}, {b.dtype}")


def _backward(op: OpOverload, args: tuple, kwargs: dict[str, Any]) -> None:
    """Gradients can be computed where there are formulas."""
    if op.backward is None:
        return
    given = _copies(args)
    results = [r for r in tree_flatten(op(*given, **_copies(kwargs)))[0] if isinstance(r, Tensor) and r.requires_grad]
    if results:
        sum(r.sum() for r in results).backward()  # type: ignore[union-attr]


TESTS: dict[str, Callable] = {
    "test_schema": _schema,
    "test_autograd_registration": _autograd,
    "test_faketensor": _fake,
    "test_aot_dispatch_static": _backward,
    "test_aot_dispatch_dynamic": _backward,
}
