"""Indices in memory are looked through for the first one that is out of range, as NumPy would find it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import flambeau as fl
from flambeau.ops import bounds

VIEWS = (
    lambda x: x, lambda x: x.t(), lambda x: x[:, :1], lambda x: x[1], lambda x: x[:, 1], lambda x: x[::2],
    lambda x: x[1, 1],
)  # fmt: skip


@given(
    st.lists(st.integers(-9, 9), min_size=12, max_size=12), st.sampled_from(VIEWS), st.sampled_from(["int64", "int32"]),
    st.integers(-9, 0), st.integers(0, 9), st.none() | st.integers(-9, 9),
)  # fmt: skip
def test_the_first_number_out_of_range_is_found(numbers, view, dtype, low, size, ignored):
    array = np.array(numbers, dtype).reshape(4, 3)
    seen = view(fl.from_numpy(array.copy()))
    unknown = seen.ndim > 1 and not seen.is_contiguous()  # left to the kernels
    numbers = [] if unknown else np.ravel(seen.numpy()).tolist()
    wrong = [n for n in numbers if not low <= n < size and n != ignored]
    assert bounds.outside(seen, low, size, ignored) == (wrong[0] if wrong else None)
