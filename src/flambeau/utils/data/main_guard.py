"""Whether a process that a script starts may import the script again: what it is at stands under a main guard."""

from __future__ import annotations

import ast
import linecache
import sys
from types import FrameType


def without_guard() -> bool:
    """Whether the statement of the script that is running now would run again in a process that imports the script."""
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None)
    frame: FrameType | None = sys._getframe()
    while frame is not None and not (frame.f_code.co_name == "<module>" and frame.f_globals is vars(main)):
        frame = frame.f_back
    if frame is None or path is None or frame.f_code.co_filename != path:
        return False
    return not _guarded("".join(linecache.getlines(path)), frame.f_lineno)


def _guarded(source: str, line: int) -> bool:
    """Whether the statement at a line of a module depends on the module's name."""
    try:
        statements = ast.parse(source).body
    except SyntaxError:
        return False
    here = [s for s in statements if s.lineno <= line <= (s.end_lineno or s.lineno)]
    return any(isinstance(s, ast.If) and "__name__" in ast.unparse(s.test) for s in here)
