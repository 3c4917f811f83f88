"""Autograd's stated facts: gradients against differences, hooks beside macro steps, freed memory, deep graphs."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import flambeau as torch
from flambeau import nn
from flambeau.autograd import Function, gradcheck, gradgradcheck


def leaf(*values, **kwargs):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True, **kwargs)


@pytest.fixture
def no_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# ------------------------------------------------------------------ gradients against differences
def test_first_and_second_derivatives_agree_with_differences():
    x, w = leaf(0.3, -0.7, 1.1), leaf(1.5, 0.2, -0.4)
    for function in (
        lambda x, w: (x * w).exp(),
        lambda x, w: (x.sin() * w).cumsum(0),
        lambda x, w: torch.outer(x, w).softmax(1),
        lambda x, w: (x**3 / (w * w + 1)).sum(),
        lambda x, w: (x[None] @ w[:, None]).tanh(),
        lambda x, w: x.clone().mul_(w).add_(x),
    ):
        assert gradcheck(function, (x, w)) and gradgradcheck(function, (x, w))


class Skewed(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0]  # half of what it should be


def test_gradcheck_finds_a_wrong_gradient():
    with pytest.raises(RuntimeError, match="Jacobian mismatch for output 0 with respect to input 0"):
        gradcheck(Skewed.apply, (leaf(1.0, 2.0),))
    assert not gradcheck(Skewed.apply, (leaf(1.0, 2.0),), raise_exception=False)
    with pytest.raises(ValueError, match="expects at least one input tensor to require gradient"):
        gradcheck(Skewed.apply, (torch.ones(2),))


class Square(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        return 2 * g * ctx.saved_tensors[0]


def test_functions_are_differentiated_twice():
    x = leaf(0.5, -1.5)
    assert gradcheck(Square.apply, (x,)) and gradgradcheck(Square.apply, (x,))
    mixed = lambda x: Square.apply(x).sin() * x
    assert gradcheck(mixed, (x,)) and gradgradcheck(mixed, (x,))


# ------------------------------------------------------------------ views and in-place changes
def test_every_view_of_a_changed_base_sees_the_change():
    w = leaf(2.0, 3.0)
    base = torch.zeros(3, 2, dtype=torch.float64)
    first, last = base[0], base[2]
    column = base.t()[1]
    base[2] = w
    assert last.requires_grad and column.requires_grad and not last.is_leaf
    (last * 10 + column.sum() + first).sum().backward()
    assert w.grad.tolist() == [10.0, 12.0]


def test_a_base_that_gets_a_graph_shares_it_with_its_views():
    w, base = leaf(2.0, 3.0), torch.zeros(2, dtype=torch.float64)
    view = base[1:]
    base.copy_(w)
    (view * 5).sum().backward()
    assert w.grad.tolist() == [0.0, 5.0]


def test_a_value_that_was_overwritten_is_never_used():
    x = leaf(1.0, 2.0)
    y = x * 1
    y.mul_(y)
    with pytest.raises(RuntimeError, match="is at version 1; expected version 0 instead"):
        y.sum().backward()
    y = x.exp()
    y.data.zero_()  # the one way around the check, as in PyTorch
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]


# ------------------------------------------------------------------ macro steps and what they must not skip
def trained(steps: int, meddle) -> list[float]:
    """The losses of a small network; `meddle(step, model, hidden)` is called between forward and backward."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    x = torch.tensor([[0.5, -1.0], [1.0, 2.0]])
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        hidden = model[1](model[0](x))
        loss = (model[2](hidden) ** 2).mean()
        meddle(step, model, hidden, loss)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def test_hooks_added_and_removed_midway_are_all_called():
    calls, handles = [], []

    def meddle(step, model, hidden, loss):
        if step == 4:
            handles.append(model[0].weight.register_hook(lambda g: calls.append("leaf")))
        if step == 7:
            handles.pop().remove()
        if step in (8, 9):
            hidden.register_hook(lambda g: calls.append("hidden"))
        if step == 10:
            handles.append(model[2].bias.register_post_accumulate_grad_hook(lambda t: calls.append("after")))
        if step == 11:
            loss.grad_fn.register_prehook(lambda g: calls.append("node"))
        if step == 12:
            handles.pop().remove()

    assert trained(15, meddle) == trained(15, lambda *_: None)
    assert calls == ["leaf"] * 3 + ["hidden"] * 2 + ["after", "node", "after"]


def test_a_hook_on_the_graph_of_an_earlier_program_is_called():
    calls = []

    def meddle(step, model, hidden, loss):
        loss.item()  # runs what is pending, so that the graph belongs to an earlier program
        if step == 6:
            hidden.register_hook(lambda g: calls.append(step))
            (torch.ones(2) * step).sum().item()  # and one more
        if step == 8:
            hidden.retain_grad()
            (torch.ones(2) * step).sum().item()
            calls.append(hidden)

    assert trained(12, meddle) == trained(12, lambda *_: None)
    assert calls[0] == 6 and calls[1].grad is not None


