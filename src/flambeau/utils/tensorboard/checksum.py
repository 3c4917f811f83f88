"""CRC-32C, the checksum of TFRecord files, two bytes a step; what is large (images) many pieces at a time in NumPy."""

from __future__ import annotations

import functools

import numpy as np

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, reflected
_PIECE = 512  # bytes of each of the pieces that a large text is cut into
_LARGE = 16 * _PIECE


def masked_crc32c(data: bytes) -> int:
    """The checksum as TFRecord files hold it: rotated, so that the checksum of a text that holds checksums is fine."""
    crc = crc32c(data)
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def crc32c(data: bytes) -> int:
    """The CRC-32C of a text."""
    if len(data) >= _LARGE:
        return _of_pieces(data) ^ 0xFFFFFFFF
    table, crc, even = _words_table(), 0xFFFFFFFF, len(data) & ~1
    for word in memoryview(data)[:even].cast("H"):
        crc = table[(crc ^ word) & 0xFFFF] ^ (crc >> 16)
    for byte in data[even:]:
        crc = int(_bytes_table()[(crc ^ byte) & 0xFF]) ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


@functools.cache
def _bytes_table() -> np.ndarray:
    """What each byte does to a register of zeros."""
    table = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        table = (table >> 1) ^ np.where(table & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return table


@functools.cache
def _words() -> np.ndarray:
    """What each pair of bytes, the first one low, does to a register of zeros."""
    table, words = _bytes_table(), np.arange(1 << 16, dtype=np.uint32)
    first = table[words & 0xFF]
    return table[(first ^ (words >> 8)) & 0xFF] ^ (first >> 8)


@functools.cache
def _words_table() -> list[int]:
    return _words().tolist()


def _of_pieces(data: bytes) -> int:
    """The register after a large text: each piece's own, then neighbours joined until one is left.

    The checksum is linear: the register's initial ones are as good as inverting the first four bytes, after which zeros
    may stand before the text, and what comes before a piece is added to it after a walk through as many zeros.
    """
    rows = 1 << (-(-len(data) // _PIECE) - 1).bit_length()
    padded = np.zeros(rows * _PIECE, np.uint8)
    padded[-len(data) :] = np.frombuffer(data, np.uint8)
    padded[-len(data) : len(padded) - len(data) + 4] ^= 0xFF
    table, crcs = _words(), np.zeros(rows, np.uint32)
    for column in np.ascontiguousarray(padded.view("<u2").reshape(rows, -1).T):
        crcs = table[(crcs ^ column) & 0xFFFF] ^ (crcs >> 16)
    walk = _piece_of_zeros()
    while len(crcs) > 1:
        crcs = _walked(crcs[0::2], walk) ^ crcs[1::2]
        walk = _walked(walk, walk)
    return int(crcs[0])


@functools.cache
def _piece_of_zeros() -> np.ndarray:
    """Where each bit of the register goes in a walk through a piece of zeros."""
    table, crcs = _words(), np.uint32(1) << np.arange(32, dtype=np.uint32)
    for _ in range(_PIECE // 2):
        crcs = table[crcs & 0xFFFF] ^ (crcs >> 16)
    return crcs


def _walked(crcs: np.ndarray, walk: np.ndarray) -> np.ndarray:
    """Registers after a walk, which is given by where each bit goes."""
    bits = (crcs[:, None] >> np.arange(32, dtype=np.uint32)) & 1
    return np.bitwise_xor.reduce(bits * walk, axis=1)
