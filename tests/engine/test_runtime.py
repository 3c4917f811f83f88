"""Plans: what the executor, the workers and the fault path do, with kernels written by hand."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from flambeau import config
from flambeau.runtime import execute
from flambeau.runtime.buffers import allocate, arena
from flambeau.runtime.execute import Fault, HostCall, Kernel, Launch, Plan, Pointer, Task
from flambeau.runtime.workers import pool

HEAD = """
define void @kernel(ptr %words, i64 %begin, i64 %end) {
entry:
  %p1 = getelementptr i64, ptr %words, i64 1
  %w0 = load i64, ptr %words
  %w1 = load i64, ptr %p1
  %a0 = inttoptr i64 %w0 to ptr
  br label %item
item:
  %i = phi i64 [%begin, %entry], [%i.next, %done]
"""
TAIL = """
  br label %done
done:
  %i.next = add i64 %i, 1
  %more = icmp slt i64 %i.next, %end
  br i1 %more, label %item, label %exit
exit:
  ret void
}
"""
ELEMENT = "  %p = getelementptr i64, ptr %a0, i64 %i\n  %x = load i64, ptr %p\n"


def kernel(name, body):
    return Kernel(("test", name, body), lambda: HEAD + body + TAIL)


# words: array of int64, number. Item i:
ADD = kernel("add", ELEMENT + "  %y = add i64 %x, %w1\n  store i64 %y, ptr %p\n")
TRIPLE = kernel("triple", ELEMENT + "  %y = mul i64 %x, 3\n  store i64 %y, ptr %p\n")
# words: status, limit. Reports item numbers from the limit on.
REFUSE = kernel(
    "refuse",
    """
  %bad = icmp sge i64 %i, %w1
  br i1 %bad, label %report, label %done
report:
  %first = cmpxchg ptr %a0, i64 0, i64 1 seq_cst seq_cst
  %p.where = getelementptr i64, ptr %a0, i64 1
  %p.value = getelementptr i64, ptr %a0, i64 2
  %p.size = getelementptr i64, ptr %a0, i64 3
  store i64 7, ptr %p.where
  store i64 %i, ptr %p.value
  store i64 %w1, ptr %p.size
""".replace("br label %done", ""),
)
# words: two flags, rounds. Item i raises flag i and waits for the other one.
MEET = kernel(
    "meet",
    """
  %mine = getelementptr i64, ptr %a0, i64 %i
  %j = sub i64 1, %i
  %other = getelementptr i64, ptr %a0, i64 %j
  store atomic i64 1, ptr %mine seq_cst, align 8
  br label %wait
wait:
  %round = phi i64 [0, %item], [%round.next, %wait]
  %round.next = add i64 %round, 1
  %seen = load atomic i64, ptr %other seq_cst, align 8
  %there = icmp ne i64 %seen, 0
  %late = icmp sge i64 %round, %w1
  %stop = or i1 %there, %late
  br i1 %stop, label %met, label %wait
met:
  %p.met = getelementptr i64, ptr %mine, i64 2
  store i64 %seen, ptr %p.met
