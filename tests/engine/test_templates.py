"""Plans as functions of sizes: templates give what planning gives; symbols tell what a computation asked of sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs import check

from flambeau import dtypes, ir
from flambeau.codegen.frame import least, most
from flambeau.schedule import plan, templates
from flambeau.schedule.request import Request
from flambeau.schedule.symbolic import Symbol, Tape, call

F32 = dtypes.float32
FEW, MANY = (29, 31, 37, 41, 43, 67, 71, 79), (101, 103, 107, 127, 131, 211, 307, 401)


def source(slot, *shape):
    return ir.input_(slot, shape, F32)


def dense(n, m):
    """A layer, what comes after it, and the gradient of its weight."""
    x, w = source(0, n, 24), source(1, 24, m)
    y = ir.map_("tanh", ir.matmul(x, w) + source(2, m))
    return [y, ir.matmul(x.permute((1, 0)), y * 0.5), y.sum([0])]


def softmax(n, m):
    x = source(0, n, m)
    e = (x - x.max([1]).expand((n, m))).exp()
    return [e / e.sum([1]).expand((n, m)), x.permute((1, 0)) * 2.0, (x * x).sum([0, 1])]


def concatenated(n, m):
    whole = ir.full(0.0, (n + m, 8), F32)
    first = ir.update(whole, source(0, n, 8), (8, 1), 0)
    return [ir.update(first, source(1, m, 8) + 1.0, (8, 1), 8 * n)]


def images(n, m):
    x, w = source(0, 2, 4, n, m), source(1, 8, 4, 3, 3)
    attrs = {"stride": (1, 1), "padding": (1, 1), "dilation": (1, 1), "groups": 1}
    y = ir.Node("conv", (x, w), attrs, (2, 8, n, m), F32).maximum(0.0)
    pool = {"fn": "max", "window": (2, 2), "stride": (2, 2), "padding": (1, 1), "dilation": (1, 1)}
    return [y, ir.Node("pool", (y,), pool, (2, 8, n // 2 + 1, m // 2 + 1), F32)]


def rows(n, m):
    table, index = source(0, n, 8), ir.input_(1, (m,), dtypes.int64)
    taken = ir.take(table, index)
    return [taken * 2.0, ir.put("add", table, index, taken)]


def orders(n, m):
    x = source(0, n, m)
    running = ir.Node("scan", (x,), {"fn": "sum", "axis": 1}, (n, m), F32)
    order = ir.Node("sort", (x,), {"axis": 1, "descending": False}, (n, m), dtypes.int64)
    return [running, order]


def means(n, m):
    x = source(0, n, m)
    mean = x.sum([0]) / float(n)
    return [mean, (x - mean.expand((n, m))) * (1.0 / (n + 2.5)), ir.iota((m,)) * (n + 3) - 7]


def crops(n, m):
    """A crop, its slices taken by a table and added up with weights, turned around, and so again."""
    x = ir.view(source(0, 3, 70, 90), (3, n % 60 + 9, m % 80 + 9), (6300, 90, 1), 190)
    for _ in range(2):
        lead, old, inner = x.shape
        places = ir.map_("rem", ir.iota((40, 2)), old)
        rows = ir.iota((lead,)).reshape((lead, 1, 1)) * old + places.reshape((1, 40, 2))
        taken = ir.take(x.reshape((lead * old, inner)), rows) * source(1, 40, 2).reshape((1, 40, 2, 1))
        x = taken.sum([2]).reshape((lead, 40, inner)).permute((0, 2, 1))
    return [x]


GRAPHS = [dense, softmax, concatenated, images, rows, orders, means, crops]


def request(graph, *sizes):
    return Request(graph(*sizes), 3, 0, {0: None}, (0,))


def plain(code):
    """Code as data that can be compared."""
    steps = [
        (list(map(int, one.words)), list(one.inside), [(k.name, list(at)) for k, at in one.kernels], one.parallel,
         one.label, one.bytes, one.flops, one.known)
        for one in code.steps
    ]  # fmt: skip
    return steps, code.slots, code.scalars, code.numbers, code.scratch, code.orders, code.donations, code.kernels


@pytest.fixture
def fresh(monkeypatch):
    """No structure is known yet."""
    monkeypatch.setattr(templates, "_families", {})


# No size is equal to another by chance, or to a product of others: planning would take them for one.
@pytest.mark.parametrize("graph", GRAPHS)
@settings(max_examples=6, deadline=None)
@given(pairs=st.lists(st.tuples(st.sampled_from(FEW), st.sampled_from(MANY)), min_size=4, max_size=8))
def test_a_template_gives_what_planning_gives(graph, pairs):
    templates._families.clear()
    for pair in pairs:
        assert plain(templates.code(request(graph, *pair))) == plain(plan.planned(request(graph, *pair)))


@pytest.mark.parametrize("graph", GRAPHS)
def test_sizes_of_one_range_are_planned_once(graph, fresh, monkeypatch):
    planned = []
    monkeypatch.setattr(templates, "planned", lambda asked: planned.append(asked) or plan.planned(asked))
    for n in range(40, 70):
        templates.code(request(graph, n, 2 * n + 1))
    assert len(planned) <= 10


SIZES = st.integers(1, 40)


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(SIZES, SIZES), min_size=3, max_size=6))
def test_programs_of_new_sizes_compute_what_they_should(pairs):
    templates._families.clear()
    rng = np.random.default_rng(0)
    for n, m in pairs:
        shapes = {dense: ((n, 24), (24, m), (m,)), softmax: ((n, m),), concatenated: ((n, 8), (m, 8))}
        for graph, needed in shapes.items():
            arrays = [rng.standard_normal(shape).astype(np.float32) for shape in needed]
            check(graph(n, m), arrays, tolerance=1e-4)


def test_common_constants_and_attributes_are_structure(fresh):
    structures = {
        Request([source(0, 4) * value], 1, 0, {}, ()).structure for value in (0.0, -0.0, 2.0, 3.0, float("nan"))
    } | {Request([source(0, 4).sum([0])], 1, 0, {}, layout).structure for layout in ((), (0,))}
    assert len(structures) == 7
    three, four = (Request([source(0, 4) * value], 1, 0, {}, ()) for value in (3.0, 4.0))
    assert three.structure == four.structure and (three.numbers, four.numbers) == ([3.0], [4.0])
    host = ir.Node("host", (source(0, 4),), {"call": np.sort}, (4,), F32)
    assert Request([host], 1, 0, {}, ()).structure is None


# ---------------------------------------------------------------- symbols
def cut(n, m):
    """Some arithmetic and some decisions, as planning has them."""
    pieces = max(1, min(-(-n // 16), m % 7))
    columns = round(n / max(m, 1)) if n > m else m - n + 2
    values = sorted([pieces, columns, 3])
    return [values[0] * n + abs(columns - m), values[-1], *call(lambda sizes: [sum(sizes), len(sizes)], [n, pieces])]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=20))
def test_a_tape_computes_what_was_computed_or_declines(pairs):
    tape = Tape()
    results = cut(*map(tape.variable, pairs[0]))
    symbols = [x for x in results if type(x) is Symbol]
    function = tape.function(symbols)
    assert function(pairs[0]) is not None
    for pair in pairs:
        values = iter(function(pair) or ())
        assert function(pair) is None or cut(*pair) == [next(values) if type(x) is Symbol else x for x in results]


def test_where_a_plain_number_is_needed_other_sizes_are_declined():
    uses = [
        lambda n: range(n),
        lambda n: [0] * 9 and "abcdefghi"[n],
        lambda n: f"{n}",
        lambda n: int(n),
        lambda n: bool(n - 5),
        lambda n: float(n),
        lambda n: {5: 1}.get(int(n)),
    ]
    for use in uses:
        tape = Tape()
        n = tape.variable(5)
        use(n)
        double = n * 2
        function = tape.function([double])
        assert function([5]) == (10,) and function([6]) is None


def test_symbols_of_equal_value_are_different_keys():
    tape = Tape()
    n, m = tape.variable(5), tape.variable(5)
    assert len({n, m, 5}) == 3 and n + 1 is n + 1
    assert tape.function([n])([5, 7]) == (5,), "nothing was asked"


def test_the_smaller_of_two_sizes_binds_to_neither():
    tape = Tape()
    n, m = tape.variable(5), tape.variable(7)
    function = tape.function([least(n, m), most(m, 6)])
    assert function([5, 7]) == (5, 7) and function([9, 4]) == (4, 6)
    assert least(3, 4) == 3 and most(3, 4) == 4


def test_what_cannot_be_planned_with_symbols_is_planned_each_time(fresh, monkeypatch):
    asked = []

    def refusing(one):
        asked.append(one)
        if any(type(size) is Symbol for size in one.sizes):
            raise TypeError("a size is needed")
        return plan.planned(one)

    monkeypatch.setattr(templates, "planned", refusing)
    for n in range(3, 12):
        assert plain(templates.code(request(softmax, n, 99))) == plain(plan.planned(request(softmax, n, 99)))
    assert len(asked) == 9 + 1
