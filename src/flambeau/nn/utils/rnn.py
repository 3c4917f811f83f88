"""torch.nn.utils.rnn: sequences of different lengths, padded to one tensor or packed step by step.

In: sequences (L_i, *). Out: padded, (T, B, *) or (B, T, *), or packed: the rows of all sequences at step 0, at step 1
and so on, longest sequence first, and how many rows each step has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from ... import (
    Tensor,
    as_tensor,
    cat,
    device,
    dtype,
    float16,
    float32,
    float64,
    int8,
    int16,
    int32,
    int64,
    stack,
    tensor,
    uint8,
)
from ...ops.recurrent import Steps
from ..conversion import parse_to

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence",
    "pad_sequence", "unpack_sequence", "unpad_sequence",
]  # fmt: skip


class PackedSequence_(NamedTuple):
    """The fields of a PackedSequence."""

    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(PackedSequence_):
    """Sequences of different lengths, packed; made by pack_padded_sequence and pack_sequence.

    data: (sum of lengths, *).  batch_sizes: int64, the number of rows of each step, never growing.
    sorted_indices: the place that each sequence had before they were sorted by length.  unsorted_indices: its inverse.
    """

    def __new__(cls, data, batch_sizes=None, sorted_indices=None, unsorted_indices=None):
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            if not (isinstance(data, (list, tuple)) and len(data) == 2):
                raise AssertionError("Expected data to be a list or tuple of length 2")
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError(
                "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. "
                "They should be instantiated by functions like pack_sequence and pack_padded_sequences in "
                "nn.utils.rnn. https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence"
            )
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args, **kwargs) -> PackedSequence:
        """The data moved or cast, arguments as for Tensor.to; this object itself where nothing changes."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        _, _, non_blocking, memory_format = parse_to(*args, **{k: v for k, v in kwargs.items() if k != "copy"})
        return self._with(
            data, lambda indices: indices.to(data.device, non_blocking=non_blocking, memory_format=memory_format)
        )

    def cuda(self, *args, **kwargs) -> PackedSequence:
        """The data on a GPU."""
        return self.to(*args, **{"device": device("cuda"), **kwargs} if not args else kwargs)

    def cpu(self, *args, **kwargs) -> PackedSequence:
        """The data on the CPU."""
        return self.to(*args, **{"device": device("cpu"), **kwargs} if not args else kwargs)

    def pin_memory(self) -> PackedSequence:
        """The data in page-locked memory."""
        return self._with(self.data.pin_memory(), lambda indices: indices.pin_memory())

    def is_pinned(self) -> bool:
        """Whether the data is in page-locked memory."""
        return self.data.is_pinned()

    @property
    def is_cuda(self) -> bool:
        """Whether the data is on a GPU."""
        return self.data.is_cuda

    def _with(self, data: Tensor, change: Callable[[Tensor], Tensor]) -> PackedSequence:
        indices = (None if i is None else change(i) for i in (self.sorted_indices, self.unsorted_indices))
        return type(self)(data, self.batch_sizes, *indices)


def _cast(name: str, to: dtype):
    def method(self):
        return self.to(dtype=to)

    method.__name__, method.__qualname__ = name, f"PackedSequence.{name}"
    method.__doc__ = f"The data as {to}."
    return method


for _name, _dtype in {
    "double": float64, "float": float32, "half": float16, "long": int64, "int": int32, "short": int16, "char": int8,
    "byte": uint8,
}.items():  # fmt: skip
    setattr(PackedSequence, _name, _cast(_name, _dtype))


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """The permutation that undoes another; None of None."""
    return None if permutation is None else permutation.argsort()


# ---------------------------------------------------------------- the order of rows
class Packing:
    """Where the rows of a packed sequence lie.

    sizes: the number of rows of each step.  valid: (T, B), whether a sequence is still running.
    """

    def __init__(self, sizes: np.ndarray):
        self.sizes = sizes
        self.count, self.batch = len(sizes), int(sizes[0])
        self.valid = np.arange(self.batch) < sizes[:, None]

    @classmethod
    def of(cls, sequence: PackedSequence) -> Packing:
        """Those of a packed sequence; RuntimeError where its batch_sizes grow or do not fit its data."""
        sizes = np.array(sequence.batch_sizes.tolist(), dtype=np.int64)
        if sizes.ndim != 1 or not len(sizes) or sizes[-1] <= 0 or (np.diff(sizes) > 0).any():
            raise RuntimeError(f"batch_sizes must be positive and never grow, but got {sizes.tolist()}")
        if sizes.sum() != sequence.data.size(0):
            raise RuntimeError(f"batch_sizes add up to {sizes.sum()} rows, but the data has {sequence.data.size(0)}")
        return cls(sizes)

    def steps(self) -> Steps:
        """The steps as ops want them."""
        return Steps(self.sizes.tolist(), tensor(np.concatenate([[0], np.cumsum(self.sizes)])))

    def pad(self, data: Tensor) -> Tensor:
        """(sum of lengths, *) to (T, B, *); what is behind the end of a sequence is any of its rows."""
        shape = self.count, self.batch, *data.shape[1:]
        if self.valid.all():
            return data.reshape(shape)
        starts = np.cumsum(self.sizes) - self.sizes
        rows = np.where(self.valid, starts[:, None] + np.arange(self.batch), 0)
        return data.index_select(0, tensor(rows.reshape(-1))).reshape(shape)

    def pack(self, padded: Tensor) -> Tensor:
        """(T, B, *) to (sum of lengths, *)."""
        flat = padded.reshape((self.count * self.batch, *padded.shape[2:]))
        return flat if self.valid.all() else flat.index_select(0, tensor(np.flatnonzero(self.valid)))

    def mask(self, ndim: int) -> Tensor | None:
        """(T, B, 1, ...) with ndim dimensions: whether a sequence is still running; None where all always are."""
        return None if self.valid.all() else tensor(self.valid.reshape(self.count, self.batch, *[1] * (ndim - 2)))


