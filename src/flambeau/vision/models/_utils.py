"""What builders of models share: arguments as they were written before 0.13, widths, and a network's inner values."""

from __future__ import annotations

import functools
import inspect
import warnings
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from flambeau import nn

from ._api import WeightsEnum


class IntermediateLayerGetter(nn.ModuleDict):
    """Runs a model's children in their order and returns what some of them give.

    Args:
        model: the network, whose children are used in the order in which they are registered.
        return_layers: for each wanted child the name of its value in the result.

    Raises:
        ValueError: the model has no such child.
    """

    _version = 2

    def __init__(self, model: nn.Module, return_layers: dict[str, str]) -> None:
        children = OrderedDict(model.named_children())
        if not set(return_layers) <= set(children):
            raise ValueError("return_layers are not present in model")
        wanted = {str(name) for name in return_layers}
        last = max((i for i, name in enumerate(children) if name in wanted), default=0)
        super().__init__(OrderedDict(list(children.items())[: last + 1]))
        self.return_layers = return_layers

    def forward(self, x):
        out = OrderedDict()
        for name, module in self.items():
            x = module(x)
            if name in self.return_layers:
                out[self.return_layers[name]] = x
        return out


def _make_divisible(v: float, divisor: int, min_value: int | None = None) -> int:
    """The multiple of `divisor` that is nearest to v, at least `min_value` and 0.9 v."""
    nearest = max(divisor if min_value is None else min_value, int(v + divisor / 2) // divisor * divisor)
    return nearest + divisor if nearest < 0.9 * v else nearest


def sequence_to_str(seq: tuple[str, ...], separate_last: str = "") -> str:
    """Names in quotes, with commas between them and a word before the last."""
    *head, last = (f"'{name}'" for name in seq)
    if not head:
        return last
    comma = "" if separate_last and len(seq) == 2 else ","
    return f"{', '.join(head)}{comma} {separate_last}{last}"


def kwonly_to_pos_or_kw(fn: Callable) -> Callable:
    """Lets keyword-only parameters be given by position, with a warning.

    Raises:
        TypeError: the function has no such parameter.
    """
    kinds = {name: parameter.kind for name, parameter in inspect.signature(fn).parameters.items()}
    names = [name for name, kind in kinds.items() if kind is inspect.Parameter.KEYWORD_ONLY]
    if not names:
        raise TypeError(f"Found no keyword-only parameter on function '{fn.__name__}'")
    first = list(kinds).index(names[0])

    @functools.wraps(fn)
    def wrapper(*args, **kwargs):
        by_position = dict(zip(names, args[first:]))
        if by_position:
            warnings.warn(
                f"Using {sequence_to_str(tuple(by_position), separate_last='and ')} as positional parameter(s) is "
                f"deprecated since 0.13 and may be removed in the future. Please use keyword parameter(s) instead.",
                stacklevel=2,
            )
        return fn(*args[:first], **{**kwargs, **by_position})

    return wrapper


def handle_legacy_interface(**weights: tuple[str, Any]) -> Callable[[Callable], Callable]:
    """Lets a builder be called as before 0.13: by position, and with `pretrained=True` for its weights.

    Args:
        **weights: for each parameter that takes weights the name that it had, and the weights that True stood for (or a
            function of the keyword arguments that tells them).
    """

    def decorate(builder):
        @kwonly_to_pos_or_kw
        @functools.wraps(builder)
        def wrapper(*args, **kwargs):
            for name, (old_name, default) in weights.items():
                if _is_legacy(kwargs, name, old_name):
                    kwargs[name] = _weights_meant(builder, kwargs, name, old_name, default)
            return builder(*args, **kwargs)

        return wrapper

    return decorate


def _is_legacy(kwargs: dict[str, Any], name: str, old_name: str) -> bool:
    """Whether weights were asked for in the old way: by the old name, or by a flag where weights stand now."""
    if name not in kwargs:
        return old_name in kwargs
    given = kwargs[name]
    is_name = isinstance(given, str) and given != "legacy"
    return not (given is None or is_name or isinstance(given, WeightsEnum))


def _weights_meant(builder, kwargs: dict[str, Any], name: str, old_name: str, default) -> WeightsEnum | None:
    """Takes the flag out of the arguments and tells the weights that it means, with the warnings."""
    by_position = name in kwargs
    if by_position:
        kwargs[old_name] = kwargs.pop(name)
    meant = None
    if kwargs[old_name]:
        meant = default(kwargs) if callable(default) else default
        if not isinstance(meant, WeightsEnum):
            raise ValueError(f"No weights available for model {builder.__name__}")
    if not by_position:
        warnings.warn(
            f"The parameter '{old_name}' is deprecated since 0.13 and may be removed in the future, please use "
            f"'{name}' instead.",
            stacklevel=4,
        )
    newest = f" You can also use `{name}={type(meant).__name__}.DEFAULT` to get the most up-to-date weights."
    warnings.warn(
        f"Arguments other than a weight enum or `None` for '{name}' are deprecated since 0.13 and may be removed in "
        f"the future. The current behavior is equivalent to passing `{name}={meant}`.{newest if meant else ''}",
        stacklevel=4,
    )
    del kwargs[old_name]
    return meant


def _ovewrite_named_param(kwargs: dict[str, Any], param: str, new_value: Any) -> None:
    """Sets a keyword argument that a builder decides; the same value may have been given."""
    if kwargs.setdefault(param, new_value) != new_value:
        raise ValueError(f"The parameter '{param}' expected value {new_value} but got {kwargs[param]} instead.")


def _ovewrite_value_param(param: str, actual: Any, expected: Any) -> Any:
    """The value that a builder decides, unless another was given."""
    if actual is not None and actual != expected:
        raise ValueError(f"The parameter '{param}' expected value {expected} but got {actual} instead.")
    return expected
