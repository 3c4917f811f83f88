"""Processes that a script starts: what answers for `torch` in the script does so in them, before they import it."""

from __future__ import annotations

import functools
import multiprocessing
from multiprocessing import spawn
from pathlib import Path

from .names import PACKAGE

SERVED = f"{PACKAGE}.compat.served"
_FIRST = "import sys; sys.path.insert(0, {!r}); import {}; {}"


def prepare() -> None:
    """Makes processes that are spawned, and the server that forks others, install the finder first of all."""
    spawn.get_command_line = _installing(spawn.get_command_line)
    # Not the script itself, as by default: the server would import it before it knows of this.
    multiprocessing.set_forkserver_preload([SERVED])


def _installing(get_command_line):
    root = str(Path(__file__).parents[2])

    @functools.wraps(get_command_line)
    def command_line(**arguments) -> list[str]:
        command = get_command_line(**arguments)
        if "-c" in command:
            program = command.index("-c") + 1
            command[program] = _FIRST.format(root, SERVED, command[program])
        return command

    return command_line
