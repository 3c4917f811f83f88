"""Residual networks (He et al., 2015), in groups (ResNeXt, Xie et al., 2016), or wide (Zagoruyko, Komodakis, 2016)."""

from __future__ import annotations

from collections.abc import Callable

import flambeau as torch
from flambeau import nn

from ._builders import model
from ._initial import initialize

__all__ = [
    "ResNet", "ResNet18_Weights", "ResNet34_Weights", "ResNet50_Weights", "ResNet101_Weights", "ResNet152_Weights",
    "ResNeXt50_32X4D_Weights", "ResNeXt101_32X8D_Weights", "ResNeXt101_64X4D_Weights", "Wide_ResNet50_2_Weights",
    "Wide_ResNet101_2_Weights", "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "resnext50_32x4d",
    "resnext101_32x8d", "resnext101_64x4d", "wide_resnet50_2", "wide_resnet101_2",
]  # fmt: skip


def conv3x3(in_planes: int, out_planes: int, stride: int = 1, groups: int = 1, dilation: int = 1) -> nn.Conv2d:
    """A 3x3 convolution that keeps the size, but for its stride."""
    return nn.Conv2d(
        in_planes, out_planes, 3, stride=stride, padding=dilation, dilation=dilation, groups=groups, bias=False
    )


def conv1x1(in_planes: int, out_planes: int, stride: int = 1) -> nn.Conv2d:
    """A 1x1 convolution."""
    return nn.Conv2d(in_planes, out_planes, kernel_size=1, stride=stride, bias=False)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut.

    Args:
        inplanes: channels of the input.
        planes: channels of the output.
        stride: of the first convolution.
        downsample: what the shortcut goes through.
        groups: 1.
        base_width: 64.
        dilation: 1.
        norm_layer: makes the normalisation of a number of channels; BatchNorm2d by default.
    """

    expansion: int = 1

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        if groups != 1 or base_width != 64:
            raise ValueError("BasicBlock only supports groups=1 and base_width=64")
        if dilation > 1:
            raise NotImplementedError("Dilation > 1 not supported in BasicBlock")
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = norm_layer(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = norm_layer(planes)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class Bottleneck(nn.Module):
    """A 3x3 convolution, which has stride, groups and dilation, between two 1x1 convolutions, beside a shortcut.

    Args:
        planes: a fourth of the output's channels.
        base_width: channels of a group where `planes` is 64.
        inplanes, stride, downsample, groups, dilation, norm_layer: as of BasicBlock.
    """

    expansion: int = 4

    def __init__(
        self,
        inplanes: int,
        planes: int,
        stride: int = 1,
        downsample: nn.Module | None = None,
        groups: int = 1,
        base_width: int = 64,
        dilation: int = 1,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        norm_layer = norm_layer or nn.BatchNorm2d
        width = int(planes * (base_width / 64.0)) * groups
        self.conv1 = conv1x1(inplanes, width)
        self.bn1 = norm_layer(width)
        self.conv2 = conv3x3(width, width, stride, groups, dilation)
        self.bn2 = norm_layer(width)
        self.conv3 = conv1x1(width, planes * self.expansion)
        self.bn3 = norm_layer(planes * self.expansion)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = downsample
        self.stride = stride

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        out += x if self.downsample is None else self.downsample(x)
        return self.relu(out)


class ResNet(nn.Module):
    """A convolution, four stages of residual blocks, and a linear layer on the mean pixel.

    Args:
        block: the kind of block.
        layers: the number of blocks of each stage.
        num_classes: the number of classes.
        zero_init_residual: whether each block's last normalisation starts with weight 0, so that it is its shortcut.
        groups: as of the block.
        width_per_group: the block's `base_width`.
        replace_stride_with_dilation: for each of the last three stages whether it keeps its size by dilation.
        norm_layer: makes the normalisation of a number of channels; BatchNorm2d by default.

    Raises:
        ValueError: `replace_stride_with_dilation` has not three elements, or the block has no groups.
    """

    def __init__(
        self,
        block: type[BasicBlock] | type[Bottleneck],
        layers: list[int],
        num_classes: int = 1000,
        zero_init_residual: bool = False,
        groups: int = 1,
        width_per_group: int = 64,
        replace_stride_with_dilation: list[bool] | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self._norm_layer = norm_layer or nn.BatchNorm2d
        dilated = [False, False, False] if replace_stride_with_dilation is None else replace_stride_with_dilation
        if len(dilated) != 3:
            raise ValueError(f"replace_stride_with_dilation should be None or a 3-element tuple, got {dilated}")
        self.inplanes, self.dilation = 64, 1
        self.groups, self.base_width = groups, width_per_group
        self.conv1 = nn.Conv2d(3, self.inplanes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = self._norm_layer(self.inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1 = self._make_layer(block, 64, layers[0])
        self.layer2 = self._make_layer(block, 128, layers[1], stride=2, dilate=dilated[0])
        self.layer3 = self._make_layer(block, 256, layers[2], stride=2, dilate=dilated[1])
        self.layer4 = self._make_layer(block, 512, layers[3], stride=2, dilate=dilated[2])
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512 * block.expansion, num_classes)
        initialize(self)
        if zero_init_residual:
            self._begin_with_shortcuts()

    def _make_layer(self, block, planes: int, blocks: int, stride: int = 1, dilate: bool = False) -> nn.Sequential:
        """A stage; its first block changes the size and the channels."""
        first_dilation = self.dilation
        if dilate:
            self.dilation *= stride
            stride = 1
        out_planes = planes * block.expansion
        downsample = None
        if stride != 1 or self.inplanes != out_planes:
            downsample = nn.Sequential(conv1x1(self.inplanes, out_planes, stride), self._norm_layer(out_planes))
        shape = (self.groups, self.base_width)
        first = block(self.inplanes, planes, stride, downsample, *shape, first_dilation, self._norm_layer)
        self.inplanes = out_planes
        rest = (block(out_planes, planes, 1, None, *shape, self.dilation, self._norm_layer) for _ in range(1, blocks))
        return nn.Sequential(first, *rest)

    def _begin_with_shortcuts(self) -> None:
        for m in self.modules():
            last = m.bn3 if isinstance(m, Bottleneck) else m.bn2 if isinstance(m, BasicBlock) else None
            if last is not None and last.weight is not None:
                nn.init.zeros_(last.weight)

    def _forward_impl(self, x: torch.Tensor) -> torch.Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._forward_impl(x)


ResNet18_Weights, resnet18 = model("ResNet18", "ResNet-18.", ResNet, BasicBlock, [2, 2, 2, 2])
ResNet34_Weights, resnet34 = model("ResNet34", "ResNet-34.", ResNet, BasicBlock, [3, 4, 6, 3])
ResNet50_Weights, resnet50 = model("ResNet50", "ResNet-50.", ResNet, Bottleneck, [3, 4, 6, 3])
ResNet101_Weights, resnet101 = model("ResNet101", "ResNet-101.", ResNet, Bottleneck, [3, 4, 23, 3])
ResNet152_Weights, resnet152 = model("ResNet152", "ResNet-152.", ResNet, Bottleneck, [3, 8, 36, 3])
ResNeXt50_32X4D_Weights, resnext50_32x4d = model(
    "ResNeXt50_32X4D", "ResNeXt-50, 32 groups of 4.", ResNet, Bottleneck, [3, 4, 6, 3], groups=32, width_per_group=4
)
ResNeXt101_32X8D_Weights, resnext101_32x8d = model(
    "ResNeXt101_32X8D", "ResNeXt-101, 32 groups of 8.", ResNet, Bottleneck, [3, 4, 23, 3], groups=32, width_per_group=8
)
ResNeXt101_64X4D_Weights, resnext101_64x4d = model(
    "ResNeXt101_64X4D", "ResNeXt-101, 64 groups of 4.", ResNet, Bottleneck, [3, 4, 23, 3], groups=64, width_per_group=4
)
Wide_ResNet50_2_Weights, wide_resnet50_2 = model(
    "Wide_ResNet50_2", "ResNet-50, twice as wide inside.", ResNet, Bottleneck, [3, 4, 6, 3], width_per_group=128
)
Wide_ResNet101_2_Weights, wide_resnet101_2 = model(
    "Wide_ResNet101_2", "ResNet-101, twice as wide inside.", ResNet, Bottleneck, [3, 4, 23, 3], width_per_group=128
)