""",
)


def numbers(values):
    values = np.asarray(values, np.int64)
    array = allocate(values.nbytes).array(np.int64, values.size)
    array[:] = values
    return array


def bind(plan, *arrays):
    for slot, array in enumerate(arrays, 1):
        plan.table[slot] = array.ctypes.data
    return plan


def add_plan(items, n=1, parallel=True):
    return Plan([Launch([Task(ADD, [Pointer(1), n], items)], parallel=parallel)], 2)


# ---------------------------------------------------------------- plans
def test_launches_run_in_order_on_the_table_of_each_run():
    x, y = numbers(range(10)), numbers(range(100))
    plan = Plan([Launch([Task(ADD, [Pointer(1), 5], 10)]), Launch([Task(TRIPLE, [Pointer(1, 16), 0], 8)])], 2)
    assert bind(plan, x).run() is None
    assert x.tolist() == [5, 6, *(3 * (n + 5) for n in range(2, 10))]
    assert bind(plan, y).run() is None
    assert y[:3].tolist() == [5, 6, 21] and x[2] == 21


def test_a_launch_of_several_tasks_gives_each_its_own_items():
    arrays = [numbers(np.zeros(size)) for size in (3, 0, 1000, 1, 17)]
    tasks = [Task(ADD, [Pointer(slot), slot], a.size) for slot, a in enumerate(arrays, 1)]
    assert bind(Plan([Launch(tasks)], 6), *arrays).run() is None
    for slot, array in enumerate(arrays, 1):
        assert (array == slot).all()


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("items", [1, 2, 7, 10_000])
def test_every_item_runs_once_whatever_the_number_of_threads(threads, items):
    x = numbers(range(items))
    launches = [Launch([Task(k, [Pointer(1), 1], items)]) for k in (ADD, TRIPLE) * 5]
    with config.override(threads=threads):
        plan = bind(Plan(launches, 2), x)
        for _ in range(3):
            assert plan.run() is None
    expected = np.arange(items)
    for _ in range(15):
        expected = (expected + 1) * 3
    assert (x == expected).all()


def test_two_threads_work_on_one_launch():
    flags = numbers([0, 0, 0, 0])
    with config.override(threads=2):
        plan = bind(Plan([Launch([Task(MEET, [Pointer(1), 1 << 33], 2)])], 2), flags)
        for pause in (0, 0.01, 50e-6, 90e-6, 100e-6, 110e-6, 150e-6, 0.01, 0):  # a worker falls asleep after 100 us
            flags[:] = 0
            plan.run()
            assert flags.tolist() == [1, 1, 1, 1]
            time.sleep(pause)


def test_one_thread_means_that_no_worker_takes_part():
    flags = numbers([0, 0, 0, 0])
    with config.override(threads=2):
        bind(add_plan(4), flags).run()  # a worker is awake
    flags[:] = 0
    with config.override(threads=1):
        bind(Plan([Launch([Task(MEET, [Pointer(1), 100_000], 2)])], 2), flags).run()
    assert flags.tolist() == [1, 1, 0, 1]


def test_words_may_be_floats_and_the_extreme_integers():
    x = numbers([0])
    as_bits = np.float64(-0.1).view(np.int64)
    for word, expected in ((-0.1, as_bits), (2**63 - 1, 2**63 - 1), (-(2**63), -(2**63))):
        x[0] = 0
        bind(add_plan(1, word), x).run()
        assert x[0] == expected


def test_a_plan_of_nothing_runs():
    assert Plan([], 0).run() is None
    assert Plan([Launch([]), Launch([Task(ADD, [Pointer(1), 1], 0)])], 2).run() is None


# ---------------------------------------------------------------- faults
@pytest.mark.parametrize("parallel", [False, True])
def test_a_fault_ends_the_run_and_is_gone_at_the_next(parallel):
    x = numbers(np.zeros(100))
    refuse = Launch([Task(REFUSE, [Pointer(0), 99], 100)], parallel=parallel)
    plan = bind(
        Plan([Launch([Task(ADD, [Pointer(1), 1], 100)]), refuse, Launch([Task(ADD, [Pointer(1), 1], 100)])], 2), x
    )
    assert plan.run() == Fault(code=1, where=7, value=99, size=99)
    assert (x == 1).all(), "launches after the fault must not run"
    assert bind(add_plan(100), x).run() is None
    assert plan.run() == (1, 7, 99, 99)


def test_host_calls_run_between_launches():
    x, seen = numbers([1, 2]), []
    add = Launch([Task(ADD, [Pointer(1), 1], 2)])
    plan = bind(
        Plan([add, HostCall(lambda: seen.append(x.tolist())), add, HostCall(lambda: seen.append(x.tolist()))], 2), x
    )
    assert plan.run() is None
    assert seen == [[2, 3], [3, 4]]


def test_an_error_of_a_host_call_is_raised_and_the_next_run_works():
    x = numbers([0])
    plan = bind(Plan([HostCall(lambda: 1 / 0), Launch([Task(ADD, [Pointer(1), 1], 1)])], 2), x)
    with pytest.raises(ZeroDivisionError):
        plan.run()
    assert x[0] == 0
    assert bind(add_plan(1), x).run() is None and x[0] == 1


def test_a_plan_inside_a_host_call_is_refused():
    x = numbers([0])
    inner = bind(add_plan(1), x)
    with pytest.raises(RuntimeError, match="inside another"):
        Plan([HostCall(inner.run)], 1).run()
    assert inner.run() is None and x[0] == 1


# ---------------------------------------------------------------- scratch memory
def test_scratch_memory_follows_the_arena():
    plans = [
        Plan([Launch([Task(ADD, [Pointer(1), 1], 8)])], 2, scratch=(1, nbytes)) for nbytes in (64, 1 << 20, 4 << 20)
    ]
    for plan in (*plans, *plans):
        assert plan.run() is None
        assert plan.table[1] == arena.reserve(64) and arena.nbytes >= 64
    assert len({plan.table[1] for plan in plans}) == 1


# ---------------------------------------------------------------- threads, forks, signals, the end
def test_python_threads_may_run_plans_at_the_same_time():
    arrays = [numbers(np.zeros(5000)) for _ in range(4)]

    def work(x):
        plan = bind(add_plan(5000), x)
        for _ in range(200):
            assert plan.run() is None

    threads = [threading.Thread(target=work, args=(x,)) for x in arrays]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all((x == 200).all() for x in arrays)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_parent_and_child_of_a_fork_both_go_on():
    x, flags = numbers(np.zeros(1000)), numbers([0, 0, 0, 0])
    with config.override(threads=2):
        plan = bind(add_plan(1000), x)
        plan.run()
        meet = bind(Plan([Launch([Task(MEET, [Pointer(1), 1 << 33], 2)])], 2), flags)
        child = os.fork()
        if child == 0:
            fine = plan.run() is None and (x == 2).all() and meet.run() is None and flags.tolist() == [1, 1, 1, 1]
            os._exit(0 if fine else 1)
        assert plan.run() is None and (x == 2).all()
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_no_worker_is_left_after_stop():
    with config.override(threads=3):
        x = numbers(np.zeros(1000))
        bind(add_plan(1000), x).run()
        pool.stop()
        assert not [t for t in threading.enumerate() if t.name == "flambeau-worker"]
        assert bind(add_plan(1000), x).run() is None and (x == 2).all()


def test_keyboard_interrupts_leave_everything_in_order():
    x = numbers(np.zeros(100_000))
    plan = bind(add_plan(100_000), x)

    def interrupt(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for _ in range(20):
            signal.setitimer(signal.ITIMER_REAL, 0.002)
            with pytest.raises(KeyboardInterrupt):
                while True:
                    plan.run()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    x[:] = 0
    assert plan.run() is None and (x == 1).all()
    assert execute.lock.acquire(blocking=False)
    execute.lock.release()


@pytest.mark.parametrize(
    "ending",
    ["", "sys.exit(0)", "os.fork() and os.wait()", "keep = threading.Thread(target=forever, daemon=True).start()"],
)
def test_the_interpreter_ends_in_peace(ending):
    script = f"""
import os, sys, threading
import test_runtime as t
from flambeau import config
config.threads = 3
x = t.numbers(t.np.zeros(100_000))
plan = t.bind(t.add_plan(100_000), x)
def forever():
    while True:
        plan.run()
import atexit
atexit.register(lambda: print(plan.run()))
plan.run()
{ending}
"""
    path = os.pathsep.join([os.path.dirname(__file__), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert "None" in done.stdout


# ---------------------------------------------------------------- debug
def test_debug_mode_prints_what_every_launch_took(capsys):
    x = numbers(np.zeros(10))
    with config.override(debug=True):
        launch = Launch([Task(ADD, [Pointer(1), 1], 10)], label="add one", bytes=160, flops=10)
        bind(Plan([launch, launch, HostCall(lambda: None, "host")], 2), x).run()
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("  ")[0] for line in lines] == ["add one", "add one", "host"]
    assert "GB/s" in lines[0] and "GFLOP/s" in lines[0] and (x == 2).all()
