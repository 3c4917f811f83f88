"""torch.utils.collect_env: what a report of a fault says of the machine and the installation."""

from __future__ import annotations

import importlib.metadata
import platform
import sys

import flambeau as torch

__all__ = ["get_pretty_env_info", "main"]

_PACKAGES = ("flambeau", "llvmlite", "numpy", "pillow", "scipy", "tensorboard", "tqdm")


def get_pretty_env_info() -> str:
    """The report, in lines."""
    versions = []
    for name in _PACKAGES:
        try:
            versions.append(f"[pip3] {name}=={importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return "\n".join([
        f"PyTorch version: {torch.__version__}",
        "Is debug build: False",
        "CUDA used to build PyTorch: None",
        "",
        f"OS: {platform.platform()}",
        f"Libc version: {'-'.join(platform.libc_ver())}",
        "",
        f"Python version: {sys.version.replace(chr(10), ' ')} ({sys.maxsize.bit_length() + 1}-bit runtime)",
        f"Python platform: {platform.platform()}",
        "Is CUDA available: False",
        f"CPU: {platform.machine()}, {torch.get_num_threads()} threads",
        "",
        "Versions of relevant libraries:",
        *versions,
    ])  # fmt: skip


def main() -> None:
    """Prints the report."""
    print("Collecting environment information...")
    print(get_pretty_env_info())


if __name__ == "__main__":
    main()
