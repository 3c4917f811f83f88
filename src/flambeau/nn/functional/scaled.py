"""Products of matrices that come in groups, or as 8-bit floats with scales."""

from __future__ import annotations

import enum

from ... import dtypes
from ...errors import SCALAR_NAMES, TYPE_TITLES
from ...ops.contraction import matmul
from ...ops.movement import cat, stack
from ...tensor import Tensor


class ScalingType(enum.Enum):
    """For which parts of a matrix there is a scale each."""

    TensorWise, RowWise, BlockWise1x16, BlockWise1x32, BlockWise1x128, BlockWise128x128 = range(6)

    def __repr__(self) -> str:
        return f"<_{self}: {self.value}>"


class SwizzleType(enum.Enum):
    """In which order scales lie in memory."""

    NO_SWIZZLE, SWIZZLE_32_4_4 = range(2)

    def __repr__(self) -> str:
        return f"<_{self}: {self.value}>"


# ------------------------------------------------------------------ groups
def grouped_mm(
    mat_a: Tensor, mat_b: Tensor, *, offs: Tensor | None = None, bias: Tensor | None = None, out_dtype=None
) -> Tensor:
    """Products of groups of matrices that may have different sizes.

    mat_a, mat_b: (groups, m, k) and (groups, k, n); where one is a matrix, its groups are stretches of rows or columns
    (of both matrices, where both are: of the dimension that is summed over) that end at `offs` (int32).
    Result: (m, n) or (groups, m, n).
    """
    _check_groups(mat_a, mat_b, offs, bias, out_dtype)
    if offs is None:
        return matmul(mat_a, mat_b)
    ends = offs.tolist()
    spans = list(zip([0, *ends], ends))
    if mat_a.ndim == mat_b.ndim == 2:
        return stack([matmul(mat_a[:, i:j], mat_b[i:j]) for i, j in spans])
    if mat_a.ndim == 2:
        return cat([matmul(mat_a[i:j], b) for (i, j), b in zip(spans, mat_b)])
    return cat([matmul(a, mat_b[:, i:j]) for (i, j), a in zip(spans, mat_a)], 1)


def _check_groups(a: Tensor, b: Tensor, offs: Tensor | None, bias: Tensor | None, out_dtype) -> None:
    kinds = (dtypes.float32, dtypes.bfloat16, dtypes.float16)
    if a.dtype is not b.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {SCALAR_NAMES[a.dtype.name]} != "
            f"{SCALAR_NAMES[b.dtype.name]}"
        )
    for name, x in (("mat_a", a), ("mat_b", b)):
        if x.ndim not in (2, 3):
            raise RuntimeError(f"{name} has to be 2 or 3d")
        if x.dtype not in kinds:
            kind = TYPE_TITLES[x.dtype.name]
            raise RuntimeError(f"Expected {name} to be Float32, BFloat16 or Float16 matrix, got {kind}")
    if (a.ndim == 2 or b.ndim == 2) != (offs is not None):
        raise RuntimeError("Have to provide offsets if there is a 2d matrix, or no offset if both matrices are 3d")
    if a.shape[-1] != b.shape[-2]:
        raise RuntimeError("contraction dimension of mat_a and mat_b must match")
    if offs is not None and offs.dtype is not dtypes.int32:
        raise RuntimeError("Offsets have to be int32")
    if bias is not None:
        raise RuntimeError("Bias not supported yet")
    if out_dtype is not None and out_dtype is not a.dtype:
        raise RuntimeError("Grouped gemm output dtype must match `mat_a` dtype")


# ------------------------------------------------------------------ scales
def _scaled_mm(
    input: Tensor, mat2: Tensor, scale_a: Tensor, scale_b: Tensor, bias: Tensor | None = None,
    scale_result: Tensor | None = None, out_dtype=None, use_fast_accum: bool = False,
) -> Tensor:  # fmt: skip
    """The product of matrices of 8-bit floats, with one scale each, or one for each row of one and column of the other.

    Summed in float32; out_dtype: of the result, that of the first matrix by default.
    """
    for name, x in (("mat1", input), ("mat2", mat2)):
        if x.ndim != 2:
            raise RuntimeError(f"{name} must be a matrix")
    (m, k), (r, n) = input.shape, mat2.shape
    if k != r:
        raise RuntimeError(f"mat_a and mat_b shapes cannot be multiplied ({m}x{k} and {r}x{n})")
    scales, singles = (scale_a, scale_b), scale_a.numel() == scale_b.numel() == 1
    by_rows = tuple(scale_a.shape) == (m, 1) and tuple(scale_b.shape) == (1, n)
    known = all(x.dtype in dtypes.FLOAT8 for x in (input, mat2)) and all(s.dtype is dtypes.float32 for s in scales)
    if not known or not (singles or by_rows):
        raise ValueError(
            "Invalid scaling configuration.\n- For TensorWise scaling, a and b should be float8, scales should be "
            "float and singletons.\n- For RowWise scaling, a and b should be float8, scales should be float, scale_a "
            f"should be ({m}, 1) and scale_b should be (1, {n})"
        )
    product = matmul(
        input.to(dtypes.float32) * scale_a.reshape(-1, 1), mat2.to(dtypes.float32) * scale_b.reshape(1, -1)
    )
    product = product if bias is None else product + bias.to(dtypes.float32)
    return product.to(input.dtype if out_dtype is None else out_dtype)


def _scaled_mm_v2(
    input, mat2, scale_a, recipe_a, swizzle_a, scale_b, recipe_b, swizzle_b, bias, out_dtype, contraction_dim=(),
    use_fast_accum: bool = False,
) -> Tensor:  # fmt: skip
    """_scaled_mm, whose scales and what they are for come in lists."""
    return _scaled_mm(input, mat2, scale_a[0], scale_b[0], bias, None, out_dtype, use_fast_accum)


def _first(x):
    return x[0] if isinstance(x, (list, tuple)) else x


def scaled_mm(
    mat_a: Tensor, mat_b: Tensor, scale_a, scale_recipe_a, scale_b, scale_recipe_b, swizzle_a=None, swizzle_b=None,
    bias: Tensor | None = None, output_dtype=dtypes.bfloat16, contraction_dim=(), use_fast_accum: bool = False,
) -> Tensor:  # fmt: skip
    """The product of matrices of 8-bit floats with scales: one each (TensorWise), or one a row and column (RowWise)."""
    return _scaled_mm(mat_a, mat_b, _first(scale_a), _first(scale_b), bias, None, output_dtype, use_fast_accum)


def scaled_grouped_mm(
    mat_a: Tensor, mat_b: Tensor, scale_a, scale_recipe_a, scale_b, scale_recipe_b, swizzle_a=None, swizzle_b=None,
    bias: Tensor | None = None, offs: Tensor | None = None, output_dtype=dtypes.bfloat16, contraction_dim=(),
    use_fast_accum: bool = False,
) -> Tensor:  # fmt: skip
    """Products of groups of matrices with scales; NotImplementedError, as there is none for the CPU."""
    raise NotImplementedError(
        "Could not run 'aten::_scaled_grouped_mm_v2' with arguments from the 'CPU' backend. This could be because the "
        "operator doesn't exist for this backend, or was omitted during the selective/custom build process (if using "
        "custom build)."
    )
