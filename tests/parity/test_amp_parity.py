"""Mixed precision, and what scripts ask of devices that are not there, against PyTorch."""

from __future__ import annotations

import pytest
from both import PROGRAMS, attempt, program, transcript

PROGRAMS.clear()


def tensors(torch):
    torch.manual_seed(0)
    return torch.randn(4, 3), torch.randn(5, 3, requires_grad=True), torch.randn(2, 3, 8, 8)


@program
def what_autocast_computes_in_lower_precision(torch):
    F = torch.nn.functional
    x, w, images = tensors(torch)
    kernel, turned = torch.randn(4, 3, 3, 3), torch.randn(3, 4, 3, 3)
    with torch.autocast("cpu"):
        products = (
            F.linear(x, w), x @ x.t(), torch.bmm(images[:, 0], images[:, 1]), torch.matmul(x, x[0]),
            torch.addmm(torch.zeros(4, 4), x, x.t()), torch.baddbmm(torch.zeros(2, 8, 8), images[:, 0], images[:, 1]),
            torch.einsum("ij,kj->ik", x, x), F.conv2d(images, kernel), F.conv_transpose2d(images, turned),
            F.scaled_dot_product_attention(images, images, images), torch.mm(x, x.bfloat16().t()),
            torch.addbmm(torch.zeros(8, 8), images[:, 0], images[:, 1]),
        )  # fmt: skip
        yield [str(y.dtype) for y in products]
        yield str(F.linear(x.double(), w.double()).dtype), str((x + x.bfloat16()).dtype), str(F.relu(x).dtype)
        yield [str(torch.cat([x, x.bfloat16()]).dtype), str(F.softmax(x.bfloat16(), 1).dtype)]


@program
def what_autocast_makes_of_recurrent_layers(torch):
    x = tensors(torch)[0].reshape(2, 2, 3)
    for layer in (torch.nn.LSTM(3, 4, 2, bidirectional=True), torch.nn.GRU(3, 4), torch.nn.RNN(3, 4)):
        with torch.autocast("cpu", torch.bfloat16):
            output, last = layer(x)
        output.float().sum().backward()
        states = last if isinstance(last, tuple) else (last,)
        yield str(output.dtype), [str(state.dtype) for state in states], {str(p.grad.dtype) for p in layer.parameters()}
        yield bool((output.float() - layer(x)[0]).abs().max() < 0.03)


@program
def what_autocast_computes_in_full_precision(torch):
    F = torch.nn.functional
    x, _, images = tensors(torch)
    low, classes = x.bfloat16(), torch.tensor([0, 1, 2, 0])
    with torch.autocast("cpu"):
        losses = (
            F.cross_entropy(low, classes), F.nll_loss(low, classes), F.mse_loss(low, x), F.l1_loss(low, low),
            F.binary_cross_entropy(low.sigmoid(), torch.ones(4, 3).bfloat16()), F.smooth_l1_loss(low, x),
            F.binary_cross_entropy_with_logits(low, torch.ones(4, 3)), F.huber_loss(low, x),
            F.kl_div(low, x, reduction="sum"), F.cosine_embedding_loss(low, low, torch.ones(4)),
            F.triplet_margin_loss(low, low, low), low.prod(), torch.cdist(low, low), torch.trace(low[:3]),
            F.avg_pool3d(images.bfloat16()[None], 2), F.adaptive_avg_pool3d(images.bfloat16()[None], 2),
            F.grid_sample(images.bfloat16(), torch.zeros(2, 3, 3, 2).bfloat16(), align_corners=False),
            F.pad(images.bfloat16(), (1, 1, 1, 1), mode="reflect"),
        )  # fmt: skip
        yield [str(y.dtype) for y in losses]
        ones = torch.ones(3)
        yield [
            str(y.dtype)
            for y in (
                F.layer_norm(low, (3,), ones, ones),
                F.batch_norm(images.bfloat16(), torch.zeros(3), torch.ones(3), ones, ones, True),
                F.group_norm(images.bfloat16(), 3, ones, ones),
            )
        ]


