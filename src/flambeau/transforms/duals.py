"""Forward mode: calls on tensors that carry a tangent push it forward, op by op.

No op has a rule for this. Where elements are independent, a gradient formula is its own transpose: it takes the tangent
in the place of the gradient. Elsewhere the formula, which is linear in the gradient, is differentiated for it; the
gradient itself then drops out and nobody computes it. It is 1, because some formulas take logarithms of it.
"""

from __future__ import annotations

from typing import Any

from ..autograd.walk import fit
from ..meta import Meta
from ..ops import elementwise, inplace, registry
from ..ops.registry import Op
from ..printing import tensor_repr
from ..tensor import Tensor
from . import levels
from .levels import Level, Lifted
from .taping import GradLevel, GradTensor


class DualTensor(Lifted):
    """A value with a tangent; None stands for zero."""

    title = "GradTrackingTensor"
    _tangent: Any = None
    _whole: Any = None  # of a view: the tangent of its base, of which its own is a view

    def __new__(cls, level: Level, value: Tensor, tangent: Tensor | None = None):
        self: Any = super().__new__(cls, level, value)
        if tangent is not None:
            self._tangent = tangent
        return self

    def __init__(self, level: Level, value: Tensor, tangent: Tensor | None = None):
        pass

    @property
    def tangent(self) -> Tensor | None:
        """The tangent; that of a view is the view of its base's."""
        if self._base is None:
            return self._tangent
        whole = self._base.tangent
        if whole is not self._whole:
            self._whole, self._tangent = whole, None if whole is None else self.level.same_view(self._base, self)
        return self._tangent

    def give(self, tangent: Tensor | None) -> None:
        """Sets the tangent, for views of this tensor too. It gets new memory, as others may have the old one."""
        root = self._base
        if root is None:
            self._tangent = None if tangent is None else like(self.value, tangent)
        elif tangent is not None or root.tangent is not None:
            whole = like(root.value, root.value * 0) if root._tangent is None else root._tangent
            tangent = self.value * 0 if tangent is None else tangent
            root._tangent = levels.Transforms.clone(whole, (tangent,))
            mine: Any = self.tangent
            inplace.copy_(mine, tangent)

    def become(self, seen: Tensor) -> None:
        super().become(seen)
        self._tangent = seen.tangent if isinstance(seen, DualTensor) else None

    @property  # type: ignore[misc]
    def requires_grad(self) -> bool:
        return self.value.requires_grad

    @property  # type: ignore[misc]
    def grad_fn(self):
        return self.value.grad_fn

    @property
    def _output_nr(self):  # type: ignore[override]
        return self.value._output_nr

    def backward(self, gradient=None, retain_graph=None, create_graph=False, inputs=None):
        if self.level.inside_function:
            super().backward()
        self.value.backward(gradient, retain_graph, create_graph, inputs)

    def __repr__(self, *, tensor_contents=None):
        if self.level.inside_function:
            return super().__repr__()
        return tensor_repr(self.value, None if self.tangent is None else f"{self.tangent}")


def like(value: Tensor, tangent: Tensor) -> Tensor:
    """A tangent with its own memory, laid out as its value is where that has no gaps."""
    tangent = tangent.expand(value.meta.shape).to(value.meta.dtype)
    order = value.meta.memory_order
    if not value.meta.dense or list(order) == sorted(order):
        return tangent.contiguous() if tangent.meta.contiguous is False else tangent
    return tangent.permute(order).contiguous().permute([order.index(i) for i in range(len(order))])


def differentiable(m: Meta) -> bool:
    """Whether a tensor may have a tangent."""
    return m.dtype.is_floating_point or m.dtype.is_complex


def check_tangent(primal: Tensor, tangent: Tensor) -> None:
    """Raises where a tensor cannot be the tangent of another."""
    if not differentiable(primal.meta):
        raise ValueError(f"Expected primal to be floating point or complex, but got: {primal.dtype}")
    if not differentiable(tangent.meta):
        raise ValueError(f"Expected tangent to be floating point or complex, but got: {tangent.dtype}")
    if primal.shape != tangent.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not "
            f"supported. Tensor is of size {list(primal.shape)} while the given forward gradient is of size "
            f"{list(tangent.shape)}."
        )