# ---------------------------------------------------------------- packing
def pack_padded_sequence(
    input: Tensor, lengths: Tensor | list[int], batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """Packs padded sequences: (T, B, *), or (B, T, *) if batch_first.

    lengths: of each sequence, on the CPU.  enforce_sorted: they come longest first; else they are sorted here.
    Raises RuntimeError for lengths that do not fit the input or the order.
    """
    lengths = as_tensor(lengths, dtype=int64)
    sorted_indices = None
    if not enforce_sorted:
        lengths, sorted_indices = lengths.sort(descending=True)
        input = input.index_select(0 if batch_first else 1, sorted_indices)
    padded = input.transpose(0, 1) if batch_first else input
    steps = _packing_of_lengths(padded, lengths)
    return PackedSequence(steps.pack(padded[: steps.count]), tensor(steps.sizes), sorted_indices)


def _packing_of_lengths(padded: Tensor, lengths: Tensor) -> Packing:
    if padded.numel() == 0:
        raise RuntimeError("Cannot pack empty tensors.")
    if lengths.dim() != 1:
        raise RuntimeError(
            f"'lengths' argument should be a 1D CPU int64 tensor, but got {lengths.dim()}D cpu {_kind(lengths)} tensor"
        )
    if lengths.size(0) != padded.size(1):
        raise RuntimeError(
            f"Expected `len(lengths)` to be equal to batch_size, but got {lengths.size(0)} (batch_size="
            f"{padded.size(1)})"
        )
    given = np.array(lengths.tolist(), dtype=np.int64)
    _check_lengths(given, padded.size(0))
    return Packing((given > np.arange(given[0])[:, None]).sum(1))


def _kind(tensor: Tensor) -> str:
    return tensor.type().rpartition(".")[2].removesuffix("Tensor")


def _check_lengths(given: np.ndarray, steps: int):
    if given[-1] <= 0:
        raise RuntimeError(
            "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0"
        )
    if (np.diff(given) > 0).any():
        raise RuntimeError(
            "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass "
            "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you "
            "do not need ONNX exportability."
        )
    if given[0] > steps:
        raise RuntimeError(f"Expected `lengths` to be at most {steps}, the steps of the input, but got {given[0]}")


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None
) -> tuple[Tensor, Tensor]:
    """Undoes pack_padded_sequence: the padded sequences and their lengths, in the order before sorting.

    total_length: the number of steps to pad to, the longest sequence's where None. Raises ValueError if it is shorter.
    """
    unsorted_indices, steps = sequence.unsorted_indices, Packing.of(sequence)
    if total_length is not None and total_length < steps.count:
        raise ValueError(
            "Expected total_length to be at least the length of the longest sequence in input, but got "
            f"total_length={total_length} and max sequence length being {steps.count}"
        )
    padded, mask = steps.pad(sequence.data), steps.mask(sequence.data.dim() + 1)
    padded = padded if mask is None else padded.masked_fill(~mask, padding_value)
    padded = _extended(padded, total_length or steps.count, padding_value)
    padded, lengths = padded.transpose(0, 1) if batch_first else padded, tensor(steps.valid.sum(0))
    if unsorted_indices is None:
        return padded, lengths
    return padded.index_select(0 if batch_first else 1, unsorted_indices), lengths[unsorted_indices.cpu()]


def _extended(padded: Tensor, total_length: int, value: float) -> Tensor:
    missing = total_length - padded.size(0)
    return cat([padded, padded.new_full((missing, *padded.shape[1:]), value)]) if missing else padded


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Sequences (L_i, *) as one tensor (T, B, *), or (B, T, *) if batch_first; T is the largest length.

    padding_side: "right" or "left", where the padding goes. Raises RuntimeError where there is no sequence.
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(
            f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}"
        )
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    sequences = tuple(sequences)
    if not sequences:
        raise RuntimeError("received an empty list of sequences")
    length = max(s.size(0) for s in sequences)
    padded = [_padded(s.to(sequences[0].dtype), length, padding_value, padding_side) for s in sequences]
    return stack(padded, 0 if batch_first else 1)


def _padded(sequence: Tensor, length: int, value: float, side: str) -> Tensor:
    missing = length - sequence.size(0)
    if not missing:
        return sequence
    padding = sequence.new_full((missing, *sequence.shape[1:]), value)
    return cat([sequence, padding] if side == "right" else [padding, sequence])


def unpad_sequence(padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False) -> list[Tensor]:
    """Undoes pad_sequence (of padding at the right): the sequences (L_i, *), given their lengths."""
    batch = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [sequence[:length] for sequence, length in zip(batch, lengths.tolist(), strict=True)]


def pack_sequence(sequences: list[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Packs sequences (L_i, *). enforce_sorted: they come longest first; else they are sorted here."""
    lengths = as_tensor([s.size(0) for s in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undoes pack_sequence."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
