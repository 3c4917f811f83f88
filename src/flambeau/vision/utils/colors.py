"""Colours for objects: names, numbers, or a palette in which neighbours differ."""

from __future__ import annotations

from PIL import ImageColor

import flambeau as torch

PALETTE = 2**25 - 1, 2**15 - 1, 2**21 - 1


def _generate_color_palette(num_objects: int) -> list[tuple[int, int, int]]:
    """A colour for each object."""
    red, green, blue = PALETTE
    return [(i * red % 255, i * green % 255, i * blue % 255) for i in range(num_objects)]


def _parse_colors(colors, *, num_objects: int, dtype: torch.dtype = torch.uint8) -> list[tuple]:
    """A colour for each object: three numbers, up to 255, or up to 1 where dtype has fractions.

    Args:
        colors: a name or three numbers, for all objects; a list of these; or None for a palette.

    Raises:
        ValueError: too few colours, or what is no colour.
    """
    if colors is None:
        found: list = list(_generate_color_palette(num_objects))
    elif isinstance(colors, list):
        if len(colors) < num_objects:
            raise ValueError(
                "Number of colors must be equal or larger than the number of objects, but got "
                f"{len(colors)} < {num_objects}."
            )
        found = colors
    elif not isinstance(colors, (tuple, str)):
        raise ValueError(f"colors must be a tuple or a string, or a list thereof, but got {colors}.")
    elif isinstance(colors, tuple) and len(colors) != 3:
        raise ValueError(f"If passed as tuple, colors should be an RGB triplet, but got {colors}.")
    else:
        found = [colors] * num_objects
    found = [ImageColor.getrgb(color) if isinstance(color, str) else color for color in found]
    return [tuple(v / 255 for v in color) for color in found] if dtype.is_floating_point else found
