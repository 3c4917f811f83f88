"""Optimizers and schedulers: their formulas against float64 NumPy, their behaviour against PyTorch's."""

import copy
import math
import pickle
import warnings

import numpy as np
import pytest

import flambeau as fl
from flambeau import config, schedule
from flambeau.optim import lr_scheduler
from flambeau.trace import sync

OPTIMIZERS = {
    "SGD": [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
        {"maximize": True, "weight_decay": 0.1, "momentum": 0.5, "dampening": 0.3},
    ],
    "Adam": [{}, {"amsgrad": True}, {"weight_decay": 0.1, "maximize": True}, {"betas": (0.3, 0.9)}],
    "AdamW": [{}, {"amsgrad": True, "lr": 0.1}],
    "RMSprop": [{}, {"centered": True, "momentum": 0.9, "weight_decay": 0.1}, {"momentum": 0.9, "maximize": True}],
    "Adagrad": [{}, {"lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.2}],
    "Adadelta": [{}, {"weight_decay": 0.1, "maximize": True}],
    "Adamax": [{}, {"weight_decay": 0.1}],
    "NAdam": [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True, "maximize": True}],
    "RAdam": [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True}],
    "ASGD": [{}, {"t0": 2, "weight_decay": 0.1}],
    "Rprop": [{}, {"maximize": True}],
}
CASES = [(name, options) for name, all_options in OPTIMIZERS.items() for options in all_options]
STARTS = [np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4), np.linspace(0.5, 2, 5, dtype=np.float32)]


def parameters(library=fl):
    return [library.nn.Parameter(library.tensor(start.tolist())) for start in STARTS]


def gradients(step):
    """Gradients of one step; every third one leaves the second parameter without."""
    rng = np.random.default_rng(step)
    grads = [rng.standard_normal(start.shape).astype(np.float32) for start in STARTS]
    return [grads[0], None] if step % 3 == 2 else grads


def train(library, name, options, steps=7):
    params = parameters(library)
    optimizer = getattr(library.optim, name)(params, **options)
    for step in range(steps):
        optimizer.zero_grad()
        for p, grad in zip(params, gradients(step)):
            p.grad = None if grad is None else library.tensor(grad.tolist())
        optimizer.step()
    return params, optimizer


def plain(value):
    """A nested value with tensors as arrays, for comparison."""
    if hasattr(value, "detach"):
        return value.detach().numpy().copy()
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def assert_close(a, b):
    if isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_close(a[key], b[key])
    elif isinstance(a, list):
        assert len(a) == len(b)
        for x, y in zip(a, b):
            assert_close(x, y)
    elif isinstance(a, np.ndarray):
        assert a.dtype == b.dtype and a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=5e-6, atol=1e-7)
    elif isinstance(a, float):
        assert a == pytest.approx(b, rel=1e-12)
    else:
        assert a == b


def sgd_reference(momentum=0.0, dampening=0.0, weight_decay=0.0, nesterov=False, lr=1e-3):
    values, buffers = [start.astype(np.float64) for start in STARTS], [None, None]
    for step in range(7):
        for i, grad in enumerate(gradients(step)):
            if grad is None:
                continue
            d = grad + weight_decay * values[i]
            buffers[i] = d if buffers[i] is None else momentum * buffers[i] + (1 - dampening) * d
            values[i] = values[i] - lr * (d + momentum * buffers[i] if nesterov else buffers[i])
    return values


