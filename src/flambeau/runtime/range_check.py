"""The native function that looks through integers in memory for the first one that is out of range."""

from __future__ import annotations

import ctypes
from functools import cache

from .compile import Kernel, address


def _text(width: int) -> str:
    wide = "%number = load i64, ptr %place"
    narrow = f"%loaded = load i{width}, ptr %place\n  %number = sext i{width} %loaded to i64"
    return f"""
; The place of the first number, not the ignored one, that is not in low ... low + size - 1; count where there is none.
define i64 @kernel(i64 %low, i64 %size, i64 %ignored, ptr %begin, i64 %stride, i64 %count) nounwind {{
entry:
  br label %loop
loop:
  %i = phi i64 [0, %entry], [%next, %fine]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %look, label %exit
look:
  %far = mul i64 %i, %stride
  %place = getelementptr i{width}, ptr %begin, i64 %far
  {wide if width == 64 else narrow}
  %shifted = sub i64 %number, %low
  %inside = icmp ult i64 %shifted, %size
  %allowed = icmp eq i64 %number, %ignored
  %good = or i1 %inside, %allowed
  br i1 %good, label %fine, label %exit
fine:
  %next = add i64 %i, 1
  br label %loop
exit:
  ret i64 %i
}}
"""


@cache
def first_outside(width: int):
    """The function for integers of `width` bits, 32 or 64: (low, size, ignored, address, stride, count) -> place."""
    text = _text(width)
    # Python's lock is kept: it takes less time than giving it back.
    return ctypes.PYFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 6)(address(Kernel(text, lambda: text)))
