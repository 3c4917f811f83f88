"""Groups of processes: how one is made, and who is in it.

The world is one process of rank 0. What PyTorch's rendezvous asks for (ranks, sizes, addresses, in arguments or the
environment) is asked for here as well, so that a script that forgets it learns so.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from ..errors import add_note


class DistError(RuntimeError):
    """An error of torch.distributed."""


class DistBackendError(DistError):
    """An error of a backend."""


class DistNetworkError(DistError):
    """An error of the network."""


class DistStoreError(DistError):
    """An error of a store."""


class Backend(str):
    """The name of a backend, in small letters."""

    UNDEFINED, GLOO, NCCL, UCC, MPI, XCCL = "undefined", "gloo", "nccl", "ucc", "mpi", "xccl"

    def __new__(cls, name: str):
        if not isinstance(name, str):
            raise ValueError(f"Backend constructor parameter must be string-ish, but got {type(name)}")
        return super().__new__(cls, name.lower())


class ProcessGroup:
    """A group whose only member is this process.

    backend: what it was asked to communicate by.
    """

    def __init__(self, backend: str, name: str) -> None:
        self._backend, self._name = Backend(backend), name

    def rank(self) -> int:
        """Which member this process is: 0."""
        return 0

    def size(self) -> int:
        """How many members there are: 1."""
        return 1

    def name(self) -> str:
        """The backend's name."""
        return self._backend

    @property
    def group_name(self) -> str:
        """The group's own name."""
        return self._name


class _Members(type):
    """The groups that scripts name without having made them."""

    @property
    def WORLD(cls) -> ProcessGroup | None:
        """The group of all processes; None before it is made."""
        return next(iter(_GROUPS), None)


class GroupMember(metaclass=_Members):
    """WORLD, and what stands for a group that this process is no member of."""

    NON_GROUP_MEMBER = -100


class group(metaclass=_Members):
    """WORLD: the group of all processes."""


_GROUPS: list[ProcessGroup] = []  # the world first
_BUILT = {"gloo": True, "nccl": False, "mpi": False, "ucc": False, "xccl": False}
_ABSENT = {
    "nccl": "Distributed package doesn't have NCCL built in",
    "xccl": "Distributed package doesn't have XCCL built in",
    "mpi": "Distributed package doesn't have MPI built in. MPI is only included if you build PyTorch from source on a "
    "host that has MPI installed.",
}


def is_available() -> bool:
    """Whether this package is there: yes."""
    return True


def is_initialized() -> bool:
    """Whether the group of all processes has been made."""
    return bool(_GROUPS)


def is_backend_available(backend: str) -> bool:
    """Whether groups can be made that communicate by a backend."""
    return _BUILT.get(backend.lower(), False)


def is_gloo_available() -> bool:
    """Whether groups can be made with "gloo": yes."""
    return True


def is_nccl_available() -> bool:
    """Whether this build has that backend: no."""
    return False


is_mpi_available = is_ucc_available = is_xccl_available = is_nccl_available


def is_torchelastic_launched() -> bool:
    """Whether torchrun started this process."""
    return os.environ.get("TORCHELASTIC_RUN_ID") is not None


def init_process_group(
    backend: str | None = None,
    init_method: str | None = None,
    timeout: timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
    store: Any = None,
    group_name: str = "",
    pg_options: Any = None,
    device_id: Any = None,
    _ranks: list[int] | None = None,
) -> None:
    """Makes the group of all processes, of which this one must be the only one.

    Args:
        backend: "gloo", or for certain devices "cpu:gloo,cuda:nccl".
        init_method: "env://", "tcp://..." or "file://..."; how processes would find each other.
        world_size, rank: how many processes there are, and which this is; by default the environment says so.
        timeout, store, group_name, pg_options, device_id: accepted.

    Raises:
        ValueError: there is a group already, or rank or size are missing.
        RuntimeError: the backend is not built in.
        NotImplementedError: there are several processes.
    """
    if _GROUPS:
        raise ValueError("trying to initialize the default process group twice!")
    name = "undefined" if backend is None else backend.lower()
    if name in _ABSENT:
        raise RuntimeError(_ABSENT[name])
    if store is None:
        world_size, rank = _rendezvous(init_method or "env://", world_size, rank)
    if name != "undefined" and ":" not in name and not is_backend_available(name):
        raise AssertionError(f"Unknown backend type {name}")
    if world_size != 1:
        error = NotImplementedError(f"torch.distributed with {world_size} processes is not in Flambeau")
        raise add_note(error, "Flambeau trains in one process, with as many threads as there are processors.")
    if rank != 0:
        raise ValueError(f"Invalid rank {rank}: it must be less than the world size, which is {world_size}")
    _GROUPS.append(ProcessGroup(name, group_name or "0"))


