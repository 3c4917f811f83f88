"""torch.distributed in a group of one process: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import socket

import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


@pytest.fixture(autouse=True)
def rendezvous(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MASTER_ADDR", "localhost")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        monkeypatch.setenv("MASTER_PORT", str(free.getsockname()[1]))


@program
def making(torch):
    dist = torch.distributed
    yield dist.is_available(), dist.is_initialized(), dist.is_nccl_available(), dist.is_backend_available("gloo")
    for asked in (dist.get_rank, dist.get_world_size, dist.barrier, dist.destroy_process_group):
        yield attempt(asked)
    for given in ({}, {"rank": 0}, {"init_method": "tcp://localhost:1"}, {"init_method": "x://y", "rank": 0}):
        yield attempt(dist.init_process_group, "gloo", **given)
    yield attempt(dist.get_node_local_rank), dist.get_node_local_rank(2)
    dist.init_process_group("gloo", rank=0, world_size=1)
    yield dist.is_initialized(), dist.get_rank(), dist.get_world_size(), dist.get_backend(), dist.group.WORLD.size()
    yield attempt(dist.init_process_group, "gloo", rank=0, world_size=1)
    yield attempt(dist.new_group, [0, 1]), attempt(dist.new_group, [1]), dist.get_rank(dist.new_group([0]))
    dist.destroy_process_group()
    yield dist.is_initialized(), dist.group.WORLD, attempt(torch.utils.data.DistributedSampler, range(3))


@program
def exchanging(torch):
    dist = torch.distributed
    dist.init_process_group("gloo", rank=0, world_size=1)
    x, parts, objects = torch.arange(4.0), [torch.zeros(4)], [None]
    for op in (dist.ReduceOp.SUM, dist.ReduceOp.MAX, dist.ReduceOp.AVG):
        yield dist.all_reduce(x, op), x
    work = dist.all_reduce(x, async_op=True)
    yield work.wait(), work.is_completed()
    yield dist.broadcast(x, 0), dist.reduce(x, 0), dist.all_gather(parts, x), parts
    yield dist.scatter(parts[0], [x + 1]), parts, dist.gather(x, parts), parts, dist.reduce_scatter(x, [x * 2]), x
    yield dist.all_gather_object(objects, {"a": 1}), objects, dist.broadcast_object_list([1], 0)
    for call in (
        lambda: dist.broadcast(x, 1), lambda: dist.reduce(x, 1), lambda: dist.all_reduce(3), lambda: dist.gather(x),
        lambda: dist.all_gather(3, x), lambda: dist.all_gather([x, x], x), lambda: dist.all_gather([x[:2]], x),
        lambda: dist.scatter(x), lambda: dist.send(x, 0), lambda: dist.scatter(x, [x], src=1),
    ):  # fmt: skip
        yield attempt(call)
    dist.destroy_process_group()


@program
def training(torch):
    wrapper = torch.nn.parallel.DistributedDataParallel
    net = torch.nn.Linear(4, 2)
    yield attempt(wrapper, net)
    torch.distributed.init_process_group("gloo", rank=0, world_size=1)
    yield attempt(wrapper, torch.nn.ReLU()), attempt(wrapper, net, device_ids=[0])
    model = wrapper(net)
    yield repr(model), list(model.state_dict()), model.module is net, model.require_backward_grad_sync
    sampler = torch.utils.data.DistributedSampler(range(10))
    yield list(sampler), sampler.rank, sampler.num_replicas
    model(torch.ones(3, 4)).sum().backward()
    yield net.weight.grad
    with model.no_sync():
        yield model.require_backward_grad_sync
    torch.distributed.destroy_process_group()


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_programs(function):
    pytest.importorskip("torch")
    assert transcript(function, "flambeau") == transcript(function, "torch")
