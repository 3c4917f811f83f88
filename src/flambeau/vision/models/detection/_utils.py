"""What detectors share: boxes told by differences from others, and which of two sets of boxes belong together."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Sequence

import flambeau as torch
from flambeau import Tensor, nn
from flambeau.nn import functional as F

from ...ops import FrozenBatchNorm2d, complete_box_iou_loss, distance_box_iou_loss, generalized_box_iou_loss


class BalancedPositiveNegativeSampler:
    """Chooses examples at random, a fixed part of them positive.

    Args:
        batch_size_per_image: how many of each image.
        positive_fraction: which part of them is positive, if there are enough.
    """

    def __init__(self, batch_size_per_image: int, positive_fraction: float) -> None:
        self.batch_size_per_image = batch_size_per_image
        self.positive_fraction = positive_fraction

    def __call__(self, matched_idxs: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Masks (uint8) of the positive and the negative examples that were chosen.

        Args:
            matched_idxs: for each image numbers that are 1 or more for positive examples, 0 for negative ones, and
                less for what is ignored.
        """
        chosen = [self._of_image(matched) for matched in matched_idxs]
        return [positive for positive, _ in chosen], [negative for _, negative in chosen]

    def _of_image(self, matched: Tensor) -> tuple[Tensor, Tensor]:
        positive, negative = torch.where(matched >= 1)[0], torch.where(matched == 0)[0]
        count = min(positive.numel(), int(self.batch_size_per_image * self.positive_fraction))
        others = min(negative.numel(), self.batch_size_per_image - count)
        masks = []
        for places, wanted in ((positive, count), (negative, others)):
            mask = torch.zeros_like(matched, dtype=torch.uint8)
            mask[places[torch.randperm(places.numel())[:wanted]]] = 1
            masks.append(mask)
        return masks[0], masks[1]


