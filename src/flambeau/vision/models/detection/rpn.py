"""The network that proposes regions (Ren et al., Faster R-CNN, 2015)."""

from __future__ import annotations

import flambeau as torch
from flambeau import Tensor, nn
from flambeau.nn import functional as F

from ...ops import Conv2dNormActivation
from ...ops import boxes as box_ops
from . import _utils as det_utils
from .anchor_utils import AnchorGenerator
from .image_list import ImageList


class RPNHead(nn.Module):
    """For each anchor of each pixel whether there is something, and where.

    Args:
        in_channels: of the maps.
        num_anchors: of a pixel.
        conv_depth: how many convolutions come first.
    """

    _version = 2

    def __init__(self, in_channels: int, num_anchors: int, conv_depth: int = 1) -> None:
        super().__init__()
        layers = [Conv2dNormActivation(in_channels, in_channels, norm_layer=None) for _ in range(conv_depth)]
        self.conv = nn.Sequential(*layers)
        self.cls_logits = nn.Conv2d(in_channels, num_anchors, kernel_size=1, stride=1)
        self.bbox_pred = nn.Conv2d(in_channels, num_anchors * 4, kernel_size=1, stride=1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.normal_(layer.weight, std=0.01)
                nn.init.constant_(layer.bias, 0)

    def _load_from_state_dict(self, state_dict, prefix, local_metadata, *args) -> None:
        if (local_metadata.get("version") or 1) < 2:  # there was one convolution alone
            for part in ("weight", "bias"):
                if f"{prefix}conv.{part}" in state_dict:
                    state_dict[f"{prefix}conv.0.0.{part}"] = state_dict.pop(f"{prefix}conv.{part}")
        super()._load_from_state_dict(state_dict, prefix, local_metadata, *args)

    def forward(self, x: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """For each map the scores (N, anchors, H, W) and the codes of boxes (N, anchors * 4, H, W)."""
        hidden = [self.conv(feature) for feature in x]
        return [self.cls_logits(t) for t in hidden], [self.bbox_pred(t) for t in hidden]


def permute_and_flatten(layer: Tensor, N: int, A: int, C: int, H: int, W: int) -> Tensor:
    """What a convolution says of the anchors of each pixel (N, A * C, H, W) as rows, (N, H * W * A, C)."""
    return layer.reshape(N, -1, C, H, W).permute(0, 3, 4, 1, 2).reshape(N, -1, C)


def concat_box_prediction_layers(box_cls: list[Tensor], box_regression: list[Tensor]) -> tuple[Tensor, Tensor]:
    """The scores and codes of all maps as rows, in the order of the anchors."""
    scores, codes = [], []
    for classes, boxes in zip(box_cls, box_regression):
        count, _, height, width = classes.shape
        anchors = boxes.shape[1] // 4
        scores.append(permute_and_flatten(classes, count, anchors, classes.shape[1] // anchors, height, width))
        codes.append(permute_and_flatten(boxes, count, anchors, 4, height, width))
    return torch.cat(scores, dim=1).flatten(0, -2), torch.cat(codes, dim=1).reshape(-1, 4)


class RegionProposalNetwork(nn.Module):
    """Proposes regions.

    Args:
        anchor_generator, head: make anchors, and tell what is there.
        fg_iou_thresh, bg_iou_thresh: overlaps with true boxes from which on, and up to which, there is (not) something.
        batch_size_per_image, positive_fraction: of the anchors that training looks at.
        pre_nms_top_n, post_nms_top_n: how many regions stay before and after overlapping ones go, for "training" and
            "testing".
        nms_thresh: the overlap from which on one goes.
        score_thresh: the least score.
    """

    def __init__(
        self,
        anchor_generator: AnchorGenerator,
        head: nn.Module,
        fg_iou_thresh: float,
        bg_iou_thresh: float,
        batch_size_per_image: int,
        positive_fraction: float,
        pre_nms_top_n: dict[str, int],
        post_nms_top_n: dict[str, int],
        nms_thresh: float,
        score_thresh: float = 0.0,
    ) -> None:
        super().__init__()
        self.anchor_generator = anchor_generator
        self.head = head
        self.box_coder = det_utils.BoxCoder(weights=(1.0, 1.0, 1.0, 1.0))
        self.box_similarity = box_ops.box_iou
        self.proposal_matcher = det_utils.Matcher(fg_iou_thresh, bg_iou_thresh, allow_low_quality_matches=True)
        self.fg_bg_sampler = det_utils.BalancedPositiveNegativeSampler(batch_size_per_image, positive_fraction)
        self._pre_nms_top_n = pre_nms_top_n
        self._post_nms_top_n = post_nms_top_n
        self.nms_thresh = nms_thresh
        self.score_thresh = score_thresh
        self.min_size = 1e-3

    def pre_nms_top_n(self) -> int:
        """How many regions of each map stay before overlapping ones go."""
        return self._pre_nms_top_n["training" if self.training else "testing"]

    def post_nms_top_n(self) -> int:
        """How many regions stay in the end."""
        return self._post_nms_top_n["training" if self.training else "testing"]

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[dict[str, Tensor]]
    ) -> tuple[list[Tensor], list[Tensor]]:
        """For each anchor 1, 0 or -1 (something, nothing, not known), and its true box."""
        labels, goals = [], []
        for own, target in zip(anchors, targets):
            boxes = target["boxes"]
            if boxes.numel() == 0:
                goals.append(torch.zeros(own.shape, dtype=torch.float32))
                labels.append(torch.zeros((own.shape[0],), dtype=torch.float32))
                continue
            matched = self.proposal_matcher(self.box_similarity(boxes, own))
            goals.append(boxes[matched.clamp(min=0)])
            unknown = matched == self.proposal_matcher.BETWEEN_THRESHOLDS
            labels.append(torch.where(unknown, -1.0, (matched >= 0).to(torch.float32)))
        return labels, goals

    def _get_top_n_idx(self, objectness: Tensor, num_anchors_per_level: list[int]) -> Tensor:
        places, offset = [], 0
        for scores in objectness.split(num_anchors_per_level, 1):
            count = det_utils._topk_min(scores, self.pre_nms_top_n(), 1)
            places.append(scores.topk(count, dim=1)[1] + offset)
            offset += scores.shape[1]
        return torch.cat(places, dim=1)

    def filter_proposals(
        self,
        proposals: Tensor,
        objectness: Tensor,
        image_shapes: list[tuple[int, int]],
        num_anchors_per_level: list[int],
    ) -> tuple[list[Tensor], list[Tensor]]:
        """For each image the regions that stay, and their scores."""
        count = proposals.shape[0]
        objectness = objectness.detach().reshape(count, -1)
        levels = torch.cat([torch.full((n,), i, dtype=torch.int64) for i, n in enumerate(num_anchors_per_level)])
        best = self._get_top_n_idx(objectness, num_anchors_per_level)
        images = torch.arange(count)[:, None]
        kept = [
            self._of_image(*parts)
            for parts in zip(
                proposals[images, best], torch.sigmoid(objectness[images, best]), levels[best], image_shapes
            )
        ]
        return [boxes for boxes, _ in kept], [scores for _, scores in kept]

    def _of_image(self, boxes: Tensor, scores: Tensor, levels: Tensor, shape) -> tuple[Tensor, Tensor]:
        boxes = box_ops.clip_boxes_to_image(boxes, shape)
        keep = box_ops.remove_small_boxes(boxes, self.min_size)
        keep = keep[torch.where(scores[keep] >= self.score_thresh)[0]]
        boxes, scores, levels = boxes[keep], scores[keep], levels[keep]
        keep = box_ops.batched_nms(boxes, scores, levels, self.nms_thresh)[: self.post_nms_top_n()]
        return boxes[keep], scores[keep]

    def compute_loss(
        self, objectness: Tensor, pred_bbox_deltas: Tensor, labels: list[Tensor], regression_targets
    ) -> tuple[Tensor, Tensor]:
        """The losses of scores and of codes, for the anchors that are chosen."""
        positive, negative = (torch.where(torch.cat(masks))[0] for masks in self.fg_bg_sampler(labels))
        chosen = torch.cat([positive, negative])
        wanted, goals = torch.cat(labels), torch.cat(list(regression_targets))
        box_loss = F.smooth_l1_loss(pred_bbox_deltas[positive], goals[positive], beta=1 / 9, reduction="sum")
        objectness_loss = F.binary_cross_entropy_with_logits(objectness.flatten()[chosen], wanted[chosen])
        return objectness_loss, box_loss / chosen.numel()

    def forward(
        self, images: ImageList, features: dict[str, Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        """The regions of each image, and the losses in training.

        Raises:
            ValueError: no targets in training.
        """
        maps = list(features.values())
        scores, codes = self.head(maps)
        anchors = self.anchor_generator(images, maps)
        counts = [score[0].numel() for score in scores]
        objectness, deltas = concat_box_prediction_layers(scores, codes)
        proposals = self.box_coder.decode(deltas.detach(), anchors).reshape(len(anchors), -1, 4)
        boxes, _ = self.filter_proposals(proposals, objectness, images.image_sizes, counts)
        if not self.training:
            return boxes, {}
        if targets is None:
            raise ValueError("targets should not be None")
        labels, goals = self.assign_targets_to_anchors(anchors, targets)
        losses = self.compute_loss(objectness, deltas, labels, self.box_coder.encode(goals, anchors))
        return boxes, dict(zip(("loss_objectness", "loss_rpn_box_reg"), losses))
