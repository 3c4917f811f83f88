"""The intermediate representation: what ops are lowered to, what the scheduler cuts into kernels.

A graph is made of immutable Nodes. Every node stands for a dense array, row-major over its own shape; permuted layouts
are explicit `view` nodes. `runtime/interpret.py` runs a graph in NumPy and is its living definition.

kind        args               attrs                            meaning
input       -                  slot                             an array from outside
scalar      -                  index                            a run-time number (shape ()), from the plan's scalar
table const       -                  value                            a compile-time number (shape ())
iota        -                  -                                0, 1, 2 ... in row-major order, int64
map         n                  fn [, dtype for cast, bitcast]   scalar function of equally shaped arguments
view        1                  strides, offset                  element i is source[offset + sum(i * strides)], source
flat update      base, value        strides, offset                  base, with the elements that the view names
replaced reduce      1                  fn, axes                         over axes, which stay as size 1
matmul      a, b               -                                (..., m, k) @ (..., k, n), equal batch dimensions;
                                                                of uint8 by int8 the sums are int32
conv        x, w               stride, padding, dilation, groups            (N,C,H,W), (O,C/g,kh,kw) -> (N,O,oh,ow);
                                                                of uint8 by int8 the sums are int32
conv_dx     g, w               the same                         gradient for x; the node's shape is x's
conv_dw     x, g               the same                         gradient for w; the node's shape is w's
pool        x                  fn, window, stride, padding, dilation        max or sum over windows; x is (N, C, H, W)
pool_index  x                  the same                         int64 flat position (h * W + w) of each window's first
maximum pool_dx     g [, x]            the same                         gradient for x (max: goes to the first maximum)
take        source, index      where                            source (R, *rest), index (*I) -> (*I, *rest); checked
put         base, index, value fn; where                        base (R, *rest) with rows replaced (set) or combined
                                                                (add, mul, maximum, minimum) with new ones, in order
put         base, index, value fn; where; elements              base (O, R, I), index and value (O, n, I): elements
                                                                along the middle dimension; value may be (1, 1, 1)
attention   q, k, v [, mask, kept]  part, order, scale, causal, keep, masked   mixed values; see `attention`
attention_grad   g, q, k, v, out, rows [, mask, kept]   the same        its gradients
scan        1                  fn, axis [, reverse]             inclusive running sum, prod, max, min or logsumexp
sort        1                  axis, descending                 stable; int64 order along axis, or as much of its head
                                                                as the node's shape holds
nonzero     1                  -                                int64 flat positions of true elements, in order; the
                                                                node's shape says how many
recur       n                  cell, forward, reverse, batch, roles, result     all steps of a layer: see `recur`
reinterpret 1                  -                                the source's bytes as elements of the node's dtype
host        n                  call                             call(*numpy arrays) -> array; linear algebra

Nodes that read or write complex numbers have no kernels: they run by their NumPy definition, between launches. A
complex `scalar` is two numbers of the table, real and imaginary part.
An `adaptive` window (attrs window=None, output size from the shape) has start floor(i*H/o) and end ceil((i+1)*H/o).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence

from . import dtypes
from .dtypes import dtype

COMPARISONS = frozenset({"lt", "le", "gt", "ge", "eq", "ne"})
INDEX_REDUCTIONS = frozenset({"argmax", "argmin"})
PARTS = frozenset({"abs", "angle", "real", "imag"})  # functions of complex numbers whose value is real


def contiguous_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """Row-major strides in elements; as in PyTorch, a dimension of size 0 counts as 1."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


_origin = 0  # the number of the record being lowered: what a kernel that meets a bad index reports as `where`


@contextlib.contextmanager
def origin(number: int):
    """Nodes made inside report faults under this number."""
    global _origin
    before, _origin = _origin, number
    try:
        yield
    finally:
        _origin = before


