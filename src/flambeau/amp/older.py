"""The older names of torch.amp, which torch.cuda.amp and torch.cpu.amp have for their kind of device."""

from __future__ import annotations

import warnings
from typing import Any

from ..dtypes import bfloat16, float16
from .autocast_mode import autocast
from .grad_scaler import GradScaler


def warn(device: str, name: str, now: str) -> None:
    """Says what to write instead of torch.<device>.amp.<name>; called by what a script calls."""
    warnings.warn(
        f"`torch.{device}.amp.{name}(args...)` is deprecated. Please use `{now}` instead.", FutureWarning, stacklevel=3
    )


def names_for(device: str) -> tuple[type[autocast], type[GradScaler]]:
    """The classes autocast and GradScaler of torch.<device>.amp."""
    default = float16 if device == "cuda" else bfloat16

    class Autocast(autocast):
        """torch.autocast for one kind of device."""

        def __init__(self, enabled: bool = True, dtype: Any = default, cache_enabled: bool = True) -> None:
            warn(device, "autocast", f"torch.amp.autocast('{device}', args...)")
            super().__init__(device, enabled=enabled, dtype=dtype, cache_enabled=cache_enabled)

    class Scaler(GradScaler):
        """torch.amp.GradScaler for one kind of device."""

        def __init__(
            self,
            init_scale: float = 2.0**16,
            growth_factor: float = 2.0,
            backoff_factor: float = 0.5,
            growth_interval: int = 2000,
            enabled: bool = True,
        ) -> None:
            warn(device, "GradScaler", f"torch.amp.GradScaler('{device}', args...)")
            super().__init__(device, init_scale, growth_factor, backoff_factor, growth_interval, enabled)

    for cls, name in ((Autocast, "autocast"), (Scaler, "GradScaler")):
        cls.__name__ = cls.__qualname__ = name
        cls.__module__ = f"{__package__.partition('.')[0]}.{device}.amp"
    return Autocast, Scaler
