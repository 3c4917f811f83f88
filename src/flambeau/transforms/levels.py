"""Levels: where a function that is transformed runs, and what stands for tensors there.

`vmap`, `grad` and `jvp` run a function at a level of its own, on tensors that stand for others: the values, tensors of
the levels below. A call of an op belongs to the highest level among its arguments, which batches it, records it or
pushes tangents through it by calls on the values; these belong to the next level, and so on down to plain tensors.
Transforms nest in any order for that reason, and a program without transforms meets none of this.
"""

from __future__ import annotations

import threading
from typing import Any

from ..autograd.modes import MODE
from ..ops import registry
from ..ops.registry import Op
from ..tensor import Tensor
from ..trace.trie import TRACE

NO_STORAGE = "Cannot access data pointer of Tensor that doesn't have storage"
INSIDE = (
    "You are attempting to call Tensor.{0} inside of a function being transformed by a functorch transform. This is "
    "unsupported, please attempt to use the functorch transforms (e.g. grad, vjp, jacrev, jacfwd, hessian) or call {1} "
    "outside of a function being transformed instead."
)
REQUIRES_GRAD = INSIDE.format(
    "requires_grad_() (or perhaps using torch.autograd.functional.* APIs)", "requires_grad_()"
)
BACKWARD = (
    "backward() called inside a functorch transform. This is not supported, please use functorch.grad or functorch.vjp "
    "instead or call backward() outside of functorch transforms."
)


class _Stack(threading.local):
    """The levels in force in this thread, from the outermost transform to the innermost."""

    def __init__(self):
        self.levels: list[Level] = []


STACK = _Stack()


class Level:
    """One application of a transform. `live` while its function runs; what leaves it is read as its value."""

    def __init__(self):
        self.depth, self.live = 0, False

    def __enter__(self):
        STACK.levels.append(self)
        self.depth, self.live = len(STACK.levels), True
        return self

    def __exit__(self, *exception):
        STACK.levels.remove(self)
        self.live = False

    def apply(self, op: Op, args: tuple, attrs: tuple):
        """The result of an op of whose arguments some stand for others at this level."""
        raise NotImplementedError

    def view(self, op: Op, x: Lifted, seen, attrs: tuple) -> Tensor:
        """A view of a tensor of this level; `seen` is its meta."""
        raise NotImplementedError

    def write(self, op: Op, target: Tensor, args: tuple, attrs: tuple) -> Tensor:
        """Gives `target` (args[0], or a copy of it) the value of an op; one of them all is of this level."""
        raise NotImplementedError

    def call_function(self, function: type, args: tuple):
        """The result of a torch.autograd.Function."""
        raise NotImplementedError

    def clone(self, input: Tensor, others: tuple) -> Tensor:
        """A copy of a tensor that the others may be written to."""
        if isinstance(input, Lifted) and input.level is self:
            return input.clone()
        return Transforms.clone(
            input, tuple([o.value if isinstance(o, Lifted) and o.level is self else o for o in others])
        )

    def made(self, like: Lifted, x: Tensor) -> Tensor:
        """A fresh tensor made after the model of one of this level: a batch where that is one."""
        below = like.value
        return x if not isinstance(below, Lifted) else below.level.made(below, x)

    def adopt(self, target: Any, kind: type[Lifted]) -> Any:
        """A tensor that is to be written with others of this level becomes one itself, and what it is a view of."""
        if isinstance(target, kind) and target.level is self:
            return target
        value: Any = object.__new__(type(target))
        value.__dict__.update(target.__dict__)
        own = {"level": self, "value": value, "storage": value.storage, "meta": value.meta}
        if target._base is not None:
            own["_base"] = self.adopt(target._base, kind)
            value._base = own["_base"].value
        target.__class__ = kind
        target.__dict__.clear()
        target.__dict__.update(own)
        return target