class Node:
    """One array of the graph."""

    __slots__ = ("args", "attrs", "dtype", "kind", "shape")

    def __init__(self, kind: str, args: tuple[Node, ...], attrs: dict, shape: tuple[int, ...], dtype: dtype):
        self.kind, self.args, self.attrs, self.shape, self.dtype = kind, args, attrs, shape, dtype

    @property
    def size(self) -> int:
        """Number of elements."""
        return math.prod(self.shape)

    def __repr__(self):
        what = self.attrs.get("fn", "")
        return f"{self.kind}{' ' + what if what else ''}{list(self.shape)} {self.dtype.name}"

    # Formulas: a Node is its own handle, so that a lowering reads like the mathematics.
    def __add__(self, other):
        return map_("add", self, other)

    def __radd__(self, other):
        return map_("add", other, self)

    def __sub__(self, other):
        return map_("sub", self, other)

    def __rsub__(self, other):
        return map_("sub", other, self)

    def __mul__(self, other):
        return map_("mul", self, other)

    def __rmul__(self, other):
        return map_("mul", other, self)

    def __truediv__(self, other):
        return map_("div", self, other)

    def __rtruediv__(self, other):
        return map_("div", other, self)

    def __neg__(self):
        return map_("neg", self)

    def __lt__(self, other):
        return map_("lt", self, other)

    def __le__(self, other):
        return map_("le", self, other)

    def __gt__(self, other):
        return map_("gt", self, other)

    def __ge__(self, other):
        return map_("ge", self, other)

    def eq(self, other):
        return map_("eq", self, other)

    def ne(self, other):
        return map_("ne", self, other)

    def exp(self):
        return map_("exp", self)

    def log(self):
        return map_("log", self)

    def sqrt(self):
        return map_("sqrt", self)

    def abs(self):
        return map_("abs", self)

    def maximum(self, other):
        return map_("maximum", self, other)

    def cast(self, to: dtype):
        return self if to is self.dtype else Node("map", (self,), {"fn": "cast"}, self.shape, to)

    def sum(self, axes):
        return reduce("sum", self, axes)

    def max(self, axes):
        return reduce("max", self, axes)

    def reshape(self, shape):
        return self if tuple(shape) == self.shape else view(self, shape, contiguous_strides(shape), 0)

    def expand(self, shape):
        return broadcast(self, shape)

    def permute(self, order):
        strides = contiguous_strides(self.shape)
        return view(self, [self.shape[i] for i in order], [strides[i] for i in order], 0)


def input_(slot: int, shape: Iterable[int], dtype: dtype) -> Node:
    return Node("input", (), {"slot": slot}, tuple(shape), dtype)


def scalar(index: int, dtype: dtype) -> Node:
    return Node("scalar", (), {"index": index}, (), dtype)


def const(value, dtype: dtype) -> Node:
    return Node("const", (), {"value": value}, (), dtype)


def full(value, shape, dtype: dtype) -> Node:
    return broadcast(const(value, dtype), shape)


def iota(shape) -> Node:
    return Node("iota", (), {}, tuple(shape), dtypes.int64)


def view(source: Node, shape, strides, offset: int = 0) -> Node:
    return Node("view", (source,), {"strides": tuple(strides), "offset": offset}, tuple(shape), source.dtype)


def broadcast(node: Node, shape) -> Node:
    """The node expanded to a shape, PyTorch's rules (aligned at the right; size 1 repeats)."""
    shape = tuple(shape)
    if node.shape == shape:
        return node
    own = contiguous_strides(node.shape)
    lead = len(shape) - len(node.shape)
    strides = [0] * lead + [0 if size == 1 else stride for size, stride in zip(node.shape, own)]
    return view(node, shape, strides, 0)


def map_(fn: str, *args) -> Node:
    """A scalar function of arrays; numbers become constants of the arrays' type, shapes are broadcast.

    Arguments must share one dtype (the condition of `where` aside): lowerings cast first.
    """
    like = next(a for a in reversed(args) if isinstance(a, Node))
    nodes = [a if isinstance(a, Node) else const(a, like.dtype) for a in args]
    shape: tuple[int, ...] = broadcast_shapes(*(n.shape for n in nodes))
    nodes = [broadcast(n, shape) for n in nodes]
    values = nodes[1:] if fn == "where" else nodes
    assert all(n.dtype is values[0].dtype for n in values), f"{fn} of {nodes}"
    return Node("map", tuple(nodes), {"fn": fn}, shape, _result_type(fn, values[0].dtype))


def _result_type(fn: str, of: dtype) -> dtype:
    if fn in COMPARISONS:
        return dtypes.bool_
    return of.to_complex() if fn == "complex" else of.to_real() if fn in PARTS else of


def bitcast(node: Node, to: dtype) -> Node:
    return Node("map", (node,), {"fn": "bitcast"}, node.shape, to)


