"""Switches of PyTorch's own fusers, kept and without effect: fusion is always on here."""

from __future__ import annotations

_onednn = False


def enable_onednn_fusion(enabled: bool) -> None:
    """Kept for onednn_fusion_enabled."""
    global _onednn
    _onednn = bool(enabled)


def onednn_fusion_enabled() -> bool:
    """What enable_onednn_fusion set."""
    return _onednn


def set_fusion_strategy(strategy: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Accepted; gives back the strategy before."""
    return [("STATIC", 2), ("DYNAMIC", 10)]
