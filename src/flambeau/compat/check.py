"""`python -m flambeau check script.py`: says before anything runs what a script uses that is missing here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from .names import counterpart
from .uses import Import, Reader, Use


class Missing(NamedTuple):
    """A name that a file uses at a line and that is not here; reason: why, where it is known."""

    path: Path
    line: int
    name: str
    reason: str = ""

    def __str__(self):
        return f"{self.path}:{self.line}: {self.name} is not in Flambeau{self.reason}"


def check_script(path: str | Path) -> tuple[list[Missing], int]:
    """What a script, and the files beside it that it imports, use of PyTorch and its kin that is missing here.

    Args:
        path: the script, which is read, not run.

    Returns:
        What is missing, in the order of files and lines; how many files were read.

    Raises:
        OSError: the script cannot be read.  SyntaxError: a file is no Python.
    """
    script = Path(path)
    waiting, seen, found = [script], {script.resolve()}, list[Missing]()
    for file in waiting:
        reader = Reader(ast.parse(file.read_bytes(), str(file)))
        found += _missing(file, reader.uses)
        for one in reader.imports:
            for other in _files(one, file, script.parent):
                if other.resolve() not in seen:
                    seen.add(other.resolve())
                    waiting.append(other)
    return found, len(seen)


def report(path: str) -> int:
    """Prints what `check_script` finds; returns the exit status: 0 where nothing is missing, 2 where it cannot say."""
    try:
        found, files = check_script(path)
    except (OSError, SyntaxError, ValueError) as error:
        print(f"{path}: {error}")
        return 2
    for one in found:
        print(one)
    read = f"{files} file{'s' if files > 1 else ''} read"
    print(f"{len({one.name for one in found})} names missing; {read}" if found else f"nothing is missing; {read}")
    return 1 if found else 0


def _missing(file: Path, uses: list[Use]) -> Iterator[Missing]:
    said = set()
    for use in sorted(uses):
        lost = _lost(use.name, use.is_module)
        if lost is not None and (use.line, lost[0]) not in said:
            said.add((use.line, lost[0]))
            yield Missing(file, use.line, *lost)


# ------------------------------------------------------------------ what there is
@cache
def _lost(name: str, is_module: bool) -> tuple[str, str] | None:
    """The part of a dotted name that is missing, and why; None where all of it is here."""
    if is_module:
        module, reason = _module(name)
        return None if module is not None else (name, reason)
    parts = name.split(".")
    value, reason = _module(parts[0])
    if value is None:
        return parts[0], reason
    for count, part in enumerate(parts[1:], 2):
        path = ".".join(parts[:count])
        found = _attribute(value, part)
        if found is None and isinstance(value, ModuleType):
            found = _module(path)[0]
        if found is None:
            return path, ""
        value = found[0] if isinstance(found, tuple) else found
        if not isinstance(value, (ModuleType, type)):
            return None
    return None


def _module(name: str) -> tuple[ModuleType | None, str]:
    """The module that answers for a name, or why there is none."""
    try:
        return counterpart(name), ""
    except ModuleNotFoundError as error:
        return None, f": it needs {error.name}, which is not installed"


def _attribute(value: Any, name: str) -> tuple | None:
    """An attribute, in a tuple; None where there is none."""
    try:
        return (getattr(value, name),)
    except (AttributeError, ImportError):
        return None


# ------------------------------------------------------------------ the script's own files
def _files(one: Import, file: Path, folder: Path) -> Iterator[Path]:
    """The files beside a script that an import runs."""
    base = folder
    if one.level:
        base = file.parent
        for _ in range(one.level - 1):
            base = base.parent
    parts = one.module.split(".") if one.module else []
    for count in range(1, len(parts) + 1):
        yield from _file(base.joinpath(*parts[:count]))
    for name in one.names:
        yield from _file(base.joinpath(*parts, name))


def _file(module: Path) -> Iterator[Path]:
    for candidate in (module.with_name(module.name + ".py"), module / "__init__.py"):
        if candidate.is_file():
            yield candidate
            return
