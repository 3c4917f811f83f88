"""Whether gradients are recorded: per thread, as context managers and as decorators.

`MODE.enabled` is True where operations are recorded, False where they are not, and None in inference mode; being part
of every step's key, it keeps the programs of the three apart.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
import warnings
from typing import Any


class _Mode(threading.local):
    enabled: bool | None = True
    anomaly = False
    check_nan = True
    autocast: Any = None  # inside torch.autocast: the dtype in which products are computed


MODE = _Mode()


def is_grad_enabled() -> bool:
    """Whether operations of this thread are recorded for backward()."""
    return bool(MODE.enabled)


def is_inference_mode_enabled() -> bool:
    """Whether this thread is inside `inference_mode()`."""
    return MODE.enabled is None


@contextlib.contextmanager
def no_autocast():
    """Computes in the precision of the operands, also inside torch.autocast."""
    before, MODE.autocast = MODE.autocast, None
    try:
        yield
    finally:
        MODE.autocast = before


def is_anomaly_enabled() -> bool:
    """Whether backward() looks for NaN and names the forward call of what fails."""
    return MODE.anomaly


def set_anomaly_enabled(enabled: bool, check_nan: bool = True) -> None:
    """Switches anomaly detection on or off."""
    MODE.anomaly, MODE.check_nan = bool(enabled), bool(check_nan)


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly detection looks for NaN."""
    return MODE.check_nan


class _Decorator:
    """A context manager that, as a decorator, holds around each call."""

    def clone(self) -> _Decorator:
        """A manager of its own for one call."""
        return type(self)()

    def __enter__(self):
        raise NotImplementedError

    def __exit__(self, *exc):
        raise NotImplementedError

    def __call__(self, function):
        if inspect.isclass(function):
            return self._wrap_class(function)
        if inspect.isgeneratorfunction(function):
            return self._wrap_generator(function)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            with self.clone():
                return function(*args, **kwargs)

        return wrapper

    def _wrap_class(self, cls):
        """The mode holds while an instance is made."""
        cls.__init__ = self(cls.__init__)
        return cls

    def _wrap_generator(self, function):
        """The mode holds while the generator runs, not while its consumer does."""

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            generator = function(*args, **kwargs)
            step, given = generator.send, (None,)
            while True:
                try:
                    with self.clone():
                        item = step(*given)
                except StopIteration as stop:
                    return stop.value
                try:
                    step, given = generator.send, ((yield item),)
                except GeneratorExit:
                    with self.clone():
                        generator.close()
                    raise
                except BaseException as error:
                    step, given = generator.throw, (error,)

        return wrapper


class _SetMode(_Decorator):
    """Sets the mode on entry and restores it on exit. In inference mode, nothing but `inference_mode` changes it."""

    enabled: bool | None

    def __init__(self):
        self._before: list[bool | None] = []

    def _set(self) -> None:
        if MODE.enabled is not None:
            MODE.enabled = self.enabled

    def __enter__(self):
        self._before.append(MODE.enabled)
        self._set()

    def __exit__(self, *exc):
        MODE.enabled = self._before.pop()


class _OptionalCall(_SetMode):
    """`@no_grad` works like `@no_grad()`."""

    def __new__(cls, orig_func=None):
        self = super().__new__(cls)
        if orig_func is None:
            return self
        self.__init__()
        return self(orig_func)

    def __init__(self, orig_func=None):
        super().__init__()


class no_grad(_OptionalCall):
    """Context manager and decorator that switches gradient recording off."""

    enabled = False


class enable_grad(_OptionalCall):
    """Context manager and decorator that switches gradient recording on."""

    enabled = True


class set_grad_enabled(_SetMode):
    """Switches gradient recording on or off, at once and until the end of the `with` block where there is one."""

    def __init__(self, mode: bool):
        super().__init__()
        self._previous, self.enabled = MODE.enabled, bool(mode)
        self._set()

    def __enter__(self):
        self._before.append(self._previous)
        self._set()

    def __call__(self, function):
        MODE.enabled = self._previous
        return super().__call__(function)

    def clone(self) -> set_grad_enabled:
        """A manager of its own for one call."""
        return set_grad_enabled(bool(self.enabled))


class inference_mode(_SetMode):
    """Like no_grad; tensors made inside can never be part of a recorded graph."""

    def __new__(cls, mode=True):
        self = super().__new__(cls)
        if callable(mode):
            self.__init__(True)
            return self(mode)
        return self

    def __init__(self, mode: bool = True):
        super().__init__()
        self.enabled = None if mode else True

    def _set(self) -> None:
        MODE.enabled = self.enabled

    def clone(self) -> inference_mode:
        """A manager of its own for one call."""
        return inference_mode(self.enabled is None)


class set_detect_anomaly(_Decorator):
    """Switches anomaly detection on or off, at once and until the end of the `with` block where there is one.

    check_nan: whether a gradient that is NaN raises RuntimeError.
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        self._before = (MODE.anomaly, MODE.check_nan)
        self._mode = MODE.anomaly, MODE.check_nan = bool(mode), bool(check_nan)

    def clone(self) -> set_detect_anomaly:
        """A manager of its own for one call."""
        return type(self)(*self._mode)

    def __enter__(self):
        MODE.anomaly, MODE.check_nan = self._mode

    def __exit__(self, *exc):
        MODE.anomaly, MODE.check_nan = self._before


class detect_anomaly(set_detect_anomaly):
    """Context manager in which a backward() that fails, or whose gradients are NaN, names the forward line."""

    def __init__(self, check_nan: bool = True):
        self._before = (MODE.anomaly, MODE.check_nan)
        self._mode = (True, check_nan)
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for "
            "debugging.",
            stacklevel=2,
        )

    def clone(self) -> detect_anomaly:
        """A manager of its own for one call."""
        return detect_anomaly(self._mode[1])


class set_multithreading_enabled(_Decorator):
    """Whether passes over the tape may use several threads for several devices; there is one, and one thread walks."""

    _enabled = True

    def __init__(self, mode: bool):
        self._before, self._mode = set_multithreading_enabled._enabled, bool(mode)
        set_multithreading_enabled._enabled = self._mode

    def clone(self) -> set_multithreading_enabled:
        """A manager of its own for one call."""
        return set_multithreading_enabled(self._mode)

    def __enter__(self):
        pass

    def __exit__(self, *exc):
        set_multithreading_enabled._enabled = self._before


def is_multithreading_enabled() -> bool:
    """What set_multithreading_enabled has set."""
    return set_multithreading_enabled._enabled
