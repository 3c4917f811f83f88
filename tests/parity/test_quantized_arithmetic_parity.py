"""What quantised tensors go through: functions, operators and arithmetic modules, under Flambeau and under PyTorch."""

from __future__ import annotations

import io

from both import PROGRAMS, attempt, program, same_as_pytorch

PROGRAMS.clear()


def shown(x):
    """A quantised tensor as its type, grid and integers; what holds some, part by part."""
    if isinstance(x, (tuple, list)):
        return [shown(part) for part in x]
    if isinstance(x, str) or not getattr(x, "is_quantized", False):
        return x
    return str(x.dtype), f"{x.q_scale():.5g}", x.q_zero_point(), x.int_repr()


def refused(function, *args):
    """The type and the first sentence of an error."""
    name, text = attempt(function, *args)
    return name, text.partition(". ")[0].rstrip(".")


def given(torch):
    """Vectors and images of both types."""
    torch.manual_seed(0)
    for dtype, zero_point in ((torch.quint8, 101), (torch.qint8, -3)):

        def made(*shape, scale=0.0923, dtype=dtype, zero_point=zero_point):
            return torch.quantize_per_tensor(torch.randn(*shape) * 4, scale, zero_point, dtype)

        yield made(3, 5), made(3, 5, scale=0.0417), made(2, 4, 6, 6), zero_point + 4


@program
def functions_keep_the_grid(torch):
    F = torch.nn.functional
    for v, _, image, _ in given(torch):
        near = image.contiguous(memory_format=torch.channels_last)
        yield shown([F.avg_pool2d(image, 2), F.avg_pool2d(image, 3, 2, 1, count_include_pad=False)])
        yield shown([F.adaptive_avg_pool2d(near, n) for n in (1, (3, 2))] + [F.avg_pool3d(image[None], 2)])
        yield shown([F.max_pool2d(image, 3, 2, 1), F.max_pool1d(image[0], 2), image.mean((2, 3)), v.mean(), v.std(1)])
        for settings in ({"scale_factor": 2}, {"scale_factor": 2, "mode": "bilinear"}):
            yield shown(F.interpolate(image, **settings))
        yield shown([F.leaky_relu(v, 0.2), F.hardtanh(v, -0.55, 0.55), v.clamp(min=0.5), F.threshold(v, 0.3, 0.1)])
        yield shown([v.sigmoid(), torch.tanh(v), F.hardsigmoid(v), F.gelu(v), F.relu6(v), torch.nn.Sigmoid()(v)])
        yield shown([F.pad(image, (1, 1, 1, 1), "reflect"), F.pad(image, (1, 1))]), shown(torch.ones_like(v))
        yield shown([torch.nn.Upsample(scale_factor=2)(image), torch.nn.AdaptiveAvgPool2d(1)(image)])


@program
def elements_are_chosen_and_moved(torch):
    for v, w, image, _ in given(torch):
        yield shown([v[1:, ::2], v[torch.tensor([0, 2])], v[v > 0], v.index_select(1, torch.tensor([0, 3])), v.T])
        yield shown([*v.split(2), *v.chunk(2, 1), v.unfold(1, 2, 2), v.flip(0), v.repeat(2, 1), v.unbind()])
        yield shown([v.sort(1, True), v.topk(2), v.max(1), torch.min(v, 0), v.max(), v.argsort()])
        yield shown([torch.cat([v, w], 1), torch.stack([v, v]), torch.hstack([v, w]), v.masked_fill(v > 0, 0.25)])
        yield v == w, v > 0, v < w, v >= w.dequantize(), torch.ne(v, v), torch.equal(v, w), torch.equal(v, v.clone())
        yield shown(torch.nn.functional.pixel_shuffle(image, 2)), shown(image.movedim(1, -1).contiguous())
        other = v.clone()
        other[0] = 1.0
        other[1, 1:3] = w[0, :2].dequantize()
        other[other.dequantize() > 2] = 0.5
        yield shown([other, other.clone().fill_(0.35), other.relu_(), other.clone().resize_(2, 3)])
        empty = torch._empty_affine_quantized([3, 5], scale=0.1, zero_point=3, dtype=v.dtype)
        yield shown([empty.copy_(v), v.clone().copy_(torch.ones(3, 5))]), f"{v[0, 0]:.3f}"
        file = io.BytesIO()
        torch.save({"v": v, "image": image[:, 1]}, file)
        file.seek(0)
        yield [shown(x) for x in torch.load(file).values()]


