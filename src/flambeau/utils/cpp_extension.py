"""torch.utils.cpp_extension: extensions in C++ and CUDA are named and refused; operators are written in Python here."""

from __future__ import annotations

from typing import Any, NoReturn

from ..errors import add_note

__all__ = ["BuildExtension", "CUDAExtension", "CppExtension", "include_paths", "load", "load_inline"]

CUDA_HOME = None


def _refuse(name: str) -> NoReturn:
    error = RuntimeError(f"torch.utils.cpp_extension.{name}: extensions are compiled against PyTorch's own C++ library")
    raise add_note(
        error,
        "Write the operator in Python: torch.library.custom_op registers a function of tensors (or of NumPy arrays) "
        "with its gradient. What is composed of torch's functions is fused and compiled as it is.",
    )


def load(name: str, sources: Any = None, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused. Raises RuntimeError."""
    _refuse("load")


def load_inline(name: str, cpp_sources: Any = None, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused. Raises RuntimeError."""
    _refuse("load_inline")


def CppExtension(name: str, sources: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused. Raises RuntimeError."""
    _refuse("CppExtension")


def CUDAExtension(name: str, sources: Any, *args: Any, **kwargs: Any) -> NoReturn:
    """Refused. Raises RuntimeError."""
    _refuse("CUDAExtension")


def include_paths(device_type: str = "cpu", torch_include_dirs: bool = True) -> list[str]:
    """The folders of PyTorch's headers: there are none."""
    return []


def is_ninja_available() -> bool:
    """Whether extensions can be built: no."""
    return False


class BuildExtension:
    """Refused where it is made. Raises RuntimeError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _refuse("BuildExtension")
