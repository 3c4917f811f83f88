"""The table of ops, and the way of one call: check, record, give back a tensor.

An op is one declaration: how shapes and dtypes follow (`infer`, which raises PyTorch's errors), what it means (`lower`,
in IR nodes), and its gradients (formulas in differentiable ops, one for each tensor argument; the names of a formula's
parameters say what the tape keeps). `apply` walks the trie; only a step never seen before asks `infer`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import dtypes, errors
from ..autograd import tape
from ..autograd.modes import MODE
from ..meta import Meta, contiguous
from ..runtime import buffers
from ..storage import Storage
from ..tensor import Tensor
from ..trace import trie
from ..trace.sync import sync
from ..trace.trie import TRACE, WIDTHS, Call, Number, Result, Transformed, enter, reference
from .complex_support import check_complex, check_meaning
from .signatures import check_callers

OPS: dict[str, Op] = {}
AUTOCAST = (dtypes.float32, dtypes.bfloat16, dtypes.float16)
new = object.__new__
TRANSFORMS: Any = None  # what calls, views and writes inside of transformed functions mean; set by transforms/levels.py


class Op:
    """One operation.

    name:   PyTorch's.
    params: the names of its arguments, tensors (or numbers, None) first, then static attributes.
    infer:  (metas or number types or None, attributes) -> Meta, or a tuple of them.
    lower:  (nodes or None, attributes[, out=results' metas][, metas=arguments']) -> node, or a tuple; None for a pure
            view.
    grads:  one formula for each tensor argument, None where no gradient flows; a single function serves the first. Its
            parameters are g (or g0, g1 ... for several results), names of `params`, y (y1 ...) for results,
            needs, meta and out.
            variadic ops have one formula that gives the gradients of all tensor arguments.
    holomorphic: whether a complex result is a complex-differentiable function of the arguments. Then the formulas,
            which multiply by the transposed Jacobian, are given conj(g), and what they give is conjugated: that
            multiplies by the adjoint, PyTorch's convention. Other ops say themselves what they conjugate.
    grad_name: what PyTorch calls its tape nodes, where that does not follow from the name; a function of what `infer`
            is given, (arguments, attributes), where it depends on the call.
    autocast: "lower" where torch.autocast computes it in its dtype, "full" where it does so in float32.
    """

    _grad_name_of: Callable[[Sequence, tuple], str] | None = None
    pointwise = False  # whether each element of a result depends on one element of each argument

    def __init__(
        self,
        name: str,
        params: str,
        infer: Callable,
        lower: Callable | None,
        grads=(),
        *,
        summary: str = "",
        variadic=False,
        grad_name: str | Callable[[Sequence, tuple], str] | None = None,
        reference: Callable | None = None,
        domain: tuple[float, float] | None = None,
        holomorphic: bool = True,
        autocast: str | None = None,
    ):
        if name in OPS:
            raise ValueError(f"op {name} is declared twice")
        self.name, self.infer, self.lower, self.variadic = name, infer, lower, variadic
        self.params = tuple(params.replace(",", " ").split())
        self.grads = (grads,) if callable(grads) else tuple(grads)
        self.summary, self.reference, self.domain, self.holomorphic = summary, reference, domain, holomorphic
        self.autocast = autocast
        title = grad_name if isinstance(grad_name, str) else name.title().replace("_", "")
        self.grad_name = title if title.startswith("Copy") or "Backward" in title else title + "Backward0"
        if callable(grad_name):
            self._grad_name_of = grad_name
        self._asks = [_parameters(g) for g in self.grads]
        asked = lower.__code__.co_varnames[: _arg_count(lower)] if lower is not None else ()
        self._told = [name for name in ("out", "metas") if name in asked]
        OPS[name] = self

        # fault(value, size, record): the error for an index that a kernel of this op refused.
        self.fault: Callable[[int, int, Call], Exception] | None = None

    def __repr__(self):
        return f"<op {self.name}>"

    @functools.cached_property
    def node(self) -> type[tape.Node]:
        """The class of this op's tape nodes; scripts look at its name."""
        return _node_class(self.grad_name)

    def differentiable(self, index: int) -> bool:
        """Whether a gradient flows to an argument."""
        return bool(self.grads) and (self.variadic or (index < len(self.grads) and self.grads[index] is not None))

    def rules(self, needs, args, attrs, metas, outs) -> tape.Rules:
        """What the tape must keep so that the gradients of `needs` can be computed."""
        asked = set(self._asks[0]) if self.variadic else {name for i in needs for name in self._asks[i]}
        count = len(args)
        tensors = [i for i in range(count) if isinstance(args[i], Tensor)]
        keep = tuple(i for i in tensors if "args" in asked or (not self.variadic and self.params[i] in asked))
        numbers = tuple(i for i in range(count) if i not in tensors)
        if any(args[i]._inference for i in keep):
            raise RuntimeError(errors.INFERENCE_SAVED)
        results = tuple(k for k in range(len(outs)) if f"y{k}" in asked or (k == 0 and "y" in asked))
        keeps = bool(keep or results) or any(not self.variadic and self.params[i] in asked for i in numbers)
        rules = tape.Rules(
            self,
            attrs,
            needs,
            keep,
            results,
            numbers,
            [metas[i] for i in needs],
            outs,
            keeps,
        )
        if self._grad_name_of is not None:
            rules.node = _node_class(self._grad_name_of(metas, attrs))
        used = [metas[i].dtype for i in keep] + [outs[k].dtype for k in results]
        is_complex = any(d.is_complex for d in used) or any(seen_by_rules(args[i]) is complex for i in numbers)
        # What is linear with real factors needs no conjugates.
        rules.conjugates = self.holomorphic and outs[0].dtype.is_complex and is_complex
        return rules

    def lowered(self, nodes, attrs, outs, metas=()):
        """The op's meaning: a tuple of nodes."""
        known = {"out": outs, "metas": metas}
        result = self.lower(*nodes, *attrs, **{name: known[name] for name in self._told})
        return result if isinstance(result, tuple) else (result,)

    def pull_back(self, rules: tape.Rules, grads, values, node):
        """The gradients for rules.needs; a None result stands for zero."""
        if not rules.conjugates:
            return self._pulled_back(rules, grads, values)
        return _conjugates(self._pulled_back(rules, _conjugates(grads), values))

    def _pulled_back(self, rules: tape.Rules, grads, values):
        known = {"g": grads[0], "grads": grads, "needs": rules.needs, "out": rules.outs[0], "y": values.get(-1)}
        for k in rules.save_outs:
            known[f"y{k}"] = values.get(-1 - k)
        for i, g in enumerate(grads):
            known[f"g{i}"] = g
        known.update(zip(self.params[len(self.params) - len(rules.attrs) :], rules.attrs))
        if self.variadic:
            known["args"], known["metas"] = values, rules.metas
            return self.grads[0](*(known[name] for name in self._asks[0]))
        for i, value in values.items():
            if i >= 0:
                known[self.params[i]] = value
        return [self._gradient(i, known, meta) for i, meta in zip(rules.needs, rules.metas)]

    def _gradient(self, index, known, meta):
        return self.grads[index](*[meta if name == "meta" else known[name] for name in self._asks[index]])


