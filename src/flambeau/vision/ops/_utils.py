"""What the ops on boxes and regions share."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor, nn


def upcast(t: Tensor) -> Tensor:
    """Numbers wide enough that a product of two does not overflow."""
    if t.is_floating_point():
        return t if t.dtype in (torch.float32, torch.float64) else t.float()
    return t if t.dtype in (torch.int32, torch.int64) else t.int()


def upcast_non_float(t: Tensor) -> Tensor:
    """The numbers as float32, unless they are float64."""
    return t if t.dtype in (torch.float32, torch.float64) else t.float()


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """A loss with its reduction: "none", "mean" (0 where there is nothing) or "sum"."""
    if reduction == "none":
        return loss
    if reduction == "mean":
        return loss.mean() if loss.numel() > 0 else 0.0 * loss.sum()
    if reduction == "sum":
        return loss.sum()
    raise unknown_reduction(reduction)


def unknown_reduction(reduction: str) -> ValueError:
    """The error for a reduction that there is none of."""
    return ValueError(
        f"Invalid Value for arg 'reduction': '{reduction} \n Supported reduction modes: 'none', 'mean', 'sum'"
    )


def loss_inter_union(boxes1: Tensor, boxes2: Tensor) -> tuple[Tensor, Tensor]:
    """The areas that pairs of boxes (..., 4) share, and cover together."""
    x1, y1, x2, y2 = boxes1.unbind(-1)
    x1g, y1g, x2g, y2g = boxes2.unbind(-1)
    left, top = torch.max(x1, x1g), torch.max(y1, y1g)
    right, bottom = torch.min(x2, x2g), torch.min(y2, y2g)
    meet = (bottom > top) & (right > left)
    shared = torch.where(meet, (right - left) * (bottom - top), 0.0)
    return shared, (x2 - x1) * (y2 - y1) + (x2g - x1g) * (y2g - y1g) - shared


def check_roi_boxes_shape(boxes) -> None:
    """AssertionError unless boxes are one tensor (K, 5), or a list of tensors (L, 4)."""
    if isinstance(boxes, (list, tuple)):
        if any(each.size(1) != 4 for each in boxes):
            raise AssertionError("The shape of the tensor in the boxes list is not correct as List[Tensor[L, 4]]")
    elif not isinstance(boxes, Tensor):
        raise AssertionError("boxes is expected to be a Tensor[L, 5] or a List[Tensor[K, 4]]")
    elif boxes.size(1) != 5:
        raise AssertionError("The boxes tensor shape is not correct as Tensor[K, 5]")


def convert_boxes_to_roi_format(boxes: list[Tensor]) -> Tensor:
    """Boxes of each image of a batch as one tensor (K, 5), with the image's number in front."""
    numbers = [torch.full_like(each[:, :1], i) for i, each in enumerate(boxes)]
    return torch.cat([torch.cat(numbers), torch.cat(list(boxes))], 1)


_NORMS = ("_BatchNorm", "LayerNorm", "GroupNorm", "_InstanceNorm", "LocalResponseNorm")


def split_normalization_params(model: nn.Module, norm_classes: list[type] | None = None):
    """The trainable parameters of a model: those of its normalizations, and the others.

    Raises:
        ValueError: a class that is no module.
    """
    if not norm_classes:
        homes = (nn, nn.modules.batchnorm, nn.modules.instancenorm)
        norm_classes = [next(getattr(m, name) for m in homes if hasattr(m, name)) for name in _NORMS]
    for kind in norm_classes:
        if not issubclass(kind, nn.Module):
            raise ValueError(f"Class {kind} is not a subclass of nn.Module.")
    norms: list = []
    others: list = []
    for module in model.modules():
        inner = next(module.children(), None) is not None
        own = others if inner or not isinstance(module, tuple(norm_classes)) else norms
        own.extend(p for p in module.parameters(recurse=not inner) if p.requires_grad)
    return norms, others
