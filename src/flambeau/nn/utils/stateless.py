"""torch.nn.utils.stateless: calls of a module with other tensors in place of its parameters and buffers."""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

from ... import Tensor


def functional_call(
    module, parameters_and_buffers: dict[str, Tensor], args: Any = None, kwargs: dict[str, Any] | None = None, *,
    tie_weights: bool = True, strict: bool = False,
):  # fmt: skip
    """call_with_tensors, by the name that torch.func.functional_call had before (deprecated)."""
    warnings.warn(
        "`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future "
        "version of PyTorch. Please use `torch.func.functional_call` instead which is a drop-in replacement.",
        FutureWarning,
        stacklevel=2,
    )
    return call_with_tensors(module, parameters_and_buffers, args, kwargs, tie_weights, strict)


def call_with_tensors(
    module, parameters_and_buffers: dict[str, Tensor], args: Any = None, kwargs: dict[str, Any] | None = None,
    tie_weights: bool = True, strict: bool = False,
):  # fmt: skip
    """module(*args, **kwargs) with the tensors of a dictionary in place of those of these dotted names.

    args: a tuple, or one argument.  tie_weights: whether tensors that the module has under several names are replaced
    together.  strict: whether all names must be given, and no others. New values that the call gives to the names
    are put in the dictionary. Raises RuntimeError, TypeError, ValueError where the dictionary does not fit.
    """
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with replaced(module, parameters_and_buffers, tie_weights, strict):
        return module(*args, **(kwargs or {}))


@contextlib.contextmanager
def replaced(module, tensors: dict[str, Tensor], tie_weights: bool = False, strict: bool = False):
    """While this lasts, the module has the given tensors in place of its own."""
    given = _tied(module, tensors) if tie_weights else tensors
    if strict:
        _check_names(module, given)
    places = {name: _place(module, name) for name in given}
    for tensor in given.values():
        if not isinstance(tensor, Tensor):
            raise TypeError(f"{tensor} is not an instance of torch.Tensor")
    before = {name: members[key] for name, (members, key) in places.items() if key in members}
    try:
        for name, (members, key) in places.items():
            if key in members:
                members[key] = given[name]
        yield
    finally:
        for name, value in before.items():
            members, key = places[name]
            if name in tensors:
                tensors[name] = members[key]
            members[key] = value


def _place(module, name: str) -> tuple[dict, str]:
    """The dictionary of a module that holds a tensor, and its key there; AttributeError where no module has it."""
    path, _, key = name.rpartition(".")
    owner = module.get_submodule(path)
    return (owner._buffers if key in owner._buffers else owner._parameters), key


def _named_tensors(module) -> dict[str, Tensor]:
    return {
        **dict(module.named_parameters(remove_duplicate=False)),
        **dict(module.named_buffers(remove_duplicate=False)),
    }


def _tied(module, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors, also under the other names of those that they replace."""
    groups: dict[int, list[str]] = {}
    for name, own in _named_tensors(module).items():
        groups.setdefault(id(own), []).append(name)
    given = dict(tensors)
    for names in groups.values():
        there = [name for name in names if name in tensors]
        if len({id(tensors[name]) for name in there}) > 1:
            raise ValueError(
                f"functional_call got multiple values for keys {sorted(there)}, which are tied. Consider using "
                "tie_weights=False"
            )
        given.update((name, tensors[there[0]]) for name in names if there)
    return given


def _check_names(module, given: dict[str, Tensor]):
    own, lines = _named_tensors(module), []
    for title, names in (("Unexpected", given.keys() - own.keys()), ("Missing", own.keys() - given.keys())):
        if names:
            lines.append(f"{title} key(s): {', '.join(map(repr, sorted(names)))}.")
    if lines:
        raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t" + "\n\t".join(lines))
