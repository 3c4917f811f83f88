"""The design, kept true: who imports whom, nothing imports PyTorch, files and functions stay short."""

import ast
import sys
from pathlib import Path

SRC = Path(__file__).parents[1] / "src" / "flambeau"
TREES = {path: ast.parse(path.read_text()) for path in sorted(SRC.rglob("*.py"))}

# Every storey may import the vocabulary; a storey named here may import, besides itself, only what is named.
VOCABULARY = {
    "cells", "config", "devices", "dtypes", "errors", "fma", "handles", "ir", "meta", "shapes", "small_floats",
    "strides", "window_shapes",
}  # fmt: skip
STOREYS = {
    **{name: set() for name in VOCABULARY},
    "runtime": {"codegen"},
    "codegen": {"runtime"},
    "schedule": {"codegen", "runtime"},
    "trace": {"schedule", "runtime", "storage"},
    "cpu": {"amp", "trace"},
    # forward_ad and functional stand on transforms, the older profiler on the newer.
    "autograd": {"func", "profiler", "trace", "storage", "tensor", "transforms"},
    "ops": {
        "autograd", "creation", "numeric_limits", "random", "ranges", "runtime", "sampling", "storage", "tensor",
        "trace", "variate_slopes", "variates",
    },
    "distributions": {"autograd", "linalg", "nn", "special", "tensor"},
    "nn": {"autograd", "linalg", "numeric_limits", "ops", "random", "sparse", "tensor"},
    "sparse": {"autograd", "gates", "ops", "tensor"},
    "transforms": {"autograd", "creation", "ops", "printing", "sampling", "tensor", "trace"},
    "optim": {"cpu", "utils"},
    "utils": {"autograd", "dlpack", "gates", "hub", "multiprocessing", "random", "tensor", "trace"},
    "compat": {"torch_version"},
}  # fmt: skip
MEMBERS = {path.name.removesuffix(".py") for path in SRC.iterdir()}
BASE_PACKAGES = {"numpy", "llvmlite"}
# What an extra installs, and which storeys may import it.
OPTIONAL_PACKAGES = {
    "PIL": {"vision", "utils", "viz"}, "scipy": {"vision"}, "tqdm": {"vision", "hub"},
    "tensorboard": {"utils"}, "google": {"utils"}, "moviepy": {"utils"}, "onnx": {"utils"},
    "matplotlib": {"utils", "viz"},
}  # fmt: skip


def storey(path):
    """The package or module at the top of the tree that a file belongs to."""
    return path.relative_to(SRC).parts[0].removesuffix(".py")


def imports(path):
    """The modules that a file imports: absolute names, and names inside this package with a leading dot."""
    package = path.relative_to(SRC).parts[:-1]
    for node in ast.walk(TREES[path]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1]
            for name in [node.module] if node.module else [alias.name for alias in node.names]:
                yield "." + ".".join([*base, name])


def test_imports_go_down():
    wrong = []
    for path in TREES:
        own = storey(path)
        inside = {name.split(".")[1] for name in imports(path) if name.startswith(".")} & MEMBERS
        if own in STOREYS:
            wrong += [f"{path} imports {name}" for name in inside - {own} - STOREYS[own] - VOCABULARY]
    assert not wrong


def test_only_the_base_packages_are_imported():
    known = BASE_PACKAGES | {"flambeau"} | set(sys.stdlib_module_names)
    outside = {(name.partition(".")[0], path) for path in TREES for name in imports(path) if not name.startswith(".")}
    wrong = [(path, name) for name, path in outside if name not in known]
    assert not [f"{path} imports {name}" for path, name in wrong if storey(path) not in OPTIONAL_PACKAGES.get(name, ())]


def test_files_and_functions_are_short():
    long = [f"{path}: {lines} lines" for path in TREES if (lines := len(path.read_text().splitlines())) > 500]
    for path, tree in TREES.items():
        functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
        long += [f"{path}: {f.name}" for f in functions if f.end_lineno - f.lineno >= 70]
    assert not long


def test_modules_say_what_they_are():
    assert not [path for path, tree in TREES.items() if tree.body and not ast.get_docstring(tree)]