def adam_reference(lr=1e-3, betas=(0.9, 0.999), eps=1e-8, decoupled=0.0, amsgrad=False):
    values = [start.astype(np.float64) for start in STARTS]
    mean, square, largest, count = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0, 0]
    for step in range(7):
        for i, grad in enumerate(gradients(step)):
            if grad is None:
                continue
            count[i] += 1
            values[i] = values[i] * (1 - lr * decoupled)
            mean[i] = betas[0] * mean[i] + (1 - betas[0]) * grad
            square[i] = betas[1] * square[i] + (1 - betas[1]) * grad.astype(np.float64) ** 2
            largest[i] = np.maximum(largest[i], square[i]) if amsgrad else square[i]
            corrected = largest[i] / (1 - betas[1] ** count[i])
            values[i] = values[i] - lr * mean[i] / (1 - betas[0] ** count[i]) / (np.sqrt(corrected) + eps)
    return values


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("SGD", {"lr": 0.1}, sgd_reference(lr=0.1)),
        ("SGD", {"lr": 0.1, "momentum": 0.9}, sgd_reference(momentum=0.9, lr=0.1)),
        (
            "SGD",
            {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.2},
            sgd_reference(momentum=0.9, nesterov=True, weight_decay=0.2, lr=0.1),
        ),
        ("SGD", {"lr": 0.1, "momentum": 0.5, "dampening": 0.3}, sgd_reference(momentum=0.5, dampening=0.3, lr=0.1)),
        ("Adam", {"lr": 0.1}, adam_reference(lr=0.1)),
        ("Adam", {"lr": 0.1, "amsgrad": True, "betas": (0.8, 0.5)}, adam_reference(0.1, (0.8, 0.5), amsgrad=True)),
        ("AdamW", {"lr": 0.1, "weight_decay": 0.3}, adam_reference(lr=0.1, decoupled=0.3)),
    ],
)
def test_formulas(name, options, expected):
    params, _ = train(fl, name, options)
    for p, reference in zip(params, expected):
        np.testing.assert_allclose(p.detach().numpy(), reference, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(("name", "options"), CASES)
def test_a_resumed_run_equals_an_uninterrupted_one(name, options):
    params, optimizer = train(fl, name, options)
    again = [fl.nn.Parameter(p.detach().clone()) for p in params]
    resumed = getattr(fl.optim, name)(again, **options)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    for opt, ps in ((optimizer, params), (resumed, again)):
        for p in ps:
            p.grad = fl.ones_like(p)
        opt.step()
    assert all(np.array_equal(p.detach().numpy(), q.detach().numpy()) for p, q in zip(params, again))
    assert_close(plain(optimizer.state_dict()), plain(resumed.state_dict()))


def test_a_changed_step_count_is_seen():
    p = fl.nn.Parameter(fl.ones(2))
    optimizer = fl.optim.Adam([p])
    for _ in range(3):
        p.grad = fl.ones(2)
        optimizer.step()
    step = optimizer.state[p]["step"]
    assert step.item() == 3 and step.dtype is fl.float32 and step.shape == ()
    step.fill_(10)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 11
    optimizer.state[p]["step"] = fl.tensor(20.0)
    optimizer.step()
    assert optimizer.state[p]["step"].item() == 21
    assert copy.deepcopy(optimizer).state_dict()["state"][0]["step"].item() == 21


def test_learning_rate_as_tensor_and_from_groups():
    p, q = parameters()
    optimizer = fl.optim.SGD([{"params": [p], "lr": fl.tensor(0.5)}, {"params": q}], lr=0.25)
    p.grad, q.grad = fl.ones_like(p), fl.ones_like(q)
    optimizer.step()
    np.testing.assert_allclose(p.detach().numpy(), STARTS[0] - 0.5, atol=1e-7)
    np.testing.assert_allclose(q.detach().numpy(), STARTS[1] - 0.25, atol=1e-7)


def test_parameters_that_share_memory_are_updated_one_after_another():
    a, b = fl.nn.Parameter(fl.zeros(2)), fl.nn.Parameter(fl.zeros(2))
    b.data = a.data
    a.grad, b.grad = fl.ones(2), fl.ones(2) * 10
    fl.optim.SGD([a, b], lr=1.0).step()
    assert a.tolist() == b.tolist() == [-11.0, -11.0]
    base = fl.arange(6.0)
    part = base[1:4].requires_grad_()
    part.grad = fl.ones(3)
    fl.optim.SGD([part], lr=1.0).step()
    assert base.tolist() == [0.0, 0.0, 1.0, 2.0, 4.0, 5.0]


def test_the_step_can_be_differentiated():
    rate = 0.1
    start = fl.tensor([2.0], requires_grad=True)
    p = start.clone()
    optimizer = fl.optim.SGD([p], lr=rate, differentiable=True)
    p.grad = start * 3
    optimizer.step()
    p.backward()
    assert start.grad.item() == pytest.approx(1 - 3 * rate)


def test_closure_and_hooks():
    p = fl.nn.Parameter(fl.tensor([3.0]))
    optimizer = fl.optim.SGD([p], lr=0.1)
    seen = []
    before = optimizer.register_step_pre_hook(lambda opt, args, kwargs: seen.append("before"))
    optimizer.register_step_post_hook(lambda opt, args, kwargs: seen.append("after"))

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with fl.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert p.item() == pytest.approx(2.4) and seen == ["before", "after"]
    before.remove()
    optimizer.step()
    assert seen == ["before", "after", "after"]
    optimizer.register_state_dict_post_hook(lambda opt, state: {**state, "more": 1})
    assert optimizer.state_dict()["more"] == 1


def rosenbrock(library, line_search, steps):
    p = library.nn.Parameter(library.tensor([-1.5, 2.0, 0.3], dtype=library.float64))
    optimizer = library.optim.LBFGS([p], lr=1 if line_search else 1e-3, line_search_fn=line_search)

    def closure():
        optimizer.zero_grad()
        loss = (100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2).sum()
        loss.backward()
        return loss

    losses = [optimizer.step(closure).item() for _ in range(steps)]
    return losses, p.tolist(), optimizer.state[p]["func_evals"]


def test_lbfgs_finds_the_minimum_of_a_narrow_valley():
    losses, found, _ = rosenbrock(fl, "strong_wolfe", 4)
    assert losses == sorted(losses, reverse=True) and found == pytest.approx([1.0, 1.0, 1.0], abs=1e-4)
    with pytest.raises(ValueError, match="LBFGS doesn't support per-parameter options"):
        fl.optim.LBFGS([{"params": [p]} for p in parameters()])


@pytest.mark.parity
@pytest.mark.parametrize("line_search", ["strong_wolfe", None])
def test_lbfgs_is_pytorchs(line_search):
    import torch

    ours, theirs = rosenbrock(fl, line_search, 2), rosenbrock(torch, line_search, 2)
    assert ours[0] == pytest.approx(theirs[0], rel=1e-9) and ours[1] == pytest.approx(theirs[1], rel=1e-6)
    assert ours[2] == theirs[2]


@pytest.mark.parity
@pytest.mark.parametrize(
    "options", [{"max_iter": 1}, {"max_iter": 3}, {"max_iter": 3, "lr": 0.5}, {"max_eval": 2}], ids=str
)
@pytest.mark.parametrize("line_search", ["strong_wolfe", None])
def test_lbfgs_remembers_what_pytorch_remembers(line_search, options):
    torch = pytest.importorskip("torch")
    ours, theirs = (lbfgs_memory(library, {"line_search_fn": line_search} | options) for library in (fl, torch))
    assert ours == [pytest.approx(state, rel=1e-5) for state in theirs]


def lbfgs_memory(library, options):
    """Lengths of steps (and whether they are tensors), counts and parameters after each of three steps."""
    p = library.nn.Parameter(library.linspace(-1, 1, 12, dtype=library.float64) ** 3)
    optimizer = library.optim.LBFGS([p], **options)
    weights = library.arange(1.0, 13.0, dtype=library.float64)

    def closure():
        optimizer.zero_grad()
        loss = (weights * (p - 1) ** 2).sum() + (p**4).sum()
        loss.backward()
        return loss

    seen = []
    for _ in range(3):
        optimizer.step(closure)
        state = optimizer.state[p]
        seen.append([float(state["t"]), isinstance(state["t"], library.Tensor), state["func_evals"], *p.tolist()])
    return seen


def test_zero_grad():
    p = fl.nn.Parameter(fl.ones(2))
    optimizer = fl.optim.SGD([p], lr=0.1)
    p.grad = fl.ones(2)
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert p.grad is None


def test_copies_and_pickles_go_on():
    _, optimizer = train(fl, "Adam", {})
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        for p in twin.param_groups[0]["params"]:
            p.grad = fl.ones_like(p)
        twin.step()
        assert [state["step"].item() for state in twin.state.values()] == [8.0, 6.0]
    assert [state["step"].item() for state in optimizer.state.values()] == [7.0, 5.0]


@pytest.mark.parametrize(
    ("make", "error", "text"),
    [
        (lambda ps: fl.optim.SGD(ps, lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda ps: fl.optim.SGD(ps, momentum=-1), ValueError, "Invalid momentum value: -1"),
        (lambda ps: fl.optim.SGD(ps, nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero"),
        (lambda ps: fl.optim.Adam(ps, betas=(1.0, 0.9)), ValueError, "Invalid beta parameter at index 0: 1.0"),
        (lambda ps: fl.optim.Adam(ps, eps=-1), ValueError, "Invalid epsilon value: -1"),
        (lambda ps: fl.optim.Adam(ps, lr=math.nan), ValueError, "Invalid learning rate: nan"),
        (lambda ps: fl.optim.SGD([]), ValueError, "optimizer got an empty parameter list"),
        (lambda ps: fl.optim.SGD(ps[0]), TypeError, "should be an iterable of Tensors or dicts, but got torch.Float"),
        (lambda ps: fl.optim.SGD([3]), TypeError, "optimizer can only optimize Tensors, but one of the params is int"),
        (lambda ps: fl.optim.SGD([ps[0] * 2]), ValueError, "can't optimize a non-leaf Tensor"),
        (lambda ps: fl.optim.SGD([{"params": {ps[0]}}]), TypeError, "need to be organized in ordered collections"),
        (
            lambda ps: fl.optim.SGD([{"params": ps}, {"params": ps}]),
            ValueError,
            "some parameters appear in more than one parameter group",
        ),
        (
            lambda ps: fl.optim.SGD(ps).load_state_dict(fl.optim.SGD(ps[:1]).state_dict()),
            ValueError,
            "loaded state dict contains a parameter group that doesn't match the size of optimizer's group",
        ),
        (lambda ps: fl.optim.SGD([("a", ps[0]), ps[1]]), ValueError, "Some param names are missing"),
    ],
)
def test_errors(make, error, text):
    with pytest.raises(error) as raised:
        make(parameters())
    assert text in str(raised.value)


def rates(make, epochs=6, lr=1.0):
    optimizer = fl.optim.SGD([fl.nn.Parameter(fl.ones(1))], lr=lr)
    scheduler = make(optimizer)
    result = []
    for _ in range(epochs):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return result


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda o: lr_scheduler.StepLR(o, 2, 0.5), [1, 1, 0.5, 0.5, 0.25, 0.25]),
        (lambda o: lr_scheduler.MultiStepLR(o, [1, 3], 0.1), [1, 0.1, 0.1, 0.01, 0.01, 0.01]),
        (lambda o: lr_scheduler.ExponentialLR(o, 0.5), [0.5**i for i in range(6)]),
        (lambda o: lr_scheduler.LambdaLR(o, lambda e: 1 / (e + 1)), [1 / (i + 1) for i in range(6)]),
        (lambda o: lr_scheduler.CosineAnnealingLR(o, 5), [(1 + math.cos(math.pi * i / 5)) / 2 for i in range(6)]),
        (lambda o: lr_scheduler.LinearLR(o, 0.5, 1.0, 2), [0.5, 0.75, 1, 1, 1, 1]),
        (lambda o: lr_scheduler.PolynomialLR(o, 4), [1, 0.75, 0.5, 0.25, 0, 0]),
        (
            lambda o: lr_scheduler.SequentialLR(
                o, [lr_scheduler.ConstantLR(o, 0.1, 9), lr_scheduler.ExponentialLR(o, 0.5)], [2]
            ),
            [0.1, 0.1, 1, 0.5, 0.25, 0.125],
        ),
    ],
)
def test_schedules(make, expected):
    assert rates(make) == pytest.approx(expected, abs=1e-12)


def test_plateau():
    optimizer = fl.optim.SGD([fl.nn.Parameter(fl.ones(1))], lr=1.0)
    scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=1, factor=0.5)
    seen = []
    for loss in [3, 2, 2, 2, 2, fl.tensor(1.0)]:
        scheduler.step(loss)
        seen.append(optimizer.param_groups[0]["lr"])
    assert seen == [1, 1, 1, 0.5, 0.5, 0.5]


