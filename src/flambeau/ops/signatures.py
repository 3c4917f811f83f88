"""What a public function takes, as its annotations declare it: PyTorch's TypeErrors for anything else.

The arguments are looked at where a call fails, and before a step is added to the trie (which call that is for, the
stack knows): a call whose steps are known pays nothing. Only values of plain types are judged; what is unknown here may
know better.
"""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd.modes import MODE
from ..devices import memory_format
from ..dtypes import INTEGER, dtype
from ..errors import kind_of
from ..shapes import all_whole
from ..tensor import Tensor

# What annotations say beside the names of types: a number of any kind, one dimension or several, sizes, tensors.
Scalar = Any
Dims = Any
Sizes = Sequence[int]
Tensors = Sequence[Tensor]
OutputSize = Any  # one size or several, None where it is the input's

PACKAGE = __name__.partition(".")[0]
COMPARED = ("bool", "str")  # what functions written in Python only compare with what they know
PLAIN = (
    bool, int, float, complex, str, bytes, list, tuple, dict, type(None), np.generic, np.ndarray, Tensor, dtype,
    memory_format,
)  # fmt: skip


def _whole(value) -> bool:
    if isinstance(value, Tensor):
        return not value.meta.ndim and value.meta.dtype.category == INTEGER
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _number(value) -> bool:
    if isinstance(value, Tensor):
        return not value.meta.ndim
    return isinstance(value, (int, float, complex, np.number, np.bool_))


def _real(value) -> bool:
    return _number(value) and not isinstance(value, complex)


def _all(accepts: Callable) -> Callable:
    def listed(value) -> bool:
        return isinstance(value, (list, tuple)) and all(accepts(v) or not isinstance(v, PLAIN) for v in value)

    return listed


def _one_or_all(value) -> bool:
    return _whole(value) or _all(_whole)(value)


def _sizes_or_none(value) -> bool:
    return value is None or _one_or_all(value) or _all(lambda size: size is None or _whole(size))(value)


def _a(kind: type) -> Callable:
    return lambda value: isinstance(value, kind)


# What an annotation accepts, and what PyTorch calls it.
KINDS: dict[str, tuple[Callable, str]] = {
    "int": (_whole, "int"),
    "float": (_real, "float"),
    "Scalar": (_number, "Number"),
    "bool": (_a(bool), "bool"),
    "str": (_a(str), "str"),
    "Tensor": (_a(Tensor), "Tensor"),
    "dtype": (_a(dtype), "torch.dtype"),
    "dtypes.dtype": (_a(dtype), "torch.dtype"),
    "devices.memory_format": (_a(memory_format), "torch.memory_format"),
    "None": (lambda value: value is None, "None"),
    "Sizes": (_all(_whole), "tuple of ints"),
    "Dims": (_one_or_all, "tuple of ints"),
    "OutputSize": (_sizes_or_none, "tuple of ints"),
    "Tensors": (_all(_a(Tensor)), "tuple of Tensors"),
}


def declares(function: Callable, unjudged: tuple = ()) -> bool:
    """Whether a function says of any argument what it takes."""
    own = inspect.unwrap(function).__annotations__
    return any(kind not in unjudged for name, kind in own.items() if name != "return")


def entrance(function: Callable, names: dict[str, str], method: bool = False, python: bool = False) -> Callable:
    """The way into a public function: other names of keywords are its own, arguments of other types are refused.

    method: whether positions are counted from the argument after the first.
    python: whether PyTorch's function is written in Python: it compares flags and names with what it knows, and its
    ValueErrors come before any judgement.
    """

    @functools.wraps(function)
    def entered(*args, **kwargs):
        if kwargs:
            if method and "out" in kwargs:  # NumPy's functions ask so
                raise TypeError(f"{function.__name__}() got an unexpected keyword argument '{next(iter(kwargs))}'")
            if names:
                kwargs = {names.get(name, name): value for name, value in kwargs.items()}
        try:
            return function(*args, **kwargs)
        except Exception as error:
            if not (python and isinstance(error, ValueError)):
                refuse(function, args, kwargs, method, python)
            if not isinstance(error, TypeError) and MODE.enabled and kwargs.get("out") is not None:
                _refuse_tracked(function, (*args, *kwargs.values()))
            raise

    return entered


_ENTERED = entrance(lambda: None, {}).__code__


