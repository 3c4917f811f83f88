"""torch.fx: graphs, code and printed forms, against PyTorch's."""

import copy
import importlib
import operator
import pickle

import pytest
from both import attempt, transcript

PROGRAMS = []
program = PROGRAMS.append


def of(torch):
    """torch.fx, the functions of networks, and the modules of torch.nn."""
    fx = importlib.import_module(torch.__name__ + ".fx")
    return fx, torch.nn.functional, torch.nn


def shown(graph_module):
    """What scripts print of a graph module."""
    return [str(graph_module.graph), graph_module.code, str(graph_module)]


@program
def everything_in_a_forward(torch):
    fx, F, nn = of(torch)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.param, self.linear = nn.Parameter(torch.rand(3, 4)), nn.Linear(4, 5)
            self.seq = nn.Sequential(nn.ReLU(), nn.Linear(5, 2))
            self.register_buffer("buf", torch.ones(4))

        def forward(self, x, y=2, *, z: int = 3):
            a = torch.topk(torch.sum(self.linear(x + self.param).relu(), dim=-1), 3)
            d = torch.cat([self.buf + x, x], dim=1)
            d += 1
            rows = x.size(0)
            f = x[:, 1:2].view(rows, -1)
            F.dropout(F.relu(x), 0.3, self.training)
            parts = [a.values, rows / 2, 2 - x, 3 @ x, x**2, x == y, x.T, torch.split(x, 2), F.max_pool2d(x, 2)]
            made = torch.zeros(2, dtype=torch.float32).to(x.device), torch.float32, torch.device("cpu"), z
            return {"c": self.seq(a[0]).clamp(min=0.0), "d": (d, d.shape[0])}, -x, parts, f, made, x.add_(1)

    traced = fx.symbolic_trace(Model())
    yield shown(traced)
    yield [[n.op, n.name, n.args, n.kwargs, list(n.users), n.type].__repr__() for n in traced.graph.nodes]
    yield traced.print_readable(False)


@program
def every_functional(torch):
    fx, F, _ = of(torch)
    takers = {
        1: "celu dropout elu gelu glu gumbel_softmax hardsigmoid hardswish hardtanh instance_norm interpolate relu6 "
        "leaky_relu log_softmax mish normalize one_hot relu selu sigmoid silu softmax softplus softsign tanh",
        2: "adaptive_avg_pool2d avg_pool2d binary_cross_entropy conv2d cross_entropy embedding embedding_bag "
        "grid_sample group_norm huber_loss kl_div layer_norm linear mse_loss nll_loss pad pixel_shuffle prelu rms_norm "
        "smooth_l1_loss unfold",
        3: "batch_norm triplet_margin_loss fold lp_pool2d",
        4: "ctc_loss",
    }
    for count, names in takers.items():
        for name in names.split():
            function = getattr(F, name)
            yield fx.symbolic_trace(lambda x, y, z, w: function(*(x, y, z, w)[:count])).code  # noqa: B023


@program
def operators(torch):
    fx, _, _ = of(torch)

    def use(x):
        abs(x), -x, ~x, x // 2, x % 2, x << 1, x & 1, 1 | x, x ^ 1, +x, x > 1, x[..., None], x(3), x.a.b(1)(2)
        a, b = x
        return a, b, 1, None, "a", float("inf"), slice(1, x, None), (x,), {"a": [x]}, x.shape[0]

    yield shown(fx.symbolic_trace(use))
    yield fx.symbolic_trace(lambda *x, **k: x[0] + k["a"]).code


@program
def functions_of_other_homes(torch):
    fx, F, _ = of(torch)

    def function(x):
        parts = torch.split(x, 1), torch.einsum("ij,jk->ik", x, x), F.linear(x, x), F.softplus(x)
        return parts, torch.linalg.norm(x), torch.special.expit(x), torch.fft.fft(x).real

    traced = fx.symbolic_trace(function)
    yield traced.code, traced(torch.ones(2, 2))


@program
def refusals(torch):
    fx, _, nn = of(torch)

    def branch(x):
        return x if x.sum() > 0 else -x

    def loop(x):
        for y in x:
            print(y)

    yield attempt(fx.symbolic_trace, branch)
    yield attempt(fx.symbolic_trace, loop)
    yield attempt(fx.symbolic_trace, lambda x: len(x))
    yield attempt(fx.symbolic_trace, lambda x: range(x))
    graph = fx.Graph()
    x = graph.placeholder("x")
    y = graph.call_function(torch.cat, ([x, x],))
    yield attempt(graph.erase_node, x)
    yield attempt(graph.create_node, "foo", "x")
    yield attempt(y.args[0].append, 1)
    yield attempt(graph.call_function, "foo")
    yield attempt(fx.GraphModule, nn.Module(), fx.Graph())
    other = fx.Graph()
    other.output(x)
    yield attempt(other.lint)
    yield attempt(lambda: fx.wrap("len"))


