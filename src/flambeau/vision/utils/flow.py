"""Optical flow as colours: the direction is the hue, the speed the saturation."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor

# How many hues lie between red, yellow, green, cyan, blue, magenta and red again (Baker et al., 2007), the channel that
# changes on the way, and whether it rises.
ARCS = (15, 1, True), (6, 0, False), (4, 2, True), (11, 1, False), (13, 0, True), (6, 2, False)
CORNERS = (255, 0, 0), (255, 255, 0), (0, 255, 0), (0, 255, 255), (0, 0, 255), (255, 0, 255)


@torch.no_grad()
def flow_to_image(flow: Tensor) -> Tensor:
    """The colours of a flow.

    Args:
        flow: float32, (N, 2, H, W) or (2, H, W): how far each pixel goes to the right and down.

    Returns: uint8, (N, 3, H, W) or (3, H, W).

    Raises:
        ValueError: another dtype or shape.
    """
    if flow.dtype != torch.float:
        raise ValueError(f"Flow should be of dtype torch.float, got {flow.dtype}.")
    batch = flow[None] if flow.ndim == 3 else flow
    if batch.ndim != 4 or batch.shape[1] != 2:
        raise ValueError(f"Input flow should have shape (2, H, W) or (N, 2, H, W), got {flow.shape}.")
    fastest = torch.sum(batch.pow(2), dim=1).sqrt().max()
    image = _normalized_flow_to_image(batch / (fastest + torch.finfo(flow.dtype).eps))
    return image[0] if flow.ndim == 3 else image


def _normalized_flow_to_image(flow: Tensor) -> Tensor:
    """The colours (N, 3, H, W) of a flow (N, 2, H, W) no faster than 1."""
    wheel = _make_colorwheel()
    count = wheel.shape[0]
    speed = torch.sum(flow.pow(2), dim=1).sqrt()
    angle = torch.atan2(-flow[:, 1], -flow[:, 0]) / torch.pi
    place = (angle + 1) / 2 * (count - 1)
    low = torch.floor(place).to(torch.long)
    high = torch.where(low + 1 == count, 0, low + 1)
    share = (place - low).unsqueeze(1)
    before, behind = (wheel[at].permute(0, 3, 1, 2) / 255.0 for at in (low, high))
    hue = (1 - share) * before + share * behind
    return torch.floor(255 * (1 - speed.unsqueeze(1) * (1 - hue))).to(torch.uint8)


def _make_colorwheel() -> Tensor:
    """The colours of directions, (55, 3), up to 255."""
    arcs = []
    for (length, channel, rises), corner in zip(ARCS, CORNERS):
        arc = torch.tensor(corner, dtype=torch.float32).repeat(length, 1)
        way = torch.floor(255 * torch.arange(0, length) / length)
        arc[:, channel] = way if rises else 255 - way
        arcs.append(arc)
    return torch.cat(arcs)