@functools.cache
def _node_class(name: str) -> type[tape.Node]:
    return type(name, (tape.Node,), {"__slots__": (), "__module__": "builtins"})


def no_derivative(name: str) -> Callable:
    """The formula of an op that has no gradient in PyTorch: its results ask for one, and backward() refuses."""

    def refuse(g):
        raise RuntimeError(f"derivative for aten::{name} is not implemented")

    return refuse


def _conjugates(grads) -> list:
    return [g if g is None else g.conj() for g in grads]


def _arg_count(function) -> int:
    return function.__code__.co_argcount + function.__code__.co_kwonlyargcount


def _parameters(function) -> tuple[str, ...]:
    return function.__code__.co_varnames[: function.__code__.co_argcount] if function else ()


# ------------------------------------------------------------------ the call
def apply(op: Op, args: tuple, attrs: tuple = ()):
    """Records an op on tensors, numbers and None; gives back its result, a tensor or a tuple of them.

    Raises what the op's `infer` raises.
    """
    trace = TRACE
    if op.autocast is not None and MODE.autocast is not None:
        args = tuple(cast_for(op, a) for a in args)
    with trace.lock:
        mark = len(trace.scalars)
        try:
            key = (op, attrs, MODE.enabled, *[number_in(trace, a) for a in args])
        except Transformed:
            pass
        else:
            state = trace.state.next.get(key)
            if state is None:
                state = _first_time(key, op, args, attrs, mark)
            return _result(trace, state, args)
    return transformed(op, args, attrs, mark)


def cast_for(op: Op, a):
    """An argument in the precision in which torch.autocast computes an op; float64 stays, and what has no fraction."""
    kind = MODE.autocast if op.autocast == "lower" else dtypes.float32
    if MODE.autocast is None or not isinstance(a, Tensor) or a.dtype is kind or a.dtype not in AUTOCAST:
        return a
    return a.to(kind)


def full_precision(*operands) -> tuple:
    """What torch.autocast makes of the operands of a function that it computes in float32."""
    if MODE.autocast is None:
        return operands
    return tuple(a.to(dtypes.float32) if isinstance(a, Tensor) and a.dtype in AUTOCAST else a for a in operands)


