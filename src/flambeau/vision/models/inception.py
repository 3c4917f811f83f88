"""Inception v3 (Szegedy et al., 2015): convolutions factored into small ones, side by side."""

from __future__ import annotations

import warnings
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from ._builders import registered
from ._published import published
from .googlenet import (
    INITIALIZATION_CHANGES,
    BasicConv2d,
    Branches,
    TransformsInput,
    draw_cut_normal,
    with_published_weights,
)

__all__ = ["Inception3", "InceptionOutputs", "_InceptionOutputs", "Inception_V3_Weights", "inception_v3"]

InceptionOutputs = namedtuple("InceptionOutputs", ["logits", "aux_logits"])
InceptionOutputs.__annotations__ = {"logits": torch.Tensor, "aux_logits": torch.Tensor | None}
_InceptionOutputs = InceptionOutputs


class _Block(Branches):
    """Branches that are made of convolutions by their names."""

    def _add(self, conv_block: Callable[..., nn.Module] | None, **convolutions: tuple) -> None:
        """Adds convolutions: channels in and out, the size, and where they are not 1 and 0 padding and stride."""
        for name, (inside, outside, size, *rest) in convolutions.items():
            options = dict(zip(("padding", "stride"), rest))
            setattr(self, name, (conv_block or BasicConv2d)(inside, outside, kernel_size=size, **options))

    def _run(self, x: torch.Tensor, *names: str) -> torch.Tensor:
        """A branch: convolutions one after the other."""
        for name in names:
            x = getattr(self, name)(x)
        return x

    def _pooled(self, x: torch.Tensor) -> torch.Tensor:
        """The branch that begins with a pool of the same size."""
        return self.branch_pool(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))


