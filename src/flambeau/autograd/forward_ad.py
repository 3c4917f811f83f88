"""torch.autograd.forward_ad: derivatives that are carried along with values."""

from ..transforms.forward import (
    UnpackedDualTensor,
    _set_fwd_grad_enabled,
    dual_level,
    enter_dual_level,
    exit_dual_level,
    make_dual,
    unpack_dual,
)

__all__ = [
    "UnpackedDualTensor", "_set_fwd_grad_enabled", "dual_level", "enter_dual_level", "exit_dual_level", "make_dual",
    "unpack_dual",
]  # fmt: skip