@program
def specialized(torch):
    fx, _, _ = of(torch)

    def choose(x, flag):
        return x.relu() if flag else x.neg()

    traced = fx.symbolic_trace(choose, concrete_args={"flag": False})
    yield shown(traced)
    yield traced(torch.ones(2), False)
    yield attempt(traced, torch.ones(2), True)


@program
def leaves(torch):
    fx, _, nn = of(torch)

    class Inside(fx.Tracer):
        def is_leaf_module(self, m, module_qualified_name):
            return False

    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Dropout(0.1), nn.Softmax(dim=1)).eval()
    traced = fx.GraphModule(model, Inside().trace(model), "Other")
    yield str(traced.graph)
    yield traced(torch.ones(1, 1, 4, 4)), model(torch.ones(1, 1, 4, 4))


@program
def graphs_by_hand(torch):
    fx, _, nn = of(torch)
    graph = fx.Graph()
    x = graph.placeholder("x", type_expr=torch.Tensor, default_value=2)
    y = graph.call_module("lin", (x,))
    z = graph.call_method("relu", (y,))
    graph.output(z, type_expr=torch.Tensor)
    torch.manual_seed(0)
    made = fx.GraphModule({"lin": nn.Linear(2, 2)}, graph)
    yield shown(made)
    with graph.inserting_before(z):
        w = graph.call_function(torch.tanh, (y,))
    z.args = (w,)
    dead = graph.call_function(torch.relu, (x,))
    made.recompile()
    yield made.code, made(torch.ones(1, 2)), str(list(reversed(graph.nodes))), dead.name
    yield graph.eliminate_dead_code(), str(graph), graph.lint()
    yield copy.deepcopy(made).code, made.add_submodule("q.r", nn.ReLU()), str(made)
    made.delete_all_unused_submodules()
    yield str(made), list(made.state_dict())
    yield str(graph.find_nodes(op="call_function", target=torch.tanh)), graph.output_node().format_node()


@program
def interpreters(torch):
    fx, F, nn = of(torch)

    def function(x):
        return torch.tanh(F.relu(x)).neg()

    class Other(fx.Transformer):
        def call_function(self, target, args, kwargs):
            return super().call_function(torch.sigmoid if target is torch.tanh else target, args, kwargs)

        def call_method(self, target, args, kwargs):
            return super().call_method("abs", args, kwargs)

    traced = fx.symbolic_trace(function)
    yield fx.Interpreter(traced).run(torch.arange(-2.0, 3))
    other = Other(traced).transform()
    yield other.code, other(torch.arange(-2.0, 3))
    yield attempt(fx.Interpreter(traced).run)
    linear = fx.symbolic_trace(nn.Sequential(nn.Linear(3, 4)))
    yield attempt(fx.Interpreter(linear).run, torch.ones(2, 5))
    props = importlib.import_module(torch.__name__ + ".fx.passes.shape_prop")
    props.ShapeProp(linear).propagate(torch.ones(2, 3))
    yield [str(n.meta["tensor_meta"]) for n in linear.graph.nodes]


@program
def rewriting(torch):
    fx, F, _ = of(torch)

    def function(x, y):
        a, b = torch.cat([x, y]), torch.cat([x, y])
        return F.relu(a).neg() + b + torch.stack([x, y]).sum()

    traced = fx.symbolic_trace(function)
    matches = fx.replace_pattern(traced, lambda a, b: torch.cat([a, b]), lambda a, b: torch.stack([a, b]))
    yield str(matches), traced.code
    matches = fx.replace_pattern(traced, lambda x: F.relu(x).neg(), lambda x: torch.clamp(x, max=0) - x.abs())
    yield str(matches), traced.code, traced(torch.ones(2), torch.ones(2))
    for node in traced.graph.nodes:
        if node.op == "call_function" and node.target is operator.add:
            with traced.graph.inserting_after(node):
                new = traced.graph.call_function(torch.sub, node.args, node.kwargs)
                node.replace_all_uses_with(new)
            traced.graph.erase_node(node)
    traced.recompile()
    yield traced.code


@program
def fused_and_kept(torch):
    fx, _, nn = of(torch)
    optimization = importlib.import_module(torch.__name__ + ".fx.experimental.optimization")

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.bn, self.drop = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout()

        def forward(self, x):
            return self.drop(self.bn(self.conv(x))).flatten(1)

    torch.manual_seed(0)
    model = Model().eval()
    model.bn.running_mean += 0.5
    x = torch.randn(2, 1, 4, 4)
    fused = optimization.fuse(model)
    yield fused.code, model(x), fused(x)
    yield optimization.remove_dropout(model).code
    traced = fx.symbolic_trace(model)
    again = pickle.loads(pickle.dumps(traced))
    yield again.code, again(x), type(again).__name__, list(again.state_dict())


@pytest.mark.parity
@pytest.mark.parametrize("function", PROGRAMS, ids=lambda f: f.__name__)
def test_graphs_are_like_pytorchs(function):
    pytest.importorskip("torch")
    assert transcript(function, "flambeau") == transcript(function, "torch")
