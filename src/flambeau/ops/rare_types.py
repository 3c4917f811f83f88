"""Which ops know the types that are kept and cast rather than computed with: uint16, uint32, uint64, 8-bit floats.

PyTorch has few kernels for them: they are made, moved, compared and printed; most arithmetic is refused, in the name of
the kernel that lacks them.
"""

from __future__ import annotations

from ..errors import no_kernel
from ..meta import Meta

# What both kinds may pass through.
KNOWN = frozenset({
    "_to_copy", "alias", "all", "any", "as_strided", "cat", "clone", "constant", "constant_pad_nd", "copy",
    "copy_slices", "diagonal", "eq", "expand", "full", "gather", "index", "index_rows", "isnan", "mul", "ne", "permute",
    "reshape", "roll", "select", "slice", "split", "split_with_sizes", "squeeze", "stack", "t", "transpose", "unbind",
    "take_rows", "unfold", "unsafe_view", "unsqueeze", "view", "where",
})  # fmt: skip
UNSIGNED = frozenset({
    "argsort", "bitwise_and", "bitwise_or", "bitwise_xor", "ceil", "cumprod", "cumsum", "floor", "isfinite", "isinf",
    "prod", "round", "sum", "trunc",
})  # fmt: skip
FLOATS = frozenset({"abs", "eye", "mm", "bmm", "put_rows"})
# The kernels that PyTorch's errors name, where they are not called "<op>_cpu".
KERNELS = {
    **dict.fromkeys(("add", "sub", "add_scaled", "sub_scaled"), "add_stub"), "argsort": "sorting_kernel_method_name",
    "bitwise_left_shift": "lshift_cpu", "bitwise_right_shift": "rshift_cpu", "clamp_min": "clamp_min_scalar_cpu",
    "clamp_max": "clamp_max_scalar_cpu", "cumprod": "cumprod_out_cpu", "cumsum": "cumsum_out_cpu", "dot": "dot",
    "eye": "eye", "floor_divide": "div_floor_cpu", "isfinite": "isfinite", "isinf": "isinf",
    "masked_fill": "masked_fill", "max": "max_all", "mean": "sum_cpu", "min": "min_all", "mm": "addmm_impl_cpu_",
    "pow": "pow", "prod": "prod_out_cpu", "put_rows": "index_put", "relu": "clamp_min_scalar_cpu",
    "scatter": "scatter_gather_tensor_cpu", "scatter_add": "scatter_gather_tensor_cpu", "tril": "tril", "triu": "triu",
    "trunc_divide": "div_trunc_cpu",
}  # fmt: skip


def check_rare(op, operands, outs) -> None:
    """NotImplementedError where an op gets or gives a type that it does not know."""
    seen = [m.dtype for m in (*operands, *outs) if isinstance(m, Meta) and m.dtype.is_rare]
    if not seen or op.name in KNOWN:
        return
    kind = seen[0]
    if op.name in (FLOATS if kind.is_floating_point else UNSIGNED):
        return
    # Functions of fractions cast whole numbers first.
    if op.pointwise and not kind.is_floating_point and outs[0].dtype.is_floating_point:
        return
    vectors = op.pointwise and kind.is_floating_point and len(op.params) == 1 and op.name != "neg"
    raise no_kernel(KERNELS.get(op.name, f"{op.name}_vml_cpu" if vectors else f"{op.name}_cpu"), kind)
