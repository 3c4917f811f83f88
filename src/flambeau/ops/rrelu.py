"""rrelu: a relu whose slope below 0 is drawn anew for each element."""

from __future__ import annotations

import math

import numpy as np

from .. import random as stream
from ..dtypes import bfloat16, float16, float32, float64
from ..errors import TYPE_TITLES
from ..tensor import Tensor
from ..trace.host import host_array
from .public import public

KINDS = (float32, float64, bfloat16)  # in which slopes are drawn
FLOATS = (*KINDS, float16)


@public(method=False)
def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, generator=None
) -> Tensor:
    """x where positive, else x times a slope in [lower, upper], random while training, else the mean."""
    return (input * _slopes(input, lower, upper, training, generator)).to(input.meta.dtype)


@public(method=False)
def rrelu_(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False, generator=None
) -> Tensor:
    """In-place rrelu."""
    return input.mul_(_slopes(input, lower, upper, training, generator))


def _slopes(input: Tensor, lower: float, upper: float, training: bool, generator) -> Tensor:
    """A slope for each element, 1 for positive ones. As many are drawn as are not positive."""
    for side, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise RuntimeError(f"rrelu: {side} bound must be finite, got {bound:g}")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    m = input.meta
    if m.dtype not in (KINDS if training else FLOATS):
        name = "rrelu_with_noise_out" if training else "leaky_relu"
        raise NotImplementedError(f"\"{name}_cpu\" not implemented for '{TYPE_TITLES[m.dtype.name]}'")
    if not training:
        return Tensor.full_of((), 1, m.dtype).where(input.detach() > 0, (lower + upper) / 2)
    if m.dtype is not float64:
        lower, upper = float(np.float32(lower)), float(np.float32(upper))
    slopes, falls = np.ones(m.shape), host_array(input) <= 0
    unit = (stream.current() if generator is None else generator).unit64(int(falls.sum()))
    slopes[falls] = unit * (upper - lower) + lower
    return Tensor.from_array(slopes).to(float64 if m.dtype is float64 else float32)  # the product is rounded once
