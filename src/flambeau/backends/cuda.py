"""torch.backends.cuda: switches of CUDA's libraries, which are not there."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace

matmul = SimpleNamespace(
    allow_tf32=False,
    allow_fp16_reduced_precision_reduction=True,
    allow_bf16_reduced_precision_reduction=True,
    allow_fp16_accumulation=False,
    fp32_precision="none",
)
cufft_plan_cache = SimpleNamespace(size=0, max_size=0, clear=lambda: None)


def is_built() -> bool:
    """Whether this build has CUDA: no."""
    return False


def _allowed() -> set[str]:
    """The kernels that attention may be computed by."""
    return importlib.import_module("flambeau.nn.functional.attention").ALLOWED


def _switch(kernel: str, what: str) -> tuple[Callable[[], bool], Callable[[bool], None]]:
    """The functions that tell whether a kernel of attention is allowed, and allow or forbid it."""

    def enabled() -> bool:
        return kernel in _allowed()

    def enable(enabled: bool) -> None:
        (_allowed().add if enabled else _allowed().discard)(kernel)

    enabled.__name__ = enabled.__qualname__ = f"{what}_sdp_enabled"
    enable.__name__ = enable.__qualname__ = f"enable_{what}_sdp"
    enabled.__doc__, enable.__doc__ = f"Whether {kernel} is allowed.", f"Allows or forbids {kernel}."
    return enabled, enable


flash_sdp_enabled, enable_flash_sdp = _switch("FLASH_ATTENTION", "flash")
mem_efficient_sdp_enabled, enable_mem_efficient_sdp = _switch("EFFICIENT_ATTENTION", "mem_efficient")
math_sdp_enabled, enable_math_sdp = _switch("MATH", "math")
cudnn_sdp_enabled, enable_cudnn_sdp = _switch("CUDNN_ATTENTION", "cudnn")


@contextlib.contextmanager
def sdp_kernel(
    enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True
) -> Iterator[None]:
    """Inside, attention is computed by the kernels that are enabled."""
    asked = {
        "FLASH_ATTENTION": enable_flash,
        "MATH": enable_math,
        "EFFICIENT_ATTENTION": enable_mem_efficient,
        "CUDNN_ATTENTION": enable_cudnn,
    }
    attention = importlib.import_module("flambeau.nn.attention")
    with attention.allowing(kernel for kernel, enabled in asked.items() if enabled):
        yield
