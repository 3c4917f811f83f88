"""What classes of data pipes are marked with."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from .datapipe import IterDataPipe, MapDataPipe

_deterministic = False


class functional_datapipe:
    """A class decorator: all pipes of its kind get it as a method of this name.

    Args:
        name: the method's name.
    """

    def __init__(self, name: str, enable_df_api_tracing: bool = False) -> None:
        self.name = name

    def __call__(self, cls: type) -> type:
        kind = next(
            (kind for kind in (IterDataPipe, MapDataPipe) if inspect.isclass(cls) and issubclass(cls, kind)), None
        )
        if kind is None:
            raise TypeError("`functional_datapipe` can only decorate IterDataPipe")
        kind.register_datapipe_as_function(self.name, cls)
        return cls


class non_deterministic:
    """A class decorator: the pipe gives other samples each time, always or where a function of its arguments says.

    Raises TypeError where guaranteed determinism has been asked for and the pipe is made.
    """

    def __init__(self, arg: Any) -> None:
        self.cls = arg if inspect.isclass(arg) else None
        self.applies: Callable[..., bool] = (lambda *args, **kwargs: True) if self.cls else arg

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.cls is None:
            (self.cls,) = args
            return self
        if _deterministic and self.applies(*args, **kwargs):
            raise TypeError(
                f"{self.cls.__name__} is non-deterministic with inputs, but you set "
                "'guaranteed_datapipes_determinism'. You can turn off determinism for this DataPipe if that is "
                "acceptable for your application"
            )
        return self.cls(*args, **kwargs)


class guaranteed_datapipes_determinism:
    """A context in which pipes that are not deterministic cannot be made."""

    def __init__(self) -> None:
        self._before = _deterministic

    def __enter__(self) -> None:
        global _deterministic
        _deterministic = True

    def __exit__(self, *exc: Any) -> None:
        global _deterministic
        _deterministic = self._before


def argument_validation(f: Callable) -> Callable:
    """Marks a function whose annotations PyTorch checks."""
    return f


def runtime_validation(f: Callable) -> Callable:
    """Marks an __iter__ whose samples PyTorch checks against its annotation."""
    return f


@contextlib.contextmanager
def runtime_validation_disabled() -> Iterator[None]:
    """A context in which they are not checked: they never are here."""
    yield
