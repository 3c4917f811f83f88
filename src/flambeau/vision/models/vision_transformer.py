"""Vision transformers (Dosovitskiy et al., An Image is Worth 16x16 Words, 2020)."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import flambeau as torch
from flambeau import nn

from ..ops.misc import MLP, Conv2dNormActivation
from ._builders import model

__all__ = [
    "ViT_B_16_Weights", "ViT_B_32_Weights", "ViT_H_14_Weights", "ViT_L_16_Weights", "ViT_L_32_Weights",
    "VisionTransformer", "vit_b_16", "vit_b_32", "vit_h_14", "vit_l_16", "vit_l_32",
]  # fmt: skip

_NORM = partial(nn.LayerNorm, eps=1e-6)


class ConvStemConfig(NamedTuple):
    """One convolution of a stem that makes patches by several (Xiao et al., 2021)."""

    out_channels: int
    kernel_size: int
    stride: int
    norm_layer: Callable[..., nn.Module] = nn.BatchNorm2d
    activation_layer: Callable[..., nn.Module] = nn.ReLU


class MLPBlock(MLP):
    """The perceptron of a transformer's block: in_dim, mlp_dim, in_dim features."""

    _version = 2

    def __init__(self, in_dim: int, mlp_dim: int, dropout: float) -> None:
        super().__init__(in_dim, [mlp_dim, in_dim], activation_layer=nn.GELU, inplace=None, dropout=dropout)
        for m in self.modules():
            if isinstance(m, nn.Linear):
                nn.init.xavier_uniform_(m.weight)
                nn.init.normal_(m.bias, std=1e-6)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args) -> None:
        if (local_metadata.get("version") or 1) < 2:  # its layers had names of their own
            for layer in (0, 1):
                for part in ("weight", "bias"):
                    old = f"{prefix}linear_{layer + 1}.{part}"
                    if old in state_dict:
                        state_dict[f"{prefix}{3 * layer}.{part}"] = state_dict.pop(old)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)


def _check_sequences(input: torch.Tensor) -> None:
    if input.dim() != 3:
        raise AssertionError(f"Expected (batch_size, seq_length, hidden_dim) got {input.shape}")


