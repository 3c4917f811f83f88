"""The heads that look at regions: classes and boxes, masks, keypoints."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor, nn
from flambeau.nn import functional as F

from ...ops import boxes as box_ops
from . import _utils as det_utils
from ._keypoints import heatmaps_to_keypoints, keypointrcnn_inference, keypointrcnn_loss, keypoints_to_heatmap
from ._masks import (
    expand_boxes,
    expand_masks,
    maskrcnn_inference,
    maskrcnn_loss,
    paste_mask_in_image,
    paste_masks_in_image,
    project_masks_on_boxes,
)

__all__ = [
    "RoIHeads", "expand_boxes", "expand_masks", "fastrcnn_loss", "heatmaps_to_keypoints", "keypointrcnn_inference",
    "keypointrcnn_loss", "keypoints_to_heatmap", "maskrcnn_inference", "maskrcnn_loss", "paste_mask_in_image",
    "paste_masks_in_image", "project_masks_on_boxes",
]  # fmt: skip


def fastrcnn_loss(class_logits: Tensor, box_regression: Tensor, labels, regression_targets) -> tuple[Tensor, Tensor]:
    """The losses of classes and of the boxes of true classes (Girshick, Fast R-CNN, 2015)."""
    labels, goals = torch.cat(list(labels)), torch.cat(list(regression_targets))
    positive = torch.where(labels > 0)[0]
    codes = box_regression.reshape(class_logits.shape[0], -1, 4)[positive, labels[positive]]
    box_loss = F.smooth_l1_loss(codes, goals[positive], beta=1 / 9, reduction="sum")
    return F.cross_entropy(class_logits, labels), box_loss / labels.numel()


class RoIHeads(nn.Module):
    """Tells what regions hold, and makes their boxes fit.

    Args:
        box_roi_pool, box_head, box_predictor: take regions from maps, and tell classes and codes of boxes.
        fg_iou_thresh, bg_iou_thresh: overlaps with true boxes from which on, and up to which, there is (not) something.
        batch_size_per_image, positive_fraction: of the regions that training looks at.
        bbox_reg_weights: of the codes of boxes.
        score_thresh, nms_thresh, detections_per_img: the least score, the overlap from which on one box goes, and how
            many stay.
        mask_roi_pool ...: the same for masks and for keypoints.
    """

    def __init__(
        self,
        box_roi_pool,
        box_head,
        box_predictor,
        fg_iou_thresh,
        bg_iou_thresh,
        batch_size_per_image,
        positive_fraction,
        bbox_reg_weights,
        score_thresh,
        nms_thresh,
        detections_per_img,
        mask_roi_pool=None,
        mask_head=None,
        mask_predictor=None,
        keypoint_roi_pool=None,
        keypoint_head=None,
        keypoint_predictor=None,
    ) -> None:
        super().__init__()
        self.box_similarity = box_ops.box_iou
        self.proposal_matcher = det_utils.Matcher(fg_iou_thresh, bg_iou_thresh, allow_low_quality_matches=False)
        self.fg_bg_sampler = det_utils.BalancedPositiveNegativeSampler(batch_size_per_image, positive_fraction)
        self.box_coder = det_utils.BoxCoder(bbox_reg_weights or (10.0, 10.0, 5.0, 5.0))
        self.box_roi_pool = box_roi_pool
        self.box_head = box_head
        self.box_predictor = box_predictor
        self.score_thresh = score_thresh
        self.nms_thresh = nms_thresh
        self.detections_per_img = detections_per_img
        self.mask_roi_pool = mask_roi_pool
        self.mask_head = mask_head
        self.mask_predictor = mask_predictor
        self.keypoint_roi_pool = keypoint_roi_pool
        self.keypoint_head = keypoint_head
        self.keypoint_predictor = keypoint_predictor

    def has_mask(self) -> bool:
        """Whether masks are looked for."""
        return None not in (self.mask_roi_pool, self.mask_head, self.mask_predictor)

    def has_keypoint(self) -> bool:
        """Whether keypoints are looked for."""
        return None not in (self.keypoint_roi_pool, self.keypoint_head, self.keypoint_predictor)

    def assign_targets_to_proposals(self, proposals, gt_boxes, gt_labels) -> tuple[list[Tensor], list[Tensor]]:
        """For each region the number of its true box, and its class: 0 for none, -1 where it is not known."""
        numbers, labels = [], []
        for own, boxes, classes in zip(proposals, gt_boxes, gt_labels):
            if boxes.numel() == 0:
                numbers.append(torch.zeros((own.shape[0],), dtype=torch.int64))
                labels.append(torch.zeros((own.shape[0],), dtype=torch.int64))
                continue
            matched = self.proposal_matcher(box_ops.box_iou(boxes, own))
            numbers.append(matched.clamp(min=0))
            found = classes[numbers[-1]].to(torch.int64)
            found = torch.where(matched == self.proposal_matcher.BELOW_LOW_THRESHOLD, 0, found)
            labels.append(torch.where(matched == self.proposal_matcher.BETWEEN_THRESHOLDS, -1, found))
        return numbers, labels

    def subsample(self, labels: list[Tensor]) -> list[Tensor]:
        """The numbers of the regions that training looks at."""
        return [torch.where(positive | negative)[0] for positive, negative in zip(*self.fg_bg_sampler(labels))]

    def add_gt_proposals(self, proposals, gt_boxes) -> list[Tensor]:
        """The true boxes behind the regions."""
        return [torch.cat(pair) for pair in zip(proposals, gt_boxes)]

    def check_targets(self, targets) -> None:
        """ValueError where something is missing."""
        if targets is None:
            raise ValueError("targets should not be None")
        for key in ("boxes", "labels", *(["masks"] if self.has_mask() else [])):
            if not all(key in target for target in targets):
                raise ValueError(f"Every element of targets should have a {key} key")

    def select_training_samples(self, proposals, targets):
        """The regions that training looks at, the numbers of their true boxes, their classes, and their codes."""
        self.check_targets(targets)
        boxes = [target["boxes"].to(proposals[0].dtype) for target in targets]
        proposals = self.add_gt_proposals(proposals, boxes)
        numbers, labels = self.assign_targets_to_proposals(proposals, boxes, [t["labels"] for t in targets])
        chosen = self.subsample(labels)
        proposals, labels, numbers = (
            [each[places] for each, places in zip(column, chosen)] for column in (proposals, labels, numbers)
        )
        goals = [(own if own.numel() else own.new_zeros((1, 4)))[matched] for own, matched in zip(boxes, numbers)]
        return proposals, numbers, labels, self.box_coder.encode(goals, proposals)

    def postprocess_detections(self, class_logits: Tensor, box_regression: Tensor, proposals, image_shapes):
        """For each image boxes, scores and classes."""
        counts = [len(each) for each in proposals]
        boxes = self.box_coder.decode(box_regression, proposals).split(counts, 0)
        scores = F.softmax(class_logits, -1).split(counts, 0)
        found = [self._of_image(*parts) for parts in zip(boxes, scores, image_shapes)]
        return tuple(list(column) for column in zip(*found))

    def _of_image(self, boxes: Tensor, scores: Tensor, shape) -> tuple[Tensor, Tensor, Tensor]:
        boxes = box_ops.clip_boxes_to_image(boxes, shape)[:, 1:].reshape(-1, 4)
        labels = torch.arange(scores.shape[-1])[None].expand_as(scores)[:, 1:].reshape(-1)
        scores = scores[:, 1:].reshape(-1)
        keep = torch.where(scores > self.score_thresh)[0]
        keep = keep[box_ops.remove_small_boxes(boxes[keep], min_size=1e-2)]
        boxes, scores, labels = boxes[keep], scores[keep], labels[keep]
        keep = box_ops.batched_nms(boxes, scores, labels, self.nms_thresh)[: self.detections_per_img]
        return boxes[keep], scores[keep], labels[keep]

    def _check_types(self, targets) -> None:
        for t in targets or ():
            if t["boxes"].dtype not in (torch.float, torch.double, torch.half):
                raise TypeError(f"target boxes must of float type, instead got {t['boxes'].dtype}")
            if t["labels"].dtype != torch.int64:
                raise TypeError(f"target labels must of int64 type, instead got {t['labels'].dtype}")
            if self.has_keypoint() and t["keypoints"].dtype != torch.float32:
                raise TypeError(f"target keypoints must of float type, instead got {t['keypoints'].dtype}")

    def forward(self, features: dict[str, Tensor], proposals, image_shapes, targets=None):
        """For each image what was found by name, and the losses in training.

        Raises:
            TypeError: targets of other dtypes.
            ValueError: targets in which something is missing.
        """
        self._check_types(targets)
        result: list[dict[str, Tensor]] = []
        losses: dict[str, Tensor] = {}
        numbers = labels = goals = None
        if self.training:
            proposals, numbers, labels, goals = self.select_training_samples(proposals, targets)
        pooled = self.box_roi_pool(features, proposals, image_shapes)
        logits, codes = self.box_predictor(self.box_head(pooled))
        if self.training:
            losses["loss_classifier"], losses["loss_box_reg"] = fastrcnn_loss(logits, codes, labels, goals)
        else:
            found = self.postprocess_detections(logits, codes, proposals, image_shapes)
            result = [{"boxes": b, "labels": label, "scores": s} for b, s, label in zip(*found)]
        boxes, numbers = self._inner_proposals(result, proposals, labels, numbers)
        if self.has_mask():
            masks = self.mask_predictor(self.mask_head(self.mask_roi_pool(features, boxes, image_shapes)))
            self._add_masks(masks, boxes, numbers, targets, result, losses)
        if self.has_keypoint():
            pooled = self.keypoint_roi_pool(features, boxes, image_shapes)
            self._add_keypoints(
                self.keypoint_predictor(self.keypoint_head(pooled)), boxes, numbers, targets, result, losses
            )
        return result, losses

    def _inner_proposals(self, result, proposals, labels, numbers):
        """The boxes in which masks and keypoints are looked for: what was found, or what is there in training."""
        if not self.training:
            return [found["boxes"] for found in result], None
        positive = [torch.where(label > 0)[0] for label in labels]
        return tuple([each[places] for each, places in zip(column, positive)] for column in (proposals, numbers))

    def _add_masks(self, logits, boxes, numbers, targets, result, losses) -> None:
        if self.training:
            masks, labels = ([target[key] for target in targets] for key in ("masks", "labels"))
            losses["loss_mask"] = maskrcnn_loss(logits, boxes, masks, labels, numbers)
        for found, masks in zip(result, maskrcnn_inference(logits, [r["labels"] for r in result]) if result else ()):
            found["masks"] = masks

    def _add_keypoints(self, logits, boxes, numbers, targets, result, losses) -> None:
        if self.training:
            points = [target["keypoints"] for target in targets]
            losses["loss_keypoint"] = keypointrcnn_loss(logits, boxes, points, numbers)
            return
        for found, points, scores in zip(result, *keypointrcnn_inference(logits, boxes)):
            found["keypoints"], found["keypoints_scores"] = points, scores