def test_a_schedule_resumes_and_warns():
    optimizer = fl.optim.SGD([fl.nn.Parameter(fl.ones(1))], lr=1.0)
    scheduler = lr_scheduler.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match="Detected call of `lr_scheduler.step\\(\\)` before `optimizer.step"):
        scheduler.step()
    optimizer.step()
    scheduler.step()
    other = lr_scheduler.StepLR(optimizer, 7)
    other.load_state_dict(scheduler.state_dict())
    assert other.step_size == 2 and other.last_epoch == 2 and other.get_last_lr() == [0.1]
    with pytest.raises(TypeError, match="int is not an Optimizer"):
        lr_scheduler.StepLR(3, 2)


@pytest.mark.parity
@pytest.mark.parametrize(("name", "options"), CASES)
def test_steps_and_state_are_pytorchs(name, options):
    import torch

    theirs, their_optimizer = train(torch, name, options)
    ours, our_optimizer = train(fl, name, options)
    assert_close([plain(p) for p in ours], [plain(p) for p in theirs])
    assert_close(plain(our_optimizer.state_dict()), plain(their_optimizer.state_dict()))
    assert repr(our_optimizer) == repr(their_optimizer)


SCHEDULERS = [
    ("LambdaLR", {"lr_lambda": lambda e: 0.9**e}),
    ("MultiplicativeLR", {"lr_lambda": lambda e: 0.9}),
    ("StepLR", {"step_size": 2}),
    ("MultiStepLR", {"milestones": [1, 3, 3, 5]}),
    ("ConstantLR", {}),
    ("LinearLR", {"start_factor": 0.5, "end_factor": 0.1, "total_iters": 3}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("CosineAnnealingLR", {"T_max": 3, "eta_min": 0.01}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 2, "step_size_down": 3, "mode": "triangular2"}),
    ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 3, "mode": "exp_range", "gamma": 0.9}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2, "eta_min": 0.001}),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 20}),
    (
        "OneCycleLR",
        {"max_lr": 0.1, "epochs": 4, "steps_per_epoch": 5, "anneal_strategy": "linear", "three_phase": True},
    ),
    ("PolynomialLR", {"power": 2.0, "total_iters": 3}),
]


