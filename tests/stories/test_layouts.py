"""Arrays read as they lie in memory, and products that share work: the same numbers, to the bit in every mode."""

import itertools

import numpy as np
import pytest

import flambeau as torch
from flambeau import config, nn
from flambeau.trace import sync
from flambeau.trace.trie import TRACE

REDUCTIONS = ["sum", "mean", "amax", "argmin", "var", "norm", "all", "softmax"]


def in_all_modes(compute):
    """The arrays of compute(), deferred, replayed, with two threads and op by op, after a check that they are equal."""

    def bits():
        return [result.detach().numpy().tobytes() for result in compute()]

    found = bits()
    assert bits() == found
    with config.override(threads=2):
        assert bits() == found
    sync.sync()
    with config.override(eager=True):
        TRACE.reset()
        eager = bits()
    TRACE.reset()
    assert eager == found
    return [result.detach().numpy() for result in compute()]


def views_of(x):
    """A three-dimensional array in every order of its dimensions, in part, and repeated."""
    for order in itertools.permutations(range(3)):
        yield x.permute(order)
        yield (x * 2).permute(order)
    yield x[:, ::2].permute(2, 0, 1)
    yield x[3:5, :, 1:2].permute(1, 2, 0)
    yield x.permute(2, 1, 0).contiguous()
    yield x.exp().t() if x.ndim == 2 else x[0].exp().t().unsqueeze(1)
    yield x[:1].permute(2, 0, 1).expand(-1, 4, -1)


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.filterwarnings("ignore:.*<= 0 for slice", "ignore:invalid value")
def test_reductions_follow_memory(name):
    x = torch.randn(9, 50, 33, generator=torch.Generator().manual_seed(0))
    dims = [(0,), (1,), (2,)] + ([] if name in ("argmin", "softmax") else [(0, 1), (0, 2), (1, 2), (0, 1, 2)])

    def compute():
        return [
            getattr(view, name)(dim=d[0] if len(d) == 1 else d, **{"keepdim": True} if len(d) == 2 else {})
            for view in views_of(x)
            for d in dims
        ]

    found, views = in_all_modes(compute), [view.numpy() for view in views_of(x)]
    for result, (view, d) in zip(found, itertools.product(views, dims)):
        expected = REFERENCES[name](view.astype(float), d, len(d) == 2)
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5)


REFERENCES = {
    "sum": lambda x, d, keep: x.sum(d, keepdims=keep),
    "mean": lambda x, d, keep: x.mean(d, keepdims=keep),
    "amax": lambda x, d, keep: x.max(d, keepdims=keep),
    "argmin": lambda x, d, keep: x.argmin(d[0], keepdims=keep),
    "var": lambda x, d, keep: x.var(d, ddof=1, keepdims=keep),
    "norm": lambda x, d, keep: np.sqrt((x * x).sum(d, keepdims=keep)),
    "all": lambda x, d, keep: x.all(d, keepdims=keep),
    "softmax": lambda x, d, keep: np.exp(x) / np.exp(x).sum(d, keepdims=True),
}


def test_positions_of_several_dimensions_count_row_by_row():
    x = torch.randn(5, 6, 7)
    assert x.permute(2, 0, 1).argmax().item() == x.numpy().transpose(2, 0, 1).argmax()


@pytest.mark.parametrize("words, width, units", [(4, 128, 70), (3, 5, 9), (2, 1, 1), (7, 33, 1)])
def test_a_table_is_multiplied_before_its_rows_are_taken(words, width, units):
    torch.manual_seed(0)
    table, layer = nn.Embedding(words, width), nn.Linear(width, units)
    index = torch.randint(0, words, (6, 11))

    def compute():
        rows = table(index)
        results = [
            layer(rows),
            layer(rows.transpose(0, 1)),
            layer(rows[:, 1::2]),
            rows[:, :, :1] @ layer.weight[:, :1].t(),
        ]
        grads = torch.autograd.grad(sum((r * r).sum() for r in results), [table.weight, layer.weight])
        return [*results, *grads]

    found = in_all_modes(compute)
    rows = table.weight.detach().numpy().astype(float)[index.numpy()]
    exact = rows @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    for result, expected in zip(found, (exact, exact.swapaxes(0, 1), exact[:, 1::2])):
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-5)


def test_a_bad_word_is_refused_and_rows_that_nobody_takes_do_no_harm():
    table, layer = nn.Embedding(3, 8), nn.Linear(8, 4)
    with torch.no_grad():
        table.weight[2] = torch.inf
        assert torch.isfinite(layer(table(torch.zeros(20, dtype=torch.int64)))).all()
    with pytest.raises(IndexError):
        layer(table(torch.full((20,), 3))).tolist()


def test_products_that_share_an_operand_share_its_copy():
    torch.manual_seed(0)
    g, x, h = torch.randn(800, 1024), torch.randn(800, 96), torch.randn(800, 200)
    later = torch.randn(800, 1024)

    def compute():
        a, b = g.t() @ x, g.t() @ h
        c = (a.sum() * later).t() @ x
        return [a, b, c, later.t() @ h, g.t() @ h * 2]

    found, exact = in_all_modes(compute), g.numpy().astype(float).T
    np.testing.assert_allclose(found[0], exact @ x.numpy(), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found[1], exact @ h.numpy(), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found[3], later.numpy().astype(float).T @ h.numpy(), rtol=1e-3, atol=1e-3)


def test_rows_may_be_numbered_by_a_constant():
    table = torch.arange(12.0).reshape(4, 3)
    assert table[torch.full((2,), 3)].tolist() == [[9.0, 10.0, 11.0]] * 2
    assert nn.functional.embedding(torch.zeros(2, 1, dtype=torch.int64), table).tolist() == [[[0.0, 1.0, 2.0]]] * 2


@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4), (3, 7, 40), (2, 0, 3)])
def test_slices_by_number(shape):
    x, count = torch.randn(shape), max(shape[1], 1)
    index = torch.randint(0, count, (6 if shape[1] else 0,))
    added = torch.randn(shape[0], len(index), *shape[2:])

    def compute():
        taken = x.requires_grad_().index_select(1, index)
        (grad,) = torch.autograd.grad((taken * taken).sum(), x)
        return [taken, grad, x.detach().index_add(1, index, added, alpha=2)]

    taken, grad, total = in_all_modes(compute)
    array, numbers = x.detach().numpy(), index.numpy()
    expected, sums = np.zeros(shape), array.astype(float)
    np.add.at(expected, (slice(None), numbers), 2 * array[:, numbers])
    np.add.at(sums, (slice(None), numbers), 2 * added.numpy())
    assert (taken == array[:, numbers]).all()
    np.testing.assert_allclose(grad, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(total, sums, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("number", [4, 9, -1, -4])
@pytest.mark.parametrize("inner", [(), (2,), (50,)])
def test_slices_out_of_range_are_named(number, inner):
    x, index = torch.zeros(3, 4, *inner), torch.tensor([0, number])
    with pytest.raises(RuntimeError, match=f"INDICES element is out of DATA bounds, id={number} axis_dim=4"):
        x.index_select(1, index).sum().item()
    with pytest.raises(RuntimeError, match=f"index {number} is out of bounds for dimension 1 with size 4"):
        x.index_add(1, index, torch.ones(3, 2, *inner)).sum().item()
