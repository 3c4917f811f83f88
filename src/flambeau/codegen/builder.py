"""Builder: writes one module of LLVM IR as text, structured control flow as context managers.

In: calls in program order. Out: `text()`, one LLVM module. The invariant: every Value belongs to the function being
written and is dominated by its definition, because loops and branches give out only values that hold after them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from .instructions import (
    Instructions,
    Operand,
    Value,
    Values,
    constant,
    element_of,
    is_float,
    lanes_of,
    literal,
    vector,
)
from .targets import Target, host

__all__ = [
    "Builder", "Loop", "Operand", "Value", "Values",
    "constant", "element_of", "is_float", "lanes_of", "literal", "vector",
]  # fmt: skip

Body = Callable[[], "Sequence[Value] | None"]


class Loop:
    """A loop being written: `index`, `carried` inside; `next(values)` at the end of the body; `results` after it."""

    index: Value  # not of `repeat`

    def __init__(self, carried: Values):
        self.carried = carried
        self.following: Sequence[Value] = carried
        self.results: Values = []
        self.again: Value | None = None

    def next(self, values: Sequence[Value], again: Value | None = None) -> None:
        """Sets the carried values of the next round; without it they stay as they are.

        again: in `repeat`, whether there is a next round.
        """
        assert [v.type for v in values] == [v.type for v in self.carried]
        self.following, self.again = values, again


class Builder(Instructions):
    """Writes one module. Numbers given where a Value is expected become literals of the other operand's type."""

    def __init__(self, target: Target | None = None):
        super().__init__()
        self.target = target or host()
        self._functions: list[str] = []
        self._tables: dict[str, str] = {}
        self._used: set[str] = set()
        self._block = "entry"

    # ---- module and functions ----

    def text(self) -> str:
        """The module so far."""
        return "\n".join([*self._tables.values(), *self._declarations.values(), *self._functions, ""])

    def first_use(self, name: str) -> bool:
        """Whether a helper function is asked for the first time in this module, and so has to be written."""
        fresh = name not in self._used
        self._used.add(name)
        return fresh

    def table(self, name: str, words: Sequence[int]) -> Value:
        """The address of a constant table of 64-bit words."""
        content = ", ".join(f"i64 {word}" for word in words)
        self._tables[name] = f"@{name} = internal constant [{len(words)} x i64] [{content}], align 64"
        return Value(f"@{name}", "ptr")

    @contextmanager
    def function(
        self, name: str, parameters: Sequence[tuple[str, str]], internal: bool = False, attributes: str = ""
    ) -> Iterator[Values]:
        """Writes `void name(parameters)`; parameters are pairs (name, type). Gives the parameters as Values.

        Functions may be written inside one another: the outer one is put aside. `attributes` are LLVM's (noinline ...).
        """
        outer = self._lines, self._block
        self._lines, self._block = [], "entry"
        yield [Value(f"%{label}", type) for label, type in parameters]
        head = ", ".join(f"{type} %{label}" for label, type in parameters)
        linkage = "internal " if internal else ""
        attributes += f' nounwind "prefer-vector-width"="{self.target.vector_bytes * 8}"'
        body = "\n".join(self._lines)
        self._functions.append(f"define {linkage}void @{name}({head}) {attributes} {{\nentry:\n{body}\n  ret void\n}}")
        self._lines, self._block = outer

    def label(self, hint: str = "block") -> str:
        """A fresh name of a basic block."""
        self._names += 1
        return f"{hint}{self._names}"

    def start(self, label: str) -> None:
        """Opens a basic block; the one before must have been closed by `jump` or `branch`."""
        self._lines.append(f"{label}:")
        self._block = label

    def jump(self, label: str) -> None:
        self.line(f"br label %{label}")

    def branch(self, condition: Value, then: str, otherwise: str) -> None:
        self.line(f"br i1 {condition.text}, label %{then}, label %{otherwise}")

    def number(self, value: Operand) -> Value:
        """A Value as it is; a Python number as i64."""
        return value if isinstance(value, Value) else constant(value, "i64")

    def phi(self, type: str, incoming: Sequence[tuple[Value, str]]) -> Value:
        return self.emit(f"phi {type} " + ", ".join(f"[{value.text}, %{label}]" for value, label in incoming), type)

    # ---- control flow ----

    @contextmanager
    def loop(
        self, start: Operand, stop: Operand, step: Operand = 1, carried: Sequence[Value] = (), hint: str = "loop"
    ) -> Iterator[Loop]:
        """Repeats the body while start, start + step ... (step > 0) is below stop; all i64.

        `carried` are values that change from round to round (accumulators); `loop.results` holds them afterwards. The
        loop tests at its end, behind a guard, as LLVM's own passes would have it.
        """
        start, stop, step = (self.number(v) for v in (start, stop, step))
        first, last = literal(start), literal(stop)
        certain = first is not None and last is not None and first < last
        body, after = self.label(hint), self.label("done")
        if certain:
            self.jump(body)
        else:
            self.branch(self.icmp("slt", start, stop), body, after)
        before = self._block
        phis = self._open_body(body, [start, *carried])
        loop = Loop(phis[1:])
        loop.index = phis[0]
        yield loop
        index = self.emit(f"add nsw i64 {phis[0].text}, {step.text}", "i64")
        latch = self._close_body(phis, [start, *carried], [index, *loop.following], before, body)
        self.branch(self.icmp("slt", index, stop), body, after)
        self.start(after)
        skipped = [] if certain else [before]
        loop.results = [
            self.phi(new.type, [(new, latch), *((old, label) for label in skipped)])
            for old, new in zip(carried, loop.following)
        ]

    @contextmanager
    def repeat(self, carried: Sequence[Value], hint: str = "repeat") -> Iterator[Loop]:
        """Runs the body once, and again as long as the i1 given to `loop.next(values, again)` holds."""
        body, after, before = self.label(hint), self.label("done"), self._block
        self.jump(body)
        phis = self._open_body(body, carried)
        loop = Loop(phis)
        yield loop
        assert loop.again is not None
        self._close_body(phis, carried, loop.following, before, body)
        self.branch(loop.again, body, after)
        self.start(after)
        loop.results = list(loop.following)

    def _open_body(self, body: str, initial: Sequence[Value]) -> Values:
        self.start(body)
        return [self._fresh(value.type) for value in initial]

    def _close_body(self, phis: Values, initial: Sequence[Value], following, before: str, body: str) -> str:
        """Puts the phis at the body's head, now that the values of the next round are known; gives the last block."""
        place = self._lines.index(f"{body}:") + 1
        self._lines[place:place] = [
            f"  {phi.text} = phi {phi.type} [{old.text}, %{before}], [{new.text}, %{self._block}]"
            for phi, old, new in zip(phis, initial, following)
        ]
        return self._block

    @contextmanager
    def if_(self, condition: Value) -> Iterator[None]:
        """Runs the body where the condition (one i1) holds."""
        then, after = self.label("then"), self.label("endif")
        self.branch(condition, then, after)
        self.start(then)
        yield
        self.jump(after)
        self.start(after)

    def if_else(self, condition: Value, then: Body, otherwise: Body) -> Values:
        """Runs one of two bodies; gives the values that they return, joined."""
        labels = self.label("then"), self.label("else")
        self.branch(condition, *labels)
        return self._join([(labels[0], then), (labels[1], otherwise)])

    def _join(self, bodies: Sequence[tuple[str, Body]]) -> Values:
        after, ends = self.label("join"), []
        for label, body in bodies:
            self.start(label)
            ends.append((body() or (), self._block))
            self.jump(after)
        self.start(after)
        columns = zip(*(values for values, _ in ends))
        return [self.phi(c[0].type, [(v, block) for v, (_, block) in zip(c, ends)]) for c in columns]
