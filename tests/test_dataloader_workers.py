"""Worker processes of a DataLoader: what they give, what they know, how they fail, and that none is left behind."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

import flambeau as fl
from flambeau.utils import data

SRC = str(Path(__file__).parents[1] / "src")
SECONDS = 60

pytestmark = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.skipif(not hasattr(os, "fork"), reason="starts workers by forking"),
]


@pytest.fixture(autouse=True)
def limit():
    """No test hangs: after a minute it is interrupted."""

    def interrupt(*_):
        raise TimeoutError(f"no end after {SECONDS} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


class Numbers(data.Dataset):
    """Sample i holds the index, random numbers of each kind, and what the process is."""

    def __init__(self, library, n=20):
        self.torch, self.n = library, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        return i, self.torch.rand(2), random.random(), np.random.rand(2)


class Acting(data.Dataset):
    """Does something when sample 5 is asked for."""

    def __init__(self, act, n=8):
        self.act, self.n = act, n

    def __len__(self):
        return self.n

    def __getitem__(self, i):
        if i == 5:
            self.act()
        return i


class Stream(data.IterableDataset):
    def __iter__(self):
        info = data.get_worker_info()
        return iter(range(10 * info.id, 10 * info.id + 5 + 3 * info.id) if info else range(4))


class Images(data.Dataset):
    """Samples that are large enough to lie in shared memory."""

    def __len__(self):
        return 12

    def __getitem__(self, i):
        return fl.full((3, 40, 40), float(i)), np.full((30, 40), i, np.int16)


def plain(x):
    """A nested structure of tensors as lists."""
    if hasattr(x, "tolist"):
        return x.tolist()
    return [plain(y) for y in x] if isinstance(x, (list, tuple)) else x


def alive(pids):
    return [pid for pid in pids if Path(f"/proc/{pid}").exists() and _state(pid) != "Z"]


def _state(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def raising(error):
    def act():
        raise error

    return act


def pids(loader):
    return list(loader)


def own_pid(batch):
    return os.getpid()


def passes(library):
    """What loaders with workers give from a seed, and the next number of the global stream."""
    utils, found = library.utils.data, []
    for options in (
        {"batch_size": 3, "shuffle": True},
        {"batch_size": None, "shuffle": True},
        {"batch_size": 4, "drop_last": True, "prefetch_factor": 1},
    ):
        library.manual_seed(7)
        found.append(plain(list(utils.DataLoader(Numbers(library), num_workers=2, **options))))
        found.append(library.rand(1).item())
    library.manual_seed(3)
    loader = utils.DataLoader(Numbers(library), 3, True, num_workers=2, persistent_workers=True)
    found.append(plain(next(iter(loader))))  # left early, then taken up again
    found += [plain(list(loader)), plain(list(loader)), library.rand(1).item()]
    return found


@pytest.mark.parity
def test_batches_and_random_numbers_are_pytorchs():
    import torch
    import torch.utils.data

    assert passes(fl) == passes(torch)


def test_batches_come_in_order_and_once():
    for options in ({}, {"prefetch_factor": 1}, {"persistent_workers": True}, {"num_workers": 5}):
        loader = data.DataLoader(Numbers(fl), 3, **{"num_workers": 2, **options})
        for _ in range(2):
            assert [plain(batch[0]) for batch in loader] == [list(range(i, min(i + 3, 20))) for i in range(0, 20, 3)]


def test_each_worker_has_random_numbers_of_its_own():
    fl.manual_seed(1)
    first = plain(list(data.DataLoader(Numbers(fl), 5, num_workers=2)))
    fl.manual_seed(1)
    assert plain(list(data.DataLoader(Numbers(fl), 5, num_workers=2))) == first
    assert first[0][1:] != first[1][1:] and first[0][1] != first[2][1]


def test_a_worker_knows_itself():
    def describe(number):
        info = data.get_worker_info()
        assert (info.id, info.num_workers, info.seed) == (number, 2, fl.initial_seed())
        assert fl.get_num_threads() == 1 and len(info.dataset) == 8
        assert repr(info).startswith(f"WorkerInfo(id={number}, num_workers=2, seed={info.seed}, dataset=")

    assert len(list(data.DataLoader(Acting(int), num_workers=2, worker_init_fn=describe))) == 8
    assert data.get_worker_info() is None


def test_streams_are_taken_from_all_workers():
    assert plain(list(data.DataLoader(Stream(), 3, num_workers=2))) == [
        [0, 1, 2], [10, 11, 12], [3, 4], [13, 14, 15], [16, 17]
    ]  # fmt: skip
    loader = data.DataLoader(Stream(), 3, num_workers=2, drop_last=True, persistent_workers=True)
    assert plain(list(loader)) == plain(list(loader)) == [[0, 1, 2], [10, 11, 12], [13, 14, 15]]


@pytest.mark.parametrize("kept", [False, True])
def test_large_batches_stay_as_they_were(kept):
    loader = data.DataLoader(Images(), 2, num_workers=2, persistent_workers=True)
    for _ in range(3):
        batches = []
        for i, (images, arrays) in enumerate(loader):
            assert images.shape == (2, 3, 40, 40) and images[:, 0, 0, 0].tolist() == [2 * i, 2 * i + 1]
            images += 1  # in memory that is this batch's alone
            if kept:
                batches.append((images, arrays))
        for i, (images, arrays) in enumerate(batches):
            assert (images == fl.tensor([2.0 * i + 1, 2.0 * i + 2]).reshape(2, 1, 1, 1)).all()
            assert arrays.dtype is fl.int16 and arrays[1].min() == arrays[1].max() == 2 * i + 1


def test_what_is_pending_is_seen_by_workers():
    values = fl.arange(1000.0) * 3
    dataset = data.TensorDataset(values, values.reshape(1000, 1).expand(1000, 5) + 1)
    for x, y in data.DataLoader(dataset, 250, num_workers=2):
        assert (y[:, 4] == x + 1).all()
    view = fl.arange(20000.0).reshape(2, 10000)
    assert [x.tolist()[:2] for x in data.DataLoader(view, None, num_workers=1)] == [[0, 1], [10000, 10001]]


@pytest.mark.parametrize(
    ("error", "kind", "line"),
    [
        (ValueError("of no use"), ValueError, "ValueError: of no use"),
        (KeyError("key"), KeyError, "KeyError: 'key'"),
        (OSError(2, "gone"), FileNotFoundError, "FileNotFoundError: [Errno 2] gone"),
        (UnicodeDecodeError("utf8", b"a", 0, 1, "bad"), RuntimeError, "UnicodeDecodeError: 'utf8' codec"),
    ],
)
def test_a_failure_is_told_with_its_traceback(error, kind, line):
    iterator = iter(data.DataLoader(Acting(raising(error)), 2, num_workers=2))
    assert plain([next(iterator), next(iterator)]) == [[0, 1], [2, 3]]
    with pytest.raises(kind) as caught:
        next(iterator)
    text = str(caught.value)
    assert text.startswith(f"Caught {type(error).__name__} in DataLoader worker process 0.\nOriginal Traceback (most ")
    assert ", in __getitem__" in text and line in text
    assert plain(next(iterator)) == [6, 7]  # the others go on


def test_failures_at_the_start_and_of_what_cannot_be_sent():
    def refuse(number):
        raise ValueError("not today")

    with pytest.raises(ValueError, match=r"Caught ValueError in DataLoader worker process 0\.(.|\n)*not today"):
        list(data.DataLoader(range(4), num_workers=2, worker_init_fn=refuse))
    with pytest.raises(RuntimeError, match="Cowardly refusing to serialize non-leaf tensor"):
        list(data.DataLoader(range(4), num_workers=1, collate_fn=lambda _: fl.ones(2, requires_grad=True) * 2))
    with pytest.raises(AttributeError, match="Can't pickle local object"):
        list(data.DataLoader(range(4), num_workers=1, collate_fn=lambda _: lambda: 0))


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        (lambda: os.kill(os.getpid(), signal.SIGKILL), r"is killed by signal: Killed\. $"),
        (lambda: os._exit(3), "exited unexpectedly with exit code 3. Details are lost due to multiprocessing"),
    ],
)
def test_a_dead_worker_is_noticed(act, cause):
    with pytest.raises(RuntimeError, match=r"^DataLoader worker \(pid\(s\) \d+\) exited unexpectedly$") as caught:
        list(data.DataLoader(Acting(act), 2, num_workers=2))
    with pytest.raises(RuntimeError, match=cause):
        raise caught.value.__cause__


def test_waiting_has_an_end():
    with pytest.raises(RuntimeError, match=r"^DataLoader timed out after 0\.2 seconds$"):
        list(data.DataLoader(Acting(lambda: time.sleep(1)), 2, num_workers=2, timeout=0.2))


def test_batches_out_of_order():
    loader = data.DataLoader(Acting(lambda: time.sleep(0.5), 12), num_workers=2, in_order=False)
    given = [batch.item() for batch in loader]
    assert sorted(given) == list(range(12)) and given.index(5) > 5


@pytest.mark.parametrize("way", ["end", "break", "error", "persistent"])
def test_no_worker_is_left(way):
    loader = data.DataLoader(
        Acting(raising(ValueError()) if way == "error" else int), num_workers=2, collate_fn=own_pid,
        persistent_workers=way == "persistent",
    )  # fmt: skip
    found = set()
    try:
        for pid in loader:
            found.add(pid)
            if way == "break" and len(found) == 2:
                break
    except ValueError:
        pass
    assert len(found) == 2 and os.getpid() not in found
    if way == "persistent":
        assert set(loader) == found and set(alive(found)) == found
    del loader
    assert not alive(found)


def test_many_tasks_and_large_ones_do_not_block():
    """Tasks that a worker has not read yet never hold up the main process."""
    loader = data.DataLoader(
        range(400000), batch_size=40000, num_workers=2, prefetch_factor=10, collate_fn=lambda batch: bytes(1 << 20)
    )
    assert sum(len(batch) for batch in loader) == 10 << 20


def test_loaders_inside_one_another():
    outer = data.DataLoader(range(3), num_workers=1)
    assert [plain(x) + plain(list(data.DataLoader(range(2), num_workers=1))) for x in outer] == [
        [i, [0], [1]] for i in range(3)
    ]


def test_forking_after_parallel_kernels_is_safe():
    """The pool's threads, LLVM and a pending program are no trouble to a child that computes."""

    class Computing(data.Dataset):
        def __len__(self):
            return 6

        def __getitem__(self, i):
            m = fl.full((64, 64 + i), 1.0)
            return (m @ m.t()).sum() + pending.sum()

    big = fl.ones(600, 600, requires_grad=True)
    for _ in range(2):
        (big @ big).relu().sum().backward()
        pending = big.grad * 0 + 1
        found = [batch.item() for batch in data.DataLoader(Computing(), num_workers=2)]
        assert found == [64 * 64 * (64 + i) + 360000 for i in range(6)]


