"""Machine code: LLVM IR text of kernels comes in, addresses of functions go out.

A kernel is compiled once: its address is kept in memory, its object code in the cache folder under a name made of the
kernel's key, the processor, the versions and the sources of the code generators, so that a kernel found there is loaded
without even writing its IR. Machine code stays loaded until the process ends: addresses never become invalid.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from .. import config
from . import object_cache

GENERATORS = (
    *("codegen/*.py*", "cells.py*", "runtime/compile.py*", "runtime/native.py*", "runtime/range_check.py*"),
    *("random_kernels.py*", "mersenne.py*", "box_muller.py*"),
)
ENTRY = "kernel"  # the name of the function that IR text defines
# Kernels come vectorised and unrolled: these passes give code as fast as the O3 pipeline in a tenth of its time.
PASSES = ("always_inliner", "sroa", "instruction_combine", "new_gvn", "simplify_cfg", "instruction_combine")


class Kernel:
    """A function to compile.

    key: a text, or an object whose repr is one, that says everything that the IR depends on.
    build: gives the IR text, which defines `void kernel(ptr words, i64 begin, i64 end)` and internal helpers.
    """

    __slots__ = ("_name", "build", "key")

    def __init__(self, key: object, build: Callable[[], str]):
        # Not the object itself: objects that are equal may stand for different IR (0.0 and -0.0, 1 and True).
        self.key = key if isinstance(key, str) else repr(key)
        self.build = build
        self._name = ""

    @property
    def name(self) -> str:
        """A symbol and a file name for the kernel, in this environment."""
        if not self._name:
            self._name = "k" + hashlib.blake2b(self.key.encode(), key=environment(), digest_size=16).hexdigest()
        return self._name

    def __repr__(self):
        return f"Kernel({self.key})"


class Stored(Kernel):
    """A kernel of which only the name is known: its object code is in the cache folder, or LookupError is raised."""

    __slots__ = ()

    def __init__(self, name: str):
        super().__init__(name, self._lost)
        self._name = name

    def _lost(self):
        raise LookupError(f"no kernel {self._name} in the cache folder")


_addresses: dict[str, int] = {}  # by name
_lock = threading.RLock()
_library_numbers = count()


def address(kernel: Kernel) -> int:
    """The address of a kernel's machine code."""
    return _addresses.get(kernel.name) or compile_many([kernel])[0]


def compile_many(kernels: Sequence[Kernel]) -> list[int]:
    """The addresses of kernels; those not known yet are compiled by all threads together."""
    names = [kernel.name for kernel in kernels]
    if not all(name in _addresses for name in names):
        with _lock:
            missing = {name: kernel for name, kernel in zip(names, kernels) if name not in _addresses}
            found = {name: code for name in missing if (code := object_cache.load(name))}
            fresh = [name for name in missing if name not in found]
            compiled = _in_threads(lambda name: _compile(missing[name]), fresh)
            _addresses.update(_link(found | dict(zip(fresh, compiled))))
    return [_addresses[name] for name in names]


def assembly(kernel: Kernel) -> str:
    """The assembly text of a kernel, for people to read."""
    machine = _machine()
    with _optimized(kernel.build(), machine) as module:
        return machine.emit_assembly(module)


# ---------------------------------------------------------------- the environment
@cache
def environment(*sources: str) -> bytes:
    """A digest of what object code depends on beside the kernel's key: processor, versions, code generators.

    sources: patterns of more files of this package that something else depends on.
    """
    import llvmlite

    llvm, cpu, features = _llvm()
    digest = hashlib.blake2b(digest_size=32)
    versions = llvmlite.__version__, llvm.llvm_version_info
    digest.update(repr((versions, llvm.get_process_triple(), cpu, features)).encode())
    package = Path(__file__).parent.parent
    for source in sorted({file for pattern in (*GENERATORS, *sources) for file in package.glob(pattern)}):
        digest.update(source.read_bytes())
    return digest.digest()


