"""Schemas of operators: their arguments and results, read from a text or from the annotations of a function."""

from __future__ import annotations

import collections.abc
import functools
import inspect
import operator
import re
import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .. import device, dtype
from ..compat.names import torch_name
from ..gates import overrides
from ..tensor import Tensor

_SCALARS: dict[Any, str] = {
    Tensor: "Tensor", int: "SymInt", float: "float", bool: "bool", str: "str", int | float | bool: "Scalar",
    dtype: "ScalarType", device: "Device",
}  # fmt: skip
_LISTED = (Tensor, Tensor | None, int, float, bool, int | float | bool)
_NO_DEFAULT = inspect.Parameter.empty


@dataclass
class Argument:
    """One argument of an operator. kind: its type as schemas write it.  mutated: whether the operator changes it."""

    name: str
    kind: str
    default: Any = _NO_DEFAULT
    kwarg_only: bool = False
    mutated: bool = False

    def __str__(self) -> str:
        default = "" if self.default is _NO_DEFAULT else f"={_shown(self.default)}"
        return f"{self.kind} {self.name}{default}"


@dataclass
class Schema:
    """What an operator takes and gives."""

    name: str
    overload_name: str
    arguments: list[Argument]
    returns: str

    def __str__(self) -> str:
        overload = f".{self.overload_name}" if self.overload_name else ""
        return f"{self.name}{overload}({_listed(self.arguments)}) -> {self.returns}"

    @property
    def is_mutable(self) -> bool:
        """Whether the operator changes an argument."""
        return any(a.mutated for a in self.arguments)

    def bind(self, args: tuple, kwargs: dict[str, Any]) -> tuple[list, dict[str, Any]]:
        """The arguments of a call in order, with defaults, and those by keyword alone. Raises RuntimeError."""
        positional: list = []
        named: dict[str, Any] = {}
        for key in kwargs:
            if all(a.name != key for a in self.arguments):
                raise RuntimeError(f"Unknown keyword argument '{key}' for operator '{self.name}'. Schema: {self}")
        places = [a for a in self.arguments if not a.kwarg_only]
        if len(args) > len(places):
            raise RuntimeError(
                f"{self.name}() expected at most {len(places)} argument(s) but received {len(args)} argument(s). "
                f"Declaration: {self}"
            )
        for i, a in enumerate(self.arguments):
            value = args[i] if i < len(args) and not a.kwarg_only else kwargs.get(a.name, a.default)
            if value is _NO_DEFAULT:
                raise RuntimeError(f"{self.name}() is missing value for argument '{a.name}'. Declaration: {self}")
            self._check(a, i, value)
            if a.kwarg_only:
                named[a.name] = value
            else:
                positional.append(value)
        return positional, named

    def without_defaults(self, positional: list, named: dict[str, Any]) -> tuple[list, dict[str, Any]]:
        """The arguments that a kernel is called with: defaults at the end are left to it."""
        defaults = {a.name: a.default for a in self.arguments}
        count = len(positional)
        places = [a for a in self.arguments if not a.kwarg_only]
        while count and _is_default(positional[count - 1], places[count - 1].default):
            count -= 1
        return positional[:count], {k: v for k, v in named.items() if not _is_default(v, defaults[k])}

    def _check(self, a: Argument, place: int, value: Any) -> None:
        if not re.fullmatch(r"Tensor(\(\w+!?\))?", a.kind) or isinstance(value, Tensor) or overrides(type(value)):
            return
        raise RuntimeError(
            f"{self.name}() Expected a value of type 'Tensor' for argument '{a.name}' but instead found type "
            f"'{type(value).__name__}'.\nPosition: {place}\nValue: {value}\nDeclaration: {self}\nCast error details: "
            f"Unable to cast {value} to Tensor"
        )


def _is_default(value: Any, default: Any) -> bool:
    return type(value) is type(default) and value == default


