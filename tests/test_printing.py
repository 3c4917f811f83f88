"""Printed tensors: what every text keeps to, and PyTorch's characters where PyTorch is installed."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from flambeau import dtypes, printing
from flambeau.printing import format_tensor, printoptions


def test_texts():
    assert format_tensor(np.array(1.5, np.float32), dtypes.float32) == "tensor(1.5000)"
    assert format_tensor(np.array([1, -2]), dtypes.int64) == "tensor([ 1, -2])"
    assert format_tensor(np.array([True, False]), dtypes.bool_) == "tensor([ True, False])"
    assert format_tensor(np.zeros((0, 3), np.int64), dtypes.int64) == "tensor([], size=(0, 3), dtype=torch.int64)"
    assert format_tensor(np.array([1, np.nan]), dtypes.float64) == "tensor([1., nan], dtype=torch.float64)"
    assert format_tensor(np.array([1e-5, 1]), dtypes.float32) == "tensor([1.0000e-05, 1.0000e+00])"
    assert format_tensor(np.array([1 + 2j]), dtypes.complex64) == "tensor([1.+2.j])"
    assert format_tensor(None, dtypes.float32, shape=(2, 3), device="meta") == "tensor(..., device='meta', size=(2, 3))"
    summary = format_tensor(np.arange(2000), dtypes.int64, requires_grad=True)
    assert summary == "tensor([   0,    1,    2,  ..., 1997, 1998, 1999], requires_grad=True)"
    grad = format_tensor(np.zeros((2, 2), np.float32), dtypes.float32, grad_fn_name="MulBackward0", requires_grad=True)
    assert grad == "tensor([[0., 0.],\n        [0., 0.]], grad_fn=<MulBackward0>)"


def test_the_default_dtype_is_not_shown():
    array = np.ones(1)
    dtypes.set_default_dtype(dtypes.float64)
    try:
        assert format_tensor(array, dtypes.float64) == "tensor([1.])"
        assert format_tensor(array, dtypes.float32) == "tensor([1.], dtype=torch.float32)"
        assert format_tensor(array * 1j, dtypes.complex64) == "tensor([0.+1.j], dtype=torch.complex64)"
    finally:
        dtypes.set_default_dtype(dtypes.float32)


def test_options_are_set_and_put_back():
    before = printing.get_printoptions()
    with printoptions(precision=2, sci_mode=True):
        assert format_tensor(np.array([0.5]), dtypes.float32) == "tensor([5.00e-01])"
    assert printing.get_printoptions() == before
    with printoptions(profile="short"):
        assert printing.get_printoptions()["edgeitems"] == 2
        printing.set_printoptions(linewidth=40)
        assert printing.get_printoptions() == {**before, "precision": 2, "edgeitems": 2, "linewidth": 40}
    assert printing.get_printoptions() == before


arrays = npst.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.bool_]), npst.array_shapes(min_dims=0, max_dims=4, max_side=9)
)


@settings(max_examples=100, deadline=None)
@given(arrays, st.integers(40, 120))
def test_every_element_is_in_the_text(array, linewidth):
    with printoptions(linewidth=linewidth, threshold=10**9, precision=17, sci_mode=array.dtype.kind == "f" or None):
        text = format_tensor(array, dtypes.from_numpy(array.dtype))
    body = (
        text[len("tensor(") : text.rindex("]") + 1] if array.ndim else text[len("tensor(") :].split(",")[0].rstrip(")")
    )
    flat = body.replace("[", " ").replace("]", " ").replace(",", " ").split()
    read = {"f": float, "i": int, "b": lambda word: word == "True"}[array.dtype.kind]
    np.testing.assert_array_equal(np.array([read(word) for word in flat], array.dtype), array.reshape(-1))
    assert body.count("[") == body.count("]")


@pytest.fixture(scope="module")
def torch():
    return pytest.importorskip("torch")


@pytest.fixture
def torch_options(torch):
    yield torch.set_printoptions
    torch.set_printoptions(profile="default")


def ours(x) -> str:
    """Our text for a PyTorch tensor."""
    torch = pytest.importorskip("torch")
    meta = x.device.type == "meta"
    host = x.detach().float() if x.dtype == torch.bfloat16 else x.detach()
    return format_tensor(
        None if meta else host.numpy(),
        dtypes.BY_NAME[str(x.dtype).removeprefix("torch.")],
        shape=tuple(x.shape),
        requires_grad=x.requires_grad,
        grad_fn_name=type(x.grad_fn).__name__ if x.grad_fn is not None else None,
        device=str(x.device),
        prefix="tensor" if type(x) in (torch.Tensor, torch.nn.Parameter) else type(x).__name__,
    )


VALUES = [
    [0.0], [-0.0, 0.0], [1.0, 2.0], [1.0, -2.0], [1.5, 100.25], [0.001, 1.0], [0.0009, 1.0], [1e-4], [9e-5], [1e8],
    [1.1e8], [99999999.5], [1000.0, 1.0], [1001.0, 1.0], [1000.5, 0.5], [math.nan], [math.inf, 1.0], [-math.inf, 0.5],
    [math.nan, 1e9], [1e-40], [3e38, 1e-38], [65504.0], [0.1, 0.2, 0.30001], [123456.789, 1.0], [2.0**24, 2.0**25],
]  # fmt: skip


@pytest.mark.parity
@pytest.mark.parametrize("name", ["float32", "float64", "float16", "bfloat16", "complex64", "complex128"])
def test_numbers_have_pytorchs_characters(torch, torch_options, name):
    for values, options in itertools.product(VALUES, [{}, {"precision": 2}, {"sci_mode": True}, {"sci_mode": False}]):
        torch_options(profile="default", **options)
        x = torch.tensor(values).to(getattr(torch, name))
        if x.is_complex():
            x = torch.complex(x.real, x.real.flip(0) * -3)
        with printoptions(**options):
            assert ours(x) == repr(x)
            assert ours(x[0]) == repr(x[0])


SHAPES = [
    (),
    (0,),
    (0, 3),
    (2, 0),
    (1,),
    (7,),
    (30,),
    (1001,),
    (2, 3),
    (3, 40),
    (2, 3, 4),
    (2, 2, 2, 2),
    (40, 40),
    (7, 150),
]
SHAPES += [(1, 1, 1001), (1001, 1), (8, 8, 20), (2, 1000), (6, 200), (3, 3, 3, 50)]


@pytest.mark.parity
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_layouts_are_pytorchs(torch, torch_options, shape):
    generator = torch.Generator().manual_seed(0)
    count = int(np.prod(shape))
    samples = [
        torch.arange(count).reshape(shape) * 1000 - 3000,
        torch.randn(shape, generator=generator),
        torch.randn(shape, generator=generator).exp() * 1e-3,
        torch.randint(0, 9, shape, generator=generator).float(),
        torch.randint(0, 2, shape, generator=generator).bool(),
        torch.randint(0, 255, shape, generator=generator).to(torch.uint8),
        torch.randn(shape, generator=generator, dtype=torch.complex64),
        torch.randn(shape, generator=generator, dtype=torch.float64),
        torch.zeros(shape, device="meta"),
        torch.zeros(shape, device="meta", dtype=torch.int64),
    ]
    settings = [{}, {"linewidth": 40}, {"threshold": 20, "edgeitems": 1}, {"profile": "short"}, {"profile": "full"}]
    for x, options in itertools.product(samples, [*settings, {"edgeitems": 0}]):
        torch_options(**{"profile": "default", **options})
        with printoptions(**options):
            assert ours(x) == repr(x)


@pytest.mark.parity
def test_gradients_and_classes_are_pytorchs(torch, torch_options):
    class Special(torch.Tensor):
        pass

    for count in (1, 5, 12, 20, 2000):
        leaf = torch.arange(float(count), requires_grad=True)
        for x in (leaf, leaf * 2, leaf.sum(), (leaf * 2).double(), leaf.detach().as_subclass(Special)):
            for linewidth in (30, 60, 80, 100):
                torch_options(linewidth=linewidth)
                with printoptions(linewidth=linewidth):
                    assert ours(x) == repr(x)
