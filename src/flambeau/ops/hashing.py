"""torch.hash_tensor: one number for all elements, or for those along dimensions."""

from __future__ import annotations

from .. import shapes
from ..dtypes import UNSIGNED, float64, int64
from ..errors import no_kernel
from ..tensor import Tensor
from .movement import cat
from .public import public
from .signatures import Dims


@public(out=True)
def hash_tensor(input: Tensor, dim: Dims = (), *, keepdim: bool = False, mode: int = 0) -> Tensor:
    """The exclusive or of the elements' bits, as uint64: of numbers with a fraction those that they have in float64.

    dim: the dimensions that are reduced, all by default.  mode: 0.
    Raises RuntimeError for another mode, IndexError for a dimension without elements.
    """
    if mode:
        raise RuntimeError(f"Unknown hash_tensor mode: {mode}")
    kind, axes = input.meta.dtype, (dim,) if isinstance(dim, int) else tuple(dim)
    if kind.is_complex or kind.is_rare:
        raise no_kernel("xor_sum_cpu", kind)
    _check_sizes(input, axes)
    dims = shapes.wrap_dims(axes, max(input.ndim, 1)) if axes else tuple(range(input.ndim))
    bits = input.detach().to(float64).view(int64) if kind.is_floating_point else input.detach().to(int64)
    reduced = [d for d in dims if d < input.ndim]
    kept = [d for d in range(input.ndim) if d not in reduced]
    rows = bits.permute([*reduced, *kept]).reshape(-1, *(input.shape[d] for d in kept))
    shape = [1 if d in reduced else n for d, n in enumerate(input.shape)] if keepdim else rows.shape[1:]
    return _combined(rows).reshape(tuple(shape)).view(UNSIGNED[2])


def _check_sizes(input: Tensor, axes: tuple) -> None:
    if input.numel():
        return
    if not axes:
        raise RuntimeError(
            "hash_tensor: Expected reduction dim to be specified for input.numel() == 0. Specify the reduction dim "
            "with the 'dim' argument."
        )
    for d in axes:
        if input.ndim and not input.shape[d]:
            raise IndexError(f"hash_tensor: Expected reduction dim {d} to have non-zero size.")


def _combined(rows: Tensor) -> Tensor:
    """The exclusive or of all rows: half of them with the other half, until one is left."""
    while rows.shape[0] > 1:
        half = rows.shape[0] // 2
        both = rows[:half] ^ rows[half : 2 * half]
        rows = cat([both, rows[2 * half :]]) if rows.shape[0] % 2 else both
    return rows
