"""Classification networks as the backbones of detectors."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from flambeau import Tensor, nn

from ...ops import misc as misc_nn_ops
from ...ops.feature_pyramid_network import ExtraFPNBlock, FeaturePyramidNetwork, LastLevelMaxPool
from .. import mobilenet, resnet
from .._api import _get_enum_from_fn
from .._utils import IntermediateLayerGetter, handle_legacy_interface


class BackboneWithFPN(nn.Module):
    """A feature pyramid on top of a network's inner maps.

    Args:
        backbone: the network.
        return_layers: for each wanted child the name of its map.
        in_channels_list: channels of these maps.
        out_channels: of the pyramid.
        extra_blocks: adds maps; by default one of half the size.
        norm_layer: makes normalisations in the pyramid.
    """

    def __init__(
        self,
        backbone: nn.Module,
        return_layers: dict[str, str],
        in_channels_list: list[int],
        out_channels: int,
        extra_blocks: ExtraFPNBlock | None = None,
        norm_layer: Callable[..., nn.Module] | None = None,
    ) -> None:
        super().__init__()
        self.body = IntermediateLayerGetter(backbone, return_layers=return_layers)
        extra_blocks = extra_blocks or LastLevelMaxPool()
        self.fpn = FeaturePyramidNetwork(in_channels_list, out_channels, extra_blocks, norm_layer)
        self.out_channels = out_channels

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The maps of the pyramid by name."""
        return self.fpn(self.body(x))


def _first_weights(family: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda kwargs: _get_enum_from_fn(getattr(family, kwargs["backbone_name"]))["IMAGENET1K_V1"]


@handle_legacy_interface(weights=("pretrained", _first_weights(resnet)))
def resnet_fpn_backbone(
    *,
    backbone_name: str,
    weights,
    norm_layer: Callable[..., nn.Module] = misc_nn_ops.FrozenBatchNorm2d,
    trainable_layers: int = 3,
    returned_layers: list[int] | None = None,
    extra_blocks: ExtraFPNBlock | None = None,
) -> BackboneWithFPN:
    """A residual network with a pyramid on top.

    Args:
        backbone_name: "resnet50", for example.
        weights: the network's.
        norm_layer: makes its normalisations.
        trainable_layers: how many of its five parts are trained, from the last one.
        returned_layers: which of its four stages give maps; all by default.
        extra_blocks: adds maps to the pyramid.

    Raises:
        ValueError: numbers of parts that there are not.
    """
    backbone = getattr(resnet, backbone_name)(weights=weights, norm_layer=norm_layer)
    return _resnet_fpn_extractor(backbone, trainable_layers, returned_layers, extra_blocks)


def _resnet_fpn_extractor(
    backbone: nn.Module,
    trainable_layers: int,
    returned_layers: list[int] | None = None,
    extra_blocks: ExtraFPNBlock | None = None,
    norm_layer: Callable[..., nn.Module] | None = None,
) -> BackboneWithFPN:
    if not 0 <= trainable_layers <= 5:
        raise ValueError(f"Trainable layers should be in the range [0,5], got {trainable_layers}")
    trained = ["layer4", "layer3", "layer2", "layer1", "conv1"][:trainable_layers]
    trained += ["bn1"] if trainable_layers == 5 else []
    for name, parameter in backbone.named_parameters():
        if not name.startswith(tuple(trained)):
            parameter.requires_grad_(False)
    stages = [1, 2, 3, 4] if returned_layers is None else returned_layers
    if min(stages) <= 0 or max(stages) >= 5:
        raise ValueError(f"Each returned layer should be in the range [1,4]. Got {stages}")
    names = {f"layer{stage}": str(i) for i, stage in enumerate(stages)}
    channels = [backbone.inplanes // 8 * 2 ** (stage - 1) for stage in stages]
    return BackboneWithFPN(backbone, names, channels, 256, extra_blocks, norm_layer)


def _validate_trainable_layers(
    is_trained: bool, trainable_backbone_layers: int | None, max_value: int, default_value: int
) -> int:
    """How many layers of a backbone are trained: all, unless there are weights.

    Raises:
        ValueError: more than there are.
    """
    if not is_trained:
        if trainable_backbone_layers is not None:
            warnings.warn(
                "Changing trainable_backbone_layers has no effect if neither pretrained nor pretrained_backbone have "
                f"been set to True, falling back to trainable_backbone_layers={max_value} so that all layers are "
                "trainable",
                stacklevel=2,
            )
        return max_value
    layers = default_value if trainable_backbone_layers is None else trainable_backbone_layers
    if not 0 <= layers <= max_value:
        raise ValueError(f"Trainable backbone layers should be in the range [0,{max_value}], got {layers} ")
    return layers


@handle_legacy_interface(weights=("pretrained", _first_weights(mobilenet)))
def mobilenet_backbone(
    *,
    backbone_name: str,
    weights,
    fpn: bool,
    norm_layer: Callable[..., nn.Module] = misc_nn_ops.FrozenBatchNorm2d,
    trainable_layers: int = 2,
    returned_layers: list[int] | None = None,
    extra_blocks: ExtraFPNBlock | None = None,
) -> nn.Module:
    """A MobileNet, with a pyramid on top where `fpn` says so; for the rest see `resnet_fpn_backbone`."""
    backbone = getattr(mobilenet, backbone_name)(weights=weights, norm_layer=norm_layer)
    return _mobilenet_extractor(backbone, fpn, trainable_layers, returned_layers, extra_blocks)


def _mobilenet_extractor(
    backbone: nn.Module,
    fpn: bool,
    trainable_layers: int,
    returned_layers: list[int] | None = None,
    extra_blocks: ExtraFPNBlock | None = None,
    norm_layer: Callable[..., nn.Module] | None = None,
) -> nn.Module:
    blocks = backbone.features
    stages = freeze_stages(blocks, trainable_layers)
    if not fpn:
        narrowed = nn.Sequential(blocks, nn.Conv2d(blocks[-1].out_channels, 256, 1))
        narrowed.out_channels = 256
        return narrowed
    returned = [len(stages) - 2, len(stages) - 1] if returned_layers is None else returned_layers
    if min(returned) < 0 or max(returned) >= len(stages):
        raise ValueError(f"Each returned layer should be in the range [0,{len(stages) - 1}], got {returned} ")
    names = {f"{stages[stage]}": str(i) for i, stage in enumerate(returned)}
    channels = [blocks[stages[stage]].out_channels for stage in returned]
    return BackboneWithFPN(blocks, names, channels, 256, extra_blocks, norm_layer)


def freeze_stages(blocks: nn.Sequential, trainable_layers: int) -> list[int]:
    """Freezes all but the last stages of a MobileNet's blocks; gives the numbers of the blocks at which stages begin.

    Raises:
        ValueError: more stages than there are.
    """
    strided = [i for i, block in enumerate(blocks) if getattr(block, "_is_cn", False)]
    stages = [0, *strided, len(blocks) - 1]
    if not 0 <= trainable_layers <= len(stages):
        raise ValueError(f"Trainable layers should be in the range [0,{len(stages)}], got {trainable_layers} ")
    for block in blocks[: len(blocks) if trainable_layers == 0 else stages[-trainable_layers]]:
        for parameter in block.parameters():
            parameter.requires_grad_(False)
    return stages
