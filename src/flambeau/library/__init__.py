"""torch.library: operators that scripts define, with their kernels, gradients and rules for batches."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .checking import OpCheckError, opcheck
from .operators import OpOverload, add, find
from .schema import infer_schema, parse

__all__ = [
    "CustomOpDef", "Library", "OpCheckError", "custom_op", "define", "fallthrough_kernel", "get_ctx", "get_kernel",
    "impl", "impl_abstract", "infer_schema", "opcheck", "register_autocast", "register_autograd", "register_fake",
    "register_kernel", "register_torch_dispatch", "register_vmap", "triton_op", "wrap_triton",
]  # fmt: skip

_KEYS = {
    "cpu": "CPU",
    "cuda": "CUDA",
    "mps": "MPS",
    "xpu": "XPU",
    "meta": "Meta",
    "default": "CompositeExplicitAutograd",
}


def _registering(register: Callable[[Callable], None], func: Callable | None) -> Any:
    """Registers a function at once, or serves as a decorator that does."""

    def decorate(function: Callable) -> Callable:
        register(function)
        return function

    return decorate if func is None else register(func)


def fallthrough_kernel() -> None:
    """A kernel that stands for none."""
    raise NotImplementedError("fallthrough_kernel() should never be called.")


class Library:
    """A namespace of operators. kind: "DEF" for a new one, "FRAGMENT" for more of one, "IMPL" for kernels of one."""

    def __init__(self, ns: str, kind: str, dispatch_key: str = "") -> None:
        if kind not in ("IMPL", "DEF", "FRAGMENT"):
            raise ValueError(f"Unsupported kind: {kind}")
        if ns == "prim" and kind != "FRAGMENT":
            raise ValueError(f"{ns} is a reserved namespace. Please try creating a library with another name.")
        self.ns, self.kind, self.dispatch_key = ns, kind, dispatch_key

    def __repr__(self) -> str:
        return f"Library(kind={self.kind}, ns={self.ns}, dispatch_key={self.dispatch_key})>"

    def define(self, schema: str, alias_analysis: str = "", *, tags: Any = ()) -> str:
        """Adds an operator; gives its name."""
        if alias_analysis not in ("", "FROM_SCHEMA", "CONSERVATIVE"):
            raise RuntimeError(f"Invalid alias_analysis type {alias_analysis}")
        op = add(parse(schema, self.ns))
        op.tags = list(tags) if isinstance(tags, (list, tuple)) else [tags]
        return op.name().partition("::")[2]

    def impl(
        self, op_name: Any, fn: Callable, dispatch_key: str = "", *, with_keyset: bool = False,
        allow_override: bool = False,
    ) -> None:  # fmt: skip
        """Registers a kernel of an operator for a key, by default the library's."""
        if not callable(fn):
            raise TypeError(f"Input function is required to be a callable but found type {type(fn)}")
        name = op_name if not isinstance(op_name, str) or "::" in op_name else f"{self.ns}::{op_name}"
        key = dispatch_key or self.dispatch_key or "CompositeImplicitAutograd"
        if fn is not fallthrough_kernel:
            find(name).kernels[key] = fn


# ------------------------------------------------------------------ by name
def define(qualname: Any, schema: Any = None, *rest: Any, lib: Library | None = None, tags: Any = ()) -> Any:
    """Adds an operator: define("ns::name", "(Tensor x) -> Tensor"); or decorates its kernel: define(lib, schema)."""
    if isinstance(qualname, Library):
        name = qualname.define(schema, *rest)
        return _registering(functools.partial(qualname.impl, name), None)
    if not isinstance(qualname, str):
        raise ValueError(f"define(qualname, schema): expected qualname to be instance of str, got {type(qualname)}")
    namespace, _, name = qualname.partition("::")
    (lib or Library(namespace, "FRAGMENT")).define(name + schema, alias_analysis="", tags=tags)
    return None


def impl(qualname: Any, types: Any = "default", func: Any = None, *, lib: Library | None = None) -> Any:
    """Registers a kernel: impl("ns::name", "cpu", fn); or decorates one: impl(lib, "name", "CPU")."""
    if isinstance(qualname, Library):
        return _registering(lambda fn: qualname.impl(types, fn, func or ""), None)
    return register_kernel(qualname, None if types == "default" else types, func, lib=lib)


def register_kernel(op: Any, device_types: Any, func: Callable | None = None, /, *, lib: Library | None = None) -> Any:
    """Registers a kernel of an operator for kinds of devices (None: for all)."""
    kinds = ["default"] if device_types is None else [device_types] if isinstance(device_types, str) else device_types
    found = find(op)

    def register(function: Callable) -> None:
        for kind in kinds:
            found.kernels[_KEYS.get(kind, kind)] = function

    return _registering(register, func)


def register_fake(
    op: Any, func: Callable | None = None, /, *, lib: Library | None = None, _stacklevel: int = 1,
    allow_override: bool = False,
) -> Any:  # fmt: skip
    """Registers what tells shapes and types of an operator's results without computing them."""
    return _registering(functools.partial(setattr, find(op), "fake"), func)


impl_abstract = register_fake


def register_autograd(
    op: Any, backward: Callable, /, *, setup_context: Callable | None = None, lib: Library | None = None
) -> None:
    """Registers the gradients of an operator.

    backward: (ctx, *gradients of the results) -> gradients of the arguments.  setup_context: (ctx, inputs, output),
    with keyword_only_inputs where the operator has such; keeps what backward needs.
    """
    found = find(op)
    if found._schema.is_mutable:
        raise RuntimeError(
            f"Cannot register autograd formula for non-functional operator {found} with schema {found._schema}. Please "
            "create a functional operator and register an autograd formula for that."
        )
    found.backward, found.setup_context = backward, setup_context


