"""Distributions that are given either by probabilities or by logits: which is given, and the other on demand."""

from __future__ import annotations

from numbers import Number

from .. import Size, Tensor
from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits


class _ByChance(Distribution):
    """One of `probs` and `logits` is given; the other follows from it."""

    _binary = True

    def _take(self, probs, logits) -> Tensor:
        """Keeps the one that is given. ValueError for both or none."""
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        self._param = self.__dict__["logits" if probs is None else "probs"]
        return self._param

    def _take_counted(self, total_count, probs, logits) -> Tensor:
        """Keeps a number of trials beside the one of `probs` and `logits` that is given, all of one shape and type."""
        if probs is not None and logits is None:
            self.total_count, self.probs = broadcast_all(total_count, probs)
        elif logits is not None and probs is None:
            self.total_count, self.logits = broadcast_all(total_count, logits)
        given = self._take(probs, logits)
        self.total_count = self.total_count.type_as(given)
        return given

    def _expand_counted(self, new, batch_shape):
        """A copy of a batch shape, with its number of trials."""
        new.total_count = self.total_count.expand(batch_shape)
        self._given(new, lambda x: x.expand(batch_shape))
        return self._started(new, batch_shape)

    @lazy_property
    def logits(self):
        """Log-odds, or logarithms of weights."""
        return probs_to_logits(self.probs, is_binary=self._binary)

    @lazy_property
    def probs(self):
        """Probabilities."""
        return logits_to_probs(self.logits, is_binary=self._binary)

    @property
    def param_shape(self) -> Size:
        """The shape of what is given."""
        return self._param.size()

    def _new(self, *args, **kwargs):
        return self._param.new(*args, **kwargs)

    def _given(self, new, change) -> None:
        """Gives a new instance what this one has of both, changed."""
        for name in ("probs", "logits"):
            if name in self.__dict__:
                new._param = new.__dict__[name] = change(self.__dict__[name])


def scalar(x) -> bool:
    """Whether a parameter is a Python number."""
    return isinstance(x, Number)
