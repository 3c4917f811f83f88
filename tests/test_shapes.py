"""Shape, stride and window rules: against NumPy for what they mean, against PyTorch for every text and every layout."""

import itertools
import random

import numpy as np
import pytest

from flambeau import shapes, strides, window_shapes
from flambeau.strides import View


def outcome(call, *args, **kwargs):
    """What a call gives, or the type and text of what it raises."""
    try:
        return call(*args, **kwargs)
    except Exception as error:
        return type(error), str(error)


def show(view: View, array: np.ndarray) -> np.ndarray:
    """The elements of a view over a flat array."""
    position = np.array(view.offset)
    for size, step in zip(view.shape, view.strides):
        position = position[..., None] + step * np.arange(size)
    return array.reshape(-1)[position]


def random_view(rng: random.Random, base: tuple[int, ...]) -> tuple[View, np.ndarray]:
    """A view of a row-major array of shape `base` by random NumPy movements, and what it shows of arange."""
    array = np.arange(max(int(np.prod(base)), 1)).reshape(base)
    shown = array
    for _ in range(rng.randint(0, 4)):
        ndim = shown.ndim
        move = rng.choice(["permute", "slice", "unsqueeze", "expand", "reverse", "diagonal"])
        if move == "permute":
            shown = shown.transpose(rng.sample(range(ndim), ndim))
        elif move == "slice" and ndim:
            axis = rng.randrange(ndim)
            start, step = rng.randrange(max(shown.shape[axis], 1)), rng.randint(1, 3)
            shown = shown[(slice(None),) * axis + (slice(start, None, step),)]
        elif move == "unsqueeze" and ndim < 5:
            shown = np.expand_dims(shown, rng.randint(0, ndim))
        elif move == "expand" and ndim < 5:
            shown = np.broadcast_to(shown, (rng.randint(1, 3), *shown.shape))
        elif move == "reverse" and ndim:
            shown = np.flip(shown, rng.randrange(ndim))
        elif move == "diagonal" and ndim >= 2:
            shown = np.diagonal(shown, 0, 0, 1)
    offset = int(shown.reshape(-1)[0]) if shown.size else 0
    return View(shown.shape, tuple(step // array.itemsize for step in shown.strides), offset), shown


def test_broadcast_shapes_against_numpy():
    for sizes in itertools.product([(), (1,), (2,), (3,), (2, 1), (1, 3), (2, 3), (0,), (1, 1, 0)], repeat=2):
        ours = outcome(shapes.broadcast_shapes, *sizes)
        try:
            assert ours == np.broadcast_shapes(*sizes)
        except ValueError:
            assert ours[0] is RuntimeError


def test_expand_shows_numpy_broadcast():
    array = np.arange(6).reshape(2, 1, 3)
    sizes, steps = shapes.expand_view((2, 1, 3), (3, 3, 1), (4, -1, 5, 3))
    assert sizes == (4, 2, 5, 3)
    np.testing.assert_array_equal(show(View(sizes, steps), array), np.broadcast_to(array, sizes))


def test_view_strides_show_the_reshaped_array():
    rng = random.Random(0)
    possible = 0
    for _ in range(400):
        base = tuple(rng.choice([1, 2, 3, 4]) for _ in range(rng.randint(0, 4)))
        view, shown = random_view(rng, base)
        target = list(shown.shape)
        for _ in range(rng.randint(0, 2)):
            target = _merge_or_split(rng, target)
        found = strides.view_strides(view.shape, view.strides, tuple(target))
        if found is not None:
            possible += 1
            np.testing.assert_array_equal(
                show(View(tuple(target), found, view.offset), np.arange(max(int(np.prod(base)), 1))),
                shown.reshape(target),
            )
    assert possible > 100


def _merge_or_split(rng: random.Random, sizes: list[int]) -> list[int]:
    if len(sizes) >= 2 and rng.random() < 0.6:
        at = rng.randrange(len(sizes) - 1)
        return [*sizes[:at], sizes[at] * sizes[at + 1], *sizes[at + 2 :]]
    at = rng.randint(0, len(sizes))
    return [*sizes[:at], 1, *sizes[at:]]


def test_decode_names_the_dimensions_walked():
    diagonal = strides.decode_view(View((3,), (4,), 0), (3, 3))
    assert diagonal == strides.Walk((0, 0), ((1, 1),))
    assert strides.decode_view(View((2, 2), (6, -1), 2), (3, 3)) == strides.Walk((0, 2), ((2, 0), (0, -1)))
    assert strides.decode_view(View((4,), (1,), 1), (3, 3)) is None


def test_layout_predicates():
    assert strides.is_contiguous((2, 1, 3), (3, 99, 1)) and not strides.is_contiguous((2, 3), (1, 2))
    assert strides.is_contiguous((0, 3), (5, 5))
    assert (
        strides.is_dense((2, 3), (1, 2)) and not strides.is_dense((2, 3), (6, 2)) and not strides.is_dense((2,), (0,))
    )
    assert strides.channels_last_strides((2, 3, 4, 5)) == (60, 1, 15, 3)
    assert strides.is_channels_last((2, 3, 4, 5), (60, 1, 15, 3))
    assert not strides.is_channels_last((2, 3, 4, 5), (60, 20, 5, 1))


def test_reductions():
    assert shapes.reduction_dims(None, 3) == shapes.reduction_dims([], 3) == (0, 1, 2)
    assert shapes.reduction_dims(-1, 0) == ()
    assert shapes.reduced_shape((2, 3, 4), (0, 2), True) == (1, 3, 1)
    assert shapes.reduced_shape((2, 3, 4), (0, 2), False) == (3,)


def test_matmul_shapes_against_numpy():
    sizes = [(2,), (3,), (2, 3), (3, 2), (4, 2, 3), (4, 3, 2), (5, 1, 3, 2), (2, 2)]
    for a, b in itertools.product(sizes, repeat=2):
        ours = outcome(shapes.matmul_shape, a, b)
        try:
            assert ours == (np.zeros(a) @ np.zeros(b)).shape
        except ValueError:
            assert ours[0] is RuntimeError


def test_same_padding_keeps_the_size():
    left, right = window_shapes.conv_padding("same", (1, 3, 8, 8), (4, 3, 4, 3), (1, 1), (1, 2))
    assert (left, right) == ((1, 2), (2, 2))


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


def torch_shape(call, shape, *args, **kwargs):
    """The shape that a PyTorch function of one tensor gives."""
    return tuple(call(pytest.importorskip("torch").zeros(shape), *args, **kwargs).shape)


RESHAPES = [(4, 2), (4, -1), (-1, -1), (-2, 3), (-2, 6), (-1, 3), (2, 3), (), (1, 6, 1), (0, -1), (-1, 0), (2, -1, 3)]


@pytest.mark.parity
@pytest.mark.parametrize("shape", [(6,), (0,), (), (2, 3), (0, 3)])
def test_size_rules_have_pytorchs_texts(torch, shape):
    x = torch.zeros(shape)
    own = tuple(x.stride())
    shape_of = lambda call: lambda *args: tuple(call(*args).shape)
    for target in RESHAPES:
        assert outcome(shapes.infer_reshape, target, x.numel()) == outcome(shape_of(x.reshape), target)
        if min(target, default=0) > -2 and not (shape == () and -1 in target):
            expand = lambda sizes: (tuple(x.expand(sizes).shape), tuple(x.expand(sizes).stride()))
            assert outcome(shapes.expand_view, shape, own, target) == outcome(expand, target)
    for dim in (-3, -1, 0, 1, 2):
        keep = lambda dim: shapes.reduced_shape(shape, shapes.reduction_dims(dim, len(shape)), True)
        assert outcome(keep, dim) == outcome(shape_of(lambda d: x.sum(d, keepdim=True)), dim)
        assert outcome(shapes.flatten_shape, shape, dim, -1) == outcome(shape_of(x.flatten), dim, -1)
        for name in ("amax", "max", "amin", "argmin"):
            ours = outcome(shapes.check_reducible, name, shape, dim)
            theirs = outcome(lambda n=name, d=dim: getattr(x, n)(d) is None)
            assert (ours or False) == theirs
    for dims in ((0,), (0, 0), (1, 0), (0, 5), (-1, 0)):
        permuted = lambda dims: tuple(shape[d] for d in shapes.permute_dims(dims, len(shape)))
        assert outcome(permuted, dims) == outcome(shape_of(x.permute), dims)
    for sizes in ((4, -1), (2, 3), (2, -1), (-1,), (0, 3)):
        theirs = outcome(shape_of(x.unflatten), 0, sizes)
        if not shape:
            # The text ends in a C++ stack trace.
            theirs = theirs[0], theirs[1][: theirs[1].index("\nException")]
        assert outcome(shapes.unflatten_shape, shape, 0, sizes) == theirs
    for name in ("max", "min", "argmax", "argmin"):
        theirs = outcome(lambda n=name: getattr(x, n)() is None)
        assert (outcome(shapes.check_reducible, name, shape, None) or False) == theirs


@pytest.mark.parity
def test_pair_rules_have_pytorchs_texts(torch):
    shape_of = lambda call: lambda *args: tuple(call(*(torch.zeros(a) for a in args)).shape)
    F = torch.nn.functional
    sizes = [
        (),
        (2,),
        (3,),
        (2, 3),
        (3, 3),
        (3, 4),
        (2, 2, 3),
        (3, 3, 4),
        (2, 3, 4),
        (2, 1, 2, 3),
        (2, 5, 3, 2),
        (4, 3),
    ]
    rules = [
        (shapes.broadcast_shapes, torch.add),
        (shapes.matmul_shape, torch.matmul),
        (shapes.mm_shape, torch.mm),
        (shapes.bmm_shape, torch.bmm),
        (shapes.mv_shape, torch.mv),
        (shapes.dot_shape, torch.dot),
        (shapes.linear_shape, F.linear),
        (lambda *a: shapes.cat_shape(a, 0)[0], lambda *a: torch.cat(a, 0)),
        (lambda *a: shapes.cat_shape(a, -1)[0], lambda *a: torch.cat(a, -1)),
        (lambda *a: shapes.stack_shape(a, 1)[0], lambda *a: torch.stack(a, 1)),
    ]
    for (ours, theirs), a, b in itertools.product(rules, sizes, sizes):
        if theirs is torch.mv and () in (a, b):
            continue
        assert outcome(ours, a, b) == outcome(shape_of(theirs), a, b), (theirs, a, b)
    for bias in [(), (1,), (3,), (5,), (2, 3), (4, 3), (1, 1, 3)]:
        assert outcome(shapes.linear_shape, (2, 4), (3, 4), bias) == outcome(shape_of(F.linear), (2, 4), (3, 4), bias)
    assert outcome(shapes.check_in_place, (2,), (2, 2)) == outcome(torch.zeros(2).add_, torch.zeros(2, 2))
    assert outcome(shapes.wrap_dim, 0, 0, False) == outcome(torch.zeros(()).size, 0)


@pytest.mark.parity
def test_layouts_are_pytorchs(torch):
    rng = random.Random(3)

    def random_tensor(shape):
        order = rng.sample(range(len(shape)), len(shape))
        memory = torch.zeros([shape[d] * rng.choice([1, 1, 1, 2]) for d in order])
        x = memory.permute(*np.argsort(order).tolist())
        return x[tuple(slice(0, None, -(-x.shape[d] // shape[d])) for d in range(len(shape)))]

    for _ in range(400):
        shape = tuple(rng.choice([1, 1, 2, 3, 4]) for _ in range(rng.randint(1, 5)))
        xs = [random_tensor(tuple(1 if rng.random() < 0.1 else s for s in shape)) for _ in range(rng.choice([1, 2, 3]))]
        if rng.random() < 0.2:
            xs[-1] = xs[-1][0] if xs[-1].ndim > 1 else torch.zeros(())
        operands = [(tuple(x.shape), tuple(x.stride())) for x in xs]
        result = {1: torch.neg, 2: torch.add, 3: torch.addcmul}[len(xs)](*xs)
        assert strides.elementwise_strides(tuple(result.shape), operands) == tuple(result.stride()), operands
        own, steps = operands[0]
        assert strides.is_contiguous(own, steps) == xs[0].is_contiguous()
        if len(own) == 4:
            assert strides.is_channels_last(own, steps) == xs[0].is_contiguous(memory_format=torch.channels_last)
            last = torch.empty(own, memory_format=torch.channels_last)
            assert strides.channels_last_strides(own) == tuple(last.stride())
        ones, number = (xs[0] + 1), ((), ())
        assert strides.elementwise_strides(own, [operands[0], number]) == tuple(ones.stride())
        for target in (own[::-1], (-1,), (1, *own), (*own[:1], 1, *own[1:]), (-1, *own[-1:]), (*own[:1], -1)):
            target = tuple(target)
            try:
                theirs = tuple(xs[0].view(target).stride())
                target = tuple(xs[0].view(target).shape)
            except RuntimeError as error:
                if str(error) != strides.INCOMPATIBLE_VIEW:
                    continue
                theirs, target = None, tuple(xs[0].reshape(target).shape)
            assert strides.view_strides(own, steps, target) == theirs


CONVOLUTIONS = [
    # input, weight, bias, stride, padding, dilation, groups
    ((1, 3, 8, 8), (4, 3, 3, 3), (4,), 1, 0, 1, 1),
    ((3, 9, 8), (4, 3, 3, 2), (4,), 2, 1, 2, 1),
    ((3, 8), (4, 3, 3, 3), None, 1, 0, 1, 1),
    ((1, 1, 3, 8, 8), (4, 3, 3, 3), None, 1, 0, 1, 1),
    ((1, 3, 8, 8), (4, 2, 3, 3), None, 1, 0, 1, 1),
    ((1, 3, 8, 8), (4, 3, 3), None, 1, 0, 1, 1),
    ((1, 3, 8, 8), (4, 3, 3, 3), (5,), 1, 0, 1, 1),
    ((1, 3, 8, 8), (4, 3, 3, 3), (4, 1), 1, 0, 1, 1),
    ((1, 3, 2, 2), (4, 3, 3, 3), None, 1, 0, 1, 1),
    ((1, 3, 5, 6), (4, 3, 3, 3), None, 1, (0, 1), (3, 1), 1),
    ((1, 3, 2, 2), (4, 3, 3, 3), None, 1, -1, 1, 1),
    ((1, 3, 2, 2), (4, 3, 3, 3), None, 0, 1, 1, 1),
    ((1, 3, 8, 8), (4, 3, 3, 3), None, 1, 1, 0, 1),
    ((1, 3, 8, 8), (4, 3, 3, 3), None, 1, 1, -1, 1),
    ((1, 3, 8, 8), (4, 3, 3, 3), None, 1, 1, 1, 0),
    ((1, 4, 8, 8), (3, 2, 3, 3), None, 1, 1, 1, 2),
    ((1, 4, 8, 8), (1, 2, 3, 3), None, 1, 1, 1, 2),
    ((1, 4, 8, 8), (4, 3, 3, 3), None, 1, 1, 1, 2),
    ((1, 4, 8, 8), (4, 2, 3, 3), None, 1, 1, 1, 2),
    ((1, 3, 8, 8), (4, 3, 3, 3), None, (1, 2, 3), 1, 1, 1),
    ((1, 3, 8, 8), (4, 3, 3, 3), None, (2,), 1, 1, 1),
    ((1, 3, 8, 8), (4, 3, 3, 3), None, 1, (1, 2, 3), 1, 1),
    ((1, 3, 8, 8), (0, 3, 3, 3), None, 1, 1, 1, 1),
    ((1, 3, 8, 8), (4, 3, 0, 3), None, 1, 1, 1, 1),
    ((0, 3, 8, 8), (4, 3, 3, 3), None, 1, 1, 1, 1),
    ((1, 3, 0, 8), (4, 3, 3, 3), None, 1, 3, 1, 1),
    ((1, 3, 9), (4, 3, 3), (4,), 2, 1, 2, 1),
    ((3, 9), (4, 3, 3), None, 2, 1, 2, 1),
    ((9,), (4, 3, 3), None, 2, 1, 2, 1),
    ((1, 3, 2), (4, 3, 3), None, 1, 0, 1, 1),
    ((1, 3, 8), (4, 3, 0), None, 1, 0, 1, 1),
    ((1, 3, 0), (4, 3, 3), None, 1, 3, 1, 1),
    ((1, 3, 8), (4, 3, 3), None, 1, 3, 0, 1),
    ((1, 3, 8, 7, 6), (4, 3, 3, 2, 1), None, 2, 1, 1, 1),
    ((3, 8, 7, 6), (4, 3, 3, 2, 1), None, 2, 1, 1, 1),
    ((1, 3, 2, 2, 2), (4, 3, 3, 3, 3), None, 1, 0, 1, 1),
    ((1, 3, 8, 8, 8), (4, 3, 0, 1, 1), None, 1, 0, 1, 1),
]


@pytest.mark.parity
@pytest.mark.parametrize("case", CONVOLUTIONS, ids=str)
def test_convolutions_have_pytorchs_shapes_and_texts(torch, case):
    x, weight, bias, *rest = case
    name = f"conv{len(weight) - 2}d" if len(weight) == len(x) or len(x) < 4 else "conv2d"
    call = getattr(torch.nn.functional, name)
    theirs = outcome(lambda: tuple(call(torch.zeros(x), torch.zeros(weight), bias and torch.zeros(bias), *rest).shape))
    assert outcome(window_shapes.conv_shape, name, *case) == theirs


TRANSPOSED = [
    # input, weight, bias, stride, padding, output_padding, groups, dilation
    ((1, 4, 8, 7), (4, 2, 3, 3), (2,), 2, 1, 1, 1, 1),
    ((4, 8, 7), (4, 2, 3, 2), (4,), 3, 1, (1, 2), 2, 2),
    ((1, 3, 8, 8), (4, 2, 3, 3), None, 1, 0, 0, 1, 1),
    ((1, 4, 8, 8), (4, 2, 3, 3), None, 2, 1, 2, 1, 1),
    ((1, 4, 8, 8), (4, 2, 3, 3), None, 2, 1, -1, 1, 1),
    ((1, 4, 8, 8), (4, 2, 3, 3), (3,), 2, 1, 0, 1, 1),
    ((1, 4, 8, 8), (4, 2, 3, 3), (3,), 2, 1, 0, 2, 1),
    ((1, 3, 8, 8), (3, 2, 3, 3), None, 2, 1, 0, 2, 1),
    ((1, 4, 1, 1), (4, 2, 1, 1), None, 1, 1, 0, 1, 1),
    ((1, 4, 1), (4, 2, 1), None, 1, 1, 0, 1, 1),
    ((1, 4, 8), (4, 2, 3), None, 2, 1, 2, 1, 1),
    ((1, 4, 8), (4, 2, 3), None, 2, 1, 1, 1, 1),
    ((4, 8), (4, 2, 3, 3), None, 1, 0, 0, 1, 1),
    ((1, 4, 3, 3, 3), (4, 2, 3, 3, 3), None, 2, 1, 1, 1, 1),
    ((1, 4, 3, 3, 3), (4, 2, 3, 3, 3), None, 2, 1, 2, 1, 1),
    ((1, 4, 1, 1, 1), (4, 2, 1, 1, 1), None, 1, 1, 0, 1, 1),
]


@pytest.mark.parity
@pytest.mark.parametrize("case", TRANSPOSED, ids=str)
def test_transposed_convolutions_have_pytorchs_shapes_and_texts(torch, case):
    x, weight, bias, *rest = case
    name = f"conv_transpose{len(weight) - 2}d"
    call = getattr(torch.nn.functional, name)
    theirs = outcome(lambda: tuple(call(torch.zeros(x), torch.zeros(weight), bias and torch.zeros(bias), *rest).shape))
    assert outcome(window_shapes.conv_transpose_shape, name, *case) == theirs


def pool_cases(n):
    inputs = [(2, 3, *size) for size in [(8, 9, 7)[:n], (2, 2, 2)[:n], (0, 4, 4)[:n]]]
    inputs += [(3, *(8, 9, 7)[:n]), (8, 9, 7)[:n], (1, 1, 3, *(8, 9, 7)[:n]), (0, 3, *(8,) * n), (1, 0, *(8,) * n)]
    rest = [(3, None, 0), (3, 2, 1), (2, 3, 1), (3, 2, 2), (3, 2, -1), (3, 0, 0), (0, None, 0), (-1, 1, 0), (2, -1, 0)]
    rest += [((1, 2, 3, 4), None, 0), (2, (1, 2, 3, 4), 0), (2, 1, (1, 1, 1, 1)), ((2,), (3,), (0,))]
    one_fault_at_most = [*itertools.product(inputs[:2], rest), *itertools.product(inputs[2:], rest[:1])]
    return [(x, *parameters) for (x, parameters) in one_fault_at_most]


@pytest.mark.parity
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pools_have_pytorchs_shapes_and_texts(torch, kind, n):
    name = f"{kind}_pool{n}d"
    call = getattr(torch.nn.functional, name)

    def ours(x, kernel, stride, padding, dilation, ceil_mode):
        *most, dilation = window_shapes.pool_parameters(name, kernel, stride, padding, dilation)
        if kind == "max":
            return window_shapes.max_pool_shape(name, x, *most, dilation, ceil_mode)
        return window_shapes.avg_pool_shape(name, x, *most, ceil_mode)

    for (x, *rest), ceil_mode in itertools.product(pool_cases(n), [False, True]):
        for dilation in (1, 2, 0, -1) if kind == "max" else (1,):
            named = {"dilation": dilation} if kind == "max" else {}
            theirs = outcome(torch_shape, call, x, *rest, ceil_mode=ceil_mode, **named)
            assert outcome(ours, x, *rest, dilation, ceil_mode) == theirs, (x, rest, dilation, ceil_mode)


@pytest.mark.parity
@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("kind", ["max", "avg"])
def test_adaptive_pools_have_pytorchs_shapes_and_texts(torch, kind, n):
    name = f"adaptive_{kind}_pool{n}d"
    call = getattr(torch.nn.functional, name)
    inputs = [x for x, *rest in pool_cases(n) if rest == [3, None, 0]]
    sizes = [3, (3,) * n, (3,) * (n + 1), -3, (2,) * (n - 1) + (-3,), 0]
    for x, size in [*itertools.product(inputs[:1], sizes), *itertools.product(inputs, [3])]:
        theirs = outcome(torch_shape, call, x, size)
        assert outcome(window_shapes.adaptive_pool_shape, name, x, size) == theirs, (x, size)
