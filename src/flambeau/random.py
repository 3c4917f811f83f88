"""Random numbers: PyTorch's CPU generator and what its distributions make of the stream.

In: a Generator, a count and the parameters of a distribution. Out: a flat NumPy array in the host form of the wanted
dtype, in the order in which PyTorch fills memory. The stream is MT19937, and every function takes exactly as many words
from it as PyTorch does, so that the same seed gives the same numbers, call after call.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

import numpy as np

from . import devices, dtypes
from .box_muller import normal32, normal64
from .dtypes import dtype
from .fma import fma32, fma64, nearest_float32
from .generator import Generator
from .mersenne import kernels
from .small_floats import unpacked

__all__ = [
    "set_rng_state", "get_rng_state", "manual_seed", "seed", "initial_seed", "fork_rng", "thread_safe_generator",
]  # fmt: skip
_check_device = devices.device
FEW_SAMPLES = 8  # that are looked for one after the other, without an order of all
_BLOCK = 1 << 15  # elements that are computed together: the intermediate arrays stay in the cache

default_generator = Generator()
_thread = threading.local()


def current() -> Generator:
    """The generator of calls that name none: the default one, except where this thread has another."""
    return getattr(_thread, "generator", default_generator)


@contextlib.contextmanager
def use_generator(generator: Generator) -> Iterator[None]:
    """Inside, and in this thread alone, the generator takes the place of the default one."""
    _thread.generator = generator
    try:
        yield
    finally:
        del _thread.generator


def manual_seed(seed: int) -> Generator:
    """Seeds the default generator."""
    return current().manual_seed(int(seed))


def seed() -> int:
    """Seeds the default generator from the system; returns the seed."""
    return current().seed()


def initial_seed() -> int:
    """The default generator's seed."""
    return current().initial_seed()


def get_rng_state():
    """The default generator's state, a tensor of 5056 bytes."""
    return current().get_state()


def set_rng_state(new_state) -> None:
    """The default generator goes on from a state."""
    current().set_state(new_state)


def thread_safe_generator() -> Generator | None:
    """The generator of a thread that loads data; None in other threads, where the default one is meant."""
    return getattr(_thread, "generator", None)


@contextlib.contextmanager
def fork_rng(
    devices=None, enabled: bool = True, _caller="fork_rng", _devices_kw="devices", device_type=None
) -> Iterator[None]:
    """Inside, the default generator may do what it likes; afterwards it goes on as if it had not."""
    if device_type is not None:
        _check_device(device_type)
    state = current().get_state() if enabled else None
    try:
        yield
    finally:
        if state is not None:
            current().set_state(state)


# Floating-point distributions


def host_form(x: np.ndarray, to: dtype) -> np.ndarray:
    """Numbers in the host form of a floating-point dtype; 16-bit types are rounded from float32."""
    if to in (dtypes.float64, dtypes.float32):
        return x.astype(to.numpy, copy=False)
    x = x.astype(np.float32, copy=False)
    if to is dtypes.float16:
        with np.errstate(over="ignore"):
            return x.astype(np.float16)
    bits = x.view(np.uint32)
    return ((bits + np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1))) >> np.uint32(16)).astype(np.uint16)


def _number(x: np.ndarray, of: dtype) -> np.ndarray:
    """The values of an array in host form, as something that compares."""
    return unpacked(x, of.name) if of.is_packed else x


def _affine(x: np.ndarray, scale: float, shift: float) -> np.ndarray:
    """x * scale + shift in the type of x, rounded once."""
    if shift == 0:
        return x * scale + 0.0
    fma, kind = (fma64, np.float64) if x.dtype == np.float64 else (fma32, np.float32)
    result = np.empty_like(x)
    for start in range(0, x.size, _BLOCK):
        result[start : start + _BLOCK] = fma(x[start : start + _BLOCK], kind(scale), kind(shift))
    return result


def uniform(generator: Generator, n: int, low: float, high: float, dtype: dtype) -> np.ndarray:
    """n numbers in [low, high) (uniform_, rand); of complex ones both parts are."""
    if dtype.is_complex:
        return uniform(generator, 2 * n, low, high, dtype.to_real()).view(dtype.numpy)
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    native = kernels() if dtype is dtypes.float32 and n else None
    if native is not None:
        return native.uniform(generator.block(n), n, *_ends(low, high))
    return _in_blocks(n, lambda size: _uniform(generator, size, low, high, dtype))


