"""Stochastic depth (Huang et al., 2016): the branch of a residual block is left out at random."""

from __future__ import annotations

import flambeau as torch
from flambeau import nn

from ..printing import Printed


def stochastic_depth(input: torch.Tensor, p: float, mode: str, training: bool = True) -> torch.Tensor:
    """Makes rows zero at random, and the others larger, so that the mean stays.

    Args:
        input: (N, ...).
        p: the probability of being zeroed.
        mode: "row" decides for each row, "batch" for all of them together.
        training: whether anything is done.

    Raises:
        ValueError: no probability, or another mode.
    """
    if p < 0.0 or p > 1.0:
        raise ValueError(f"drop probability has to be between 0 and 1, but got {p}")
    if mode not in ("batch", "row"):
        raise ValueError(f"mode has to be either 'batch' or 'row', but got {mode}")
    if not training or p == 0.0:
        return input
    kept = 1.0 - p
    rows = input.shape[0] if mode == "row" else 1
    noise = torch.empty([rows] + [1] * (input.ndim - 1), dtype=input.dtype, device=input.device).bernoulli_(kept)
    return input * (noise.div_(kept) if kept > 0.0 else noise)


class StochasticDepth(Printed, nn.Module):
    """Makes rows zero at random in training; the arguments are those of `stochastic_depth`."""

    _shown = "p mode"

    def __init__(self, p: float, mode: str) -> None:
        super().__init__()
        self.p = p
        self.mode = mode

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return stochastic_depth(input, self.p, self.mode, self.training)
