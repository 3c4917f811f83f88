"""What the generators know of a processor: vector width, registers, special instructions.

In: the host's features, asked of LLVM once, or the name of a target. Out: an immutable Target. Generated text depends
on the processor only through the Target that the Builder holds, so text for another processor can be made and checked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

from ..dtypes import dtype


@dataclass(frozen=True)
class Target:
    """A class of processors.

    vector_bytes: bytes of a vector register;  registers: how many there are;  fma: fused multiply-add in hardware;
    scalef: x * 2**floor(y) in one instruction;  masks: masked loads and stores cost no more than plain ones;
    halves: vectors of half the width take half the time;  pairs: products of pairs of bfloat16 (pairing.py);
    quads: products of four bytes.
    """

    name: str
    vector_bytes: int
    registers: int
    fma: bool = True
    scalef: bool = False
    masks: bool = False
    halves: bool = False
    pairs: bool = False
    quads: bool = False

    def lanes(self, of: dtype) -> int:
        """Elements of a dtype in one vector register; 16-bit floats are computed as float32 and counted so."""
        return self.vector_bytes // (max(of.itemsize, 4) if of.is_floating_point else of.itemsize)


AVX512 = Target("avx512", 64, 32, scalef=True, masks=True)
AVX2 = Target("avx2", 32, 16)
NEON = Target("neon", 16, 32)
PLAIN = Target("plain", 16, 16, fma=False)
BY_NAME = {target.name: target for target in (AVX512, AVX2, NEON, PLAIN)}

AVX512_FEATURES = ("avx512f", "avx512dq", "avx512bw", "avx512vl", "fma")
AVX2_FEATURES = ("avx2", "fma", "f16c")
DOUBLE_PUMPED = ("znver4",)  # processors that do 64 bytes in two passes


@cache
def host() -> Target:
    """The target of the processor that this process runs on."""
    import llvmlite.binding as llvm  # not at the top: a program that only reads plans need not load LLVM

    features = llvm.get_host_cpu_features()
    if all(features.get(name) for name in AVX512_FEATURES):
        pairs, quads = (bool(features.get(name)) for name in ("avx512bf16", "avx512vnni"))
        return replace(AVX512, halves=llvm.get_host_cpu_name() in DOUBLE_PUMPED, pairs=pairs, quads=quads)
    if all(features.get(name) for name in AVX2_FEATURES):
        return AVX2
    return NEON if llvm.get_process_triple().startswith(("aarch64", "arm64")) else PLAIN