class InceptionA(_Block):
    """1x1, 5x5, two 3x3 and a pooled branch.

    Args:
        in_channels: channels of the input.
        pool_features: channels of the pooled branch.
        conv_block: makes a convolution.
    """

    def __init__(
        self, in_channels: int, pool_features: int, conv_block: Callable[..., nn.Module] | None = None
    ) -> None:
        super().__init__()
        self._add(
            conv_block,
            branch1x1=(in_channels, 64, 1),
            branch5x5_1=(in_channels, 48, 1),
            branch5x5_2=(48, 64, 5, 2),
            branch3x3dbl_1=(in_channels, 64, 1),
            branch3x3dbl_2=(64, 96, 3, 1),
            branch3x3dbl_3=(96, 96, 3, 1),
            branch_pool=(in_channels, pool_features, 1),
        )

    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        branch5x5 = self._run(x, "branch5x5_1", "branch5x5_2")
        branch3x3dbl = self._run(x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
        return [self.branch1x1(x), branch5x5, branch3x3dbl, self._pooled(x)]


class InceptionB(_Block):
    """Halves the size: 3x3, two 3x3 and a pool; the arguments are those of InceptionA."""

    def __init__(self, in_channels: int, conv_block: Callable[..., nn.Module] | None = None) -> None:
        super().__init__()
        self._add(
            conv_block,
            branch3x3=(in_channels, 384, 3, 0, 2),
            branch3x3dbl_1=(in_channels, 64, 1),
            branch3x3dbl_2=(64, 96, 3, 1),
            branch3x3dbl_3=(96, 96, 3, 0, 2),
        )

    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        branch3x3dbl = self._run(x, "branch3x3dbl_1", "branch3x3dbl_2", "branch3x3dbl_3")
        return [self.branch3x3(x), branch3x3dbl, F.max_pool2d(x, kernel_size=3, stride=2)]


class InceptionC(_Block):
    """7x7 convolutions as rows and columns.

    Args:
        in_channels: channels of the input.
        channels_7x7: channels inside of the branches.
        conv_block: makes a convolution.
    """

    def __init__(self, in_channels: int, channels_7x7: int, conv_block: Callable[..., nn.Module] | None = None) -> None:
        super().__init__()
        inner, row, column = channels_7x7, ((1, 7), (0, 3)), ((7, 1), (3, 0))
        self._add(
            conv_block,
            branch1x1=(in_channels, 192, 1),
            branch7x7_1=(in_channels, inner, 1),
            branch7x7_2=(inner, inner, *row),
            branch7x7_3=(inner, 192, *column),
            branch7x7dbl_1=(in_channels, inner, 1),
            branch7x7dbl_2=(inner, inner, *column),
            branch7x7dbl_3=(inner, inner, *row),
            branch7x7dbl_4=(inner, inner, *column),
            branch7x7dbl_5=(inner, 192, *row),
            branch_pool=(in_channels, 192, 1),
        )

    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        branch7x7 = self._run(x, "branch7x7_1", "branch7x7_2", "branch7x7_3")
        branch7x7dbl = self._run(x, *(f"branch7x7dbl_{i}" for i in range(1, 6)))
        return [self.branch1x1(x), branch7x7, branch7x7dbl, self._pooled(x)]


class InceptionD(_Block):
    """Halves the size: 3x3, 7x7 with 3x3, and a pool; the arguments are those of InceptionB."""

    def __init__(self, in_channels: int, conv_block: Callable[..., nn.Module] | None = None) -> None:
        super().__init__()
        self._add(
            conv_block,
            branch3x3_1=(in_channels, 192, 1),
            branch3x3_2=(192, 320, 3, 0, 2),
            branch7x7x3_1=(in_channels, 192, 1),
            branch7x7x3_2=(192, 192, (1, 7), (0, 3)),
            branch7x7x3_3=(192, 192, (7, 1), (3, 0)),
            branch7x7x3_4=(192, 192, 3, 0, 2),
        )

    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        branch7x7x3 = self._run(x, *(f"branch7x7x3_{i}" for i in range(1, 5)))
        return [self._run(x, "branch3x3_1", "branch3x3_2"), branch7x7x3, F.max_pool2d(x, kernel_size=3, stride=2)]


class InceptionE(_Block):
    """3x3 convolutions as a row beside a column; the arguments are those of InceptionB."""

    def __init__(self, in_channels: int, conv_block: Callable[..., nn.Module] | None = None) -> None:
        super().__init__()
        row, column = ((1, 3), (0, 1)), ((3, 1), (1, 0))
        self._add(
            conv_block,
            branch1x1=(in_channels, 320, 1),
            branch3x3_1=(in_channels, 384, 1),
            branch3x3_2a=(384, 384, *row),
            branch3x3_2b=(384, 384, *column),
            branch3x3dbl_1=(in_channels, 448, 1),
            branch3x3dbl_2=(448, 384, 3, 1),
            branch3x3dbl_3a=(384, 384, *row),
            branch3x3dbl_3b=(384, 384, *column),
            branch_pool=(in_channels, 192, 1),
        )

    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        branch3x3 = self.branch3x3_1(x)
        branch3x3 = torch.cat([self.branch3x3_2a(branch3x3), self.branch3x3_2b(branch3x3)], 1)
        branch3x3dbl = self._run(x, "branch3x3dbl_1", "branch3x3dbl_2")
        branch3x3dbl = torch.cat([self.branch3x3dbl_3a(branch3x3dbl), self.branch3x3dbl_3b(branch3x3dbl)], 1)
        return [self.branch1x1(x), branch3x3, branch3x3dbl, self._pooled(x)]


class InceptionAux(nn.Module):
    """The classifier on the way, used in training.

    Args:
        in_channels: channels of the input.
        num_classes: the number of classes.
        conv_block: makes a convolution.
    """

    def __init__(self, in_channels: int, num_classes: int, conv_block: Callable[..., nn.Module] | None = None) -> None:
        super().__init__()
        conv = conv_block or BasicConv2d
        self.conv0 = conv(in_channels, 128, kernel_size=1)
        self.conv1 = conv(128, 768, kernel_size=5)
        self.conv1.stddev = 0.01
        self.fc = nn.Linear(768, num_classes)
        self.fc.stddev = 0.001

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.conv1(self.conv0(F.avg_pool2d(x, kernel_size=5, stride=3)))
        return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, (1, 1)), 1))