def test_a_hook_that_changes_the_gradient_changes_only_its_steps():
    plain = trained(10, lambda *_: None)

    def stop(step, model, hidden, loss):
        if step == 5:
            loss.register_hook(lambda g: g * 0)

    stopped = trained(10, stop)
    assert stopped[:6] == plain[:6] and stopped[6] == stopped[5] and stopped[7] < stopped[6]


def test_graphs_without_kept_values_can_be_walked_again():
    x = leaf(1.0, 2.0)
    for _ in range(4):
        x.grad = None
        y = (x + 1).sum()
        y.backward()
        y.backward()
        assert x.grad.tolist() == [2.0, 2.0]
        z = (x * x).sum()
        z.backward()
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            z.backward()


# ------------------------------------------------------------------ memory
def test_a_graph_is_freed_without_the_collector(no_collector):
    x = leaf(1.0, 2.0)
    y = (x.exp() * 2).sigmoid() * 3
    y += Square.apply(x * 1)
    watched = weakref.ref(y), weakref.ref(y.grad_fn)
    y.sum().backward()
    del y
    assert [w() for w in watched] == [None, None]
    z = x.exp()
    watched = weakref.ref(z), weakref.ref(z.storage)
    z.retain_grad()
    z.register_hook(lambda g: g)
    z.sum().backward()
    del z
    torch.ones(1).item()
    assert [w() for w in watched] == [None, None]


def test_views_and_functions_make_no_cycles(no_collector):
    x = leaf(1.0, 2.0)
    y = x * 1
    y[0] = 5
    y[1:].mul_(2)
    z = Square.apply(y)
    watched = weakref.ref(y), weakref.ref(z), weakref.ref(z.grad_fn)
    del y, z
    torch.ones(1).item()
    assert [w() for w in watched] == [None] * 3


@pytest.mark.parametrize("retain", [False, True])
def test_deep_graphs_neither_recurse_nor_crash(retain):
    x = torch.ones(1, requires_grad=True)
    y = x
    for _ in range(20_000):
        y = y + 1
    y.backward(retain_graph=retain)
    assert x.grad.item() == 1 and y.item() == 20_001
    del y


# ------------------------------------------------------------------ errors that explain themselves
def test_a_missing_graph_is_explained():
    with pytest.raises(RuntimeError, match="element 0 of tensors does not require grad") as caught:
        torch.ones(2).sum().backward()
    assert "requires_grad=True" in caught.value.__notes__[0]
    with torch.no_grad(), pytest.raises(RuntimeError) as caught:
        leaf(1.0).sum().backward()
    assert "no_grad" in caught.value.__notes__[0]


def test_an_overwritten_value_names_both_lines():
    x = leaf(1.0, 2.0)
    y = x * 1
    z = y * y  # the line that keeps y
    y.add_(1)  # the line that overwrites it
    with pytest.raises(RuntimeError, match="modified by an inplace operation") as caught:
        z.sum().backward()
    kept, overwritten = caught.value.__notes__
    assert "# the line that keeps y" in kept and "# the line that overwrites it" in overwritten


def test_anomaly_detection_names_the_forward_line():
    x = torch.zeros(1, requires_grad=True)
    with pytest.warns(UserWarning, match="Anomaly Detection has been enabled"), torch.autograd.detect_anomaly():
        y = x.sqrt() * 0  # the line
        text = "Function 'SqrtBackward0' returned nan values in its 0th output."
        with pytest.warns(UserWarning, match="# the line"), pytest.raises(RuntimeError, match=text) as caught:
            y.sum().backward()
    assert "# the line" in caught.value.__notes__[0]
    (x.sqrt() * 0).sum().backward()
    assert np.isnan(x.grad.item())


# ------------------------------------------------------------------ torch.autograd.functional
def test_jacobians_and_hessians():
    f = torch.autograd.functional
    x, w = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 5.0])
    assert f.jacobian(lambda x: x**2, x).tolist() == [[2, 0], [0, 4]]
    by_x, by_w = f.jacobian(lambda x, w: x * w, (x, w))
    assert by_x.tolist() == [[3, 0], [0, 5]] and by_w.tolist() == [[1, 0], [0, 2]]
    assert f.hessian(lambda x: (x**3).sum(), x).tolist() == [[6, 0], [0, 12]]
    (xx, xw), (wx, ww) = f.hessian(lambda x, w: (x * x * w).sum(), (x, w))
    assert xx.tolist() == [[6, 0], [0, 10]] and xw.tolist() == wx.tolist() == [[2, 0], [0, 4]] and not ww.any()


def test_products_with_jacobians():
    f = torch.autograd.functional
    x, v = torch.tensor([1.0, 2.0]), torch.tensor([1.0, 10.0])
    y, g = f.vjp(lambda x: x**2, x, v)
    assert y.tolist() == [1, 4] and g.tolist() == [2, 40] and not g.requires_grad
    y, t = f.jvp(lambda x: x.cumsum(0), x, v)
    assert y.tolist() == [1, 3] and t.tolist() == [1, 11]
    assert f.hvp(lambda x: (x**3).sum(), x, v)[1].tolist() == [6, 120]
    with pytest.raises(RuntimeError, match="The vector v can only be None if the user-provided function returns"):
        f.vjp(lambda x: x**2, x)
