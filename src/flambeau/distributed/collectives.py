"""What the processes of a group exchange: in a group of one, sums are the tensor itself and lists have one part.

Functions with `async_op` return a Work where it is set, which is done.
"""

from __future__ import annotations

import copy
import enum
from collections.abc import Sequence
from typing import Any

import flambeau as torch

from .groups import ProcessGroup, world

Tensor = torch.Tensor


class RedOpType(enum.IntEnum):
    """The values of ReduceOp."""

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR, PREMUL_SUM = range(9)

    def __str__(self) -> str:
        return f"{type(self).__name__}.{self.name}"


class ReduceOp:
    """How the tensors of the processes become one: SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR."""

    SUM, AVG, PRODUCT, MIN, MAX, BAND, BOR, BXOR, PREMUL_SUM = RedOpType


reduce_op = ReduceOp


class Work:
    """An exchange that was begun; it is done."""

    def __init__(self, result: Any) -> None:
        self._result = result

    def wait(self, timeout: Any = None) -> bool:
        """Waits for the end of the exchange."""
        return True

    def is_completed(self) -> bool:
        """Whether it has ended: yes."""
        return True

    is_success = is_completed

    def exception(self) -> None:
        """The error that ended it: none."""

    def result(self) -> Any:
        """The tensors that it gave."""
        return self._result

    def get_future(self) -> torch.futures.Future:
        """The same as a future."""
        future = torch.futures.Future()
        future.set_result(self._result)
        return future


def _done(async_op: bool, *tensors: Tensor) -> Work | None:
    return Work(list(tensors)) if async_op else None


def _check(value: Any, name: str) -> None:
    if not isinstance(value, Tensor):
        raise TypeError(
            f"Invalid function argument. Expected parameter `{name}` of type torch.Tensor\n"
            f"             but got {type(value)} instead."
        )


def _check_list(value: Any, name: str) -> None:
    if not isinstance(value, list) or not all(isinstance(x, Tensor) for x in value):
        raise TypeError(
            f"Invalid function argument. Expected parameter `{name}` of type List[torch.Tensor]\n"
            f"             but got {type(value)} instead."
        )


def _check_root(function: str, rank: int | None, group_rank: int | None, group: ProcessGroup | None) -> None:
    group or world()
    if rank not in (None, 0) or group_rank not in (None, 0):
        raise RuntimeError(f"ProcessGroupGloo::{function}: invalid root rank: {rank or group_rank}")


def _into(function: str, targets: Sequence[Tensor], source: Tensor) -> None:
    """Copies what the one process has into the one part of a list."""
    if len(targets) != 1:
        raise RuntimeError(
            f"ProcessGroupGloo::{function}: invalid output tensor list at index 0 (expected length 1, got "
            f"{len(targets)})"
        )
    (target,) = targets
    if target.shape != source.shape:
        sizes = [f"({', '.join(map(str, x.shape))})" for x in (source, target)]
        raise RuntimeError(
            f"ProcessGroupGloo::{function}: invalid tensor size at index 0 (expected {sizes[0]}, got {sizes[1]})"
        )
    with torch.no_grad():
        target.copy_(source)


def all_reduce(
    tensor: Tensor, op: RedOpType = ReduceOp.SUM, group: ProcessGroup | None = None, async_op: bool = False
) -> Work | None:
    """Puts into every process's tensor the sum (or what `op` says) of all."""
    _check(tensor, "tensor")
    group or world()
    return _done(async_op, tensor)


def all_reduce_coalesced(
    tensors: list[Tensor], op: RedOpType = ReduceOp.SUM, group: ProcessGroup | None = None, async_op: bool = False
) -> Work | None:
    """all_reduce of several tensors."""
    _check_list(tensors, "tensors")
    group or world()
    return _done(async_op, *tensors)


