"""Products written in terms of mm and bmm: addmv, addbmm, inner, tensordot, einsum, kron, cross ..."""

from __future__ import annotations

import math
import string

from .. import shapes
from ..dtypes import bool_
from ..errors import TYPE_TITLES
from ..tensor import Tensor
from . import contraction
from .arithmetic import check_factor
from .contraction import bmm, combined, mm
from .outputs import EXACT, RESULT
from .public import public
from .signatures import Scalar
from .views import movedim, permute, reshape


@public(in_place=True, out=True, exact=EXACT)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1) -> Tensor:
    """beta * input + alpha * (mat @ vec)."""
    shapes.mv_shape(mat.meta.shape, vec.meta.shape, input.meta.shape)
    if not input.meta.dtype is mat.meta.dtype is vec.meta.dtype:
        names = [TYPE_TITLES[x.meta.dtype.name] for x in (input, mat, vec)]
        raise RuntimeError("addmv input tensors must have the same dtype, but got {}, {}, and {}".format(*names))
    return combined(input, contraction.mv(mat, vec), beta, alpha)


@public(in_place=True, out=True)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2)."""
    for name, x in (("vec1", vec1), ("vec2", vec2)):
        if x.meta.ndim != 1:
            raise RuntimeError(f"addr: Expected 1-D argument {name}, but got {x.meta.ndim}-D")
    for name, factor in (("beta", beta), ("alpha", alpha)):
        check_factor(name, factor, (input, vec1, vec2))
    product = contraction.outer(vec1, vec2)
    if product.meta.dtype is bool_ is input.meta.dtype:
        product = product & bool(alpha)
        return input | product if beta else product
    return combined(input, product, beta, alpha)


@public(in_place=True, out=True, exact="self and mat2 must have the same dtype, but got {Got} and {Want}")
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Scalar = 1, alpha: Scalar = 1) -> Tensor:
    """beta * input + alpha * (sum of batch1 @ batch2)."""
    products = bmm(batch1, batch2)
    total = products.sum(0, dtype=products.meta.dtype)
    return combined(contraction.cast_for(contraction.BMM, input), total, beta, alpha)


@public(out=True, exact=RESULT)
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The inner product of two vectors, the first one conjugated."""
    return contraction.dot(input.conj(), other)


@public(out=True)
def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sums of products over the last dimensions."""
    if input.meta.ndim == 0 or other.meta.ndim == 0:
        return input * other
    if input.meta.shape[-1] != other.meta.shape[-1]:
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes {list(input.meta.shape)} and "
            f"{list(other.meta.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


@public(out=True)
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Every element of one times the whole of the other."""
    ndim = max(input.meta.ndim, other.meta.ndim)
    a, b = ((1,) * (ndim - x.meta.ndim) + tuple(x.meta.shape) for x in (input, other))
    left = reshape(input, [n for size in a for n in (size, 1)])
    right = reshape(other, [n for size in b for n in (1, size)])
    return reshape(left * right, [m * n for m, n in zip(a, b)])


