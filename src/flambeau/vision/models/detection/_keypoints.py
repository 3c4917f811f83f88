"""Keypoints inside of boxes: as places in heat maps, and back."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor
from flambeau.nn import functional as F


def keypoints_to_heatmap(keypoints: Tensor, rois: Tensor, heatmap_size: int) -> tuple[Tensor, Tensor]:
    """The places of keypoints (N, K, 3) in the heat maps of boxes (N, 4), and which lie in there and are visible."""
    start, end = rois[:, None, :2], rois[:, None, 2:]
    scale = heatmap_size / (end - start)
    place = ((keypoints[..., :2] - start) * scale).floor().long()
    place = torch.where(keypoints[..., :2] == end, heatmap_size - 1, place)
    inside = ((place >= 0) & (place < heatmap_size)).all(-1)
    valid = (inside & (keypoints[..., 2] > 0)).long()
    return (place[..., 1] * heatmap_size + place[..., 0]) * valid, valid


def heatmaps_to_keypoints(maps: Tensor, rois: Tensor) -> tuple[Tensor, Tensor]:
    """The warmest places of heat maps (N, K, H, W) in boxes (N, 4), (N, K, 3) with 1 behind, and their scores."""
    count = maps.shape[1]
    points, scores = [maps.new_zeros((0, count, 3))], [maps.new_zeros((0, count))]
    sides = (rois[:, 2:] - rois[:, :2]).clamp(min=1)
    whole = sides.ceil()
    for heat, start, side, (width, height) in zip(maps, rois[:, :2], sides, whole.long().tolist()):
        resized = F.interpolate(heat[:, None], size=(height, width), mode="bicubic", align_corners=False)[:, 0]
        place = resized.reshape(count, -1).argmax(dim=1)
        x, y = place % width, torch.div(place, width, rounding_mode="floor")
        at = [(p.float() + 0.5) * (side[d] / n) + start[d] for d, (p, n) in enumerate(((x, width), (y, height)))]
        points.append(torch.stack((*at, torch.ones(count)), -1)[None])
        scores.append(resized[torch.arange(count), y, x][None])
    return torch.cat(points), torch.cat(scores)


def keypointrcnn_loss(keypoint_logits: Tensor, proposals, gt_keypoints, keypoint_matched_idxs) -> Tensor:
    """The cross entropy of the places in heat maps (N, K, H, H)."""
    boxes, count, height, width = keypoint_logits.shape
    if height != width:
        raise ValueError(
            "keypoint_logits height and width (last two elements of shape) should be equal. Instead got H = "
            f"{height} and W = {width}"
        )
    parts = zip(proposals, gt_keypoints, keypoint_matched_idxs)
    found = [keypoints_to_heatmap(points[matched], rois, height) for rois, points, matched in parts]
    targets, valid = (torch.cat([each.reshape(-1) for each in column]) for column in zip(*found))
    valid = torch.where(valid > 0)[0]
    if targets.numel() == 0 or len(valid) == 0:
        return keypoint_logits.sum() * 0
    return F.cross_entropy(keypoint_logits.reshape(boxes * count, -1)[valid], targets[valid])


def keypointrcnn_inference(x: Tensor, boxes: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """For each image the keypoints of its boxes, and their scores."""
    split = x.split([each.size(0) for each in boxes], dim=0)
    found = [heatmaps_to_keypoints(maps, rois) for maps, rois in zip(split, boxes)]
    return [points for points, _ in found], [scores for _, scores in found]
