"""The objects of TorchScript that scripts only name, as in isinstance: programs are compiled here without them.

Those that PyTorch's own library makes, and no script can, are classes without a constructor, as there.
"""

from __future__ import annotations

import enum
from typing import Any

from ..futures import Future
from .decorators import fork, wait
from .modules import ScriptFunction, ScriptModule

_MADE_BY_THE_LIBRARY = """
AliasDb Argument ArgumentSpec BenchmarkExecutionStats Block CallStack Capsule Code CompleteArgumentSpec
ConcreteModuleType ConcreteModuleTypeBuilder DeepCopyMemoTable DispatchKey DispatchKeySet ErrorReport
ExcludeDispatchKeyGuard ExecutionPlan FunctionSchema Gradient GraphExecutorState IODescriptor LiteScriptModule Node
OperatorInfo ScriptClass ScriptClassFunction ScriptDictIterator ScriptDictKeyIterator ScriptListIterator ScriptMethod
ScriptModuleSerializer ScriptObjectProperty SerializationStorageContext StaticModule ThroughputBenchmark
TracingState Use Value
"""


def _without_constructor(name: str) -> type:
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise TypeError(f"torch._C.{name}: No constructor defined!")

    doc = "An object of TorchScript's compiler, which only PyTorch's library makes."
    return type(name, (), {"__init__": __init__, "__doc__": doc, "__module__": "torch"})


for _name in _MADE_BY_THE_LIBRARY.split():
    globals()[_name] = _without_constructor(_name)


class ScriptList(list):
    """A list that scripted functions share with Python: a list."""


class ScriptDict(dict):
    """A dictionary that scripted functions share with Python: a dictionary."""


class _Members:
    """One kind of a module's members, by name.

    Args:
        module: the scripted module.
    """

    _kind = ""

    def __init__(self, module: ScriptModule) -> None:
        self._members: dict[str, Any] = getattr(module, self._kind)

    def contains(self, name: str) -> bool:
        """Whether there is one of that name."""
        return name in self._members

    def getattr(self, name: str) -> Any:
        """The one of that name."""
        return self._members[name]

    def setattr(self, name: str, value: Any) -> None:
        """Puts another in its place."""
        self._members[name] = value

    def items(self) -> list[tuple[str, Any]]:
        """Names and members."""
        return list(self._members.items())


class ParameterDict(_Members):
    """A module's parameters."""

    _kind = "_parameters"


class BufferDict(_Members):
    """A module's buffers."""

    _kind = "_buffers"


class ModuleDict(_Members):
    """A module's children."""

    _kind = "_modules"


class Graph:
    """A program of TorchScript: an empty one, since none is made here."""

    def __repr__(self) -> str:
        return "graph():\n  return ()\n"

    def inputs(self) -> list:
        """The arguments: none."""
        return []

    def outputs(self) -> list:
        """The results: none."""
        return []

    def nodes(self) -> list:
        """The operations: none."""
        return []

    def copy(self) -> Graph:
        """Another one."""
        return Graph()


class BenchmarkConfig:
    """How often and by how many threads a module is called in a benchmark."""

    def __init__(self) -> None:
        self.num_calling_threads = self.num_worker_threads = self.num_warmup_iters = self.num_iters = 1
        self.profiler_output_path = ""


class DeserializationStorageContext:
    """Storages that several modules of one package share, by name."""

    def __init__(self) -> None:
        self._storages: dict[str, Any] = {}

    def has_storage(self, name: str) -> bool:
        """Whether a storage is known."""
        return name in self._storages

    def get_storage(self, name: str, dtype: Any = None) -> Any:
        """A known storage."""
        return self._storages[name]

    def add_storage(self, name: str, storage: Any) -> None:
        """Makes a storage known."""
        self._storages[name] = storage


class AggregationType(enum.Enum):
    """How a logger puts several numbers of one name together."""

    SUM = 0
    AVG = 1

    def __repr__(self) -> str:
        return f"<{self}: {self.value}>"


SUM, AVG = AggregationType.SUM, AggregationType.AVG


class NoopLogger:
    """A logger that forgets."""

    def add_stat_value(self, stat_name: str, val: int) -> None:
        """Takes a number and forgets it."""


class LockingLogger:
    """A logger that adds up the numbers of each name, or takes their mean."""

    def __init__(self) -> None:
        self._numbers: dict[str, list[int]] = {}
        self._kinds: dict[str, AggregationType] = {}

    def add_stat_value(self, stat_name: str, val: int) -> None:
        """Takes a number."""
        self._numbers.setdefault(stat_name, []).append(val)

    def get_counter_val(self, name: str) -> int:
        """The sum of a name's numbers, or their mean."""
        numbers = self._numbers.get(name, [])
        total = sum(numbers)
        return total // len(numbers) if numbers and self._kinds.get(name) is AVG else total

    def set_aggregation_type(self, stat_name: str, type: AggregationType) -> None:
        """Says how a name's numbers are put together."""
        self._kinds[stat_name] = type


_TAGS = """core cudagraph_unsafe data_dependent_output dynamic_output_shape flexible_layout generated inplace
inplace_view maybe_aliasing_or_mutating needs_contiguous_strides needs_exact_strides needs_fixed_stride_order
nondeterministic_bitwise nondeterministic_seeded out out_variant pointwise pt2_compliant_tag reduction view_copy"""
Tag = enum.Enum("Tag", {name: i for i, name in enumerate(_TAGS.split())})  # type: ignore[misc]
Tag.__doc__ = "What is said of operators."
Tag.__repr__ = lambda self: f"<{self}: {self.value}>"  # type: ignore[method-assign]


class JITException(Exception):
    """An exception that a scripted function raised."""


class CompilationUnit:
    """Functions of TorchScript given as text, of which there are none: Python's functions need no such text."""

    def __init__(self, lang: str | None = None, _frames_up: int = 0) -> None:
        if lang:
            self.define(lang)

    def define(self, src: str, rcb: Any = None, _frames_up: int = 0) -> None:
        """Takes functions as text; raises NotImplementedError."""
        raise NotImplementedError("TorchScript given as text is not compiled here: write it as Python's functions")

    def get_functions(self) -> list:
        """The functions: none."""
        return []

    def find_function(self, name: str) -> None:
        """The function of a name: none."""


__all__ = [
    *_MADE_BY_THE_LIBRARY.split(), "AVG", "AggregationType", "BenchmarkConfig", "BufferDict", "CompilationUnit",
    "DeserializationStorageContext", "Future", "Graph", "JITException", "LockingLogger", "ModuleDict", "NoopLogger",
    "ParameterDict", "SUM", "ScriptDict", "ScriptFunction", "ScriptList", "ScriptModule", "Tag", "fork", "wait",
]  # fmt: skip