def refuse_gradient(function: str, **arguments) -> None:
    """RuntimeError where a gradient is asked for that a function does not have, for one of its tensor arguments."""
    for name, x in arguments.items():
        if x is not None and x._requires_grad and MODE.enabled:
            raise RuntimeError(
                f"The function '{function}' is not differentiable with respect to argument '{name}'. This input cannot "
                "have requires_grad True."
            )


def apply1(op: Op, x: Tensor):
    """`apply` for one tensor and no attributes: the short way."""
    trace = TRACE
    with trace.lock:
        try:
            key = (op, x.id if x.epoch == trace.epoch else enter(x), MODE.enabled)
        except Transformed:
            pass
        else:
            state = trace.state.next.get(key)
            if state is None:
                state = _first_time(key, op, (x,), (), len(trace.scalars))
            return _result(trace, state, (x,))
    return TRANSFORMS.apply(op, (x,), ())


def apply2(op: Op, a, b):
    """`apply` for two operands, one of them a tensor, and no attributes."""
    trace = TRACE
    with trace.lock:
        epoch, mark = trace.epoch, len(trace.scalars)
        try:
            key = (
                op,
                a.id if type(a) is Tensor and a.epoch == epoch else number_in(trace, a),
                b.id if type(b) is Tensor and b.epoch == epoch else number_in(trace, b),
                MODE.enabled,
            )
        except Transformed:
            pass
        else:
            state = trace.state.next.get(key)
            if state is None:
                state = _first_time(key, op, (a, b), (), mark)
            return _result(trace, state, (a, b))
    return transformed(op, (a, b), (), mark)


def transformed(op: Op, args: tuple, attrs: tuple, mark: int):
    """The step of an op on tensors that stand for others. `mark`: where its numbers start in the scalar table."""
    del TRACE.scalars[mark:]
    return TRANSFORMS.apply(op, args, attrs)


def number_in(trace, a):
    """What stands for an argument in a key; a Python number goes to the scalar table."""
    kind = type(a)
    if kind is float:
        trace.scalars.append(a)
        return kind
    if kind is Tensor or isinstance(a, Tensor):
        return a.id if a.epoch == trace.epoch else enter(a)
    if kind is complex:
        trace.scalars += (a.real, a.imag)
        return kind
    if kind in WIDTHS:
        if kind is int and not -(1 << 63) <= a < 1 << 63:
            _refuse(trace, OverflowError("int too big to convert"))
        trace.scalars.append(a)
        return kind
    if kind is Number:
        return a.index, a.kind
    if a is not None:
        _refuse(trace, TypeError(f"expected Tensor as one of the arguments, but got {errors.kind_of(a)}"))
    return None


def _refuse(trace, error: Exception):
    """Raises an error that an argument is to blame for, before the step is known."""
    del trace.scalars[trace.state.numbers :]
    raise error


def seen_by_rules(a):
    """What an op's `infer` is told of an argument: a tensor's Meta, the type of a number, None."""
    if isinstance(a, Tensor):
        return a.meta
    if isinstance(a, Number):
        return a.kind
    if type(a) in WIDTHS:
        return type(a)
    return a


def _first_time(key, op: Op, args, attrs, mark: int) -> trie.State:
    """Checks a step never seen before and adds it to the trie. `mark`: where its numbers start in the scalar table."""
    trace = TRACE
    try:
        metas = [seen_by_rules(a) for a in args]
        check_complex(op, metas)
        outs = op.infer(*metas, *attrs)
        check_callers()
        single = isinstance(outs, Meta)
        outs = (outs,) if single else outs
        check_meaning(op, metas, attrs, outs)
        for m in outs:
            buffers.check_size(m.numel * m.dtype.itemsize)
    except BaseException:
        del trace.scalars[mark:]
        raise
    refs = tuple(_references(args, mark))
    here = trace.state
    contents = [content_of(m) for m in outs]
    slots = [here.slots + i for i in range(len(outs))]
    record = Call(op, refs, attrs, tuple(zip(slots, outs)), (), trie.script_line())
    state = trace.extend(key, record, len(outs), len(outs))
    results = tuple(Result(here.ids + i, m, slots[i], contents[i]) for i, m in enumerate(outs))
    state.result = results[0] if single else results
    state.tape = tape.INFERENCE if MODE.enabled is None else rules_for(op, args, attrs, metas, outs)
    return state


def _references(args, index: int):
    """How a record names its arguments."""
    for a in args:
        if isinstance(a, Tensor):
            yield reference(a)
        elif type(a) in WIDTHS:
            yield Number(index, type(a))
            index += WIDTHS[type(a)]
        else:
            yield a


