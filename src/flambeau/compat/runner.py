"""Runs a PyTorch script as `python script.py` would, with `torch` answered for by this package.

The script sees itself as `__main__`, with its own sys.argv and sys.path[0]; a traceback starts in the script.
"""

from __future__ import annotations

import importlib.machinery
import io
import os
import sys
import types

from ..errors import add_note
from .finder import install, missing_note
from .names import PACKAGE


def run_script(path: str, arguments: list[str]) -> None:
    """Runs a script as the program of this process.

    Args:
        path: the script's file.
        arguments: what follows the script's name on the command line.

    Raises:
        SystemExit: the script's own, or with status 1 after an uncaught exception, whose traceback has been printed.
    """
    install()
    sys.argv[:] = [path, *arguments]
    sys.path[0] = os.path.dirname(os.path.realpath(path))
    module = _main_module(path)
    sys.modules["__main__"] = module
    try:
        exec(_compiled(path), module.__dict__)
    except SystemExit:
        raise
    except BaseException as error:
        _report(error, path)
        raise SystemExit(130 if isinstance(error, KeyboardInterrupt) else 1) from None


def _main_module(path: str) -> types.ModuleType:
    module = types.ModuleType("__main__")
    loader = importlib.machinery.SourceFileLoader("__main__", path)
    module.__dict__.update(__file__=path, __loader__=loader, __builtins__=__builtins__, __cached__=None)
    return module


def _compiled(path: str) -> types.CodeType:
    try:
        with io.open_code(path) as file:
            source = file.read()
    except OSError as error:
        raise SystemExit(f"{sys.executable}: can't open file {path!r}: {error}") from None
    return compile(source, path, "exec", dont_inherit=True)


def _report(error: BaseException, path: str) -> None:
    """Prints an uncaught exception, from the script's first frame on."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_frame.f_code.co_filename != path:
        traceback = traceback.tb_next
    _explain_import(error)
    sys.excepthook(type(error), error.with_traceback(traceback), traceback)
    if sys.version_info < (3, 11):
        for note in getattr(error, "__notes__", ()):
            print(note, file=sys.stderr)


def _explain_import(error: BaseException) -> None:
    """Adds the note that `from torch import name` cannot carry: the interpreter drops the one on the AttributeError."""
    module = getattr(error, "name", None) or ""
    if isinstance(error, ImportError) and module.partition(".")[0] == PACKAGE:
        add_note(error, missing_note(f"A name imported from torch{module.removeprefix(PACKAGE)}"))
