"""Which ops know complex numbers, and PyTorch's errors of those that do not.

An op knows them where its meaning says nothing that has none for them, such as an order, or is a call of NumPy; nobody
has to declare it. What
could be computed and yet is not in PyTorch (roundings, normalizations) is listed.
"""

from __future__ import annotations

from .. import ir
from ..dtypes import COMPLEX, bool_, complex128, dtype, float64, int64
from ..errors import TYPE_TITLES
from ..meta import Meta
from .rare_types import check_rare

CLAMP = (NotImplementedError, "clamp is not supported for complex types")
SIGN = "Unlike NumPy, torch.sign is not intended to support complex numbers. Please use torch.sgn instead."
ERRORS: dict[str, tuple[type[Exception], str]] = {
    **{n: (RuntimeError, f"{n} not implemented for complex tensors.") for n in ("maximum", "minimum", "fmax", "fmin")},
    **{n: (NotImplementedError, f"{n} is not supported for complex inputs") for n in ("floor", "ceil", "trunc")},
    **{name: (RuntimeError, f"{name} does not support complex inputs.") for name in ("isposinf", "isneginf")},
    **{name: (RuntimeError, f"{name}(): does not support complex input") for name in ("argmax", "argmin")},
    **{f"{name}_dim": (RuntimeError, f"{name}(): does not support complex input") for name in ("max", "min")},
    **{name: (RuntimeError, f"{name} is not supported for complex tensors.") for name in ("deg2rad", "rad2deg")},
    "heaviside": (RuntimeError, "heaviside is not yet implemented for complex tensors."),
    "signbit": (NotImplementedError, "signbit is not implemented for complex tensors."),
    **dict.fromkeys(("relu", "hardtanh", "clamp_min", "clamp_max"), CLAMP),
    "sign": (NotImplementedError, SIGN),
    "argsort": (RuntimeError, " Sort does not support complex dtypes on CPU"),
}  # fmt: skip
# The kernels that PyTorch's errors name: those that are not called "<op>_cpu", and all that are refused though their
# meaning does not show why.
KERNELS = {
    "max": "max_all", "min": "min_all", "amax": "max_values_cpu", "amin": "min_values_cpu", "erf": "erf_vml_cpu",
    "round": "round_vml_cpu", "floor_divide": "div_floor_cpu", "softmax": "softmax_lastdim_kernel_impl",
    "log_softmax": "log_softmax_lastdim_kernel_impl", "frac": "frac_cpu", "hypot": "hypot_cpu",
    "xlogy": "xlogy_cpu", "special_xlog1py": "xlog1py_cpu", "special_entr": "entr_cpu", "logaddexp2": "logaddexp2_cpu",
    "lgamma": "lgamma_vml_cpu", "erfinv": "erfinv_vml_cpu", "erfc": "erfc_vml_cpu", "digamma": "digamma",
    "gelu": "GeluKernelImpl", "i0": "i0_vml_cpu", "bisect": "searchsorted_out_cpu",
    "dropout": "bernoulli_scalar_cpu_", "mse_loss": "mse_cpu", "gelu_tanh": "GeluKernelImpl", "logit": "logit_cpu",
    "native_layer_norm": "LayerNormKernelImpl", "native_group_norm": "GroupNormKernelImpl",
    "native_batch_norm": "batch_norm", "log_sigmoid": "log_sigmoid_cpu",
}  # fmt: skip
# Ops that cast where they are asked to.
CASTING = frozenset({"_to_copy", "copy", "sum", "prod", "mean", "cumsum", "cumprod"})

MAPS = frozenset({
    "add", "sub", "mul", "div", "neg", "abs", "angle", "real", "imag", "conj", "complex", "reciprocal", "rsqrt",
    "sigmoid", "logaddexp", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "pow", "sin", "cos", "tan",
    "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "eq", "ne", "isnan", "where", "cast",
    "bitcast",
})  # fmt: skip
KINDS = frozenset({"view", "update", "take", "matmul", "conv", "conv_dx", "conv_dw", "reinterpret"})
FUNCTIONS = {
    "map": MAPS, "reduce": {"sum", "prod"}, "scan": {"sum", "prod", "logsumexp"}, "put": {"set", "add", "mul"},
    "pool": {"sum"}, "pool_dx": {"sum"},
}  # fmt: skip


def refuse(kernel: str, d: dtype) -> None:
    """Raises for a complex type, in the name of PyTorch's kernel."""
    if d.is_complex:
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{TYPE_TITLES[d.name]}'")


def complex_kind(operands) -> dtype | None:
    """The complex type among operands, as `Op.infer` is told of them."""
    return next((o.dtype for o in operands if isinstance(o, Meta) and o.category == COMPLEX), None)


def check_complex(op, operands) -> None:
    """Raises PyTorch's error where an op is listed as one that knows no complex numbers, and gets some."""
    kind = complex_kind(operands)
    if kind is not None and (op.name in ERRORS or op.name in KERNELS):
        _fail(op.name, kind)


def check_meaning(op, operands, attrs, outs) -> None:
    """Raises where the meaning of an op has none for the complex numbers, or for the rare types, that it gets."""
    check_rare(op, operands, outs)
    kind = complex_kind(operands)
    if kind is None or op.lower is None or op.name in CASTING:
        return
    nodes = [_stand_in(i, o) for i, o in enumerate(operands)]
    metas = [o if isinstance(o, Meta) else None for o in operands]
    parts = ir.topological(op.lowered(nodes, attrs, outs, metas))
    if not any(node.kind == "host" for node in parts) and not all(map(_has_meaning, parts)):
        _fail(op.name, kind)


def _fail(name: str, kind: dtype) -> None:
    if name in ERRORS:
        error, text = ERRORS[name]
        raise error(text)
    refuse(KERNELS.get(name, f"{name}_cpu"), kind)


def _stand_in(number: int, operand):
    if isinstance(operand, Meta):
        return ir.input_(number, operand.shape, operand.dtype)
    kinds = {bool: bool_, int: int64, float: float64, complex: complex128}
    return ir.scalar(number, kinds[operand]) if operand in kinds else operand


def _has_meaning(node: ir.Node) -> bool:
    if not node.args or not any(n.dtype.is_complex for n in (node, *node.args)):
        return True
    fn = node.attrs.get("fn")
    if fn == "cast":  # a part would be lost
        return node.dtype.is_complex or node.dtype is bool_
    return node.kind in KINDS or fn in FUNCTIONS.get(node.kind, ())
