"""MaxViT (Tu et al., Multi-Axis Vision Transformer, 2022)."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from ..ops.misc import Conv2dNormActivation, SqueezeExcitation
from ..ops.stochastic_depth import StochasticDepth
from ._builders import model
from ._windows import bias_of, relative_positions

__all__ = ["MaxVit", "MaxVit_T_Weights", "maxvit_t"]


def _halved(size: tuple[int, int]) -> tuple[int, int]:
    """The size of an image behind a convolution of stride 2 by 3x3 filters."""
    return (size[0] - 1) // 2 + 1, (size[1] - 1) // 2 + 1


class MBConv(nn.Module):
    """An inverted residual block: wider, depthwise, squeeze and excitation, narrower; with a way around it.

    Args:
        in_channels, out_channels: of the block.
        expansion_ratio, squeeze_ratio: channels inside, and inside of the excitation, in out_channels.
        stride: of the depthwise convolution.
        activation_layer, norm_layer: make the parts.
        p_stochastic_dropout: the probability that the block is left out.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        expansion_ratio: float,
        squeeze_ratio: float,
        stride: int,
        activation_layer: Callable[..., nn.Module],
        norm_layer: Callable[..., nn.Module],
        p_stochastic_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.proj: nn.Module = nn.Identity()
        if stride != 1 or in_channels != out_channels:
            matched = nn.Conv2d(in_channels, out_channels, kernel_size=1)
            pooled = [nn.AvgPool2d(kernel_size=3, stride=stride, padding=1)] if stride == 2 else []
            self.proj = nn.Sequential(*pooled, matched)
        self.stochastic_depth = StochasticDepth(p_stochastic_dropout, "row") if p_stochastic_dropout else nn.Identity()
        width = int(out_channels * expansion_ratio)
        part = partial(Conv2dNormActivation, activation_layer=activation_layer, norm_layer=norm_layer, inplace=None)
        self.layers = nn.Sequential(
            OrderedDict(
                pre_norm=norm_layer(in_channels),
                conv_a=part(in_channels, width, 1, 1, 0),
                conv_b=part(width, width, 3, stride, 1, groups=width),
                squeeze_excitation=SqueezeExcitation(width, int(out_channels * squeeze_ratio), activation=nn.SiLU),
                conv_c=nn.Conv2d(width, out_channels, kernel_size=1),
            )
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.proj(x) + self.stochastic_depth(self.layers(x))


class RelativePositionalMultiHeadAttention(nn.Module):
    """Attention in groups of pixels, with biases for how far pixels are apart.

    Args:
        feat_dim: channels.
        head_dim: channels of a head.
        max_seq_len: pixels of a group, a square.

    Raises:
        ValueError: channels that are no whole number of heads.
    """

    def __init__(self, feat_dim: int, head_dim: int, max_seq_len: int) -> None:
        super().__init__()
        if feat_dim % head_dim != 0:
            raise ValueError(f"feat_dim: {feat_dim} must be divisible by head_dim: {head_dim}")
        self.n_heads = feat_dim // head_dim
        self.head_dim = head_dim
        self.size = int(math.sqrt(max_seq_len))
        self.max_seq_len = max_seq_len
        self.to_qkv = nn.Linear(feat_dim, self.n_heads * self.head_dim * 3)
        self.scale_factor = feat_dim**-0.5
        self.merge = nn.Linear(self.head_dim * self.n_heads, feat_dim)
        self.relative_position_bias_table = nn.Parameter(torch.empty((2 * self.size - 1) ** 2, self.n_heads))
        self.register_buffer("relative_position_index", relative_positions(self.size, self.size))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)

    def get_relative_positional_bias(self) -> torch.Tensor:
        """The biases of all pairs, (1, heads, pixels, pixels)."""
        return bias_of(self.relative_position_bias_table, self.relative_position_index, self.max_seq_len)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Attends in each group of (batch, groups, pixels, channels)."""
        parts = self.to_qkv(x).unflatten(-1, (3, self.n_heads, self.head_dim))
        q, k, v = parts.permute(3, 0, 1, 4, 2, 5).unbind(0)
        scores = q @ (k * self.scale_factor).transpose(-2, -1) + self.get_relative_positional_bias()
        return self.merge((F.softmax(scores, dim=-1) @ v).transpose(2, 3).flatten(3))


class SwapAxes(nn.Module):
    """Exchanges two dimensions."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__()
        self.a = a
        self.b = b

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.swapaxes(x, self.a, self.b)


class WindowPartition(nn.Module):
    """Images (B, C, H, W) as windows (B, windows, p * p, C)."""

    def forward(self, x: torch.Tensor, p: int) -> torch.Tensor:
        tiled = x.unflatten(3, (-1, p)).unflatten(2, (-1, p))
        return tiled.permute(0, 2, 4, 3, 5, 1).flatten(3, 4).flatten(1, 2)


class WindowDepartition(nn.Module):
    """Windows as images again."""

    def forward(self, x: torch.Tensor, p: int, h_partitions: int, w_partitions: int) -> torch.Tensor:
        tiled = x.unflatten(2, (p, p)).unflatten(1, (h_partitions, w_partitions))
        return tiled.permute(0, 5, 1, 3, 2, 4).flatten(4, 5).flatten(2, 3)


