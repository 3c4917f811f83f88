"""Layers that vision models share."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from itertools import repeat
from typing import Any

import flambeau as torch
from flambeau import nn


class FrozenBatchNorm2d(nn.Module):
    """Batch normalisation whose statistics, weight and bias are buffers that nothing changes.

    Args:
        num_features: the number of channels.
        eps: added to the variance.
    """

    def __init__(self, num_features: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.eps = eps
        self.register_buffer("weight", torch.ones(num_features))
        self.register_buffer("bias", torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        state_dict.pop(f"{prefix}num_batches_tracked", None)  # an ordinary layer's state has it
        super()._load_from_state_dict(state_dict, prefix, *args)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = (self.weight, self.bias, self.running_mean, self.running_var)
        weight, bias, mean, var = (part.reshape(1, -1, 1, 1) for part in parts)
        scale = weight * (var + self.eps).rsqrt()
        return x * scale + (bias - mean * scale)

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.weight.shape[0]}, eps={self.eps})"


class ConvNormActivation(nn.Sequential):
    """A convolution, a normalisation and an activation; the last two may be left out (None).

    Args:
        in_channels: channels of the input.
        out_channels: channels of the output.
        kernel_size: the filters' size.
        stride: the step between windows.
        padding: added around the image; by default as much as keeps its size at stride 1.
        groups: groups of channels that do not meet.
        norm_layer: makes the normalisation of a number of channels.
        activation_layer: makes the activation.
        dilation: the step between a filter's taps.
        inplace: the activation's argument; None gives it none.
        bias: whether the convolution adds one; by default where no normalisation follows.
        conv_layer: makes the convolution.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, ...] = 3,
        stride: int | tuple[int, ...] = 1,
        padding: int | tuple[int, ...] | str | None = None,
        groups: int = 1,
        norm_layer: Callable[..., nn.Module] | None = nn.BatchNorm2d,
        activation_layer: Callable[..., nn.Module] | None = nn.ReLU,
        dilation: int | tuple[int, ...] = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
        conv_layer: Callable[..., nn.Module] = nn.Conv2d,
    ) -> None:
        if padding is None:
            padding = _padding_of_same_size(kernel_size, dilation)
        layers = [
            conv_layer(
                in_channels,
                out_channels,
                kernel_size,
                stride,
                padding,
                dilation=dilation,
                groups=groups,
                bias=norm_layer is None if bias is None else bias,
            )
        ]
        if norm_layer is not None:
            layers.append(norm_layer(out_channels))
        if activation_layer is not None:
            layers.append(activation_layer(**_inplace(inplace)))
        super().__init__(*layers)
        self.out_channels = out_channels
        if type(self) is ConvNormActivation:
            warnings.warn(
                "Don't use ConvNormActivation directly, please use Conv2dNormActivation and Conv3dNormActivation "
                "instead.",
                stacklevel=2,
            )


def _padding_of_same_size(kernel_size, dilation) -> Any:
    if isinstance(kernel_size, int) and isinstance(dilation, int):
        return (kernel_size - 1) // 2 * dilation
    kernel_sizes = kernel_size if isinstance(kernel_size, Sequence) else repeat(kernel_size)
    dilations = dilation if isinstance(dilation, Sequence) else repeat(dilation)
    return tuple((k - 1) // 2 * d for k, d in zip(kernel_sizes, dilations))


def _inplace(inplace: bool | None) -> dict[str, bool]:
    return {} if inplace is None else {"inplace": inplace}


class Conv2dNormActivation(ConvNormActivation):
    """A convolution of images, a normalisation and an activation; the arguments are those of ConvNormActivation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int] = 3,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] | str | None = None,
        groups: int = 1,
        norm_layer: Callable[..., nn.Module] | None = nn.BatchNorm2d,
        activation_layer: Callable[..., nn.Module] | None = nn.ReLU,
        dilation: int | tuple[int, int] = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        shape = (in_channels, out_channels, kernel_size, stride, padding, groups)
        super().__init__(*shape, norm_layer, activation_layer, dilation, inplace, bias, nn.Conv2d)


class Conv3dNormActivation(ConvNormActivation):
    """A convolution of videos, a normalisation and an activation; the arguments are those of ConvNormActivation."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int, int] = 3,
        stride: int | tuple[int, int, int] = 1,
        padding: int | tuple[int, int, int] | str | None = None,
        groups: int = 1,
        norm_layer: Callable[..., nn.Module] | None = nn.BatchNorm3d,
        activation_layer: Callable[..., nn.Module] | None = nn.ReLU,
        dilation: int | tuple[int, int, int] = 1,
        inplace: bool | None = True,
        bias: bool | None = None,
    ) -> None:
        shape = (in_channels, out_channels, kernel_size, stride, padding, groups)
        super().__init__(*shape, norm_layer, activation_layer, dilation, inplace, bias, nn.Conv3d)


class SqueezeExcitation(nn.Module):
    """Scales each channel by what a small network makes of the means of all (Hu et al., 2018).

    Args:
        input_channels: the number of channels.
        squeeze_channels: the width of the small network.
        activation: makes its inner activation.
        scale_activation: makes its last one.
    """

    def __init__(
        self,
        input_channels: int,
        squeeze_channels: int,
        activation: Callable[..., nn.Module] = nn.ReLU,
        scale_activation: Callable[..., nn.Module] = nn.Sigmoid,
    ) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(input_channels, squeeze_channels, 1)
        self.fc2 = nn.Conv2d(squeeze_channels, input_channels, 1)
        self.activation = activation()
        self.scale_activation = scale_activation()

    def _scale(self, input: torch.Tensor) -> torch.Tensor:
        return self.scale_activation(self.fc2(self.activation(self.fc1(self.avgpool(input)))))

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return self._scale(input) * input


class MLP(nn.Sequential):
    """A perceptron of several layers, with dropout after each.

    Args:
        in_channels: features of the input.
        hidden_channels: features after each layer.
        norm_layer: makes the normalisation of a number of features, before each activation.
        activation_layer: makes the activation between layers.
        inplace: an argument of activation and dropout; None gives them none.
        bias: whether the layers add one.
        dropout: the probability.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: list[int],
        norm_layer: Callable[..., nn.Module] | None = None,
        activation_layer: Callable[..., nn.Module] | None = nn.ReLU,
        inplace: bool | None = None,
        bias: bool = True,
        dropout: float = 0.0,
    ) -> None:
        layers: list[nn.Module] = []
        *hidden, last = hidden_channels
        width = in_channels
        for features in hidden:
            layers.append(nn.Linear(width, features, bias=bias))
            if norm_layer is not None:
                layers.append(norm_layer(features))
            layers.append(activation_layer(**_inplace(inplace)))  # type: ignore[misc]
            layers.append(nn.Dropout(dropout, **_inplace(inplace)))
            width = features
        layers += [nn.Linear(width, last, bias=bias), nn.Dropout(dropout, **_inplace(inplace))]
        super().__init__(*layers)


class Permute(nn.Module):
    """The input with its dimensions in another order, a view.

    Args:
        dims: for each dimension of the result which one of the input it is.
    """

    def __init__(self, dims: list[int]) -> None:
        super().__init__()
        self.dims = dims

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.permute(x, self.dims)
