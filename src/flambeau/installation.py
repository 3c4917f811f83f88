"""`python -m flambeau info`: what this installation is and runs on, as a bug report wants it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform

from . import config
from .codegen import targets
from .compat.names import PACKAGE, PYTORCH_VERSION

OPTIONAL = {
    "Pillow": "vision: images", "scipy": "vision: some datasets", "tqdm": "progress of downloads",
    "tensorboard": "torch.utils.tensorboard", "matplotlib": "viz: figures",
}  # fmt: skip
"""Packages that are not needed, and what for they are used where they are installed."""


def info() -> str:
    """Lines of names and what they are: versions, the processor, threads, the cache folder, optional packages."""
    lines = {**_versions(), **_machine(), "cache": _cache()}
    width = max(map(len, [*lines, *OPTIONAL])) + 2
    optional = {name: f"{_version(name)} ({use})" for name, use in OPTIONAL.items()}
    return "\n".join(f"{name + ':':{width}}{value}" for name, value in {**lines, **optional}.items())


def _versions() -> dict[str, str]:
    return {
        PACKAGE: f"{_version(PACKAGE)} (API of PyTorch {PYTORCH_VERSION})",
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "numpy": _version("numpy"),
        "llvmlite": _compiler(),
    }


def _version(package: str) -> str:
    if package == PACKAGE:
        return importlib.import_module(PACKAGE).__version__
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


def _compiler() -> str:
    if importlib.util.find_spec("llvmlite") is None:
        return "absent: programs are interpreted by NumPy, which is slow"
    import llvmlite.binding as llvm

    return f"{_version('llvmlite')} (LLVM {'.'.join(map(str, llvm.llvm_version_info))})"


def _machine() -> dict[str, str]:
    if importlib.util.find_spec("llvmlite") is None:
        return {"cpu": platform.processor(), "threads": str(config.threads)}
    import llvmlite.binding as llvm

    target = targets.host()
    kernels = f"kernels use {target.name}, vectors of {8 * target.vector_bytes} bits"
    return {"cpu": f"{llvm.get_host_cpu_name()} ({kernels})", "threads": str(config.threads)}


def _cache() -> str:
    """The cache folder and its size."""
    if config.cache is None:
        return "none: kernels are compiled anew in every process"
    sizes = [file.stat().st_size for file in config.cache.rglob("*") if file.is_file()] if config.cache.is_dir() else []
    return f"{config.cache} ({len(sizes)} files, {sum(sizes) / 2**20:.1f} of {config.cache_limit >> 20} MiB)"
