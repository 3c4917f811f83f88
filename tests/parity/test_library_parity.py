"""torch.library: operators of scripts, against PyTorch's."""

import importlib

import numpy as np
import pytest
from both import attempt, transcript

PROGRAMS = []
program = PROGRAMS.append


def library(torch):
    """torch.library, and torch.ops with a namespace that no other test has."""
    return importlib.import_module(torch.__name__ + ".library"), torch.ops


@program
def a_function_of_numpy(torch):
    lib, ops = library(torch)

    def sine(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(np.sin(x.detach().numpy()))

    op = lib.custom_op("ours1::sine", sine, mutates_args=())
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    yield str(op), str(ops.ours1.sine), str(ops.ours1.sine.default), str(ops.ours1.sine.default._schema)
    yield op(x), ops.ours1.sine(x), ops.ours1.sine.default(x), attempt(op(x).sum().backward)
    op.register_fake(lambda x: torch.empty_like(x))
    op.register_autograd(
        lambda ctx, grad: grad * ctx.saved_tensors[0].cos(),
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(*inputs),
    )
    op(x).sum().backward()
    yield x.grad
    yield lib.opcheck(op, (torch.randn(3, requires_grad=True),))
    yield torch.autograd.gradcheck(op, (torch.randn(3, dtype=torch.float64, requires_grad=True),))


@program
def calls(torch):
    lib, ops = library(torch)

    def crop(
        pic: torch.Tensor, box: list[int], w: torch.Tensor | None = None, k: int = 3, *, s: float = 1.0,
        name: str = "a", kind: torch.dtype | None = None, f: float = 1.5,
    ) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
        return pic.clone() * k * s, pic + len(box)

    op = lib.custom_op("ours2::crop", crop, mutates_args=())
    x = torch.ones(2)
    yield str(ops.ours2.crop.default._schema), op(x, [1, 2], s=2.0), op(x, [1], k=2)
    for args, kwargs in (((x,), {}), ((1, [2]), {}), ((x, [2]), {"zz": 1})):
        yield attempt(op, *args, **kwargs)
    lib.register_kernel("ours2::crop", "cpu")(lambda pic, box, k=3: (pic * 0, pic + 5))
    yield op(x, [1])


@program
def schemas(torch):
    lib, _ = library(torch)

    def plain(x: torch.Tensor, y: torch.Tensor) -> None: ...
    def rich(x: torch.Tensor, y: list[torch.Tensor], z: int | float | bool = 2, d: torch.device = None, b: bool = True,
             m: list[float] | None = None) -> list[torch.Tensor]: ...  # fmt: skip
    def bare(x): ...
    def stars(x: torch.Tensor, *y: int) -> torch.Tensor: ...

    yield lib.infer_schema(plain, mutates_args=("x",)), lib.infer_schema(plain, mutates_args="unknown")
    yield lib.infer_schema(rich, mutates_args=(), op_name="rich")
    yield attempt(lib.infer_schema, bare, mutates_args=())
    yield attempt(lib.infer_schema, stars, mutates_args=())
    yield attempt(lib.infer_schema, plain, mutates_args=("z",))


@program
def changes(torch):
    lib, ops = library(torch)

    def scale(x: torch.Tensor, y: float) -> None:
        x.mul_(y)

    op = lib.custom_op("ours3::scale", scale, mutates_args={"x"})
    x = torch.ones(3)
    before = x._version
    yield op(x, 2.0), x, x._version - before, str(ops.ours3.scale.default._schema)
    yield lib.opcheck(op, (torch.ones(2), 3.0))
    wrong = lib.custom_op("ours3::wrong", lambda x: 3, mutates_args=(), schema="(Tensor x) -> Tensor")
    yield attempt(wrong, x), attempt(lambda: ops.ours3.nothing)


@program
def libraries(torch):
    lib, ops = library(torch)
    made = lib.Library("ours4", "FRAGMENT")
    yield str(made), made.define("more(Tensor x, int y=1) -> Tensor")
    made.impl("more", lambda x, y=1: x + y, "CPU")
    yield ops.ours4.more(torch.ones(2)), ops.ours4.more(torch.ones(2), y=3)
    lib.define("ours4::twice", "(Tensor x) -> Tensor")
    lib.impl("ours4::twice", "cpu")(lambda x: x * 2)
    x = torch.ones(2, requires_grad=True)
    yield ops.ours4.twice(x)
    yield attempt(ops.ours4.twice, 3), attempt(ops.ours4.twice)
    lib.register_autograd("ours4::twice", lambda ctx, g: g * 5)
    y = ops.ours4.twice(x)
    y.sum().backward()
    yield type(y.grad_fn).__name__, x.grad
    lib.register_vmap("ours4::twice", lambda info, dims, x: (ops.ours4.twice(x), dims[0]))
    yield torch.vmap(ops.ours4.twice)(torch.ones(2, 3))
    yield ops.aten.relu(torch.tensor([-1.0, 2.0])), ops.aten.add.Tensor(x, x), str(ops.aten.sin.default)


@program
def lists_and_keywords(torch):
    lib, ops = library(torch)

    def total(xs: list[torch.Tensor], *, scale: float) -> torch.Tensor:
        return sum(xs) * scale

    def setup_context(ctx, inputs, keyword_only_inputs, output):
        ctx.count, ctx.scale = len(inputs[0]), keyword_only_inputs["scale"]

    op = lib.custom_op("ours5::total", total, mutates_args=())
    op.register_autograd(
        lambda ctx, g: [g * ctx.scale * (i + 1) for i in range(ctx.count)], setup_context=setup_context
    )
    x, y = torch.ones(2, requires_grad=True), torch.ones(2)
    op([x, y, x * 2], scale=2.0).sum().backward()
    yield x.grad
    fx = importlib.import_module(torch.__name__ + ".fx")
    yield fx.symbolic_trace(lambda a, b: ops.ours5.total([a, b], scale=1.0)).code


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_operators_of_scripts_are_like_pytorchs(function):
    pytest.importorskip("torch")
    assert transcript(function, "flambeau") == transcript(function, "torch")