@public(out=True, exact=EXACT, apart=True)
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The vector product along a dimension of size 3 (the first one by default)."""
    if dim is not None:
        shapes.wrap_dim(dim, input.meta.ndim)
    shape = shapes.broadcast_shapes(input.meta.shape, other.meta.shape)
    if dim is None:
        dim = next((i for i, n in enumerate(shape) if n == 3), None)
        if dim is None:
            raise RuntimeError("no dimension of size 3 in input")
    if input.meta.ndim != other.meta.ndim:
        raise RuntimeError("linalg.cross: inputs must have the same number of dimensions.")
    for x in (input, other):
        if x.meta.shape[shapes.wrap_dim(dim, x.meta.ndim)] != 3:
            raise RuntimeError(
                f"linalg.cross: inputs dimension {dim} must have length 3. Got {input.meta.shape[dim]} and "
                f"{other.meta.shape[dim]}"
            )
    if input.meta.dtype is not other.meta.dtype:
        want, got = (TYPE_TITLES[x.meta.dtype.name] for x in (input, other))
        raise RuntimeError(f"expected scalar type {want} but found {got}")
    return input.roll(-1, dim) * other.roll(-2, dim) - input.roll(-2, dim) * other.roll(-1, dim)


@public(method=False, out=True)
def tensordot(a: Tensor, b: Tensor, dims=2) -> Tensor:
    """The sum of products over several dimensions: the last of a with the first of b, or those listed for each."""
    if isinstance(dims, Tensor):
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0:
            raise RuntimeError(f"tensordot expects dims >= 0, but got dims={dims}")
        if dims > min(a.meta.ndim, b.meta.ndim):
            raise RuntimeError(f"tensordot expects dims < ndim_a or ndim_b, but got dims={dims}")
        dims = range(a.meta.ndim - dims, a.meta.ndim), range(dims)
    sums_a, sums_b = (shapes.wrap_dims(d, x.meta.ndim) for d, x in zip(dims, (a, b)))
    if len(sums_a) != len(sums_b):
        raise RuntimeError("both dimension lists should have same length")
    for i, j in zip(sums_a, sums_b):
        if 1 in (a.meta.shape[i], b.meta.shape[j]):
            a, b = (x if x.meta.shape[k] == 1 else x.sum(k, True, dtype=x.meta.dtype) for x, k in ((a, i), (b, j)))
        if a.meta.shape[i] != b.meta.shape[j]:
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.meta.shape[i]} in dim {i} and second "
                f"has size {b.meta.shape[j]} in dim {j}"
            )
    rest_a, rest_b = ([i for i in range(x.meta.ndim) if i not in s] for x, s in ((a, sums_a), (b, sums_b)))
    inner_size = math.prod(a.meta.shape[i] for i in sums_a)
    left = reshape(permute(a, [*rest_a, *sums_a]), (math.prod(a.meta.shape[i] for i in rest_a), inner_size))
    right = reshape(permute(b, [*sums_b, *rest_b]), (inner_size, math.prod(b.meta.shape[i] for i in rest_b)))
    return reshape(mm(left, right), [*(a.meta.shape[i] for i in rest_a), *(b.meta.shape[i] for i in rest_b)])


@public(method=False, out=True)
def chain_matmul(*matrices) -> Tensor:
    """The product of several matrices, from the left to the right."""
    product = matrices[0]
    for matrix in matrices[1:]:
        product = mm(product, matrix)
    return product


# ------------------------------------------------------------------ einsum
# A term is a tensor and one label for each of its dimensions; labels of "..." are negative numbers, counted from the
# right.
@public(method=False)
def einsum(*args) -> Tensor:
    """Sums of products by Einstein's notation: einsum("ij,jk->ik", a, b), or einsum(a, [0, 1], b, [1, 2], [0, 2])."""
    equation, operands = _notation(args)
    inputs, output = _labels(equation, operands)
    terms = [_without_repeats(x, labels) for x, labels in zip(operands, inputs)]
    sizes: dict = {}
    for x, labels in terms:
        for label, size in zip(labels, x.meta.shape):
            if sizes.setdefault(label, size) == 1:
                sizes[label] = size
            elif size not in (1, sizes[label]):
                raise RuntimeError(
                    f"einsum(): subscript {label} has size {size} for operand which does not broadcast with "
                    f"previously seen size {sizes[label]}"
                )
    value = terms[0]
    for i, other in enumerate(terms[1:], 2):
        later = {label for _, labels in terms[i:] for label in labels} | set(output)
        value = _contracted(value, other, later)
    x, labels = _summed(value, set(output))
    return permute(x, [labels.index(label) for label in output])


def _letters(labels) -> str:
    """Labels given as numbers, in the letters of an equation."""
    names = string.ascii_uppercase + string.ascii_lowercase
    return "".join("..." if label is Ellipsis else names[label] for label in labels)


