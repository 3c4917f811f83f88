"""ShuffleNet v2 (Ma et al., 2018): half of the channels go through a block, then both halves are shuffled."""

from __future__ import annotations

from collections.abc import Callable

import flambeau as torch
from flambeau import nn

from ._builders import model

__all__ = [
    "ShuffleNetV2", "ShuffleNet_V2_X0_5_Weights", "ShuffleNet_V2_X1_0_Weights", "ShuffleNet_V2_X1_5_Weights",
    "ShuffleNet_V2_X2_0_Weights", "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "shufflenet_v2_x1_5",
    "shufflenet_v2_x2_0",
]  # fmt: skip


def channel_shuffle(x: torch.Tensor, groups: int) -> torch.Tensor:
    """The channels of an image (N, C, H, W) dealt out, so that those of one group lie `groups` apart."""
    n, channels, height, width = x.size()
    dealt = x.view(n, groups, channels // groups, height, width).transpose(1, 2)
    return dealt.contiguous().view(n, channels, height, width)


def _convolution(inside: int, outside: int, size: int = 1, stride: int = 1) -> list[nn.Module]:
    """A convolution of pixels, with batch normalisation and ReLU."""
    conv = nn.Conv2d(inside, outside, size, stride, size // 2, bias=False)
    return [conv, nn.BatchNorm2d(outside), nn.ReLU(inplace=True)]


class InvertedResidual(nn.Module):
    """A block on half of the channels, or one that halves the size, with a branch for all of them.

    Args:
        inp: channels of the input.
        oup: channels of the output.
        stride: of the depthwise convolution, 1 to 3.

    Raises:
        ValueError: another stride, or channels that stride 1 cannot have.
    """

    def __init__(self, inp: int, oup: int, stride: int) -> None:
        super().__init__()
        if not 1 <= stride <= 3:
            raise ValueError("illegal stride value")
        self.stride = stride
        half = oup // 2
        if stride == 1 and inp != half << 1:
            raise ValueError(
                f"Invalid combination of stride {stride}, inp {inp} and oup {oup} values. If stride == 1 then inp "
                "should be equal to oup // 2 << 1."
            )
        branch: list[nn.Module] = []
        if stride > 1:
            branch = [self.depthwise_conv(inp, inp, 3, stride, 1), nn.BatchNorm2d(inp), *_convolution(inp, half)]
        self.branch1 = nn.Sequential(*branch)
        self.branch2 = nn.Sequential(
            *_convolution(inp if stride > 1 else half, half),
            self.depthwise_conv(half, half, 3, stride, 1),
            nn.BatchNorm2d(half),
            *_convolution(half, half),
        )

    @staticmethod
    def depthwise_conv(
        i: int, o: int, kernel_size: int, stride: int = 1, padding: int = 0, bias: bool = False
    ) -> nn.Conv2d:
        """A convolution in which channels do not meet."""
        return nn.Conv2d(i, o, kernel_size, stride, padding, bias=bias, groups=i)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.stride == 1:
            kept, x = x.chunk(2, dim=1)
        else:
            kept = self.branch1(x)
        return channel_shuffle(torch.cat((kept, self.branch2(x)), dim=1), 2)


class ShuffleNetV2(nn.Module):
    """ShuffleNet v2.

    Args:
        stages_repeats: the number of blocks of each of the three stages.
        stages_out_channels: channels of the first convolution, the stages and the last convolution.
        num_classes: the number of classes.
        inverted_residual: makes a block.

    Raises:
        ValueError: not three stages, or not five numbers of channels.
    """

    def __init__(
        self,
        stages_repeats: list[int],
        stages_out_channels: list[int],
        num_classes: int = 1000,
        inverted_residual: Callable[..., nn.Module] = InvertedResidual,
    ) -> None:
        super().__init__()
        if len(stages_repeats) != 3:
            raise ValueError("expected stages_repeats as list of 3 positive ints")
        if len(stages_out_channels) != 5:
            raise ValueError("expected stages_out_channels as list of 5 positive ints")
        self._stage_out_channels = stages_out_channels
        width, *stages, last = stages_out_channels
        self.conv1 = nn.Sequential(*_convolution(3, width, size=3, stride=2))
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        for i, (repeats, channels) in enumerate(zip(stages_repeats, stages), start=2):
            blocks = [inverted_residual(width, channels, 2)]
            blocks += [inverted_residual(channels, channels, 1) for _ in range(repeats - 1)]
            setattr(self, f"stage{i}", nn.Sequential(*blocks))
            width = channels
        self.conv5 = nn.Sequential(*_convolution(width, last))
        self.fc = nn.Linear(last, num_classes)

    def _forward_impl(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stage4(self.stage3(self.stage2(self.maxpool(self.conv1(x)))))
        return self.fc(self.conv5(x).mean([2, 3]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._forward_impl(x)


ShuffleNet_V2_X0_5_Weights, shufflenet_v2_x0_5 = model(
    "ShuffleNet_V2_X0_5", "ShuffleNet v2, half as wide.", ShuffleNetV2, [4, 8, 4], [24, 48, 96, 192, 1024]
)
ShuffleNet_V2_X1_0_Weights, shufflenet_v2_x1_0 = model(
    "ShuffleNet_V2_X1_0", "ShuffleNet v2.", ShuffleNetV2, [4, 8, 4], [24, 116, 232, 464, 1024]
)
ShuffleNet_V2_X1_5_Weights, shufflenet_v2_x1_5 = model(
    "ShuffleNet_V2_X1_5", "ShuffleNet v2, 1.5 times as wide.", ShuffleNetV2, [4, 8, 4], [24, 176, 352, 704, 1024]
)
ShuffleNet_V2_X2_0_Weights, shufflenet_v2_x2_0 = model(
    "ShuffleNet_V2_X2_0", "ShuffleNet v2, twice as wide.", ShuffleNetV2, [4, 8, 4], [24, 244, 488, 976, 2048]
)
