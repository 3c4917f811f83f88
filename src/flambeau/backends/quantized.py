"""torch.backends.quantized: the engine of quantised products, by whose name scripts choose QConfigs; there is one."""

from __future__ import annotations

import sys
from types import ModuleType

_ENGINES = {"none": 0, "fbgemm": 1, "qnnpack": 2, "onednn": 3, "x86": 4}
_SUPPORTED = ["qnnpack", "onednn", "x86", "fbgemm"]
_chosen = "x86"


class _Switches(ModuleType):
    @property
    def engine(self) -> str:
        return _chosen

    @engine.setter
    def engine(self, name: str) -> None:
        global _chosen
        if name not in _ENGINES:
            raise RuntimeError(f"{name} is not a valid value for quantized engine")
        if name not in _SUPPORTED:
            raise RuntimeError(f"quantized engine {name.upper()} is not supported")
        _chosen = name

    @property
    def supported_engines(self) -> list[str]:
        return list(_SUPPORTED)

    @supported_engines.setter
    def supported_engines(self, engines) -> None:
        raise RuntimeError("Assignment not supported")


sys.modules[__name__].__class__ = _Switches
