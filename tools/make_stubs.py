"""Writes the type stubs of the names that are published at run time: src/flambeau/__init__.pyi and tensor.pyi.

    python tools/make_stubs.py

Names, parameters and docstrings are read off the running package, so editors complete what there is.
"""

from __future__ import annotations

import importlib
import inspect
import keyword
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1] / "src"
sys.path.insert(0, str(ROOT))

import flambeau  # noqa: E402
from flambeau import Tensor  # noqa: E402

HEAD = '''"""Type stubs, written by tools/make_stubs.py: edit that."""

from __future__ import annotations

import builtins
from typing import Any

'''
# What functions and methods return where it is no tensor.
RETURNS = {
    "builtins.bool": "is_ allclose equal can_cast has_",
    "builtins.int": """numel nelement dim ndimension element_size storage_offset data_ptr const_data_ptr get_device
        initial_seed seed get_num_threads get_num_interop_threads""",
    "None": "backward set_ manual_seed save",
    "Any": """become node_class item size stride from_storage from_array from_rows full_of tolist numpy load compile
        vmap typename untyped_storage storage to_sparse einsum_path max min median nanmedian mode sort topk kthvalue
        cummax cummin aminmax svd qr eig slogdet lu lu_unpack frexp histogram histogramdd std_mean var_mean unique
        unique_consecutive geqrf triangular_solve lstsq register_hook register_post_accumulate_grad_hook get_rng_state
        get_printoptions type""",
    "builtins.tuple[Tensor, ...]": """split split_with_sizes chunk unbind tensor_split hsplit vsplit dsplit meshgrid
        broadcast_tensors""",
}
ATTRIBUTES = {
    "shape": "Size", "dtype": "_dtype", "device": "_device", "layout": "_layout", "ndim": "builtins.int",
    "itemsize": "builtins.int", "nbytes": "builtins.int", "requires_grad": "builtins.bool",
    "is_leaf": "builtins.bool", "grad": "Tensor | None", "grad_fn": "Any", "output_nr": "builtins.int",
    "retains_grad": "builtins.bool", "_version": "builtins.int", "name": "builtins.str | None",
}  # fmt: skip
ARITHMETIC = "add sub mul truediv floordiv mod pow and or xor lshift rshift"
OPERATORS = [
    *(f"__{side}{name}__" for name in ARITHMETIC.split() for side in ("", "r", "i")),
    "__matmul__", "__rmatmul__", "__lt__", "__le__", "__gt__", "__ge__",
]  # fmt: skip

SPECIAL = """
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __getitem__(self, index: Any) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __bool__(self) -> builtins.bool: ...
    def __len__(self) -> builtins.int: ...
    def __iter__(self) -> Any: ...
    def __int__(self) -> builtins.int: ...
    def __float__(self) -> builtins.float: ...
    def __index__(self) -> builtins.int: ...
    def __hash__(self) -> builtins.int: ...
"""


def returned(name: str) -> str:
    """The type that a function or method of a name returns."""
    for kind, names in RETURNS.items():
        for known in names.split():
            if name == known or (known.endswith("_") and known in ("is_", "has_") and name.startswith(known)):
                return kind
    return "Tensor"


