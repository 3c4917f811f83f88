"""Complex tensors under Flambeau and under PyTorch: printed forms, promotion, random streams, gradients, refusals."""

import numpy as np
import pytest

import flambeau as fl

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.parity


def numbers(t, *shape, real=False):
    rng = np.random.default_rng(len(shape))
    values = rng.standard_normal(shape)
    return t.from_numpy(values if real else values + 1j * rng.standard_normal(shape))


def text(result):
    """What a script sees: the printed form, or the exception."""
    if isinstance(result, (tuple, list)):
        return [text(r) for r in result]
    return repr(result).replace("flambeau", "torch")


def outcome(call, t):
    try:
        return text(call(t))
    except Exception as error:
        return type(error).__name__, str(error).splitlines()[0]


C = lambda t: t.tensor([1 + 2j, 3 - 1j])
SEEN = [
    lambda t: [C(t), C(t) * 1j, 2 - C(t), 1j / C(t), C(t) ** 2, 2 ** C(t), C(t) == 3 - 1j, abs(C(t)), -C(t)],
    lambda t: [C(t).real, C(t).imag, C(t).conj(), C(t).angle(), C(t).sgn(), t.view_as_real(C(t)),
               C(t).mean(), C(t).std()],
    lambda t: [t.tensor([[1.5 + 2j, -1e5j], [1e-7 + 0j, 3]]), t.zeros(0, dtype=t.cfloat), t.ones(2, dtype=t.cdouble)],
    lambda t: [t.tensor([1, 2]) * 1j, t.tensor(2.0, dtype=t.float64) * C(t), t.full((2,), 1j),
               t.result_type(C(t), 1.0)],
    lambda t: [t.promote_types(t.complex64, t.float64), t.can_cast(t.complex64, t.float32), t.finfo(t.complex64)],
    lambda t: [C(t)[0].item(), C(t).tolist(), complex(C(t)[1]), C(t).type(), C(t).is_complex()],
    lambda t: [C(t).conj().is_conj(), C(t).resolve_conj().is_conj(), C(t).conj().real, C(t).to(t.cdouble), C(t).bool()],
    lambda t: [C(t).reshape(1, 2).H, C(t).reshape(2, 1).mH, t.outer(C(t), C(t)), C(t) @ C(t),
               t.einsum("i,j->ij", C(t), C(t))],
    lambda t: [t.linspace(0, 1j, 3), t.eye(2, dtype=t.cfloat), t.complex(t.ones(2), t.zeros(2)),
               t.polar(t.ones(1), t.ones(1))],
    lambda t: [C(t).view(t.float32), t.ones(4).view(t.complex64), t.where(C(t).real > 1, C(t), 0),
               C(t).masked_fill(C(t).real > 1, 1j)],
    lambda t: [C(t).requires_grad_() * 1j, C(t).requires_grad_().abs(), C(t).requires_grad_().conj(),
               C(t).requires_grad_().real],
    lambda t: t.nn.Parameter(C(t)), lambda t: t.nn.Linear(2, 1, dtype=t.cfloat).weight.dtype,
    lambda t: C(t) < C(t), lambda t: C(t).floor(), lambda t: C(t).max(), lambda t: C(t).clamp(0), lambda t: C(t).sort(),
    lambda t: C(t).argmax(), lambda t: C(t).erf(), lambda t: C(t) % C(t), lambda t: C(t) // C(t),
    lambda t: t.maximum(C(t), C(t)),
    lambda t: float(C(t)[0]), lambda t: int(C(t)[0]), lambda t: t.ones(2).imag, lambda t: t.ones(2).add_(1j),
    lambda t: t.full((2,), 1j, dtype=t.float32), lambda t: t.ones(2).fill_(1j),
    lambda t: t.ones(2).masked_fill(t.ones(2) > 0, 1j),
    lambda t: t.view_as_complex(t.ones(3)), lambda t: t.view_as_complex(t.ones(2, 2).t()),
    lambda t: C(t).conj().numpy(),
    lambda t: t.complex(t.ones(2), t.ones(2, dtype=t.float64)), lambda t: t.tensor([1j], dtype=t.int64),
    lambda t: t.int64.to_complex(),
    lambda t: C(t).softmax(0), lambda t: t.arange(3, dtype=t.cfloat), lambda t: t.randperm(3, dtype=t.cfloat),
    lambda t: C(t).sign(),
    lambda t: C(t).requires_grad_().sum().backward(), lambda t: t.ones(3).view(t.complex64),
    lambda t: t.linspace(0, 1j, 3, dtype=t.float32),
    lambda t: t.linalg.eig(t.ones(2, 3)), lambda t: C(t).relu(),
    lambda t: C(t).median(), lambda t: C(t).mode(), lambda t: C(t).kthvalue(1), lambda t: C(t).unique(),
    lambda t: ~C(t),
    lambda t: C(t).deg2rad(), lambda t: C(t).copysign(1), lambda t: t.hypot(C(t), C(t)), lambda t: C(t).nansum(),
    lambda t: t.nn.functional.mse_loss(C(t), C(t)), lambda t: t.nn.functional.huber_loss(C(t), C(t)),
    lambda t: C(t).round(),
    lambda t: t.cdist(C(t)[None], C(t)[None]), lambda t: t.isin(C(t), C(t)), lambda t: t.xlogy(C(t), C(t)),
    lambda t: C(t) & 1,
    lambda t: t.nn.functional.gelu(C(t)), lambda t: t.nn.functional.silu(C(t)),
    lambda t: t.nn.functional.logsigmoid(C(t)),
    lambda t: t.randint(3, (2,), dtype=t.cfloat), lambda t: C(t).logit(), lambda t: C(t).heaviside(C(t)),
    lambda t: C(t).signbit(),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(SEEN)))
