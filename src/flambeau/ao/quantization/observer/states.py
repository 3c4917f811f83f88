"""What observers have seen, out of a network and back into it."""

from __future__ import annotations

from collections import OrderedDict

from .base import _is_activation_post_process

_WATCHED = "activation_post_process"


def get_observer_state_dict(mod) -> OrderedDict:
    """That part of a network's state dict that is its observers'."""
    state = mod.state_dict()
    found = OrderedDict((name, value) for name, value in state.items() if _WATCHED in name)
    found._metadata = state._metadata  # type: ignore[attr-defined]
    return found


def load_observer_state_dict(mod, obs_dict) -> None:
    """Gives a network's observers what `get_observer_state_dict` said of another's.

    Raises Exception where something is missing in the dictionary.
    """
    missing: list[str] = []
    unexpected: list[str] = []
    for name, module in mod.named_modules():
        if _is_activation_post_process(module):
            module._load_from_state_dict(obs_dict, name + ".", {}, False, missing, unexpected, [])
    for kind, names in (("Missing", missing), ("Unexpected", unexpected)):
        for name in names:
            if "observer" in name or _WATCHED in name:
                raise Exception(f"{kind} keys for observer {name} in state_dict")
