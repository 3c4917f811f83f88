"""Imports torchvision's Python beside PyTorch's CPU build, for which there is no build of its compiled part.

What needs the compiled operators (nms, roi_align) cannot be run; everything else can.
"""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("PIL")

_schemas = torch.library.Library("torchvision", "DEF")
for _name in ("nms", "qnms"):  # torchvision gives them kernels for shapes when it is imported
    _schemas.define(f"{_name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

torchvision = pytest.importorskip("torchvision")
