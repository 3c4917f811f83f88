"""Writes: in-place ops, `out=`, and what they mean for views and the tape.

A write is the functional op whose value becomes the storage's new content (through the view that was written, where
there is one). The tape then leads from the base's new content to its old content and to the value.
"""

from __future__ import annotations

import gc

from .. import dtypes, errors, shapes
from ..autograd import tape
from ..autograd.modes import MODE, no_grad
from ..meta import Meta, contiguous, meta
from ..strides import contiguous_strides
from ..tensor import Tensor
from ..trace import trie
from ..trace.sync import references, sync
from ..trace.trie import TRACE, Call, Result, Transformed, enter
from . import elementwise, registry, views
from .complex_support import check_complex, check_meaning
from .outputs import check_exact, check_overlap, check_single
from .registry import Op, _references, number_in, rules_for, seen_by_rules
from .signatures import Scalar, check_callers


def write(op: Op, target: Tensor, args: tuple, attrs: tuple = ()) -> Tensor:
    """Gives `target` (args[0]) the value of an op; returns the target.

    Raises RuntimeError where the value does not fit, or where a leaf that requires a gradient would be overwritten.
    """
    if target.level is not None:
        return registry.TRANSFORMS.write(op, target, args, attrs)
    if 0 in target.meta.strides:
        check_single(target.meta)
    if target._inference and MODE.enabled is not None:
        raise RuntimeError(errors.INFERENCE_WRITE)
    tracked = MODE.enabled and (
        any(isinstance(a, Tensor) and a._requires_grad for a in args)
        or (target._untracked_view and target.requires_grad)
    )
    if tracked:
        check_tracked(target)
        args = _keep_old_value(op, target, args)
    trace = TRACE
    with trace.lock:
        if id(target.storage) in trace.windowed:
            sync()  # the parts that entered are read before they are overwritten
        if target.epoch != trace.epoch:
            enter(target, whole=True)
        mark = len(trace.scalars)
        try:
            key = ("write", op, attrs, MODE.enabled, *[number_in(trace, a) for a in args], number_in(trace, target))
        except Transformed:
            del trace.scalars[mark:]
            state = None
        else:
            state = trace.state.next.get(key)
            if state is None:
                state = _first_write(key, op, target, args, attrs, mark)
            trace.state = state
            _replace_content(trace, target, state)
    if state is None:
        return registry.TRANSFORMS.write(op, target, args, attrs)
    if state.tape is not None:
        _record(target, args, state.tape)
    target.id = state.result.id
    if trace.urgent or state.full or (target.storage.export is not None and target.storage.shared):
        sync()
    return target


def _keep_old_value(op: Op, target: Tensor, args: tuple) -> tuple:
    """Where a gradient formula asks for the overwritten operand itself, it gets a copy."""
    if not op.grads or op.variadic:
        return args
    asked = {
        n
        for i, a in enumerate(args)
        if isinstance(a, Tensor) and a._requires_grad and op.differentiable(i)
        for n in op._asks[i]
    }
    if op.params[0] not in asked:
        return args
    return (target.clone(), *args[1:])


def check_tracked(target: Tensor):
    """RuntimeError where a write that gradients flow through is refused: to a leaf, to one of several views."""
    if target._untracked_view:
        raise RuntimeError(_refused_view(target))
    base = target if target._base is None else target._base
    if base._requires_grad and base.grad_fn is None:
        raise RuntimeError(errors.LEAF_IN_PLACE if base is target else errors.LEAF_VIEW_IN_PLACE)
    maker = getattr(target.grad_fn, "rules", None) if target._base is not None else None
    if getattr(getattr(maker, "op", None), "name", None) in ("split", "split_with_sizes", "unbind"):
        raise RuntimeError(
            errors.MULTI_VIEW_IN_PLACE.format(target._output_nr, target.grad_fn.name().removesuffix("Backward0"))
        )


def _refused_view(target: Tensor) -> str:
    """Why a view that was made where gradients were off cannot be written: its maker, or the mode."""
    function = getattr(target.grad_fn, "function", None)
    if function is None:
        return errors.UNTRACKED_VIEW
    single = len(target.grad_fn.rules.outs) == 1
    text = errors.FUNCTION_VIEW_IN_PLACE if single else errors.MULTI_VIEW_IN_PLACE
    return text.format(target._output_nr, function.__name__)


