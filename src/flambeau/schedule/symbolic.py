"""Sizes as symbols: numbers that remember how they were computed, and what was asked of them.

A Symbol has the value of one size of one program, and goes through a computation in its place. What the computation
does with it is noted on a Tape: arithmetic as expressions, comparisons as guards. So its results are expressions of the
sizes, right for all sizes that meet the guards; `Tape.function` makes a Python function of both. Where a plain number
must be had (an index, a text), the symbol is guarded to be that number. A Symbol is no int, lest code in C take its
value unseen.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

ARITHMETIC = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod,
    "/": operator.truediv,
}  # fmt: skip
COMPARISONS = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
OPERATORS = {
    "add": "+", "sub": "-", "mul": "*", "floordiv": "//", "mod": "%", "truediv": "/",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip
NEUTRAL = frozenset({("+", 0), ("-", 0), ("*", 1), ("//", 1)})  # right operands that change nothing
NUMBERS = frozenset({int, float, bool})


class Line(NamedTuple):
    """A statement of a Tape: what it assigns (nothing: it is a guard), its text, the names that it reads."""

    made: tuple[str, ...]
    text: str
    read: tuple[str, ...]
    is_call: bool = False


class Tape:
    """Expressions of variables, and guards, in the order in which a computation came to them."""

    def __init__(self):
        self.variables: list[Symbol] = []
        self._lines: list[Line] = []
        self._known: dict[tuple, Any] = {}
        self._functions: dict[str, Callable] = {}
        self._count = 0

    def variable(self, value: int) -> Symbol:
        """A size that is given."""
        self.variables.append(self._symbol(value))
        return self.variables[-1]

    def arithmetic(self, op: str, a, b):
        """A binary operation, "+" for example."""
        key = op, _text(a), _text(b)
        if key not in self._known:
            same = _trivial(op, a, b)
            self._known[key] = self._new(f"{key[1]} {op} {key[2]}", ARITHMETIC[op], a, b) if same is None else same
        return self._known[key]

    def rounded(self, a) -> Symbol:
        """The nearest integer."""
        return self._new(f"round({_text(a)})", round, a)

    def extreme(self, name: str, a, b) -> Symbol:
        """The smaller ("min") or the larger ("max") of two numbers."""
        key = name, _text(a), _text(b)
        if key not in self._known:
            self._known[key] = self._new(f"{name}({key[1]}, {key[2]})", {"min": min, "max": max}[name], a, b)
        return self._known[key]

    def compare(self, op: str, a, b) -> bool:
        """A comparison, which is a guard from here on."""
        key = op, _text(a), _text(b)
        if key not in self._known:
            holds = self._known[key] = COMPARISONS[op](_value(a), _value(b))
            text = " ".join((key[1], op, key[2]))
            self._lines.append(Line((), f"if {'not ' if holds else ''}{text}: return None", _names((a, b))))
        return self._known[key]

    def call(self, function: Callable[[Sequence], Sequence], sizes: Sequence) -> list[Symbol]:
        """A function of sizes as one step, which nothing is asked about."""
        name = f"f{len(self._functions)}"
        self._functions[name] = function
        made = [self._symbol(value) for value in function([_value(size) for size in sizes])]
        names = tuple(symbol.name for symbol in made)
        text = f"{', '.join(names)}, = {name}(({''.join(_text(size) + ', ' for size in sizes)}))"
        self._lines.append(Line(names, text, _names(sizes), is_call=True))
        return made

    def function(self, results: Sequence[Symbol]) -> Callable[[Sequence[int]], tuple | None]:
        """A function from values of the variables to those of some symbols; None where a guard fails."""
        given = ", ".join(symbol.name for symbol in self.variables)
        wanted = ", ".join(symbol.name for symbol in results)
        body = [f"{given}, = given", *self._needed(results), f"return ({wanted}{',' * bool(results)})"]
        source = "\n    ".join(["def function(given):", *body])
        scope: dict[str, Any] = {"inf": math.inf, **self._functions}
        exec(compile(source, "<sizes>", "exec"), scope)
        return scope["function"]

    def forget(self) -> None:
        """Lets go of all expressions: symbols that are still somewhere, as keys, keep nothing else alive."""
        self._lines, self._known, self._functions, self.variables = [], {}, {}, []

    def _needed(self, results: Sequence[Symbol]) -> list[str]:
        """The text of the guards and of what they and the results are computed from; what calls give comes last."""
        names = {symbol.name for symbol in results}
        lines = []
        for line in reversed(self._lines):
            if not line.made or not names.isdisjoint(line.made):
                names.update(line.read)
                lines.append(line)
        called: set[str] = set()
        first, last = [], []
        for line in reversed(lines):
            late = line.is_call or not called.isdisjoint(line.read)
            called.update(line.made if late else ())
            (last if late else first).append(line.text)
        return first + last

    def _symbol(self, value) -> Symbol:
        self._count += 1
        return Symbol(self, f"x{self._count}", value)

    def _new(self, text: str, function: Callable, *operands) -> Symbol:
        made = self._symbol(function(*map(_value, operands)))
        self._lines.append(Line((made.name,), f"{made.name} = {text}", _names(operands)))
        return made


class Symbol:
    """A number that is an expression of a Tape; equal expressions are one object."""

    __slots__ = ("name", "tape", "value")

    def __init__(self, tape: Tape, name: str, value):
        self.tape, self.name, self.value = tape, name, value

    # In sets and dictionaries symbols are told apart by their expressions, not by values that may be equal by chance.
    __hash__ = object.__hash__

    def pinned(self):
        """The value, which is the only right one from here on."""
        self.tape.compare("==", self, self.value)
        return self.value

    __index__ = __int__ = pinned

    def __float__(self):
        return float(self.pinned())

    def __repr__(self):
        return repr(self.pinned())

    def __bool__(self):
        return self.tape.compare("!=", self, 0)

    def __neg__(self):
        return 0 - self

    def __abs__(self):
        return -self if self < 0 else self

    def least(self, other):
        """The smaller of two numbers; which that is, is no guard."""
        return self.tape.extreme("min", self, other)

    def most(self, other):
        """The larger of two numbers."""
        return self.tape.extreme("max", self, other)

    def __round__(self):
        return self.tape.rounded(self)


def call(function: Callable[[Sequence], Sequence], sizes: Sequence) -> Sequence:
    """function(sizes), as one step of a computation where some size is a symbol."""
    tape = next((size.tape for size in sizes if type(size) is Symbol), None)
    return function(sizes) if tape is None else tape.call(function, sizes)


def _text(x) -> str:
    return x.name if type(x) is Symbol else f"({x!r})" if x < 0 else repr(x)


def _value(x):
    return x.value if type(x) is Symbol else x


def _names(operands: Sequence) -> tuple[str, ...]:
    return tuple(x.name for x in operands if type(x) is Symbol)


def _trivial(op: str, a, b):
    """The operand that is the result, if one is."""
    if type(b) is int and (op, b) in NEUTRAL:
        return a
    return b if type(a) is int and op in "+*" and (op, a) in NEUTRAL else None


def _together(a: Symbol, b) -> bool:
    """Whether two operands can meet on a tape."""
    return b.tape is a.tape if type(b) is Symbol else type(b) in NUMBERS


def _forward(op: str) -> Callable:
    return lambda a, b: a.tape.arithmetic(op, a, b) if _together(a, b) else NotImplemented


def _reflected(op: str) -> Callable:
    return lambda a, b: a.tape.arithmetic(op, b, a) if _together(a, b) else NotImplemented


def _comparison(op: str) -> Callable:
    def method(a, b):
        if a is b:
            return op in ("==", "<=", ">=")
        return a.tape.compare(op, a, b) if _together(a, b) else NotImplemented

    return method


for _name, _op in OPERATORS.items():
    if _op in ARITHMETIC:
        setattr(Symbol, f"__{_name}__", _forward(_op))
        setattr(Symbol, f"__r{_name}__", _reflected(_op))
    else:
        setattr(Symbol, f"__{_name}__", _comparison(_op))
