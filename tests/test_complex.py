"""Complex tensors: gradients of both orders, parts as views, numbers, what is refused."""

import io

import numpy as np
import pytest

import flambeau as fl
from flambeau.autograd import gradcheck, gradgradcheck


def drawn(*shape, seed=0, real=False):
    rng = np.random.default_rng(seed)
    values = rng.uniform(0.4, 1.6, shape)
    return values if real else values + 1j * rng.uniform(0.3, 1.2, shape)


def leaf(*shape, seed=0, real=False):
    return fl.from_numpy(drawn(*shape, seed=seed, real=real)).requires_grad_()


ELEMENTWISE = [
    "abs", "angle", "conj", "conj_physical", "sgn", "neg", "reciprocal", "square", "exp", "exp2", "expm1", "log",
    "log2", "log10", "log1p", "sqrt", "rsqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
    "asinh", "acosh", "atanh", "sigmoid",
]  # fmt: skip
FUNCTIONS = {
    "sum": lambda z: z.sum(1), "mean": lambda z: z.mean(), "prod": lambda z: z.prod(0), "var": lambda z: z.var(1),
    "std": lambda z: z.std(), "cumsum": lambda z: z.cumsum(1), "cumprod": lambda z: z.cumprod(1),
    "logcumsumexp": lambda z: z.logcumsumexp(0), "logsumexp": lambda z: z.logsumexp(1),
    "norm": lambda z: z.norm(), "norm 1": lambda z: z.norm(1, 1), "norm 3": lambda z: z.norm(3, 0),
    "real": lambda z: z.real * z.imag, "pairs": lambda z: fl.view_as_real(z) ** 2,
    "power": lambda z: z**3, "root": lambda z: z**0.5, "power of a number": lambda z: (1 + 2j) ** z,
    "number": lambda z: (3j - z) * (2 - 1j) / (z + 1j), "exponent": lambda z: z ** (1 - 0.5j),
    "matmul": lambda z: z @ z.mH, "transpose": lambda z: z.T @ z, "slice": lambda z: z[:, 1:] * z[:, :2],
    "index": lambda z: z[fl.tensor([1, 0, 1])], "where": lambda z: z.where(z.real > 1, z * 1j),
    "masked_fill": lambda z: z.masked_fill(z.real > 1, 1j), "cat": lambda z: fl.cat([z, z * 1j]),
    "real times complex": lambda z: z.abs() * z, "cov": lambda z: z.cov(),
    "einsum": lambda z: fl.einsum("ij,kj->ik", z, z),
    "addcdiv": lambda z: z.addcdiv(z + 1, z * z, value=2j), "lerp": lambda z: z.lerp(z * z, 0.3 + 0.1j),
}  # fmt: skip


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_gradients_of_functions_of_one_element(name):
    function = lambda z: getattr(z, name)()
    z = leaf(2, 2)
    np.testing.assert_allclose(function(z.detach()).resolve_conj().numpy(), reference(name)(drawn(2, 2)), rtol=1e-12)
    assert gradcheck(function, (z,))
    assert gradgradcheck(function, (z,))


