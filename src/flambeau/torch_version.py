"""TorchVersion: a version that is a string and compares as a version."""

from __future__ import annotations

import re
from typing import Any


class TorchVersion(str):
    """A release of PyTorch: compares by its numbers with strings and tuples, `torch.__version__ >= (2, 1)`."""

    __slots__ = ()

    def _numbers(self) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", self.partition("+")[0])[:3])

    def __lt__(self, other: Any) -> bool:
        return self._compared(other) < 0

    def __le__(self, other: Any) -> bool:
        return self._compared(other) <= 0

    def __gt__(self, other: Any) -> bool:
        return self._compared(other) > 0

    def __ge__(self, other: Any) -> bool:
        return self._compared(other) >= 0

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, str) and "+" in other:
            return str.__eq__(self, other)
        try:
            return self._compared(other) == 0
        except TypeError:
            return False

    def __ne__(self, other: Any) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def _compared(self, other: Any) -> int:
        if isinstance(other, (tuple, list)):
            other = ".".join(str(part) for part in other)
        if not isinstance(other, str):
            raise TypeError(f"a version does not compare with {type(other).__name__}")
        mine, theirs = self._numbers(), TorchVersion(other)._numbers()
        size = max(len(mine), len(theirs))
        padded = [numbers + (0,) * (size - len(numbers)) for numbers in (mine, theirs)]
        return (padded[0] > padded[1]) - (padded[0] < padded[1])