def _shown(value: Any) -> str:
    """A default as schemas print it."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, float) and value.is_integer():
        return f"{int(value)}."
    return f"[{', '.join(map(_shown, value))}]" if isinstance(value, (list, tuple)) else str(value)


def _listed(arguments: list[Argument]) -> str:
    parts = [str(a) for a in arguments]
    first = next((i for i, a in enumerate(arguments) if a.kwarg_only), None)
    return ", ".join(parts if first is None else [*parts[:first], "*", *parts[first:]])


# ------------------------------------------------------------------ from a text
_HEAD = re.compile(r"\s*([\w:]*)(?:\.(\w+))?\s*\((.*)\)\s*->\s*(.*?)\s*$", re.DOTALL)
_ARGUMENT = re.compile(r"\s*(\S+(?:\s*\?)?)\s+(\w+)\s*(?:=\s*(.*?))?\s*$", re.DOTALL)


def parse(text: str, namespace: str = "") -> Schema:
    """The schema that a text like `add(Tensor x, int y=1) -> Tensor` writes. Raises RuntimeError for others."""
    match = _HEAD.match(text)
    if match is None:
        raise RuntimeError(f"{text!r} is no schema: expected name(arguments) -> results")
    name, overload, arguments, returns = match.groups()
    name = name if "::" in name or not namespace else f"{namespace}::{name}"
    return Schema(name, overload or "", list(_arguments(arguments)), returns)


def _arguments(text: str) -> Iterable[Argument]:
    kwarg_only = False
    for part in re.split(r",(?![^\[(]*[\])])", text) if text.strip() else []:
        if part.strip() == "*":
            kwarg_only = True
            continue
        match = _ARGUMENT.match(part)
        if match is None:
            raise RuntimeError(f"{part.strip()!r} is no argument of a schema: expected a type and a name")
        kind, name, default = match.groups()
        yield Argument(name, kind, _NO_DEFAULT if default is None else _value(default), kwarg_only, "!" in kind)


def _value(text: str) -> Any:
    known = {"None": None, "True": True, "False": False}
    if text in known:
        return known[text]
    if text[0] in "\"'":
        return text[1:-1]
    if text[0] == "[":
        return [_value(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


# ------------------------------------------------------------------ from annotations
def infer_schema(prototype_function: Callable, /, *, mutates_args: Any, op_name: str | None = None) -> str:
    """The schema of a function, told by its annotations.

    mutates_args: the names of the arguments that it changes, or "unknown" for any.  op_name: a name to begin with.
    Raises ValueError where an annotation is missing or no schema can write it.
    """
    signature = inspect.signature(prototype_function)
    hints = _hints(prototype_function)
    shown = _shown_signature(signature, hints)

    def fail(what: str):
        raise ValueError(f"infer_schema(func): {what} Got func with signature {shown})")

    names = set() if mutates_args == "unknown" else set(mutates_args)
    if unknown := names - set(signature.parameters):
        fail(
            f"{unknown} in mutates_args were not found in the custom op's signature. mutates_args should contain the "
            "names of all args that the custom op mutates, or just the string 'unknown' if you don't know."
        )
    arguments, changed = [], 0
    for parameter in signature.parameters.values():
        mutated = parameter.name in names or mutates_args == "unknown"
        kind = _argument_kind(parameter, hints, fail)
        if mutated and kind.startswith("Tensor"):
            kind, changed = f"Tensor(a{changed}!)" + kind.removeprefix("Tensor"), changed + 1
        default = parameter.default
        if default is not _NO_DEFAULT and not isinstance(default, (int, float, bool, str, type(None), dtype, device)):
            fail(
                f"Parameter {parameter.name} has an unsupported default value type {type(default)}. Please file an "
                "issue on GitHub so we can prioritize this."
            )
        arguments.append(Argument(parameter.name, kind, default, parameter.kind is parameter.KEYWORD_ONLY))
    return f"{op_name or ''}({_inferred(arguments)}) -> {_return_kind(hints.get('return', _NO_DEFAULT), fail)}"


def _inferred(arguments: list[Argument]) -> str:
    """Arguments as they are inferred, with floats as Python prints them."""
    text = _listed(arguments)
    return re.sub(r"(=-?\d+)\.(?=[,)\s]|$)", r"\1.0", text)


def _hints(function: Callable) -> dict[str, Any]:
    """The annotations; those that are text are read in the function's module."""
    names = getattr(function, "__globals__", {})
    hints = getattr(function, "__annotations__", {})
    return {name: eval(kind, names) if isinstance(kind, str) else kind for name, kind in hints.items()}


def _argument_kind(parameter: inspect.Parameter, hints: dict[str, Any], fail: Callable) -> str:
    if parameter.kind not in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
        fail("We do not support positional-only args, varargs, or varkwargs.")
    if parameter.name not in hints:
        fail(f"Parameter {parameter.name} must have a type annotation.")
    kind = _written(hints[parameter.name])
    if kind is None:
        fail(
            f"Parameter {parameter.name} has unsupported type {hints[parameter.name]}. The valid types are: tensors, "
            "int, float, bool, str, numbers, dtypes and devices, lists of the first of these, and Optional of them."
        )
    return str(kind)


def _written(kind: Any) -> str | None:
    """A type as schemas write it; None where they do not."""
    if (known := _look_up(_SCALARS, kind)) is not None:
        return known
    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType) and type(None) in parts:
        inner = _written(functools.reduce(operator.or_, (part for part in parts if part is not type(None))))
        return None if inner is None else f"{inner}?"
    if origin in (list, collections.abc.Sequence) and any(parts[0] == listed for listed in _LISTED):
        return f"{_written(parts[0])}[]"
    return None


def _look_up(table: dict[Any, str], kind: Any) -> str | None:
    return next((written for known, written in table.items() if known == kind), None)


def _return_kind(kind: Any, fail: Callable) -> str:
    if kind is None or kind is type(None):
        return "()"
    if kind is _NO_DEFAULT:
        fail("No return type annotation was provided. Please add one.")
    if typing.get_origin(kind) is tuple:
        return f"({', '.join(_return_kind(part, fail) for part in typing.get_args(kind))})"
    written = _written(kind)
    if written not in ("Tensor", "Tensor[]", "SymInt", "float", "bool", "Scalar"):
        fail(
            f"Return has unsupported type {kind}. The valid types are: tensors, lists of tensors, int, float, bool "
            "and numbers."
        )
    return str(written)


def _shown_signature(signature: inspect.Signature, hints: dict[str, Any]) -> str:
    text = str(signature.replace(
        parameters=[p.replace(annotation=hints.get(p.name, _NO_DEFAULT)) for p in signature.parameters.values()],
        return_annotation=hints.get("return", inspect.Signature.empty),
    ))  # fmt: skip
    own, name = torch_name(Tensor)
    return text.replace(f"{Tensor.__module__}.Tensor", f"{own}.{name or 'Tensor'}")