def reinterpret(node: Node, to: dtype) -> Node:
    """The node's bytes as elements of another type, in its own shape where their size is the same, else flat."""
    if to.itemsize == node.dtype.itemsize:
        return bitcast(node, to)
    return Node("reinterpret", (node,), {}, (node.size * node.dtype.itemsize // to.itemsize,), to)


def where(condition: Node, a, b) -> Node:
    return map_("where", condition, a, b)


def broadcast_shapes(*shapes) -> tuple[int, ...]:
    """The common shape; the caller has checked that there is one."""
    result: list[int] = []
    for shape in shapes:
        result = [1] * (len(shape) - len(result)) + result
        for i, size in enumerate(shape, len(result) - len(shape)):
            if result[i] == 1:
                result[i] = size
    return tuple(result)


def reduce(fn: str, node: Node, axes) -> Node:
    axes = tuple(sorted(a % max(len(node.shape), 1) for a in axes))
    shape = tuple(1 if i in axes else size for i, size in enumerate(node.shape))
    return Node(
        "reduce", (node,), {"fn": fn, "axes": axes}, shape, dtypes.int64 if fn in INDEX_REDUCTIONS else node.dtype
    )


def update(base: Node, value: Node, strides, offset: int) -> Node:
    return Node("update", (base, value), {"strides": tuple(strides), "offset": offset}, base.shape, base.dtype)


def matmul(a: Node, b: Node, dtype: dtype | None = None) -> Node:
    """a @ b; sums have the dtype of the factors, or float32 for halves, or those of bytes (uint8 by int8) are int32."""
    return Node("matmul", (a, b), {}, (*a.shape[:-1], b.shape[-1]), dtype or a.dtype)


def widened(x: Node) -> Node:
    """Floats of 16 bits and less as float32, in which they are computed; others as they are."""
    return x.cast(dtypes.float32) if x.dtype.is_floating_point and x.dtype.itemsize < 4 else x


def wide_type(d: dtype) -> dtype:
    """The type in which numbers of a type are added up."""
    return dtypes.float32 if d in (dtypes.float16, dtypes.bfloat16) else d


def take(source: Node, index: Node) -> Node:
    return Node("take", (source, index), {"where": _origin}, (*index.shape, *source.shape[1:]), source.dtype)


def put(fn: str, base: Node, index: Node, value: Node, elements: bool = False) -> Node:
    attrs = {"fn": fn, "where": _origin} | ({"elements": True} if elements else {})
    return Node("put", (base, index, value), attrs, base.shape, base.dtype)


def recur(
    cell: str, forward: bool, reverse: bool, batch: int, operands: Mapping[str, Node], result: str, shape
) -> Node:
    """One of the results of all steps of a recurrent layer in one direction, forwards or backwards.

    Data is packed: the rows of step t are offsets[t] ... offsets[t + 1] - 1, those of the first sequences of the batch.
    With R rows, B sequences, G gates, K kept values, H units and P outputs (H, unless there is a projection):
    forwards, operands x (R, G*H), h0 (B, P), c0 (B, H), weight (G*H, P), offsets, bias (G*H) (added to the products of
    hidden states; may be missing), projection (P, H) or none; results hs (R, P), h (B, P) and c (B, H), the states
    after each sequence's last step, before (R, P) and c_before (R, H), the states before each step, and gates (R, K*H),
    what `cells.py` keeps. Backwards, operands gates, before, c_before, weight, offsets, projection, and gradients dhs,
    dh, dc (zero where missing) for hs, h, c; results dx and dproducts (R, G*H), the gradients for x and for the
    products of hidden states, dh0, dc0; with a projection total (R, P), the whole gradients for the hidden states, and
    output (R, H), the hidden states before projection.
    reverse: sequences are walked from their last step to their first.
    """
    attrs = {"cell": cell, "forward": forward, "reverse": reverse, "batch": batch, "roles": tuple(operands)}
    return Node("recur", tuple(operands.values()), {**attrs, "result": result}, tuple(shape), operands["weight"].dtype)


# The arguments of attention nodes; masks of what is seen (`masked`) and of dropout (where `keep` is a number) follow.
ATTENTION = {"attention": ("q", "k", "v"), "attention_grad": ("g", "q", "k", "v", "out", "rows")}


def attention(kind: str, args: Sequence[Node], part: str, shape, order: Sequence[int], **attrs) -> Node:
    """A part of an attention or of its gradient: softmax(q @ k.T * scale + mask) @ v over the last two dimensions.

    args: queries (B, H, G, L, D), keys (B, H, G, S, D), values (B, H, G, S, V); mask (B, H, G, L, S), booleans that say
    where a query may look, or numbers to add; kept (B, H, G, L, S), booleans: which weights dropout keeps, those being
    multiplied by 1 / keep. A query that sees nothing gets zeros.
    part: "out" (B, H, G, L, V); "rows" (2, B, H, G, L): of each row of scores the maximum, and one over the sum of the
    exponentials relative to it (0, 0 for a query that sees nothing); "dq", "dk", "dv"; or "packed": all three as
    (B, H, G, L, D, 3).
    shape: the part's, as above; the node's own has its dimensions in the given order.
    attrs: scale; causal: query i sees keys 0 ... i; keep: the probability to keep a weight (None: no dropout); masked.
    """
    attrs |= {"part": part, "order": tuple(order)}
    return Node(kind, tuple(args), attrs, tuple(shape[i] for i in order), args[0].dtype)


def topological(wanted: Iterable[Node]) -> list[Node]:
    """The nodes that the wanted ones need, themselves included, each after its arguments."""
    order: list[Node] = []
    seen: set[Node] = set()
    stack: list = list(wanted)[::-1]
    while stack:
        node = stack.pop()
        if node is None:  # the arguments of the node below it are done
            order.append(stack.pop())
        elif node not in seen:
            seen.add(node)
            if node.args:
                stack += (node, None)
                stack += node.args[::-1]
            else:
                order.append(node)
    return order
