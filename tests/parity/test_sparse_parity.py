"""Sparse tensors and optimizers: the same programs under Flambeau and under PyTorch."""

from __future__ import annotations

import importlib
import io

import pytest
from both import PROGRAMS, attempt, in_doubles, program, transcript

PROGRAMS.clear()


def parts(x):
    """What a sparse tensor has."""
    return x._indices(), x._values().detach(), tuple(x.shape), x.is_coalesced(), x.requires_grad, str(x.layout)


@program
def rows_and_columns_compressed(torch):
    d = torch.tensor([[1.0, 0, 2], [0, 0, 3]])
    for s in (d.to_sparse_csr(), d.to_sparse_csc(), d.to_sparse(layout=torch.sparse_csr)):
        yield repr(s), str(s.layout), s.is_sparse, s.is_sparse_csr, s._nnz(), s.values(), s.to_dense(), repr(s.t())
        yield attempt(s.crow_indices), attempt(s.row_indices), attempt(s.indices), attempt(s.stride)
        yield s @ torch.ones(3, 2), s @ torch.ones(3), s.sum()
        yield repr(s * 2), repr(s + s), repr(s.sin()), repr(s.double())
    s = torch.sparse_csr_tensor([0, 2, 3], [0, 2, 2], [1.0, 2.0, 3.0], (2, 3), requires_grad=True)
    yield repr(s), repr(torch.sparse_csc_tensor([0, 1, 3], [0, 0, 1], [1.0, 2.0, 3.0]))
    yield repr(torch.sparse.sampled_addmm(s.detach(), torch.ones(2, 4), torch.ones(4, 3), alpha=2.0, beta=3.0))
    yield torch.addmm(torch.ones(2, 2), s.detach(), torch.ones(3, 2)), torch.ones(2, 2) @ s.detach()


@program
def making_and_printing(torch):
    where, held = [[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0]
    x = torch.sparse_coo_tensor(where, held, (2, 3))
    yield repr(x), parts(x), x._nnz(), x.sparse_dim(), x.dense_dim(), x.numel(), x.type()
    yield repr(torch.sparse_coo_tensor(where, held)), repr(torch.sparse_coo_tensor(where, held, dtype=torch.float32))
    hybrid = torch.sparse_coo_tensor([[0, 1]], [[1, 2], [3, 4]], (3, 2))
    yield repr(hybrid), repr(torch.sparse_coo_tensor((2, 3))), repr(x.requires_grad_())
    for bad in ((where, held[:2], (2, 3)), ([0, 1], [1.0, 2.0]), (where, held, (2, 3, 4)), (where, 1.0, (2, 3))):
        yield attempt(torch.sparse_coo_tensor, *bad)
    yield attempt(x.indices), attempt(x.values), attempt(x.numpy), attempt(x.tolist), attempt(bool, x)
    d = torch.tensor([[0, 1.0, 0], [2, 0, 3]])
    yield [repr(d.to_sparse(*n)) for n in ((), (1,), (2,))], attempt(d.to_sparse, 0), attempt(d.to_sparse, 3)
    yield d.to_dense() is d, d.sparse_dim(), d.dense_dim(), repr(d.sparse_mask(d.to_sparse()))
    yield attempt(d.indices), attempt(d.values), attempt(d.coalesce), attempt(d.is_coalesced)


@program
def computing(torch):
    x = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 0]], [3.0, 4.0, 5.0], (2, 3))
    dense = torch.arange(6.0).reshape(3, 2)
    yield parts(x.coalesce()), x.to_dense(), (x + x).to_dense(), parts(x * 2), parts(2 * x), parts(x / 2), parts(-x)
    yield x @ dense, torch.mm(x, dense), torch.sparse.mm(x, dense), torch.matmul(x, dense[:, 0]), dense @ x
    yield parts(x.t()), parts(x.abs()), parts(x.sqrt()), parts(x**2), x.norm(), x.sum(), parts(x.sum(0))
    yield torch.sparse.sum(x), parts(torch.sparse.sum(x, 1)), torch.add(dense.t(), x, alpha=2), dense.t() + x
    yield torch.sparse.addmm(torch.ones(2, 2), x, dense, beta=2, alpha=3), parts(x.double()), x.double() is x
    yield parts(torch.sparse.spdiags(torch.arange(6.0).reshape(2, 3), torch.tensor([0, -1]), (3, 3)))
    yield parts(torch.sparse.softmax(x, 1)), parts(torch.sparse.log_softmax(x * 0.3, 0))
    hybrid = torch.sparse_coo_tensor([[0, 2, 0]], [[1.0, 2], [3, 5], [0, 1]], (3, 2))
    yield [parts(torch.sparse.softmax(hybrid, dim)) for dim in (0, 1)]
    with torch.sparse.check_sparse_tensor_invariants():
        yield attempt(torch.sparse_coo_tensor, [[0, 3]], [1.0, 2.0], (3,))
        yield attempt(torch.sparse_coo_tensor, [[0, -1]], [1.0, 2.0], (3,))
    yield attempt(lambda: x + 1), attempt(lambda: x + dense.t()), parts(x.zero_())


