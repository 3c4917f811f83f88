"""Which elements share a scale, and how numbers are laid on integers: what affine observers are told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial

from flambeau import nn

from .base import Watching, _PartialWrapper


class MappingType(Enum):
    """Whether a range of numbers is laid on the integers about zero, from its least to its greatest, or about zero so
    that neither end is cut off."""

    SYMMETRIC = auto()
    SYMMETRIC_NO_CLIPPING_ERR = auto()
    ASYMMETRIC = auto()


class ZeroPointDomain(Enum):
    """Whether zero points are integers, numbers, or none."""

    INT = auto()
    FLOAT = auto()
    NONE = auto()


class TorchAODType(Enum):
    """Integers of fewer than eight bits."""

    INT1 = auto()
    INT2 = auto()
    INT3 = auto()
    INT4 = auto()
    INT5 = auto()
    INT6 = auto()
    INT7 = auto()


@dataclass(frozen=True)
class Granularity:
    """Which elements share a scale."""


@dataclass(frozen=True)
class PerBlock(Granularity):
    """Those of each block of this size."""

    block_size: tuple[int, ...]


@dataclass(frozen=True)
class PerTensor(Granularity):
    """All."""


@dataclass(frozen=True)
class PerAxis(Granularity):
    """Those with the same index along a dimension."""

    axis: int


@dataclass(frozen=True)
class PerGroup(Granularity):
    """So many neighbours of a row."""

    group_size: int


class PerRow(Granularity):
    """Those of each row, the last dimension."""


class PerToken(Granularity):
    """Those of each token, the last dimension."""


def get_block_size(input_shape: tuple[int, ...], granularity: Granularity) -> tuple[int, ...]:
    """The shape of a block of elements that share a scale.

    Args:
        input_shape: the shape of the tensor.
        granularity: an instance of PerTensor, PerAxis, PerRow, PerGroup (for matrices) or PerToken.

    Raises AssertionError for other objects, ValueError for other kinds.
    """
    if not isinstance(granularity, Granularity):
        raise AssertionError("Please provide an instance of Granularity, not subclass of it")
    if isinstance(granularity, PerTensor):
        return input_shape
    if isinstance(granularity, PerAxis):
        block = list(input_shape)
        block[granularity.axis] = 1
        return tuple(block)
    if isinstance(granularity, (PerRow, PerToken)):
        return (1,) * (len(input_shape) - 1) + (input_shape[-1],)
    if isinstance(granularity, PerGroup):
        if len(input_shape) != 2:
            raise AssertionError(
                "Expecting input shape dim to be 2 for per group quantization, gotinput shape: " + str(input_shape)
            )
        return (1, granularity.group_size)
    raise ValueError(f"Unsupported Granularity: {granularity}")


class AffineQuantizedObserverBase(Watching, ABC, nn.Module):
    """What observers of blocks of elements have in common; scripts derive from it.

    Args:
        mapping_type: how a range is laid on the integers.
        target_dtype: the type of the integers.
        granularity: which elements share a scale.
        quant_min, quant_max: the integers to use, instead of those of the type.
        eps: the least scale.
        scale_dtype, zero_point_dtype: the types of what `calculate_qparams` gives.
        preserve_zero: whether 0 is one of the numbers of the grid.
        zero_point_domain: whether zero points are integers.
    """

    def __init__(
        self, mapping_type, target_dtype, granularity, quant_min=None, quant_max=None, eps=None, scale_dtype=None,
        zero_point_dtype=None, preserve_zero=True, zero_point_domain=ZeroPointDomain.INT, **kwargs,
    ):  # fmt: skip
        super().__init__()
        if granularity is None:
            raise AssertionError("granularity is None")
        self.mapping_type, self.target_dtype, self.granularity = mapping_type, target_dtype, granularity
        self.quant_min, self.quant_max, self.eps = quant_min, quant_max, eps
        self.scale_dtype, self.zero_point_dtype = scale_dtype, zero_point_dtype
        self.preserve_zero, self.zero_point_domain = preserve_zero, zero_point_domain
        self.block_size = self.original_dtype = None

    @classmethod
    def with_args(cls, **kwargs) -> _PartialWrapper:
        """The class with some of its arguments."""
        return _PartialWrapper(partial(cls, **kwargs))

    @abstractmethod
    def forward(self, input):
        """Looks at numbers, and returns them."""

    @abstractmethod
    def calculate_qparams(self):
        """The scale and the zero point."""
