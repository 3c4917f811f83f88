"""GoogLeNet (Szegedy et al., 2014): branches of several filter sizes side by side, and classifiers on the way."""

from __future__ import annotations

import warnings
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import flambeau as torch
from flambeau import nn
from flambeau.nn import functional as F

from ._builders import registered, set_num_classes
from ._published import published
from ._utils import _ovewrite_named_param

__all__ = ["GoogLeNet", "GoogLeNetOutputs", "_GoogLeNetOutputs", "GoogLeNet_Weights", "googlenet"]

GoogLeNetOutputs = namedtuple("GoogLeNetOutputs", ["logits", "aux_logits2", "aux_logits1"])
GoogLeNetOutputs.__annotations__ = {
    "logits": torch.Tensor,
    "aux_logits2": torch.Tensor | None,
    "aux_logits1": torch.Tensor | None,
}
_GoogLeNetOutputs = GoogLeNetOutputs

INITIALIZATION_CHANGES = (
    "The default weight initialization of {} will be changed in future releases of torchvision. If you wish to keep "
    "the old behavior (which leads to long initialization times due to scipy/scipy#11299), please set "
    "init_weights=True."
)
"""Said where a model's caller leaves `init_weights` open."""


class BasicConv2d(nn.Module):
    """A convolution, batch normalisation and ReLU; the arguments are the convolution's."""

    def __init__(self, in_channels: int, out_channels: int, **kwargs: Any) -> None:
        super().__init__()
        self.conv = nn.Conv2d(in_channels, out_channels, bias=False, **kwargs)
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu(self.bn(self.conv(x)), inplace=True)


class Branches(nn.Module):
    """Branches whose results are put side by side."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat(self._forward(x), 1)


class Inception(Branches):
    """1x1, two 3x3 and a pooled branch.

    Args:
        in_channels: channels of the input.
        ch1x1: of the first branch.
        ch3x3red: of the second branch's 1x1 convolution.
        ch3x3: of its 3x3 convolution.
        ch5x5red: of the third branch's 1x1 convolution.
        ch5x5: of the convolution after it, which the paper has 5x5 and the published weights 3x3.
        pool_proj: of the convolution after the pool.
        conv_block: makes a convolution.
    """

    def __init__(
        self,
        in_channels: int,
        ch1x1: int,
        ch3x3red: int,
        ch3x3: int,
        ch5x5red: int,
        ch5x5: int,
        pool_proj: int,
        conv_block: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        conv = conv_block or BasicConv2d
        self.branch1 = conv(in_channels, ch1x1, kernel_size=1)
        self.branch2 = nn.Sequential(
            conv(in_channels, ch3x3red, kernel_size=1), conv(ch3x3red, ch3x3, kernel_size=3, padding=1)
        )
        self.branch3 = nn.Sequential(
            conv(in_channels, ch5x5red, kernel_size=1), conv(ch5x5red, ch5x5, kernel_size=3, padding=1)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(kernel_size=3, stride=1, padding=1, ceil_mode=True),
            conv(in_channels, pool_proj, kernel_size=1),
        )

    def _forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        return [self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)]


class InceptionAux(nn.Module):
    """A classifier on the way, used in training.

    Args:
        in_channels: channels of the input.
        num_classes: the number of classes.
        conv_block: makes a convolution.
        dropout: the probability before the last layer.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        conv_block: Callable[..., nn.Module] | None = None,
        dropout: float = 0.7,
    ) -> None:
        super().__init__()
        self.conv = (conv_block or BasicConv2d)(in_channels, 128, kernel_size=1)
        self.fc1 = nn.Linear(2048, 1024)
        self.fc2 = nn.Linear(1024, num_classes)
        self.dropout = nn.Dropout(p=dropout)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.flatten(self.conv(F.adaptive_avg_pool2d(x, (4, 4))), 1)
        return self.fc2(self.dropout(F.relu(self.fc1(x), inplace=True)))


class TransformsInput(nn.Module):
    """A network that may take images normalised as other networks' are."""

    transform_input: bool

    def _transform_input(self, x: torch.Tensor) -> torch.Tensor:
        """Images with mean and deviation one half, of images with those of ImageNet."""
        if not self.transform_input:
            return x
        channels = zip((0.229, 0.224, 0.225), (0.485, 0.456, 0.406))
        parts = [x[:, i].unsqueeze(1) * (std / 0.5) + (mean - 0.5) / 0.5 for i, (std, mean) in enumerate(channels)]
        return torch.cat(parts, 1)


# The stages of the network, with the channels of each Inception.
_STAGES: dict[str, tuple[int, ...]] = {
    "inception3a": (192, 64, 96, 128, 16, 32, 32),
    "inception3b": (256, 128, 128, 192, 32, 96, 64),
    "maxpool3": (3,),
    "inception4a": (480, 192, 96, 208, 16, 48, 64),
    "inception4b": (512, 160, 112, 224, 24, 64, 64),
    "inception4c": (512, 128, 128, 256, 24, 64, 64),
    "inception4d": (512, 112, 144, 288, 32, 64, 64),
    "inception4e": (528, 256, 160, 320, 32, 128, 128),
    "maxpool4": (2,),
    "inception5a": (832, 256, 160, 320, 32, 128, 128),
    "inception5b": (832, 384, 192, 384, 48, 128, 128),
}
_CLASSIFIED = {"inception4a": "aux1", "inception4d": "aux2"}


