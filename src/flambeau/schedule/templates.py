"""Plans as functions of sizes: what is planned for sizes of some range serves all of them.

The first requests of a structure are planned as they are. Where sizes (or constants that follow from sizes: a mean's
divisor) go on changing, those that do become symbols, and the plan that is made with them is a template: guards, and
words that are expressions of the sizes. It serves every later request that meets the guards, at the cost of computing
these; another range gets another template. It gives what planning would, word for word, but that it does not take for
one what is equal by chance, nor folds constants that vary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..runtime.execute import HostCall
from . import kept
from .program import Code
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


Values = tuple[np.ndarray, np.ndarray]  # the sizes and numbers of a request


class Family:
    """The templates of a structure.

    history: the values for which something was planned.  rigid: whether no plan can be made with symbols.
    """

    def __init__(self, first: Request):
        self.history = [_values(first)]
        self.templates: list[Template] = []
        self.rigid = False

    def code(self, request: Request) -> Code:
        """The code of a request of this structure."""
        values = _values(request)
        for template in self.templates:
            if (found := template.code(values)) is not None:
                return found
        self.history.append(values)
        wanted = PATIENCE < len(self.history) <= REQUESTS and not self.rigid
        made = self._template(request) if wanted else None
        if made is None:
            return planned(request)
        self.templates.insert(0, made)
        return made.code(values)

    def _template(self, request: Request) -> Template | None:
        """A template for the values that have differed so far; None where a plan cannot be made with symbols."""
        tape = Tape()
        sizes, numbers = (Variables(np.stack(seen)) for seen in zip(*self.history))
        asked = request.with_values(sizes.symbols(tape, request.sizes), numbers.symbols(tape, request.numbers))
        try:
            return Template(sizes, numbers, tape, planned(asked)) if tape.variables else None
        except (TypeError, AttributeError):  # something is done with a value that no tape can note
            self.rigid = True
            return None


def _values(request: Request) -> Values:
    return np.array(request.sizes, np.int64), np.array(request.numbers, np.float64)


_families: dict[bytes, Family] = {}


class Variables:
    """Which of some values are variables: those that have differed; what was always equal is one variable."""

    def __init__(self, seen: np.ndarray):
        differs = (seen != seen[0]).any(axis=0)
        self._varying, self._fixed = np.flatnonzero(differs), np.flatnonzero(~differs)
        self._expected = seen[0, self._fixed]
        _, self._firsts, groups = np.unique(seen[:, self._varying], axis=1, return_index=True, return_inverse=True)
        self._groups = groups.ravel()

    def symbols(self, tape: Tape, values: Sequence) -> list:
        """The values with symbols for the variables."""
        result = list(values)
        symbols = [tape.variable(values[self._varying[i]]) for i in self._firsts]
        for place, group in zip(self._varying, self._groups):
            result[place] = symbols[group]
        return result

    def given(self, values: np.ndarray) -> list | None:
        """The values of the variables; None where others differ, or what is one variable."""
        varying = values[self._varying]
        given = varying[self._firsts]
        alike = (values[self._fixed] == self._expected).all() and (given[self._groups] == varying).all()
        return given.tolist() if alike else None


class Template:
    """A plan made with symbols. TypeError where it is no plain data."""

    def __init__(self, sizes: Variables, numbers: Variables, tape: Tape, symbolic: Code):
        if any(isinstance(step, HostCall) for step in symbolic.steps):
            raise TypeError("what Python computes knows its sizes")
        self._sizes, self._numbers = sizes, numbers
        self._code = replace(symbolic, steps=[replace(segment, words=()) for segment in symbolic.steps])
        self._symbols = Symbols()
        self._fillings = [self._symbols.filling(segment.words) for segment in symbolic.steps]
        costs = [n for one in (*symbolic.steps, *symbolic.kernels) for n in (one.bytes, one.flops)]
        for value in (symbolic.scratch, *costs, *(value for _, value in symbolic.numbers)):
            self._symbols.place(value)
        self._function = tape.function(self._symbols.known)
        tape.forget()

    def code(self, values: Values) -> Code | None:
        """The code for values; None where the template is not made for them."""
        sizes, numbers = self._sizes.given(values[0]), self._numbers.given(values[1])
        results = None if sizes is None or numbers is None else self._function(sizes + numbers)
        return None if results is None else self._filled(results)

    def _filled(self, results: Sequence) -> Code:
        def value(x):
            return results[self._symbols.place(x)] if type(x) is Symbol else x

        whole = np.array([result if type(result) is int else 0 for result in results], np.int64)
        steps = [
            replace(segment, words=fill(whole), bytes=value(segment.bytes), flops=value(segment.flops))
            for segment, fill in zip(self._code.steps, self._fillings)
        ]
        kernels = [replace(one, bytes=value(one.bytes), flops=value(one.flops)) for one in self._code.kernels]
        numbers = [(form, int(value(x)) if form == "q" else value(x)) for form, x in self._code.numbers]
        return replace(self._code, steps=steps, scratch=value(self._code.scratch), numbers=numbers, kernels=kernels)


class Symbols:
    """The symbols that a plan has, numbered."""

    def __init__(self):
        self.known: list[Symbol] = []
        self._places: dict[Symbol, int] = {}

    def place(self, value) -> int:
        """The number of a symbol; what is none has no number."""
        if type(value) is Symbol and value not in self._places:
            self._places[value] = len(self.known)
            self.known.append(value)
        return self._places.get(value, -1)

    def filling(self, words: Sequence) -> Callable[[np.ndarray], np.ndarray]:
        """A function from the values of all symbols to the words."""
        where = [i for i, word in enumerate(words) if type(word) is Symbol]
        if any(type(words[i].value) is not int for i in where):
            raise TypeError("words are whole numbers")
        which = [self.place(words[i]) for i in where]
        plain = np.array([0 if type(word) is Symbol else word for word in words], np.int64)

        def filled(values: np.ndarray) -> np.ndarray:
            result = plain.copy()
            result[where] = values[which]
            return result

        return filled