def _centres(boxes: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The sides and the centres of boxes (..., 4)."""
    x1, y1, x2, y2 = boxes.unbind(-1)
    width, height = x2 - x1, y2 - y1
    return width, height, x1 + 0.5 * width, y1 + 0.5 * height


def encode_boxes(reference_boxes: Tensor, proposals: Tensor, weights: Tensor) -> Tensor:
    """What takes proposals (N, 4) to reference boxes (N, 4): shifts and logarithms of factors, times weights (4)."""
    wx, wy, ww, wh = weights
    width, height, x, y = _centres(proposals)
    goal_width, goal_height, goal_x, goal_y = _centres(reference_boxes)
    steps = (
        wx * (goal_x - x) / width,
        wy * (goal_y - y) / height,
        ww * torch.log(goal_width / width),
        wh * torch.log(goal_height / height),
    )
    return torch.stack(steps, 1)


class BoxCoder:
    """Tells boxes by what takes others to them.

    Args:
        weights: factors of the shifts and of the logarithms of factors.
        bbox_xform_clip: the largest logarithm.
    """

    def __init__(
        self, weights: tuple[float, float, float, float], bbox_xform_clip: float = math.log(1000.0 / 16)
    ) -> None:
        self.weights = weights
        self.bbox_xform_clip = bbox_xform_clip

    def encode(self, reference_boxes: list[Tensor], proposals: list[Tensor]) -> tuple[Tensor, ...]:
        """For each image what takes proposals to reference boxes."""
        targets = self.encode_single(torch.cat(reference_boxes), torch.cat(proposals))
        return targets.split([len(boxes) for boxes in reference_boxes], 0)

    def encode_single(self, reference_boxes: Tensor, proposals: Tensor) -> Tensor:
        """The same for one image."""
        return encode_boxes(reference_boxes, proposals, torch.as_tensor(self.weights, dtype=reference_boxes.dtype))

    def decode(self, rel_codes: Tensor, boxes: list[Tensor]) -> Tensor:
        """The boxes (N, classes, 4) to which codes (N, classes * 4) take those of all images.

        Raises:
            AssertionError: boxes that are no list, codes that are no tensor.
        """
        if not isinstance(boxes, (list, tuple)):
            raise AssertionError("This function expects boxes of type list or tuple.")
        if not isinstance(rel_codes, Tensor):
            raise AssertionError("This function expects rel_codes of type torch.Tensor.")
        count = sum(each.size(0) for each in boxes)
        rel_codes = rel_codes.reshape(count, -1) if count else rel_codes
        decoded = self.decode_single(rel_codes, torch.cat(list(boxes)))
        return decoded.reshape(count, -1, 4) if count else decoded

    def decode_single(self, rel_codes: Tensor, boxes: Tensor) -> Tensor:
        """The boxes (N, classes * 4) to which codes take boxes (N, 4)."""
        width, height, x, y = (part[:, None] for part in _centres(boxes.to(rel_codes.dtype)))
        dx, dy, dw, dh = (rel_codes[:, i::4] / weight for i, weight in enumerate(self.weights))
        x, y = dx * width + x, dy * height + y
        half_width = 0.5 * (torch.exp(dw.clamp(max=self.bbox_xform_clip)) * width)
        half_height = 0.5 * (torch.exp(dh.clamp(max=self.bbox_xform_clip)) * height)
        return torch.stack((x - half_width, y - half_height, x + half_width, y + half_height), 2).flatten(1)


class BoxLinearCoder:
    """Tells boxes by how far their edges are from the centres of others (Tian et al., FCOS, 2019).

    Args:
        normalize_by_size: whether in sides of the other box.
    """

    def __init__(self, normalize_by_size: bool = True) -> None:
        self.normalize_by_size = normalize_by_size

    def encode(self, reference_boxes: Tensor, proposals: Tensor) -> Tensor:
        """The distances from the centres of reference boxes (..., 4) to the edges of proposals (..., 4)."""
        x, y = self._centre(reference_boxes)
        left, top, right, bottom = proposals.unbind(-1)
        targets = torch.stack((x - left, y - top, right - x, bottom - y), -1)
        return targets / self._sides(reference_boxes) if self.normalize_by_size else targets

    def decode(self, rel_codes: Tensor, boxes: Tensor) -> Tensor:
        """The boxes at distances from the centres of boxes (..., 4)."""
        boxes = boxes.to(rel_codes.dtype)
        x, y = self._centre(boxes)
        codes = rel_codes * self._sides(boxes) if self.normalize_by_size else rel_codes
        left, top, right, bottom = codes.unbind(-1)
        return torch.stack((x - left, y - top, x + right, y + bottom), -1)

    @staticmethod
    def _centre(boxes: Tensor) -> tuple[Tensor, Tensor]:
        return 0.5 * (boxes[..., 0] + boxes[..., 2]), 0.5 * (boxes[..., 1] + boxes[..., 3])

    @staticmethod
    def _sides(boxes: Tensor) -> Tensor:
        sides = boxes[..., 2:] - boxes[..., :2]
        return torch.cat((sides, sides), -1)


class Matcher:
    """Gives each prediction the true box that suits it best, if that suits well enough.

    Args:
        high_threshold: the quality from which on they belong together.
        low_threshold: the quality below which they do not; between both nothing is said.
        allow_low_quality_matches: whether a true box also gets the predictions that suit it best, however badly.
    """

    BELOW_LOW_THRESHOLD = -1
    BETWEEN_THRESHOLDS = -2

    def __init__(self, high_threshold: float, low_threshold: float, allow_low_quality_matches: bool = False) -> None:
        if low_threshold > high_threshold:
            raise AssertionError("low_threshold should be <= high_threshold")
        self.high_threshold = high_threshold
        self.low_threshold = low_threshold
        self.allow_low_quality_matches = allow_low_quality_matches

    def __call__(self, match_quality_matrix: Tensor) -> Tensor:
        """For each of N predictions the number of its true box, or a negative number.

        Args:
            match_quality_matrix: (true boxes, N).

        Raises:
            ValueError: there are no true boxes, or no predictions.
        """
        if match_quality_matrix.numel() == 0:
            kind = "ground-truth" if match_quality_matrix.shape[0] == 0 else "proposal"
            raise ValueError(f"No {kind} boxes available for one of the images during training")
        quality, best = match_quality_matrix.max(dim=0)
        matches = torch.where(quality < self.high_threshold, self.BETWEEN_THRESHOLDS, best)
        matches = torch.where(quality < self.low_threshold, self.BELOW_LOW_THRESHOLD, matches)
        if not self.allow_low_quality_matches:
            return matches
        highest = match_quality_matrix == match_quality_matrix.max(dim=1, keepdim=True)[0]
        return torch.where(highest.any(0), best, matches)


class SSDMatcher(Matcher):
    """Gives each true box at least the prediction that suits it best."""

    def __init__(self, threshold: float) -> None:
        super().__init__(threshold, threshold, allow_low_quality_matches=False)

    def __call__(self, match_quality_matrix: Tensor) -> Tensor:
        matches = super().__call__(match_quality_matrix)
        best = match_quality_matrix.max(dim=1)[1]
        matches[best] = torch.arange(best.size(0))
        return matches


def overwrite_eps(model: nn.Module, eps: float) -> None:
    """Sets eps of all frozen normalisations; weights of before 2020 were trained with 0."""
    for module in model.modules():
        if isinstance(module, FrozenBatchNorm2d):
            module.eps = eps


def retrieve_out_channels(model: nn.Module, size: tuple[int, int]) -> list[int]:
    """The channels of the maps that a model gives for images of a size (width, height)."""
    training = model.training
    model.eval()
    with torch.no_grad():
        features = model(torch.zeros((1, 3, size[1], size[0])))
    model.train(training)
    maps = [features] if isinstance(features, Tensor) else features.values()
    return [x.size(1) for x in maps]


def by_name(features) -> dict[str, Tensor]:
    """Maps by name; one alone is called "0"."""
    return OrderedDict([("0", features)]) if isinstance(features, Tensor) else features


def _topk_min(input: Tensor, orig_kval: int, axis: int) -> int:
    """A number of elements, no more than there are."""
    return min(orig_kval, input.size(axis))


BOX_LOSSES = {"ciou": complete_box_iou_loss, "diou": distance_box_iou_loss, "giou": generalized_box_iou_loss}


def _box_loss(
    type: str, box_coder: BoxCoder, anchors: Tensor, goals: Tensor, codes: Tensor, cnf: dict[str, float] | None = None
) -> Tensor:
    """The loss of codes that should take anchors to goals: "l1" or "smooth_l1" of codes, or one of boxes."""
    cnf = cnf or {}
    if type == "l1":
        return F.l1_loss(codes, box_coder.encode_single(goals, anchors), reduction="sum")
    if type == "smooth_l1":
        wanted = box_coder.encode_single(goals, anchors)
        return F.smooth_l1_loss(codes, wanted, reduction="sum", beta=cnf.get("beta", 1.0))
    if type not in BOX_LOSSES:
        raise AssertionError(f"Unsupported loss: {type}")
    return BOX_LOSSES[type](box_coder.decode_single(codes, anchors), goals, reduction="sum", eps=cnf.get("eps", 1e-7))


def check_targets(targets: Sequence[dict[str, Tensor]] | None) -> None:
    """AssertionError where a training step has no targets, or one of these no boxes (N, 4)."""
    if targets is None:
        raise AssertionError("targets should not be none when in training mode")
    for target in targets:
        boxes = target["boxes"]
        if not isinstance(boxes, Tensor):
            raise AssertionError(f"Expected target boxes to be of type Tensor, got {type(boxes)}.")
        if len(boxes.shape) != 2 or boxes.shape[-1] != 4:
            raise AssertionError(f"Expected target boxes to be a tensor of shape [N, 4], got {boxes.shape}.")


def check_degenerate(targets: Sequence[dict[str, Tensor]] | None) -> None:
    """AssertionError for the first box without an inside."""
    for number, target in enumerate(targets or ()):
        boxes = target["boxes"]
        degenerate = (boxes[:, 2:] <= boxes[:, :2]).any(dim=1)
        if degenerate.any():
            first = boxes[torch.where(degenerate)[0][0]].tolist()
            raise AssertionError(
                "All bounding boxes should have positive height and width. Found invalid box "
                f"{first} for target at index {number}."
            )


def sizes_of(images: list[Tensor]) -> list[tuple[int, int]]:
    """The (height, width) of images."""
    sizes = []
    for image in images:
        size = image.shape[-2:]
        if len(size) != 2:
            raise AssertionError(
                f"expecting the last two dimensions of the Tensor to be H and W instead got {image.shape[-2:]}"
            )
        sizes.append((size[0], size[1]))
    return sizes