def _notation(args):
    if isinstance(args[0], str):
        equation, *operands = args
        return equation, list(operands[0]) if len(operands) == 1 and isinstance(
            operands[0], (list, tuple)
        ) else operands
    if not isinstance(args[0], Tensor):
        raise TypeError(f"einsum(): argument 'equation' (position 1) must be str, not {type(args[0]).__name__}")
    equation = ",".join(_letters(subs) for subs in args[1::2][: len(args) // 2])
    return equation + ("->" + _letters(args[-1]) if len(args) % 2 else ""), list(args[: len(args) // 2 * 2 : 2])


def _labels(equation: str, operands):
    left, arrow, right = equation.replace(" ", "").partition("->")
    parts = left.split(",")
    if len(parts) != len(operands):
        more = "more" if len(parts) > len(operands) else "fewer"
        raise RuntimeError(
            f"einsum(): {'fewer' if more == 'more' else 'more'} operands were provided than specified in the equation"
        )
    inputs = [_term_labels(part, x.meta.ndim, i) for i, (part, x) in enumerate(zip(parts, operands))]
    dots = sorted({label for labels in inputs for label in labels if isinstance(label, int)})
    if arrow:
        return inputs, _output_labels(right, dots, inputs)
    named = [label for labels in inputs for label in labels if isinstance(label, str)]
    return inputs, [*dots, *sorted(label for label in set(named) if named.count(label) == 1)]


def _term_labels(part: str, ndim: int, number: int) -> list:
    before, dots, after = part.partition("...")
    named = len(before) + len(after)
    if named > ndim or (not dots and named != ndim):
        raise RuntimeError(
            f"einsum(): the number of subscripts in the equation ({named}) "
            f"{'is more than' if named > ndim else 'does not match'} the number of dimensions ({ndim}) for operand "
            f"{number}"
            f"{'' if named > ndim else ' and no ellipsis was given'}"
        )
    return [*before, *range(named - ndim, 0), *after] if dots else [*before]


def _output_labels(right: str, dots, inputs) -> list:
    before, has_dots, after = right.partition("...")
    known = {label for labels in inputs for label in labels}
    for label in before + after:
        if label not in known:
            raise RuntimeError(
                f"einsum(): output subscript {label} does not appear in the equation for any input operand"
            )
        if (before + after).count(label) > 1:
            raise RuntimeError(f"einsum(): output subscript {label} appears more than once in the output")
    return [*before, *(dots if has_dots else ()), *after]


def _without_repeats(x: Tensor, labels: list):
    """A label that appears twice in a term means the diagonal."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            i = labels.index(label)
            j = labels.index(label, i + 1)
            x = movedim(x.diagonal(0, i, j), -1, i)
            labels = labels[:j] + labels[j + 1 :]
    return x, labels


def _summed(term, wanted: set, dtype=None):
    """The term without the dimensions that nobody wants any more."""
    x, labels = term
    dims = [i for i, label in enumerate(labels) if label not in wanted]
    return (x.sum(dims, dtype=dtype), [label for label in labels if label in wanted]) if dims else term


def _contracted(a, b, later: set):
    """The product of two terms, summed over the labels that both have and nobody else wants."""
    x, left = _summed(a, later | set(b[1]), a[0].meta.dtype)
    y, right = _summed(b, later | set(a[1]), b[0].meta.dtype)
    size = {**dict(zip(left, x.meta.shape)), **{n: s for n, s in zip(right, y.meta.shape) if s != 1 or n not in left}}
    both = [n for n in left if n in right]
    batch, sums = [n for n in both if n in later], [n for n in both if n not in later]
    rows, columns = [n for n in left if n not in right], [n for n in right if n not in left]
    count = lambda names: math.prod(size[n] for n in names)  # noqa: E731
    x = _arranged(x, left, [*batch, *rows, *sums], size, (count(batch), count(rows), count(sums)))
    y = _arranged(y, right, [*batch, *sums, *columns], size, (count(batch), count(sums), count(columns)))
    order = [*batch, *rows, *columns]
    return reshape(bmm(x, y), [size[n] for n in order]), order


def _arranged(x: Tensor, labels, order, size, shape) -> Tensor:
    x = permute(x, [labels.index(n) for n in order])
    return reshape(x.expand([size[n] for n in order]), shape)
