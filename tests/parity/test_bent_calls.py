"""Calls of PyTorch's operator database, bent at random: what PyTorch gives or raises, and never a crash.

A few bent calls of each operator run always, the same ones; with FLAMBEAU_EXPLORE set hypothesis looks for others.
`tools/fuzz_operators.py` goes further, and survives crashes.
"""

import os
import random

import fuzzing
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

import flambeau as fl

torch = pytest.importorskip("torch")
pytest.importorskip("expecttest")
pytestmark = [pytest.mark.parity, pytest.mark.filterwarnings("ignore")]

# In some odd corners one refuses what the other takes, or with another type; the tool lists them.
GRAVE = {"value", "shape", "dtype", "an error", "an error from inside"}
# Bent calls of these end PyTorch's own process, now and then: only ours is called.
UNSAFE = {"lu_unpack"}
# PyTorch's gradient is wrong; its 0 where nothing is averaged; weights beyond float32; NaN times a product without it.
OTHERWISE = {
    "as_strided_scatter",
    "nn.functional.scaled_dot_product_attention",
    "grid_sampler_2d",
    "grid_sampler_3d",
    "masked.prod",
}
PHASES = tuple(Phase) if os.environ.get("FLAMBEAU_EXPLORE") else (Phase.explicit,)


@pytest.mark.parametrize("name", sorted(fuzzing.operators().keys() - OTHERWISE))
def test_as_pytorch(name):
    calls = fuzzing.known_calls(torch, name)
    if not calls:
        pytest.skip("the database has no call of plain values")

    @settings(phases=PHASES, deadline=None)
    @given(st.integers(0, 1 << 32))
    @example(0)
    @example(1)
    @example(2)
    def tried(seed):
        chance = random.Random(seed)
        call = fuzzing.bent(chance.choice(calls), chance)
        ours = fuzzing.outcome(fl, call)
        unlike = None if name in UNSAFE else fuzzing.difference(ours, fuzzing.outcome(torch, call))
        assert not unlike or unlike[0] not in GRAVE, call

    tried()
