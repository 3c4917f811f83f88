"""torch.backends.cpu: what the processor can do."""

from __future__ import annotations


def get_cpu_capability() -> str:
    """The widest vectors that kernels use: "AVX512", "AVX2", "NEON" or "DEFAULT"."""
    from ..codegen.targets import host

    name = host().name
    return name.upper() if name != "plain" else "DEFAULT"
