"""Data pipes, against PyTorch."""

from __future__ import annotations

import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


@program
def pipes_by_name(torch):
    data = torch.utils.data

    @data.functional_datapipe("doubled_for_a_test")
    class Doubled(data.IterDataPipe):
        def __init__(self, source):
            self.source = source

        def __iter__(self):
            for x in self.source:
                yield x * 2

    class Numbers(data.IterDataPipe):
        def __iter__(self):
            return iter(range(3))

    @data.functional_datapipe("negated_for_a_test")
    class Negated(data.MapDataPipe):
        def __init__(self, source):
            self.source = source

        def __getitem__(self, index):
            return -self.source[index]

    yield list(Numbers().doubled_for_a_test()), list(Doubled(Numbers()).doubled_for_a_test())
    yield Negated([1, 2])[1], Negated([1, 2]).negated_for_a_test()[0], attempt(lambda: Numbers().tripled)
    yield repr(Numbers()).rpartition(".")[2]
    yield attempt(data.functional_datapipe("doubled_for_a_test"), Doubled)
    chunk = data.DataChunk([1, 2])
    yield list(chunk), list(chunk.raw_iterator()), chunk.as_str("  ")

    @data.non_deterministic
    class Chance(data.IterDataPipe):
        def __iter__(self):
            return iter(range(2))

    yield list(Chance())
    with data.guaranteed_datapipes_determinism():
        yield attempt(Chance)[0]
    yield list(Chance())


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_same_as_pytorch(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
