"""torch.jit: accepted, and without effect on speed: programs are compiled here whether scripted or not.

A scripted or traced module is the module itself in PyTorch's clothes; a scripted or traced function is the function.
What `save` writes is a checkpoint of the whole module, which `load` reads; TorchScript's own archives are refused.
"""

# fmt: off
# isort: off
from ..futures import Future
from .decorators import (
    Attribute, Final, annotate, export, export_opnames, fork, ignore, interface, is_scripting, is_tracing, isinstance,
    script_if_tracing, strict_fusion, unused, wait,
)
from .files import load, save
from .modules import (
    RecursiveScriptModule, ScriptFunction, ScriptModule, freeze, optimize_for_inference, script, trace, trace_module,
)
from .objects import CompilationUnit, JITException
from .settings import enable_onednn_fusion, onednn_fusion_enabled, set_fusion_strategy
# isort: on
# fmt: on

Error = JITException

__all__ = [
    "Attribute", "CompilationUnit", "Error", "Final", "Future", "RecursiveScriptModule", "ScriptFunction",
    "ScriptModule", "annotate",
    "enable_onednn_fusion", "export", "export_opnames", "fork", "freeze", "ignore", "interface", "is_scripting",
    "is_tracing", "isinstance", "load", "onednn_fusion_enabled", "optimize_for_inference", "save", "script",
    "script_if_tracing", "set_fusion_strategy", "strict_fusion", "trace", "trace_module", "unused", "wait",
]  # fmt: skip
