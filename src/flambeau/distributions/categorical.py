"""The categorical distribution."""

from __future__ import annotations

from .. import Size, arange, broadcast_shapes, finfo, full, int64, multinomial, nan
from . import constraints
from .choice import _ByChance


class Categorical(_ByChance):
    """Numbers of categories; probs or logits (*, categories), which are normalized."""

    arg_constraints = {"probs": constraints.simplex, "logits": constraints.real_vector}
    has_enumerate_support, _binary = True, False
    _batched = {"probs": 1, "logits": 1, "_num_events": None}

    def __init__(self, probs=None, logits=None, validate_args=None):
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        if given.dim() < 1:
            raise ValueError(f"`{name}` parameter must be at least one-dimensional.")
        if probs is None:
            param = self._take(None, logits - logits.logsumexp(dim=-1, keepdim=True))
        else:
            param = self._take(probs / probs.sum(-1, keepdim=True), None)
        self._num_events = param.size()[-1]
        super().__init__(param.size()[:-1] if param.ndimension() > 1 else Size(), validate_args=validate_args)

    @constraints.dependent_property(is_discrete=True, event_dim=0)
    def support(self):
        return constraints.integer_interval(0, self._num_events - 1)

    mean = property(lambda self: full(self._extended_shape(), nan, dtype=self.probs.dtype))
    mode = property(lambda self: self.probs.argmax(dim=-1))
    variance = property(lambda self: full(self._extended_shape(), nan, dtype=self.probs.dtype))

    def sample(self, sample_shape=()):
        shape = sample_shape if isinstance(sample_shape, Size) else Size(sample_shape)
        rows = self.probs.detach().reshape(-1, self._num_events)
        return multinomial(rows, shape.numel(), True).T.reshape(self._extended_shape(shape))

    def log_prob(self, value):
        self._checked(value)
        value = value.to(int64).unsqueeze(-1)
        shape = (*broadcast_shapes(value.shape[:-1], self.logits.shape[:-1]), 1)
        logits = self.logits.expand((*shape[:-1], self._num_events))
        return logits.gather(-1, value.expand(shape)).squeeze(-1)

    def entropy(self):
        logits = self.logits.clamp(min=finfo(self.logits.dtype).min)
        return -(logits * self.probs).sum(-1)

    def enumerate_support(self, expand=True):
        return self._enumerated(arange(self._num_events, dtype=int64), expand)
