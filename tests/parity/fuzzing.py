"""Calls of operators, bent at random, and what comes of them here and in PyTorch.

A call begins as a sample of PyTorch's operator database, as a tree of plain values in which `Tensor` and `Name` stand
for what each framework makes of them. `bent` changes some leaves: shapes, layouts, types, values, dimensions. `outcome`
carries a call out in one framework, and `difference` says in what two outcomes differ.
"""

from __future__ import annotations

import collections
import contextlib
import functools
import importlib.util
import itertools
import random
import re
import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

LAYOUTS = {
    "rows": lambda x: x,
    "columns": lambda x: x.transpose(0, -1).contiguous().transpose(0, -1) if x.dim() else x,
    "every other": lambda x: x.repeat_interleave(2, -1)[..., ::2] if x.dim() else x,
    "with an offset": lambda x: x.reshape(1, -1).repeat(2, 1)[1].reshape(x.shape),
    "expanded": lambda x: x[:1].expand(x.shape) if x.dim() and x.shape[0] else x,
}
TYPES = ("float32", "float64", "float16", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "bool", "complex64")
EXTREMES = (float("nan"), float("inf"), -float("inf"), 0.0, -0.0, 1e30, -1e30, 1e-40, 0.5, -1.0, 3.0)
WHOLE = (-3, -2, -1, 0, 1, 2, 3, 4, 7)
FORMS = ("function", "method", "in place", "out")
# What these give has no values yet.
UNWRITTEN = re.compile(r"(new_)?empty(_like|_strided|_permuted)?|resize_(as_)?")
# What Python says of values that PyTorch did not expect, and the errors that say it better.
ACCIDENTS = re.compile(r"unsupported operand|object has no attribute|cannot convert float|unpack \(exp|out of range$")
REFUSALS = (TypeError, ValueError, RuntimeError, IndexError)
# What our own mistakes raise, and nothing that a script should see.
INSIDE = (AssertionError, AttributeError, KeyError, ZeroDivisionError, UnboundLocalError, StopIteration, SystemError)
# Which of equal elements these name, or how vectors are turned, PyTorch leaves open: all but the first result.
BY_CHOICE = re.compile(r"(nan)?median|kthvalue|mode|topk|sort|max|min|cummax|cummin|(linalg\.)?(eigh?|svd|qr)")
TOLERANCE = {"float16": 5e-3, "bfloat16": 3e-2, "float32": 1e-4, "complex64": 1e-4}


@dataclass(frozen=True, eq=False)
class Tensor:
    """A tensor argument: its numbers, the name of its type, how it lies in memory, whether it asks for a gradient."""

    values: np.ndarray
    dtype: str
    layout: str = "rows"
    asks: bool = False

    def __repr__(self):
        values = np.array2string(self.values, threshold=12, separator=", ").replace("\n", "")
        return f"Tensor({values}, shape={self.values.shape}, {self.dtype}, {self.layout}, asks={self.asks})"

    def made(self, t):
        x = t.tensor(self.values.tolist(), dtype=getattr(t, self.dtype)).reshape(self.values.shape)
        x = LAYOUTS[self.layout](x)
        return x.requires_grad_() if self.asks and (x.is_floating_point() or x.is_complex()) else x


@dataclass(frozen=True)
class Name:
    """What is an attribute of the framework: a dtype, a memory format, a layout."""

    path: str

    def made(self, t):
        return getattr(t, self.path)


@dataclass(frozen=True)
class Call:
    name: str
    form: str
    args: tuple
    kwargs: dict

    def __repr__(self):
        keywords = "".join(f", {key}={value!r}" for key, value in self.kwargs.items())
        return f"{self.name} ({self.form}): {', '.join(map(repr, self.args))}{keywords}"


class NoSpelling(Exception):
    """An argument that is not a plain value."""


# ---------------------------------------------------------------- samples