def _rendezvous(method: str, size: int, rank: int) -> tuple[int, int]:
    """The number of processes and this one's rank, by arguments, and for env:// by the environment."""
    scheme = method.partition("://")[0]
    prefix = f"Error initializing torch.distributed using {scheme}:// rendezvous: "
    if scheme in ("tcp", "file"):
        for value, what in ((rank, "rank"), (size, "world size")):
            if value == -1:
                raise ValueError(f"{prefix}{what} parameter missing")
        return size, rank
    if scheme != "env":
        raise RuntimeError(f"No rendezvous handler for {scheme}://")

    def asked(name: str, value: int | str) -> int | str:
        if value in (-1, "") and not os.environ.get(name):
            raise ValueError(f"{prefix}environment variable {name} expected, but not set")
        return os.environ[name] if value in (-1, "") else value

    rank, size = int(asked("RANK", rank)), int(asked("WORLD_SIZE", size))
    for name in ("MASTER_ADDR", "MASTER_PORT"):
        asked(name, "")
    return size, rank


def world() -> ProcessGroup:
    """The group of all processes; ValueError where it has not been made."""
    if not _GROUPS:
        raise ValueError("Default process group has not been initialized, please make sure to call init_process_group.")
    return _GROUPS[0]


def destroy_process_group(group: ProcessGroup | None = None) -> None:
    """Ends a group; without one, the group of all processes and every other."""
    if not _GROUPS:
        raise AssertionError("Process group cannot be None")
    if group is None or group is _GROUPS[0]:
        _GROUPS.clear()
    elif group in _GROUPS:
        _GROUPS.remove(group)
    else:
        raise ValueError("Invalid process group specified")


def get_rank(group: ProcessGroup | None = None) -> int:
    """The rank of this process in a group: 0."""
    return (group or world()).rank()


def get_world_size(group: ProcessGroup | None = None) -> int:
    """How many processes are in a group: 1."""
    return (group or world()).size()


def get_backend(group: ProcessGroup | None = None) -> str:
    """The name of a group's backend."""
    return str((group or world()).name())


def get_default_backend_for_device(device: Any) -> str:
    """The backend for tensors on a device: "gloo"."""
    return Backend.GLOO


def get_pg_count() -> int:
    """How many groups there are."""
    return len(_GROUPS)


def get_process_group_ranks(group: ProcessGroup | None) -> list[int]:
    """The ranks of a group's processes in the world."""
    world()
    return [0]


def get_global_rank(group: ProcessGroup, group_rank: int) -> int:
    """The rank in the world of a member of a group."""
    if group_rank != 0:
        raise ValueError(f"Group rank {group_rank} is not part of group {group}")
    return 0


def get_group_rank(group: ProcessGroup, global_rank: int) -> int:
    """The rank in a group of a process of the world."""
    if global_rank != 0:
        raise ValueError(f"Global rank {global_rank} is not part of group {group}")
    return 0


def get_node_local_rank(fallback_rank: int | None = None) -> int:
    """The rank of this process on its machine, as the environment variable LOCAL_RANK says."""
    if "LOCAL_RANK" in os.environ:
        return int(os.environ["LOCAL_RANK"])
    if fallback_rank is None:
        raise RuntimeError(
            "LOCAL_RANK is not in the environment. Consider passing fallback_rank to allow `get_node_local_rank` to "
            "work, assuming you are not running in a multi-device context and want the code to run locally instead."
        )
    return int(fallback_rank)


def new_group(
    ranks: Sequence[int] | None = None,
    timeout: timedelta | None = None,
    backend: str | None = None,
    pg_options: Any = None,
    use_local_synchronization: bool = False,
    group_desc: str | None = None,
    device_id: Any = None,
    sort_ranks: bool = True,
) -> ProcessGroup | int:
    """A group of some of the processes.

    Args:
        ranks: theirs in the world; None means all.
        backend: by default that of the world; the rest is accepted.
    """
    whole = world()
    if ranks is not None and len(ranks) > whole.size():
        raise ValueError(
            "the new group's world size should be less or equal to the world size set by init_process_group"
        )
    for rank in ranks or ():
        if rank != 0:
            raise ValueError(f"Rank {rank} is out of range. Valid ranks are 0 to 0 (world_size=1)")
    if ranks is not None and not ranks:
        return GroupMember.NON_GROUP_MEMBER
    _GROUPS.append(ProcessGroup(backend or whole.name(), group_desc or str(len(_GROUPS))))
    return _GROUPS[-1]


def new_subgroups(group_size: int | None = None, *args: Any, **kwargs: Any):
    """The world cut in groups of one size: this process's group, and all of them."""
    if (group_size or 1) > 1:
        raise ValueError(f"The arg 'group_size' ({group_size}) must not exceed the world size (1)")
    own = new_group([0])
    return own, [own]
