"""Gates: how calls of torch's functions and of tensors' methods reach `__torch_function__`.

Nothing is gated at first. The first subclass of Tensor outside of this package, or the first mode, puts gates around
the functions of torch and of torch.nn.functional; a subclass gets gates around the methods that it inherits; while a
mode is in force, Tensor itself has them. Inside of a gated call nothing is gated: below its Python, PyTorch has no
gates either.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import sys
import threading
import types
from collections.abc import Callable, Iterator
from typing import Any

from .ops.public import put
from .tensor import Tensor

PACKAGE = __name__.partition(".")[0]


class _State(threading.local):
    """The modes in force, the innermost last; whether subclasses are asked; whether a gated call is running."""

    def __init__(self):
        self.modes: list = []
        self.disabled = self.inside = False


STATE = _State()


class DisableTorchFunctionSubclass:
    """Inside, no subclass is asked what a call means."""

    _switched: tuple[str, ...] = ("disabled",)

    def __enter__(self) -> None:
        self._before = [getattr(STATE, name) for name in self._switched]
        for name in self._switched:
            setattr(STATE, name, True)

    def __exit__(self, *exc) -> None:
        for name, before in zip(self._switched, self._before):
            setattr(STATE, name, before)


class DisableTorchFunction(DisableTorchFunctionSubclass):
    """Inside, neither subclasses nor modes are asked what a call means."""

    _switched = ("disabled", "inside")


# What is no method of torch.Tensor, or answers without a computation.
_UNGATED = frozenset({
    "as_subclass", "become", "concrete", "data_ptr", "dim", "element_size", "from_array", "from_rows",
    "from_storage", "full_of", "get_device", "is_complex", "is_contiguous", "is_floating_point", "is_inference",
    "is_signed", "ndimension", "nelement", "node_class", "numel", "numpy", "own_copy", "placed", "renew",
    "requires_grad_", "size", "storage_offset", "stride", "untyped_storage",
})  # fmt: skip
_OPERATORS = {
    "add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "floordiv": "floor_divide", "mod": "remainder",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "pow": "pow", "matmul": "matmul", "lt": "lt",
    "le": "le", "gt": "gt", "ge": "ge", "neg": "neg", "invert": "bitwise_not", "abs": "abs",
}  # fmt: skip
_OTHER_OPERATORS = ("eq", "ne", "getitem", "setitem", "lshift", "rshift", "ilshift", "irshift")
_PROPERTIES = ("T", "mT", "H", "mH", "data")


# ------------------------------------------------------------------ who is asked
def overrides(kind: type) -> bool:
    """Whether a class is asked what a call on its objects means."""
    if issubclass(kind, Tensor):
        return "_gated" in kind.__dict__ or any("_gated" in c.__dict__ for c in kind.__mro__)
    return hasattr(kind, "__torch_function__")


def overloaded(values) -> list:
    """The arguments to be asked, one of each class, subclasses before the classes that they are of."""
    found: list = []
    for a in values:
        kind = type(a)
        if kind is Tensor or kind in _PLAIN or not overrides(kind) or any(type(f) is kind for f in found):
            continue
        place = next((i for i, f in enumerate(found) if isinstance(a, type(f))), len(found))
        found.insert(place, a)
    return found


_PLAIN = frozenset({int, float, bool, str, type(None), complex, type})


def _flat(args, kwargs):
    for a in (*args, *kwargs.values()):
        if type(a) in (list, tuple):
            yield from a
        else:
            yield a


def dispatch(public: Callable, function: Callable, args: tuple, kwargs: dict, relevant=None):
    """A call: the innermost mode's, else that of the arguments' classes, else the function's own.

    public: what the handlers are told was called.  Raises TypeError where none of them takes the call.
    """
    asked = overloaded(_flat(args, kwargs) if relevant is None else relevant)
    kinds = tuple([type(a) for a in asked])
    if STATE.modes:
        mode = STATE.modes.pop()
        try:
            result = mode.__torch_function__(public, kinds, args, kwargs)
        finally:
            STATE.modes.append(mode)
        if result is not NotImplemented:
            return result
    for a in () if STATE.disabled else asked:
        result = type(a).__torch_function__(public, kinds, args, kwargs)
        if result is not NotImplemented:
            return result
    if asked and not STATE.disabled:
        raise TypeError(
            f"Multiple dispatch failed for '{name_of(public)}'; all __torch_function__ handlers returned "
            "NotImplemented:\n\n" + "".join(f"  - tensor subclass {kind}\n" for kind in kinds)
        )
    STATE.inside = True
    try:
        return function(*args, **kwargs)
    finally:
        STATE.inside = False


def name_of(function: Callable) -> str:
    """The name by which a script knows a function."""
    name = getattr(function, "__name__", str(function))
    return f"torch.Tensor.{name}" if getattr(Tensor, name, None) is function else f"torch.{name}"


def by_class(kind: type, func: Callable, types, args=(), kwargs=None):
    """What a call on objects of a class means unless it says so itself: what it does for tensors, with results of the
    class; NotImplemented where there are others that the class is not of."""
    if not all(issubclass(kind, other) for other in types):
        return NotImplemented
    return _of_class(unasked(func, args, kwargs), kind)


def unasked(func: Callable, args=(), kwargs=None):
    """What a call gives where no class of tensors is asked."""
    before, STATE.disabled = STATE.disabled, True
    try:
        return func(*args, **(kwargs or {}))
    finally:
        STATE.disabled = before


def _of_class(result, kind: type):
    if isinstance(result, Tensor):
        return result if kind is Tensor or isinstance(result, kind) else result.as_subclass(kind)
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return type(result)(*[_of_class(r, kind) for r in result])
    return type(result)(_of_class(r, kind) for r in result) if isinstance(result, (list, tuple)) else result


Tensor.__torch_function__ = classmethod(by_class)


# ------------------------------------------------------------------ gates
def gate(function: Callable) -> Callable:
    """A function whose calls reach `__torch_function__`; `__gated__` is what it is without."""

    @functools.wraps(function)
    def gated(*args, **kwargs):
        if STATE.inside or not (STATE.modes or overloaded(_flat(args, kwargs))):
            return function(*args, **kwargs)
        return dispatch(gated, function, args, kwargs)

    gated.__gated__ = function  # type: ignore[attr-defined]
    return gated


def teach(module: types.ModuleType, name: str, change: Callable[[Callable], Callable]) -> None:
    """Changes a public function of a module, behind its gate if it has one."""
    public = getattr(module, name)
    put(module, name, gate(change(public.__gated__)) if hasattr(public, "__gated__") else change(public))


def _method_gate(name: str, function: Callable, public_name: str) -> Callable:
    @functools.wraps(function)
    def gated(self, *args, **kwargs):
        if STATE.inside:
            return function(self, *args, **kwargs)
        return dispatch(getattr(Tensor, public_name), function, (self, *args), kwargs)

    gated.__gated__ = function  # type: ignore[attr-defined]
    return gated


def _reflected_gate(name: str, public_name: str) -> Callable:
    """x + y with a subclass at the right is the method of x; 1 + y is y's reflected one."""
    function = getattr(Tensor, name)

    @functools.wraps(function)
    def gated(self, other):
        if STATE.inside:
            return function(self, other)
        if isinstance(other, Tensor):
            forward = getattr(Tensor, public_name)
            return dispatch(forward, forward, (other, self), {})
        return dispatch(getattr(Tensor, name), function, (self, other), {})

    return gated


