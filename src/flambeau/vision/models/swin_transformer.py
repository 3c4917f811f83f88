"""Swin transformers (Liu et al., 2021; the second version Liu et al., 2022)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from ..ops.misc import MLP, Permute
from ..ops.stochastic_depth import StochasticDepth
from ._builders import model
from ._windows import apart, bias_of, cut, joined, relative_positions

__all__ = [
    "SwinTransformer", "Swin_B_Weights", "Swin_S_Weights", "Swin_T_Weights", "Swin_V2_B_Weights", "Swin_V2_S_Weights",
    "Swin_V2_T_Weights", "swin_b", "swin_s", "swin_t", "swin_v2_b", "swin_v2_s", "swin_v2_t",
]  # fmt: skip


def _merged(x: torch.Tensor) -> torch.Tensor:
    """Each four neighbours of (..., H, W, C) as one pixel of four times the channels."""
    height, width, _ = x.shape[-3:]
    x = F.pad(x, (0, 0, 0, width % 2, 0, height % 2))
    return torch.cat([x[..., row::2, column::2, :] for column in (0, 1) for row in (0, 1)], -1)


class PatchMerging(nn.Module):
    """Halves images (..., H, W, C) and doubles their channels.

    Args:
        dim: C.
        norm_layer: makes the normalisation before the product.
    """

    def __init__(self, dim: int, norm_layer: Callable[..., nn.Module] = nn.LayerNorm) -> None:
        super().__init__()
        self.dim = dim
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = norm_layer(4 * dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.reduction(self.norm(_merged(x)))


class PatchMergingV2(nn.Module):
    """The same with the normalisation behind the product."""

    def __init__(self, dim: int, norm_layer: Callable[..., nn.Module] = nn.LayerNorm) -> None:
        super().__init__()
        self.dim = dim
        self.reduction = nn.Linear(4 * dim, 2 * dim, bias=False)
        self.norm = norm_layer(2 * dim)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.reduction(_merged(x)))


def shifted_window_attention(
    input: torch.Tensor,
    qkv_weight: torch.Tensor,
    proj_weight: torch.Tensor,
    relative_position_bias: torch.Tensor,
    window_size: list[int],
    num_heads: int,
    shift_size: list[int],
    attention_dropout: float = 0.0,
    dropout: float = 0.0,
    qkv_bias: torch.Tensor | None = None,
    proj_bias: torch.Tensor | None = None,
    logit_scale: torch.Tensor | None = None,
    training: bool = True,
) -> torch.Tensor:
    """Attention inside the windows of images.

    Args:
        input: (N, H, W, C).
        qkv_weight, qkv_bias: of queries, keys and values.
        proj_weight, proj_bias: of what follows.
        relative_position_bias: (1, heads, pixels, pixels), added to scores.
        window_size: (height, width).
        num_heads: of the attention.
        shift_size: by how much windows are shifted down and to the right.
        attention_dropout, dropout: probabilities of scores and results.
        logit_scale: (heads, 1, 1), the logarithm of the scale of cosines, where these are the scores.
        training: whether anything is dropped.
    """
    _, height, width, channels = input.shape
    rows, columns = (-(-n // step) for n, step in zip((height, width), window_size))
    size = rows * window_size[0], columns * window_size[1]
    x = F.pad(input, (0, 0, 0, size[1] - width, 0, size[0] - height))
    shift = [0 if step >= n else by for by, step, n in zip(shift_size, window_size, size)]
    shifted = sum(shift) > 0
    if shifted:
        x = torch.roll(x, (-shift[0], -shift[1]), (1, 2))
    x = cut(x, *window_size)
    if logit_scale is not None and qkv_bias is not None:  # keys have no bias
        qkv_bias = torch.cat([qkv_bias[:channels], torch.zeros_like(qkv_bias[:channels]), qkv_bias[2 * channels :]])
    qkv = F.linear(x, qkv_weight, qkv_bias).unflatten(-1, (3, num_heads, -1)).permute(2, 0, 3, 1, 4)
    scores = _scores(qkv[0], qkv[1], logit_scale) + relative_position_bias
    if shifted:
        walls = torch.from_numpy(apart(size, tuple(window_size), tuple(shift))).to(scores.dtype)  # type: ignore[arg-type]
        scores = (scores.unflatten(0, (-1, rows * columns)) + walls).flatten(0, 1)
    shares = F.dropout(F.softmax(scores, dim=-1), p=attention_dropout, training=training)
    x = (shares @ qkv[2]).transpose(1, 2).flatten(2)
    x = F.dropout(F.linear(x, proj_weight, proj_bias), p=dropout, training=training)
    x = joined(x, (window_size[0], window_size[1]), rows, columns)
    if shifted:
        x = torch.roll(x, (shift[0], shift[1]), (1, 2))
    return x[:, :height, :width].contiguous()


def _scores(q: torch.Tensor, k: torch.Tensor, logit_scale: torch.Tensor | None) -> torch.Tensor:
    if logit_scale is None:
        return (q * q.size(-1) ** -0.5) @ k.transpose(-2, -1)
    cosines = F.normalize(q, dim=-1) @ F.normalize(k, dim=-1).transpose(-2, -1)
    return cosines * torch.clamp(logit_scale, max=math.log(100.0)).exp()


class ShiftedWindowAttention(nn.Module):
    """Attention inside of windows; see `shifted_window_attention`.

    Args:
        dim: channels.
        window_size, shift_size, num_heads, attention_dropout, dropout: as there.
        qkv_bias, proj_bias: whether there are biases.

    Raises:
        ValueError: sizes that are no pairs.
    """

    def __init__(
        self,
        dim: int,
        window_size: list[int],
        shift_size: list[int],
        num_heads: int,
        qkv_bias: bool = True,
        proj_bias: bool = True,
        attention_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        if len(window_size) != 2 or len(shift_size) != 2:
            raise ValueError("window_size and shift_size must be of length 2")
        self.window_size = window_size
        self.shift_size = shift_size
        self.num_heads = num_heads
        self.attention_dropout = attention_dropout
        self.dropout = dropout
        self.qkv = nn.Linear(dim, dim * 3, bias=qkv_bias)
        self.proj = nn.Linear(dim, dim, bias=proj_bias)
        self.define_relative_position_bias_table()
        self.define_relative_position_index()

    def define_relative_position_bias_table(self) -> None:
        """Makes the learned biases, a row for each distance."""
        distances = (2 * self.window_size[0] - 1) * (2 * self.window_size[1] - 1)
        self.relative_position_bias_table = nn.Parameter(torch.zeros(distances, self.num_heads))
        nn.init.trunc_normal_(self.relative_position_bias_table, std=0.02)

    def define_relative_position_index(self) -> None:
        """Notes which distance each pair of pixels has."""
        self.register_buffer("relative_position_index", relative_positions(*self.window_size).flatten())

    def get_relative_position_bias(self) -> torch.Tensor:
        """The biases of all pairs, (1, heads, pixels, pixels)."""
        return self._biases(self.relative_position_bias_table)

    def _biases(self, table: torch.Tensor) -> torch.Tensor:
        return bias_of(table, self.relative_position_index, math.prod(self.window_size))

    def _attended(self, x: torch.Tensor, logit_scale: torch.Tensor | None) -> torch.Tensor:
        return shifted_window_attention(
            x,
            self.qkv.weight,
            self.proj.weight,
            self.get_relative_position_bias(),
            self.window_size,
            self.num_heads,
            self.shift_size,
            self.attention_dropout,
            self.dropout,
            self.qkv.bias,
            self.proj.bias,
            logit_scale,
            self.training,
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._attended(x, None)


class ShiftedWindowAttentionV2(ShiftedWindowAttention):
    """The same with cosines for scores, and biases that a perceptron makes of distances."""

    def __init__(
        self,
        dim: int,
        window_size: list[int],
        shift_size: list[int],
        num_heads: int,
        qkv_bias: bool = True,
        proj_bias: bool = True,
        attention_dropout: float = 0.0,
        dropout: float = 0.0,
    ) -> None:
        chances = attention_dropout, dropout
        super().__init__(dim, window_size, shift_size, num_heads, qkv_bias, proj_bias, *chances)
        self.logit_scale = nn.Parameter(torch.log(10 * torch.ones((num_heads, 1, 1))))
        self.cpb_mlp = nn.Sequential(nn.Linear(2, 512), nn.ReLU(inplace=True), nn.Linear(512, num_heads, bias=False))
        if qkv_bias:
            self.qkv.bias.data[dim : 2 * dim].zero_()

    def define_relative_position_bias_table(self) -> None:
        """Notes the distances, on a logarithmic scale."""
        axes = [torch.arange(1 - n, n, dtype=torch.float32) / (n - 1) for n in self.window_size]
        distances = torch.stack(torch.meshgrid(axes, indexing="ij"), -1).unsqueeze(0) * 8
        scaled = torch.sign(distances) * torch.log2(torch.abs(distances) + 1.0) / 3.0
        self.register_buffer("relative_coords_table", scaled)

    def get_relative_position_bias(self) -> torch.Tensor:
        table = self.cpb_mlp(self.relative_coords_table).reshape(-1, self.num_heads)
        return 16 * torch.sigmoid(self._biases(table))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self._attended(x, self.logit_scale)


class SwinTransformerBlock(nn.Module):
    """Attention inside of windows and a perceptron, each with a normalisation before it and a way around it.

    Args:
        dim: channels.
        num_heads, window_size, shift_size, attention_dropout, dropout: of the attention.
        mlp_ratio: features inside of the perceptron, in channels.
        stochastic_depth_prob: the probability that a part is left out.
        norm_layer, attn_layer: make the parts.
    """

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: list[int],
        shift_size: list[int],
        mlp_ratio: float = 4.0,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        stochastic_depth_prob: float = 0.0,
        norm_layer: Callable[..., nn.Module] = nn.LayerNorm,
        attn_layer: Callable[..., nn.Module] = ShiftedWindowAttention,
    ) -> None:
        super().__init__()
        self.norm1 = norm_layer(dim)
        chances = {"attention_dropout": attention_dropout, "dropout": dropout}
        self.attn = attn_layer(dim, window_size, shift_size, num_heads, **chances)
        self.stochastic_depth = StochasticDepth(stochastic_depth_prob, "row")
        self.norm2 = norm_layer(dim)
        self.mlp = MLP(dim, [int(dim * mlp_ratio), dim], activation_layer=nn.GELU, inplace=None, dropout=dropout)
        for m in self.mlp.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
                nn.init.normal_(m.bias, std=1e-6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.stochastic_depth(self.attn(self.norm1(x)))
        return x + self.stochastic_depth(self.mlp(self.norm2(x)))


class SwinTransformerBlockV2(SwinTransformerBlock):
    """The same with the normalisations behind the parts."""

    def __init__(
        self,
        dim: int,
        num_heads: int,
        window_size: list[int],
        shift_size: list[int],
        mlp_ratio: float = 4.0,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        stochastic_depth_prob: float = 0.0,
        norm_layer: Callable[..., nn.Module] = nn.LayerNorm,
        attn_layer: Callable[..., nn.Module] = ShiftedWindowAttentionV2,
    ) -> None:
        chances = dropout, attention_dropout, stochastic_depth_prob
        super().__init__(dim, num_heads, window_size, shift_size, mlp_ratio, *chances, norm_layer, attn_layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.stochastic_depth(self.norm1(self.attn(x)))
        return x + self.stochastic_depth(self.norm2(self.mlp(x)))


class SwinTransformer(nn.Module):
    """Stages of blocks, between which images are halved.

    Args:
        patch_size: the sides of the first patches.
        embed_dim: channels of the first stage.
        depths, num_heads: of each stage.
        window_size, mlp_ratio, dropout, attention_dropout: of the blocks.
        stochastic_depth_prob: of the last block; it grows from 0.
        num_classes: how many classes there are.
        norm_layer, block, downsample_layer: make the parts.
    """

    def __init__(
        self,
        patch_size: list[int],
        embed_dim: int,
        depths: list[int],
        num_heads: list[int],
        window_size: list[int],
        mlp_ratio: float = 4.0,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        stochastic_depth_prob: float = 0.1,
        num_classes: int = 1000,
        norm_layer: Callable[..., nn.Module] | None = None,
        block: Callable[..., nn.Module] | None = None,
        downsample_layer: Callable[..., nn.Module] = PatchMerging,
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        block, norm_layer = block or SwinTransformerBlock, norm_layer or partial(nn.LayerNorm, eps=1e-5)
        patches = nn.Conv2d(3, embed_dim, tuple(patch_size), tuple(patch_size))
        layers: list[nn.Module] = [nn.Sequential(patches, Permute([0, 2, 3, 1]), norm_layer(embed_dim))]
        shifts = [0 for _ in window_size], [w // 2 for w in window_size]
        count, dim = 0, embed_dim
        for stage, (depth, heads) in enumerate(zip(depths, num_heads)):
            dim = embed_dim * 2**stage
            blocks = [
                block(
                    dim,
                    heads,
                    window_size=window_size,
                    shift_size=list(shifts[i % 2]),
                    mlp_ratio=mlp_ratio,
                    dropout=dropout,
                    attention_dropout=attention_dropout,
                    stochastic_depth_prob=stochastic_depth_prob * float(count + i) / (sum(depths) - 1),
                    norm_layer=norm_layer,
                )
                for i in range(depth)
            ]
            count += depth
            layers.append(nn.Sequential(*blocks))
            if stage < len(depths) - 1:
                layers.append(downsample_layer(dim, norm_layer))
        self.features = nn.Sequential(*layers)
        self.norm = norm_layer(dim)
        self.permute = Permute([0, 3, 1, 2])
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten(1)
        self.head = nn.Linear(dim, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.trunc_normal_(m.weight, std=0.02)
                if m.bias is not None:
                    nn.init.zeros_(m.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.permute(self.norm(self.features(x)))
        return self.head(self.flatten(self.avgpool(x)))


def _swin(embed_dim: int, depth: int, window: int, chance: float, **kwargs: Any) -> SwinTransformer:
    """A network whose third stage has `depth` blocks, the others 2."""
    heads = [embed_dim // 32 * 2**i for i in range(4)]
    sizes = [4, 4], embed_dim, [2, 2, depth, 2], heads, [window, window]
    return SwinTransformer(*sizes, stochastic_depth_prob=chance, **kwargs)


def _swin_v2(*sizes: Any, **kwargs: Any) -> SwinTransformer:
    return _swin(*sizes, block=SwinTransformerBlockV2, downsample_layer=PatchMergingV2, **kwargs)


Swin_T_Weights, swin_t = model("Swin_T", "The tiny model.", _swin, 96, 6, 7, 0.2)
Swin_S_Weights, swin_s = model("Swin_S", "The small model.", _swin, 96, 18, 7, 0.3)
Swin_B_Weights, swin_b = model("Swin_B", "The base model.", _swin, 128, 18, 7, 0.5)
Swin_V2_T_Weights, swin_v2_t = model("Swin_V2_T", "The tiny model of the second version.", _swin_v2, 96, 6, 8, 0.2)
Swin_V2_S_Weights, swin_v2_s = model("Swin_V2_S", "The small model of the second version.", _swin_v2, 96, 18, 8, 0.3)
Swin_V2_B_Weights, swin_v2_b = model("Swin_V2_B", "The base model of the second version.", _swin_v2, 128, 18, 8, 0.5)