def _first_write(key, op: Op, target: Tensor, args, attrs, mark: int) -> trie.State:
    trace = TRACE
    try:
        metas = [seen_by_rules(a) for a in args]
        check_complex(op, metas)
        out = op.infer(*metas, *attrs)
        check_callers()
        check_meaning(op, metas, attrs, (out,))
        check_fits(target.meta, out)
        check_overlap(target, args[1:])
    except BaseException:
        del trace.scalars[mark:]
        raise
    here, storage = trace.state, target.storage
    record = Call(
        op, tuple(_references(args, mark)), attrs, ((here.slots, target.meta),), (storage.slot,), trie.script_line()
    )
    state = trace.extend(key, record, 1, 1)
    state.result = Result(here.ids, target.meta, here.slots, storage.content)
    state.tape = rules_for(op, args, attrs, metas, (target.meta,))
    return state


def check_fits(target: Meta, value: Meta) -> None:
    """RuntimeError, with PyTorch's text, where a value cannot be written into a tensor."""
    if value.dtype.category > target.dtype.category:
        names = errors.TYPE_TITLES
        raise RuntimeError(
            f"result type {names[value.dtype.name]} can't be cast to the desired output type {names[target.dtype.name]}"
        )
    shapes.check_in_place(target.shape, value.shape)


def _replace_content(trace, target: Tensor, state):
    storage = target.storage
    trace.storages[storage.slot] = None
    storage.slot = state.result.slot
    trace.storages.append(storage)
    storage.writer = state.tape or state.record
    if not target._unversioned:
        storage.version += 1


# The tape's step for a base of which a view was written: the gradient of the rest, and of what was written.
_COPY_SLICES = Op(
    "copy_slices",
    "base value seen",
    None,
    None,
    (
        lambda g, out, seen: views.cleared(g, out, seen),
        lambda g, out, seen: views.shown(g, out, seen),
    ),
    grad_name="CopySlices",
    summary="A view of the base was overwritten.",
)


def _record(target: Tensor, args, rules: tape.Rules):
    if target._viewed_version == target.storage.version - 1:
        target._viewed_version += 1  # its place on the tape is that of the content before, which is meant here
    node = rules.node(rules, args)
    for i in rules.save_args:
        if args[i].storage is target.storage:
            node.saved[i].version -= 1  # the formula asks for what was there before
    if rules.save_outs:
        node.saved[-1] = node.keep(target, output=0)
    if tape.PACKING:
        tape.PACKING[-1](node)
    if target._base is None:
        if not target._requires_grad:
            _track_views(target, 1)
        target._requires_grad, target.grad_fn, target._output_nr = True, node, 0
        tape.moved(target)
        return
    base = target._base
    TRACE.opaque = True
    value = target.placed((node, 0))
    if not base._requires_grad:
        _track_views(base, 2)
    needs = (0, 1) if base._requires_grad else (1,)
    metas = [(base.meta, target.meta)[i] for i in needs]
    steps = tape.Rules(_COPY_SLICES, (target.meta,), needs, (), (), (), metas, (base.meta,))
    scatter = _node_class(base, _COPY_SLICES)(steps, (base, value))
    base._requires_grad, base.grad_fn, base._output_nr, base.epoch = True, scatter, 0, -1
    tape.moved(base)
    regenerate(target)


def _node_class(tensor: Tensor, op: Op) -> type[tape.Node]:
    """The class of an op's nodes on the tape that a tensor belongs to."""
    return op.node if tensor.level is None else tensor.node_class(op)


def _holders(storage):
    """The tensors over a storage; where attributes live in a dict of their own, its owner is what counts."""
    for holder in gc.get_referrers(storage):
        if isinstance(holder, Tensor):
            yield holder
        elif type(holder) is dict:
            yield from (owner for owner in gc.get_referrers(holder) if isinstance(owner, Tensor))


def _track_views(base: Tensor, known: int):
    """The views of a base that gets its first place on the tape will have one, too: they look at what was written.

    known: how many holders the storage has where there are no such views.
    """
    if references(base.storage) <= known:
        return
    for view in _holders(base.storage):
        if view._base is base:
            view._requires_grad, view._viewed_version, view.epoch = True, 0, -1