def _property_gate(name: str) -> property:
    inherited: Any = getattr(Tensor, name)

    def get(self):
        if STATE.inside:
            return inherited.__get__(self)
        return dispatch(inherited.__get__, inherited.__get__, (self,), {})

    return property(get, inherited.fset)


@functools.cache
def _methods() -> dict[str, Any]:
    """The gates for a class of tensors."""
    names = [n for n, f in vars(Tensor).items() if not n.startswith("_") and n not in _UNGATED and not _for_sparse(f)]
    functions = {n: getattr(Tensor, n) for n in names}
    for name, f in [*functions.items(), *((n, f) for n, f in vars(Tensor).items() if n.startswith("__"))]:
        if isinstance(f, types.FunctionType) and (name.startswith("__") or f.__name__ not in vars(Tensor)):
            f.__name__ = name  # handlers tell functions by their names
    found: dict[str, Any] = {
        n: _method_gate(n, f, n) for n, f in functions.items() if isinstance(f, types.FunctionType)
    }
    for name, public in _OPERATORS.items():
        dunder, reflected = f"__{name}__", f"__r{name}__"
        found[dunder] = _method_gate(dunder, getattr(Tensor, dunder), public)
        in_place = f"__i{name}__"
        if hasattr(Tensor, in_place):
            found[in_place] = _method_gate(in_place, getattr(Tensor, in_place), in_place)
        if hasattr(Tensor, reflected):
            found[reflected] = _reflected_gate(reflected, public)
        in_place = f"__i{name}__"
        if hasattr(Tensor, in_place):
            written = in_place if public.startswith("bitwise_") else f"{public}_"
            found[in_place] = _method_gate(in_place, getattr(Tensor, in_place), written)
    for name in _OTHER_OPERATORS:
        found[f"__{name}__"] = _method_gate(name, getattr(Tensor, f"__{name}__"), f"__{name}__")
    return found | {name: _property_gate(name) for name in _PROPERTIES}


def _for_sparse(method) -> bool:
    """Whether a method's module is loaded when it is asked for, and teaches torch's functions of sparse tensors."""
    return getattr(method, "module", "").startswith("sparse")


