"""Distributions that are given either by probabilities or by logits: which is given, and the other on demand."""

from __future__ import annotations

from .. import Size, Tensor
from .distribution import Distribution
from .utils import broadcast_all, lazy_property, logits_to_probs, probs_to_logits


class _ByChance(Distribution):
    """One of `probs` and `logits` is given; the other follows from it."""

    _binary = True

    def _take(self, probs, logits) -> Tensor:
        """Keeps the one that is given, as a tensor. ValueError for both or none."""
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        name, given = ("logits", logits) if probs is None else ("probs", probs)
        (self._param,) = broadcast_all(given)
        setattr(self, name, self._param)
        return self._param

    def _take_counted(self, total_count, probs, logits) -> Tensor:
        """Keeps a number of trials as well, of the same shape and type."""
        if logits is None and probs is not None:
            total_count, probs = broadcast_all(total_count, probs)
        elif probs is None and logits is not None:
            total_count, logits = broadcast_all(total_count, logits)
        given = self._take(probs, logits)
        self.total_count = total_count.type_as(given)
        return given

    def expand(self, batch_shape, _instance=None):
        new = super().expand(batch_shape, _instance)
        new._param = new.__dict__["logits" if "logits" in new.__dict__ else "probs"]
        return new

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
