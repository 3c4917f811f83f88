"""Keywords that PyTorch takes besides its own names: NumPy's axis and keepdims, sizes by name."""

import pytest

import flambeau as fl

X = fl.arange(6.0).reshape(2, 3)
CALLS = {
    "sum": lambda x, **k: fl.sum(x, **k), "mean": lambda x, **k: x.mean(**k), "prod": lambda x, **k: x.prod(**k),
    "std": lambda x, **k: x.std(**k), "var": lambda x, **k: fl.var(x, **k), "max": lambda x, **k: x.max(**k)[0],
    "min": lambda x, **k: fl.min(x, **k).values, "amax": lambda x, **k: x.amax(**k), "any": lambda x, **k: x.any(**k),
    "argmax": lambda x, **k: x.argmax(**k), "norm": lambda x, **k: x.norm(**k), "nansum": lambda x, **k: x.nansum(**k),
    "median": lambda x, **k: x.median(**k).values, "logsumexp": lambda x, **k: x.logsumexp(**k),
    "vector_norm": lambda x, **k: fl.linalg.vector_norm(x, **k), "quantile": lambda x, **k: x.quantile(0.5, **k),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_reductions_along_an_axis(name):
    call = CALLS[name]
    assert call(X, axis=1, keepdims=True).equal(call(X, dim=1, keepdim=True))


def test_axis_of_the_rest():
    assert fl.cat([X, X], axis=1).shape == fl.stack([X, X], axis=2).flatten(1).shape == (2, 6)
    assert fl.concatenate([X, X], axis=0).shape == (4, 3)
    assert X.unsqueeze(axis=0).squeeze(axis=0).shape == (2, 3)
    assert X.cumsum(axis=1).equal(X.cumsum(1)) and X.softmax(axis=0).equal(X.softmax(0))
    assert X.sort(axis=1, descending=True).values.equal(X.flip(1)) and X.topk(1, axis=1).values.shape == (2, 1)
    assert fl.swapaxes(X, axis0=0, axis1=1).equal(X.t()) and X.unbind(axis=1)[0].equal(X[:, 0])
    with pytest.raises(TypeError, match="unexpected keyword argument 'axes'"):
        X.sum(axes=0)


def test_sizes_by_name():
    for make in (fl.zeros, fl.ones, fl.empty, fl.rand, fl.randn):
        assert make(size=(2, 3)).shape == (2, 3)
    assert X[:1].expand(size=(4, 3)).shape == X.new_zeros(size=(4, 3)).shape == (4, 3)
    assert X.repeat(repeats=(2, 1)).equal(X.tile(dims=(2, 1))) and X.permute(dims=(1, 0)).equal(X.t())
    assert [part.shape for part in X.split(split_size=2, dim=1)] == [(2, 2), (2, 1)]
    assert X.reshape(shape=(3, 2)).equal(X.view(size=(3, 2)))


def test_other_names():
    assert fl.heaviside(X, values=X).equal(fl.heaviside(X, X))
    assert fl.det(input=fl.eye(2)) == 1 and fl.promote_types(type1=fl.int8, type2=fl.float32) is fl.float32
    assert X.clone().addcmul_(tensor1=X, tensor2=X, value=2).equal(X + 2 * X * X)
