"""Datasets, samplers, collation and the loader: what comes out, in which order, and the errors."""

import collections

import numpy as np
import pytest

import flambeau as fl
from flambeau.utils import data


class Squares(data.Dataset):
    """A dataset without fast path."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if not 0 <= index < self.n:
            raise IndexError(index)
        return index, float(index**2)


class Stream(data.IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))


def tensors(n=10):
    return data.TensorDataset(fl.arange(float(n)), fl.arange(2 * n).reshape(n, 2))


def lists(batches):
    return [[part.tolist() for part in batch] for batch in batches]


def test_batches_in_order():
    loader = data.DataLoader(Squares(5), batch_size=2)
    assert len(loader) == 3
    assert lists(loader) == [[[0, 1], [0.0, 1.0]], [[2, 3], [4.0, 9.0]], [[4], [16.0]]]
    assert lists(data.DataLoader(Squares(5), batch_size=2, drop_last=True)) == lists(loader)[:2]
    assert len(data.DataLoader(Squares(5), batch_size=2, drop_last=True)) == 2


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: data.Subset(data.Subset(d, [9, 3, 5, 7, 0]), [4, 0, 2])])
@pytest.mark.parametrize(
    "options", [{"batch_size": 3}, {"batch_size": 2, "shuffle": True}, {"batch_size": 2, "drop_last": True}]
)
def test_the_fast_path_gives_the_same_batches(wrap, options):
    class Plain(data.TensorDataset):
        """With a way to samples of its own, so fetched one by one."""

        def __getitem__(self, index):
            return super().__getitem__(index)

    fl.manual_seed(3)
    fast = list(data.DataLoader(wrap(tensors()), **options))
    fl.manual_seed(3)
    slow = list(data.DataLoader(wrap(Plain(*tensors().tensors)), **options))
    assert lists(fast) == lists(slow) and [type(batch) for batch in fast] == [type(batch) for batch in slow]
    assert [part.dtype for part in fast[0]] == [part.dtype for part in slow[0]]


def test_batches_do_not_share_the_datasets_memory():
    dataset = tensors(4)
    for values, _ in data.DataLoader(dataset, batch_size=2):
        values.zero_()
    assert dataset.tensors[0].tolist() == [0.0, 1.0, 2.0, 3.0]


def test_the_fast_path_knows_its_limits():
    assert lists(data.DataLoader(tensors(3), batch_sampler=[[0, -1]])) == [[[0.0, 2.0], [[0, 1], [4, 5]]]]
    with pytest.raises(IndexError):
        list(data.DataLoader(tensors(3), batch_sampler=[[0, 3]]))
    with pytest.raises(IndexError):
        list(data.DataLoader(data.Subset(tensors(3), [0, 3]), batch_size=2))


def test_shuffling_visits_everything_once_and_is_seeded():
    fl.manual_seed(0)
    first = [i for batch in data.DataLoader(Squares(20), batch_size=3, shuffle=True) for i in batch[0].tolist()]
    fl.manual_seed(0)
    second = [i for batch in data.DataLoader(Squares(20), batch_size=3, shuffle=True) for i in batch[0].tolist()]
    assert first == second and sorted(first) == list(range(20)) and first != sorted(first)


def test_single_samples_and_other_collation():
    assert [x.tolist() for x in data.DataLoader(np.arange(3), batch_size=None)] == [0, 1, 2]
    assert list(data.DataLoader(Squares(4), batch_size=3, collate_fn=len)) == [3, 1]


def test_streams():
    loader = data.DataLoader(Stream(5), batch_size=2)
    assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3], [4]]
    assert [batch.tolist() for batch in data.DataLoader(Stream(5), batch_size=2, drop_last=True)] == [[0, 1], [2, 3]]
    assert list(data.DataLoader(Stream(3), batch_size=None)) == [0, 1, 2]
    with pytest.raises(TypeError, match="has no len"):
        len(loader)
    assert list(Stream(2) + Stream(1)) == [0, 1, 0]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"num_workers": -1}, "num_workers option should be non-negative"),
        ({"timeout": -1}, "timeout option should be non-negative"),
        ({"prefetch_factor": 2}, "prefetch_factor option could only be specified in multiprocessing"),
        ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
        ({"sampler": [1], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
        ({"batch_sampler": [[1]], "batch_size": 2}, "batch_sampler option is mutually exclusive with batch_size"),
        ({"batch_size": None, "drop_last": True}, "batch_size=None option disables auto-batching"),
        ({"batch_size": 0}, "batch_size should be a positive integer value, but got batch_size=0"),
        ({"drop_last": 1}, "drop_last should be a boolean value, but got drop_last=1"),
        ({"multiprocessing_context": "fork"}, "can only be used with multi-process loading"),
    ],
)
def test_loader_errors(options, text):
    with pytest.raises(ValueError) as raised:
        data.DataLoader(tensors(), **options)
    assert text in str(raised.value)


def test_loader_attributes_stay():
    loader = data.DataLoader(tensors())
    with pytest.raises(ValueError, match="batch_size attribute should not be set after DataLoader is initialized"):
        loader.batch_size = 2


def test_collation_of_nested_structures():
    Pair = collections.namedtuple("Pair", "a b")
    batch = data.default_collate([{"x": Pair(1, "s"), "y": [1.5]}, {"x": Pair(2, "t"), "y": [2.5]}])
    assert type(batch["x"]) is Pair and batch["x"].a.tolist() == [1, 2] and batch["x"].b == ("s", "t")
    assert batch["y"][0].tolist() == [1.5, 2.5] and batch["y"][0].dtype is fl.float64
    assert data.default_collate([np.float32(1), np.float32(2)]).dtype is fl.float32
    assert data.default_collate([np.ones(2, np.int16)] * 3).shape == (3, 2)
    assert data.default_convert({"a": np.ones(2), "b": "text"})["a"].dtype is fl.float64
    with pytest.raises(TypeError, match="batch must contain tensors, numpy arrays, numbers, dicts or lists"):
        data.default_collate([object()])
    with pytest.raises(RuntimeError, match="each element in list of batch should be of equal size"):
        data.default_collate([[1, 2], [3]])


def test_samplers():
    assert sorted(data.RandomSampler(range(7))) == list(range(7))
    assert len(list(data.RandomSampler(range(7), num_samples=17))) == 17
    drawn = list(data.RandomSampler(range(7), replacement=True, num_samples=70))
    assert len(drawn) == 70 and set(drawn) <= set(range(7))
    assert sorted(data.SubsetRandomSampler([5, 6, 7])) == [5, 6, 7]
    assert set(data.WeightedRandomSampler([0.0, 1.0, 0.0], 5)) == {1}
    assert list(data.BatchSampler(range(5), 2, False)) == [[0, 1], [2, 3], [4]]
    assert len(data.BatchSampler(range(5), 2, True)) == 2
    parts = [list(data.DistributedSampler(range(10), 3, rank)) for rank in range(3)]
    assert {i for part in parts for i in part} == set(range(10)) and {len(part) for part in parts} == {4}


def test_combining_and_cutting():
    both = data.ConcatDataset([Squares(3), Squares(2)])
    assert [both[i][0] for i in range(-1, 5)] == [1, 0, 1, 2, 0, 1] and len(both) == 5
    with pytest.raises(ValueError, match="absolute value of index should not exceed dataset length"):
        both[-6]
    first, second = data.random_split(Squares(11), [0.5, 0.5], generator=fl.Generator().manual_seed(1))
    assert (len(first), len(second)) == (6, 5)
    assert sorted(first.indices + second.indices) == list(range(11))
    with pytest.raises(ValueError, match="Sum of input lengths does not equal the length of the input dataset!"):
        data.random_split(Squares(11), [3, 3])
    with pytest.raises(AssertionError, match="Size mismatch between tensors"):
        data.TensorDataset(fl.ones(2), fl.ones(3))
    assert data.StackDataset(a=Squares(3))[2] == {"a": (2, 4.0)}


def draws(library):
    """All random orders that a program may see, then the next number of the global stream."""
    utils = library.utils.data
    library.manual_seed(5)
    g = library.Generator()
    g.manual_seed(9)
    dataset = utils.TensorDataset(library.arange(23))
    orders = [
        [batch[0].tolist() for batch in utils.DataLoader(dataset, batch_size=4, shuffle=True)],
        [batch[0].tolist() for batch in utils.DataLoader(dataset, batch_size=4, shuffle=True, generator=g)],
        list(utils.RandomSampler(range(7), replacement=True, num_samples=70)),
        list(utils.RandomSampler(range(7), num_samples=17, generator=g)),
        list(utils.SubsetRandomSampler([5, 6, 7, 8], generator=g)),
        list(utils.WeightedRandomSampler([0.1, 0.5, 0.4], 9, generator=g)),
        list(utils.WeightedRandomSampler([0.1, 0.5, 0.4], 2, replacement=False, generator=g)),
        [part.indices for part in utils.random_split(range(101), [1 / 3] * 3, generator=g)],
        list(utils.DistributedSampler(range(10), 3, 1)),
    ]
    return orders, library.rand(1, generator=g).item(), library.rand(1).item()


@pytest.mark.parity
def test_orders_are_pytorchs():
    import torch
    import torch.utils.data

    assert draws(fl) == draws(torch)


def test_samples_are_stacked_as_torch_stack_does():
    rows, grid = fl.arange(24.0).reshape(6, 4), fl.arange(60).reshape(5, 3, 4)
    batches = [
        [rows[i] for i in (5, 0, 5)],
        [rows.flatten()[i : i + 3] for i in (1, 7, 2)],  # parts at any offset
        [grid[i].t() for i in (4, 1)],
        [rows[1] * 2, rows[0], fl.ones(4)],  # pending, a part, a whole
        [grid[i, 0, 2] for i in range(5)],
        [fl.ones(2, 0), fl.zeros(2, 0)],
        [fl.ones(3, dtype=fl.bfloat16), fl.zeros(3, dtype=fl.bfloat16)],
    ]
    for batch in batches:
        made, expected = data.default_collate(batch), fl.stack(batch)
        assert made.dtype is expected.dtype and made.shape == expected.shape
        assert made.tolist() == expected.tolist()
    made = data.default_collate(batches[0])
    made += 1
    assert rows.tolist() == fl.arange(24.0).reshape(6, 4).tolist()
    learned = fl.ones(2, requires_grad=True)
    assert data.default_collate([learned * 2, learned]).requires_grad
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        data.default_collate([rows[0], grid[0, 0, :3]])