def uniform_number(generator: Generator, low: float, high: float) -> float:
    """One number as `uniform` draws it in float32, without an array."""
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    width, start, end = _ends(low, high)
    part = (generator.word() & 0xFFFFFF) * 2.0**-24
    number = nearest_float32(part * width, start)
    return number if number < end else start


@lru_cache(1 << 10)
def _ends(low: float, high: float) -> tuple[float, float, float]:
    """The width of a range in float32, where it starts and where it ends."""
    start, end = np.float32(low), np.float32(high)
    return float(end - start), float(start), float(end)


def _in_blocks(n: int, draw: Callable[[int], np.ndarray]) -> np.ndarray:
    """n numbers drawn block by block, so that what lies between the words and the numbers stays in the cache."""
    first = draw(min(n, _BLOCK))
    if n <= _BLOCK:
        return first
    result = np.empty(n, first.dtype)
    result[:_BLOCK] = first
    for start in range(_BLOCK, n, _BLOCK):
        result[start : start + _BLOCK] = draw(min(n - start, _BLOCK))
    return result


def _uniform(generator: Generator, n: int, low: float, high: float, dtype: dtype) -> np.ndarray:
    unit = generator.unit64(n) if dtype is dtypes.float64 else generator.unit32(n)
    if (low, high) == (0, 1) and dtype.itemsize >= 4:
        return unit
    kind = unit.dtype.type
    result = host_form(_affine(unit, kind(high) - kind(low), low), dtype)
    start, end = host_form(np.array([low, high]), dtype)
    # Rounding may reach the end of the range, which does not belong to it.
    reached = _number(result, dtype) >= _number(np.array([end]), dtype)
    return np.where(reached, start, result)


def normal(generator: Generator, n: int, mean: float, std: float, dtype: dtype, contiguous: bool = True) -> np.ndarray:
    """n normal numbers (normal_, randn); of complex ones each part has half the variance.

    contiguous: whether the tensor to fill is; PyTorch draws one by one where it is not.
    """
    if std < 0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if dtype.is_complex:
        parts = normal(generator, 2 * n, mean, std / math.sqrt(2), dtype.to_real(), contiguous)
        return parts.view(dtype.numpy)
    if n < 16 or not contiguous:
        return host_form(_affine(generator.normals(n), std, mean), dtype)
    native = kernels() if dtype is dtypes.float32 else None
    if native is not None:
        return _normal_by_kernel(native, generator, n, mean, std)
    unit, transform = (generator.unit64, normal64) if dtype is dtypes.float64 else (generator.unit32, normal32)
    whole = n // 16 * 16
    result = np.empty(n, host_form(np.empty(0, np.float64), dtype).dtype)
    result[:whole] = _in_blocks(whole, lambda size: host_form(_affine(transform(unit(size)), std, mean), dtype))
    if whole < n:
        # PyTorch fills the tensor with uniform numbers first; in 16 bits it goes block by block and draws no rest.
        unit(0 if dtype.itemsize == 2 else n - whole)
        # Not only the rest: the last 16 numbers are drawn again.
        result[n - 16 :] = host_form(_affine(transform(unit(16)), std, mean), dtype)
    return result


def _normal_by_kernel(native, generator: Generator, n: int, mean: float, std: float) -> np.ndarray:
    """float32 as below."""
    numbers = native.normal(generator.block(n), n, std, mean)
    if n % 16:
        numbers[n - 16 :] = native.normal(generator.block(16), 16, std, mean)
    return numbers


def exponential(generator: Generator, n: int, rate: float, dtype: dtype) -> np.ndarray:
    """n exponentially distributed numbers (exponential_)."""
    if rate <= 0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={rate:g}")
    unit = generator.unit64(n)
    if dtype is dtypes.float64:
        # PyTorch calls the C library, as the math module does; NumPy's own log1p may differ in the last bit of float64,
        # which the narrower types do not have.
        logarithms = np.array([math.log1p(-u) for u in unit.tolist()], np.float64)
    else:
        logarithms = np.log1p(-unit)
    return host_form(-1.0 / rate * logarithms, dtype)


def geometric(generator: Generator, n: int, p: float, dtype: dtype) -> np.ndarray:
    """n geometrically distributed whole numbers from 1 (geometric_), as floating-point numbers."""
    if not 0 < p < 1:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    failure = math.log1p(-p)
    unit = generator.unit64(n).tolist()
    trials = np.array([math.log(u) / failure if u else math.inf for u in unit], np.float64)
    return _whole(np.ceil(trials), dtype)