_replaced: list[tuple[types.ModuleType, str, Callable]] = []
# The names that are one function in torch and in torch.nn.functional.
SHARED = frozenset({
    "adaptive_avg_pool1d", "avg_pool1d", "bilinear", "celu_", "channel_shuffle", "conv1d", "conv2d", "conv3d",
    "conv_tbc", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "cosine_similarity", "hardshrink",
    "native_channel_shuffle", "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle", "prelu", "relu_",
    "rrelu_", "selu_", "threshold_",
})  # fmt: skip


def install(*others: str) -> None:
    """Puts gates around the functions of torch and torch.nn.functional, and of the other namespaces named."""
    root = sys.modules[PACKAGE]
    gated = {module for module, _, _ in _replaced}
    if root not in gated:
        for name in (*importlib.import_module(f"{PACKAGE}.ops.later").HOMES, *SHARED):
            getattr(root, name)
    for module in (root, *(importlib.import_module(f"{PACKAGE}.{name}") for name in ("nn.functional", *others))):
        if module not in gated:
            _install_in(module)


def _install_in(module: types.ModuleType) -> None:
    gates = installed()
    for name, function in list(vars(module).items()):
        if isinstance(function, types.FunctionType) and not name.startswith("_") and name not in _NO_FUNCTIONS:
            shared = gates.get(function) if name in SHARED else None
            _replaced.append((module, name, function))
            put(module, name, shared or gate(function))


def remove() -> None:
    """Takes the gates away again: for what put them there only for a while."""
    for module, name, _ in _replaced:
        function = vars(module)[name]
        setattr(module, name, getattr(function, "__gated__", function))
    _replaced.clear()


def installed() -> dict[Callable, Callable]:
    """The gates that are in place, by the functions that are behind them."""
    return {function: vars(module)[name] for module, name, function in _replaced}


_NO_FUNCTIONS = frozenset({
    "can_cast", "compile", "fused_update_", "get_default_dtype", "initial_seed", "is_grad_enabled",
    "is_inference_mode_enabled", "is_storage", "is_tensor", "load", "manual_seed", "promote_types", "result_type",
    "save", "seed", "set_default_dtype", "typename", "vmap",
})  # fmt: skip


def gate_class(kind: type) -> None:
    """Makes a new class of tensors one that is asked: called for each subclass of Tensor outside of this package."""
    install()
    gate_methods(kind)


def gate_methods(kind: type) -> None:
    """Makes a class of tensors one that is asked by its methods; functions ask it once `install` has run."""
    kind._gated = True  # type: ignore[attr-defined]
    bases = {name for base in kind.__mro__ if base not in (Tensor, object) for name in vars(base)}
    for name, gate in _methods().items():
        if name not in bases:
            setattr(kind, name, gate)


class Gates:
    """Gates around the methods of Tensor itself, while a mode is in force or something is recorded."""

    before: dict[str, Any] = {}
    depth = 0

    @classmethod
    def open(cls) -> None:
        cls.depth += 1
        if cls.depth > 1:
            return
        install()
        gates = _methods()
        cls.before = {name: vars(Tensor)[name] for name in gates if name in vars(Tensor)}
        for name in cls.before:
            setattr(Tensor, name, gates[name])

    @classmethod
    def close(cls) -> None:
        cls.depth -= 1
        if cls.depth:
            return
        for name, function in cls.before.items():
            setattr(Tensor, name, function)


# ------------------------------------------------------------------ gates wherever a script holds functions
_OUTSIDE = (f"{PACKAGE}.nn.", f"{PACKAGE}.vision.")


@contextlib.contextmanager
def standing_everywhere(model) -> Iterator[None]:
    """While this lasts, gates stand around methods of Tensor, and around torch's functions also where a module or the
    script has imported them by name or keeps them as attributes of a model's modules."""
    fresh = not _replaced
    restore: list[tuple[Any, str, Any]] = []
    Gates.open()
    try:
        _replace(model, restore)
        yield
    finally:
        for owner, name, value in restore:
            _put(owner, name, value)
        Gates.close()
        if fresh:
            remove()


def _replace(model, restore: list[tuple[Any, str, Any]]) -> None:
    gated = installed()
    owners: list[Any] = [m for name, m in list(sys.modules.items()) if _calls_public_functions(name)]
    owners += [*model.modules(), *{kind for module in model.modules() for kind in type(module).__mro__[:-1]}]
    for owner in owners:
        for name, value in list(getattr(owner, "__dict__", {}).items()):
            held = value.__func__ if type(value) is staticmethod else value
            if type(held) is types.FunctionType and held in gated:
                restore.append((owner, name, value))
                _put(owner, name, staticmethod(gated[held]) if held is not value else gated[held])


def _calls_public_functions(module: str) -> bool:
    """Whether a module's calls are a script's: anyone's but those of the ops themselves."""
    own = module == PACKAGE or module.startswith(PACKAGE + ".")
    return not own or module.startswith(_OUTSIDE)


def _put(owner, name: str, value) -> None:
    if isinstance(owner, type):
        setattr(owner, name, value)
    else:
        owner.__dict__[name] = value