@functools.cache
def operators():
    """The operators of PyTorch's database by name, each with its variants; none where PyTorch is not installed."""
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("expecttest") is None:
        return {}
    from torch.testing._internal.common_methods_invocations import op_db

    found = collections.defaultdict(list)
    for op in sorted(op_db, key=lambda op: op.name):
        if not hasattr(op.op, "overloads") and not op.name.startswith("torch."):  # reached by torch.ops alone
            found[op.name].append(op)
    return found


def known_calls(torch, name, dtypes=("float32", "int64")):
    """The database's calls of an operator with those of the dtypes that it takes, or with the first that it takes."""
    found = []
    for op in operators()[name]:
        taken = [str(d)[6:] for d in op.dtypes if str(d)[6:] in TYPES]
        for dtype in [d for d in dtypes if d in taken] or sorted(taken)[:1]:
            found += calls(torch, op, dtype)
    return found


def calls(torch, op, dtype, most=12):
    """The calls that PyTorch's database has for an operator with a dtype, `most` of them, spread over all."""
    for seed in (torch.manual_seed, np.random.seed, random.seed):
        seed(0)
    found = list(itertools.islice(op.sample_inputs("cpu", getattr(torch, dtype)), 120))
    for sample in found[:: max(1, len(found) // most)][:most]:
        with contextlib.suppress(NoSpelling):
            args = tuple(spelled(torch, x) for x in (sample.input, *sample.args))
            yield Call(op.name, "function", args, {key: spelled(torch, x) for key, x in sample.kwargs.items()})


def spelled(torch, x):
    if isinstance(x, torch.Tensor):
        if x.layout != torch.strided or x.is_quantized or x.is_nested:
            raise NoSpelling(x.layout)
        plain = x.detach().resolve_conj().resolve_neg()
        return Tensor((plain.float() if x.dtype == torch.bfloat16 else plain).numpy().copy(), str(x.dtype)[6:])
    if isinstance(x, (list, tuple)):
        return tuple(spelled(torch, part) for part in x)
    if isinstance(x, (torch.dtype, torch.memory_format, torch.layout)):
        return Name(str(x)[6:])
    if x is None or isinstance(x, (bool, int, float, complex, str, slice)) or x is Ellipsis:
        return x
    raise NoSpelling(type(x).__name__)


# ---------------------------------------------------------------- changes


def bent(call, chance):
    """The call in a random form with one to three leaves changed."""
    form = chance.choice(FORMS) if chance.random() < 0.4 else "function"
    count = len(leaves(call.args)) + len(leaves(call.kwargs))
    chosen = {chance.randrange(count) for _ in range(chance.choice((0, 1, 1, 2, 3)))} if count else set()
    numbers = itertools.count()
    asks = chance.random() < 0.4

    def change(leaf):
        if isinstance(leaf, Tensor):
            leaf = replace(leaf, asks=asks, layout=chance.choice(tuple(LAYOUTS)))
        return changed(leaf, chance) if next(numbers) in chosen else leaf

    return Call(call.name, form, mapped(call.args, change), mapped(call.kwargs, change))


def leaves(tree):
    found = []
    mapped(tree, found.append)
    return found


def mapped(tree, function):
    if isinstance(tree, tuple):
        return tuple(mapped(part, function) for part in tree)
    if isinstance(tree, dict):
        return {key: mapped(part, function) for key, part in tree.items()}
    return function(tree)


def changed(leaf, chance):
    if isinstance(leaf, Tensor):
        return chance.choice((reshaped, reshaped, retyped, revalued))(leaf, chance)
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, int):
        return chance.choice((leaf + 1, leaf - 1, -leaf, *WHOLE, None, 1.5))
    if isinstance(leaf, float):
        return chance.choice((*EXTREMES, None, 1))
    if isinstance(leaf, str):
        return chance.choice(("", leaf + "x", None))
    if isinstance(leaf, Name) and leaf.path in TYPES:
        return Name(chance.choice(TYPES))
    return chance.choice((None, 1, leaf))


def reshaped(x, chance):
    shape = list(x.values.shape)
    where = chance.randrange(len(shape) + 1)
    what = chance.choice(("size", "size", "drop", "add", "swap", "scalar"))
    if what == "scalar":
        shape = []
    elif what == "add" or where == len(shape):
        shape.insert(where, chance.choice((1, 2)))
    elif what == "drop":
        del shape[where]
    elif what == "swap":
        shape[0], shape[where] = shape[where], shape[0]
    else:
        shape[where] = chance.choice((0, 1, shape[where] + 1, max(shape[where] - 1, 0)))
    return replace(x, values=np.resize(x.values, shape) if x.values.size else np.ones(shape, x.values.dtype))


def retyped(x, chance):
    dtype = chance.choice(TYPES)
    kind = {"bool": bool, "complex64": np.complex64}.get(dtype, np.float64 if "float" in dtype else np.int64)
    values = x.values.real if x.values.dtype.kind == "c" and dtype != "complex64" else x.values
    whole = np.nan_to_num(values, nan=0, posinf=9, neginf=-9).clip(-100, 100) if kind is np.int64 else values
    whole = np.abs(whole) if dtype == "uint8" else whole
    return replace(x, values=whole.astype(kind), dtype=dtype)


def revalued(x, chance):
    """Some numbers become extremes of their kind; for integers, what may be an index out of range."""
    values = x.values.copy()
    if values.dtype.kind == "b":
        return replace(x, values=~values)
    pool = WHOLE[3:] if x.dtype == "uint8" else WHOLE if values.dtype.kind in "iu" else EXTREMES
    for _ in range(chance.choice((1, 1, 3)) if values.size else 0):
        values.reshape(-1)[chance.randrange(values.size)] = chance.choice(pool)
    return replace(x, values=values)


# ---------------------------------------------------------------- outcomes


@dataclass
class Outcome:
    """Results (and, after them, gradients) as arrays, or the exception."""

    arrays: list[Any]
    dtypes: list[str]
    error: Exception | None = None
    gradients: bool = True  # whether there are any, or an error that is not theirs

    def __repr__(self):
        if self.error is not None:
            return f"{type(self.error).__name__}: {str(self.error)[:160]}"
        return ", ".join(f"{d} {a.shape}" for a, d in zip(self.arrays, self.dtypes))


def outcome(t, call):
    """What a call gives in framework `t`."""
    args, kwargs = (mapped(tree, lambda leaf: made(t, leaf)) for tree in (call.args, call.kwargs))
    asking = [x for x in leaves((args, kwargs)) if isinstance(x, t.Tensor) and x.requires_grad]
    t.manual_seed(7)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = carried_out(t, call, args, kwargs)
            if call.form == "in place":
                found = (found, args[0])
            return read(t, tensors(t, found), asking, call.name)
    except Exception as error:
        return Outcome([], [], error)


def made(t, leaf):
    return leaf.made(t) if isinstance(leaf, (Tensor, Name)) else leaf


def carried_out(t, call, args, kwargs):
    if call.form == "in place":
        args = (args[0].clone() if isinstance(args[0], t.Tensor) else args[0], *args[1:])
        return getattr(args[0], call.name.rsplit(".", 1)[-1] + "_")(*args[1:], **kwargs)
    function = named(t, call.name)
    if function is None or call.form == "method":
        return getattr(args[0], call.name.rsplit(".", 1)[-1])(*args[1:], **kwargs)
    if call.form == "out":
        first = next((x for x in leaves(args) if isinstance(x, t.Tensor)), None)
        kwargs = {**kwargs, "out": t.empty(0, dtype=first.dtype if first is not None else None)}
    return function(*args, **kwargs)


def named(t, path):
    for part in path.split("."):
        t = getattr(t, part, None)
    return t


def tensors(t, found):
    if isinstance(found, t.Tensor):
        return [found]
    if isinstance(found, (tuple, list)):
        return [x for part in found for x in tensors(t, part)]
    if isinstance(found, dict):
        return [x for part in found.values() for x in tensors(t, part)]
    if isinstance(found, (bool, int, float, complex)):
        return [t.as_tensor(found)]
    return []


def read(t, results, asking, name):
    if BY_CHOICE.fullmatch(name):
        results, asking = results[:1], ()
    ends = [x for x in results if x.requires_grad]
    if asking and ends and not UNWRITTEN.fullmatch(name):
        try:
            grads = t.autograd.grad(ends, asking, [t.ones_like(x) for x in ends], allow_unused=True)
        except Exception as error:
            return replace(read(t, [x.detach() for x in results], [], name), error=error, gradients=False)
        results = results + [t.zeros_like(x) if g is None else g for x, g in zip(asking, grads)]
    dtypes = [str(x.dtype).rsplit(".", 1)[-1] for x in results]
    return Outcome([plain(x) if not UNWRITTEN.fullmatch(name) else np.zeros(x.shape) for x in results], dtypes)


def plain(x):
    x = x.detach().resolve_conj().resolve_neg()
    return (x.float() if str(x.dtype).endswith("bfloat16") else x).numpy()


def difference(ours, theirs):
    """What differs, as a kind and words; None where nothing does, or PyTorch lacks a kernel or fails inside.

    Where PyTorch has results but no gradients for them, results are compared.
    """
    if any(text in str(theirs.error) for text in ("not implemented for", "INTERNAL ASSERT FAILED")):
        return None
    if theirs.error is not None and not theirs.gradients:
        count = len(theirs.arrays)
        ours = replace(ours, arrays=ours.arrays[:count], dtypes=ours.dtypes[:count])
        ours, theirs = (x if x.gradients else replace(x, error=None) for x in (ours, theirs))
    if isinstance(ours.error, REFUSALS) and ACCIDENTS.search(str(theirs.error)):
        return None
    if theirs.error is not None and ours.error is not None:
        same = isinstance(ours.error, type(theirs.error)) or type(ours.error).__name__ == type(theirs.error).__name__
        kind = "an error from inside" if isinstance(ours.error, INSIDE) else "another error"
        return None if same else (kind, f"{ours} | {theirs}")
    if theirs.error is not None:
        return "no error", f"{ours} | {theirs}"
    if ours.error is not None:
        return "an error", f"{ours} | {theirs}"
    if ours.dtypes != theirs.dtypes:
        return "dtype", f"{ours} | {theirs}"
    if [np.shape(a) for a in ours.arrays] != [np.shape(a) for a in theirs.arrays]:
        return "shape", f"{ours} | {theirs}"
    for number, (a, b, dtype) in enumerate(zip(ours.arrays, theirs.arrays, theirs.dtypes)):
        apart = ~close(a, b, dtype)
        if apart.any():
            where = tuple(int(i) for i in np.argwhere(apart)[0])
            return (
                "value",
                f"result {number} {dtype} {b.shape} at {where}: {a[where]} | {b[where]} ({apart.sum()} places)",
            )
    return None


def close(a, b, dtype):
    """Where numbers agree, as closely as sums in another order do; complex ones without a value need only be that."""
    if a.dtype.kind not in "fc":
        return a == b
    tolerance = TOLERANCE.get(dtype, 1e-7)
    with np.errstate(all="ignore"):
        finite = np.abs(b[np.isfinite(b)])
        scale = float(finite.max()) if finite.size else 0.0
        near = np.isclose(a, b, rtol=tolerance, atol=tolerance * min(1 + scale, 1e30), equal_nan=True)
        return near | (~np.isfinite(a) & ~np.isfinite(b)) if a.dtype.kind == "c" else near
