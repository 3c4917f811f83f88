"""Division of whole numbers by zero: refused at the call where the divisor is known, else by kernels at the sync."""

import numpy as np
import pytest

import flambeau as fl

FORMS = {
    "//": lambda x, y: x // y,
    "%": lambda x, y: x % y,
    "fmod": lambda x, y: fl.fmod(x, y),
    "floor": lambda x, y: fl.div(x, y, rounding_mode="floor"),
    "trunc": lambda x, y: x.clone().div_(y, rounding_mode="trunc"),
    "//=": lambda x, y: x.clone().floor_divide_(y),
}
WHOLE = [fl.int64, fl.int32, fl.int16, fl.int8, fl.uint8]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("dtype", WHOLE)
def test_a_zero_in_a_divisor_is_refused(form, dtype):
    x = fl.arange(1, 40, dtype=dtype)
    y = fl.ones(39, dtype=dtype)
    y[17] = 0
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        FORMS[form](x, y).tolist()
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        FORMS[form](x, 0)


def test_a_known_divisor_is_refused_at_the_call():
    y = fl.tensor([3, 0])
    y.tolist()
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        fl.tensor([1, 2]) // y


def test_a_number_that_wraps_around_to_zero_is_zero():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        fl.tensor([5], dtype=fl.uint8) % 256
    assert (fl.tensor([5], dtype=fl.uint8) % 257).tolist() == [0]


def test_what_was_computed_before_a_division_by_zero_stays():
    x = fl.arange(2000)
    kept = x * 2
    x += 1
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        (x // (kept - 6)).tolist()
    assert kept[:3].tolist() == [0, 2, 4] and x[:3].tolist() == [1, 2, 3]


def test_nothing_is_divided_by_zero_where_there_is_nothing():
    assert (fl.ones(0, dtype=fl.int64) // fl.tensor([0])).tolist() == []
    assert (fl.ones(0, 3, dtype=fl.int64) % 0).shape == (0, 3)


def test_fractions_by_zero_are_infinite():
    assert (fl.tensor([1.0, -1.0]) // 0).tolist() == [np.inf, -np.inf]
    assert (fl.tensor([1]) // 0.0).tolist() == [np.inf]


def test_each_of_a_batch_is_looked_at():
    y = fl.tensor([[1, 2], [3, 0]]) + 0
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        fl.func.vmap(lambda d: 12 // d)(y).tolist()
    assert fl.func.vmap(lambda d: 12 // d)(y + 1).tolist() == [[6, 4], [3, 12]]
