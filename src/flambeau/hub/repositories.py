"""What repositories offer: the functions of their `hubconf.py`."""

from __future__ import annotations

import builtins
import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from . import github as _github

_HUBCONF = "hubconf.py"


def list(
    github: str, force_reload: bool = False, skip_validation: bool = False, trust_repo: bool | str = "check",
    verbose: bool = True,
) -> builtins.list[str]:  # fmt: skip
    """The names of all that a repository on GitHub offers.

    Args:
        github: "owner/repository", or "owner/repository:ref" for a branch or a tag.
        force_reload: whether to download it in any case.
        skip_validation: whether to go without asking GitHub that the ref is the owner's.
        trust_repo: True, False (asks), or "check" (asks where it was not trusted before).
        verbose: whether to say that the cache is used.
    """
    with _hubconf(_github.checkout(github, force_reload, trust_repo, verbose, skip_validation)) as module:
        return [name for name in dir(module) if callable(getattr(module, name)) and not name.startswith("_")]


def help(
    github: str, model: str, force_reload: bool = False, skip_validation: bool = False, trust_repo: bool | str = "check"
) -> str | None:
    """The docstring of what a repository offers by a name; the arguments are those of `list`.

    Raises:
        RuntimeError: nothing callable has the name, or a package that the repository needs is missing.
    """
    with _hubconf(_github.checkout(github, force_reload, trust_repo, True, skip_validation)) as module:
        return _entry(module, model).__doc__


def load(
    repo_or_dir: str, model: str, *args: Any, source: str = "github", trust_repo: bool | str = "check",
    force_reload: bool = False, verbose: bool = True, skip_validation: bool = False, **kwargs: Any,
) -> Any:  # fmt: skip
    """Calls what a repository offers by a name, which mostly builds a model.

    Args:
        repo_or_dir: "owner/repository[:ref]" on GitHub, or a folder.
        model: the name of a function of its `hubconf.py`.
        *args: its arguments.
        source: "github" or "local".
        trust_repo: True, False (asks), or "check" (asks where it was not trusted before).
        force_reload: whether to download it in any case.
        verbose: whether to say that the cache is used.
        skip_validation: whether to go without asking GitHub that the ref is the owner's.
        **kwargs: the function's keyword arguments.

    Raises:
        ValueError: another source.
        RuntimeError: nothing callable has the name, or a package that the repository needs is missing.
    """
    source = source.lower()
    if source not in ("github", "local"):
        raise ValueError(f'Unknown source: "{source}". Allowed values: "github" | "local".')
    folder = repo_or_dir
    if source == "github":
        folder = _github.checkout(repo_or_dir, force_reload, trust_repo, verbose, skip_validation)
    with _hubconf(folder) as module:
        return _entry(module, model)(*args, **kwargs)


@contextlib.contextmanager
def _hubconf(folder: str) -> Iterator[ModuleType]:
    """A folder's `hubconf.py` as a module, while what lies beside it can be imported."""
    sys.path.insert(0, folder)
    try:
        spec = importlib.util.spec_from_file_location(_HUBCONF, os.path.join(folder, _HUBCONF))
        module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
        spec.loader.exec_module(module)  # type: ignore[union-attr]
        yield module
    finally:
        sys.path.remove(folder)


def _entry(module: ModuleType, name: str) -> Callable:
    if not isinstance(name, str):
        raise ValueError("Invalid input: model should be a string of function name")
    missing = [package for package in getattr(module, "dependencies", ()) if importlib.util.find_spec(package) is None]
    if missing:
        raise RuntimeError(f"Missing dependencies: {', '.join(missing)}")
    function = getattr(module, name, None)
    if not callable(function):
        raise RuntimeError(f"Cannot find callable {name} in hubconf")
    return function