def test_scripts_see_the_same(number):
    assert outcome(SEEN[number], fl) == outcome(SEEN[number], torch)


@pytest.mark.parametrize("shape", [(3,), (40,), (3, 7)])
def test_same_seed_same_numbers(shape):
    def draws(t):
        t.manual_seed(5)
        z = t.zeros(shape, dtype=t.cfloat)
        return [t.randn(shape, dtype=t.cfloat), t.rand(shape, dtype=t.cdouble), z.normal_().clone(), t.randn_like(z)]

    for ours, theirs in zip(draws(fl), draws(torch)):
        np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=3e-7)


GRADIENTS = {
    "loss of a complex layer": lambda t, z, x: ((z @ z.mH).abs() * x @ x.mT).sum().log(),
    "phases": lambda t, z, x: (z.angle() * x + z.sgn().real).exp().sum(),
    "polar": lambda t, z, x: (t.polar(x.abs(), x) * z).abs().sum(),
    "spectrum": lambda t, z, x: t.fft.irfft2(t.fft.rfft2(x) * t.fft.fft2(z)[:, :2]).square().sum(),
    "writes": lambda t, z, x: written(t, z, x).abs().square().sum(),
    "numbers": lambda t, z, x: ((1j * x + z) ** (2 - 1j) / (z - 2j)).real.sum(),
    "linear algebra": lambda t, z, x: t.linalg.solve(z, x + 0j).abs().sum() + t.linalg.slogdet(z)[1]
    + t.linalg.svdvals(z).sum(),
    "eigenvalues": lambda t, z, x: t.linalg.eigvals(x).abs().sum() + t.linalg.eigvalsh(z + z.mH).square().sum(),
}  # fmt: skip


def written(t, z, x):
    w = z * 2
    w.real[0] = x[0]
    w.imag.mul_(x)
    t.view_as_real(w)[1, :, 0] += 1
    return w


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients(name):
    def gradients(t):
        z, x = numbers(t, 3, 3).requires_grad_(), numbers(t, 3, 3, real=True).requires_grad_()
        return t.autograd.grad(GRADIENTS[name](t, z, x), (z, x))

    for ours, theirs in zip(gradients(fl), gradients(torch)):
        np.testing.assert_allclose(ours.numpy(force=True), theirs.resolve_conj().numpy(), rtol=1e-8, atol=1e-10)
