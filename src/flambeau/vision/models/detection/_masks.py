"""Masks inside of boxes: made of those of images, and put back into them."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor
from flambeau.nn import functional as F

from ...ops import roi_align


def maskrcnn_inference(x: Tensor, labels: list[Tensor]) -> tuple[Tensor, ...]:
    """For each image the masks (N, 1, M, M) of the classes that were found, of logits (all, classes, M, M)."""
    every = torch.cat(labels)
    chosen = x.sigmoid()[torch.arange(x.shape[0]), every][:, None]
    return chosen.split([label.shape[0] for label in labels], dim=0)


def project_masks_on_boxes(gt_masks: Tensor, boxes: Tensor, matched_idxs: Tensor, M: int) -> Tensor:
    """The parts (N, M, M) of true masks that lie in boxes (N, 4)."""
    rois = torch.cat([matched_idxs.to(boxes)[:, None], boxes], dim=1)
    return roi_align(gt_masks[:, None].to(rois), rois, (M, M), 1.0)[:, 0]


def maskrcnn_loss(mask_logits: Tensor, proposals, gt_masks, gt_labels, mask_matched_idxs) -> Tensor:
    """The binary cross entropy of the masks of the true classes."""
    size = mask_logits.shape[-1]
    labels = torch.cat([label[matched] for label, matched in zip(gt_labels, mask_matched_idxs)])
    parts = zip(gt_masks, proposals, mask_matched_idxs)
    targets = torch.cat([project_masks_on_boxes(masks, boxes, matched, size) for masks, boxes, matched in parts])
    if targets.numel() == 0:
        return mask_logits.sum() * 0
    return F.binary_cross_entropy_with_logits(mask_logits[torch.arange(labels.shape[0]), labels], targets)


def expand_boxes(boxes: Tensor, scale: float) -> Tensor:
    """Boxes (N, 4) about their centres, larger by a factor."""
    half = (boxes[:, 2:] - boxes[:, :2]) * 0.5 * scale
    centre = (boxes[:, 2:] + boxes[:, :2]) * 0.5
    return torch.cat((centre - half, centre + half), 1)


def expand_masks(mask: Tensor, padding: int) -> tuple[Tensor, float]:
    """Masks with zeros around them, and by which factor they are larger."""
    return F.pad(mask, (padding,) * 4), float(mask.shape[-1] + 2 * padding) / mask.shape[-1]


def paste_mask_in_image(mask: Tensor, box, im_h: int, im_w: int) -> Tensor:
    """A mask (M, M), resized to its box of whole numbers, in an image of zeros."""
    return _pasted(mask[None], torch.as_tensor(box)[None], im_h, im_w)[0]


def _pasted(masks: Tensor, boxes: Tensor, height: int, width: int) -> Tensor:
    """Masks (N, M, M), resized bilinearly to boxes (N, 4) of whole numbers, in images of zeros.

    All at once, as two products: a pixel's row and column take their shares of those of the mask.
    """
    x1, y1, x2, y2 = boxes.unbind(1)
    size = masks.size(-1)
    rows, columns = _shares(y1, y2, height, size), _shares(x1, x2, width, size)
    return rows.to(masks.dtype) @ masks @ columns.to(masks.dtype).mT


def _shares(start: Tensor, end: Tensor, length: int, size: int) -> Tensor:
    """What share each of `size` pixels has in each of `length`, where `size` are spread from start to end: (N, ...)."""
    start, end = start[:, None], end[:, None]
    place = torch.arange(length) - start
    span = (end - start + 1).clamp(min=1)
    at = ((place + 0.5) * (size / span) - 0.5).clamp(0, size - 1)
    near = (1 - (at[..., None] - torch.arange(size)).abs()).clamp(min=0)
    return near * ((place >= 0) & (place < span))[..., None]


def paste_masks_in_image(masks: Tensor, boxes: Tensor, img_shape: tuple[int, int], padding: int = 1) -> Tensor:
    """Masks (N, 1, M, M) of boxes (N, 4) as masks of the image, (N, 1, H, W)."""
    if len(masks) == 0:
        return masks.new_empty((0, 1, *img_shape))
    masks, scale = expand_masks(masks, padding)
    return _pasted(masks[:, 0], expand_boxes(boxes, scale).to(torch.int64), *img_shape)[:, None]
