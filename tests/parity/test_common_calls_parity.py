"""What courses' scripts do in passing, and what goes wrong in them, under Flambeau and under PyTorch."""

import numpy as np
import pytest
from both import PROGRAMS, attempt, program, transcript

pytest.importorskip("torch")
pytestmark = pytest.mark.parity
PROGRAMS.clear()


@program
def variables_of_the_first_releases(torch):
    from importlib import import_module

    Variable = import_module(f"{torch.__name__}.autograd").Variable
    x = torch.ones(2, requires_grad=True)
    yield Variable(x), Variable(x, requires_grad=True), Variable(x * 2).is_leaf, Variable(x).data_ptr() == x.data_ptr()
    yield Variable(torch.zeros(2), True), Variable(), isinstance(x, Variable), isinstance(1, Variable)
    yield attempt(Variable, [1, 2]), attempt(Variable, torch.arange(2), requires_grad=True)
    yield Variable(torch.zeros(1), volatile=True)


@program
def typed_constructors(torch):
    yield torch.Tensor(), torch.FloatTensor(), torch.LongTensor([[1, 2]]), torch.Tensor(2, 0)
    yield torch.cat([torch.Tensor(), torch.ones(2)])
    yield torch.ones(2).type(torch.LongTensor), torch.ones(2).type("torch.DoubleTensor"), torch.ones(2).type(torch.int)
    for wrong in (2.5, None, "a", True):
        yield attempt(torch.Tensor, wrong)


@program
def arrays_where_no_gradient_is_recorded(torch):
    w = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        yield w.numpy().tolist(), np.asarray(w * 2).tolist()
    with torch.inference_mode():
        yield w.numpy().tolist()
    yield attempt(w.numpy)


@program
def tensors_among_numbers(torch):
    one, two = torch.ones(1), torch.ones(2)
    yield torch.tensor([one, 2 * one]), torch.tensor([one[0], 3.0]), torch.tensor([one[None], one[None]])
    for wrong in ([two, two], [two], [1.0, two], [torch.ones(0)], [torch.arange(2)], [[two], [two]]):
        yield attempt(torch.tensor, wrong)
    for wrong in (["a"], [["a"]], "a", [b"a"], ["a", 1]):
        yield attempt(torch.tensor, wrong)


@program
def values_that_cannot_be_assigned(torch):
    for value in ([1, 2, 3], (1, 2, 3), None, "a", np.ones(3), np.float32(2), range(3)):
        for key in (slice(None), 0, [0, 1]):
            yield attempt(torch.zeros(3).__setitem__, key, value)
    x = torch.zeros(3)
    x[0], x[1], x[[2]] = True, np.float64(2), 3
    yield x


@program
def a_format_that_the_strides_suit_already(torch):
    x = torch.zeros(2, 1, 3, 4)
    yield x.to(memory_format=torch.channels_last).stride(), x.contiguous(memory_format=torch.channels_last).stride()
    y = torch.zeros(2, 3, 4, 5).to(memory_format=torch.channels_last)
    yield y.to(memory_format=torch.channels_last) is y, y.to(memory_format=torch.contiguous_format).stride()
    yield x.to(memory_format=torch.contiguous_format) is x


@program
def whole_numbers_have_no_gradients(torch):
    for make in (torch.zeros, torch.ones, torch.empty, torch.eye, torch.arange):
        yield attempt(make, 2, dtype=torch.long, requires_grad=True)
    yield attempt(torch.tensor, [1], requires_grad=True), attempt(torch.arange(2).requires_grad_)
    yield attempt(setattr, torch.arange(2), "requires_grad", True), attempt(torch.nn.Parameter, torch.arange(2))


@program
def sizes_with_fractions(torch):
    for make in (torch.zeros, torch.ones, torch.empty, torch.rand, torch.randn):
        yield attempt(make, 2.5), attempt(make, [2, 2.5]), attempt(make, (1.5,)), attempt(make, None)
    yield attempt(torch.zeros, 2, 2.5), attempt(torch.nn.Linear, 4 / 2, 3), attempt(torch.nn.Linear, 2, 4 / 2)
    yield attempt(torch.ones(4).repeat, 1.5), attempt(torch.ones(4).reshape, 2.5), attempt(torch.ones(4).expand, "a")
    yield attempt(torch.randperm, 2.5)[0]


@program
def arguments_that_are_no_tensors(torch):
    functional, x = torch.nn.functional, torch.ones(2, 3)
    for wrong in (np.ones((2, 3), np.float32), [1.0], 2.5, None):
        yield attempt(functional.linear, wrong, x), attempt(functional.linear, x, wrong)
        yield attempt(functional.relu, wrong), attempt(torch.nn.ReLU(), wrong), attempt(torch.nn.Linear(3, 1), wrong)
        yield attempt(torch.exp, wrong), attempt(torch.bmm, wrong, x), attempt(torch.mm, wrong, x)
    yield attempt(torch.sum, np.ones(2)), attempt(torch.nn.Sequential, len)


@program
def names_on_the_tape(torch):
    functional, nn = torch.nn.functional, torch.nn
    x = torch.ones(2, 1, 3, requires_grad=True)
    yield [
        y.grad_fn.name() for y in (x.sum(), x.sum(0), x.mean(), x.mean((0, 1)), x.prod(), x.prod(1), x.max(), x.min())
    ]
    yield [y.grad_fn.name() for y in (x.squeeze(), x.squeeze(1), x.squeeze((1,)), x.max(0)[0], x.amax(), x.log1p())]
    yield [y.grad_fn.name() for y in (x.clamp(0), x.clamp(max=2), x.clamp(0, 2), x.clamp(x, x), 1 - x, 2 / x, x / 2)]
    yield [y.grad_fn.name() for y in (x**2, x**2.5, 2**x, x**x, x - x, x - 1)]
    table, scores, classes = nn.Embedding(4, 2), torch.ones(2, 4, requires_grad=True), torch.tensor([0, 1])
    yield table(classes).grad_fn.name(), table.weight.index_select(0, classes).grad_fn.name()
    yield [loss(scores, classes).grad_fn.name() for loss in (functional.cross_entropy, functional.nll_loss)]
    pixels = torch.ones(2, 4, 3, 3, requires_grad=True)
    yield functional.cross_entropy(pixels, torch.zeros(2, 3, 3).long()).grad_fn.name()
    for shape in ((3,), (2, 3), (2, 2, 3)):
        yield [nn.Linear(3, 2, bias)(torch.ones(shape)).grad_fn.name() for bias in (True, False)]


@program
def buffers(torch):
    yield repr(torch.nn.Buffer(torch.ones(2)))


@pytest.mark.parametrize("what", PROGRAMS, ids=lambda f: f.__name__)
def test_as_in_pytorch(what):
    assert transcript(what, "flambeau") == transcript(what, "torch")