# ---------------------------------------------------------------- LLVM
@cache
def _llvm() -> tuple[Any, str, str]:
    """llvmlite's binding, ready for use, and the host processor's name and features; loading it takes its time."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm, llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _machine():
    """A target machine for this processor: one for each thread that compiles."""
    llvm, cpu, features = _llvm()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    # Position-independent code of the small model reaches its constants without loading their addresses first.
    return target.create_target_machine(cpu=cpu, features=features, opt=3, reloc="pic", codemodel="small")


@cache
def _jit():
    llvm = _llvm()[0]
    return llvm.create_lljit_compiler(_machine(), use_jit_link=os.name == "posix")


@contextmanager
def _optimized(text: str, machine):
    """The module of an IR text, after LLVM's passes, inside a `with`; RuntimeError where the text is not valid IR.

    What is LLVM's is closed here, the module before its context: after an interrupt, garbage collection would choose.
    """
    llvm = _llvm()[0]
    text = f'target triple = "{machine.triple}"\n{text}'
    with closing(llvm.create_context()) as context, closing(llvm.parse_assembly(text, context=context)) as module:
        module.data_layout = str(machine.target_data)
        module.verify()
        passes = llvm.create_new_module_pass_manager()
        for name in PASSES:
            getattr(passes, f"add_{name}_pass")()
        builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options())
        with closing(passes), closing(builder):
            _unlocked("LLVMPY_RunNewModulePassManager")(passes, module, builder)
        yield module


def _compile(kernel: Kernel) -> bytes:
    """Object code with the entry called by the kernel's name; also kept on disk."""
    machine = _machine()
    with _optimized(kernel.build().replace(f"@{ENTRY}(", f"@{kernel.name}("), machine) as module:
        code = _object_code(module, machine)
    object_cache.store(kernel.name, code)
    return code


def _object_code(module, machine) -> bytes:
    ffi = _llvm()[0].ffi
    with ffi.OutputString() as error:
        memory = _unlocked("LLVMPY_TargetMachineEmitToMemory")(machine, module, 1, error)
        if not memory:
            raise RuntimeError(str(error))
    try:
        return ctypes.string_at(ffi.lib.LLVMPY_GetBufferStart(memory), ffi.lib.LLVMPY_GetBufferSize(memory))
    finally:
        ffi.lib.LLVMPY_DisposeMemoryBuffer(memory)


def _unlocked(function: str) -> Callable:
    """A function of llvmlite without the lock that it puts around all of LLVM.

    LLVM itself asks only that threads work in contexts of their own.
    """
    wrapped = getattr(_llvm()[0].ffi.lib, function)
    return getattr(wrapped, "_cfn", wrapped)


def _link(objects: dict[str, bytes]) -> dict[str, int]:
    """Loads object code as one library; gives the address of every name's function."""
    library = _llvm()[0].JITLibraryBuilder().add_current_process()
    for name, code in objects.items():
        library.add_object_img(code).export_symbol(name)
    loaded = library.link(_jit(), f"kernels{next(_library_numbers)}")
    addresses = {name: loaded[name] for name in objects}
    loaded.detach()  # from here on nothing unloads it
    return addresses


def _in_threads(function: Callable[[str], bytes], items: Sequence[str]) -> list[bytes]:
    """The function of every item, by up to config.threads threads; the first error is raised."""
    results: dict[str, bytes] = {}
    errors: list[BaseException] = []
    remaining: Iterator[str] = iter(items)

    def work():
        try:
            for item in remaining:
                results[item] = function(item)
        except BaseException as error:
            errors.append(error)
            _drain(remaining)

    helpers = [threading.Thread(target=work, daemon=True) for _ in range(min(config.threads, len(items)) - 1)]
    try:
        for helper in helpers:
            helper.start()
        work()
        for helper in helpers:
            helper.join()
    finally:
        _drain(remaining)
    if errors:
        try:
            raise errors[0]
        finally:
            errors.clear()  # lest the error and this frame keep each other
    return [results[item] for item in items]


def _drain(items: Iterator) -> None:
    for _ in items:
        pass


if hasattr(os, "register_at_fork"):
    # A child must not be born while LLVM is at work in another thread.
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release)