@program
def gradients(torch):
    w = torch.arange(6.0).reshape(3, 2).requires_grad_()
    x = torch.sparse_coo_tensor([[0, 1, 1], [2, 0, 2]], [3.0, 4.0, 5.0], (2, 3), requires_grad=True)
    (torch.sparse.mm(x, w) ** 2).sum().backward()
    yield w.grad, parts(x.grad), x.is_leaf
    table = torch.nn.Embedding(5, 2, sparse=True, padding_idx=1)
    with torch.no_grad():
        table.weight.copy_(torch.arange(10.0).reshape(5, 2))
    (table(torch.tensor([[0, 3], [1, 3]])) * torch.tensor([[[1.0], [2]], [[3], [4]]])).sum().backward()
    yield parts(table.weight.grad), repr(table)
    table(torch.tensor([2])).sum().backward()
    yield parts(table.weight.grad.coalesce())
    for mode in ("sum", "mean"):
        bag = torch.nn.EmbeddingBag(5, 2, sparse=True, mode=mode)
        bag(torch.tensor([0, 3, 3, 1]), torch.tensor([0, 3])).sum().backward()
        yield parts(bag.weight.grad.coalesce())
    yield attempt(
        torch.nn.functional.embedding(torch.tensor([0]), table.weight, None, None, 2.0, True, True).sum().backward
    )


SPARSE_STEPS = [
    ("SparseAdam", {}), ("SparseAdam", {"maximize": True, "lr": 0.1}), ("SGD", {"lr": 0.1}),
    ("SGD", {"momentum": 0.9}), ("SGD", {"weight_decay": 0.1}), ("Adagrad", {}), ("Adagrad", {"maximize": True}),
    ("Adagrad", {"weight_decay": 0.1}), ("Adam", {}), ("AdamW", {}), ("RMSprop", {}), ("Adadelta", {}),
    ("Adafactor", {}),
]  # fmt: skip


@program
def steps_by_sparse_gradients(torch):
    for name, settings in SPARSE_STEPS:
        table = torch.nn.Parameter(torch.arange(8.0).reshape(4, 2) / 7)
        optimizer = getattr(torch.optim, name)([table], **settings)
        for step in range(3):
            table.grad = torch.sparse_coo_tensor([[1, 3, 1]], [[1.0, 2], [3, 4], [step, 1]], (4, 2))
            failed = attempt(optimizer.step)
        yield name, failed, table.detach()
    yield attempt(torch.optim.SparseAdam([table]).step) if table.grad is None else None


@program
def steps_by_matrices(torch):
    shapes = (2, 3), (4, 2)
    for name, settings in (
        ("Adafactor", {}),
        ("Adafactor", {"lr": 0.1, "weight_decay": 0.1, "d": 2.0, "eps": (1e-8, 1e-2)}),
        ("Adafactor", {"beta2_decay": -0.1, "maximize": True}),
        ("Muon", {"lr": 0.1, "weight_decay": 0.0, "momentum": 0.5, "nesterov": False}),
        ("Muon", {"adjust_lr_fn": "match_rms_adamw"}),
    ):
        given = [*shapes, (3,), ()] if name == "Adafactor" else shapes
        params = [torch.nn.Parameter(torch.arange(1.0, 1 + torch.Size(s).numel()).reshape(s) / 7) for s in given]
        optimizer = getattr(torch.optim, name)(params, **settings)
        for step in range(3):
            for i, p in enumerate(params):
                p.grad = torch.sin(p.detach() * (i + 1) + step)
            optimizer.step()
        yield [p.detach() for p in params], optimizer.state_dict()["state"], repr(optimizer)
    matrix = torch.nn.Parameter(torch.ones(2, 3))
    for name, bad in (
        ("Muon", {"lr": -1}), ("Muon", {"momentum": -1}), ("Muon", {"adjust_lr_fn": "x"}),
        ("Adafactor", {"lr": -1}), ("Adafactor", {"d": 0.5}), ("Adafactor", {"eps": (-1, 1)}),
        ("Adafactor", {"beta2_decay": 1}), ("SparseAdam", {"eps": 0}), ("SparseAdam", {"betas": (1.0, 0.9)}),
        ("Adam", {"betas": (torch.tensor(0.9), 0.9)}),
    ):  # fmt: skip
        yield attempt(getattr(torch.optim, name), [matrix], **bad)
    yield attempt(torch.optim.Muon, [torch.nn.Parameter(torch.ones(3))])


