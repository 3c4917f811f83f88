"""MT19937: the words of the generator, and its state of 624 words.

In: a seed, or a state. Out: words of 32 bits, in order. A generated kernel (`random_kernels.py`) draws them; the NumPy
code here is what runs without a compiler, and the definition that the kernel follows.
"""

from __future__ import annotations

from functools import cache

import numpy as np

from .runtime.buffers import Buffer

WORDS = 624
LAG = 227  # a new word depends on the one as far back, or on the one that stood 397 further on
UPPER, LOWER, TWIST = np.uint32(0x80000000), np.uint32(0x7FFFFFFF), np.uint32(0x9908B0DF)
TEMPER = ((11, 0xFFFFFFFF), (-7, 0x9D2C5680), (-15, 0xEFC60000), (18, 0xFFFFFFFF))  # shifts right, and masks


class MersenneTwister:
    """A stream of words: key is the state (and room for a kernel's vectors), used how many of its words are drawn."""

    def __init__(self, seed: int):
        self.key = np.zeros(WORDS + 16, np.uint32)
        self.key[:WORDS] = _seeded(seed)
        self.place = self.key.ctypes.data
        self.used = WORDS

    def fill(self, block: Buffer, n: int) -> None:
        """Fills a block with the next n words."""
        native = kernels()
        if native is not None and n:
            native.draw(self.place, self.used, block, n)
            self._passed(n)
            return
        words, start = block.array(np.uint32, n), 0
        while start < n:
            self._refill()
            count = min(n - start, WORDS - self.used)
            words[start : start + count] = tempered(self.key[self.used : self.used + count])
            start, self.used = start + count, self.used + count

    def word(self) -> int:
        """The next word."""
        self._refill()
        word = int(self.key[self.used])
        self.used += 1
        for shift, mask in TEMPER:
            word ^= (word >> shift if shift > 0 else word << -shift) & mask
        return word

    def _refill(self) -> None:
        """Goes on to the next state when all words of this one are drawn."""
        if self.used == WORDS:
            self.key[:WORDS], self.used = twisted(self.key[:WORDS]), 0

    def chances(self, block: Buffer, n: int, p: float) -> None:
        """n booleans, one at least, by a kernel: whether numbers in [0, 1) of two words each are below p."""
        kernels().chances(self.place, self.used, block, n, p)
        self._passed(2 * n)

    def _passed(self, count: int) -> None:
        """Notes that so many words, one at least, were drawn by a kernel."""
        self.used = (self.used + count - 1) % WORDS + 1


@cache
def kernels():
    """The module of the stream's generated kernels; None without a compiler."""
    from .schedule import has_compiler

    if not has_compiler():
        return None
    from . import random_kernels

    return random_kernels


def _seeded(seed: int) -> list[int]:
    key = [seed & 0xFFFFFFFF]
    for i in range(1, WORDS):
        key.append((1812433253 * (key[-1] ^ key[-1] >> 30) + i) & 0xFFFFFFFF)
    return key


def twisted(key: np.ndarray) -> np.ndarray:
    """The next state."""
    mixed = _mixed(key[:-1], key[1:])
    new = np.empty_like(key)
    new[:LAG] = key[WORDS - LAG :] ^ mixed[:LAG]
    for start in range(LAG, WORDS - 1, LAG):
        stop = min(start + LAG, WORDS - 1)
        new[start:stop] = new[start - LAG : stop - LAG] ^ mixed[start:stop]
    new[-1:] = new[WORDS - 1 - LAG : WORDS - LAG] ^ _mixed(key[-1:], new[:1])
    return new


def _mixed(one: np.ndarray, following: np.ndarray) -> np.ndarray:
    y = (one & UPPER) | (following & LOWER)
    return (y >> np.uint32(1)) ^ (y & np.uint32(1)) * TWIST


def tempered(key: np.ndarray) -> np.ndarray:
    """Words of the state as they are given out."""
    for shift, mask in TEMPER:
        moved = key >> np.uint32(shift) if shift > 0 else key << np.uint32(-shift)
        key = key ^ (moved & np.uint32(mask))
    return key
