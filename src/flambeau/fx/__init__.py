"""torch.fx: a module or function recorded as a graph that a script reads, changes, and runs again."""

from .. import gates as _gates

_gates.install("fft", "linalg", "special")

from . import immutable_collections, passes  # noqa: E402
from ._symbolic_trace import PH, Tracer, symbolic_trace, wrap  # noqa: E402
from .graph import CodeGen, Graph  # noqa: E402
from .graph_module import GraphModule  # noqa: E402
from .interpreter import Interpreter, Transformer  # noqa: E402
from .node import Node, has_side_effect, map_arg  # noqa: E402
from .proxy import Proxy  # noqa: E402
from .subgraph_rewriter import replace_pattern  # noqa: E402

__all__ = [
    "symbolic_trace", "Tracer", "wrap", "Graph", "GraphModule", "Interpreter", "Transformer", "Node", "Proxy",
    "replace_pattern", "has_side_effect", "map_arg",
]  # fmt: skip