def test_forking_while_another_thread_computes():
    stop = threading.Event()

    def compute():
        n = 50
        while not stop.is_set():
            n = 50 + (n + 1) % 40
            (fl.ones(n, n) @ fl.ones(n, n)).sum().item()

    thread = threading.Thread(target=compute)
    thread.start()
    try:
        for _ in range(10):
            loader = data.DataLoader(range(4), 2, num_workers=2, collate_fn=lambda batch: fl.tensor(batch).sum() + 1)
            assert plain(list(loader)) == [2, 6]
    finally:
        stop.set()
        thread.join()


def test_parts_are_found_by_pytorchs_names():
    from flambeau.utils.data import _utils, dataloader
    from flambeau.utils.data._utils.collate import default_collate

    assert default_collate is dataloader.default_collate and _utils.worker.get_worker_info is data.get_worker_info
    assert type(iter(data.DataLoader(range(2), num_workers=1))) is dataloader._MultiProcessingDataLoaderIter
    assert isinstance(iter(data.DataLoader(range(2))), dataloader._BaseDataLoaderIter)


def test_warnings_and_refusals():
    with pytest.warns(UserWarning, match="This DataLoader will create 999 worker processes in total. Our suggested"):
        data.DataLoader(range(4), num_workers=999)
    with pytest.raises(AssertionError, match="prefetch_factor must be greater than 0"):
        iter(data.DataLoader(range(4), num_workers=1, prefetch_factor=0))
    with pytest.raises(NotImplementedError):
        import pickle

        pickle.dumps(iter(data.DataLoader(range(4))))
    assert len(iter(data.DataLoader(range(4), 3))) == 2


