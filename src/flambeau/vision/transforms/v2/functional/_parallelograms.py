"""Rectangles for turned boxes that a map has made parallelograms."""

from __future__ import annotations

import flambeau as torch


def rectangles(parallelograms: torch.Tensor) -> torch.Tensor:
    """Rectangles that share the longer diagonal's middle, direction and reach with parallelograms.

    Args:
        parallelograms: shape (..., 8): the x and y of four corners.
    """
    dtype = parallelograms.dtype
    exact = parallelograms if dtype in (torch.float32, torch.float64) else parallelograms.float()
    x1, y1, x2, y2, x3, y3, x4, y4 = exact.unbind(-1)
    width, height, angle = _sides(x2 - x1, y2 - y1, x4 - x1, y4 - y1)
    cos, sin = angle.cos(), angle.sin()
    cx, cy = (x1 + x3) / 2, (y1 + y3) / 2
    w_cos, w_sin = width / 2 * cos, width / 2 * sin
    h_cos, h_sin = height / 2 * cos, height / 2 * sin
    corners = [
        cx - w_cos - h_sin, cy - h_cos + w_sin,
        cx + w_cos - h_sin, cy - h_cos - w_sin,
        cx + w_cos + h_sin, cy + h_cos - w_sin,
        cx - w_cos + h_sin, cy + h_cos + w_sin,
    ]  # fmt: skip
    return torch.stack(corners, -1).to(dtype)


def _sides(along_x, along_y, down_x, down_y) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Width, height and angle of the rectangle, by the vectors along two sides of the parallelogram."""
    width = torch.sqrt(along_x.pow(2) + along_y.pow(2))
    height = torch.sqrt(down_x.pow(2) + down_y.pow(2))
    along, down = torch.atan2(-along_y, along_x), torch.atan2(-down_y, down_x)
    between = along - down
    toward = torch.where(between > torch.pi / 2, -1, 1) * between.cos()
    return (
        torch.where(width < height, width * between.sin(), width + height * toward),
        torch.where(width > height, height * between.sin(), height + width * toward),
        torch.where(height > width, down + torch.pi / 2, along),
    )