def parameters(function, method: bool) -> str:
    """The parameters of a function as a stub says them: names, kinds and defaults."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return "self, *args: Any, **kwargs: Any" if method else "*args: Any, **kwargs: Any"
    parts, seen_keyword = [], False
    for number, p in enumerate(signature.parameters.values()):
        name = "self" if method and number == 0 else p.name
        if keyword.iskeyword(name):
            return "self, *args: Any, **kwargs: Any" if method else "*args: Any, **kwargs: Any"
        if p.kind is p.KEYWORD_ONLY and not seen_keyword:
            parts.append("*")
            seen_keyword = True
        if p.kind is p.VAR_POSITIONAL:
            parts.append(f"*{name}: Any")
            seen_keyword = True
        elif p.kind is p.VAR_KEYWORD:
            parts.append(f"**{name}: Any")
        elif name == "self":
            parts.append(name)
        else:
            parts.append(f"{name}: Any" + ("" if p.default is p.empty else " = ..."))
    return ", ".join(parts)


def documented(function) -> str:
    """The first line of a docstring, as the body of a stub."""
    text = (inspect.getdoc(function) or "").splitlines()
    line = re.sub(r"\\", "/", text[0]).replace('"', "'") if text else ""
    return f'    """{line}"""\n' if line else "    ...\n"


def stub_of(name: str, function, indent: str, method: bool) -> str:
    head = f"{indent}def {name}({parameters(function, method)}) -> {returned(name)}:"
    if len(head) > 120:
        head += "  # noqa: E501"
    return head + "\n" + indent + documented(function).rstrip("\n") + "\n"


def tensor_stub() -> str:
    """The stub of Tensor."""
    lines = [HEAD, "from .devices import device as _device\n"]
    lines += ["from .devices import layout as _layout\nfrom .dtypes import dtype as _dtype\n"]
    lines += ["from .meta import Size\n\n\nclass Tensor:\n", f'    """{inspect.getdoc(Tensor).splitlines()[0]}"""\n\n']
    for name, kind in ATTRIBUTES.items():
        settable = not isinstance(getattr(Tensor, name), property) or getattr(Tensor, name).fset is not None
        lines.append(f"    {name}: {kind}\n" if settable else f"    @property\n    def {name}(self) -> {kind}: ...\n")
    lines += [SPECIAL]
    lines += [f"    def {name}(self, other: Any) -> Tensor: ...\n" for name in OPERATORS if hasattr(Tensor, name)]
    for name in sorted(vars(Tensor)):
        if name.startswith("_") or name in ATTRIBUTES:
            continue
        value = getattr(Tensor, name)
        if isinstance(inspect.getattr_static(Tensor, name), staticmethod):
            lines.append(f"    @staticmethod\n{stub_of(name, value, '    ', False)}")
        elif isinstance(value, property):
            kind = "" if value.fset is None else f"    {name}: Tensor\n"
            lines.append(kind or f"    @property\n    def {name}(self) -> Tensor:\n    {documented(value)}")
        elif callable(value):
            lines.append(stub_of(name, value, "    ", True))
        else:
            lines.append(f"    {name}: {'Any' if value is None else f'builtins.{type(value).__name__}'}\n")
    return "".join(lines)


def package_stub() -> str:
    """The stub of the package: its own classes and modules by import, its functions by their parameters."""
    modules, classes, functions, values = [], {}, [], []
    for name in sorted(dir(flambeau)):
        if name.startswith("_"):
            continue
        value = getattr(flambeau, name)
        if inspect.ismodule(value):
            if value.__name__ == f"flambeau.{name}":
                modules.append(name)
        elif inspect.isclass(value):
            home = "flambeau.dtypes" if name == "dtype" else value.__module__  # it is pickled as a name of the package
            classes.setdefault(home, []).append((value.__name__, name))
        elif callable(value):
            functions.append(stub_of(name, value, "", False))
        else:
            values.append(f"{name}: {_kind_of(value)}\n")
    lines = [HEAD]
    lines += [f"from . import {name} as {name}\n" for name in modules]
    for module, names in sorted(classes.items()):
        if not module.startswith("flambeau."):
            lines += [f"class {name}: ...\n" for _, name in names]
            continue
        if module.startswith("flambeau.jit."):  # stands above torch.nn, which imports this
            values += [f"{name}: Any\n" for _, name in names]
            continue
        for own, name in sorted(names):
            lines.append(f"from {module.removeprefix('flambeau')} import {own} as {name}\n")
    return "".join(lines) + "\n" + "".join(values) + "\n" + "\n".join(functions)


def _kind_of(value) -> str:
    kind = type(value).__name__
    if kind in ("float", "int", "str", "bool"):
        return f"builtins.{kind}"
    return kind if kind in ("dtype", "layout", "memory_format") else "Any"


STUBS = {"flambeau/tensor.pyi": tensor_stub, "flambeau/__init__.pyi": package_stub}


def main() -> None:
    importlib.import_module("flambeau.nn")
    for name, write in STUBS.items():
        (ROOT / name).write_text(write())


if __name__ == "__main__":
    main()