class PartitionAttentionLayer(nn.Module):
    """Attention and a perceptron in groups of pixels: windows, or grids of pixels that lie far apart.

    Args:
        in_channels, head_dim: channels, and those of a head.
        partition_size: the side of a group.
        partition_type: "window" or "grid".
        grid_size: the image's.
        mlp_ratio: features inside of the perceptron, in channels.
        activation_layer, norm_layer: make the parts.
        attention_dropout, mlp_dropout, p_stochastic_dropout: probabilities.

    Raises:
        ValueError: another type.
    """

    def __init__(
        self,
        in_channels: int,
        head_dim: int,
        partition_size: int,
        partition_type: str,
        grid_size: tuple[int, int],
        mlp_ratio: int,
        activation_layer: Callable[..., nn.Module],
        norm_layer: Callable[..., nn.Module],
        attention_dropout: float,
        mlp_dropout: float,
        p_stochastic_dropout: float,
    ) -> None:
        super().__init__()
        self.n_heads = in_channels // head_dim
        self.head_dim = head_dim
        self.n_partitions = grid_size[0] // partition_size
        self.partition_type = partition_type
        self.grid_size = grid_size
        if partition_type not in ["grid", "window"]:
            raise ValueError("partition_type must be either 'grid' or 'window'")
        grid = partition_type == "grid"
        sides = (partition_size, self.n_partitions)
        self.p, self.g = reversed(sides) if grid else sides
        self.partition_op = WindowPartition()
        self.departition_op = WindowDepartition()
        self.partition_swap = SwapAxes(-2, -3) if grid else nn.Identity()
        self.departition_swap = SwapAxes(-2, -3) if grid else nn.Identity()
        self.attn_layer = nn.Sequential(
            norm_layer(in_channels),
            RelativePositionalMultiHeadAttention(in_channels, head_dim, partition_size**2),
            nn.Dropout(attention_dropout),
        )
        self.mlp_layer = nn.Sequential(
            nn.LayerNorm(in_channels),
            nn.Linear(in_channels, in_channels * mlp_ratio),
            activation_layer(),
            nn.Linear(in_channels * mlp_ratio, in_channels),
            nn.Dropout(mlp_dropout),
        )
        self.stochastic_dropout = StochasticDepth(p_stochastic_dropout, mode="row")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.grid_size[0] % self.p or self.grid_size[1] % self.p:
            raise AssertionError(
                f"Grid size must be divisible by partition size. Got grid size of {self.grid_size} and partition size "
                f"of {self.p}"
            )
        x = self.partition_swap(self.partition_op(x, self.p))
        x = x + self.stochastic_dropout(self.attn_layer(x))
        x = x + self.stochastic_dropout(self.mlp_layer(x))
        return self.departition_op(self.departition_swap(x), self.p, *(n // self.p for n in self.grid_size))


class MaxVitLayer(nn.Module):
    """A convolution block, attention in windows, attention in grids; the arguments are those of these parts."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        squeeze_ratio: float,
        expansion_ratio: float,
        stride: int,
        norm_layer: Callable[..., nn.Module],
        activation_layer: Callable[..., nn.Module],
        head_dim: int,
        mlp_ratio: int,
        mlp_dropout: float,
        attention_dropout: float,
        p_stochastic_dropout: float,
        partition_size: int,
        grid_size: tuple[int, int],
    ) -> None:
        super().__init__()
        ratios = expansion_ratio, squeeze_ratio
        parts: Any = (activation_layer, norm_layer, p_stochastic_dropout)
        layers: OrderedDict[str, nn.Module] = OrderedDict(
            MBconv=MBConv(in_channels, out_channels, *ratios, stride, *parts)
        )
        chances = attention_dropout, mlp_dropout, p_stochastic_dropout
        for kind in ("window", "grid"):
            sizes = out_channels, head_dim, partition_size, kind, grid_size, mlp_ratio
            layers[f"{kind}_attention"] = PartitionAttentionLayer(*sizes, activation_layer, nn.LayerNorm, *chances)
        self.layers = nn.Sequential(layers)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layers(x)


class MaxVitBlock(nn.Module):
    """Layers one after the other, the first of which halves images.

    Args:
        n_layers: how many.
        p_stochastic: for each layer the probability that its parts are left out.
        input_grid_size: the images' size; the other arguments are those of the layers.

    Raises:
        ValueError: another number of probabilities.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        squeeze_ratio: float,
        expansion_ratio: float,
        norm_layer: Callable[..., nn.Module],
        activation_layer: Callable[..., nn.Module],
        head_dim: int,
        mlp_ratio: int,
        mlp_dropout: float,
        attention_dropout: float,
        partition_size: int,
        input_grid_size: tuple[int, int],
        n_layers: int,
        p_stochastic: list[float],
    ) -> None:
        super().__init__()
        if len(p_stochastic) != n_layers:
            raise ValueError(f"p_stochastic must have length n_layers={n_layers}, got p_stochastic={p_stochastic}.")
        self.layers = nn.ModuleList()
        self.grid_size = _halved(input_grid_size)
        shared: dict[str, Any] = {
            "norm_layer": norm_layer,
            "activation_layer": activation_layer,
            "head_dim": head_dim,
            "mlp_ratio": mlp_ratio,
            "mlp_dropout": mlp_dropout,
            "attention_dropout": attention_dropout,
            "partition_size": partition_size,
            "grid_size": self.grid_size,
        }
        for i, p in enumerate(p_stochastic):
            channels, stride = (out_channels, 1) if i else (in_channels, 2)
            sizes = channels, out_channels, squeeze_ratio, expansion_ratio, stride
            self.layers.append(MaxVitLayer(*sizes, p_stochastic_dropout=p, **shared))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class MaxVit(nn.Module):
    """A stem and blocks of convolutions and attention.

    Args:
        input_size: of images.
        stem_channels: channels of the stem.
        partition_size: the side of the groups in which pixels attend.
        block_channels, block_layers: of each block.
        head_dim: channels of a head.
        stochastic_depth_prob: of the last layer; it grows from 0.
        norm_layer: makes the normalisations of convolutions.
        activation_layer: makes activations.
        squeeze_ratio, expansion_ratio, mlp_ratio, mlp_dropout, attention_dropout: of the layers.
        num_classes: how many classes there are.

    Raises:
        ValueError: images that cannot be cut in groups at some block.
    """

    def __init__(
        self,
        input_size: tuple[int, int],
        stem_channels: int,
        partition_size: int,
        block_channels: list[int],
        block_layers: list[int],
        head_dim: int,
        stochastic_depth_prob: float,
        norm_layer: Callable[..., nn.Module] | None = None,
        activation_layer: Callable[..., nn.Module] = nn.GELU,
        squeeze_ratio: float = 0.25,
        expansion_ratio: float = 4,
        mlp_ratio: int = 4,
        mlp_dropout: float = 0.0,
        attention_dropout: float = 0.0,
        num_classes: int = 1000,
    ) -> None:
        super().__init__()
        norm_layer = norm_layer or partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)
        _check_sizes(input_size, len(block_channels), partition_size)
        first = Conv2dNormActivation(
            3, stem_channels, 3, 2, norm_layer=norm_layer, activation_layer=activation_layer, bias=False, inplace=None
        )
        second = Conv2dNormActivation(
            stem_channels, stem_channels, 3, norm_layer=None, activation_layer=None, bias=True
        )
        self.stem = nn.Sequential(first, second)
        self.partition_size = partition_size
        self.blocks = nn.ModuleList()
        size, channels, start = _halved(input_size), stem_channels, 0
        chances = np.linspace(0, stochastic_depth_prob, sum(block_layers)).tolist()
        shared: dict[str, Any] = {
            "squeeze_ratio": squeeze_ratio,
            "expansion_ratio": expansion_ratio,
            "norm_layer": norm_layer,
            "activation_layer": activation_layer,
            "head_dim": head_dim,
            "mlp_ratio": mlp_ratio,
            "mlp_dropout": mlp_dropout,
            "attention_dropout": attention_dropout,
            "partition_size": partition_size,
        }
        for width, count in zip(block_channels, block_layers):
            own = {"input_grid_size": size, "n_layers": count, "p_stochastic": chances[start : start + count]}
            self.blocks.append(MaxVitBlock(channels, width, **own, **shared))
            size, channels, start = self.blocks[-1].grid_size, width, start + count
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.LayerNorm(channels),
            nn.Linear(channels, channels),
            nn.Tanh(),
            nn.Linear(channels, num_classes, bias=False),
        )
        self._init_weights()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = block(x)
        return self.classifier(x)

    def _init_weights(self) -> None:
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(m.weight, std=0.02)
                if m.bias is not None:
                    nn.init.zeros_(m.bias)
            elif isinstance(m, nn.BatchNorm2d):
                nn.init.ones_(m.weight)
                nn.init.zeros_(m.bias)


def _check_sizes(input_size: tuple[int, int], blocks: int, partition_size: int) -> None:
    sizes, size = [], _halved(input_size)
    for _ in range(blocks):
        size = _halved(size)
        sizes.append(size)
    for i, size in enumerate(sizes):
        if size[0] % partition_size or size[1] % partition_size:
            raise ValueError(
                f"Input size {size} of block {i} is not divisible by partition size {partition_size}. Consider "
                "changing the partition size or the input size.\n"
                f"Current configuration yields the following block input sizes: {sizes}."
            )


def _maxvit(**kwargs: Any) -> MaxVit:
    return MaxVit(
        kwargs.pop("input_size", (224, 224)),
        stem_channels=64,
        partition_size=7,
        block_channels=[64, 128, 256, 512],
        block_layers=[2, 2, 5, 2],
        head_dim=32,
        stochastic_depth_prob=0.2,
        **kwargs,
    )


MaxVit_T_Weights, maxvit_t = model(
    "MaxVit_T", "The tiny model.", _maxvit, told=lambda weights: {"input_size": weights.meta["min_size"]}
)
