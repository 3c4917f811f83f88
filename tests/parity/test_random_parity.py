"""Random tensors as a script sees them: memory order, generators, states, refusals; the same under both."""

import numpy as np
import pytest

import flambeau

pytestmark = pytest.mark.parity
LAYOUTS = {
    "row-major": lambda x: x, "transposed": lambda x: x.t(), "sliced": lambda x: x[::2, 1::3],
    "sliced, transposed": lambda x: x[::2, 1::3].t(), "permuted": lambda x: x.unflatten(1, (4, 15)).permute(1, 2, 0),
    "channels last": lambda x: x.reshape(2, 12, 6, 10).permute(0, 3, 1, 2),
}  # fmt: skip
LIKE = ["rand_like", "randn_like", "bernoulli", "zeros_like", "ones_like"]
FILLERS = {
    "normal_": (), "uniform_": (), "random_": (), "exponential_": (), "bernoulli_": (0.4,), "geometric_": (0.3,),
    "cauchy_": (), "log_normal_": (),
}  # fmt: skip
CALLS = [
    lambda m: m.Generator().get_offset(), lambda m: m.Generator().graphsafe_get_state(), lambda m: m.rand(-1),
    lambda m: m.Generator().set_state(3), lambda m: m.Generator().set_state(m.zeros(3, dtype=m.uint8)),
    lambda m: str(m.Generator().device), lambda m: m.Generator().get_state().shape, lambda m: m.manual_seed("x"),
    lambda m: m.Generator().manual_seed(2**64), lambda m: m.set_rng_state(m.zeros(4, dtype=m.uint8)),
    lambda m: m.rand(2, out=m.zeros(2, dtype=m.int64)), lambda m: m.normal(0.0, -1.0, (2,)), lambda m: m.randperm(-1),
    lambda m: m.normal(m.zeros(2), m.tensor([-1.0, 1.0])), lambda m: m.normal(m.zeros(2), m.zeros(3)),
    lambda m: m.normal(m.ones(2, 1), m.ones(3)), lambda m: m.multinomial(m.zeros(3), 1),
    lambda m: m.multinomial(m.ones(3), 4), lambda m: m.multinomial(m.ones(3), 0), lambda m: m.poisson(m.ones(2).long()),
    lambda m: m.multinomial(m.tensor([-1.0, 2.0]), 1), lambda m: m.bernoulli(m.tensor([1.5])),
    lambda m: m.bernoulli(m.ones(2), 2.0), lambda m: m.bernoulli(m.ones(2).long()), lambda m: m.randint(3, 3, (2,)),
    lambda m: m.binomial(m.ones(2), m.ones(2).double()), lambda m: m.empty(5).random_(5, 3),
    *(lambda m, f=f, k=k: getattr(m.empty(5, dtype=getattr(m, k)), f)(*FILLERS[f])
      for f in FILLERS for k in ("int64", "uint8", "bool")),
]  # fmt: skip


def seen(m, work):
    """What a call gives after a seed, and the next numbers; or what it raises."""
    m.manual_seed(3)
    try:
        found = work(m)
    except Exception as error:
        return type(error).__name__, str(error)
    if isinstance(found, m.Tensor):
        return found.double().numpy().tolist(), found.stride(), str(found.dtype), m.rand(2).tolist()
    return found


def compare(work):
    torch = pytest.importorskip("torch")
    assert seen(flambeau, work) == seen(torch, work)


def numbers(m):
    return m.from_numpy(np.random.default_rng(0).random((24, 60)).astype(np.float32))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_order_is_that_of_memory(layout):
    for name in LIKE:
        compare(lambda m, name=name: getattr(m, name)(LAYOUTS[layout](numbers(m))))
    for name, args in FILLERS.items():
        compare(lambda m, name=name, args=args: getattr(LAYOUTS[layout](numbers(m)), name)(*args))
    compare(lambda m: m.randint_like(LAYOUTS[layout](numbers(m)), 3, 9))
    compare(lambda m: m.zeros_like(LAYOUTS[layout](numbers(m))).bernoulli_(LAYOUTS[layout](numbers(m))))


@pytest.mark.parametrize("case", range(len(CALLS)))
def test_results_and_refusals(case):
    compare(CALLS[case])


@pytest.mark.parametrize("n", [1, 2, 15, 700, 40_000])
def test_few_and_many_numbers(n):
    """Few are drawn in one go, many in pieces by several threads."""
    for draw in (
        lambda m: m.rand(n), lambda m: m.randn(n), lambda m: m.randint(-3, 1000, (n,)), lambda m: m.randperm(n),
        lambda m: m.zeros(n).bernoulli_(0.3), lambda m: m.rand(n).bernoulli(), lambda m: m.zeros(n).uniform_(-2, 5),
        lambda m: m.zeros(n).normal_(2, 3), lambda m: m.zeros(n).normal_(), lambda m: m.rand(n, dtype=m.float64),
    ):  # fmt: skip
        compare(draw)


def test_a_write_of_random_numbers_is_seen_by_the_tape():
    def work(m):
        x, w = m.ones(3), m.full((3,), 2.0, requires_grad=True)
        product = (x * w).sum()
        product.item()
        x.uniform_()
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            product.backward()
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            w.normal_()
        y = w * 1
        y.normal_().sum().backward()
        with m.no_grad():
            w.normal_()
        return m.cat([w.detach(), w.grad, x])

    compare(work)


def test_states_pass_between_both():
    torch = pytest.importorskip("torch")
    torch.manual_seed(11), torch.randn(5)
    flambeau.set_rng_state(flambeau.from_numpy(torch.get_rng_state().numpy()))
    assert flambeau.randn(7).tolist() == torch.randn(7).tolist()
    torch.set_rng_state(torch.from_numpy(flambeau.get_rng_state().numpy()))
    assert flambeau.rand(7).tolist() == torch.rand(7).tolist()
