"""torch.nn.modules.utils: sizes as tuples, and state dicts without a prefix."""

from __future__ import annotations

from typing import Any

from ..sizes import pair as _pair
from ..sizes import repeated as _ntuple
from ..sizes import single as _single
from ..sizes import triple as _triple
from ..sizes import with_default as _list_with_default

__all__ = ["_list_with_default", "_ntuple", "_pair", "_quadruple", "_reverse_repeat_tuple", "_single", "_triple"]
__all__ += ["consume_prefix_in_state_dict_if_present"]

_quadruple = _ntuple(4)


def _reverse_repeat_tuple(t, n: int) -> tuple:
    return tuple(x for x in reversed(t) for _ in range(n))


def consume_prefix_in_state_dict_if_present(state_dict: dict[str, Any], prefix: str) -> None:
    """Takes a prefix, such as "module.", away from all keys that have it, in place."""
    for key in [key for key in state_dict if key.startswith(prefix)]:
        state_dict[key[len(prefix) :]] = state_dict.pop(key)
    metadata = getattr(state_dict, "_metadata", {})
    for key in [key for key in metadata if key and (key == prefix.replace(".", "") or key.startswith(prefix))]:
        metadata[key[len(prefix) :]] = metadata.pop(key)
