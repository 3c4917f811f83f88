"""Which ops know complex numbers, and PyTorch's errors of those that do not."""

from __future__ import annotations

from ..dtypes import COMPLEX, dtype
from ..errors import TYPE_TITLES
from ..meta import Meta

# Views say nothing: what they do does not depend on the elements.
SUPPORTED = frozenset({
    "_to_copy", "clone", "copy", "copy_slices", "constant", "full", "linspace", "eye", "cat", "flip",
    "constant_pad_nd", "tril", "triu", "abs", "angle", "conj", "conj_physical", "complex", "polar", "sgn", "neg",
    "add", "sub", "mul", "div", "pow", "pow_grad", "pow_exponent_grad", "reciprocal", "square", "lerp", "addcmul",
    "addcdiv", "xlogy", "sinc", "sigmoid", "logaddexp", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p",
    "sqrt", "rsqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "logcumsumexp", "l1_loss", "stack", "eq", "ne", "logical_and", "logical_or", "logical_xor", "logical_not",
    "isnan", "isinf", "isfinite", "where", "masked_fill", "all", "any", "sum", "mean", "prod", "norm", "cumsum",
    "cumprod", "var", "mm", "bmm", "addmm", "linear", "convolution", "convolution_input", "convolution_weight",
    "index", "index_rows", "gather", "scatter", "scatter_add", "take_rows", "put_rows", "add_rows", "slice_backward",
    "slice_forward", "linalg_inv_ex", "linalg_matrix_exp", "linalg_solve_ex", "linalg_lu_factor_ex", "linalg_pinv",
    "linalg_det",
    "linalg_slogdet", "linalg_cholesky_ex", "linalg_eigh", "linalg_svd", "linalg_qr", "linalg_eig",
    "linalg_permutation", "fft_c2c", "fft_r2c", "fft_c2r",
})  # fmt: skip
REFUSALS: dict[str, tuple[type[Exception], str]] = {
    "maximum": (RuntimeError, "maximum not implemented for complex tensors."),
    "minimum": (RuntimeError, "minimum not implemented for complex tensors."),
    "floor": (NotImplementedError, "floor is not supported for complex inputs"),
    "ceil": (NotImplementedError, "ceil is not supported for complex inputs"),
    "trunc": (NotImplementedError, "trunc is not supported for complex inputs"),
    "sign": (
        NotImplementedError,
        "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead.",
    ),
    **dict.fromkeys(
        ("relu", "clamp_min", "clamp_max"), (NotImplementedError, "clamp is not supported for complex types")
    ),
    "argsort": (RuntimeError, " Sort does not support complex dtypes on CPU"),
    "argmax": (RuntimeError, "argmax(): does not support complex input"),
    "argmin": (RuntimeError, "argmin(): does not support complex input"),
}
# The names of kernels in PyTorch's errors, where they are not "<op>_cpu".
KERNELS = {
    "max": "max_all", "min": "min_all", "amax": "max_values_cpu", "amin": "min_values_cpu", "erf": "erf_vml_cpu",
    "round": "round_vml_cpu", "floor_divide": "div_floor_cpu", "softmax": "softmax_lastdim_kernel_impl",
    "log_softmax": "log_softmax_lastdim_kernel_impl",
}  # fmt: skip


def refuse(kernel: str, d: dtype) -> None:
    """Raises for a complex type, in the name of PyTorch's kernel."""
    if d.is_complex:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{TYPE_TITLES[d.name]}'")


def check_complex(name: str, operands) -> None:
    """Raises where an op is called on complex numbers that it does not know; operands as `Op.infer` is told of them."""
    kinds = [o.dtype for o in operands if isinstance(o, Meta) and o.category == COMPLEX]
    if not kinds or name in SUPPORTED:
        return
    if name in REFUSALS:
        kind, text = REFUSALS[name]
        raise kind(text)
    refuse(KERNELS.get(name, f"{name}_cpu"), kinds[0])