def cauchy(generator: Generator, n: int, median: float, sigma: float, dtype: dtype) -> np.ndarray:
    """n Cauchy-distributed numbers (cauchy_)."""
    if sigma <= 0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    tangents = np.array([math.tan(math.pi * (u - 0.5)) for u in generator.unit64(n).tolist()], np.float64)
    return host_form(_affine(tangents, sigma, median), dtype)


def _exp(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf


def log_normal(generator: Generator, n: int, mean: float, std: float, dtype: dtype) -> np.ndarray:
    """n numbers whose logarithms are normal (log_normal_)."""
    if std <= 0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    logarithms = _affine(generator.normals(n), std, mean)
    return host_form(np.fromiter(map(_exp, logarithms.tolist()), np.float64, n), dtype)


# Whole numbers

_DIGITS = {"float64": 53, "float32": 24, "float16": 11, "bfloat16": 8}
C_NAMES = {
    "bool": "bool", "uint8": "unsigned char", "int8": "signed char", "int16": "short int", "int32": "int",
    "int64": "long int", "float16": "c10::Half", "bfloat16": "c10::BFloat16", "float32": "float", "float64": "double",
    "uint16": "short unsigned int", "uint32": "unsigned int", "uint64": "long unsigned int",
}  # fmt: skip


def _largest(dtype: dtype) -> int:
    """The largest whole number up to which `random_` counts."""
    if dtype.is_floating_point:
        return 2 ** _DIGITS[dtype.name]
    return 1 if dtype is dtypes.bool_ else _limits(dtype)[1]


@cache
def _limits(dtype: dtype) -> tuple[int, int]:
    """The smallest and the largest number of a type of whole numbers."""
    info = np.iinfo(dtype.numpy)
    return int(info.min), int(info.max)


def _whole(values: np.ndarray, to: dtype) -> np.ndarray:
    return host_form(values, to) if to.is_floating_point else values.astype(to.numpy, copy=False)


def random(generator: Generator, n: int, dtype: dtype) -> np.ndarray:
    """n whole numbers from 0 to the largest that the dtype counts exactly (random_)."""
    wide = dtype in (dtypes.float64, dtypes.int64)
    words = generator.wide_words(n) if wide else generator.words(n).astype(np.uint64)
    return _whole(words % np.uint64(_largest(dtype) + 1), dtype)


def randint(generator: Generator, n: int, low: int, high: int | None, dtype: dtype) -> np.ndarray:
    """n whole numbers in [low, high) (randint, random_); high None: up to the dtype's largest."""
    if high is None and low == -(2**63):
        return _all_words(generator, n, dtype)
    if high is None:
        high = _largest(dtype) + 1
    if low >= high:
        raise RuntimeError(f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}")
    _check_bounds(low, high, dtype)
    if dtype.is_floating_point:
        low, high = _nearest_above(low, dtype), _nearest_below(high, dtype)
    span = high - low
    wide = span >= 1 << 28
    native = kernels() if not wide and n else None
    if native is not None:
        return _whole(native.integers(generator.block(n), n, span, low), dtype)
    words = generator.wide_words(n) if wide else generator.words(n).astype(np.uint64)
    return _whole((words % np.uint64(span)).view(np.int64) + np.int64(low), dtype)


def _all_words(generator: Generator, n: int, dtype: dtype) -> np.ndarray:
    if dtype.name not in ("int64", "float64", "float32", "bfloat16"):
        raise RuntimeError("random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")
    return _whole(generator.wide_words(n).view(np.int64), dtype)


def _check_bounds(low: int, high: int, dtype: dtype) -> None:
    if dtype.is_floating_point:
        largest = 65504 if dtype is dtypes.float16 else 2**63 - 1
        lowest = -largest
    else:
        lowest, largest = (0, 1) if dtype is dtypes.bool_ else _limits(dtype)
    for name, bound in (("from", low), ("to - 1", high - 1)):
        if not lowest <= bound <= largest:
            raise RuntimeError(f"{name} is out of bounds for {C_NAMES[dtype.name]}")


def _rounded(number: int, to: dtype) -> int:
    return int(_number(host_form(np.array([number], np.float64), to), to)[0])


def _nearest_above(low: int, dtype: dtype) -> int:
    """The start of a range of a floating-point type: where low + 1 rounds below low, the next number that it holds."""
    above = _rounded(low + 1, dtype)
    return low if above >= low else above + (1 << (abs(low + 1).bit_length() - _DIGITS[dtype.name]))


def _nearest_below(high: int, dtype: dtype) -> int:
    """The end of a range of a floating-point type: where high - 1 rounds up to high, the number before."""
    below = _rounded(high - 1, dtype)
    return high if below < high else below - (1 << (abs(high - 1).bit_length() - _DIGITS[dtype.name]))


def permutation(generator: Generator, n: int) -> np.ndarray:
    """The whole numbers 0..n-1 in random order, int64 (randperm)."""
    draws = max(n - 1, 0)
    wide, native = n >= (2**32 - 1) // 20, kernels()
    if native is not None and draws:
        return native.permuted(generator.block(draws << wide), n, wide)
    words = generator.wide_words(draws) if wide else generator.words(draws).astype(np.uint64)
    left = np.arange(n, 1, -1, dtype=np.uint64)
    partners = (words % left).astype(np.int64) + np.arange(draws)
    order = list(range(n))
    for i, j in enumerate(partners.tolist()):
        order[i], order[j] = order[j], order[i]
    return np.array(order, np.int64)


# Choices


def bernoulli(generator: Generator, n: int, p: float) -> np.ndarray:
    """n booleans, true with probability p (bernoulli_, and so dropout's mask)."""
    if not 0 <= p <= 1:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    return generator.chances(n, p)


def bernoulli_each(generator: Generator, p: np.ndarray) -> np.ndarray:
    """A boolean for each probability of an array (torch.bernoulli)."""
    if not np.all((p >= 0) & (p <= 1)):
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If "
            "so, please report an enhancement request to PyTorch.)"
        )
    unit = generator.unit64(p.size) if p.dtype == np.float64 else generator.unit32(p.size)
    return unit.reshape(p.shape) < p


