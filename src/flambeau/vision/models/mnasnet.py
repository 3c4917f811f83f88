"""MnasNet (Tan et al., 2018): inverted residuals of sizes that a search found."""

from __future__ import annotations

import warnings
from functools import partial

import flambeau as torch
from flambeau import nn

from ._builders import model
from ._initial import initialize

__all__ = [
    "MNASNet", "MNASNet0_5_Weights", "MNASNet0_75_Weights", "MNASNet1_0_Weights", "MNASNet1_3_Weights", "mnasnet0_5",
    "mnasnet0_75", "mnasnet1_0", "mnasnet1_3",
]  # fmt: skip

_BN_MOMENTUM = 1 - 0.9997


def _convolution(inside: int, outside: int, size: int, momentum: float, stride: int = 1, groups: int = 1) -> list:
    """A convolution and batch normalisation."""
    conv = nn.Conv2d(inside, outside, size, padding=size // 2, stride=stride, groups=groups, bias=False)
    return [conv, nn.BatchNorm2d(outside, momentum=momentum)]


class _InvertedResidual(nn.Module):
    """A 1x1 convolution to many channels, a depthwise one, and a 1x1 convolution to few.

    Args:
        in_ch: channels of the input.
        out_ch: channels of the output.
        kernel_size: 3 or 5.
        stride: 1 or 2.
        expansion_factor: how many times as wide the depthwise convolution is.
        bn_momentum: of batch normalisation.

    Raises:
        ValueError: another size or stride.
    """

    def __init__(
        self, in_ch: int, out_ch: int, kernel_size: int, stride: int, expansion_factor: int, bn_momentum: float = 0.1
    ) -> None:
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride should be 1 or 2 instead of {stride}")
        if kernel_size not in (3, 5):
            raise ValueError(f"kernel_size should be 3 or 5 instead of {kernel_size}")
        inner = in_ch * expansion_factor
        self.apply_residual = in_ch == out_ch and stride == 1
        self.layers = nn.Sequential(
            *_convolution(in_ch, inner, 1, bn_momentum),
            nn.ReLU(inplace=True),
            *_convolution(inner, inner, kernel_size, bn_momentum, stride=stride, groups=inner),
            nn.ReLU(inplace=True),
            *_convolution(inner, out_ch, 1, bn_momentum),
        )

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return self.layers(input) + input if self.apply_residual else self.layers(input)


def _stack(
    in_ch: int, out_ch: int, kernel_size: int, stride: int, exp_factor: int, repeats: int, bn_momentum: float
) -> nn.Sequential:
    """Inverted residuals one after the other, of which the first changes size and channels."""
    if repeats < 1:
        raise ValueError(f"repeats should be >= 1, instead got {repeats}")
    block = partial(_InvertedResidual, bn_momentum=bn_momentum)
    first = block(in_ch, out_ch, kernel_size, stride, exp_factor)
    return nn.Sequential(first, *(block(out_ch, out_ch, kernel_size, 1, exp_factor) for _ in range(1, repeats)))


def _round_to_multiple_of(val: float, divisor: int, round_up_bias: float = 0.9) -> int:
    """The multiple that is nearest, or the next one where that is less than `round_up_bias` of the value."""
    if not 0.0 < round_up_bias < 1.0:
        raise ValueError(f"round_up_bias should be greater than 0.0 and smaller than 1.0 instead of {round_up_bias}")
    nearest = max(divisor, int(val + divisor / 2) // divisor * divisor)
    return nearest if nearest >= round_up_bias * val else nearest + divisor


def _get_depths(alpha: float) -> list[int]:
    """Channels of the stages, scaled."""
    return [_round_to_multiple_of(depth * alpha, 8) for depth in (32, 16, 24, 40, 80, 96, 192, 320)]


def _stem(first: int, second: int) -> list[nn.Module]:
    """The layers before the stacks: a convolution, and a depthwise one with its 1x1 convolution."""
    return [
        *_convolution(3, first, 3, _BN_MOMENTUM, stride=2),
        nn.ReLU(inplace=True),
        *_convolution(first, first, 3, _BN_MOMENTUM, groups=first),
        nn.ReLU(inplace=True),
        *_convolution(first, second, 1, _BN_MOMENTUM),
    ]


class MNASNet(nn.Module):
    """MnasNet, variant B1.

    Args:
        alpha: how many times as wide the layers are.
        num_classes: the number of classes.
        dropout: the probability before the last layer.

    Raises:
        ValueError: `alpha` is not positive.
    """

    _version = 2  # the first version's stem had the same width for every alpha

    def __init__(self, alpha: float, num_classes: int = 1000, dropout: float = 0.2) -> None:
        super().__init__()
        if alpha <= 0.0:
            raise ValueError(f"alpha should be greater than 0.0 instead of {alpha}")
        self.alpha = alpha
        self.num_classes = num_classes
        depths = _get_depths(alpha)
        self.layers = nn.Sequential(
            *_stem(depths[0], depths[1]),
            _stack(depths[1], depths[2], 3, 2, 3, 3, _BN_MOMENTUM),
            _stack(depths[2], depths[3], 5, 2, 3, 3, _BN_MOMENTUM),
            _stack(depths[3], depths[4], 5, 2, 6, 3, _BN_MOMENTUM),
            _stack(depths[4], depths[5], 3, 1, 6, 2, _BN_MOMENTUM),
            _stack(depths[5], depths[6], 5, 2, 6, 4, _BN_MOMENTUM),
            _stack(depths[6], depths[7], 3, 1, 6, 1, _BN_MOMENTUM),
            *_convolution(depths[7], 1280, 1, _BN_MOMENTUM),
            nn.ReLU(inplace=True),
        )
        self.classifier = nn.Sequential(nn.Dropout(p=dropout, inplace=True), nn.Linear(1280, num_classes))
        initialize(self, linear=partial(nn.init.kaiming_uniform_, mode="fan_out", nonlinearity="sigmoid"))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.layers(x).mean([2, 3]))

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args) -> None:
        version = local_metadata.get("version", None)
        if version not in (1, 2):
            raise ValueError(f"version should be set to 1 or 2 instead of {version}")
        if version == 1 and self.alpha != 1.0:
            self._become_first_version()
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)

    def _become_first_version(self) -> None:
        for i, layer in enumerate([*_stem(32, 16), _stack(16, _get_depths(self.alpha)[2], 3, 2, 3, 3, _BN_MOMENTUM)]):
            self.layers[i] = layer
        self._version = 1
        warnings.warn(
            "A new version of MNASNet model has been implemented. Your checkpoint was saved using the previous "
            "version. This checkpoint will load and work as before, but you may want to upgrade by training a newer "
            "model or transfer learning from an updated ImageNet checkpoint.",
            UserWarning,
            stacklevel=2,
        )


MNASNet0_5_Weights, mnasnet0_5 = model("MNASNet0_5", "MnasNet, half as wide.", MNASNet, 0.5)
MNASNet0_75_Weights, mnasnet0_75 = model("MNASNet0_75", "MnasNet, three quarters as wide.", MNASNet, 0.75)
MNASNet1_0_Weights, mnasnet1_0 = model("MNASNet1_0", "MnasNet.", MNASNet, 1.0)
MNASNet1_3_Weights, mnasnet1_3 = model("MNASNet1_3", "MnasNet, 1.3 times as wide.", MNASNet, 1.3)
