"""Where downloads are kept: `$TORCH_HOME/hub`, unless a script says otherwise."""

from __future__ import annotations

import os
import warnings

_chosen: dict[str, str] = {}


def _get_torch_home() -> str:
    """The folder of all that is downloaded: `$TORCH_HOME`, or `torch` in the user's cache folder."""
    cache = os.getenv("XDG_CACHE_HOME", "~/.cache")
    return os.path.expanduser(os.getenv("TORCH_HOME", os.path.join(cache, "torch")))


def get_dir() -> str:
    """The folder in which repositories and checkpoints are kept; `set_dir` chooses another than `$TORCH_HOME/hub`."""
    if os.getenv("TORCH_HUB"):
        warnings.warn("TORCH_HUB is deprecated, please use env TORCH_HOME instead", stacklevel=2)
    return _chosen.get("hub") or os.path.join(_get_torch_home(), "hub")


def set_dir(d: str | os.PathLike) -> None:
    """Chooses the folder in which repositories and checkpoints are kept.

    Args:
        d: its path; `~` is the user's home.
    """
    _chosen["hub"] = os.path.expanduser(d)
