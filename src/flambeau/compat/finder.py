"""The import hooks: `import torch` and `import torch.x` give this package and its modules, each under one identity.

The finder takes the names of the packages that are answered for here (`torch`, `torchvision` ...) and what is under
them; every other name is left to others. Beside it stands one for this package's own modules, whose classes call
themselves what PyTorch calls them.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder
from types import ModuleType

from ..errors import add_note
from ..torch_version import TorchVersion
from .children import prepare
from .names import PACKAGE, PYTORCH_VERSION, counterpart, is_answered, torch_name


def install() -> None:
    """Makes the module name `torch` stand for this package in this process; a second call changes nothing.

    Raises ImportError where the real PyTorch has already been imported.
    """
    loaded = sys.modules.get("torch")
    if loaded is not None and loaded is not sys.modules[PACKAGE]:
        raise ImportError(
            "PyTorch is already imported in this process: call flambeau.compat.install() before `import torch`"
        )
    if not any(isinstance(finder, TorchFinder) for finder in sys.meta_path):
        sys.meta_path[:0] = [TorchFinder(), NamingFinder()]
        sys.modules[PACKAGE].__version__ = TorchVersion(f"{PYTORCH_VERSION}+{PACKAGE}")
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == PACKAGE:
                _take_names(module)
        prepare()


class TorchFinder(MetaPathFinder, Loader):
    """Finds and loads the modules of PyTorch that this package answers for."""

    def find_spec(self, fullname, path=None, target=None):
        if not is_answered(fullname):
            return None
        module = counterpart(fullname)
        if module is None:
            error = ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
            raise add_note(error, missing_note(fullname))
        return importlib.util.spec_from_loader(fullname, self, origin=module.__spec__.origin)

    def create_module(self, spec):
        module = counterpart(spec.name)
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module):
        # The import system has put the spec of the name `torch...` on a module that has its own.
        spec, module.__spec__ = module.__spec__, module.__spec__.loader_state
        _explain_missing_names(module, spec.name)

    def find_distributions(self, context):
        """Answers importlib.metadata for the distribution `torch`."""
        if context.name is None or context.name.lower() == "torch":
            yield TorchDistribution()


class NamingFinder(MetaPathFinder):
    """Finds this package's modules as ever; their classes then take PyTorch's names (<class 'torch.Tensor'>)."""

    def find_spec(self, fullname, path=None, target=None):
        if not fullname.startswith(PACKAGE + "."):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module):
            execute(module)
            _take_names(module)

        spec.loader.exec_module = exec_module
        return spec


def _take_names(module: ModuleType) -> None:
    """Gives the classes that a module defines the names of the modules that define them in PyTorch."""
    for value in list(vars(module).values()):
        if isinstance(value, type) and value.__module__ == module.__name__:
            value.__module__ = torch_name(value)[0]


class TorchDistribution(importlib.metadata.Distribution):
    """What importlib.metadata says of PyTorch: the release whose API this package follows."""

    def read_text(self, filename):
        if filename != "METADATA":
            return None
        return f"Metadata-Version: 2.1\nName: torch\nVersion: {PYTORCH_VERSION}\nSummary: PyTorch's API, by Flambeau\n"

    def locate_file(self, path):
        raise FileNotFoundError(f"{path}: the distribution torch is answered for by {PACKAGE} and has no files")


def _explain_missing_names(module: ModuleType, torch_name: str) -> None:
    """Gives a module's AttributeErrors PyTorch's text and a note."""
    inner = vars(module).get("__getattr__")
    if hasattr(inner, "explains"):
        return

    def __getattr__(name):
        if inner is not None:
            try:
                return inner(name)
            except AttributeError:
                pass
        error = AttributeError(f"module {torch_name!r} has no attribute {name!r}", name=name, obj=module)
        raise add_note(error, missing_note(f"{torch_name}.{name}"))

    __getattr__.explains = torch_name
    vars(module)["__getattr__"] = __getattr__


def missing_note(torch_name: str) -> str:
    """What to say beside an error about a name that PyTorch may have and this package has not."""
    return (
        f"{torch_name} is not in Flambeau yet (this process runs on Flambeau, which answers for the module name torch)."
    )