@program
def what_is_refused(torch):
    F = torch.nn.functional
    for v, _, _, _ in given(torch):
        yield [refused(getattr(v, name)) for name in ("float", "is_signed", "requires_grad_")]
        yield (
            refused(torch.allclose, v, v),
            attempt(lambda v=v: v + v)[0],
            attempt(F.dropout, v)[0],
            attempt(F.silu, v)[0],
        )
        yield refused(torch.ops.quantized.add, v, v.dequantize(), 1.0, 0)
        yield refused(torch.ops.quantized.mul, v, torch.quantize_per_tensor(torch.ones(1), 1, 0, torch.qint32), 1.0, 0)


@program
def operators_have_grids_of_their_own(torch):
    ops, S = torch.ops.quantized, 0.1237
    for v, w, image, Z in given(torch):
        for name in ("add", "mul", "add_relu", "mul_relu"):
            op = getattr(ops, name)
            yield name, shown([op(v, w, S, Z), op(v, w[0], S, Z), op(v, 0.37)])
        for name in ("add_scalar", "mul_scalar", "add_scalar_relu", "mul_scalar_relu"):
            yield name, shown([getattr(ops, name)(v, n) for n in (0.37, -0.52, 2, 0, -33.3, 41.1)])
        yield shown([ops.cat([v, w], 1, S, Z), ops.cat_relu([v, w], 0, S, Z), ops.cat([v, w], 1, None, None)])
        yield shown([ops.matmul(v, w.t(), S, Z), ops.matmul(image, image, S, Z), ops.relu6(v), ops.clamp(v, -1, 1)])
        yield shown([ops.hardswish(v, S, Z), ops.elu(v, S, Z), ops.elu(v, S, Z, 0.5), ops.celu(v, S, Z, 0.5)])
        yield shown([ops.leaky_relu(v, 0.2, False, S, Z), ops.sigmoid(v, 1 / 200, 3), ops.softmax(v, 1, 1 / 100, Z)])
        weight, bias = torch.tensor([1.0, 2, 3, 0.5]), torch.tensor([0.0, 1, 2, 3])
        slopes = torch.quantize_per_tensor(weight / 10, 0.01, 0, v.dtype)
        yield shown([ops.prelu(image, slopes, S, Z), ops.threshold(v, 0.3, 0.1), ops.dropout(v, 0.5, False)])
        yield shown(
            [
                ops.layer_norm(v, [5], None, None, 1e-5, S, Z),
                ops.layer_norm(v, [5], v[0].dequantize(), None, 1e-5, S, Z),
            ]
        )
        yield shown(
            [ops.group_norm(image, 2, weight, bias, 1e-5, S, Z), ops.instance_norm(image, weight, bias, 1e-5, S, Z)]
        )
        for name in ("batch_norm2d", "batch_norm2d_relu", "batch_norm"):
            yield shown(getattr(ops, name)(image, weight, bias, bias / 10, weight * 2, 1e-5, S, Z))


@program
def arithmetic_modules(torch):
    torch.manual_seed(0)
    q = torch.ao.nn.quantized
    x, y = torch.randn(3, 3), torch.randn(3, 3)
    v, w = (torch.quantize_per_tensor(a * 4, s, 100, torch.quint8) for a, s in ((x, 0.0823), (y, 0.0417)))
    for kind, a, b in ((q.FloatFunctional, x, y), (q.FXFloatFunctional, x, y), (q.QFunctional, v, w)):
        m = kind()
        yield repr(m), list(m.state_dict()), attempt(m, a)
        yield shown([m.add(a, b), m.mul(a, b), m.add_relu(a, b), m.matmul(a, b), m.cat([a, b], 1)])
        yield shown([m.add_scalar(a, 0.5), m.mul_scalar(a, -2)])
    m.scale, m.zero_point = 0.25, 7
    other = q.QFunctional()
    yield repr(other.load_state_dict(m.state_dict())), repr(other), m.state_dict()
    yield attempt(q.QFunctional.from_float, torch.nn.ReLU()), attempt(q.QFunctional.from_float, q.FloatFunctional())


test_same_as_pytorch = same_as_pytorch(PROGRAMS)