def check_callers() -> None:
    """Refuses what the public functions that are running were given, before a step of theirs is added to the trie."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(PACKAGE):
        if frame.f_code is _ENTERED:
            known = frame.f_locals
            refuse(known["function"], known["args"], known["kwargs"], known["method"], known["python"])
        frame = frame.f_back  # type: ignore[assignment]


def entrances(namespace: dict, package: str = "", python: bool = False) -> None:
    """Puts entrances before those public functions of a module that have none yet.

    package: where they are defined, the module itself if empty.  python: see `entrance`.
    """
    package = package or namespace["__name__"]
    for name, function in list(namespace.items()):
        own = inspect.isfunction(function) and function.__module__.startswith(package) and name == function.__name__
        bare = own and not name.startswith("_") and function is inspect.unwrap(function)
        if bare and declares(function, COMPARED if python else ()):
            namespace[name] = entrance(function, {}, python=python)
            setattr(sys.modules[function.__module__], name, namespace[name])  # where pickle finds it


def refuse(function: Callable, args: tuple, kwargs: dict, method: bool = False, python: bool = False) -> None:
    """Raises TypeError, with PyTorch's text, for the first argument that is not what a function declares."""
    inner = inspect.unwrap(function)
    kinds = _declared(inner, COMPARED if python else ())
    for place, (name, value) in enumerate(zip(inner.__code__.co_varnames[: inner.__code__.co_argcount], args), 1):
        _judge(inner, name, value, kinds, place - method)
    for name, value in kwargs.items():
        _judge(inner, name, value, kinds)


def whole_sizes(args: Sequence, argument: str) -> tuple[int, ...]:
    """f(2, 3), f((2, 3)) and f([2, 3]) alike, as ints; TypeError that names the argument of the calling function."""
    sizes = args[0] if len(args) == 1 and isinstance(args[0], (tuple, list)) else args
    try:
        return all_whole(sizes)
    except TypeError:
        if any(isinstance(size, Tensor) for size in sizes):
            raise
        function = sys._getframe(2).f_code.co_name.removesuffix("_method")
        unlike = _unlike([KINDS["Sizes"]], args[0] if len(args) == 1 else args, 1)
        raise TypeError(f"{function}(): argument '{argument}'{unlike}") from None


def _refuse_tracked(function: Callable, values: tuple) -> None:
    """Raises RuntimeError where the result would go to `out`, past the tape."""
    given = [part for v in values for part in (v if isinstance(v, (list, tuple)) else (v,))]
    if any(isinstance(v, Tensor) and v._requires_grad for v in given):
        raise RuntimeError(
            f"{_title(function)}(): functions with out=... arguments don't support automatic differentiation, but one "
            "of the arguments requires grad."
        ) from None


def _judge(function, name: str, value, kinds, place: int = 0) -> None:
    """place: the argument's position, counted from 1; 0 where it was named."""
    accepted = kinds.get(name)
    if accepted is None or not isinstance(value, PLAIN) or any(accepts(value) for accepts, _ in accepted):
        return
    if accepted[0] is KINDS["Tensors"] and isinstance(value, (list, tuple)):
        i, found = next((i, part) for i, part in enumerate(value) if not isinstance(part, Tensor))
        raise TypeError(
            f"expected Tensor as element {i} in argument {max(place - 1, 0)}, but got {kind_of(found)}"
        ) from None
    raise TypeError(f"{_title(function)}(): argument '{name}'{_unlike(accepted, value, place)}") from None


def _unlike(accepted, value, argument: int) -> str:
    """What was declared, and what was given."""
    accepts, title = accepted[0]
    position = f" (position {argument})" if argument else ""
    if position and isinstance(value, (list, tuple)) and "tuple" in title:
        place = next(i for i, part in enumerate(value) if not accepts((part,)))
        if place:
            found = f'"type must be {title},but got {kind_of(value[place])}"'
            return f" failed to unpack the object at pos {place + 1} with error {found}"
        return f"{position} must be {title}, but found element of type {kind_of(value[place])} at pos {place}"
    return f"{position} must be {title}, not {kind_of(value)}"


def _title(function: Callable) -> str:
    """What PyTorch's parser calls a function: with its package before its name."""
    package = function.__module__.removeprefix(f"{PACKAGE}.").partition(".")[0]
    return f"{package}_{function.__name__}" if package in ("fft", "linalg", "special") else function.__name__


@functools.cache
def _declared(function: Callable, unjudged: tuple) -> dict[str, list]:
    """What each argument of a function may be; those without a say are left out."""
    found = {}
    for p in inspect.signature(function).parameters.values():
        said = "Tensor | Tensors" if p.name == "out" and p.annotation is p.empty else str(p.annotation)
        kinds = [part.strip() for part in said.split("|")]
        if all(kind in KINDS and kind not in unjudged for kind in kinds):
            found[p.name] = [KINDS[kind] for kind in kinds] + ([KINDS["None"]] if p.default is None else [])
    return found
