"""The random stream: its statistics and states, and PyTorch's bits where PyTorch is installed."""

import math

import numpy as np
import pytest

import flambeau as fl
from flambeau import dtypes, mersenne, random
from flambeau.box_muller import normal32
from flambeau.dtypes import bfloat16, float16, float32, float64, int8, int32, int64, uint8
from flambeau.fma import fma32, fma64
from flambeau.generator import DEFAULT_SEED
from flambeau.random import Generator

FLOATS = [float16, bfloat16, float32, float64]
COUNTS = [0, 1, 2, 5, 15, 16, 17, 31, 32, 1000]


def seeded(seed=0):
    return Generator().manual_seed(seed)


def test_words_are_mt19937():
    # The ten-thousandth word of the reference generator of the C++ standard, whose seed is 5489.
    assert seeded(5489).words(10000)[-1] == 4123659995
    pair = seeded(1).words(2)
    assert seeded(1).wide_words(1)[0] == (int(pair[0]) << 32) | int(pair[1])


@pytest.mark.parametrize("drawn", [0, 1, 623])
@pytest.mark.parametrize("p", [0.0, 0.3, 1 - 2**-53, 1.0])
def test_chances_are_those_of_single_numbers(p, drawn):
    """The kernel compares whole numbers, a block at a time, wherever in the state the words begin."""
    for n in (0, 1, 17, 312, 1024, 1025, 5000):
        one, other = seeded(n), seeded(n)
        one.words(drawn), other.words(drawn)
        np.testing.assert_array_equal(one.chances(n, p), other.unit64(n) < p)
        np.testing.assert_array_equal(one.words(3), other.words(3))


def test_state_goes_on_where_it_was_taken():
    for drawn in (0, 1, 623, 624, 625):
        generator = seeded(7)
        generator.words(drawn)
        generator.normals(3)
        other = Generator()
        other.set_state(generator.get_state())
        assert other.initial_seed() == 7
        np.testing.assert_array_equal(other.normals(5), generator.normals(5))
        np.testing.assert_array_equal(other.words(2000), generator.words(2000))
        clone = generator.clone_state()
        np.testing.assert_array_equal(clone.get_state(), generator.get_state())


def test_seeds_and_states_are_checked():
    generator = Generator()
    assert generator.initial_seed() == DEFAULT_SEED
    assert generator.manual_seed(-1).initial_seed() == 2**64 - 1
    assert generator.seed() == generator.initial_seed()
    with pytest.raises(ValueError, match="Overflow when unpacking long long"):
        generator.manual_seed(2**64)
    with pytest.raises(RuntimeError, match="manual_seed expected a long, but got str"):
        generator.manual_seed("1")
    with pytest.raises(TypeError, match="ByteTensor"):
        generator.set_state(np.zeros(5056))
    with pytest.raises(RuntimeError, match="size 5056 but found the input RNG state size to be 3"):
        generator.set_state(np.zeros(3, np.uint8))


def test_fork_rng_leaves_no_trace():
    random.manual_seed(3)
    before = random.default_generator.words(3)
    random.manual_seed(3)
    with random.fork_rng():
        random.default_generator.words(1000)
    np.testing.assert_array_equal(random.default_generator.words(3), before)


@pytest.mark.parametrize("count", COUNTS)
def test_one_by_one_or_together(count):
    together = seeded().normals(count)
    generator = seeded()
    np.testing.assert_array_equal(together, [generator.normals(1)[0] for _ in range(count)])


def test_box_muller_is_accurate():
    uniform = seeded().unit32(1 << 16)
    pairs = uniform.astype(np.float64).reshape(-1, 2, 8)
    radius, angle = np.sqrt(-2 * np.log(1 - pairs[:, 0])), 2 * np.pi * pairs[:, 1]
    expected = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
    np.testing.assert_allclose(normal32(uniform), expected, atol=2e-6)


def test_fused_steps_round_once():
    from fractions import Fraction

    a = seeded().unit64(200)
    for low in (0.3, -1.7, 1e-9):
        exact = [float(Fraction(x) * Fraction(6.6) + Fraction(low)) for x in a.tolist()]
        np.testing.assert_array_equal(fma64(a, 6.6, low), exact)
    # A sum just below the middle of two float32 numbers, which float64 would round onto the middle first.
    a, b = np.array([2.0**-12 * (1 + 2.0**-16)], np.float32), np.float32(2.0**-12 * (1 - 2.0**-16))
    assert fma32(a, b, np.float32(1 + 2.0**-23)) == np.float32(1 + 2.0**-23)


