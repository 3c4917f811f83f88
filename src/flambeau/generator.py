"""The generator: PyTorch's stream of random words on the CPU, its state, and the uniform numbers that words make."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from . import devices
from .box_muller import normal_pair
from .mersenne import WORDS, MersenneTwister, kernels
from .runtime import buffers

DEFAULT_SEED = 67280421310721
STATE_OF: Callable = np.asarray  # what states are given as; `sampling.py` makes them tensors

# PyTorch's state as bytes. `left` counts the words up to the next refill, the one included that triggers it.
_LAYOUT = np.dtype([
    ("seed", "<u8"), ("left", "<i4"), ("seeded", "<i4"), ("next", "<u8"), ("key", "<u8", WORDS),
    ("unused_x", "<f8"), ("normal", "<f8"), ("unused_rho", "<f8"), ("has_normal", "<i4"), ("padding", "<i4"),
    ("float_normal", "<f4"), ("has_float_normal", "<i4"),
])  # fmt: skip


class Generator:
    """A stream of random words (torch.Generator); of two normal numbers it keeps one for the next call."""

    def __init__(self, device="cpu"):
        devices.require_cpu(device)
        self.device = devices.device("cpu")
        self.manual_seed(DEFAULT_SEED)

    def __repr__(self):
        return f"<torch._C.Generator object at {id(self):#x}>"

    def manual_seed(self, seed: int) -> Generator:
        """Starts the stream anew; negative seeds count from 2**64. ValueError outside of 64 bits."""
        if not isinstance(seed, (int, np.integer)):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError("Overflow when unpacking long long")
        self._seed = int(seed) % 2**64
        self._stream: MersenneTwister | None = None
        self._next_normal: float | None = None
        return self

    def seed(self) -> int:
        """Starts the stream anew from a seed that the system draws; returns the seed."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little"))
        return self._seed

    def initial_seed(self) -> int:
        """The seed that the stream was started from."""
        return self._seed

    def _twister(self) -> MersenneTwister:
        """The stream, made when first needed."""
        if self._stream is None:
            self._stream = MersenneTwister(self._seed & 0xFFFFFFFF)
        return self._stream

    def block(self, n: int) -> buffers.Buffer:
        """The next n words of 32 bits, in memory that a tensor can take over."""
        result = buffers.allocate(4 * n)
        (self._stream or self._twister()).fill(result, n)
        return result

    def words(self, n: int) -> np.ndarray:
        """The next n words of 32 bits (uint32)."""
        return self.block(n).array(np.uint32, n)

    def word(self) -> int:
        """The next word of 32 bits."""
        return self._twister().word()

    def wide_words(self, n: int) -> np.ndarray:
        """The next n words of 64 bits (uint64), each made of two words, the high one first."""
        high, low = self.words(2 * n).astype(np.uint64).reshape(n, 2).T
        return (high << np.uint64(32)) | low

    def unit32(self, n: int) -> np.ndarray:
        """n float32 numbers in [0, 1) of 24 random bits."""
        native = kernels()
        if native is not None and n:
            return native.uniform(self.block(n), n, 1.0, 0.0, 1.0)
        return (self.words(n) & np.uint32(0xFFFFFF)).astype(np.float32) * np.float32(2.0**-24)

    def unit64(self, n: int) -> np.ndarray:
        """n float64 numbers in [0, 1) of 53 random bits."""
        return (self.wide_words(n) & np.uint64(2**53 - 1)).astype(np.float64) * 2.0**-53

    def chances(self, n: int, p: float) -> np.ndarray:
        """n booleans, true where a number of `unit64` is below p; in memory that a tensor can take over."""
        if kernels() is None or not n:
            return self.unit64(n) < p
        result = buffers.allocate(n)
        self._twister().chances(result, n, p)
        return result.array(np.bool_, n)

    def normals(self, n: int) -> np.ndarray:
        """n standard normal numbers one by one (float64), the kept one first; a left-over one is kept."""
        found = [] if self._next_normal is None else [self._next_normal]
        # One by one, as most calls want a few; each of the two numbers takes two words, the high one first.
        words = iter(self.words(max(n - len(found) + 1, 0) // 2 * 4).tolist())
        uniform = (((high << 32 | low) & 2**53 - 1) * 2.0**-53 for high, low in zip(words, words))
        for u1, u2 in zip(uniform, uniform):
            found.extend(normal_pair(u1, u2))
        self._next_normal = found[n] if len(found) > n else None
        return np.array(found[:n], np.float64)

    def get_state(self):
        """The state as a tensor of 5056 bytes, PyTorch's layout: torch.set_rng_state takes it."""
        stream = self._twister()
        key, used = stream.key[:WORDS], stream.used
        fresh = used == WORDS and key[0] == self._seed & 0xFFFFFFFF
        packed = np.zeros((), _LAYOUT)
        packed["seed"], packed["seeded"], packed["key"] = self._seed, 1, key
        packed["left"], packed["next"] = WORDS + 1 - used, 0 if fresh else used
        if self._next_normal is not None:
            packed["normal"], packed["has_normal"] = self._next_normal, 1
        return STATE_OF(np.frombuffer(packed.tobytes(), np.uint8).copy())

    def set_state(self, state) -> None:
        """Goes on from a state of `get_state`, of this class or of PyTorch's."""
        if not hasattr(state, "__array__"):
            raise TypeError(f"expected a torch.ByteTensor, but got {type(state).__name__}")
        array = np.asarray(state)
        if array.dtype != np.uint8:
            raise TypeError("RNG state must be a torch.ByteTensor")
        if array.size != _LAYOUT.itemsize:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {_LAYOUT.itemsize} but found the input RNG state size to be "
                f"{array.size}"
            )
        packed = np.frombuffer(array.tobytes(), _LAYOUT)[0]
        self.manual_seed(int(packed["seed"]))
        self._stream = stream = MersenneTwister(0)
        stream.key[:WORDS], stream.used = packed["key"].astype(np.uint32), WORDS + 1 - int(packed["left"])
        self._next_normal = float(packed["normal"]) if packed["has_normal"] else None

    def clone_state(self) -> Generator:
        """Another generator that goes on from here."""
        clone = type(self)(self.device)
        clone.set_state(self.get_state())
        return clone

    def graphsafe_get_state(self):
        """Raises NotImplementedError: there are no graphs to be safe from."""
        raise NotImplementedError("graphsafe_get_state is not supported in this Generator")

    def graphsafe_set_state(self, state):
        """Raises NotImplementedError."""
        raise NotImplementedError("graphsafe_set_state is not supported in this Generator")

    def get_offset(self) -> int:
        """Raises RuntimeError: the stream is not counted."""
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> None:
        """Raises RuntimeError."""
        raise RuntimeError("CPU Generator does not use offset")
