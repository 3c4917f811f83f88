"""What a checkpoint holds, without loading it."""

from __future__ import annotations

import io
import os
import pickletools
from types import ModuleType
from typing import Any

from .archive import Reader, is_archive
from .restricted import is_allowed


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The classes and functions in a checkpoint that `load` with weights_only would refuse.

    Args:
        f: a path, or a file-like object that can seek.

    Raises ValueError where the file is no zip archive.
    """
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return get_unsafe_globals_in_checkpoint(io.BytesIO(file.read()))
    if not is_archive(f):
        raise ValueError("Expected input to be a checkpoint returned by torch.save")
    names = (
        argument.replace(" ", ".", 1)
        for code, argument, _ in pickletools.genops(Reader(f).read("data.pkl"))
        if code.name == "GLOBAL"
    )
    return list(dict.fromkeys(_modern(name) for name in names if not is_allowed(name)))


def _modern(name: str) -> str:
    """A builtin by the name of its module in Python 3."""
    return name.replace("__builtin__.", "builtins.", 1)


def check_module_version_greater_or_equal(
    module: ModuleType, req_version_tuple: tuple, error_if_malformed: bool = True
) -> bool:
    """Whether the version of a module is at least the one that is asked for.

    Raises RuntimeError where the version cannot be read, unless error_if_malformed is False.
    """
    try:
        parts = module.__version__.split(".")[: len(req_version_tuple)]
        version = tuple(type(field)(part) for field, part in zip(req_version_tuple, parts))
    except Exception as error:
        if error_if_malformed:
            raise RuntimeError(
                f"'{module.__name__}' module version string is malformed '{module.__version__}' and cannot be compared "
                f"with tuple {req_version_tuple!s}"
            ) from error
        return True
    return version >= req_version_tuple
