"""AdaptiveLogSoftmaxWithLoss: a softmax over very many classes, the rare ones in clusters with small layers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import NamedTuple

from .. import Tensor, cat
from .container import ModuleList, Sequential
from .functional import log_softmax
from .linear import Linear
from .module import Module


class _ASMoutput(NamedTuple):
    """The log-probability of each target, and the mean of their negatives."""

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """An approximate softmax over n_classes, sorted from frequent to rare (Grave et al., 2017).

    cutoffs: the classes at which clusters start.  div_value: by how much the inner size of a cluster's layers shrinks
    from cluster to cluster.  head_bias: whether the layer for the frequent classes has a bias.
    Raises ValueError for cutoffs that do not increase from 1 to n_classes - 1.
    """

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0, head_bias: bool = False,
        device=None, dtype=None,
    ):  # fmt: skip
        factory = {"device": device, "dtype": dtype}
        super().__init__()
        cutoffs = _checked(list(cutoffs), n_classes)
        self.in_features, self.n_classes, self.cutoffs = in_features, n_classes, [*cutoffs, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = cutoffs[0], len(cutoffs)
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, **factory)
        self.tail = ModuleList()
        for i, (start, end) in enumerate(itertools.pairwise(self.cutoffs)):
            inner = int(in_features // div_value ** (i + 1))
            into, out = Linear(in_features, inner, False, **factory), Linear(inner, end - start, False, **factory)
            self.tail.append(Sequential(into, out))

    def reset_parameters(self) -> None:
        """Draws new initial values."""
        self.head.reset_parameters()
        for into, out in self.tail:
            into.reset_parameters()
            out.reset_parameters()

    def forward(self, input: Tensor, target: Tensor) -> _ASMoutput:
        """The log-probabilities of the targets (N) or () for inputs (N, in_features) or (in_features), and the loss."""
        _check_target(input, target)
        if target.dim() == 0:
            output, loss = self.forward(input.unsqueeze(0), target.unsqueeze(0))
            return _ASMoutput(output.squeeze(0), loss)
        self._check_range(target)
        clusters = sum((target >= cutoff).long() for cutoff in self.cutoffs[:-1])
        classes = target.where(clusters == 0, self.shortlist_size + clusters - 1)
        output = log_softmax(self.head(input), dim=1).gather(1, classes.unsqueeze(1)).squeeze(1)
        for i, (start, layers) in enumerate(zip(self.cutoffs, self.tail)):
            rows = (clusters == i + 1).nonzero().squeeze(1)
            if rows.numel():  # only clusters that a target lies in are computed
                inside = (target[rows] - start).unsqueeze(1)
                log_probs = log_softmax(layers(input.index_select(0, rows)), dim=1).gather(1, inside).squeeze(1)
                output = output.index_add(0, rows, log_probs)
        return _ASMoutput(output, (-output).mean())

    def _check_range(self, target: Tensor):
        low, high = int(target.min()), int(target.max())
        if low < 0 or high >= self.n_classes:
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{low}, {high}] were "
                "found. "
            )

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes: (N, in_features) to (N, n_classes)."""
        head = log_softmax(self.head(input), dim=1)
        parts = [head[:, : self.shortlist_size]]
        for i, layers in enumerate(self.tail):
            cluster = head[:, self.shortlist_size + i].unsqueeze(1)
            parts.append(log_softmax(layers(input), dim=1) + cluster)
        return cat(parts, 1)

    def predict(self, input: Tensor) -> Tensor:
        """The most likely class of each input: (N, in_features) to (N). Clusters are computed only where they win."""
        head = self.head(input)
        output = head.argmax(dim=1)
        in_cluster = output >= self.shortlist_size
        if in_cluster.any():
            output = output.where(~in_cluster, self.log_prob(input).argmax(dim=1))
        return output


def _checked(cutoffs: list, n_classes: int) -> list[int]:
    if not cutoffs:
        raise ValueError("cutoffs should be a sequence of length larger than 0")
    if (
        cutoffs != sorted(set(cutoffs))
        or min(cutoffs) <= 0
        or max(cutoffs) > n_classes - 1
        or any(int(c) != c for c in cutoffs)
    ):
        raise ValueError(
            "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value "
            "is between 1 and n_classes-1"
        )
    return cutoffs


def _check_target(input: Tensor, target: Tensor):
    if target.dim() > 1:
        raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
    if target.dim() == 1 and input.size(0) != target.size(0):
        raise RuntimeError("Input and target should have the same size in the batch dimension.")
    if target.dim() == 0 and input.dim() != 1:
        raise RuntimeError("0D target tensor should only be used with 1D input")
    if target.dim() == 1 and input.dim() != 2:
        raise RuntimeError("1D target tensor expects 2D input tensors, but found inputs with size " + str(input.size()))
