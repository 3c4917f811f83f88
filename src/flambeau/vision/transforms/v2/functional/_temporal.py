"""What is done along a video's time."""

from __future__ import annotations

import flambeau as torch

from ....tv_tensors import Video
from ._utils import call, kernel

__all__ = ["uniform_temporal_subsample", "uniform_temporal_subsample_video"]


def uniform_temporal_subsample(inpt, num_samples: int) -> torch.Tensor:
    """Images of a video at equal distances in time.

    Args:
        inpt: a video of shape (..., T, C, H, W).
        num_samples: how many images the result has; more than T repeats images.
    """
    return call(uniform_temporal_subsample, inpt, num_samples=num_samples)


@kernel(uniform_temporal_subsample, Video, torch.Tensor)
def uniform_temporal_subsample_video(video: torch.Tensor, num_samples: int) -> torch.Tensor:
    """Images of a video at equal distances in time."""
    places = torch.linspace(0, video.shape[-4] - 1, num_samples, device=video.device).long()
    return torch.index_select(video, -4, places)