class GoogLeNet(TransformsInput):
    """GoogLeNet; in training with `aux_logits` it gives GoogLeNetOutputs.

    Args:
        num_classes: the number of classes.
        aux_logits: whether there are classifiers on the way.
        transform_input: whether images are normalised anew.
        init_weights: whether weights are drawn from a cut normal distribution; None means so, with a warning.
        blocks: what makes convolutions, Inceptions and classifiers.
        dropout: the probability before the last layer.
        dropout_aux: that of the classifiers on the way.

    Raises:
        ValueError: not three blocks.
    """

    __constants__ = ["aux_logits", "transform_input"]

    def __init__(
        self,
        num_classes: int = 1000,
        aux_logits: bool = True,
        transform_input: bool = False,
        init_weights: bool | None = None,
        blocks: list[Callable[..., nn.Module]] | None = None,
        dropout: float = 0.2,
        dropout_aux: float = 0.7,
    ) -> None:
        super().__init__()
        blocks = [BasicConv2d, Inception, InceptionAux] if blocks is None else blocks
        if init_weights is None:
            warnings.warn(INITIALIZATION_CHANGES.format("GoogleNet"), FutureWarning, stacklevel=2)
        if len(blocks) != 3:
            raise ValueError(f"blocks length should be 3 instead of {len(blocks)}")
        conv, inception, aux = blocks
        self.aux_logits, self.transform_input = aux_logits, transform_input
        self.conv1 = conv(3, 64, kernel_size=7, stride=2, padding=3)
        self.maxpool1 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        self.conv2 = conv(64, 64, kernel_size=1)
        self.conv3 = conv(64, 192, kernel_size=3, padding=1)
        self.maxpool2 = nn.MaxPool2d(3, stride=2, ceil_mode=True)
        for name, sizes in _STAGES.items():
            is_pool = name.startswith("maxpool")
            setattr(self, name, nn.MaxPool2d(sizes[0], stride=2, ceil_mode=True) if is_pool else inception(*sizes))
        self.aux1 = aux(512, num_classes, dropout=dropout_aux) if aux_logits else None
        self.aux2 = aux(528, num_classes, dropout=dropout_aux) if aux_logits else None
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.dropout = nn.Dropout(p=dropout)
        self.fc = nn.Linear(1024, num_classes)
        if init_weights is not False:
            draw_cut_normal(self, 0.01)

    def _forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        logits: dict[str, torch.Tensor] = {}
        for name in _STAGES:
            x = getattr(self, name)(x)
            aux = _CLASSIFIED.get(name, "")
            if self.training and getattr(self, aux, None) is not None:
                logits[aux] = getattr(self, aux)(x)
        x = self.fc(self.dropout(torch.flatten(self.avgpool(x), 1)))
        return x, logits.get("aux2"), logits.get("aux1")

    def eager_outputs(self, x: torch.Tensor, aux2: torch.Tensor | None, aux1: torch.Tensor | None) -> Any:
        """The logits, with those of the classifiers on the way in training."""
        return GoogLeNetOutputs(x, aux2, aux1) if self.training and self.aux_logits else x

    def forward(self, x: torch.Tensor) -> Any:
        logits, aux2, aux1 = self._forward(self._transform_input(x))
        return self.eager_outputs(logits, aux2, aux1)


def draw_cut_normal(model: nn.Module, std: float) -> None:
    """Draws the weights of convolutions and linear layers from normal distributions cut at -2 and 2.

    Args:
        model: the network; normalisations begin as the identity.
        std: the deviation, where a layer has no attribute `stddev`.
    """
    for m in model.modules():
        if isinstance(m, (nn.Conv2d, nn.Linear)):
            nn.init.trunc_normal_(m.weight, mean=0.0, std=float(getattr(m, "stddev", std)), a=-2, b=2)
        elif isinstance(m, nn.BatchNorm2d):
            nn.init.ones_(m.weight)
            nn.init.zeros_(m.bias)


def with_published_weights(weights: Any, kwargs: dict[str, Any]) -> None:
    """The arguments of a network whose published weights are loaded; these have the classifiers on the way."""
    kwargs.setdefault("transform_input", True)
    _ovewrite_named_param(kwargs, "aux_logits", True)
    _ovewrite_named_param(kwargs, "init_weights", False)
    set_num_classes(kwargs, weights)


GoogLeNet_Weights = published("GoogLeNet_Weights", __name__)


@registered(GoogLeNet_Weights)
def googlenet(*, weights: Any, progress: bool, **kwargs: Any) -> GoogLeNet:
    """GoogLeNet; with weights it has no classifiers on the way, unless these are asked for."""
    if weights is None:
        return GoogLeNet(**kwargs)
    keeps_aux = kwargs.get("aux_logits", False)
    with_published_weights(weights, kwargs)
    model = GoogLeNet(**kwargs)
    model.load_state_dict(weights.get_state_dict(progress=progress, check_hash=True))
    if keeps_aux:
        warnings.warn(
            "auxiliary heads in the pretrained googlenet model are NOT pretrained, so make sure to train them",
            stacklevel=2,
        )
    else:
        model.aux_logits = False
        model.aux1 = model.aux2 = None
    return model