def test_distributions_have_their_moments():
    generator, n = seeded(1), 40000
    close = lambda x, value: abs(float(np.mean(x)) - value) < 0.03
    assert close(random.uniform(generator, n, -1, 3, float32), 1)
    assert close(random.normal(generator, n, 1, 2, float64), 1) and close(
        random.normal(generator, n, 0, 1, float32) ** 2, 1
    )
    assert close(random.exponential(generator, n, 2, float32), 0.5)
    assert close(random.geometric(generator, n, 0.5, float32), 2)
    assert close(np.log(random.log_normal(generator, n, 0.5, 1, float64)), 0.5)
    assert close(np.median(random.cauchy(generator, n, 0.5, 1, float64)), 0.5)
    assert close(random.bernoulli(generator, n, 0.3), 0.3)
    assert close(random.randint(generator, n, -2, 3, int64), 0)
    weights = np.array([[1.0, 2, 3, 0]], np.float32).repeat(n, 0)
    np.testing.assert_allclose(
        np.bincount(random.multinomial(generator, weights, 1)[:, 0]) / n, [1 / 6, 2 / 6, 3 / 6], atol=0.02
    )
    replaced = random.multinomial(generator, weights[0], n, replacement=True)
    np.testing.assert_allclose(np.bincount(replaced) / n, [1 / 6, 2 / 6, 3 / 6], atol=0.02)


def test_ranges_hold():
    generator = seeded(2)
    for dtype in FLOATS:
        x = random._number(random.uniform(generator, 20000, 2.5, 9.125, dtype), dtype)
        assert x.min() >= 2.5 and x.max() < 9.125
    for low, high, dtype in [(0, 2, uint8), (-128, 128, int8), (-(2**31), 2**31, int32), (-(2**63), 2**63 - 1, int64)]:
        x = random.randint(generator, 1000, low, high, dtype)
        assert x.dtype == dtype.numpy and low <= x.min() and x.max() < high
    for n in (0, 1, 2, 100):
        assert sorted(random.permutation(generator, n)) == list(range(n))
    drawn = random.multinomial(generator, np.ones((5, 8), np.float32), 8)
    assert (np.sort(drawn, axis=1) == np.arange(8)).all()


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def same(ours, theirs):
    """Equal bits, host form against tensor, in the order of memory."""
    torch = pytest.importorskip("torch")
    theirs = theirs.detach()
    theirs = theirs.view(torch.int16).numpy().view(np.uint16) if theirs.dtype == torch.bfloat16 else theirs.numpy()
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours.view(np.uint8), np.ascontiguousarray(theirs).reshape(-1).view(np.uint8))


def like(torch, dtype):
    return getattr(torch, dtype.name)


@pytest.mark.parity
@pytest.mark.parametrize("dtype", FLOATS, ids=repr)
@pytest.mark.parametrize("parameters", [(0, 1), (-0.3, 0.7), (2.5, 9.1), (-3, 0)])
def test_floats_have_pytorchs_bits(torch, dtype, parameters):
    low, high = parameters
    theirs, ours = torch.Generator().manual_seed(5), seeded(5)
    for n in COUNTS:
        empty = lambda: torch.empty(n, dtype=like(torch, dtype))  # noqa: B023
        same(random.uniform(ours, n, low, high, dtype), empty().uniform_(low, high, generator=theirs))
        same(random.normal(ours, n, low, abs(high), dtype), empty().normal_(low, abs(high), generator=theirs))
        spread = abs(high) + 0.5
        same(random.exponential(ours, n, spread, dtype), empty().exponential_(spread, generator=theirs))
        same(random.cauchy(ours, n, low, spread, dtype), empty().cauchy_(low, spread, generator=theirs))
        same(random.log_normal(ours, n, low, spread, dtype), empty().log_normal_(low, spread, generator=theirs))
        same(random.geometric(ours, n, 0.3, dtype), empty().geometric_(0.3, generator=theirs))
    np.testing.assert_array_equal(ours.get_state(), theirs.get_state().numpy())