# ------------------------------------------------------------------ other ways to start workers
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_an_unpicklable_job_is_done_by_threads(method):
    job = {"num_workers": 2, "multiprocessing_context": method, "collate_fn": lambda batch: batch}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        fl.manual_seed(7)
        threads = [list(data.DataLoader(Numbers(fl, 6), 2, **job)) for _ in range(2)]
    assert sum("are threads of this process" in str(warning.message) for warning in caught) <= 1
    fl.manual_seed(7)
    processes = [list(data.DataLoader(Numbers(fl, 6), 2, num_workers=2, collate_fn=list)) for _ in range(2)]
    own = [[[(i, x.tolist()) for i, x, *_ in batch] for batch in batches] for batches in threads]
    assert own == [[[(i, x.tolist()) for i, x, *_ in batch] for batch in batches] for batches in processes]


SCRIPT = """
import os, sys, torch
from torch.utils.data import DataLoader, Dataset
print("main part" if __name__ == "__main__" else "imported", flush=True)
class Squares(Dataset):
    def __len__(self): return 6
    def __getitem__(self, i): return torch.tensor(i * i), type(torch.ones(1)).__module__, os.getpid()
def work():
    found = list(DataLoader(Squares(), 2, num_workers=2, multiprocessing_context=sys.argv[1]))
    assert [batch[0].tolist() for batch in found] == [[0, 1], [4, 9], [16, 25]]
    assert {name for batch in found for name in batch[1]} == {"torch"}
    print(len({pid for batch in found for pid in batch[2].tolist()} - {os.getpid()}), "processes")
"""


