"""The command line: `python -m flambeau run script.py [arguments]`, `check script.py` and `info`."""

from __future__ import annotations

import sys

USAGE = """usage: python -m flambeau run SCRIPT [ARGUMENT ...]   run a PyTorch script on Flambeau
       python -m flambeau check SCRIPT                list what a script uses that is missing here, without running it
       python -m flambeau info                        say what this installation is and runs on"""


def main(arguments: list[str] | None = None) -> None:
    """Runs one command; exits with status 2 where there is no such command."""
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or ["help"]
    if command == "run" and rest:
        from .compat import run_script

        run_script(rest[0], rest[1:])
    elif command == "check" and len(rest) == 1:
        from .compat.check import report

        raise SystemExit(report(rest[0]))
    elif command == "info" and not rest:
        from .installation import info

        print(info())
    elif command in ("help", "-h", "--help"):
        print(USAGE)
    else:
        raise SystemExit(_fail(USAGE))


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


if __name__ == "__main__":
    main()