@pytest.mark.parity
def test_many_normals_have_pytorchs_bits(torch):
    theirs, ours, n = torch.Generator().manual_seed(6), seeded(6), (1 << 20) + 3
    same(random.normal(ours, n, 0, 1, float32), torch.randn(n, generator=theirs))
    same(random.normal(ours, n, 0.1, 0.02, float32), torch.empty(n).normal_(0.1, 0.02, generator=theirs))
    same(random.uniform(ours, n, -0.05, 0.05, float32), torch.empty(n).uniform_(-0.05, 0.05, generator=theirs))
    transposed = torch.empty(8, 4).t().normal_(1, 2, generator=theirs)
    same(random.normal(ours, 32, 1, 2, float32, contiguous=False), transposed.t())


@pytest.mark.parity
@pytest.mark.filterwarnings("ignore:.*out of bounds")
def test_whole_numbers_have_pytorchs_bits(torch):
    theirs, ours = torch.Generator().manual_seed(8), seeded(8)
    for dtype in [d for d in dtypes.ALL if not d.is_complex]:
        empty = lambda: torch.empty(500, dtype=like(torch, dtype))  # noqa: B023
        same(random.random(ours, 500, dtype), empty().random_(generator=theirs))
        for low, high in [(0, 1), (0, 2), (-5, 100), (3, 2**28), (0, 2**28 - 1), (-(2**40), 2**62), (-(2**63), None)]:
            try:
                expected = empty().random_(low, high, generator=theirs)
            except NotImplementedError:
                continue
            except RuntimeError as error:
                with pytest.raises(RuntimeError) as raised:
                    random.randint(ours, 500, low, high, dtype)
                assert str(raised.value) == str(error)
                continue
            same(random.randint(ours, 500, low, high, dtype), expected)


@pytest.mark.parity
def test_choices_have_pytorchs_bits(torch):
    theirs, ours = torch.Generator().manual_seed(9), seeded(9)
    for n in (0, 1, 2, 1000):
        same(random.permutation(ours, n), torch.randperm(n, generator=theirs))
        same(random.bernoulli(ours, n, 0.3), torch.empty(n, dtype=torch.bool).bernoulli_(0.3, generator=theirs))
    for kind in (torch.float32, torch.float64):
        p = torch.rand(6, 50, dtype=kind, generator=torch.Generator().manual_seed(1))
        same(random.bernoulli_each(ours, p.numpy()).reshape(-1), torch.bernoulli(p, generator=theirs).bool())
        for samples, replacement in [(1, False), (7, False), (50, False), (1, True), (80, True)]:
            expected = torch.multinomial(p, samples, replacement, generator=theirs)
            np.testing.assert_array_equal(random.multinomial(ours, p.numpy(), samples, replacement), expected.numpy())
        expected = torch.multinomial(p[0], 3, generator=theirs)
        np.testing.assert_array_equal(random.multinomial(ours, p[0].numpy(), 3), expected.numpy())
    torch.manual_seed(4)
    dropped = torch.nn.functional.dropout(torch.ones(100), 0.3)
    np.testing.assert_array_equal(random.bernoulli(seeded(4), 100, 1 - 0.3), dropped.numpy() != 0)


@pytest.mark.parity
@pytest.mark.parametrize("drawn", [0, 1, 12, 623, 624, 625, 1248])
def test_states_are_pytorchs(torch, drawn):
    theirs, ours = torch.Generator().manual_seed(-12345), seeded(-12345)
    ours.words(drawn)
    torch.empty(drawn).uniform_(generator=theirs)
    for _ in range(2):
        np.testing.assert_array_equal(ours.get_state(), theirs.get_state().numpy())
        assert ours.normals(1)[0] == torch.empty(1, dtype=torch.float64).normal_(generator=theirs).item()
    theirs.set_state(torch.from_numpy(ours.get_state().numpy()))
    same(ours.unit64(700), torch.rand(700, dtype=torch.float64, generator=theirs))
    ours.set_state(theirs.get_state())
    same(ours.unit64(700), torch.rand(700, dtype=torch.float64, generator=theirs))