def reduce(
    tensor: Tensor,
    dst: int | None = None,
    op: RedOpType = ReduceOp.SUM,
    group: ProcessGroup | None = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Puts into one process's tensor the sum (or what `op` says) of all."""
    _check(tensor, "tensor")
    _check_root("reduce", dst, group_dst, group)
    return _done(async_op, tensor)


def broadcast(
    tensor: Tensor,
    src: int | None = None,
    group: ProcessGroup | None = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Puts one process's tensor into those of all."""
    _check(tensor, "tensor")
    _check_root("broadcast", src, group_src, group)
    return _done(async_op, tensor)


def all_gather(
    tensor_list: list[Tensor], tensor: Tensor, group: ProcessGroup | None = None, async_op: bool = False
) -> Work | None:
    """Puts the tensors of all processes into a list of tensors."""
    _check_list(tensor_list, "tensor_list")
    _check(tensor, "tensor")
    group or world()
    _into("allgather", tensor_list, tensor)
    return _done(async_op, *tensor_list)


def all_gather_single(
    output_tensor: Tensor, input_tensor: Tensor, group: ProcessGroup | None = None, async_op: bool = False
) -> Work | None:
    """Puts the tensors of all processes into one, one after the other."""
    _check(output_tensor, "output_tensor")
    _check(input_tensor, "input_tensor")
    group or world()
    with torch.no_grad():
        output_tensor.view(input_tensor.shape).copy_(input_tensor)
    return _done(async_op, output_tensor)


all_gather_into_tensor = all_gather_single


def gather(
    tensor: Tensor,
    gather_list: list[Tensor] | None = None,
    dst: int | None = None,
    group: ProcessGroup | None = None,
    async_op: bool = False,
    group_dst: int | None = None,
) -> Work | None:
    """Puts the tensors of all processes into a list of one of them."""
    _check(tensor, "tensor")
    group or world()
    if dst not in (None, 0) or group_dst not in (None, 0):
        raise ValueError("Argument ``gather_list`` must NOT be specified on non-destination ranks.")
    if not gather_list:
        raise ValueError("Argument ``gather_list`` must be specified on destination rank.")
    _into("gather", gather_list, tensor)
    return _done(async_op, *gather_list)


def scatter(
    tensor: Tensor,
    scatter_list: list[Tensor] | None = None,
    src: int | None = None,
    group: ProcessGroup | None = None,
    async_op: bool = False,
    group_src: int | None = None,
) -> Work | None:
    """Gives every process its tensor of one process's list."""
    _check(tensor, "tensor")
    group or world()
    if src not in (None, 0) or group_src not in (None, 0):
        raise ValueError("Argument ``scatter_list`` must NOT be specified on non-source ranks.")
    if not scatter_list:
        raise ValueError("Argument ``scatter_list`` must be specified on source rank.")
    _into("scatter", [tensor], *scatter_list)
    return _done(async_op, tensor)


def reduce_scatter(
    output: Tensor,
    input_list: list[Tensor],
    op: RedOpType = ReduceOp.SUM,
    group: ProcessGroup | None = None,
    async_op: bool = False,
) -> Work | None:
    """Gives every process the sum of all processes' tensors at its place of the lists."""
    _check(output, "output")
    _check_list(input_list, "input_list")
    group or world()
    _into("reduce_scatter", [output], *input_list)
    return _done(async_op, output)


def reduce_scatter_single(
    output: Tensor,
    input: Tensor,
    op: RedOpType = ReduceOp.SUM,
    group: ProcessGroup | None = None,
    async_op: bool = False,
) -> Work | None:
    """Gives every process its part of the sum of all processes' tensors."""
    return all_gather_single(output, input, group, async_op)


reduce_scatter_tensor = reduce_scatter_single


def all_to_all(
    output_tensor_list: list[Tensor],
    input_tensor_list: list[Tensor],
    group: ProcessGroup | None = None,
    async_op: bool = False,
) -> Work | None:
    """Gives every process the tensors at its place of the lists of all."""
    _check_list(output_tensor_list, "output_tensor_list")
    _check_list(input_tensor_list, "input_tensor_list")
    group or world()
    _into("alltoall", output_tensor_list, *input_tensor_list)
    return _done(async_op, *output_tensor_list)


def all_to_all_single(
    output: Tensor,
    input: Tensor,
    output_split_sizes: list[int] | None = None,
    input_split_sizes: list[int] | None = None,
    group: ProcessGroup | None = None,
    async_op: bool = False,
) -> Work | None:
    """Gives every process its part of the tensors of all."""
    return all_gather_single(output, input, group, async_op)


def barrier(
    group: ProcessGroup | None = None, async_op: bool = False, device_ids: Any = None, timeout: Any = None
) -> Work | None:
    """Waits until all processes are here."""
    group or world()
    return _done(async_op)


def monitored_barrier(group: ProcessGroup | None = None, timeout: Any = None, wait_all_ranks: bool = False) -> None:
    """Waits until all processes are here."""
    group or world()


# ------------------------------------------------------------------ from one process to another
def _refused(verb: str, tensor: Tensor, rank: int | None, group: ProcessGroup | None) -> None:
    _check(tensor, "tensor")
    group or world()
    side = "destination" if verb == "send" else "source"
    if rank in (None, 0):
        raise ValueError(f"Invalid {side} rank: {side} rank should not be the same as the rank of the current process.")
    raise RuntimeError(f"ProcessGroupGloo::{verb}: invalid rank: {rank}")


def send(
    tensor: Tensor,
    dst: int | None = None,
    group: ProcessGroup | None = None,
    tag: int = 0,
    group_dst: int | None = None,
) -> None:
    """Sends a tensor to another process, of which there is none."""
    _refused("send", tensor, group_dst if dst is None else dst, group)


def recv(
    tensor: Tensor,
    src: int | None = None,
    group: ProcessGroup | None = None,
    tag: int = 0,
    group_src: int | None = None,
) -> None:
    """Waits for a tensor of another process, of which there is none."""
    _refused("recv", tensor, group_src if src is None else src, group)


isend, irecv = send, recv


# ------------------------------------------------------------------ objects
def all_gather_object(object_list: list, obj: Any, group: ProcessGroup | None = None) -> None:
    """Puts the objects of all processes into a list."""
    group or world()
    object_list[0] = copy.deepcopy(obj)


def gather_object(
    obj: Any,
    object_gather_list: list | None = None,
    dst: int | None = None,
    group: ProcessGroup | None = None,
    group_dst: int | None = None,
) -> None:
    """Puts the objects of all processes into a list of one of them."""
    group or world()
    if not object_gather_list:
        raise ValueError("Argument ``object_gather_list`` must be specified on destination rank.")
    object_gather_list[0] = copy.deepcopy(obj)


def broadcast_object_list(
    object_list: list,
    src: int | None = None,
    group: ProcessGroup | None = None,
    device: Any = None,
    group_src: int | None = None,
) -> None:
    """Puts one process's objects into the lists of all."""
    _check_root("broadcast", src, group_src, group)


def scatter_object_list(
    scatter_object_output_list: list,
    scatter_object_input_list: list | None = None,
    src: int | None = None,
    group: ProcessGroup | None = None,
    group_src: int | None = None,
) -> None:
    """Gives every process its object of one process's list."""
    _check_root("scatter", src, group_src, group)
    if not isinstance(scatter_object_output_list, list) or not scatter_object_output_list:
        raise ValueError("Expected argument scatter_object_output_list to be a list of size at least 1.")
    if not scatter_object_input_list:
        raise ValueError("source rank must provide non-None scatter_object_input_list")
    scatter_object_output_list[0] = copy.deepcopy(scatter_object_input_list[0])


def supports_complex(reduceOp: RedOpType) -> bool:
    """Whether complex numbers can be joined in a way: sums and means can."""
    return reduceOp in (ReduceOp.SUM, ReduceOp.AVG, ReduceOp.PREMUL_SUM)
