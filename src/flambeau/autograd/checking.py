"""gradcheck and gradgradcheck: gradients against central differences."""

from __future__ import annotations

import itertools

import numpy as np

from ..tensor import Tensor
from .engine import grad


class GradcheckError(RuntimeError):
    """A gradient that differs from the differences, where errors are to be raised."""


def _tuple(x):
    return x if isinstance(x, tuple) else tuple(x) if isinstance(x, list) else (x,)


def _checked(inputs):
    return [x for x in inputs if isinstance(x, Tensor) and x.requires_grad]


def _outputs(function, inputs):
    return [y for y in _tuple(function(*inputs)) if isinstance(y, Tensor) and y.dtype.is_inexact]


def _parts(array: np.ndarray) -> np.ndarray:
    """The numbers of an array in a row; complex ones give two, real and imaginary part."""
    flat = np.ascontiguousarray(array).reshape(-1)
    return flat.view(flat.real.dtype).astype(np.float64)


def _numerical(function, inputs, x: Tensor, eps: float) -> list[np.ndarray]:
    """d output / d x for each output, as (parts of x, parts of the output)."""
    base = x.detach().numpy().copy()
    rows: list[list[np.ndarray]] = []
    for index, _ in enumerate(_parts(base)):
        values = []
        for step in (eps, -eps):
            moved = base.reshape(-1).copy()
            moved.view(moved.real.dtype)[index] += step
            x.data = Tensor.from_array(moved.reshape(base.shape), x.dtype)
            values.append([_parts(y.detach().numpy(force=True)) for y in _outputs(function, inputs)])
        rows.append([(a - b) / (2 * eps) for a, b in zip(*values)])
    x.data = Tensor.from_array(base, x.dtype)
    return [np.stack(column) if rows else np.zeros((0, 0)) for column in zip(*rows)]


def _analytical(output: Tensor, x: Tensor) -> np.ndarray:
    """The same by gradients: of a complex output's real part for a gradient of 1, of its imaginary part for 1j."""
    columns = []
    for index in range(output.numel()):
        for unit in (1, 1j) if output.dtype.is_complex else (1,):
            one = np.zeros(output.shape, output.dtype.numpy)
            one.reshape(-1)[index] = unit
            (g,) = grad(output, x, Tensor.from_array(one), retain_graph=True, allow_unused=True)
            zeros = np.zeros(x.shape, x.dtype.numpy)
            columns.append(_parts(zeros if g is None else g.detach().numpy(force=True)))
    return np.stack(columns, 1) if columns else np.zeros((x.numel(), 0))


def gradcheck(func, inputs, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True,
              nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
              check_batched_grad: bool = False,
              check_batched_forward_grad: bool = False, check_forward_ad: bool = False, check_backward_ad: bool = True,
              fast_mode: bool = False, masked: bool | None = None) -> bool:  # fmt: skip
    """Whether the gradients of func at the inputs agree with central differences of step eps.

    Inputs should be float64. Raises GradcheckError where they do not agree (returns False without raise_exception),
    ValueError where no input requires a gradient.
    """
    inputs = _tuple(inputs)
    checked = _checked(inputs)
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them have "
            "requires_grad=True."
        )
    for (i, x), (j, y) in itertools.product(enumerate(checked), enumerate(_outputs(func, inputs))):
        if not y.requires_grad:
            continue
        numerical, analytical = _numerical(func, inputs, x, eps)[j], _analytical(y, x)
        if not np.allclose(analytical, numerical.reshape(analytical.shape), rtol, atol, equal_nan=True):
            if not raise_exception:
                return False
            raise GradcheckError(
                f"Jacobian mismatch for output {j} with respect to input "
                f"{i},\nnumerical:{numerical}\nanalytical:{analytical}\n"
            )
    return True


def _drawn(rng: np.random.Generator, like: Tensor) -> np.ndarray:
    real = rng.standard_normal(like.shape)
    return real + 1j * rng.standard_normal(like.shape) if like.dtype.is_complex else real


def gradgradcheck(func, inputs, grad_outputs=None, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
                  gen_non_contig_grad_outputs: bool = False, raise_exception: bool = True,
                  **kwargs) -> bool:  # fmt: skip
    """gradcheck of the gradients of func."""
    inputs = _tuple(inputs)
    outputs = _outputs(func, inputs)
    rng = np.random.default_rng(0)
    given = (
        _tuple(grad_outputs)
        if grad_outputs is not None
        else tuple(Tensor.from_array(_drawn(rng, y), y.dtype).requires_grad_() for y in outputs)
    )

    def gradients(*args):
        own, gs = args[: len(inputs)], args[len(inputs) :]
        ys = _outputs(func, own)
        found = grad(ys, _checked(own), gs, create_graph=True, allow_unused=True)
        return tuple(g for g in found if g is not None and g.requires_grad)

    return gradcheck(gradients, (*inputs, *given), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception)