@program
def averaged_weights(torch):
    swa = importlib.import_module(f"{torch.__name__}.optim.swa_utils")
    torch.manual_seed(0)
    for settings in (
        {},
        {"use_buffers": True},
        {"avg_fn": swa.get_ema_avg_fn(0.9)},
        {"multi_avg_fn": swa.get_ema_multi_avg_fn(0.9), "use_buffers": True},
        {"avg_fn": swa.get_swa_avg_fn()},
    ):
        net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
        average = swa.AveragedModel(net, **settings)
        for i in range(3):
            with torch.no_grad():
                for p in net.parameters():
                    p.add_(i + 1)
            net(torch.randn(4, 2))
            average.update_parameters(net)
        yield repr(average), dict(average.state_dict()), average(torch.ones(2, 2)).detach()
        batches = [(torch.randn(4, 2), 1) for _ in range(3)]
        swa.update_bn(batches, net.eval())
        yield dict(net.state_dict()), net.training, net[1].momentum
    yield attempt(swa.AveragedModel, net, avg_fn=3, multi_avg_fn=4), attempt(swa.get_ema_avg_fn, 2)


@program
def annealed_rates(torch):
    swa = importlib.import_module(f"{torch.__name__}.optim.swa_utils")
    for settings in (
        {"swa_lr": 0.05},
        {"swa_lr": 0.05, "anneal_strategy": "linear", "anneal_epochs": 3},
        {"swa_lr": [0.05, 0.1], "anneal_epochs": 0},
    ):
        groups = [{"params": [torch.nn.Parameter(torch.ones(1))], "lr": lr} for lr in (1.0, 0.3)]
        optimizer = torch.optim.SGD(groups)
        schedule = swa.SWALR(optimizer, **settings)
        for _ in range(6):
            optimizer.step()
            schedule.step()
            yield schedule.get_last_lr()
        yield schedule.state_dict()
    for bad in ({"anneal_strategy": "x"}, {"anneal_epochs": -1}, {"anneal_epochs": 1.5}):
        yield attempt(swa.SWALR, optimizer, 0.1, **bad)
    yield attempt(swa.SWALR, optimizer, [0.1])


@program
def other_parameters_for_a_while(torch):
    net = torch.nn.Linear(2, 1, bias=False)
    optimizer = torch.optim.Adam(net.parameters())
    net.weight.grad = torch.ones(1, 2)
    optimizer.step()
    other, state = {"weight": torch.zeros(1, 2)}, optimizer.state_dict()
    state["param_groups"][0]["lr"] = 1.0
    before = net.weight.detach().clone()
    with torch.optim.swap_in_optimizer_params_and_state(optimizer, other, state):
        other["weight"].grad = torch.ones(1, 2)
        optimizer.step()
        yield optimizer.param_groups[0]["lr"]
    yield other["weight"], bool((net.weight == before).all()), optimizer.param_groups[0]["lr"]
    swap = torch.optim.swap_in_optimizer_params_and_state
    yield attempt(swap(optimizer, {}, state).__enter__), attempt(swap(optimizer, other, {}).__enter__)


@program
def lbfgs_states(torch):
    w = torch.nn.Parameter(torch.tensor([[1.0, -2.0]]))
    for search in (None, "strong_wolfe"):
        optimizer = torch.optim.LBFGS([w], max_iter=3, line_search_fn=search)

        def loss(optimizer=optimizer):
            optimizer.zero_grad()
            value = ((w @ torch.tensor([[1.0], [3.0]])) ** 2 + w.sum() ** 4).sum()
            value.backward()
            return value

        for _ in range(2):
            optimizer.step(loss)
            yield list(optimizer.state_dict()["state"][0]), w.detach()


@pytest.mark.parity
@pytest.mark.parametrize("function", list(PROGRAMS), ids=lambda f: f.__name__)
def test_programs(function):
    pytest.importorskip("torch")
    assert transcript(in_doubles(function), "flambeau") == transcript(in_doubles(function), "torch")


@pytest.mark.parity
def test_files_go_both_ways():
    import flambeau

    torch = pytest.importorskip("torch")
    for writer, reader in ((flambeau, torch), (torch, flambeau)):
        buffer = io.BytesIO()
        writer.save(writer.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3)), buffer)
        buffer.seek(0)
        assert reader.load(buffer).to_dense().tolist() == [[0.0, 0.0, 3.0], [4.0, 0.0, 0.0]]