def register_vmap(op: Any, func: Callable | None = None, /, *, lib: Library | None = None) -> Any:
    """Registers (info, in_dims, *args) -> (results for whole batches, the dimension of the batch in each)."""
    return _registering(functools.partial(setattr, find(op), "vmap"), func)


def register_autocast(op: Any, device_type: str, cast_inputs: Any, /, *, lib: Library | None = None) -> None:
    """Registers the type to which floating arguments are cast inside of torch.autocast."""
    if device_type not in ("cpu", "cuda"):
        raise ValueError(f"Unknown device type: {device_type}")
    find(op).casts[device_type] = cast_inputs


def register_torch_dispatch(op: Any, torch_dispatch_class: type, func: Any = None, /, *, lib: Any = None) -> Any:
    """Accepts a rule for a class with __torch_dispatch__; there are none here, so it is never asked."""
    return _registering(lambda function: None, func)


def get_ctx() -> Any:
    """What a fake kernel may ask for sizes that depend on data. Raises RuntimeError outside of one."""
    raise RuntimeError("get_ctx: fake kernels are called by opcheck alone, with real tensors, which have sizes")


def get_kernel(op: Any, dispatch_key: str) -> Callable:
    """The kernel of an operator for a key. Raises RuntimeError where there is none."""
    found = find(op)
    if str(dispatch_key) not in found.kernels:
        raise RuntimeError(f"No kernel is registered for {found} and the dispatch key {dispatch_key}")
    return found.kernels[str(dispatch_key)]


# ------------------------------------------------------------------ from a function
class CustomOpDef:
    """An operator made of a function: call it as that; its methods register more of it."""

    def __init__(self, op: OpOverload, fn: Callable) -> None:
        self._opoverload, self._init_fn, self._qualname = op, fn, op._schema.name
        self._namespace, self._name = op.namespace, op._opname

    def __repr__(self) -> str:
        return f"<CustomOpDef({self._qualname})>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._opoverload(*args, **kwargs)

    def register_kernel(self, device_types: Any, fn: Callable | None = None, /) -> Any:
        """Registers a kernel for kinds of devices."""
        return register_kernel(self, device_types, fn)

    def register_fake(self, fn: Callable, /) -> Callable:
        """Registers what tells shapes and types of the results."""
        register_fake(self, fn)
        return fn

    def register_autograd(self, backward: Callable, /, *, setup_context: Callable | None = None) -> None:
        """Registers the gradients; see `torch.library.register_autograd`."""
        register_autograd(self, backward, setup_context=setup_context)

    def register_vmap(self, func: Callable | None = None) -> Any:
        """Registers the rule for batches; see `torch.library.register_vmap`."""
        return register_vmap(self, func)

    def register_autocast(self, device_type: str, cast_inputs: Any) -> None:
        """Registers the type to which floating arguments are cast inside of torch.autocast."""
        register_autocast(self, device_type, cast_inputs)

    def register_torch_dispatch(self, torch_dispatch_class: type, fn: Callable | None = None, /) -> Any:
        """Accepts a rule for a class with __torch_dispatch__."""
        return register_torch_dispatch(self, torch_dispatch_class, fn)

    def register_effect(self, effect: Any) -> None:
        """Accepts what the operator does besides; calls are never reordered or left out here."""

    @contextlib.contextmanager
    def set_kernel_enabled(self, device_type: str, enabled: bool = True) -> Iterator[None]:
        """Inside, the kernel registered for a kind of device is used, or the function itself is."""
        disabled, key = self._opoverload.disabled, _KEYS.get(device_type, device_type)
        before = key in disabled
        (disabled.discard if enabled else disabled.add)(key)
        try:
            yield
        finally:
            (disabled.add if before else disabled.discard)(key)


def custom_op(
    name: str, fn: Callable | None = None, /, *, mutates_args: str | Iterable[str], device_types: Any = None,
    schema: str | None = None, tags: Any = None,
) -> Any:  # fmt: skip
    """Makes an operator of a function, which autograd and torch.fx see as one; a decorator where no function is given.

    name: "namespace::name".  mutates_args: the names of the tensors that it changes.  device_types: which devices the
    function is the kernel for.  schema: "(arguments) -> results" where the annotations do not tell it.
    Raises ValueError where no schema follows from the annotations.
    """

    def made(function: Callable) -> CustomOpDef:
        text = infer_schema(function, mutates_args=mutates_args) if schema is None else schema
        namespace, _, op_name = name.partition("::")
        if not op_name:
            raise ValueError(f"custom_op(name, ...): expected a name like 'namespace::name', got {name!r}")
        parsed = parse(op_name + text, namespace)
        if any(a.kwarg_only and a.kind.startswith("Tensor") for a in parsed.arguments):
            raise NotImplementedError(
                f"custom_op with kwarg-only Tensor args. Please make your tensors not kwarg-only. Got: {op_name}{text}"
            )
        op = add(parsed)
        op.strict, op.tags = True, list(tags or ())
        register_kernel(op, device_types, function)
        return CustomOpDef(op, function)

    return made if fn is None else made(fn)


def triton_op(
    name: str, fn: Callable | None = None, /, *, mutates_args: str | Iterable[str], schema: str | None = None
) -> Any:
    """As custom_op; there is no Triton here, so the function must do without."""
    return custom_op(name, fn, mutates_args=mutates_args, schema=schema)


def wrap_triton(triton_kernel: Callable, /) -> Callable:
    """Gives a kernel of Triton as it is."""
    return triton_kernel
