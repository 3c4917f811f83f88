"""rearrange: dimensions permuted, split and merged as a pattern says, such as "b (h w) c -> b c h w"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from .. import Tensor, stack

Groups = list[list[str]]  # the names that make up each dimension; "..." stands for all that are not named


class DimensionBindError(Exception):
    """Sizes that a pattern names do not fit the tensor."""


def _parsed(side: str) -> Groups:
    depth = 0
    for char in side:
        depth += (char == "(") - (char == ")")
        if depth not in (0, 1):
            break
    if depth:
        raise ValueError(f"Imbalanced parentheses in expression: '{side}'")
    groups: Groups = []
    inside = False
    for token in re.findall(r"\(|\)|\.\.\.|\w+", side):
        if token in "()":
            inside = token == "("
            groups += [[]] if inside else []
        elif inside:
            groups[-1].append(token)
        else:
            groups.append([token])
    names = [name for group in groups for name in group if name != "1"]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise ValueError(f"Indexing expression contains duplicate dimension '{twice}'")
    return [[name for name in group if name != "1"] for group in groups]


def _check_sides(left: Groups, right: Groups) -> None:
    a, b = ({name for group in side for name in group} for side in (left, right))
    if a ^ b:
        raise ValueError(f"Identifiers only on one side of rearrange expression (should be on both): {a ^ b}")


def _sizes_of(group: list[str], size: int, known: dict[str, int]) -> list[int]:
    """The sizes of the names that make up a dimension; one of them may be unknown."""
    unknown = [name for name in group if name not in known]
    if len(unknown) > 1:
        raise DimensionBindError(f"cannot infer the sizes of two dimensions at once {unknown[0]} and {unknown[1]}")
    product = math.prod(known[name] for name in group if name in known)
    if unknown:
        if not product or size % product:
            sizes = tuple(known.get(name, "?") for name in group)
            raise DimensionBindError(f"inferred dimension does not evenly fit into larger dimension: {size} vs {sizes}")
        known[unknown[0]] = size // product
    elif product != size:
        sizes = tuple(known[name] for name in group)
        raise DimensionBindError(
            f"Dimension sizes do not match ({size} != {product}) when matching dimension pack {sizes}"
        )
    return [known[name] for name in group]


def _spread(groups: Groups, rest: list[str]) -> Groups:
    """The groups with names in place of the dimensions that have none."""
    spread: Groups = []
    for group in groups:
        if group == ["..."]:
            spread += [[name] for name in rest]
        else:
            spread.append([n for name in group for n in (rest if name == "..." else [name])])
    return spread


def rearrange(tensor: Tensor | Sequence[Tensor], pattern: str, **axes_lengths: int) -> Tensor:
    """A tensor (or several, stacked) with its dimensions permuted, split and merged.

    Args:
        tensor: the tensor, or a sequence of tensors, whose number is then the first dimension.
        pattern: names of dimensions before and after "->"; parentheses hold one dimension, "..." stands for any.
        axes_lengths: sizes of names that parentheses split.

    Raises ValueError for a pattern that does not fit, DimensionBindError for sizes that do not.
    """
    x = tensor if isinstance(tensor, Tensor) else stack(tuple(tensor))
    before, arrow, after = pattern.partition("->")
    if not arrow:
        raise ValueError(f"Invalid rearrange expression, missing '->': '{pattern}'")
    left, right = _parsed(before), _parsed(after)
    _check_sides(left, right)
    open_ended = any("..." in group for group in left)
    rest = [f"...{i}" for i in range(x.ndim - len(left) + 1)] if open_ended else []
    left, right = _spread(left, rest), _spread(right, rest)
    if len(left) != x.ndim:
        raise ValueError(
            f"Number of dimensions in pattern ({len(left)}) must be equal to the number of dimensions in the tensor "
            f"({x.ndim})"
        )
    known = dict(axes_lengths)
    split = [n for group, size in zip(left, x.shape) for n in _sizes_of(group, size, known)]
    order = [name for group in left for name in group]
    moved = x.reshape(split).permute([order.index(name) for group in right for name in group])
    return moved.reshape([math.prod(known[name] for name in group) for group in right])
