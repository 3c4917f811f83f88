"""Where storages are: the tags that checkpoints hold, and what brings a storage back to the place that a tag names.

There is one place, the CPU; scripts may register others.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_CUDA = (
    "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a "
    "CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
)


def _restore_on_cpu(storage: Any, location: str) -> Any:
    return storage if location == "cpu" or location.startswith("cpu:") else None


def _refuse_cuda(storage: Any, location: str) -> None:
    if location.startswith("cuda"):
        raise RuntimeError(_CUDA)


_registry: list[tuple[int, Callable, Callable]] = [
    (10, lambda storage: "cpu", _restore_on_cpu),
    (20, lambda storage: None, _refuse_cuda),
]


def register_package(priority: int, tagger: Callable, deserializer: Callable) -> None:
    """Registers a kind of place.

    Args:
        priority: those with lower ones are asked first.
        tagger: gives the tag of a storage, or None where it is not one of its own.
        deserializer: takes a storage and a tag, gives the storage at that place or None.
    """
    _registry.append((priority, tagger, deserializer))
    _registry.sort(key=lambda entry: entry[0])


def location_tag(storage: Any) -> str:
    """The tag of the place where a storage is.

    Raises RuntimeError where nobody knows it.
    """
    for _, tagger, _ in _registry:
        tag = tagger(storage)
        if tag:
            return tag
    raise RuntimeError("don't know how to determine data location of " + type(storage).__name__)


def default_restore_location(storage: Any, location: str) -> Any:
    """A storage, brought to the place that a tag names.

    Raises RuntimeError where nobody knows it, or it is not there.
    """
    for _, _, deserializer in _registry:
        restored = deserializer(storage, location)
        if restored is not None:
            return restored
    raise RuntimeError(
        f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {location})"
    )


def validate_cuda_device(location: str) -> int:
    """The number of a CUDA device; RuntimeError, since there is none."""
    raise RuntimeError(_CUDA)
