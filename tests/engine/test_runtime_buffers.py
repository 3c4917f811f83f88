"""Memory: what buckets promise, that nothing is handed out twice, and what happens where memory ends."""

import gc
import random
import subprocess
import sys
import threading

import numpy as np
import pytest

from flambeau.runtime import buffers
from flambeau.runtime.buffers import ALIGNMENT, Arena, allocate, trim

SIZES = [
    0,
    1,
    63,
    64,
    65,
    1000,
    1024,
    1025,
    4096,
    30_000,
    32 << 10,
    (32 << 10) + 1,
    100_000,
    2 << 20,
    (2 << 20) + 1,
    9_999_999,
]


@pytest.mark.parametrize("nbytes", SIZES)
def test_blocks_are_aligned_writable_and_do_not_overlap(nbytes):
    blocks = [allocate(nbytes) for _ in range(7)]
    for value, block in enumerate(blocks):
        assert block.address % ALIGNMENT == 0 and block.nbytes == nbytes
        block.array(np.uint8, nbytes)[:] = value
    for value, block in enumerate(blocks):
        assert (block.array(np.uint8, nbytes) == value).all()


def test_a_block_is_at_most_a_quarter_larger_than_asked():
    for nbytes in range(0, 300_000, 97):
        size = buffers._block_size(nbytes)
        assert size % ALIGNMENT == 0
        assert nbytes <= size <= max(nbytes + nbytes // 4, nbytes + ALIGNMENT - 1, ALIGNMENT)


@pytest.mark.parametrize("nbytes", [100, 10_000, 1 << 20, 64 << 20])
def test_memory_is_used_again(nbytes):
    block = allocate(nbytes)
    place = block.address
    del block
    assert allocate(nbytes).address == place


def test_an_array_keeps_its_block_alive():
    array = allocate(1 << 20).array(np.float32, (256, 1024))
    array[:] = 7
    others = [allocate(1 << 20) for _ in range(3)]
    for other in others:
        other.array(np.float32, 1 << 18)[:] = 0
    assert (array == 7).all() and array.shape == (256, 1024) and array.flags.c_contiguous and array.flags.writeable
    block = allocate(64)
    block.array(np.int64, 8)[:] = range(8)
    assert block.array(np.int64, 2, offset=24).tolist() == [3, 4]


def test_threads_never_get_the_same_block():
    failures = []

    def work(seed):
        numbers, held = random.Random(seed), []
        for step in range(3000):
            block = allocate(numbers.choice((64, 300, 5000, 70_000)))
            mark = seed * 10_000 + step
            block.array(np.int64, 1)[0] = mark
            held.append((mark, block))
            if len(held) > 20:
                mark, block = held.pop(numbers.randrange(len(held)))
                if block.array(np.int64, 1)[0] != mark:
                    failures.append(mark)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_blocks_that_die_in_a_garbage_collection_come_back():
    class Ring:
        pass

    ring = Ring()
    ring.me, ring.block = ring, allocate(12_345)
    place = ring.block.address
    del ring
    gc.collect()
    assert place in {allocate(12_345).address, *buffers._find_bucket(12_345).free}


def test_idle_memory_stays_within_a_quarter_of_the_most_that_was_used(monkeypatch):
    trim()
    monkeypatch.setattr(buffers, "_most_used", 0)
    monkeypatch.setattr(buffers, "SLACK", 0)

    def mapped():
        return sum(len(b.mappings) * b.size for b in buffers._large_buckets())

    start = mapped()
    for nbytes in range(1 << 20, 16 << 20, 300_000):
        held = [allocate(nbytes) for _ in range(2)]
    most = buffers._most_used
    assert mapped() <= most + most // 4 + (1 << 16)
    del held
    trim()
    assert mapped() <= start


@pytest.mark.parametrize("nbytes", [1 << 50, 1 << 62, (1 << 63) - 1, 1 << 64, 1 << 100])
def test_where_memory_ends_the_error_is_pytorchs_and_what_lives_stays(nbytes):
    array = allocate(1 << 20).array(np.uint8, 1 << 20)
    array[:] = 9
    with pytest.raises(RuntimeError) as error:
        allocate(nbytes)
    assert str(error.value) == (
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
        f"you tried to allocate {nbytes} bytes. Error code 12 (Cannot allocate memory)"
    )
    assert (array == 9).all() and allocate(1 << 20).array(np.uint8, 1 << 20).size == 1 << 20
    assert buffers._most_used < 1 << 45, "what could not be had does not count as used"


def test_idle_memory_is_given_up_before_an_allocation_fails():
    pytest.importorskip("resource")
    if not sys.platform.startswith("linux"):
        pytest.skip("needs a limit on address space")
    code = f"""
import resource
from flambeau.runtime.buffers import allocate
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + {200 << 20},) * 2)
idle = [allocate(20 << 20) for _ in range(6)]
del idle
allocate(150 << 20)
try:
    allocate(300 << 20)
except RuntimeError as error:
    print(error)
allocate(150 << 20)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"you tried to allocate {300 << 20} bytes" in done.stdout


def test_blocks_outlive_the_modules():
    code = """
import builtins, os
import numpy as np
from flambeau.runtime.buffers import allocate
class Late:
    def __init__(self, array): self.array = array
    def __del__(self, write=os.write): write(1, self.array.tobytes()[-4:])
array = allocate(1 << 22).array(np.uint8, 1 << 22)
array[:] = ord('A')
builtins.keep = Late(array)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr, done.stdout.strip()) == (0, "", "AAAA")


def test_the_arena_grows_and_says_when_it_moves():
    arena = Arena()
    first = arena.reserve(1000)
    generation = arena.generation
    assert arena.reserve(10) == first and arena.generation == generation and arena.nbytes == 1000
    assert arena.reserve(1 << 20) and arena.generation != generation
    with pytest.raises(RuntimeError, match="can't allocate memory"):
        arena.reserve(1 << 60)
    assert arena.nbytes == 0 and arena.reserve(100) % ALIGNMENT == 0
