"""What a run says of itself on stderr: how to look at the log, and that a folder holds another run already."""

from __future__ import annotations

import os
import shlex
import sys
import warnings

from . import files

_told: set[str] = set()
_shown = False


def tell_command(log_dir: str) -> None:
    """Prints the command that opens the board, once in a process."""
    global _shown
    if not _shown:
        _shown = True
        folder = log_dir if files.is_remote(log_dir) else os.path.abspath(log_dir)
        print(f"TensorBoard: {_program()} --logdir {shlex.quote(folder)}", file=sys.stderr)


def _program() -> str:
    """TensorBoard's own command beside this Python, else as a module of it."""
    own = os.path.join(os.path.dirname(sys.executable), "tensorboard")
    return shlex.quote(own) if os.access(own, os.X_OK) else f"{shlex.quote(sys.executable)} -m tensorboard.main"


def warn_of_other_run(log_dir: str, stacklevel: int) -> None:
    """Warns, once for a folder, where it has event files already: TensorBoard would show two runs as one curve."""
    folder = log_dir if files.is_remote(log_dir) else os.path.realpath(log_dir)
    if folder in _told or not any(".tfevents." in name for name in files.names(folder)):
        return
    _told.add(folder)
    warnings.warn(
        f"{log_dir} has the event files of another run, which TensorBoard would show as one with this: give each run "
        "a log_dir of its own (or purge_step, where this one resumes that)",
        stacklevel=stacklevel + 1,
    )