def reference(name):
    special = {
        "conj_physical": np.conj, "neg": np.negative, "sgn": lambda z: z / abs(z), "rsqrt": lambda z: 1 / np.sqrt(z),
        "exp2": lambda z: 2**z, "sigmoid": lambda z: 1 / (1 + np.exp(-z)), "asin": np.arcsin, "acos": np.arccos,
        "atan": np.arctan, "asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh,
    }  # fmt: skip
    return special.get(name) or getattr(np, name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients(name):
    assert gradcheck(FUNCTIONS[name], (leaf(2, 3),))
    assert gradgradcheck(FUNCTIONS[name], (leaf(2, 3),))


def test_gradients_of_parts():
    a, b = leaf(2, 2, real=True), leaf(2, 2, seed=1, real=True)
    for function in (fl.complex, fl.polar, lambda a, b: a * (1j * b) + 2j, lambda a, b: (a + 0j) @ (b * 1j)):
        assert gradcheck(function, (a, b))
        assert gradgradcheck(function, (a, b))
    assert fl.autograd.grad((a * 1j).abs().sum(), a)[0].dtype is fl.float64


SQUARE = {
    "inv": fl.linalg.inv, "det": fl.linalg.det, "logdet": fl.logdet, "pinv": fl.linalg.pinv,
    "eigvals": lambda a: fl.linalg.eigvals(a).abs(), "matrix_exp": fl.linalg.matrix_exp,
    "solve": lambda a: fl.linalg.solve(a, a.mH), "lu": lambda a: fl.linalg.lu(a)[1:],
    "cholesky": lambda a: fl.linalg.cholesky(a @ a.mH + 3 * fl.eye(3)), "qr": lambda a: fl.linalg.qr(a),
    "svdvals": fl.linalg.svdvals, "eigvalsh": lambda a: fl.linalg.eigvalsh(a + a.mH),
    "svd": lambda a: (lambda u, s, vh: (u * s.sqrt()) @ vh)(*fl.linalg.svd(a)),
    "eigh": lambda a: (lambda w, v: (v * w.exp()) @ v.mH)(*fl.linalg.eigh(a + a.mH)),
    "eig": lambda a: (lambda w, v: v.abs())(*fl.linalg.eig(a)), "slogdet": lambda a: fl.linalg.slogdet(a)[:2],
}  # fmt: skip


@pytest.mark.parametrize("name", SQUARE)
def test_gradients_of_matrices(name):
    a = fl.from_numpy(drawn(3, 3) + np.diag([1, 2j, -1])).requires_grad_()
    assert gradcheck(SQUARE[name], (a,))


def test_parts_are_views():
    z = fl.zeros(3, dtype=fl.complex64)
    z.real = fl.ones(3)
    z.imag[1] = 5
    pairs = fl.view_as_real(z)
    pairs[2] += 2
    assert z.tolist() == [1, 1 + 5j, 3 + 2j] and pairs.data_ptr() == z.data_ptr()
    x = fl.arange(4.0)
    fl.view_as_complex(x.view(2, 2)).mul_(1j)
    assert x.tolist() == [-1, 0, -3, 2]


def test_writes_through_parts_are_on_the_tape():
    a = fl.tensor([1 + 2j, 3 - 1j], requires_grad=True)
    b = a * 2
    b.real.mul_(3)
    b.imag[0] = 7
    (b.abs() ** 2).sum().backward()
    np.testing.assert_allclose(a.grad.numpy(), [72, 216 - 8j], rtol=1e-6)
    x = fl.arange(4.0, requires_grad=True)
    y = x * 1
    fl.view_as_complex(y.view(2, 2)).mul_(2j)
    (y * fl.arange(4.0)).sum().backward()
    assert x.grad.tolist() == [2, 0, 6, -4]


def test_numbers_of_a_loop_are_one_program():
    z = fl.ones(2, dtype=fl.complex64)
    total = [(z * complex(k, 1) + 1j * k).sum().item() for k in range(5)]
    assert total == [2 * (complex(k, 1) + 1j * k) for k in range(5)]


def test_saved_and_loaded():
    z = fl.from_numpy(drawn(2, 3))
    file = io.BytesIO()
    fl.save({"z": z}, file)
    file.seek(0)
    assert fl.load(file)["z"].equal(z)


def test_one_optimizer_step():
    z = fl.nn.Parameter(fl.tensor([1 + 1j, 2.0]))
    optimizer = fl.optim.SGD([z], lr=0.25)
    z.abs().square().sum().backward()
    optimizer.step()
    assert z.tolist() == [0.5 + 0.5j, 1]


def test_parts_of_parameters_are_optimized_by_themselves():
    z = fl.nn.Parameter(fl.tensor([1 + 2j, 3.0]))
    pairs = fl.nn.Parameter(fl.view_as_real(z.detach()).clone())
    losses = [
        (fl.optim.Adam([p], lr=0.1, weight_decay=0.1), f)
        for p, f in ((z, lambda: (z * (2 - 1j)).exp().abs().sum()), (pairs, lambda: loss_of_pairs(pairs)))
    ]
    for _ in range(3):
        for optimizer, loss in losses:
            optimizer.zero_grad()
            loss().backward()
            optimizer.step()
    np.testing.assert_allclose(fl.view_as_real(z).numpy(force=True), pairs.numpy(force=True), rtol=1e-5)


def loss_of_pairs(pairs):
    return (pairs[:, 0] * 2 + pairs[:, 1]).exp().sum()


REFUSED = [
    (lambda z: z < z, NotImplementedError, "\"lt_cpu\" not implemented for 'ComplexDouble'"),
    (lambda z: z.max(), NotImplementedError, "\"max_all\" not implemented"),
    (lambda z: z.sort(), RuntimeError, "Sort does not support complex"),
    (lambda z: z.floor(), NotImplementedError, "floor is not supported for complex inputs"),
    (lambda z: z.sum().backward(), RuntimeError, "only for real scalar outputs but got torch.complex128"),
    (lambda z: fl.ones(2).add_(1j), RuntimeError, "result type ComplexFloat can't be cast to the desired output type"),
    (lambda z: fl.full((2,), 1j, dtype=fl.float32), RuntimeError, "value cannot be converted to type float"),
    (lambda z: float(z.detach()[0]), RuntimeError, "value cannot be converted to type double"),
    (lambda z: fl.ones(2).imag, RuntimeError, "imag is not implemented for tensors with non-complex dtypes"),
    (lambda z: fl.zeros(2, dtype=fl.complex32), NotImplementedError, "complex32"),
    (lambda z: fl.nn.functional.mse_loss(z, z), NotImplementedError, "\"mse_cpu\" not implemented"),
    (lambda z: z.softmax(0), NotImplementedError, "not implemented for 'ComplexDouble'"),
    (lambda z: z.round_(), NotImplementedError, "\"round_vml_cpu\" not implemented"),
    (lambda z: fl.arange(3).to(fl.complex64)[fl.tensor([5])].tolist(), IndexError, "index 5 is out of bounds"),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_refused(number):
    call, kind, text = REFUSED[number]
    with pytest.raises(kind, match=text.replace("(", "\\(")):
        call(fl.from_numpy(drawn(2)).requires_grad_())
    assert (fl.ones(2) * 1j).tolist() == [1j, 1j]


def test_parts_must_be_tensors_of_one_type():
    with pytest.raises(TypeError, match=r"polar\(\): argument 'angle' \(position 2\) must be Tensor, not int"):
        fl.polar(fl.ones(2), 2)
    with pytest.raises(
        RuntimeError, match="Expected object of scalar type ComplexFloat but got scalar type ComplexDouble"
    ):
        fl.complex(fl.ones(2), fl.ones(2), out=fl.empty(2, dtype=fl.complex128))