def regenerate(view: Tensor):
    """The tape node of a view whose base was overwritten: a view of the base's new content."""
    base = view._base
    TRACE.opaque = True
    view._viewed_version = view.storage.version
    rules = views.AS_STRIDED.rules((0,), (base,), (), [base.meta], (view.meta,))
    node = _node_class(base, views.AS_STRIDED)(rules, (base,))
    view.grad_fn, view._requires_grad, view._output_nr, view.epoch = node, True, 0, -1
    tape.moved(view)


def own_clone(input: Tensor, *others) -> Tensor:
    """The copy that the functional form of a write works on; others is what is written."""
    if all(o.level is None for o in (input, *others) if isinstance(o, Tensor)):
        return input.clone()
    return registry.TRANSFORMS.clone(input, others)


def assign(target: Tensor, value: Tensor) -> Tensor:
    """x.f_(): a value that was computed beforehand replaces a tensor's elements."""
    check_fits(target.meta, value.meta)
    return write(elementwise.copy, target, (target, value))


tape.refresh_view = regenerate


def into(out: Tensor, result: Tensor, inputs: tuple = (), exact: str = "", apart: bool = False) -> Tensor:
    """`out=`: the result is written to a tensor, which takes its shape.

    inputs: what the result was computed from; parts of it must not be overwritten, nor all where `apart`.
    exact: the text for an `out` of another type than the result's, where that is not cast (see `outputs`).
    Raises RuntimeError where the result's type cannot be cast, or a gradient would be needed.
    """
    if MODE.enabled and (out._requires_grad or result._requires_grad):
        raise RuntimeError(
            "out=... arguments don't support automatic differentiation, but one of the arguments requires grad."
        )
    if exact:
        check_exact(exact, result.meta.dtype, out.meta.dtype)
    check_fits(out.meta, result.meta.cast(result.meta.dtype).with_(out.meta.shape, out.meta.strides, 0))
    check_single(out.meta)
    check_overlap(out, inputs, apart)
    if out.meta.shape != result.meta.shape:
        resize_(out, result.meta.shape)
        check_overlap(out, inputs, apart)
    return write(elementwise.copy, out, (out, result))


def resize_(tensor: Tensor, shape) -> Tensor:
    """Gives a tensor another shape over the same memory, or over more of it that begins with the same elements."""
    if tensor.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    seen = meta(tuple(shape), contiguous_strides(shape), tensor.meta.offset, tensor.meta.dtype)
    held = tensor.storage.nbytes // seen.dtype.itemsize
    if seen.offset + seen.numel > held:
        grown = Tensor.full_of((seen.offset + seen.numel,), 0, seen.dtype)
        with no_grad():
            old = Tensor.from_storage(tensor.storage, contiguous((held,), seen.dtype))
            copy_(views.narrow(grown, 0, 0, held), old)
        tensor.storage = grown.storage
    tensor.meta, tensor.epoch = seen, -1
    return tensor


def resize_as_(self: Tensor, the_template: Tensor, *, memory_format=None) -> Tensor:
    """Gives a tensor the shape of another; the elements are not kept."""
    return resize_(self, the_template.meta.shape)


def fill_(self: Tensor, value: Tensor | Scalar) -> Tensor:
    """Sets all elements to a number (or the value of a zero-dimensional tensor)."""
    if isinstance(value, Tensor) and value.meta.ndim:
        raise RuntimeError(
            f"fill_ only supports 0-dimension value tensor but got tensor with {value.meta.ndim} dimensions."
        )
    return copy_(self, value if isinstance(value, Tensor) else dtypes.held(value, self.meta.dtype))


def fill(input: Tensor, value: Tensor | Scalar) -> Tensor:
    """A copy with all elements set to a number (or the value of a zero-dimensional tensor)."""
    return fill_(own_clone(input, value), value)


def zero_(self: Tensor) -> Tensor:
    """Sets all elements to zero."""
    return write(elementwise.copy, self, (self, 0))


def copy_(self: Tensor, src: Tensor | Scalar, non_blocking: bool = False) -> Tensor:
    """Copies the elements of another tensor, broadcast and cast, into this one."""
    src = src if isinstance(src, Tensor) else dtypes.fitted(src, self.meta.dtype)
    if isinstance(src, Tensor) and src.meta.shape != self.meta.shape:
        src_shape = shapes.broadcast_shapes(self.meta.shape, src.meta.shape)
        if src_shape != self.meta.shape:
            shapes.expand_view(src.meta.shape, src.meta.strides, self.meta.shape)
    return write(elementwise.copy, self, (self, src))