class EncoderBlock(nn.Module):
    """Attention and a perceptron, each with a normalisation before it and a way around it.

    Args:
        num_heads: heads of the attention.
        hidden_dim, mlp_dim: features of the sequence, and inside the perceptron.
        dropout, attention_dropout: probabilities.
        norm_layer: makes a normalisation of a number of features.
    """

    def __init__(
        self,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float,
        attention_dropout: float,
        norm_layer: Callable[..., nn.Module] = _NORM,
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.ln_1 = norm_layer(hidden_dim)
        self.self_attention = nn.MultiheadAttention(hidden_dim, num_heads, dropout=attention_dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.ln_2 = norm_layer(hidden_dim)
        self.mlp = MLPBlock(hidden_dim, mlp_dim, dropout)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        _check_sequences(input)
        x = self.ln_1(input)
        attended, _ = self.self_attention(x, x, x, need_weights=False)
        x = self.dropout(attended) + input
        return x + self.mlp(self.ln_2(x))


class Encoder(nn.Module):
    """Blocks one after the other, on a sequence to which learned positions are added.

    Args:
        seq_length: of the sequences.
        num_layers: how many blocks; the other arguments are theirs.
    """

    def __init__(
        self,
        seq_length: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float,
        attention_dropout: float,
        norm_layer: Callable[..., nn.Module] = _NORM,
    ) -> None:
        super().__init__()
        self.pos_embedding = nn.Parameter(torch.empty(1, seq_length, hidden_dim).normal_(std=0.02))
        self.dropout = nn.Dropout(dropout)
        settings = num_heads, hidden_dim, mlp_dim, dropout, attention_dropout, norm_layer
        self.layers = nn.Sequential(
            OrderedDict((f"encoder_layer_{i}", EncoderBlock(*settings)) for i in range(num_layers))
        )
        self.ln = norm_layer(hidden_dim)

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        _check_sequences(input)
        return self.ln(self.layers(self.dropout(input + self.pos_embedding)))


class VisionTransformer(nn.Module):
    """A transformer on the patches of an image, behind a token whose features tell the class.

    Args:
        image_size, patch_size: sides, in pixels.
        num_layers, num_heads, hidden_dim, mlp_dim, dropout, attention_dropout, norm_layer: of the encoder.
        num_classes: how many classes there are.
        representation_size: features of a layer before the last; None for no such layer.
        conv_stem_configs: convolutions that make the patches, in place of one.

    Raises:
        AssertionError: an image that is no whole number of patches wide.
    """

    def __init__(
        self,
        image_size: int,
        patch_size: int,
        num_layers: int,
        num_heads: int,
        hidden_dim: int,
        mlp_dim: int,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        num_classes: int = 1000,
        representation_size: int | None = None,
        norm_layer: Callable[..., nn.Module] = _NORM,
        conv_stem_configs: list[ConvStemConfig] | None = None,
    ) -> None:
        super().__init__()
        if image_size % patch_size:
            raise AssertionError("Input shape indivisible by patch size!")
        self.image_size = image_size
        self.patch_size = patch_size
        self.hidden_dim = hidden_dim
        self.mlp_dim = mlp_dim
        self.attention_dropout = attention_dropout
        self.dropout = dropout
        self.num_classes = num_classes
        self.representation_size = representation_size
        self.norm_layer = norm_layer
        self.conv_proj = (
            nn.Conv2d(3, hidden_dim, patch_size, patch_size)
            if conv_stem_configs is None
            else _stem(conv_stem_configs, hidden_dim)
        )
        self.class_token = nn.Parameter(torch.zeros(1, 1, hidden_dim))
        self.seq_length = (image_size // patch_size) ** 2 + 1
        sizes = self.seq_length, num_layers, num_heads, hidden_dim, mlp_dim
        self.encoder = Encoder(*sizes, dropout, attention_dropout, norm_layer)
        self.heads = nn.Sequential(_head_layers(hidden_dim, representation_size, num_classes))
        self._initialize()

    def _initialize(self) -> None:
        if isinstance(self.conv_proj, nn.Conv2d):
            fan_in = self.conv_proj.in_channels * math.prod(self.conv_proj.kernel_size)
            nn.init.trunc_normal_(self.conv_proj.weight, std=math.sqrt(1 / fan_in))
            nn.init.zeros_(self.conv_proj.bias)
        else:
            last = self.conv_proj.conv_last
            nn.init.normal_(last.weight, mean=0.0, std=math.sqrt(2.0 / last.out_channels))
            nn.init.zeros_(last.bias)
        if self.representation_size is not None:
            inner = self.heads.pre_logits
            nn.init.trunc_normal_(inner.weight, std=math.sqrt(1 / inner.in_features))
            nn.init.zeros_(inner.bias)
        nn.init.zeros_(self.heads.head.weight)
        nn.init.zeros_(self.heads.head.bias)

    def _process_input(self, x: torch.Tensor) -> torch.Tensor:
        """The patches of images as sequences (N, patches, features)."""
        for side, size in (("height", x.shape[2]), ("width", x.shape[3])):
            if size != self.image_size:
                raise AssertionError(f"Wrong image {side}! Expected {self.image_size} but got {size}!")
        return self.conv_proj(x).flatten(2).permute(0, 2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self._process_input(x)
        x = torch.cat([self.class_token.expand(x.shape[0], -1, -1), x], dim=1)
        return self.heads(self.encoder(x)[:, 0])


def _stem(configs: list[ConvStemConfig], hidden_dim: int) -> nn.Sequential:
    stem, channels = nn.Sequential(), 3
    for i, config in enumerate(configs):
        layer = Conv2dNormActivation(
            channels,
            config.out_channels,
            config.kernel_size,
            config.stride,
            norm_layer=config.norm_layer,
            activation_layer=config.activation_layer,
        )
        stem.add_module(f"conv_bn_relu_{i}", layer)
        channels = config.out_channels
    stem.add_module("conv_last", nn.Conv2d(channels, hidden_dim, 1))
    return stem


def _head_layers(hidden_dim: int, representation_size: int | None, num_classes: int) -> OrderedDict[str, nn.Module]:
    if representation_size is None:
        return OrderedDict(head=nn.Linear(hidden_dim, num_classes))
    inner = nn.Linear(hidden_dim, representation_size)
    return OrderedDict(pre_logits=inner, act=nn.Tanh(), head=nn.Linear(representation_size, num_classes))


def _vit(*sizes: Any, **kwargs: Any) -> VisionTransformer:
    """sizes: of patches, then num_layers, num_heads, hidden_dim and mlp_dim."""
    return VisionTransformer(kwargs.pop("image_size", 224), *sizes, **kwargs)


_model = partial(model, told=lambda weights: {"image_size": weights.meta["min_size"][0]})
ViT_B_16_Weights, vit_b_16 = _model("ViT_B_16", "The base model on patches of 16.", _vit, 16, 12, 12, 768, 3072)
ViT_B_32_Weights, vit_b_32 = _model("ViT_B_32", "The base model on patches of 32.", _vit, 32, 12, 12, 768, 3072)
ViT_L_16_Weights, vit_l_16 = _model("ViT_L_16", "The large model on patches of 16.", _vit, 16, 24, 16, 1024, 4096)
ViT_L_32_Weights, vit_l_32 = _model("ViT_L_32", "The large model on patches of 32.", _vit, 32, 24, 16, 1024, 4096)
ViT_H_14_Weights, vit_h_14 = _model(
    "ViT_H_14", "The huge model on patches of 14.", _vit, 14, 32, 16, 1280, 5120, legacy=None
)


def interpolate_embeddings(
    image_size: int,
    patch_size: int,
    model_state: OrderedDict[str, torch.Tensor],
    interpolation_mode: str = "bicubic",
    reset_heads: bool = False,
) -> OrderedDict[str, torch.Tensor]:
    """The state of a model for images of another size: its positions are an image themselves, and are resized.

    Args:
        image_size, patch_size: of the new model.
        model_state: a state dict, which is changed.
        interpolation_mode: as for `nn.functional.interpolate`.
        reset_heads: whether the state of the heads is left out.

    Raises:
        ValueError: positions of another shape.
    """
    positions = model_state["encoder.pos_embedding"]
    batch, length, features = positions.shape
    if batch != 1:
        raise ValueError(f"Unexpected position embedding shape: {positions.shape}")
    size = image_size // patch_size
    if size**2 + 1 == length:
        return model_state
    side = int(math.sqrt(length - 1))
    if side * side != length - 1:
        raise ValueError(
            "seq_length is not a perfect square! Instead got seq_length_1d * seq_length_1d = "
            f"{side * side} and seq_length = {length - 1}"
        )
    image = positions[:, 1:].permute(0, 2, 1).reshape(1, features, side, side)
    resized = nn.functional.interpolate(image, size=size, mode=interpolation_mode, align_corners=True)
    model_state["encoder.pos_embedding"] = torch.cat([positions[:, :1], resized.flatten(2).permute(0, 2, 1)], dim=1)
    if reset_heads:
        model_state = OrderedDict((key, value) for key, value in model_state.items() if not key.startswith("heads"))
    return model_state
