"""The kernels of other devices, under torch's names for them: on a CPU each raises what PyTorch raises there.

They take the arguments that they take there, by the same names.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable

from .tensor import Tensor

_CONVOLUTION = "padding, stride, dilation, groups, benchmark, deterministic"
_NORM = "input, weight, bias, running_mean, running_var, training, exponential_average_factor, epsilon"
_BATCH_NORM = "input, mean, invstd, weight"
_GATHER = "input, mean, invstd, running_mean, running_var, momentum, eps"
_FUSED = "bias, stride, padding, dilation, groups"
_POOL = "input, kernel_size, stride=(), padding=0, dilation=1, ceil_mode=False"
_PARAMETERS = {
    "batch_norm_backward_elemt": f"grad_out, {_BATCH_NORM}, sum_dy, sum_dy_xmu, count",
    "batch_norm_backward_reduce": f"grad_out, {_BATCH_NORM}, input_g, weight_g, bias_g",
    "batch_norm_elemt": "input, weight, bias, mean, invstd, eps",
    "batch_norm_gather_stats": f"{_GATHER}, count",
    "batch_norm_gather_stats_with_counts": f"{_GATHER}, counts",
    "batch_norm_stats": "input, eps",
    "cudnn_affine_grid_generator": "theta, N, C, H, W",
    "cudnn_batch_norm": _NORM,
    "cudnn_convolution": f"input, weight, {_CONVOLUTION}, allow_tf32",
    "cudnn_convolution_add_relu": f"input, weight, z, alpha, {_FUSED}",
    "cudnn_convolution_relu": f"input, weight, {_FUSED}",
    "cudnn_convolution_transpose": "input, weight, padding, output_padding, stride, dilation, groups, benchmark, "
    "deterministic, allow_tf32",
    "cudnn_grid_sampler": "input, grid",
    "miopen_batch_norm": _NORM,
    "miopen_convolution": f"input, weight, bias, {_CONVOLUTION}",
    "miopen_convolution_add_relu": f"input, weight, z, alpha, {_FUSED}",
    "miopen_convolution_relu": f"input, weight, {_FUSED}",
    "miopen_convolution_transpose": "input, weight, bias, padding, output_padding, stride, dilation, groups, "
    "benchmark, deterministic",
    "miopen_ctc_loss": "log_probs, targets, input_lengths, target_lengths, blank, deterministic, zero_infinity",
    "miopen_depthwise_convolution": f"input, weight, bias, {_CONVOLUTION}",
    "miopen_rnn": "input, weight, weight_stride0, hx, cx, mode, hidden_size, num_layers, batch_first, dropout, train, "
    "bidirectional, batch_sizes, dropout_state",
    "mkldnn_adaptive_avg_pool2d": "input, output_size",
    "mkldnn_linear_backward_weights": "grad_output, input, weight, bias_defined",
    "mkldnn_max_pool2d": _POOL,
    "mkldnn_max_pool3d": _POOL,
    "native_norm": "input, p=2, dim=None, keepdim=False, dtype=None",
    "resize_as_sparse_": "input, the_template",
}  # fmt: skip


# The same of methods that torch has no functions for.
_METHODS = {
    "sparse_resize_": "self, size, sparse_dim, dense_dim",
    "sparse_resize_and_clear_": "self, size, sparse_dim, dense_dim",
    "to_padded_tensor": "self, padding, output_size=None",
}


def _signature(text: str) -> inspect.Signature:
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = []
    for part in text.split(", "):
        name, _, default = part.partition("=")
        value = ast.literal_eval(default) if default else inspect.Parameter.empty
        parameters.append(inspect.Parameter(name, kind, default=value))
    return inspect.Signature(parameters)


def _missing(name: str, signature: inspect.Signature) -> Callable:
    def function(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        first = next(iter(bound.arguments.values()))
        if not isinstance(first, Tensor):
            position = next(iter(signature.parameters))
            raise TypeError(f"{name}(): argument '{position}' (position 1) must be Tensor, not {type(first).__name__}")
        raise NotImplementedError(
            f"Could not run 'aten::{name}' with arguments from the 'CPU' backend. This could be because the operator "
            "doesn't exist for this backend, or was omitted during the selective/custom build process (if using custom "
            "build)."
        )

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "A kernel of another device; raises NotImplementedError."
    function.__signature__ = signature  # type: ignore[attr-defined]
    return function


for _name, _text in (_PARAMETERS | _METHODS).items():
    globals()[_name] = _missing(_name, _signature(_text))


def cudnn_is_acceptable(input: Tensor) -> bool:
    """Whether a tensor may go to cuDNN: no."""
    return False


__all__ = [*_PARAMETERS, "cudnn_is_acceptable"]
