"""Plans as functions of sizes: what is planned for sizes of some range serves all of them.

The first requests of a structure are planned as they are. Where sizes go on changing, those that do become symbols, and
the plan that is made with them is a template: guards, and words that are expressions of the sizes. It serves every
later request that meets the guards, at the cost of computing these; another range gets another template. It gives what
planning would, word for word, but that it does not take for one what is equal by chance.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..runtime.execute import HostCall, Segment
from . import kept
from .program import Code, KernelRecord
from .request import Request
from .symbolic import Symbol, Tape

FAMILIES = 4096  # structures that are remembered
PATIENCE = 2  # requests of a structure that are planned as they are
REQUESTS = 16  # of a structure for which something is planned before it is given up to make templates


def code(request: Request) -> Code:
    """The code of a request, from a template where there is one."""
    if request.structure is None:
        return planned(request)
    family = _families.get(request.structure)
    if family is None:
        if len(_families) >= FAMILIES:
            _families.clear()
        _families[request.structure] = Family(request)
        return _kept(request)
    return family.code(request)


def planned(request: Request) -> Code:
    """The code of a request, made anew."""
    from . import plan  # loading the kernel generators takes its time

    return plan.planned(request)


def _kept(request: Request) -> Code:
    """The code of a request from the cache folder; if need be, it is put there."""
    found = kept.load(request)
    if found is None:
        found = planned(request)
        kept.store(request, found)
    return found


class Family:
    """The templates of a structure.

    history: the sizes for which something was planned.
    """

    def __init__(self, first: Request):
        self.history = [np.array(first.sizes, np.int64)]
        self.templates: list[Template] = []

    def code(self, request: Request) -> Code:
        """The code of a request of this structure."""
        sizes = np.array(request.sizes, np.int64)
        for template in self.templates:
            if (found := template.code(sizes)) is not None:
                return found
        self.history.append(sizes)
        made = self._template(request) if PATIENCE < len(self.history) <= REQUESTS else None
        if made is None:
            return planned(request)
        self.templates.insert(0, made)
        return made.code(sizes)

    def _template(self, request: Request) -> Template | None:
        """A template for the sizes that have differed so far; None where a plan cannot be made with symbols."""
        seen = np.stack(self.history)
        varying = np.flatnonzero((seen != seen[0]).any(axis=0))
        if not len(varying):
            return None
        # Sizes that were always equal are one variable.
        _, firsts, groups = np.unique(seen[:, varying], axis=1, return_index=True, return_inverse=True)
        tape, sizes = Tape(), list(request.sizes)
        variables = [tape.variable(sizes[varying[i]]) for i in firsts]
        for place, group in zip(varying, groups.ravel()):
            sizes[place] = variables[group]
        try:
            symbolic = planned(request.resized(sizes))
            return Template(seen[-1], Variables(varying, firsts, groups.ravel()), tape, symbolic)
        except (TypeError, AttributeError):  # something is done with a size that no tape can note
            return None


_families: dict[bytes, Family] = {}


class Variables(NamedTuple):
    """Which sizes of a request are variables.

    varying: the places of sizes that may differ.  firsts, groups: which of these is the first of each variable, and the
    variable of each.
    """

    varying: np.ndarray
    firsts: np.ndarray
    groups: np.ndarray

    def values(self, sizes: np.ndarray) -> np.ndarray | None:
        """The values of the variables; None where sizes differ that are one variable."""
        given = sizes[self.varying]
        values = given[self.firsts]
        return values if (values[self.groups] == given).all() else None


class Template:
    """A plan made with symbols: for some sizes, of which variables may differ. TypeError where it is no plain data."""

    def __init__(self, sizes: np.ndarray, variables: Variables, tape: Tape, symbolic: Code):
        if any(isinstance(step, HostCall) for step in symbolic.steps):
            raise TypeError("what Python computes knows its sizes")
        self._variables = variables
        self._fixed = np.setdiff1d(np.arange(len(sizes)), variables.varying)
        self._expected = sizes[self._fixed]
        self._symbols = Symbols()
        self._code = symbolic
        self._fillings = [self._symbols.filling(segment.words) for segment in symbolic.steps]
        for number in _numbers(symbolic):
            self._symbols.place(number)
        self._function = tape.function(self._symbols.known)

    def code(self, sizes: np.ndarray) -> Code | None:
        """The code for sizes; None where the template is not made for them."""
        values = self._variables.values(sizes)
        if values is None or not (sizes[self._fixed] == self._expected).all():
            return None
        results = self._function(values.tolist())
        return None if results is None else self._filled(np.array(results, np.int64))

    def _filled(self, results: np.ndarray) -> Code:
        def value(x):
            return int(results[self._symbols.place(x)]) if type(x) is Symbol else x

        steps = [
            replace(segment, words=fill(results), bytes=value(segment.bytes), flops=value(segment.flops))
            for segment, fill in zip(self._code.steps, self._fillings)
        ]
        kernels = [replace(one, bytes=value(one.bytes), flops=value(one.flops)) for one in self._code.kernels]
        return replace(self._code, steps=steps, scratch=value(self._code.scratch), kernels=kernels)


class Symbols:
    """The symbols that a plan has, numbered."""

    def __init__(self):
        self.known: list[Symbol] = []
        self._places: dict[Symbol, int] = {}

    def place(self, symbol: Symbol) -> int:
        """The number of a symbol."""
        if symbol not in self._places:
            if type(symbol.value) is not int:
                raise TypeError("words are whole numbers")
            self._places[symbol] = len(self.known)
            self.known.append(symbol)
        return self._places[symbol]

    def filling(self, words: Sequence) -> Callable[[np.ndarray], np.ndarray]:
        """A function from the values of all symbols to the words."""
        where = [i for i, word in enumerate(words) if type(word) is Symbol]
        which = [self.place(words[i]) for i in where]
        plain = np.array([0 if type(word) is Symbol else word for word in words], np.int64)

        def filled(values: np.ndarray) -> np.ndarray:
            result = plain.copy()
            result[where] = values[which]
            return result

        return filled


def _numbers(code: Code) -> list[Symbol]:
    """The symbols of a plan besides words."""
    described: list[Segment | KernelRecord] = [*code.steps, *code.kernels]
    numbers = [code.scratch, *(n for one in described for n in (one.bytes, one.flops))]
    return [n for n in numbers if type(n) is Symbol]
