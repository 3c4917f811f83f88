"""The older names of torch.amp for CUDA devices."""

from __future__ import annotations

from typing import Any

from ... import amp
from ...amp.older import names_for, warn

autocast, GradScaler = names_for("cuda")


def custom_fwd(fwd: Any = None, *, cast_inputs: Any = None) -> Any:
    """torch.amp.custom_fwd(..., device_type="cuda")."""
    warn("cuda", "custom_fwd", "torch.amp.custom_fwd(args..., device_type='cuda')")
    return amp.custom_fwd(fwd, device_type="cuda", cast_inputs=cast_inputs)


def custom_bwd(bwd: Any = None) -> Any:
    """torch.amp.custom_bwd(..., device_type="cuda")."""
    warn("cuda", "custom_bwd", "torch.amp.custom_bwd(args..., device_type='cuda')")
    return amp.custom_bwd(bwd, device_type="cuda")