@pytest.mark.parity
def test_errors_are_pytorchs(torch):
    generator, empty, nan = Generator(), torch.empty(3), math.nan
    weights = lambda *values: torch.tensor(values)
    for ours, theirs in [
        (lambda: random.uniform(generator, 3, 2, 1, float32), lambda: empty.uniform_(2, 1)),
        (lambda: random.normal(generator, 3, 0, -1, float32), lambda: empty.normal_(0, -1)),
        (lambda: random.bernoulli(generator, 3, 1.5), lambda: empty.bernoulli_(1.5)),
        (lambda: random.randint(generator, 3, 5, 5, int64), lambda: torch.randint(5, 5, (3,))),
        (lambda: random.randint(generator, 3, 0, 300, uint8), lambda: torch.randint(0, 300, (3,), dtype=torch.uint8)),
        (lambda: random.randint(generator, 3, -1, 3, uint8), lambda: torch.randint(-1, 3, (3,), dtype=torch.uint8)),
        (lambda: random.exponential(generator, 3, 0, float32), lambda: empty.exponential_(0)),
        (lambda: random.geometric(generator, 3, 1, float32), lambda: empty.geometric_(1)),
        (lambda: random.log_normal(generator, 3, 0, -1, float32), lambda: empty.log_normal_(0, -1)),
        (lambda: random.cauchy(generator, 3, 0, 0, float32), lambda: empty.cauchy_(0, 0)),
    ] + [
        (
            lambda p=p, n=n: random.multinomial(generator, p.numpy(), n),
            lambda p=p, n=n: torch.multinomial(p, n),
        )
        for p, n in [
            (weights(1.0, 2.0), 3), (weights(1.0), 0), (weights(1.0, -1.0), 1), (weights(0.0, 0.0), 1),
            (weights(1.0, nan), 1), (weights(1.0, math.inf), 1), (torch.ones(2, 3, 4), 1),
        ]
    ]:  # fmt: skip
        with pytest.raises(RuntimeError) as expected:
            theirs()
        with pytest.raises(RuntimeError) as got:
            ours()
        assert str(got.value) == str(expected.value)


DRAWS = {
    "rand": lambda g, n: random.uniform(g, n, 0.0, 1.0, float32),
    "uniform": lambda g, n: random.uniform(g, n, -3.0, 2.5, float32),
    "narrow": lambda g, n: random.uniform(g, n, 1.0, 1.0000001, float32),  # rounding reaches the end
    "randn": lambda g, n: random.normal(g, n, 0.0, 1.0, float32),
    "normal": lambda g, n: random.normal(g, n, 1.5, 0.3, float32),
    "randint": lambda g, n: random.randint(g, n, -7, 3, int64),
    "many": lambda g, n: random.randint(g, n, 5, 5 + (1 << 28) - 1, int64),
    "permutation": random.permutation,
}


@pytest.mark.parametrize("name", DRAWS)
def test_kernels_follow_their_definitions(name, monkeypatch):
    """Bit for bit, and with the same number of words; where there is no compiler, nothing is left to compare."""
    for n in (0, 1, 15, 16, 40, 623, 625, 100_003):
        one, other = seeded(n), seeded(n)
        one.words(n % 7), other.words(n % 7)
        found = DRAWS[name](one, n)
        with monkeypatch.context() as patch:
            patch.setattr(random, "kernels", lambda: None)
            patch.setattr(mersenne, "kernels", lambda: None)
            expected = DRAWS[name](other, n)
            following = other.words(5)
        assert found.tobytes() == expected.tobytes()
        assert one.words(5).tobytes() == following.tobytes()


def test_a_drawn_tensor_has_its_memory_for_itself():
    x, y = fl.randn(1000), fl.randn(1000)
    before = y.clone()
    x.fill_(0)
    assert fl.equal(y, before) and not fl.equal(y, fl.zeros(1000))


@pytest.mark.parametrize("low, high", [(0.0, 1.0), (-2.5, 1e-7), (0.1, 0.100001), (1.0, 1.0000001), (-3e5, 7.0)])
def test_single_numbers_are_those_of_arrays(low, high):
    one, other = seeded(3), seeded(3)
    array = random.uniform(other, 2000, low, high, float32)
    assert [random.uniform_number(one, low, high) for _ in range(2000)] == array.tolist()
    assert one.word() == other.words(1)[0]