def schedule_trace(library, name, options, optimizer_name):
    params = parameters(library)
    momentum = {"momentum": 0.9} if optimizer_name == "SGD" else {}
    groups = [{"params": params[:1]}, {"params": params[1:], "lr": 0.3}]
    optimizer = getattr(library.optim, optimizer_name)(groups, lr=0.1, **momentum)
    scheduler = getattr(library.optim.lr_scheduler, name)(optimizer, **options)
    trace = []
    for epoch in [None] * 12 + [0, 3, 7]:
        optimizer.step()
        scheduler.step(*([] if epoch is None else [epoch]))
        kept = [{k: g.get(k) for k in ("lr", "momentum", "betas", "initial_lr")} for g in optimizer.param_groups]
        trace.append([kept, copy.deepcopy(scheduler.state_dict()), list(scheduler.get_last_lr())])
    return trace


@pytest.mark.parity
@pytest.mark.parametrize("optimizer_name", ["SGD", "Adam"])
@pytest.mark.parametrize(("name", "options"), SCHEDULERS)
def test_schedules_are_pytorchs(name, options, optimizer_name):
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = schedule_trace(torch, name, options, optimizer_name)
        ours = schedule_trace(fl, name, options, optimizer_name)
    assert_close(plain(ours), plain(theirs))


def losses_on_new_batches(steps):
    fl.manual_seed(0)
    model = fl.nn.Linear(3, 2)
    optimizer = fl.optim.Adam(model.parameters(), lr=0.1)
    for size in range(1, 1 + steps):
        optimizer.zero_grad()
        loss = (model(fl.ones(size, 3)) ** 2).sum()
        loss.backward()
        optimizer.step()
        yield loss.item()


def test_a_step_after_ever_new_batches_is_a_known_program(monkeypatch):
    with config.override(eager=True):
        sync.sync()
        expected = list(losses_on_new_batches(14))
    sync.sync()
    built, build = [], schedule.build

    def recorded(*args, **options):
        built.append(build(*args, **options))
        return built[-1]

    if not schedule.has_compiler():
        pytest.skip("no kernels to tell programs by")
    monkeypatch.setattr(schedule, "build", recorded)
    assert list(losses_on_new_batches(14)) == expected
    last = [name for program in built[-4:] for kernel in program.kernels for name in kernel.fused]
    assert last and not any("sqrt" in name for name in last)
