"""QuantizedTensor: integers, with the scale and the zero point by which they stand for numbers.

Invariant: element = (integer - zero point) * scale. The integers are an ordinary tensor (`_held`); there is no storage
of the quantised type, so an op that does not know such tensors refuses them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .. import Tensor, no_grad, qint8, qint32, quint8, tensor
from .. import equal as equal_elements
from ..devices import per_tensor_affine, qscheme
from ..dtypes import dtype, float32, int8, int32, uint8
from ..errors import TYPE_TITLES, add_note

HELD_AS = {qint8: int8, quint8: uint8, qint32: int32}
"""The types of quantised tensors, and those of their integers."""


class Grid(NamedTuple):
    """The numbers that integers stand for.

    Args:
        scheme: per tensor or per channel.
        scale: the distance of neighbours; per channel, float64 (channels,).
        zero_point: the integer that stands for 0; per channel, int64 (channels,), or float32 with real zero points.
        axis: the dimension of the channels; None per tensor.
    """

    scheme: qscheme
    scale: Any
    zero_point: Any
    axis: int | None = None

    def along(self, dims: int) -> tuple[Any, Any]:
        """Scale and zero point in forms that broadcast over a tensor of so many dimensions."""
        if self.axis is None:
            return tensor(self.scale, dtype=float32), self.zero_point
        shape = [1] * dims
        shape[self.axis] = -1
        return self.scale.float().reshape(shape), self.zero_point.float().reshape(shape)


class QuantizedTensor(Tensor):
    """A tensor of integers that stand for numbers; made by `torch.quantize_per_tensor` and its kin."""

    is_quantized = True
    requires_grad, grad_fn, grad, is_leaf = False, None, None, True  # type: ignore[assignment]
    _held: Tensor
    _grid: Grid

    @staticmethod
    def of(held: Tensor, grid: Grid, kind: dtype) -> QuantizedTensor:
        """The tensor of type `kind` with these integers."""
        made = object.__new__(QuantizedTensor)
        made.meta = held.meta.cast(kind)
        made._held, made._grid = held, grid
        return made

    def _with(self, held: Tensor) -> QuantizedTensor:
        """Other integers on the same grid."""
        return QuantizedTensor.of(held, self._grid, self.dtype)

    def on_grid(self, numbers: Tensor) -> QuantizedTensor:
        """Other numbers, on the grid of this tensor."""
        from .parameters import to_integers

        return self._with(to_integers(numbers, self._grid, self.dtype))

    # ------------------------------------------------------------------ what it is
    @property
    def storage(self):
        raise refusal("this operation")

    def int_repr(self) -> Tensor:
        """The integers."""
        return self._held.clone()

    def dequantize(self) -> Tensor:
        """The numbers, in float32."""
        scale, zero_point = self._grid.along(self.dim())
        wide = self._held.double() if self.dtype is qint32 else self._held.float()
        return ((wide - zero_point) * scale).float()

    def steps(self) -> Tensor:
        """The integers without their zero point, as floats: for products, and what is linear."""
        _, zero_point = self._grid.along(self.dim())
        return (self._held.double() if self.dtype is qint32 else self._held.float()) - zero_point

    def from_steps(self, steps: Tensor) -> QuantizedTensor:
        """The tensor on this grid, with one scale, that is so many steps from 0; rounded."""
        from .parameters import BOUNDS

        places = (steps + self.q_zero_point()).round()
        return self._with(places.clamp(*BOUNDS[self.dtype.name]).to(HELD_AS[self.dtype]))

    def become(self, other: QuantizedTensor) -> QuantizedTensor:
        """Becomes another tensor on the same grid, in place; gives itself."""
        if other._held is not self._held:
            self._held.copy_(other._held)
        return self

    def qscheme(self) -> Any:
        """How integers stand for numbers."""
        return self._grid.scheme

    def q_scale(self) -> Any:
        """The scale; RuntimeError where each channel has its own."""
        return self._per_tensor().scale

    def q_zero_point(self) -> Any:
        """The integer that stands for 0; RuntimeError where each channel has its own."""
        return self._per_tensor().zero_point

    def q_per_channel_scales(self) -> Tensor:
        """The scale of each channel; RuntimeError where there is one for all."""
        return self._per_channel().scale

    def q_per_channel_zero_points(self) -> Tensor:
        """The zero point of each channel; RuntimeError where there is one for all."""
        return self._per_channel().zero_point

    def q_per_channel_axis(self) -> Any:
        """The dimension of the channels; RuntimeError where there is one scale for all."""
        return self._per_channel().axis

    def _per_tensor(self) -> Grid:
        if self._grid.axis is not None:
            raise RuntimeError(expected("quantizer->qscheme() == kPerTensorAffine"))
        return self._grid

    def _per_channel(self) -> Grid:
        if self._grid.axis is None:
            schemes = ("kPerChannelAffine", "kPerChannelAffineFloatQParams")
            raise RuntimeError(expected(" || ".join(f"quantizer->qscheme() == {name}" for name in schemes)))
        return self._grid

    def is_symmetric(self) -> bool:
        """Whether all zero points are 0."""
        zero_point = self._grid.zero_point
        return not (zero_point.any() if isinstance(zero_point, Tensor) else zero_point)

    def type(self, dtype=None, **kwargs):
        return f"torch.quantized.{TYPE_TITLES[self.dtype.name]}Tensor"

    def numpy(self, *, force: bool = False):
        raise TypeError(f"Got unsupported ScalarType {TYPE_TITLES[self.dtype.name]}")

    def tolist(self):
        raise RuntimeError("load_scalar: invalid type")

    def item(self):
        return self.dequantize().item()

    def is_contiguous(self, memory_format=None) -> bool:
        return self._held.is_contiguous() if memory_format is None else self._held.is_contiguous(memory_format)

    def to(self, *args, **kwargs):
        wanted = [x for x in (*args, *kwargs.values()) if isinstance(x, dtype) and x is not self.dtype]
        if wanted:
            raise RuntimeError("Creation of quantized tensor requires quantized dtype like torch.quint8")
        form = kwargs.get("memory_format")
        return self if form is None else self.contiguous(memory_format=form)

    def requires_grad_(self, requires_grad: bool = True):
        if requires_grad:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        return self

    def is_signed(self) -> bool:
        raise RuntimeError("isSignedType not supported for quantized types")

    # ------------------------------------------------------------------ elements and views
    @property
    def T(self):
        return self._with(self._held.T)

    @property
    def mT(self):
        return self._with(self._held.mT)

    @property
    def data(self):
        return self.detach()

    def __getitem__(self, index):
        if self._grid.axis is None:
            return self._with(self._held[index])
        if self._grid.axis or not isinstance(index, int):
            raise RuntimeError("Setting strides is possible only on uniformly quantized tensor")
        grid = Grid(per_tensor_affine, self._grid.scale[index].item(), int(self._grid.zero_point[index].item()))
        return QuantizedTensor.of(self._held[index], grid, self.dtype)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    __hash__ = Tensor.__hash__

    def equal(self, other: Tensor) -> bool:
        """Whether the other is quantised in the same way and has the same integers."""
        if not isinstance(other, QuantizedTensor) or self.dtype is not other.dtype:
            return False
        return _same(self._grid, other._grid) and self._held.equal(other._held)

    def __setitem__(self, index, value):
        if not isinstance(value, Tensor):
            value = tensor(value, dtype=float32)
        self._held[index] = self.on_grid(value.dequantize() if isinstance(value, QuantizedTensor) else value)._held

    def detach(self):
        return self._with(self._held)

    def resize_(self, *sizes, memory_format=None):
        """Takes another shape."""
        self._held = self._held.resize_(*sizes)
        self.meta = self._held.meta.cast(self.dtype)
        return self

    @no_grad()
    def copy_(self, src, non_blocking: bool = False):
        """Takes the numbers of another tensor: a quantised one's with its grid, others on this tensor's own."""
        if isinstance(src, QuantizedTensor):
            self._held.copy_(src._held)
            self._grid = src._grid
        else:
            self._held.copy_(self.on_grid(src)._held)
        return self

    # ------------------------------------------------------------------ printing and copying
    def __format__(self, spec):
        return format(self.item(), spec) if self.dim() == 0 else super().__format__(spec)

    def __repr__(self, *, tensor_contents=None):
        from .text import quantized_repr

        return quantized_repr(self)

    def __copy__(self):
        return self._with(self._held)

    def __deepcopy__(self, memo):
        if id(self) not in memo:
            memo[id(self)] = self._with(self._held.clone())
        return memo[id(self)]

    def __reduce_ex__(self, protocol):
        return QuantizedTensor.of, (self._held, self._grid, self.dtype)


def _same(one: Grid, other: Grid) -> bool:
    if one.scheme != other.scheme or one.axis != other.axis:
        return False
    if one.axis is None:
        return one == other
    return equal_elements(one.scale, other.scale) and equal_elements(one.zero_point, other.zero_point)


def refusal(op: str) -> NotImplementedError:
    """The error of an operation that does not know quantised tensors."""
    name = f"'{op}'" if "::" in op else op
    error = NotImplementedError(f"Could not run {name} with arguments from the 'QuantizedCPU' backend.")
    add_note(error, "Call dequantize() first: few operations know quantised tensors.")
    return error


def expected(what: str) -> str:
    """The text of a condition that does not hold."""
    return (
        f"Expected {what} to be true, but got false.  (Could this error message be improved?  If so, please report an "
        "enhancement request to PyTorch.)"
    )


_OF_CHANNELS = ("clone", "contiguous", "cpu")


def views_of_channels(x: QuantizedTensor, name: str) -> None:
    """Raises RuntimeError where a method takes other places of integers with a scale for each channel."""
    if x._grid.axis is not None and name not in _OF_CHANNELS:
        raise RuntimeError("Setting strides is possible only on uniformly quantized tensor")


def _conversion(self, *args, **kwargs):
    raise RuntimeError("Creation of quantized tensor requires quantized dtype like torch.quint8")


for _name in ("bfloat16", "bool", "byte", "char", "double", "float", "half", "int", "long", "short"):
    setattr(QuantizedTensor, _name, _conversion)


def _function(name: str) -> Callable:
    def function(input: Tensor):
        return getattr(input, name)()

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"`{name}` of a tensor; see the method."
    return function


int_repr, q_scale, q_zero_point = _function("int_repr"), _function("q_scale"), _function("q_zero_point")
q_per_channel_scales, q_per_channel_axis = _function("q_per_channel_scales"), _function("q_per_channel_axis")
q_per_channel_zero_points = _function("q_per_channel_zero_points")


def dequantize(input=None, *, tensor=None, tensors=None):
    """The numbers of a quantised tensor in float32, or of each tensor of a list."""
    given = next((x for x in (input, tensor, tensors) if x is not None), None)
    if isinstance(given, (list, tuple)):
        return tuple(x.dequantize() for x in given)
    assert given is not None
    return given.dequantize()