def rules_for(op: Op, args, attrs, metas, outs) -> tape.Rules | None:
    """What the tape keeps of this call, None where no gradient is to flow."""
    if not MODE.enabled or not op.grads or not (outs[0].dtype.is_floating_point or outs[0].dtype.is_complex):
        return None
    needs = tuple(i for i, a in enumerate(args) if isinstance(a, Tensor) and a._requires_grad and op.differentiable(i))
    if not needs:
        return None
    rules = op.rules(needs, args, attrs, metas, outs)
    rules.line = trie.script_line()
    return rules


def content_of(m: Meta) -> Meta:
    """The storage content for a fresh result: its dimensions in memory order."""
    if m.contiguous:
        return m if m.offset == 0 else contiguous(m.shape, m.dtype)
    return contiguous(tuple(m.shape[i] for i in m.memory_order), m.dtype)


def _result(trace, state: trie.State, args):
    """Takes a step: the tensor (or tensors) that it gives, and their place on the tape."""
    trace.state = state
    found = state.result
    if type(found) is Result:
        out = _tensor(trace, found)
        if state.tape is not None:
            state.tape.put(args, (out,))
    else:
        out = tuple([_tensor(trace, r) for r in found])
        if state.tape is not None:
            state.tape.put(args, out)
    if trace.urgent or state.full:
        sync()
    return out


def _tensor(trace, result: Result) -> Tensor:
    # Bare objects and stores: calls of the classes would cost more than all else here.
    storage = new(Storage)
    storage.content, storage.slot, storage.epoch = result.content, result.slot, trace.epoch
    storage.buffer = storage.order = storage.export = None
    storage.version = 0
    trace.storages.append(storage)
    tensor = new(Tensor)
    tensor.storage, tensor.meta, tensor.id, tensor.epoch = storage, result.meta, result.id, trace.epoch
    return tensor


def apply_view(op: Op, x: Tensor, seen: Meta, attrs: tuple = ()) -> Tensor:
    """A view of a tensor: the same storage seen through another meta. Recorded only where a gradient flows."""
    if x.level is not None:
        return TRANSFORMS.view(op, x, seen, attrs)
    out = _view(x, seen)
    if x._requires_grad and MODE.enabled and (seen.dtype.is_floating_point or seen.dtype.is_complex):
        _record_views(op, x, (out,), attrs)
    return out


def apply_views(op: Op, x: Tensor, seen: tuple[Meta, ...], attrs: tuple) -> tuple[Tensor, ...]:
    """Several views of a tensor, of its dtype, which are one step of the tape."""
    outs = tuple([_view(x, meta) for meta in seen])
    if x._requires_grad and MODE.enabled and outs:
        _record_views(op, x, outs, attrs)
    return outs


def _view(x: Tensor, seen: Meta) -> Tensor:
    out = new(Tensor)
    out.storage, out.meta = x.storage, seen
    out._base = x if x._base is None else x._base
    if not MODE.enabled:
        out._untracked_view = True
    if x._inference or x._unversioned:
        out._inference, out._unversioned = x._inference, x._unversioned
    return out


def _record_views(op: Op, x: Tensor, outs: tuple[Tensor, ...], attrs: tuple) -> None:
    """Puts views of a tensor on its tape."""
    trace = TRACE
    with trace.lock:
        key = (op, trie.enter_whole(x), attrs, *[out.meta for out in outs])
        state = trace.state.next.get(key)
        if state is None:
            state = trace.extend(key, None, 0, len(outs))
            state.tape = op.rules((0,), (x,), attrs, [x.meta], tuple([out.meta for out in outs]))
        first, version = trace.state.ids, x.storage.version
        trace.state = state
        state.tape.put((x,), outs)
        for number, out in enumerate(outs):
            out.id, out.epoch, out._viewed_version = first + number, trace.epoch, version


# ------------------------------------------------------------------ types
def scalar_dtype(kind: type) -> dtypes.dtype:
    """The dtype that a Python number stands for."""
    if kind is complex:
        return dtypes.get_default_dtype().to_complex()
    return dtypes.bool_ if kind is bool else dtypes.int64 if kind is int else dtypes.get_default_dtype()


def promoted(operands) -> dtypes.dtype:
    """PyTorch's result type of tensors (Meta) and Python numbers (type)."""
    classes: list[Any] = [None, None, None]
    for o in operands:
        if isinstance(o, Meta):
            index, d = (0 if o.ndim else 1), o.dtype
        elif o is None:
            raise TypeError("an operand must be Tensor or Number, not NoneType")
        else:
            index, d = 2, scalar_dtype(o)
        classes[index] = d if classes[index] is None else dtypes.promote_types(classes[index], d)
    return dtypes.result_type(*classes)