def multinomial(generator: Generator, weights: np.ndarray, samples: int, replacement: bool = False) -> np.ndarray:
    """Indices drawn from each row of weights, int64.

    weights: (categories,) or (rows, categories), float32 or float64.  Returns (samples,) or (rows, samples).
    """
    _check_multinomial(weights, samples, replacement)
    rows = np.atleast_2d(weights)
    if replacement and samples > 1:
        chosen = _with_replacement(generator, rows, samples)
    else:
        # The largest of weights over exponential numbers is a category drawn by weight, the next one the second draw.
        kind = dtypes.from_numpy(weights.dtype)
        order = "F" if 0 < rows.strides[0] < rows.strides[1] else "C"  # as the weights lie in memory
        race = rows / exponential(generator, rows.size, 1.0, kind).reshape(rows.shape, order=order)
        chosen = _largest_of(race, samples)
    return chosen.reshape(*weights.shape[:-1], samples)


def _largest_of(race: np.ndarray, samples: int) -> np.ndarray:
    """Where the largest numbers of each row stand, the largest first; among equal ones the first, NaN last."""
    if np.isnan(race).any() or samples > FEW_SAMPLES:
        return np.argsort(-race, axis=1, kind="stable")[:, :samples]
    rows, chosen = np.arange(len(race)), np.empty((len(race), samples), np.int64)
    for column in chosen.T:
        column[:] = race.argmax(1)
        race[rows, column] = -1.0  # all others are 0 at least
    return chosen


def _with_replacement(generator: Generator, rows: np.ndarray, samples: int) -> np.ndarray:
    cumulative = np.cumsum(rows, axis=1, dtype=rows.dtype)
    cumulative /= cumulative[:, -1:]
    unit = generator.unit64(len(rows) * samples).reshape(len(rows), samples)
    return np.stack([np.searchsorted(c.astype(np.float64), u) for c, u in zip(cumulative, unit)]).astype(np.int64)


def _check_multinomial(weights: np.ndarray, samples: int, replacement: bool) -> None:
    if weights.ndim not in (1, 2):
        raise RuntimeError("prob_dist must be 1 or 2 dim")
    if samples <= 0:
        raise RuntimeError("cannot sample n_sample <= 0 samples")
    if not replacement and samples > weights.shape[-1]:
        raise RuntimeError("cannot sample n_sample > prob_dist.size(-1) samples without replacement")
    if weights.shape[-1] > 1 << 24:
        raise RuntimeError("number of categories cannot exceed 2^24")
    wrong = weights[~((weights >= 0) & (weights < np.inf))]
    if wrong.size:
        if not replacement or samples == 1:
            raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
        entry = "= infinity or NaN" if wrong[0] == np.inf else "< 0"
        raise RuntimeError(f"invalid multinomial distribution (encountering probability entry {entry})")
    if np.any(weights.sum(axis=-1) == 0):
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