class DualLevel(Level):
    """A function runs with tangents.

    inside_function: whether it is a transform of a function, not a `dual_level` of a script.
    """

    pushing = True  # whether calls push tangents

    def __init__(self, inside_function: bool = True):
        super().__init__()
        self.inside_function = inside_function

    def dual(self, value: Tensor, tangent: Tensor | None) -> DualTensor:
        """A value with a tangent."""
        return DualTensor(self, value, None if tangent is None else like(value, tangent))

    def has(self, x) -> bool:
        """Whether a tensor is of this level."""
        return isinstance(x, DualTensor) and x.level is self

    def value_of(self, x):
        """The value of a tensor of this level; others are their own value."""
        return x.value if self.has(x) else x

    def tangent_of(self, x) -> Tensor | None:
        """The tangent of a tensor; None stands for zero."""
        return x.tangent if self.has(x) else None

    def values(self, args) -> tuple:
        """The values of arguments."""
        return tuple([self.value_of(a) for a in args])

    def apply(self, op: Op, args: tuple, attrs: tuple):
        values = self.values(args)
        found = registry.apply(op, values, attrs)
        if not self.pushing:
            return found
        outs = found if isinstance(found, tuple) else (found,)
        tangents = pushed(op, values, [self.tangent_of(a) for a in args], attrs, outs)
        duals = tuple([o if t is None else self.dual(o, t) for o, t in zip(outs, tangents)])
        return duals if isinstance(found, tuple) else duals[0]

    def view(self, op: Op, x: Lifted, seen, attrs: tuple) -> Tensor:
        out: Any = DualTensor(self, registry.apply_view(op, x.value, seen, attrs))
        out._base = x if x._base is None else x._base
        tangent = self.tangent_of(x)
        if tangent is not None:
            out._whole, out._tangent = out._base.tangent, _viewed(op, x.value, tangent, seen, attrs, out.value)
        return out

    def same_view(self, base: DualTensor, view: DualTensor) -> Tensor:
        """The part of a base's tangent that belongs to a view of it."""
        from ..ops.views import AS_STRIDED

        return _viewed(AS_STRIDED, base.value, base.tangent, view.meta, (), view.value)

    def write(self, op: Op, target: Tensor, args: tuple, attrs: tuple) -> Tensor:
        target = self.adopt(target, DualTensor)
        result = self.apply(op, args, attrs)
        tangent = self.tangent_of(result)
        inplace.write(elementwise.copy, target.value, (target.value, self.value_of(result)))
        target.give(tangent)
        return target

    def call_function(self, function: Any, args: tuple):
        from .functions import pushed_call

        return pushed_call(self, function, args)


def _viewed(op: Op, value: Tensor, tangent: Any, seen: Meta, attrs: tuple, out: Tensor):
    """The same view of a tangent: of its memory where it lies as the value does."""
    if tangent.meta.strides == value.meta.strides and seen.dtype is value.meta.dtype:
        return registry.apply_view(
            op, tangent, seen.with_(offset=seen.offset - value.meta.offset + tangent.meta.offset), attrs
        )
    return pushed(op, (value,), [tangent], attrs, (out,))[0]


# ------------------------------------------------------------------ one op
def pushed(op: Op, values: tuple, tangents: list, attrs: tuple, outs: tuple) -> list:
    """The tangents of an op's results; None stands for zero."""
    needs = tuple(i for i, t in enumerate(tangents) if t is not None and op.differentiable(i))
    if not needs or not any(differentiable(o.meta) for o in outs):
        return [None] * len(outs)
    call = _Call(op, values, attrs, outs)
    if op.pointwise and not any(m.dtype.is_complex for m in (*call.metas, outs[0].meta) if isinstance(m, Meta)):
        return [call.transposed(needs, tangents)]
    return call.differentiated(needs, tangents)


class _Call:
    """One call of an op, and what its gradient formulas may ask for."""

    def __init__(self, op: Op, values: tuple, attrs: tuple, outs: tuple):
        self.op, self.args, self.attrs, self.outs = op, values, attrs, outs
        self.metas = [a.meta if isinstance(a, Tensor) else a for a in values]

    def _gradients(self, needs, grads) -> list:
        rules = self.op.rules(needs, self.args, self.attrs, self.metas, tuple([o.meta for o in self.outs]))
        known = dict(enumerate(self.args)) | {-1 - k: self.outs[k] for k in rules.save_outs}
        return self.op.pull_back(rules, grads, known, None)

    def transposed(self, needs, tangents) -> Tensor | None:
        """The tangent where each element of the result depends on one of each argument."""
        (out,) = self.outs
        total = None
        for i in needs:
            t = tangents[i].expand(out.meta.shape)
            t = t if t.meta.dtype is out.meta.dtype else t.to(out.meta.dtype)
            (part,) = self._gradients((i,), (t,))
            total = part if total is None else part if total is None else total + part
        return total

    def differentiated(self, needs, tangents) -> list:
        """The tangents as the derivative of the gradients for the results' gradients."""
        level = GradLevel()
        with level:
            dummies = [
                level.leaf(Tensor.full_of(o.meta.shape, 1, o.meta.dtype)) if differentiable(o.meta) else None
                for o in self.outs
            ]
            found = self._gradients(needs, dummies)
            found = [fit(f, self.metas[i]) for i, f in zip(needs, found)]
        pairs = [(f, tangents[i]) for i, f in zip(needs, found) if isinstance(f, GradTensor)]
        leaves = [d for d in dummies if d is not None]
        parts = level.pull_back([f for f, _ in pairs], leaves, [t for _, t in pairs])
        given = dict(zip(map(id, leaves), parts))
        return [None if d is None else given[id(d)] for d in dummies]
