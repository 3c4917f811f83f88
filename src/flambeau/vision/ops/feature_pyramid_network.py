"""Feature pyramids: maps of several scales that all have seen what the smallest one has."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import partial

import flambeau.nn.functional as F
from flambeau import Tensor, nn

from .misc import Conv2dNormActivation


class ExtraFPNBlock(nn.Module):
    """Base of what adds maps to a pyramid."""

    def forward(self, results: list[Tensor], x: list[Tensor], names: list[str]) -> tuple[list[Tensor], list[str]]:
        """More maps and their names.

        Args:
            results: the maps of the pyramid.
            x: those that it was made of.
            names: of the maps.
        """
        raise NotImplementedError


class FeaturePyramidNetwork(nn.Module):
    """A pyramid on top of feature maps (Lin et al., Feature Pyramid Networks for Object Detection, 2017).

    Args:
        in_channels_list: channels of each map, the largest map first.
        out_channels: channels of all maps of the pyramid.
        extra_blocks: adds maps to the pyramid.
        norm_layer: makes normalisations behind the convolutions.

    Raises:
        ValueError: a map without channels.
        TypeError: extra_blocks is something else.
    """

    _version = 2

    def __init__(
        self,
        in_channels_list: list[int],
        out_channels: int,
        extra_blocks: ExtraFPNBlock | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
    ):
        super().__init__()
        self.inner_blocks = nn.ModuleList()
        self.layer_blocks = nn.ModuleList()
        layer = partial(Conv2dNormActivation, norm_layer=norm_layer, activation_layer=None)
        for channels in in_channels_list:
            if channels == 0:
                raise ValueError("in_channels=0 is currently not supported")
            self.inner_blocks.append(layer(channels, out_channels, kernel_size=1, padding=0))
            self.layer_blocks.append(layer(out_channels, out_channels, kernel_size=3))
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                _initialize(m)
        if extra_blocks is not None and not isinstance(extra_blocks, ExtraFPNBlock):
            raise TypeError(f"extra_blocks should be of type ExtraFPNBlock not {type(extra_blocks)}")
        self.extra_blocks = extra_blocks

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args) -> None:
        if (local_metadata.get("version") or 1) < 2:  # blocks were convolutions alone
            for block in ("inner_blocks", "layer_blocks"):
                for i in range(len(self.inner_blocks)):
                    for part in ("weight", "bias"):
                        old = f"{prefix}{block}.{i}.{part}"
                        if old in state_dict:
                            state_dict[f"{prefix}{block}.{i}.0.{part}"] = state_dict.pop(old)
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)

    def forward(self, x: dict[str, Tensor]) -> dict[str, Tensor]:
        """The maps of the pyramid by name.

        Args:
            x: maps (N, C, H, W) by name, the largest first.
        """
        names, maps = list(x), list(x.values())
        inner: Tensor | None = None
        results: list[Tensor] = []
        for lateral, out, features in reversed(list(zip(self.inner_blocks, self.layer_blocks, maps))):
            above, inner = inner, lateral(features)
            if above is not None:
                inner = inner + F.interpolate(above, size=inner.shape[-2:], mode="nearest")
            results.insert(0, out(inner))
        if self.extra_blocks is not None:
            results, names = self.extra_blocks(results, maps, names)
        return OrderedDict(zip(names, results))


def _initialize(convolution: nn.Conv2d) -> None:
    nn.init.kaiming_uniform_(convolution.weight, a=1)
    if convolution.bias is not None:
        nn.init.constant_(convolution.bias, 0)


class LastLevelMaxPool(ExtraFPNBlock):
    """Adds each second pixel of the smallest map."""

    def forward(self, results: list[Tensor], x: list[Tensor], names: list[str]) -> tuple[list[Tensor], list[str]]:
        names.append("pool")
        results.append(F.max_pool2d(results[-1], kernel_size=1, stride=2, padding=0))
        return results, names


class LastLevelP6P7(ExtraFPNBlock):
    """Adds two maps, each half as large as the one before (Lin et al., Focal Loss, 2017).

    Args:
        in_channels: of the map that they are made of: the pyramid's where it is as wide as they are.
        out_channels: of the new maps.
    """

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.p6 = nn.Conv2d(in_channels, out_channels, 3, 2, 1)
        self.p7 = nn.Conv2d(out_channels, out_channels, 3, 2, 1)
        for layer in (self.p6, self.p7):
            _initialize(layer)
        self.use_P5 = in_channels == out_channels

    def forward(self, results: list[Tensor], x: list[Tensor], names: list[str]) -> tuple[list[Tensor], list[str]]:
        p6 = self.p6(results[-1] if self.use_P5 else x[-1])
        results.extend([p6, self.p7(F.relu(p6))])
        names.extend(["p6", "p7"])
        return results, names