class Inception3(TransformsInput):
    """Inception v3, for images of 299x299 pixels; in training with `aux_logits` it gives InceptionOutputs.

    Args:
        num_classes: the number of classes.
        aux_logits: whether there is a classifier on the way.
        transform_input: whether images are normalised anew.
        inception_blocks: what makes convolutions, the five kinds of blocks and the classifier on the way.
        init_weights: whether weights are drawn from a cut normal distribution; None means so, with a warning.
        dropout: the probability before the last layer.

    Raises:
        ValueError: not seven blocks.
    """

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        inception_blocks: list[Callable[..., nn.Module]] | None = None,
        init_weights: bool | None = None,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        blocks = inception_blocks
        if blocks is None:
            blocks = [BasicConv2d, InceptionA, InceptionB, InceptionC, InceptionD, InceptionE, InceptionAux]
        if init_weights is None:
            warnings.warn(INITIALIZATION_CHANGES.format("inception_v3"), FutureWarning, stacklevel=2)
        if len(blocks) != 7:
            raise ValueError(f"length of inception_blocks should be 7 instead of {len(blocks)}")
        conv, *mixed = blocks
        self.aux_logits, self.transform_input = aux_logits, transform_input
        self._add_stem(conv)
        self._add_blocks(mixed, num_classes)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(p=dropout)
        self.fc = nn.Linear(2048, num_classes)
        if init_weights is not False:
            draw_cut_normal(self, 0.1)

    def _add_stem(self, conv) -> None:
        self.Conv2d_1a_3x3 = conv(3, 32, kernel_size=3, stride=2)
        self.Conv2d_2a_3x3 = conv(32, 32, kernel_size=3)
        self.Conv2d_2b_3x3 = conv(32, 64, kernel_size=3, padding=1)
        self.maxpool1 = nn.MaxPool2d(kernel_size=3, stride=2)
        self.Conv2d_3b_1x1 = conv(64, 80, kernel_size=1)
        self.Conv2d_4a_3x3 = conv(80, 192, kernel_size=3)
        self.maxpool2 = nn.MaxPool2d(kernel_size=3, stride=2)

    def _add_blocks(self, makers: list[Any], num_classes: int) -> None:
        block_a, block_b, block_c, block_d, block_e, aux = makers
        self.Mixed_5b = block_a(192, pool_features=32)
        self.Mixed_5c = block_a(256, pool_features=64)
        self.Mixed_5d = block_a(288, pool_features=64)
        self.Mixed_6a = block_b(288)
        self.Mixed_6b = block_c(768, channels_7x7=128)
        self.Mixed_6c = block_c(768, channels_7x7=160)
        self.Mixed_6d = block_c(768, channels_7x7=160)
        self.Mixed_6e = block_c(768, channels_7x7=192)
        self.AuxLogits = aux(768, num_classes) if self.aux_logits else None
        self.Mixed_7a = block_d(768)
        self.Mixed_7b = block_e(1280)
        self.Mixed_7c = block_e(2048)

    def _forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        x = self.maxpool1(self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x))))
        x = self.maxpool2(self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x)))
        x = self.Mixed_5d(self.Mixed_5c(self.Mixed_5b(x)))
        x = self.Mixed_6e(self.Mixed_6d(self.Mixed_6c(self.Mixed_6b(self.Mixed_6a(x)))))
        aux = self.AuxLogits(x) if self.AuxLogits is not None and self.training else None
        x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
        return self.fc(torch.flatten(self.dropout(self.avgpool(x)), 1)), aux

    def eager_outputs(self, x: torch.Tensor, aux: torch.Tensor | None) -> Any:
        """The logits, with those of the classifier on the way in training."""
        return InceptionOutputs(x, aux) if self.training and self.aux_logits else x

    def forward(self, x: torch.Tensor) -> Any:
        return self.eager_outputs(*self._forward(self._transform_input(x)))


Inception_V3_Weights = published("Inception_V3_Weights", __name__)


@registered(Inception_V3_Weights)
def inception_v3(*, weights: Any, progress: bool, **kwargs: Any) -> Inception3:
    """Inception v3; published weights are those of a network with its classifier on the way."""
    if weights is None:
        return Inception3(**kwargs)
    with_published_weights(weights, kwargs)
    model = Inception3(**kwargs)
    model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    return model
