"""What a tensor is to Python: copies and pickles that share memory, subclasses, numbers, iteration."""

from __future__ import annotations

import copy
import pickle
import sys

import numpy as np
import pytest

import flambeau as torch
from flambeau import nn


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))])
def test_copies_keep_what_is_shared(again):
    base = torch.arange(6.0)
    first, view, same = again([base, base[2:5], base])
    assert first is same and first is not base
    first[3] = -1
    assert view.tolist() == [2, -1, 4] and base.tolist() == [0, 1, 2, 3, 4, 5]
    assert view.storage_offset() == 2 and again(torch.ones(2, 3).t()).stride() == (1, 3)


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64, torch.float16, torch.bfloat16, torch.float64])
def test_pickles_keep_every_dtype(dtype):
    x = torch.tensor([0, 1, 1]).to(dtype)
    y = pickle.loads(pickle.dumps(x))
    assert y.dtype is dtype and torch.equal(x, y)


def test_a_pickle_reads_what_is_pending():
    x = torch.ones(3) * 2 + 1
    assert pickle.loads(pickle.dumps(x)).tolist() == copy.deepcopy(x * 2).sub(3).tolist() == [3, 3, 3]


class Named(torch.Tensor):
    def twice(self):
        return self * 2


def test_subclasses_are_copied_with_their_attributes():
    x = torch.ones(2).requires_grad_()
    x.__class__ = Named
    x.tag = ["mine"]
    (x.twice() * 3).sum().backward()
    for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert type(y) is Named and y.tag == ["mine"] and y.tag is not x.tag and y.requires_grad
    assert copy.copy(x).tag is x.tag and copy.copy(x).data_ptr() == x.data_ptr()
    assert copy.deepcopy(x).grad.tolist() == [6, 6] and copy.deepcopy(x).grad is not x.grad


def test_modules_are_copied_with_their_ties():
    layer = nn.Linear(2, 2)
    tied = nn.Sequential(layer, nn.Linear(2, 2))
    tied[1].weight = layer.weight
    copied = copy.deepcopy(tied)
    assert copied[0].weight is copied[1].weight is not layer.weight
    assert isinstance(copied[0].weight, nn.Parameter) and torch.equal(copied[0].weight, layer.weight)


def test_only_leaves_are_copied():
    with pytest.raises(RuntimeError, match="Only Tensors created explicitly by the user"):
        copy.deepcopy(torch.ones(2, requires_grad=True) * 2)


def test_numbers_of_one_element_only():
    assert float(torch.tensor([[2.5]])) == 2.5 and int(torch.tensor(-7)) == -7 and complex(torch.tensor(1.5)) == 1.5
    assert list(range(5))[torch.tensor(3)] == 3 and bool(torch.tensor([0])) is False
    with pytest.raises(ValueError, match="only one element tensors can be converted to Python scalars"):
        float(torch.ones(2))
    with pytest.raises(RuntimeError, match="a Tensor with 2 elements cannot be converted to Scalar"):
        torch.ones(2).item()
    with pytest.raises(TypeError, match="only integer tensors of a single element can be converted to an index"):
        [1, 2][torch.tensor(1.0)]


def test_arrays_share_memory_unless_a_gradient_forbids_it():
    x = torch.zeros(3)
    np.asarray(x)[1] = 4
    assert x.tolist() == [0, 4, 0]
    with pytest.raises(RuntimeError, match="Can't call numpy\\(\\) on Tensor that requires grad"):
        np.asarray(x.requires_grad_())
    assert x.numpy(force=True).tolist() == [0, 4, 0]


def test_iteration_containment_and_order():
    x = torch.tensor([3, 1, 2])
    assert [int(v) for v in x] == [3, 1, 2] and reversed(x).tolist() == [2, 1, 3] and max(x).item() == 3
    assert 2 in x and 5 not in x and len({x, x}) == 1
    with pytest.raises(RuntimeError, match="only supports Tensor or scalar"):
        assert "a" in x
    with pytest.raises(TypeError, match="iteration over a 0-d tensor"):
        iter(torch.tensor(1))


def test_changes_of_data_are_hidden_from_the_tape():
    x = torch.ones(2)
    x.data[0] = 5
    x.detach()[1] = 6
    assert x.tolist() == [5, 6] and x._version == 1


def test_inference_tensors_stay_out_of_graphs():
    w = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        x = w * 2
        y = torch.nn.functional.relu(x)[0]
    assert x.is_inference() and y.is_inference() and not x.clone().is_inference()
    with pytest.raises(RuntimeError, match="Inference tensors cannot be saved for backward"):
        w * x
    with pytest.raises(RuntimeError, match="Inplace update to inference tensor outside InferenceMode"):
        x.add_(1)
    (w * x.clone()).sum().backward()
    assert w.grad.tolist() == [2, 2]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8, torch.int16])
@pytest.mark.parametrize("rows", [63, 64, 65, 128, 250])
def test_products_of_small_whole_numbers_with_a_vector(dtype, rows):
    matrix, vector = torch.arange(rows * 10).reshape(rows, 10) % 11, torch.arange(10)
    wanted = (matrix.numpy() @ vector.numpy()).astype(str(dtype).removeprefix("torch."))
    np.testing.assert_array_equal(matrix.to(dtype) @ vector.to(dtype), wanted)


def test_the_size_of_a_storage_counts_its_bytes():
    small, large = (sys.getsizeof(torch.zeros(n).untyped_storage()) for n in (10, 1010))
    assert large - small == 4000