def run_script(tmp_path, source, *arguments):
    path = tmp_path / "script.py"
    path.write_text(source)
    environment = {**os.environ, "PYTHONPATH": SRC}
    command = [sys.executable, "-m", "flambeau", "run", str(path), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, env=environment, cwd=tmp_path)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_an_unmodified_script(tmp_path, method):
    done = run_script(tmp_path, SCRIPT + "if __name__ == '__main__':\n    work()\n", method)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("main part") == 1 and done.stdout.endswith("2 processes\n") and not done.stderr
    assert done.stdout.count("imported") == (0 if method == "fork" else 2)


def test_a_missing_main_guard_means_threads(tmp_path):
    done = run_script(tmp_path, SCRIPT + "work()\nwork()\n", "spawn")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "main part\n0 processes\n0 processes\n"
    assert done.stderr.count("UserWarning") == 1 and "if __name__ == '__main__':" in done.stderr


def test_an_interrupt_leaves_no_process(tmp_path):
    source = """
import os, time, torch
from torch.utils.data import DataLoader
def pids(batch):
    time.sleep(0.05)
    return os.getpid()
for pid in DataLoader(range(100000), num_workers=2, collate_fn=pids):
    print(pid, flush=True)
"""
    path = tmp_path / "script.py"
    path.write_text(source)
    command = [sys.executable, "-m", "flambeau", "run", str(path)]
    environment = {**os.environ, "PYTHONPATH": SRC}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as child:
        found = {int(child.stdout.readline()) for _ in range(4)}
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=SECONDS)
    assert child.returncode == 130 and "KeyboardInterrupt" in errors
    assert len(found) == 2 and not alive(found)


def test_workers_end_with_a_killed_main_process(tmp_path):
    source = """
import os, time, torch
from torch.utils.data import DataLoader
for pid in DataLoader(range(100000), num_workers=2, collate_fn=lambda batch: os.getpid()):
    print(pid, flush=True)
    time.sleep(0.01)
"""
    path = tmp_path / "script.py"
    path.write_text(source)
    command = [sys.executable, "-m", "flambeau", "run", str(path)]
    environment = {**os.environ, "PYTHONPATH": SRC}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        found = {int(child.stdout.readline()) for _ in range(4)}
        child.kill()
        child.wait()
    deadline = time.monotonic() + 10
    while alive(found) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not alive(found)
