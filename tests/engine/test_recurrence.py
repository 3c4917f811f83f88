"""Recurrences: kernels against the definition in NumPy, for any sizes, lengths, directions and results."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from products import run
from programs import check, run_program

from flambeau import config, dtypes, ir, schedule
from flambeau.cells import CELLS
from flambeau.codegen import recurrence
from flambeau.codegen.product import Matrix
from flambeau.codegen.targets import AVX2, AVX512, BY_NAME, host
from flambeau.runtime.execute import Pointer
from flambeau.runtime.interpret import interpret

NEEDED = {True: {"x", "h0", "c0", "weight", "offsets", "projection"}, False: {"gates", "before", "c_before", "weight",
          "offsets", "projection"}}  # fmt: skip


class Layer:
    """The graph of a layer: random operands, and all results.

    lengths: of the sequences, longest first.  missing: operands that may be left out, and are.
    """

    def __init__(self, cell, forward, reverse, lengths, units, outputs=None, of=dtypes.float32, missing=()):
        self.cell, self.forward, self.lengths, self.units, self.of = CELLS[cell], forward, lengths, units, of
        self.outputs, self.projected = outputs or units, outputs is not None
        names = {name: shape for name, shape in self.operands().items() if name not in set(missing) - NEEDED[forward]}
        rng = np.random.default_rng(len(lengths) + units)
        self.arrays = [rng.standard_normal(shape).astype(of.numpy) * 0.5 for shape in names.values()]
        for name in {"weight", "projection"} & names.keys():
            self.arrays[list(names).index(name)] /= np.sqrt(units)
        place = list(names).index("offsets")
        self.arrays[place] = np.cumsum([0, *((np.array(lengths) > t).sum() for t in range(lengths[0]))]).astype("int64")
        if not forward:
            self.arrays[0] = np.abs(self.arrays[0]) % 1
        kinds = [dtypes.int64 if name == "offsets" else of for name in names]
        nodes = [ir.input_(i, a.shape, kind) for i, (a, kind) in enumerate(zip(self.arrays, kinds))]
        self.wanted = [
            ir.recur(cell, forward, reverse, len(lengths), dict(zip(names, nodes)), result, shape)
            for result, shape in self.results().items()
        ]

    def operands(self):
        rows, batch, cell, units, outputs = sum(self.lengths), len(self.lengths), self.cell, self.units, self.outputs
        steps = {"weight": (cell.gates * units, outputs), "offsets": (self.lengths[0] + 1,)}
        steps |= {"projection": (outputs, units)} if self.projected else {}
        states = {"h0": (batch, outputs)} | ({"c0": (batch, units)} if cell.stateful else {})
        if self.forward:
            return {"x": (rows, cell.gates * units), **states, **steps, "bias": (cell.gates * units,)}
        before = {"before": (rows, outputs)} if cell.mixes else {}
        before |= {"c_before": (rows, units)} if cell.stateful else {}
        after = {"dhs": (rows, outputs), "dh": states["h0"]} | ({"dc": states["c0"]} if cell.stateful else {})
        return {"gates": (rows, cell.kept * units), **before, **steps, **after}

    def results(self):
        rows, batch, cell, units, outputs = sum(self.lengths), len(self.lengths), self.cell, self.units, self.outputs
        if self.forward:
            results = {"hs": (rows, outputs), "h": (batch, outputs), "before": (rows, outputs)}
            results["gates"] = rows, cell.kept * units
            return results | ({"c": (batch, units), "c_before": (rows, units)} if cell.stateful else {})
        results = {"dx": (rows, cell.gates * units), "dh0": (batch, outputs)}
        results |= {"dproducts": results["dx"]} if cell.mixes else {}
        results |= {"dc0": (batch, units)} if cell.stateful else {}
        return results | ({"total": (rows, outputs), "output": (rows, units)} if self.projected else {})


lengths = st.lists(st.integers(1, 6), min_size=1, max_size=20).map(lambda all: sorted(all, reverse=True))
cells, ways = st.sampled_from(sorted(CELLS)), st.booleans()
optional = st.sets(st.sampled_from(["bias", "dhs", "dh", "dc"]))


@settings(max_examples=120, deadline=None)
@given(cells, ways, ways, lengths, st.integers(1, 40), st.integers(1, 40), ways, ways, optional)
def test_random_layers(cell, forward, reverse, lengths, units, outputs, projected, double, missing):
    outputs = outputs if projected and cell == "lstm" else None
    of = dtypes.float64 if double else dtypes.float32
    layer = Layer(cell, forward, reverse, lengths, units, outputs, of, missing)
    check(layer.wanted, layer.arrays, tolerance=1e-10 if double else 2e-5)


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_one_launch_and_the_same_bits_for_two_threads(cell, forward):
    layer = Layer(cell, forward, False, [9] * 20 + [4] * 13, 70)
    program = schedule.build(layer.wanted, len(layer.arrays))
    assert [record.kind for record in program.kernels] == ["recur"]
    results = []
    for threads in (1, 2):
        with config.override(threads=threads):
            results.append(run_program(program, layer.wanted, layer.arrays))
    for one, two in zip(*results):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("forward", [True, False])
def test_a_wanted_part_is_as_in_the_whole(forward):
    layer = Layer("lstm", forward, True, [5, 5, 3, 1], 9, 4)
    whole = run_program(schedule.build(layer.wanted, len(layer.arrays)), layer.wanted, layer.arrays)
    for node, expected in zip(layer.wanted, whole):
        (found,) = run_program(schedule.build([node], len(layer.arrays)), [node], layer.arrays)
        np.testing.assert_array_equal(found, expected)


def test_weights_are_read_with_any_strides():
    layer = Layer("gru", True, False, [4, 3], 7)
    place = layer.wanted[0].attrs["roles"].index("weight")
    layer.arrays[place] = layer.arrays[place].T.copy()
    roles = dict(zip(layer.wanted[0].attrs["roles"], layer.wanted[0].args))
    roles["weight"] = ir.input_(place, layer.arrays[place].shape, layer.of).permute((1, 0))
    wanted = [ir.recur("gru", True, False, 2, roles, "hs", layer.wanted[0].shape)]
    check(wanted, layer.arrays)


def test_states_are_read_where_they_stand():
    layer = Layer("lstm", True, False, [4, 3, 3], 7)
    roles = dict(zip(layer.wanted[0].attrs["roles"], layer.wanted[0].args))
    layer.arrays.append(np.random.default_rng(0).standard_normal((2, 3, 7)).astype("float32"))
    roles["h0"] = ir.view(ir.input_(len(layer.arrays) - 1, (2, 3, 7), layer.of), (3, 7), (7, 1), 21)
    roles["c0"] = ir.view(roles["h0"].args[0], (3, 7), (1, 3), 0)  # not dense: copied
    wanted = [ir.recur("lstm", True, False, 3, roles, "h", (3, 7))]
    assert [record.kind for record in check(wanted, layer.arrays).kernels] == ["loops", "recur"]


def launched(layer, forward, reverse, target):
    """All results of a layer from its launches alone, between fences; the interpreter's beside them."""
    node = layer.wanted[0]
    roles, results = node.attrs["roles"], [n.attrs["result"] for n in layer.wanted]
    arrays = [*layer.arrays, *(np.zeros(n.shape, layer.of.numpy) for n in layer.wanted)]
    slots = dict(zip((*roles, *results), range(2, 2 + len(arrays))))
    weights = {name: Matrix(Pointer(slots.pop(name)), 0, 0, arrays[i].shape[1], 1) for i, name in enumerate(roles)
               if name in ("weight", "projection")}  # fmt: skip
    made = recurrence.Recurrence(
        node.attrs["cell"], forward, reverse, layer.of, layer.lengths[0], sum(layer.lengths), len(layer.lengths),
        layer.units, layer.outputs, {name: Pointer(slot) for name, slot in slots.items()}, weights["weight"],
        weights.get("projection"),
    )  # fmt: skip
    found = run(lambda workspace: recurrence.recurrence_launches(made, workspace, target), arrays)
    return found[len(roles) :], interpret(layer.wanted, layer.arrays)


HERE = [host(), *([AVX2] if host() is AVX512 else [])]


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(HERE), cells, ways, ways, lengths, st.integers(1, 70), st.integers(1, 20), ways)
def test_nothing_is_written_outside(target, cell, forward, reverse, lengths, units, outputs, projected):
    layer = Layer(cell, forward, reverse, lengths, units, outputs if projected and cell == "lstm" else None)
    for found, expected in zip(*launched(layer, forward, reverse, target)):
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize("target", sorted(BY_NAME))
@pytest.mark.parametrize("forward", [True, False])
def test_every_processor_has_a_kernel(target, forward):
    arrays = {name: Pointer(3) for name in recurrence.ARRAYS[forward] if name not in ("projected", "products")}
    weight = Matrix(Pointer(3), row_stride=8)
    made = recurrence.Recurrence("lstm", forward, False, dtypes.float32, 4, 48, 12, 8, 8, arrays, weight)
    launches, _ = recurrence.recurrence_launches(made, target=BY_NAME[target])
    assert "define void @kernel" in launches[-1].tasks[0].kernel.build()
