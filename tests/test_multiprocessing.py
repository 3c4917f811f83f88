"""torch.multiprocessing: processes get copies of tensors, and their failures are told."""

import time

import pytest

import flambeau as fl
from flambeau import multiprocessing as mp


def double(index, x, queue):
    queue.put((index, (x * 2).tolist()))


def fail(index):
    if index == 1:
        raise ValueError("of no use")


def test_processes_compute_on_tensors():
    queue = mp.get_context("spawn").SimpleQueue()
    assert mp.spawn(double, (fl.arange(3.0), queue), nprocs=2) is None
    assert sorted(queue.get() for _ in range(2)) == [(0, [0.0, 2.0, 4.0]), (1, [0.0, 2.0, 4.0])]


def test_a_failure_is_told_with_its_traceback():
    with pytest.raises(mp.ProcessRaisedException, match=r"-- Process 1 terminated(.|\n)*ValueError: of no use"):
        mp.spawn(fail, nprocs=2)


def test_processes_that_have_ended_are_not_waited_for():
    context = mp.start_processes(
        double, (fl.arange(3.0), mp.get_context("fork").SimpleQueue()), 2, False, False, "fork"
    )
    for process in context.processes:
        process.join(60)
    assert not any(process.is_alive() for process in context.processes)
    begin = time.monotonic()
    while not context.join(timeout=600):
        pass
    assert context.join(timeout=600) and time.monotonic() - begin < 300


def test_sharing_strategies_are_kept():
    assert mp.get_sharing_strategy() in mp.get_all_sharing_strategies()
    mp.set_sharing_strategy("file_system")
    assert mp.get_sharing_strategy() == "file_system"
    with pytest.raises(AssertionError, match="invalid sharing strategy"):
        mp.set_sharing_strategy("telepathy")


def test_named_results_have_their_classes():
    x = fl.tensor([[1.0, 3.0], [2.0, 0.0]])
    assert type(x.max(0)) is fl.return_types.max and type(x.sort()) is fl.return_types.sort
    assert type(fl.linalg.slogdet(x)) is fl.return_types.linalg_slogdet and type(x.qr()) is fl.return_types.qr
    assert type(fl.linalg.eigh(x)) is fl.return_types.linalg_eigh and type(x.aminmax()) is fl.return_types.aminmax
    with pytest.raises(AttributeError):
        _ = fl.return_types.relu
    assert not fl.distributed.is_nccl_available() and not fl.distributed.is_initialized()
    with pytest.raises(RuntimeError, match="ONNX"):
        fl.onnx.export(fl.nn.Linear(1, 1), x, "x.onnx")


def add_one(index, x, model, lock):
    with lock, fl.no_grad():
        x += 1
        model.weight.add_(index + 1)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_memory_is_shared_between_processes(method):
    x, model = fl.arange(4.0) * 2, fl.nn.Linear(2, 1)
    before, pending = model.weight.clone(), x + 0.5
    assert model.share_memory() is model and model.weight.is_shared() and not x.is_shared()
    assert x.share_memory_() is x and x.is_shared() and x.untyped_storage().is_shared() and x[1:].is_shared()
    lock = mp.get_context(method).Lock()
    mp.start_processes(add_one, (x, model, lock), nprocs=2, start_method=method)
    assert x.tolist() == [2.0, 4.0, 6.0, 8.0] and pending.tolist() == [0.5, 2.5, 4.5, 6.5]
    assert fl.allclose(model.weight, before + 3)
    (model(fl.ones(1, 2)) * x.sum()).sum().backward()
    fl.optim.SGD(model.parameters(), lr=0.1).step()
    assert fl.allclose(model.weight, before + 3 - 2.0) and model.weight.is_shared()


def exchange(index, inbox, outbox):
    x = inbox.get()
    x *= 3
    outbox.put(x[1:])
    inbox.get()  # until the other side has seen it: the memory's descriptor is asked of this process


def test_queues_share_what_they_carry():
    context = mp.get_context("fork")
    inbox, outbox = context.Queue(), context.Queue()
    x = fl.arange(5000.0)
    inbox.put(x)
    processes = mp.start_processes(exchange, (inbox, outbox), join=False, start_method="fork")
    y = outbox.get(timeout=60)
    inbox.put(None)
    assert processes.join(timeout=60) and x.is_shared() and y.shape == (4999,)
    assert x[:3].tolist() == [0.0, 3.0, 6.0] and y[0] == 3
    y.zero_()
    assert x.sum() == 0
    with pytest.raises(RuntimeError, match="Cowardly refusing to serialize non-leaf tensor which requires_grad"):
        mp.get_context("fork").SimpleQueue().put(fl.ones(2, requires_grad=True) * 2)