class Lifted(Tensor):
    """Stands for a tensor, its value, at a level."""

    value: Tensor
    title = ""  # how it is printed

    def __new__(cls, level: Level, value: Tensor, meta=None):
        self: Any = object.__new__(cls)
        self.level, self.value = level, value
        self.storage, self.meta = value.storage, value.meta if meta is None else meta
        return self

    def __init__(self, level: Level, value: Tensor, meta=None):
        pass

    def placed(self, edge) -> Tensor:
        target, number = edge
        if target is self:
            return self
        out: Any = type(self)(self.level, self.value)
        out._requires_grad, out.grad_fn, out._output_nr = True, target, number
        return out

    def become(self, seen: Tensor) -> None:
        """Takes the place, shape and value of a view of this tensor."""
        super().become(seen)
        self.value, self.level = (seen.value, seen.level) if isinstance(seen, Lifted) else (seen, self.level)

    def numbers_of(self, what: str) -> Tensor:
        """The tensor whose numbers the host may read for this one."""
        return self.value

    def concrete(self) -> Tensor:
        return self.value.concrete()

    def item(self):
        return self.numbers_of("item").item()

    def tolist(self):
        return self.numbers_of("tolist").tolist()

    def __bool__(self):
        return bool(self.numbers_of("bool"))

    def numpy(self, *, force: bool = False):
        if self.requires_grad and not force:
            return super().numpy()
        raise RuntimeError(NO_STORAGE)

    def data_ptr(self) -> int:
        raise RuntimeError(NO_STORAGE)

    def untyped_storage(self):
        raise NotImplementedError(f"Cannot access storage of {self.title}")

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        raise RuntimeError(BACKWARD)

    def requires_grad_(self, requires_grad: bool = True):
        raise RuntimeError(REQUIRES_GRAD)

    def detach(self):
        return self.value.detach()

    @property  # type: ignore[misc]
    def data(self):
        return self.detach()

    def new_zeros(self, *size, **kwargs):
        return self.level.made(self, super().new_zeros(*size, **kwargs))

    def new_ones(self, *size, **kwargs):
        return self.level.made(self, super().new_ones(*size, **kwargs))

    def new_empty(self, *size, **kwargs):
        return self.level.made(self, super().new_empty(*size, **kwargs))

    def new_full(self, size, fill_value, **kwargs):
        return self.level.made(self, super().new_full(size, fill_value, **kwargs))

    def own_copy(self) -> Tensor:
        return self

    def __deepcopy__(self, memo):
        return self.clone()

    def __repr__(self, *, tensor_contents=None):
        inner = "\n".join("    " + line for line in repr(self.value).split("\n"))
        return f"{self.title}(lvl={self.level.depth}, {self._details()}value=\n{inner}\n)"

    def _details(self) -> str:
        return ""


def alive(x):
    """A tensor without the levels that are no longer in force."""
    while isinstance(x, Lifted) and not x.level.live:
        x = x.value
    return x


def highest(args) -> Level | None:
    """The innermost level that an argument belongs to."""
    levels = [a.level for a in args if isinstance(a, Lifted)]
    return max(levels, key=lambda level: level.depth) if levels else None


class Transforms:
    """What the op table asks for where an argument stands for another tensor."""

    @staticmethod
    def apply(op: Op, args: tuple, attrs: tuple):
        """The result of an op."""
        args = tuple([alive(a) for a in args])
        level = highest(args)
        return registry.apply(op, args, attrs) if level is None else level.apply(op, args, attrs)

    @staticmethod
    def view(op: Op, x: Lifted, seen, attrs: tuple) -> Tensor:
        """A view."""
        here = alive(x)
        return (
            registry.apply_view(op, here, seen, attrs) if here.level is None else here.level.view(op, here, seen, attrs)
        )

    @staticmethod
    def clone(input: Tensor, others: tuple) -> Tensor:
        """A copy that the others may be written to: a batch where one of them is."""
        input, others = alive(input), tuple([alive(o) for o in others])
        level = highest((input, *others))
        return input.clone() if level is None else level.clone(input, others)

    @staticmethod
    def write(op: Op, target: Tensor, args: tuple, attrs: tuple) -> Tensor:
        """An in-place op; gives back the target."""
        from ..ops.inplace import write

        args, here = tuple([alive(a) for a in args]), alive(target)
        level = highest((*args, here))
        if level is None:
            write(op, here, args, attrs)
        else:
            TRACE.opaque = True
            level.write(op, here, args, attrs)
        return target


class below:
    """Runs calls of the levels below one: they record where the mode allows it now and did so when the level began."""

    def __init__(self, mode):
        self.mode = mode

    def __enter__(self):
        self.before = MODE.enabled
        if self.before:
            MODE.enabled = self.mode

    def __exit__(self, *exception):
        MODE.enabled = self.before


registry.TRANSFORMS = Transforms
