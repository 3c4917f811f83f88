"""Programs in the cache folder: what was planned by one process need not be planned by the next.

A program is found by a name that stands for all that planning depends on: the request, the processor, the versions and
the sources. Its kernels are in the folder by themselves; where one is missing, so is the program.
"""

from __future__ import annotations

import hashlib
import marshal
import sys
from array import array
from dataclasses import astuple
from functools import cache

import numpy as np

from ..runtime import object_cache
from ..runtime.compile import Stored, compile_many, environment
from ..runtime.execute import HostCall, Segment
from .program import Code, KernelRecord
from .request import Request

NODES = 64  # of a graph that takes longer to plan than to keep
SOURCES = ("*.py*", "schedule/*.py*", "runtime/*.py*")


def load(request: Request) -> Code | None:
    """The code that was kept for a request; None where there is none that can be used."""
    data = object_cache.load(_name(request)) if _is_large(request) else None
    if data is None:
        return None
    steps, *rest, kernels = marshal.loads(data)
    code = Code([_segment(*step) for step in steps], *rest, [KernelRecord(*one) for one in kernels])
    try:
        compile_many([kernel for step in code.steps for kernel, _ in step.kernels])
    except LookupError:
        return None
    return code


def store(request: Request, code: Code) -> None:
    """Keeps the code of a request."""
    if _is_large(request) and not any(isinstance(step, HostCall) for step in code.steps):
        steps = [_plain(step) for step in code.steps]
        kernels = [astuple(one) for one in code.kernels]
        rest = code.slots, code.scalars, code.numbers, code.scratch, code.orders, code.donations
        object_cache.store(_name(request), marshal.dumps((steps, *rest, kernels)))


def _is_large(request: Request) -> bool:
    return len(request.order) >= NODES


def _name(request: Request) -> str:
    digest = hashlib.blake2b(request.structure, key=_environment(), digest_size=16)
    digest.update(array("q", request.sizes).tobytes())
    digest.update(array("d", request.numbers).tobytes())
    return "kp" + digest.hexdigest()


@cache
def _environment() -> bytes:
    return hashlib.blake2b(environment(*SOURCES) + sys.version.encode(), digest_size=32).digest()


def _plain(segment: Segment) -> tuple:
    kernels = [(kernel.name, places) for kernel, places in segment.kernels]
    words = np.array(segment.words, np.int64).tobytes()
    costs = segment.parallel, segment.label, segment.bytes, segment.flops, segment.known
    return words, segment.inside.tobytes(), kernels, *costs


def _segment(words: bytes, inside: bytes, kernels: list, *rest) -> Segment:
    named = [(Stored(name), places) for name, places in kernels]
    return Segment(np.frombuffer(words, np.int64), np.frombuffer(inside, np.int64), named, *rest)
