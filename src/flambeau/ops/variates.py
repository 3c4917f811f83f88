"""Gamma, Dirichlet, Poisson and binomial tensors, with gradients that follow the samples."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .. import ir, variate_slopes, variates
from .. import random as stream
from ..dtypes import float64
from ..errors import TYPE_TITLES
from ..meta import contiguous
from ..sampling import drawn
from ..shapes import broadcast_shapes
from ..tensor import Tensor
from ..trace.host import host_array
from .public import public
from .registry import Op, apply


def _host_op(name: str, params: str, call: Callable, summary: str) -> Op:
    """An op of floating-point arrays of one shape whose meaning is a function of NumPy arrays."""

    def work(*arrays: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            return call(*(np.asarray(a, np.float64) for a in arrays))

    def lower(*args):
        wide = [a.cast(float64) for a in args]
        return ir.Node("host", tuple(wide), {"call": work}, args[0].shape, float64).cast(args[0].dtype)

    return Op(name, params, lambda *metas: contiguous(metas[0].shape, metas[0].dtype), lower, summary=summary)


GAMMA_SLOPE = _host_op(
    "standard_gamma_grad", "concentration sample", lambda a, x: variate_slopes.gamma_slope(x, a),
    "How gamma numbers move with their shape.",
)  # fmt: skip
DIRICHLET_SLOPE = _host_op(
    "dirichlet_grad", "x alpha total", lambda x, a, total: variate_slopes.beta_slope(x, a, total - a) / (1 - x),
    "How a component of Dirichlet numbers moves with its concentration, over the rest.",
)  # fmt: skip


def _dirichlet_gradient(g, concentration, y):
    total = concentration.sum(-1, True).expand_as(concentration)
    return apply(DIRICHLET_SLOPE, (y, concentration, total)) * (g - (y * g).sum(-1, True))


STANDARD_GAMMA = Op(
    "standard_gamma", "concentration drawn", lambda a, x: x, lambda a, x: x,
    (lambda g, concentration, y: g * apply(GAMMA_SLOPE, (concentration, y)), None),
    summary="Gamma numbers that were drawn.",
)  # fmt: skip
DIRICHLET = Op(
    "dirichlet", "concentration drawn", lambda a, x: x, lambda a, x: x, (_dirichlet_gradient, None),
    summary="Dirichlet numbers that were drawn.",
)  # fmt: skip


def _of(array: np.ndarray, like: Tensor) -> Tensor:
    """A row-major tensor of drawn numbers."""
    return drawn(np.ascontiguousarray(array), contiguous(array.shape, float64)).to(like.dtype)


def _each(draw: Callable, generator, *parameters: Tensor) -> np.ndarray:
    """A number for each element, in row-major order."""
    generator = stream.current() if generator is None else generator
    return variates.each(generator, draw, *(host_array(p.detach()) for p in parameters))


@public(method=False)
def _standard_gamma(self: Tensor, generator=None) -> Tensor:
    """Gamma numbers of given shapes; gradients flow to the shapes."""
    found = _each(variates.gamma if self.dtype is float64 else variates.gamma_in_float32, generator, self)
    tiny = np.finfo(self.dtype.numpy if self.dtype.itemsize > 2 else np.float32).tiny
    return apply(STANDARD_GAMMA, (self, _of(np.maximum(found, tiny), self)))


@public(method=False)
def _standard_gamma_grad(self: Tensor, output: Tensor) -> Tensor:
    """How gamma numbers move with their shapes."""
    return apply(GAMMA_SLOPE, (self, output))


@public(method=False)
def _sample_dirichlet(self: Tensor, generator=None) -> Tensor:
    """Dirichlet numbers of given concentrations (*, categories); gradients flow to these."""
    gammas = _each(variates.gamma, generator, self)
    kind = np.float64 if self.dtype is float64 else np.float32
    found = gammas / gammas.sum(-1, keepdims=True)
    found = np.clip(found, np.finfo(kind).tiny, np.nextafter(kind(1), kind(0)))
    return apply(DIRICHLET, (self, _of(found, self)))


@public(method=False)
def _dirichlet_grad(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    """How a component of Dirichlet numbers moves with its concentration, over the rest."""
    return apply(DIRICHLET_SLOPE, (x, alpha, total))


@public(method=False)
def poisson(input: Tensor, generator=None) -> Tensor:
    """Poisson numbers of given rates."""
    if not input.dtype.is_floating_point:
        raise NotImplementedError(f"\"poisson_cpu\" not implemented for '{TYPE_TITLES[input.dtype.name]}'")
    if bool((input < 0).any()):
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    return _of(_each(variates.poisson, generator, input), input)


@public(method=False)
def binomial(count: Tensor, prob: Tensor, generator=None) -> Tensor:
    """Binomial numbers of given counts and probabilities."""
    if count.dtype is not prob.dtype:
        titles = (TYPE_TITLES[x.dtype.name] for x in (prob, count))
        raise RuntimeError("Found dtype {} but expected {}".format(*titles))
    shape = broadcast_shapes(count.shape, prob.shape)
    return _of(_each(variates.binomial, generator, count.expand(shape), prob.expand(shape)), count)
