"""torch.multiprocessing: processes get copies of tensors, and their failures are told."""

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
    assert not fl.distributed.is_available() and not fl.distributed.is_initialized()
    with pytest.raises(RuntimeError, match="ONNX"):
        fl.onnx.export(fl.nn.Linear(1, 1), x, "x.onnx")
