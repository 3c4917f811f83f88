"""Transforms along a video's time."""

from __future__ import annotations

import flambeau as torch

from . import functional as F
from ._transform import Transform


class UniformTemporalSubsample(Transform):
    """Images of a video at equal distances in time.

    Args:
        num_samples: how many; more than there are repeats images.
    """

    _calls = (F.uniform_temporal_subsample, "num_samples")

    _transformed_types = (torch.Tensor,)

    def __init__(self, num_samples: int):
        super().__init__()
        self.num_samples = num_samples
