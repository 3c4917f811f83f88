"""The command line: `python -m flambeau run script.py [arguments]` and `python -m flambeau info`."""

from __future__ import annotations

import platform
import sys

USAGE = """usage: python -m flambeau run SCRIPT [ARGUMENT ...]   run a PyTorch script on Flambeau
       python -m flambeau info                        say what this installation is and runs on"""


def main(arguments: list[str] | None = None) -> None:
    """Runs one command; exits with status 2 where there is no such command."""
    command, *rest = (sys.argv[1:] if arguments is None else arguments) or ["help"]
    if command == "run" and rest:
        from .compat import run_script

        run_script(rest[0], rest[1:])
    elif command == "info" and not rest:
        print(info())
    elif command in ("help", "-h", "--help"):
        print(USAGE)
    else:
        raise SystemExit(_fail(USAGE))


def _fail(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


def info() -> str:
    """One line each for the versions and the machine, as a bug report wants them."""
    import llvmlite
    import llvmlite.binding as llvm
    import numpy

    import flambeau

    from .compat.names import PYTORCH_VERSION

    lines = {
        "flambeau": f"{flambeau.__version__} (API of PyTorch {PYTORCH_VERSION})",
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "numpy": numpy.__version__,
        "llvmlite": f"{llvmlite.__version__} (LLVM {'.'.join(map(str, llvm.llvm_version_info))})",
        "cpu": llvm.get_host_cpu_name(),
    }
    return "\n".join(f"{name + ':':10}{value}" for name, value in lines.items())


if __name__ == "__main__":
    main()
