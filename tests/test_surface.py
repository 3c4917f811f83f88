"""Names that few scripts use: what they mean on a CPU, and what they refuse."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import flambeau as torch
from flambeau import func
from flambeau.nn import functional as F


def test_hash_is_the_exclusive_or_of_the_bits():
    x = torch.tensor(np.random.default_rng(0).standard_normal((3, 7, 5)))
    bits = x.numpy().view(np.uint64)
    for dims in ((0,), (1, 2), (0, 1, 2)):
        want = np.bitwise_xor.reduce(bits, dims)
        assert np.array_equal(torch.hash_tensor(x, dims).numpy(), want)
        assert torch.hash_tensor(x, dims, keepdim=True).shape == np.bitwise_xor.reduce(bits, dims, keepdims=True).shape
    assert torch.hash_tensor(x).item() == np.bitwise_xor.reduce(bits, None)
    with pytest.raises(RuntimeError, match="Unknown hash_tensor mode"):
        torch.hash_tensor(x, mode=1)


SOURCES = Path(torch.__file__).parents[1]
SAVED = """
import pickle, torch
from torch.nn import functional as F
names = "relu", "tanh", "add", "matmul", "softmax", "cat", "zeros"
functions = [getattr(torch, name) for name in names] + [F.relu, F.gelu, F.mse_loss]
assert pickle.loads(pickle.dumps(functions)) == functions
torch.eye(2).to_sparse(), torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8)
others = [getattr(torch, name) for name in names] + [F.relu, F.gelu, F.mse_loss]
assert others != functions and pickle.loads(pickle.dumps([functions, others])) == [functions, others]
"""


def test_functions_can_be_saved_with_what_holds_them(tmp_path):
    (tmp_path / "script.py").write_text(SAVED)
    command = [sys.executable, "-m", "flambeau", "run", tmp_path / "script.py"]
    subprocess.run(command, check=True, timeout=100, env={**os.environ, "PYTHONPATH": str(SOURCES)})


def test_rearranged_dimensions():
    x = torch.arange(24).reshape(2, 3, 4)
    a = x.numpy()
    assert np.array_equal(func.rearrange(x, "a b c -> c (a b)").numpy(), a.transpose(2, 0, 1).reshape(4, 6))
    assert np.array_equal(
        func.rearrange(x, "a b (c d) -> (a d) b c", d=2).numpy(),
        a.reshape(2, 3, 2, 2).transpose(0, 3, 1, 2).reshape(4, 3, 2),
    )
    assert func.rearrange(x, "a ... -> ... a 1").shape == (3, 4, 2, 1)
    assert torch.equal(func.rearrange([x, x], "n ... -> ... n")[..., 1], x)
    for pattern in ("a b -> b a", "a b c -> a b", "a a c -> a c", "a (b c -> a b c"):
        with pytest.raises(ValueError):
            func.rearrange(x, pattern)


def test_products_of_groups():
    rng = np.random.default_rng(0)
    a, b = (
        torch.tensor(rng.standard_normal((6, 8), np.float32)),
        torch.tensor(rng.standard_normal((2, 8, 5), np.float32)),
    )
    ends = torch.tensor([2, 6], dtype=torch.int32)
    want = np.concatenate([a.numpy()[:2] @ b.numpy()[0], a.numpy()[2:] @ b.numpy()[1]])
    assert np.allclose(F.grouped_mm(a, b, offs=ends).numpy(), want, rtol=1e-5, atol=1e-5)
    with pytest.raises(RuntimeError, match="Have to provide offsets"):
        F.grouped_mm(a, b)


@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("solving", [False, True])
def test_gradients_of_cholesky_solutions_are_those_of_the_whole_product(solving, upper):
    rng = np.random.default_rng(0)
    factor = torch.tensor(rng.standard_normal((4, 4)) + 4 * np.eye(4)).tril()
    b = torch.tensor(rng.standard_normal((4, 2)))

    def by_factor(L):
        return torch.cholesky_solve(b, L, upper) if solving else torch.cholesky_inverse(L, upper)

    def by_product(L):
        A = L.mT @ L if upper else L @ L.mT
        return torch.linalg.solve(A, b) if solving else torch.linalg.inv(A)

    grads = []
    for call in (by_factor, by_product):
        L = (factor.mT if upper else factor).clone().requires_grad_()
        y = call(L)
        y.backward(torch.arange(1.0, y.numel() + 1, dtype=torch.float64).reshape(y.shape))
        grads.append(L.grad.numpy())
    assert np.allclose(*grads)


def test_kernels_of_other_devices_say_that_they_are_not_here():
    x = torch.ones(1, 2, 3, 3)
    with pytest.raises(NotImplementedError, match="Could not run 'aten::cudnn_grid_sampler'"):
        torch.cudnn_grid_sampler(x, x)
    with pytest.raises(TypeError, match="missing a required argument"):
        torch.miopen_convolution(x)
    assert torch.cudnn_is_acceptable(x) is False


def test_types_of_torchscript():
    ints = torch.ListType(torch.IntType.get())
    assert repr(torch.DictType(torch.StringType.get(), ints)) == "Dict[str, List[int]]"
    assert ints == torch.ListType.ofInts() and ints != torch.ListType.ofFloats()
    assert torch.NoneType.get().isSubtypeOf(torch.OptionalType(ints)) and not ints.isSubtypeOf(torch.IntType.get())
    with pytest.raises(TypeError, match="No constructor defined"):
        torch.IntType()
    with pytest.raises(TypeError, match="No constructor defined"):
        torch.Node()


def test_futures():
    first, second = torch.futures.Future(), torch.jit.fork(lambda a: a + 1, 2)
    later = first.then(lambda f: f.value() * second.wait())
    assert not later.done()
    first.set_result(5)
    assert later.wait() == 15 and torch.futures.wait_all([first, second]) == [5, 3]
    with pytest.raises(RuntimeError, match="completed"):
        first.set_result(6)


def test_symbols_are_numbers():
    assert torch.sym_max(2, 3.0) == 3.0 and isinstance(torch.sym_max(4, 3.0), float)
    assert torch.sym_ite(True, 1, 2) == 1 and torch.sym_int(2.7) == 2
    with pytest.raises(RuntimeError, match="Invalid value range"):
        torch.sym_constrain_range(3, min=4)


def test_functions_chosen_by_a_truth_value():
    x = torch.ones(2, requires_grad=True)
    torch.cond(x.sum() > 1, lambda a: a * 3, lambda a: a * 5, (x,)).sum().backward()
    assert x.grad.tolist() == [3, 3]
    with pytest.raises(RuntimeError, match="single-element"):
        torch.cond(x > 0, lambda a: a, lambda a: a, (x,))


def test_few_eigenvalues():
    A = torch.diag(torch.arange(1.0, 10.0))
    B = torch.diag(torch.arange(9.0, 0.0, -1.0))
    values, vectors = torch.lobpcg(A, k=2, B=B, largest=False)
    assert np.allclose((A @ vectors).numpy(), (B @ vectors * values).numpy(), atol=1e-5)
    assert np.allclose(values.numpy(), [1 / 9, 2 / 8])


def test_what_subclasses_say_can_be_left_aside():
    class Loud(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            raise ValueError("asked")

    x = torch.ones(2).as_subclass(Loud)
    with pytest.raises(ValueError, match="asked"):
        torch.sin(x)
    with torch.DisableTorchFunctionSubclass():
        assert torch.allclose(torch.sin(x), torch.tensor(np.sin([1.0, 1.0]), dtype=torch.float32))


def test_modules_whose_names_stand_elsewhere():
    from flambeau.compat.names import counterpart

    homes = {
        "torch.functional": torch.einsum,
        "torch.storage": torch.UntypedStorage,
        "torch._tensor": torch.Tensor,
        "torch.profiler.profiler": torch.profiler.profile,
        "torch.cuda.amp.grad_scaler": torch.cuda.amp.GradScaler,
        "torch.distributed.distributed_c10d": torch.distributed.ReduceOp,
        "torch.nn.parallel.data_parallel": torch.nn.DataParallel,
    }
    for module, value in homes.items():
        assert getattr(counterpart(module), value.__name__) is value, module
