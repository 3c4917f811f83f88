"""gradcheck and gradgradcheck: gradients against central differences."""

from __future__ import annotations

import functools
import warnings

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


def _forward(func, inputs, x: Tensor) -> list[np.ndarray]:
    """The same by tangents, for each output."""
    from ..transforms.duals import DualLevel

    rows = []
    for index in range(x.numel() * (2 if x.dtype.is_complex else 1)):
        one = np.zeros(x.shape, x.dtype.numpy)
        one.reshape(-1).view(one.real.dtype)[index] = 1
        with DualLevel(inside_function=False) as level:
            given = [level.dual(x.detach(), Tensor.from_array(one)) if a is x else a for a in inputs]
            outputs = _outputs(func, given)
            found = [level.tangent_of(y) for y in outputs]
            pairs = [(level.value_of(y), t) for y, t in zip(outputs, found)]
        rows.append([_parts((y * 0 if t is None else t).detach().numpy(force=True)) for y, t in pairs])
    return [np.stack(column) for column in zip(*rows)]


def _check_batched(y: Tensor, x: Tensor, analytical: np.ndarray) -> None:
    """Whether the gradients for a batch of gradients are those of its elements."""
    units = Tensor.from_array(np.eye(y.numel(), dtype=y.dtype.numpy).reshape(y.numel(), *y.shape))
    (found,) = grad(y, x, units, retain_graph=True, allow_unused=True, is_grads_batched=True)
    rows = np.zeros((y.numel(), x.numel())) if found is None else found.detach().numpy(force=True)
    if not y.dtype.is_complex and not np.allclose(rows.reshape(y.numel(), -1).T, analytical):
        raise GradcheckError("While testing batched gradients, found others than for each gradient on its own.")


def _mismatch(how: str, j: int, i: int, numerical, analytical) -> GradcheckError:
    shown = [Tensor.from_array(np.ascontiguousarray(a)) for a in (numerical, analytical)]
    return GradcheckError(
        f"Jacobian {how}mismatch for output {j} with respect to input {i},\nnumerical:{shown[0]}\n"
        f"analytical:{shown[1]}\n"
    )


def _check_inputs(checked) -> None:
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )
    for i, x in enumerate(checked):
        if x.dtype.itemsize < 8:
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check "
                "will likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=3,
            )
        if any(step == 0 and size > 1 for step, size in zip(x.stride(), x.shape)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are "
                "non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous "
                "on the input before passing it to gradcheck."
            )


def gradcheck(func, inputs, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3, raise_exception: bool = True,
              nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
              check_batched_grad: bool = False,
              check_batched_forward_grad: bool = False, check_forward_ad: bool = False, check_backward_ad: bool = True,
              fast_mode: bool = False, masked: bool | None = None) -> bool:  # fmt: skip
    """Whether the gradients of func at the inputs agree with central differences of step eps.

    Inputs should be float64. check_forward_ad: whether tangents are looked at, too. check_batched_grad: whether
    gradients for a batch of gradients are those for each. fast_mode: all elements are looked at anyway.
    Raises GradcheckError where they do not agree (returns False without raise_exception),
    ValueError where no input requires a gradient.
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    inputs = _tuple(inputs)
    _check_inputs(_checked(inputs))
    close = functools.partial(np.allclose, rtol=rtol, atol=atol, equal_nan=True)
    try:
        for i, x in enumerate(_checked(inputs)):
            numerical = _numerical(func, inputs, x, eps)
            if check_forward_ad:
                _check_forward(func, inputs, x, i, numerical, close)
            if check_backward_ad:
                _check_backward(func, inputs, x, i, numerical, close, check_batched_grad)
    except GradcheckError:
        if raise_exception:
            raise
        return False
    return True


def _check_forward(func, inputs, x: Tensor, i: int, numerical, close) -> None:
    for j, (wanted, found) in enumerate(zip(numerical, _forward(func, inputs, x))):
        if not close(found, wanted.reshape(found.shape)):
            raise _mismatch("computed with forward mode ", j, i, wanted, found)


def _check_backward(func, inputs, x: Tensor, i: int, numerical, close, batched: bool) -> None:
    outputs = _outputs(func, inputs)
    if outputs and not any(y.requires_grad for y in outputs) and not all(close(n, 0) for n in numerical):
        raise GradcheckError("Numerical gradient for function expected to be zero")
    for j, y in enumerate(outputs):
        if not y.requires_grad:
            continue
        analytical = _analytical(y, x)
        if not close(analytical, numerical[j].reshape(analytical.shape)):
            raise _mismatch("", j, i, numerical[j], analytical)
        if batched and y.numel():
            _check_batched(y, x, analytical)


def _drawn(rng: np.random.Generator, like: Tensor) -> np.ndarray:
    real = rng.standard_normal(like.shape)
    return real + 1j * rng.standard_normal(like.shape) if like.dtype.is_complex else real


def gradgradcheck(func, inputs, grad_outputs=None, *, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3,
                  gen_non_contig_grad_outputs: bool = False, raise_exception: bool = True,
                  nondet_tol: float = 0.0, check_undefined_grad: bool = True, check_grad_dtypes: bool = False,
                  check_batched_grad: bool = False, check_fwd_over_rev: bool = False, check_rev_over_rev: bool = True,
                  fast_mode: bool = False, masked: bool = False) -> bool:  # fmt: skip
    """gradcheck of the gradients of func; with check_fwd_over_rev also by tangents of gradients."""
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

    return gradcheck(
        gradients, (*inputs, *given), eps=eps, atol=atol, rtol=rtol, raise_exception=raise_exception,
        check_batched_grad=check_batched_grad, check_backward_ad=check_rev_over_rev,
        check_forward_ad=check_fwd_over_rev and not check_rev_over_rev,
    )  # fmt: skip
