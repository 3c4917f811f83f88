"""The type stubs, from which editors complete names, know every name that there is."""

import ast
import inspect
from pathlib import Path

import flambeau as fl

SRC = Path(fl.__file__).parent
STALE = "run python tools/make_stubs.py"


def declared(body) -> set[str]:
    """The names that statements of a stub declare."""
    names = set()
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.AnnAssign):
            names.add(node.target.id)
        elif isinstance(node, ast.ImportFrom):
            names |= {alias.asname for alias in node.names}
    return names


def test_methods_of_tensor():
    stub = ast.parse((SRC / "tensor.pyi").read_text())
    (tensor,) = (node for node in stub.body if isinstance(node, ast.ClassDef))
    public = {name for name in vars(fl.Tensor) if not name.startswith("_")}
    assert public - declared(tensor.body) == set(), STALE


def test_names_of_torch():
    stub = ast.parse((SRC / "__init__.pyi").read_text())
    public = {name for name in dir(fl) if not name.startswith("_") and not inspect.ismodule(getattr(fl, name))}
    assert public - declared(stub.body) == set(), STALE
