"""Compilation: the memory and disk caches, and what becomes of files that are damaged."""

import ctypes
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from flambeau import config
from flambeau.runtime import compile as compiler
from flambeau.runtime import object_cache
from flambeau.runtime.compile import Kernel, address, assembly, compile_many

RETURNS = """
define internal i64 @helper(i64 %x) {{
  %y = add i64 %x, {number}
  ret i64 %y
}}
define void @kernel(ptr %words, i64 %begin, i64 %end) {{
  %y = call i64 @helper(i64 %end)
  store i64 %y, ptr %words
  ret void
}}
"""


def adder(number, key=None, builds=None):
    """A kernel that stores end + number."""

    def build():
        if builds is not None:
            builds.append(number)
        return RETURNS.format(number=number)

    return Kernel(("test adder", number) if key is None else key, build)


def call(place, end):
    result = ctypes.c_int64(0)
    signature = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    signature(place)(ctypes.addressof(result), 0, end)
    return result.value


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache folder, and a memory cache that can be emptied: as a new process has it."""
    monkeypatch.setattr(compiler, "_addresses", {})
    with config.override(cache=tmp_path / "a" / "cache"):
        yield tmp_path / "a" / "cache"


def forget():
    compiler._addresses.clear()


def test_a_kernel_is_compiled_once_and_loaded_from_disk_without_its_ir(folder):
    builds = []
    kernel = adder(5, builds=builds)
    assert call(address(kernel), 37) == 42
    assert address(kernel) == address(adder(5, builds=builds)) and builds == [5]
    assert len(list(folder.iterdir())) == 1
    forget()
    assert call(address(adder(5, builds=builds)), 37) == 42
    assert builds == [5], "the second process needs no IR"


def test_keys_that_are_equal_but_read_differently_are_different_kernels(folder):
    keys = [("n", 0.0), ("n", -0.0), ("n", 0), ("n", False)]
    places = compile_many([adder(i, key) for i, key in enumerate(keys)])
    assert [call(place, 100) for place in places] == [100, 101, 102, 103]


@pytest.mark.parametrize("damage", [b"", b"x", None])
def test_a_damaged_file_is_compiled_again_and_mended(folder, damage):
    builds = []
    address(adder(1, builds=builds))
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2] if damage is None else whole[:-1] + damage)
    forget()
    assert call(address(adder(1, builds=builds)), 1) == 2 and builds == [1, 1]
    assert file.read_bytes() == whole and list(folder.iterdir()) == [file]


def test_the_folder_keeps_what_was_used_last(folder):
    for number in range(4):
        address(adder(number))
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns)
    (folder / "mine.txt").write_text("not the cache's")
    for age, file in zip((40, 30, 20, 10), files):
        then = time.time() - age * object_cache.FRESH_SECONDS
        os.utime(file, (then, then))
    object_cache.load(files[0].stem)  # used again
    with config.override(cache_limit=2 * files[0].stat().st_size):
        object_cache.prune()
    assert set(folder.iterdir()) == {files[0], files[3], folder / "mine.txt"}
    object_cache.prune()
    assert len(list(folder.iterdir())) == 3, "there is room for more"


def test_a_missing_folder_needs_no_pruning(folder):
    with config.override(cache_limit=0):
        object_cache.prune()
    with config.override(cache=None):
        object_cache.prune()
    assert not folder.exists()


def test_a_folder_that_cannot_be_written_is_done_without(folder):
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("a file where the folder should be")
    assert call(address(adder(2)), 1) == 3
    with config.override(cache=None):
        forget()
        assert call(address(adder(2)), 1) == 3
    assert folder.read_text().startswith("a file")


def test_many_kernels_are_compiled_together(folder):
    builds = []
    known = address(adder(3, builds=builds))
    with config.override(threads=3):
        places = compile_many([adder(n, builds=builds) for n in (1, 2, 3, 4, 1)])
    assert [call(place, 10) for place in places] == [11, 12, 13, 14, 11]
    assert sorted(builds) == [1, 2, 3, 4] and places[2] == known
    assert len(list(folder.iterdir())) == 4


@pytest.mark.parametrize(
    "text", ["nonsense", "define void @kernel(ptr %w) {\n ret i64 0\n}", "define void @other() {\n ret void\n}"]
)
def test_wrong_ir_raises_and_leaves_nothing_behind(folder, text):
    kernels = [adder(1), Kernel("wrong", lambda: text), adder(2)]
    for _ in range(2):
        with pytest.raises(RuntimeError):
            compile_many(kernels)
    assert call(address(adder(1)), 1) == 2
    assert all("draft" not in file.name and file.suffix == ".o" for file in folder.iterdir())


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_an_interrupt_while_compiling_leaves_everything_in_order(folder, error):
    def interrupted():
        raise error

    with pytest.raises(error):
        compile_many([adder(1), Kernel("interrupted", interrupted), adder(2)])
    assert call(address(Kernel("interrupted", lambda: RETURNS.format(number=9))), 1) == 10


def test_threads_may_compile_at_the_same_time(folder):
    results = {}

    def work(n):
        results[n] = call(address(adder(n % 3)), n)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {n: n + n % 3 for n in range(8)}


def test_code_that_calls_the_c_library_is_linked(folder):
    text = """
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
define void @kernel(ptr %words, i64 %begin, i64 %end) {
  call void @llvm.memset.p0.i64(ptr %words, i8 1, i64 %end, i1 false)
  ret void
}
"""
    kernel = Kernel("memset", lambda: text)
    assert call(address(kernel), 2) == 0x0101
    assert "memset" in assembly(kernel)


def test_llvm_is_loaded_only_when_it_is_needed():
    code = "import sys, flambeau.runtime.execute; sys.exit('llvmlite' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode
        == 0
    )


# ---------------------------------------------------------------- settings
def test_settings_are_overridden_for_a_while():
    before = config.threads, config.eager
    with pytest.raises(KeyError), config.override(threads=7, eager=True):
        assert (config.threads, config.eager) == (7, True)
        raise KeyError
    assert (config.threads, config.eager) == before
    with pytest.raises(TypeError, match="colour"), config.override(colour=1):
        pass


def test_every_source_of_kernels_is_part_of_their_names():
    """A kernel that was cached before its generator changed must not be found again."""
    package = Path(compiler.__file__).parent.parent
    known = {file for pattern in compiler.GENERATORS for file in package.glob(pattern)}
    makers = {file for file in package.rglob("*.py") if re.search(r"\bKernel\(\S", file.read_text("utf-8"))}
    assert len(makers) > 10
    assert not makers - known


@pytest.mark.parametrize(
    ("name", "text", "expression", "expected"),
    [
        ("FLAMBEAU_THREADS", "3", "config.threads", "3"),
        ("OMP_NUM_THREADS", "2,4", "config.threads", "2"),
        ("FLAMBEAU_EAGER", "1", "config.eager", "True"),
        ("FLAMBEAU_DEBUG", "0", "config.debug", "False"),
        ("FLAMBEAU_CACHE", "", "config.cache", "None"),
        ("FLAMBEAU_CACHE_LIMIT", "3", "config.cache_limit", str(3 << 20)),
        ("FLAMBEAU_CACHE_LIMIT", "-1", "config.cache_limit", "ValueError"),
        ("XDG_CACHE_HOME", "/somewhere", "config.cache.as_posix()", "/somewhere/flambeau"),
        ("FLAMBEAU_THREADS", "many", "config.threads", "ValueError"),
    ],
)
def test_settings_come_from_the_environment(name, text, expression, expected):
    code = f"from flambeau import config; print({expression})"
    environment = {"PYTHONPATH": ":".join(sys.path), name: text}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert expected in (done.stdout + done.stderr).replace("\n", " ").split(" ") or f"{expected}:" in done.stderr