@program
def gradients_of_mixed_precision_are_those_of_the_parameters(torch):
    x, w, _ = tensors(torch)
    with torch.autocast("cpu"):
        y = torch.nn.functional.linear(x, w)
        loss = torch.nn.functional.mse_loss(y, torch.zeros(4, 5))
    loss.backward()
    yield str(y.dtype), str(loss.dtype), str(w.grad.dtype), w.grad.abs().sum().item() > 0
    yield torch.is_autocast_enabled("cpu"), str(torch.get_autocast_dtype("cpu"))
    with torch.autocast("cpu", dtype=torch.float16):
        yield torch.is_autocast_enabled("cpu"), str((x @ x.t()).dtype)
        with torch.autocast("cpu", enabled=False):
            yield torch.is_autocast_enabled("cpu"), str((x @ x.t()).dtype)
        yield torch.is_autocast_enabled("cpu")

    @torch.autocast("cpu")
    def product(a):
        return a @ a.t()

    yield str(product(x).dtype), str((x @ x.t()).dtype)
    for what in ({"device_type": 3}, {"device_type": "foo"}, {}):
        yield attempt(lambda what=what: torch.autocast(**what))
    with torch.autocast("cuda"), torch.autocast("cpu", dtype=torch.float32):
        yield str((x @ x.t()).dtype)
    yield torch.amp.is_autocast_available("cpu"), attempt(torch.amp.is_autocast_available, "foo")


@program
def functions_that_say_their_precision(torch):
    class Product(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu", cast_inputs=torch.float32)
        def forward(ctx, a):
            ctx.save_for_backward(a)
            return a @ a.t()

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx, g):
            (a,) = ctx.saved_tensors
            return (g + g.t()) @ a

    x = torch.randn(2, 3, requires_grad=True)
    with torch.autocast("cpu"):
        y = Product.apply(x.bfloat16())
    yield str(y.dtype)
    y.sum().backward()
    yield str(x.grad.dtype)


@program
def steps_with_scaled_losses(torch):
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0, growth_interval=2)
    p = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    optimizer = torch.optim.SGD([p], lr=0.1)
    yield attempt(scaler.step, optimizer), attempt(scaler.update), scaler.get_scale()
    for i in range(4):
        optimizer.zero_grad()
        scaler.scale((p * p).sum()).backward()
        if i == 2:
            p.grad[0] = float("inf")
        if i == 1:
            scaler.unscale_(optimizer)
            yield p.grad
        yield scaler.step(optimizer), scaler.update(), p, scaler.get_scale(), scaler.state_dict()
    yield attempt(scaler.unscale_, optimizer), attempt(scaler.unscale_, optimizer), attempt(scaler.step, optimizer)
    yield attempt(scaler.step, optimizer), attempt(scaler.unscale_, optimizer), attempt(scaler.update, 3.0)
    yield scaler.get_scale(), scaler.scale([torch.ones(1), torch.ones(2)]), attempt(scaler.update)
    other = torch.amp.GradScaler("cpu")
    other.load_state_dict(scaler.state_dict())
    yield other.state_dict(), other.is_enabled(), attempt(other.load_state_dict, {})
    q = torch.nn.Parameter(torch.ones(2, dtype=torch.float16))
    q.grad = torch.ones(2, dtype=torch.float16)
    yield attempt(scaler.unscale_, torch.optim.SGD([q], lr=0.1))


@program
def a_scaler_for_a_device_that_is_not_there(torch):
    scaler = torch.amp.GradScaler()
    p = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.SGD([p], lr=0.1)
    scaler.scale(p.sum()).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    yield p, scaler.get_scale(), scaler.is_enabled(), scaler.state_dict()
    torch.cuda.amp.GradScaler()
    with torch.cuda.amp.autocast():
        yield str((torch.ones(2, 2) @ torch.ones(2, 2)).dtype)
    with torch.cpu.amp.autocast():
        yield str((torch.ones(2, 2) @ torch.ones(2, 2)).dtype)


@program
def questions_about_devices(torch):
    cuda = torch.cuda
    yield cuda.is_available(), cuda.device_count(), cuda.is_initialized(), cuda.get_arch_list(), cuda.memory_allocated()
    yield cuda.empty_cache(), cuda.manual_seed(1), cuda.manual_seed_all(1), cuda.seed(), dict(cuda.memory_stats())
    for name in ("synchronize", "current_device", "get_device_name", "init", "get_rng_state", "current_stream"):
        yield attempt(getattr(cuda, name))
    yield attempt(cuda.Stream), attempt(cuda.Event, enable_timing=True), attempt(lambda: cuda.FloatTensor(3))
    yield attempt(cuda.device(0).__enter__), attempt(cuda.nvtx.range_push, "x"), attempt(torch.ones(1).cuda)
    yield torch.accelerator.is_available(), torch.accelerator.current_accelerator(), torch.xpu.is_available()
    backends = torch.backends
    yield backends.cudnn.is_available(), backends.cudnn.version(), backends.mps.is_available(), backends.cuda.is_built()
    with backends.cudnn.flags(enabled=False, benchmark=True):
        yield backends.cudnn.enabled, backends.cudnn.benchmark
    yield backends.cudnn.enabled, backends.cudnn.benchmark, backends.cpu.get_cpu_capability()
    yield torch.cpu.is_available(), torch.cpu.device_count()


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_same_as_pytorch(function):
    assert transcript(function, "flambeau") == transcript(function, "torch")
