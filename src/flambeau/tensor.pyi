"""Type stubs, written by tools/make_stubs.py: edit that."""

from __future__ import annotations

import builtins
from typing import Any

from .devices import device as _device
from .devices import layout as _layout
from .dtypes import dtype as _dtype
from .meta import Size


class Tensor:
    """A multi-dimensional array of elements of one type, with automatic differentiation."""

    @property
    def shape(self) -> Size: ...
    @property
    def dtype(self) -> _dtype: ...
    @property
    def device(self) -> _device: ...
    @property
    def layout(self) -> _layout: ...
    @property
    def ndim(self) -> builtins.int: ...
    @property
    def itemsize(self) -> builtins.int: ...
    @property
    def nbytes(self) -> builtins.int: ...
    requires_grad: builtins.bool
    @property
    def is_leaf(self) -> builtins.bool: ...
    grad: Tensor | None
    grad_fn: Any
    @property
    def output_nr(self) -> builtins.int: ...
    @property
    def retains_grad(self) -> builtins.bool: ...
    @property
    def _version(self) -> builtins.int: ...
    @property
    def name(self) -> builtins.str | None: ...

    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __eq__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __ne__(self, other: Any) -> Tensor: ...  # type: ignore[override]
    def __getitem__(self, index: Any) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any) -> None: ...
    def __neg__(self) -> Tensor: ...
    def __pos__(self) -> Tensor: ...
    def __abs__(self) -> Tensor: ...
    def __invert__(self) -> Tensor: ...
    def __bool__(self) -> builtins.bool: ...
    def __len__(self) -> builtins.int: ...
    def __iter__(self) -> Any: ...
    def __int__(self) -> builtins.int: ...
    def __float__(self) -> builtins.float: ...
    def __index__(self) -> builtins.int: ...
    def __hash__(self) -> builtins.int: ...
    def __add__(self, other: Any) -> Tensor: ...
    def __radd__(self, other: Any) -> Tensor: ...
    def __iadd__(self, other: Any) -> Tensor: ...
    def __sub__(self, other: Any) -> Tensor: ...
    def __rsub__(self, other: Any) -> Tensor: ...
    def __isub__(self, other: Any) -> Tensor: ...
    def __mul__(self, other: Any) -> Tensor: ...
    def __rmul__(self, other: Any) -> Tensor: ...
    def __imul__(self, other: Any) -> Tensor: ...
    def __truediv__(self, other: Any) -> Tensor: ...
    def __rtruediv__(self, other: Any) -> Tensor: ...
    def __itruediv__(self, other: Any) -> Tensor: ...
    def __floordiv__(self, other: Any) -> Tensor: ...
    def __rfloordiv__(self, other: Any) -> Tensor: ...
    def __ifloordiv__(self, other: Any) -> Tensor: ...
    def __mod__(self, other: Any) -> Tensor: ...
    def __rmod__(self, other: Any) -> Tensor: ...
    def __imod__(self, other: Any) -> Tensor: ...
    def __pow__(self, other: Any) -> Tensor: ...
    def __rpow__(self, other: Any) -> Tensor: ...
    def __ipow__(self, other: Any) -> Tensor: ...
    def __and__(self, other: Any) -> Tensor: ...
    def __rand__(self, other: Any) -> Tensor: ...
    def __iand__(self, other: Any) -> Tensor: ...
    def __or__(self, other: Any) -> Tensor: ...
    def __ror__(self, other: Any) -> Tensor: ...
    def __ior__(self, other: Any) -> Tensor: ...
    def __xor__(self, other: Any) -> Tensor: ...
    def __rxor__(self, other: Any) -> Tensor: ...
    def __ixor__(self, other: Any) -> Tensor: ...
    def __lshift__(self, other: Any) -> Tensor: ...
    def __rlshift__(self, other: Any) -> Tensor: ...
    def __ilshift__(self, other: Any) -> Tensor: ...
    def __rshift__(self, other: Any) -> Tensor: ...
    def __rrshift__(self, other: Any) -> Tensor: ...
    def __irshift__(self, other: Any) -> Tensor: ...
    def __matmul__(self, other: Any) -> Tensor: ...
    def __rmatmul__(self, other: Any) -> Tensor: ...
    def __lt__(self, other: Any) -> Tensor: ...
    def __le__(self, other: Any) -> Tensor: ...
    def __gt__(self, other: Any) -> Tensor: ...
    def __ge__(self, other: Any) -> Tensor: ...
    @property
    def H(self) -> Tensor:
        """A matrix transposed and conjugated."""
    @property
    def T(self) -> Tensor:
        """The dimensions in reverse."""
    def abs(self) -> Tensor:
        """Absolute value of each element."""
    def abs_(self) -> Tensor:
        """In-place abs."""
    def absolute(self) -> Tensor:
        """Absolute value of each element."""
    def absolute_(self) -> Tensor:
        """In-place absolute."""
    def acos(self) -> Tensor:
        """acos of each element."""
    def acos_(self) -> Tensor:
        """In-place acos."""
    def acosh(self) -> Tensor:
        """acosh of each element."""
    def acosh_(self) -> Tensor:
        """In-place acosh."""
    def add(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """Sum of two tensors, element by element."""
    def add_(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """In-place add."""
    def addbmm(self, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
        """beta * input + alpha * (sum of batch1 @ batch2)."""
    def addbmm_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place addbmm."""
    def addcdiv(self, tensor1: Any, tensor2: Any, *, value: Any = ..., out: Any = ...) -> Tensor:
        """input + value * tensor1 / tensor2."""
    def addcdiv_(self, tensor1: Any, tensor2: Any, *, value: Any = ...) -> Tensor:
        """In-place addcdiv."""
    def addcmul(self, tensor1: Any, tensor2: Any, *, value: Any = ..., out: Any = ...) -> Tensor:
        """input + value * tensor1 * tensor2."""
    def addcmul_(self, tensor1: Any, tensor2: Any, *, value: Any = ...) -> Tensor:
        """In-place addcmul."""
    def addmm(self, mat1: Any, mat2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
        """beta * input + alpha * (mat1 @ mat2)."""
    def addmm_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place addmm."""
    def addmv(self, mat: Any, vec: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
        """beta * input + alpha * (mat @ vec)."""
    def addmv_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place addmv."""
    def addr(self, vec1: Any, vec2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
        """beta * input + alpha * outer(vec1, vec2)."""
    def addr_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place addr."""
    def adjoint(self) -> Tensor:
        """The last two dimensions swapped, the elements conjugated where the name says so."""
    def all(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
        """Whether all elements are true."""
    def allclose(self, other: Any, rtol: Any = ..., atol: Any = ..., equal_nan: Any = ...) -> builtins.bool:
        """Whether all elements are close."""
    def amax(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
        """Maximum over dimensions; gradients are shared among equal elements."""
    def amin(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
        """Minimum over dimensions; gradients are shared among equal elements."""
    def aminmax(self, *, dim: Any = ..., keepdim: Any = ..., out: Any = ...) -> Any:
        """The smallest and the largest element, of all or along a dimension."""
    def angle(self, *, out: Any = ...) -> Tensor:
        """The angles of complex numbers in radians; of real ones 0 or pi."""
    def any(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
        """Whether any element is true."""
    def apply_(self, callable: Any) -> Tensor:
        """Replaces each element by what a Python function makes of it: slow, for a look at few elements."""
    def arccos(self) -> Tensor:
        """acos of each element."""
    def arccos_(self) -> Tensor:
        """In-place arccos."""
    def arccosh(self) -> Tensor:
        """acosh of each element."""
    def arccosh_(self) -> Tensor:
        """In-place arccosh."""
    def arcsin(self) -> Tensor:
        """asin of each element."""
    def arcsin_(self) -> Tensor:
        """In-place arcsin."""
    def arcsinh(self) -> Tensor:
        """asinh of each element."""
    def arcsinh_(self) -> Tensor:
        """In-place arcsinh."""
    def arctan(self) -> Tensor:
        """atan of each element."""
    def arctan2(self, other: Any) -> Tensor:
        """Angle of the point (other, input)."""
    def arctan2_(self, other: Any) -> Tensor:
        """In-place arctan2."""
    def arctan_(self) -> Tensor:
        """In-place arctan."""
    def arctanh(self) -> Tensor:
        """atanh of each element."""
    def arctanh_(self) -> Tensor:
        """In-place arctanh."""
    def argmax(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
        """Position of the (first) maximum along a dimension, or among all elements."""
    def argmin(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
        """Position of the (first) minimum along a dimension, or among all elements."""
    def argsort(self, dim: Any = ..., descending: Any = ..., stable: Any = ...) -> Tensor:
        """The order that sorts along a dimension."""
    def argwhere(self) -> Tensor:
        """The positions of the elements that are not zero, one a row."""
    def as_strided(self, size: Any, stride: Any, storage_offset: Any = ...) -> Tensor:
        """A view with any shape, strides and offset (in elements) over the storage."""
    def as_strided_(self, *args: Any, **kwargs: Any) -> Tensor:
        ...
    def as_strided_scatter(self, src: Any, size: Any, stride: Any, storage_offset: Any = ...) -> Tensor:
        """A copy, laid out as the tensor is, in which what a strided view shows is replaced."""
    def as_subclass(self, cls: Any) -> Tensor:
        """The same memory, at the same place on the tape, as an object of a class of tensors."""
    def asin(self) -> Tensor:
        """asin of each element."""
    def asin_(self) -> Tensor:
        """In-place asin."""
    def asinh(self) -> Tensor:
        """asinh of each element."""
    def asinh_(self) -> Tensor:
        """In-place asinh."""
    def atan(self) -> Tensor:
        """atan of each element."""
    def atan2(self, other: Any) -> Tensor:
        """Angle of the point (other, input)."""
    def atan2_(self, other: Any) -> Tensor:
        """In-place atan2."""
    def atan_(self) -> Tensor:
        """In-place atan."""
    def atanh(self) -> Tensor:
        """atanh of each element."""
    def atanh_(self) -> Tensor:
        """In-place atanh."""
    def backward(self, gradient: Any = ..., retain_graph: Any = ..., create_graph: Any = ..., inputs: Any = ...) -> None:  # noqa: E501
        """Computes the gradients of this tensor with respect to the leaves of its graph and adds them to their `.grad`."""
    def baddbmm(self, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
        """beta * input + alpha * (batch1 @ batch2)."""
    def baddbmm_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place baddbmm."""
    def become(self, seen: Any) -> Any:
        """Takes the shape and the place on the tape of a view of this tensor."""
    def bernoulli(self, p: Any = ..., *, generator: Any = ..., out: Any = ...) -> Tensor:
        """Ones with the probabilities that the input holds (or p), else zeros; the gradient for the input is zero."""
    def bernoulli_(self, *args: Any, generator: Any = ..., **kwargs: Any) -> Tensor:
        """Fills the tensor with random numbers; see torch.Tensor.bernoulli_."""
    def bfloat16(self, memory_format: Any = ...) -> Tensor:
        ...
    def bincount(self, weights: Any = ..., minlength: Any = ...) -> Tensor:
        """How often each whole number occurs, or the sum of its weights."""
    def bitwise_and(self, other: Any) -> Tensor:
        """Bitwise and."""
    def bitwise_and_(self, other: Any) -> Tensor:
        """In-place bitwise_and."""
    def bitwise_left_shift(self, other: Any) -> Tensor:
        """Shift to the left."""
    def bitwise_left_shift_(self, other: Any) -> Tensor:
        """In-place bitwise_left_shift."""
    def bitwise_not(self) -> Tensor:
        """Bitwise not."""
    def bitwise_not_(self) -> Tensor:
        """In-place bitwise_not."""
    def bitwise_or(self, other: Any) -> Tensor:
        """Bitwise or."""
    def bitwise_or_(self, other: Any) -> Tensor:
        """In-place bitwise_or."""
    def bitwise_right_shift(self, other: Any) -> Tensor:
        """Shift to the right."""
    def bitwise_right_shift_(self, other: Any) -> Tensor:
        """In-place bitwise_right_shift."""
    def bitwise_xor(self, other: Any) -> Tensor:
        """Bitwise exclusive or."""
    def bitwise_xor_(self, other: Any) -> Tensor:
        """In-place bitwise_xor."""
    def bmm(self, mat2: Any, *, out: Any = ...) -> Tensor:
        """The products of a batch of matrices, (b, m, k) @ (b, k, n)."""
    def bool(self, memory_format: Any = ...) -> Tensor:
        ...
    def broadcast_to(self, size: Any) -> Tensor:
        """A view broadcast to a shape."""
    def bucketize(self, boundaries: Any, *, out_int32: Any = ..., right: Any = ..., out: Any = ...) -> Tensor:
        """Which of the ranges between sorted boundaries each element lies in."""
    def byte(self, memory_format: Any = ...) -> Tensor:
        ...
    def cauchy_(self, *args: Any, generator: Any = ..., **kwargs: Any) -> Tensor:
        """Fills the tensor with random numbers; see torch.Tensor.cauchy_."""
    def ccol_indices(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises RuntimeError."""
    def cdouble(self, memory_format: Any = ...) -> Tensor:
        ...
    def ceil(self) -> Tensor:
        """ceil of each element."""
    def ceil_(self) -> Tensor:
        """In-place ceil."""
    def cfloat(self, memory_format: Any = ...) -> Tensor:
        ...
    def chalf(self, memory_format: Any = ...) -> Tensor:
        ...
    def char(self, memory_format: Any = ...) -> Tensor:
        ...
    def cholesky(self, upper: Any = ..., *, out: Any = ...) -> Tensor:
        """The Cholesky factor of symmetric positive-definite matrices."""
    def cholesky_inverse(self, upper: Any = ..., *, out: Any = ...) -> Tensor:
        """The inverse of A, from its Cholesky factor."""
    def cholesky_solve(self, input2: Any, upper: Any = ..., *, out: Any = ...) -> Tensor:
        """X of A X = input, from A's Cholesky factor."""
    def chunk(self, chunks: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
        """At most `chunks` consecutive parts of equal size (the last may be smaller)."""
    def clamp(self, min: Any = ..., max: Any = ..., *, out: Any = ...) -> Tensor:
        """Elements bounded from below and from above, by numbers or tensors."""
    def clamp_(self, min: Any = ..., max: Any = ...) -> Tensor:
        """In-place clamp."""
    def clamp_max(self, max: Any, *, out: Any = ...) -> Tensor:
        """Elements bounded from above."""
    def clamp_max_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place clamp_max."""
    def clamp_min(self, min: Any, *, out: Any = ...) -> Tensor:
        """Elements bounded from below."""
    def clamp_min_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place clamp_min."""
    def clip(self, min: Any = ..., max: Any = ..., *, out: Any = ...) -> Tensor:
        """Elements bounded from below and from above, by numbers or tensors."""
    def clip_(self, min: Any = ..., max: Any = ...) -> Tensor:
        """In-place clamp."""
    def clone(self, *, memory_format: Any = ...) -> Tensor:
        """A copy, through which gradients flow. memory_format: the order of the copy in memory (kept by default)."""
    def coalesce(self) -> Tensor:
        """Raises RuntimeError: dense tensors have no coalesce."""
    def col_indices(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises RuntimeError."""
    def concrete(self) -> Tensor:
        """The tensor behind this one, where it stands for another inside of a transformed function; else itself."""
    def conj(self) -> Tensor:
        """Complex conjugates; real tensors as they are."""
    def conj_physical(self, *, out: Any = ...) -> Tensor:
        """Complex conjugates, in memory of their own."""
    def conj_physical_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place conj_physical."""
    def const_data_ptr(self) -> builtins.int:
        """The address of the first element; pending work is run first."""
    def contiguous(self, memory_format: Any = ...) -> Tensor:
        """This tensor if its elements lie in row-major order (or the order that the format says), else such a copy."""
    def copy_(self, src: Any, non_blocking: Any = ...) -> Tensor:
        """Copies the elements of another tensor, broadcast and cast, into this one."""
    def copysign(self, other: Any) -> Tensor:
        """The magnitude of one with the sign of the other."""
    def copysign_(self, other: Any) -> Tensor:
        """In-place copysign."""
    def corrcoef(self) -> Tensor:
        """The matrix of correlation coefficients of variables (rows)."""
    def cos(self) -> Tensor:
        """cos of each element."""
    def cos_(self) -> Tensor:
        """In-place cos."""
    def cosh(self) -> Tensor:
        """cosh of each element."""
    def cosh_(self) -> Tensor:
        """In-place cosh."""
    def count_nonzero(self, dim: Any = ...) -> Tensor:
        """How many elements are not zero."""
    def cov(self, *, correction: Any = ..., fweights: Any = ..., aweights: Any = ...) -> Tensor:
        """The covariance matrix of variables (rows) over observations (columns)."""
    def cpu(self, memory_format: Any = ...) -> Tensor:
        ...
    def cross(self, other: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
        """The vector product along a dimension of size 3 (the first one by default)."""
    def crow_indices(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises RuntimeError."""
    def cuda(self, *args: Any, **kwargs: Any) -> Tensor:
        ...
    def cummax(self, dim: Any, *, out: Any = ...) -> Any:
        """The running maximum along a dimension, and its positions: (values, indices)."""
    def cummin(self, dim: Any, *, out: Any = ...) -> Any:
        """The running minimum along a dimension, and its positions: (values, indices)."""
    def cumprod(self, dim: Any, *, dtype: Any = ..., out: Any = ...) -> Tensor:
        """The running product along a dimension."""
    def cumprod_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place cumprod."""
    def cumsum(self, dim: Any, *, dtype: Any = ..., out: Any = ...) -> Tensor:
        """The running sum along a dimension."""
    def cumsum_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place cumsum."""
    data: Tensor
    def data_ptr(self) -> builtins.int:
        """The address of the first element; pending work is run first."""
    def deg2rad(self) -> Tensor:
        """Degrees as radians."""
    def deg2rad_(self) -> Tensor:
        """In-place deg2rad."""
    def dense_dim(self) -> Tensor:
        ...
    def dequantize(self) -> Tensor:
        """The tensor, which is not quantised."""
    def det(self, *, out: Any = ...) -> Tensor:
        """Determinants of square matrices."""
    def detach(self) -> Tensor:
        """The same memory, outside of the graph."""
    def detach_(self) -> Tensor:
        """Takes this tensor out of its graph."""
    def diag(self, diagonal: Any = ..., *, out: Any = ...) -> Tensor:
        """A vector as the diagonal of a matrix; the diagonal of a matrix as a vector."""
    def diag_embed(self, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
        """Matrices whose diagonals are the last dimension of the input."""
    def diagflat(self, offset: Any = ...) -> Tensor:
        """All elements as the diagonal of a matrix."""
    def diagonal(self, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
        """A view of a diagonal, as the last dimension."""
    def diagonal_scatter(self, src: Any, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
        """A copy with a diagonal replaced."""
    def diff(self, n: Any = ..., dim: Any = ..., prepend: Any = ..., append: Any = ..., *, out: Any = ...) -> Tensor:
        """The n-th differences of neighbours along a dimension."""
    def digamma(self) -> Tensor:
        """The derivative of log(gamma)."""
    def digamma_(self) -> Tensor:
        """In-place digamma."""
    def dim(self) -> builtins.int:
        """The number of dimensions."""
    def dim_order(self, ambiguity_check: Any = ...) -> Tensor:
        """The dimensions in the order in which they lie in memory, the outermost first."""
    def dist(self, other: Any, p: Any = ...) -> Tensor:
        """The p-norm of the difference."""
    def div(self, other: Any, *, rounding_mode: Any = ..., out: Any = ...) -> Tensor:
        """Quotient, element by element; rounding_mode: None (true division), 'floor' or 'trunc'."""
    def div_(self, other: Any, *, rounding_mode: Any = ...) -> Tensor:
        """In-place div."""
    def divide(self, other: Any, *, rounding_mode: Any = ..., out: Any = ...) -> Tensor:
        """Quotient, element by element; rounding_mode: None (true division), 'floor' or 'trunc'."""
    def divide_(self, other: Any, *, rounding_mode: Any = ...) -> Tensor:
        """In-place div."""
    def dot(self, tensor: Any, *, out: Any = ...) -> Tensor:
        """The inner product of two vectors."""
    def double(self, memory_format: Any = ...) -> Tensor:
        ...
    def dsplit(self, indices_or_sections: Any) -> builtins.tuple[Tensor, ...]:
        """Parts along dimension 2: that many of equal size, or cut before each index."""
    def eig(self, *args: Any, **kwargs: Any) -> Any:
        """Removed: torch.linalg.eigvals gives the values, torch.linalg.eig the vectors as well; both are complex."""
    def element_size(self) -> builtins.int:
        """Bytes of one element."""
    epoch: builtins.int
    def eq(self, other: Any) -> Tensor:
        """Whether elements are equal."""
    def eq_(self, other: Any) -> Tensor:
        """In-place eq."""
    def equal(self, other: Any) -> builtins.bool:
        """Whether two tensors have the same shape and elements."""
    def erf(self) -> Tensor:
        """erf of each element."""
    def erf_(self) -> Tensor:
        """In-place erf."""
    def erfc(self) -> Tensor:
        """erfc of each element."""
    def erfc_(self) -> Tensor:
        """In-place erfc."""
    def erfinv(self) -> Tensor:
        """erfinv of each element."""
    def erfinv_(self) -> Tensor:
        """In-place erfinv."""
    def exp(self) -> Tensor:
        """exp of each element."""
    def exp2(self) -> Tensor:
        """exp2 of each element."""
    def exp2_(self) -> Tensor:
        """In-place exp2."""
    def exp_(self) -> Tensor:
        """In-place exp."""
    def expand(self, *sizes: Any, size: Any = ..., implicit: Any = ...) -> Tensor:
        """A view with dimensions of size 1 repeated; -1 keeps a size."""
    def expand_as(self, other: Any) -> Tensor:
        """A view expanded to another tensor's shape."""
    def expm1(self) -> Tensor:
        """expm1 of each element."""
    def expm1_(self) -> Tensor:
        """In-place expm1."""
    def exponential_(self, *args: Any, generator: Any = ..., **kwargs: Any) -> Tensor:
        """Fills the tensor with random numbers; see torch.Tensor.exponential_."""
    def fill_(self, value: Any) -> Tensor:
        """Sets all elements to a number (or the value of a zero-dimensional tensor)."""
    def fill_diagonal_(self, fill_value: Any, wrap: Any = ...) -> Tensor:
        """Sets the elements whose indices are all equal to a number; wrap: of a tall matrix again after each square."""
    def fix(self) -> Tensor:
        """trunc of each element."""
    def fix_(self) -> Tensor:
        """In-place fix."""
    def flatten(self, start_dim: Any = ..., end_dim: Any = ...) -> Tensor:
        """Several dimensions as one."""
    def flip(self, *args: Any, dims: Any = ...) -> Tensor:
        """A copy with the elements in reverse order along dimensions."""
    def fliplr(self) -> Tensor:
        """Columns in reverse order."""
    def flipud(self) -> Tensor:
        """Rows in reverse order."""
    def float(self, memory_format: Any = ...) -> Tensor:
        ...
    def float_power(self, exponent: Any, *, out: Any = ...) -> Tensor:
        """input ** exponent in double precision."""
    def float_power_(self, exponent: Any) -> Tensor:
        """In-place float_power, of a tensor in double precision."""
    def floor(self) -> Tensor:
        """floor of each element."""
    def floor_(self) -> Tensor:
        """In-place floor."""
    def floor_divide(self, other: Any) -> Tensor:
        """Quotient rounded down."""
    def floor_divide_(self, other: Any) -> Tensor:
        """In-place floor_divide."""
    def fmax(self, other: Any) -> Tensor:
        """The larger of two elements; numbers win over NaN."""
    def fmin(self, other: Any) -> Tensor:
        """The smaller of two elements; numbers win over NaN."""
    def fmod(self, other: Any) -> Tensor:
        """Remainder of the division rounded towards zero; it has the sign of the dividend."""
    def fmod_(self, other: Any) -> Tensor:
        """In-place fmod."""
    def frac(self) -> Tensor:
        """The part after the point."""
    def frac_(self) -> Tensor:
        """In-place frac."""
    def frexp(self, *, out: Any = ...) -> Any:
        """The mantissa and the exponent of each element: input = mantissa * 2 ** exponent."""
    @staticmethod
    def from_array(array: Any, dtype: Any = ...) -> Any:
        """A tensor with a copy of a host array's elements."""
    @staticmethod
    def from_rows(tensors: Any) -> Any:
        """Row-major tensors of one shape and type, copied one after the other along a new first dimension."""
    @staticmethod
    def from_storage(storage: Any, view: Any, edge: Any = ...) -> Any:
        """A tensor over a storage; `edge` is where its gradient goes."""
    @staticmethod
    def full_of(shape: Any, value: Any, dtype: Any) -> Any:
        """A tensor with all elements the same."""
    def gather(self, dim: Any, index: Any, *, sparse_grad: Any = ..., out: Any = ...) -> Tensor:
        """Elements along a dimension by their numbers; the result has the index's shape."""
    def gcd(self, other: Any) -> Tensor:
        """The greatest common divisor of two whole numbers."""
    def gcd_(self, other: Any) -> Tensor:
        """In-place gcd."""
    def ge(self, other: Any) -> Tensor:
        """Whether each element is greater or equal."""
    def ge_(self, other: Any) -> Tensor:
        """In-place ge."""
    def geometric_(self, *args: Any, generator: Any = ..., **kwargs: Any) -> Tensor:
        """Fills the tensor with random numbers; see torch.Tensor.geometric_."""
    def geqrf(self, *, out: Any = ...) -> Any:
        """R of A = Q R above the diagonal, and below it the reflections whose product is Q, as LAPACK packs them."""
    def ger(self, vec2: Any, *, out: Any = ...) -> Tensor:
        """All products of the elements of two vectors."""
    def get_device(self) -> builtins.int:
        ...
    @property
    def grad_dtype(self) -> Tensor:
        ...
    def greater(self, other: Any) -> Tensor:
        """Whether each element is greater."""
    def greater_(self, other: Any) -> Tensor:
        """In-place greater."""
    def greater_equal(self, other: Any) -> Tensor:
        """Whether each element is greater or equal."""
    def greater_equal_(self, other: Any) -> Tensor:
        """In-place greater_equal."""
    def gt(self, other: Any) -> Tensor:
        """Whether each element is greater."""
    def gt_(self, other: Any) -> Tensor:
        """In-place gt."""
    def half(self, memory_format: Any = ...) -> Tensor:
        ...
    def hardshrink(self, lambd: Any = ..., *, out: Any = ...) -> Tensor:
        """x where |x| > lambd, else 0."""
    def hash_tensor(self, dim: Any = ..., *, keepdim: Any = ..., mode: Any = ..., out: Any = ...) -> Tensor:
        """The exclusive or of the elements' bits, as uint64: of numbers with a fraction those that they have in float64."""
    def heaviside(self, other: Any) -> Tensor:
        """0 below 0, 1 above, `values` at 0."""
    def heaviside_(self, other: Any) -> Tensor:
        """In-place heaviside."""
    def histc(self, bins: Any = ..., min: Any = ..., max: Any = ..., *, out: Any = ...) -> Tensor:
        """How many elements fall into each of `bins` equal ranges from min to max (by default those of the elements)."""
    def histogram(self, bins: Any, *, range: Any = ..., weight: Any = ..., density: Any = ..., out: Any = ...) -> Any:
        """How many elements (or what weight of them) fall into bins: (hist, bin_edges)."""
    def hsplit(self, indices_or_sections: Any) -> builtins.tuple[Tensor, ...]:
        """Parts along dimension 1: that many of equal size, or cut before each index."""
    def hypot(self, other: Any) -> Tensor:
        """sqrt(input^2 + other^2)."""
    def hypot_(self, other: Any) -> Tensor:
        """In-place hypot."""
    def i0(self) -> Tensor:
        """The modified Bessel function of the first kind, order 0."""
    def i0_(self) -> Tensor:
        """In-place i0."""
    id: builtins.int
    def igamma(self, other: Any) -> Tensor:
        """The regularised lower incomplete gamma function."""
    def igamma_(self, other: Any) -> Tensor:
        """In-place igamma."""
    def igammac(self, other: Any) -> Tensor:
        """The regularised upper incomplete gamma function."""
    def igammac_(self, other: Any) -> Tensor:
        """In-place igammac."""
    imag: Tensor
    def index(self, indices: Any) -> Tensor:
        """x[indices]."""
    def index_add(self, dim: Any, index: Any, source: Any, *, alpha: Any = ..., out: Any = ...) -> Tensor:
        """`index_add_` on a copy."""
    def index_add_(self, dim: Any, index: Any, source: Any, *, alpha: Any = ...) -> Tensor:
        """Adds slices of `source` to the slices along a dimension that the index names."""
    def index_copy(self, dim: Any, index: Any, source: Any, *, out: Any = ...) -> Tensor:
        """A copy with slices along a dimension replaced."""
    def index_copy_(self, dim: Any, index: Any, source: Any) -> Tensor:
        """Replaces the slices along a dimension that the index names."""
    def index_fill(self, dim: Any, index: Any, value: Any, *, out: Any = ...) -> Tensor:
        """A copy with slices along a dimension filled with a number."""
    def index_fill_(self, dim: Any, index: Any, value: Any) -> Tensor:
        """Fills the slices along a dimension that the index names with a number."""
    def index_put(self, indices: Any, values: Any, accumulate: Any = ...) -> Tensor:
        """A copy with input[indices] = values."""
    def index_put_(self, indices: Any, values: Any, accumulate: Any = ...) -> Tensor:
        """self[indices] = values, or += where accumulate."""
    def index_reduce(self, dim: Any, index: Any, source: Any, reduce: Any, *, include_self: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
        """A copy in which slices of `source` are combined with those that a vector of indices names along a dimension."""
    def index_reduce_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place index_reduce."""
    def index_select(self, dim: Any, index: Any, *, out: Any = ...) -> Tensor:
        """The slices along a dimension whose numbers are given."""
    def indices(self) -> Tensor:
        """Raises RuntimeError: dense tensors have no indices."""
    def inner(self, other: Any, *, out: Any = ...) -> Tensor:
        """The sums of products over the last dimensions."""
    def int(self, memory_format: Any = ...) -> Tensor:
        ...
    def int_repr(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises NotImplementedError."""
    def inverse(self, *, out: Any = ...) -> Tensor:
        """Inverses of square matrices."""
    def ipu(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants an accelerator of Graphcore's; raises RuntimeError."""
    def is_coalesced(self) -> builtins.bool:
        """Raises RuntimeError: dense tensors have no is_coalesced."""
    def is_complex(self) -> builtins.bool:
        ...
    def is_conj(self) -> builtins.bool:
        """Whether the tensor came from `conj`."""
    def is_contiguous(self, memory_format: Any = ...) -> builtins.bool:
        """Whether the elements lie in memory in the order that the format says."""
    is_cpu: builtins.bool
    is_cuda: builtins.bool
    def is_distributed(self) -> builtins.bool:
        """Whether the tensor is spread over machines: no."""
    def is_floating_point(self) -> builtins.bool:
        ...
    def is_inference(self) -> builtins.bool:
        """Whether the tensor was made in inference mode."""
    is_ipu: builtins.bool
    is_maia: builtins.bool
    is_meta: builtins.bool
    is_mkldnn: builtins.bool
    is_mps: builtins.bool
    is_mtia: builtins.bool
    def is_neg(self) -> builtins.bool:
        """Whether negation is still to be done: never."""
    is_nested: builtins.bool
    def is_nonzero(self) -> builtins.bool:
        ...
    def is_pinned(self) -> builtins.bool:
        ...
    is_quantized: builtins.bool
    def is_same_size(self, other: Any) -> builtins.bool:
        """Whether two tensors have the same shape."""
    def is_set_to(self, tensor: Any) -> builtins.bool:
        """Whether two tensors are the same view of the same memory."""
    def is_shared(self) -> builtins.bool:
        """Whether other processes may see the memory of this tensor."""
    def is_signed(self) -> builtins.bool:
        ...
    is_sparse: builtins.bool
    is_sparse_csr: builtins.bool
    is_vulkan: builtins.bool
    is_xla: builtins.bool
    is_xpu: builtins.bool
    def isclose(self, other: Any, rtol: Any = ..., atol: Any = ..., equal_nan: Any = ...) -> Tensor:
        """Whether |input - other| <= atol + rtol * |other|, element by element."""
    def isfinite(self) -> Tensor:
        """Whether each element is finite."""
    def isinf(self) -> Tensor:
        """Whether each element is infinite."""
    def isnan(self) -> Tensor:
        """Whether each element is NaN."""
    def isneginf(self) -> Tensor:
        """Whether an element is -inf."""
    def isposinf(self) -> Tensor:
        """Whether an element is inf."""
    def isreal(self) -> Tensor:
        """Whether each element has no imaginary part."""
    def istft(self, n_fft: Any, hop_length: Any = ..., win_length: Any = ..., window: Any = ..., center: Any = ..., normalized: Any = ..., onesided: Any = ..., length: Any = ..., return_complex: Any = ...) -> Tensor:  # noqa: E501
        """The signal whose short-time Fourier transform comes nearest to the given one (Griffin and Lim, 1984)."""
    def item(self) -> Any:
        """The one element as a Python number; pending work is run first."""
    def kron(self, other: Any, *, out: Any = ...) -> Tensor:
        """Every element of one times the whole of the other."""
    def kthvalue(self, k: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Any:
        """The k-th smallest element along a dimension, and its position."""
    def lcm(self, other: Any) -> Tensor:
        """The least common multiple of two whole numbers."""
    def lcm_(self, other: Any) -> Tensor:
        """In-place lcm."""
    def ldexp(self, other: Any, *, out: Any = ...) -> Tensor:
        """input * 2 ** other."""
    def ldexp_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place ldexp."""
    def le(self, other: Any) -> Tensor:
        """Whether each element is less or equal."""
    def le_(self, other: Any) -> Tensor:
        """In-place le."""
    def lerp(self, end: Any, weight: Any, *, out: Any = ...) -> Tensor:
        """input + weight * (end - input)."""
    def lerp_(self, end: Any, weight: Any) -> Tensor:
        ...
    def less(self, other: Any) -> Tensor:
        """Whether each element is less."""
    def less_(self, other: Any) -> Tensor:
        """In-place less."""
    def less_equal(self, other: Any) -> Tensor:
        """Whether each element is less or equal."""
    def less_equal_(self, other: Any) -> Tensor:
        """In-place less_equal."""
    level: Any
    def lgamma(self) -> Tensor:
        """log(|gamma(x)|)."""
    def lgamma_(self) -> Tensor:
        """In-place lgamma."""
    def log(self) -> Tensor:
        """log of each element."""
    def log10(self) -> Tensor:
        """log10 of each element."""
    def log10_(self) -> Tensor:
        """In-place log10."""
    def log1p(self) -> Tensor:
        """log1p of each element."""
    def log1p_(self) -> Tensor:
        """In-place log1p."""
    def log2(self) -> Tensor:
        """log2 of each element."""
    def log2_(self) -> Tensor:
        """In-place log2."""
    def log_(self) -> Tensor:
        """In-place log."""
    def log_normal_(self, *args: Any, generator: Any = ..., **kwargs: Any) -> Tensor:
        """Fills the tensor with random numbers; see torch.Tensor.log_normal_."""
    def log_softmax(self, dim: Any, dtype: Any = ..., *, out: Any = ...) -> Tensor:
        """log(softmax(x)) along a dimension, without overflow."""
    def logaddexp(self, other: Any) -> Tensor:
        """log(exp(input) + exp(other))."""
    def logaddexp2(self, other: Any) -> Tensor:
        """log2(2^input + 2^other)."""
    def logcumsumexp(self, dim: Any, *, out: Any = ...) -> Tensor:
        """log of the running sum of exp along a dimension, without overflow."""
    def logdet(self, *, out: Any = ...) -> Tensor:
        """Logarithms of determinants; NaN where a real one is negative."""
    def logical_and(self, other: Any) -> Tensor:
        """Logical and."""
    def logical_and_(self, other: Any) -> Tensor:
        """In-place logical_and."""
    def logical_not(self) -> Tensor:
        """Logical not."""
    def logical_not_(self) -> Tensor:
        """In-place logical_not."""
    def logical_or(self, other: Any) -> Tensor:
        """Logical or."""
    def logical_or_(self, other: Any) -> Tensor:
        """In-place logical_or."""
    def logical_xor(self, other: Any) -> Tensor:
        """Logical exclusive or."""
    def logical_xor_(self, other: Any) -> Tensor:
        """In-place logical_xor."""
    def logit(self, eps: Any = ..., *, out: Any = ...) -> Tensor:
        """log(x / (1 - x)), with x bounded by eps and 1 - eps where eps is given."""
    def logit_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place logit."""
    def logsumexp(self, dim: Any, keepdim: Any = ..., *, out: Any = ...) -> Tensor:
        """log(sum(exp(x))) over dimensions, without overflow."""
    def long(self, memory_format: Any = ...) -> Tensor:
        ...
    def lstsq(self, *args: Any, **kwargs: Any) -> Any:
        """Removed: torch.linalg.lstsq takes the matrix first and returns a named tuple."""
    def lt(self, other: Any) -> Tensor:
        """Whether each element is less."""
    def lt_(self, other: Any) -> Tensor:
        """In-place lt."""
    def lu(self, pivot: Any = ..., get_infos: Any = ..., out: Any = ...) -> Any:
        """L and U of A = P L U in one matrix, and the row exchanges; with `get_infos` the zero pivots, too."""
    def lu_solve(self, LU_data: Any, LU_pivots: Any, *, out: Any = ...) -> Tensor:
        """X of A X = b, from the factors that `lu_factor` gives."""
    @property
    def mH(self) -> Tensor:
        """The last two dimensions swapped, the elements conjugated where the name says so."""
    @property
    def mT(self) -> Tensor:
        """The last two dimensions swapped, the elements conjugated where the name says so."""
    def map2_(self, x: Any, y: Any, callable: Any) -> Tensor:
        """Replaces each element by what a Python function makes of it and of two other tensors'."""
    def map_(self, tensor: Any, callable: Any) -> Tensor:
        """Replaces each element by what a Python function makes of it and of another tensor's."""
    def masked_fill(self, mask: Any, value: Any) -> Tensor:
        """A copy with the elements under a mask set to a number."""
    def masked_fill_(self, mask: Any, value: Any) -> Tensor:
        """Sets the elements under a mask to a number."""
    def masked_scatter(self, mask: Any, source: Any) -> Tensor:
        """A copy whose elements under a mask are replaced by those of `source`, in order."""
    def masked_scatter_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place masked_scatter."""
    def masked_select(self, mask: Any, *, out: Any = ...) -> Tensor:
        """The elements under a mask, as a vector."""
    def matmul(self, other: Any, *, out: Any = ...) -> Tensor:
        """The product of vectors, matrices or batches of matrices (broadcast)."""
    def matrix_exp(self) -> Tensor:
        """The exponentials of square matrices."""
    def matrix_power(self, n: Any, *, out: Any = ...) -> Tensor:
        """Square matrices to an integer power; a negative one inverts them."""
    def max(self, *args: Any, **kwargs: Any) -> Any:
        """The maximum of all elements; along a dimension, with its positions; or element by element with another tensor."""
    def maximum(self, other: Any, *, out: Any = ...) -> Tensor:
        """The larger of two elements; NaN wins."""
    def mean(self, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
        """Mean over dimensions; RuntimeError for integers (give a dtype)."""
    def median(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Any:
        """The median of all elements, or along a dimension with its positions; of two middle elements the lower."""
    def min(self, *args: Any, **kwargs: Any) -> Any:
        """The minimum of all elements; along a dimension, with its positions; or element by element with another tensor."""
    def minimum(self, other: Any, *, out: Any = ...) -> Tensor:
        """The smaller of two elements; NaN wins."""
    def mm(self, mat2: Any, *, out: Any = ...) -> Tensor:
        """The product of two matrices, (m, k) @ (k, n)."""
    def mode(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Any:
        """The most frequent element along a dimension (of several the smallest), and its last position."""
    def module_load(self, other: Any, assign: Any = ...) -> Tensor:
        """What load_state_dict puts in the place of this parameter or buffer: the other tensor, cut off where copied."""
    def moveaxis(self, source: Any, destination: Any) -> Tensor:
        """A view with dimensions moved to other places."""
    def movedim(self, source: Any, destination: Any) -> Tensor:
        """A view with dimensions moved to other places."""
    def msort(self, *, out: Any = ...) -> Tensor:
        """The elements in order along the first dimension."""
    def mtia(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants an accelerator of Meta's; raises AssertionError."""
    def mul(self, other: Any) -> Tensor:
        """Product of two tensors, element by element."""
    def mul_(self, other: Any) -> Tensor:
        """In-place mul."""
    def multinomial(self, num_samples: Any, replacement: Any = ..., *, generator: Any = ..., out: Any = ...) -> Tensor:
        """Indices drawn from rows of weights."""
    def multiply(self, other: Any) -> Tensor:
        """Product of two tensors, element by element."""
    def multiply_(self, other: Any) -> Tensor:
        """In-place multiply."""
    def mv(self, vec: Any, *, out: Any = ...) -> Tensor:
        """A matrix times a vector."""
    def mvlgamma(self, p: Any, *, out: Any = ...) -> Tensor:
        """log of the multivariate gamma function with dimension p."""
    def mvlgamma_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place mvlgamma."""
    def nan_to_num(self, nan: Any = ..., posinf: Any = ..., neginf: Any = ..., *, out: Any = ...) -> Tensor:
        """NaN and the infinities replaced by numbers (0 and the largest and smallest finite ones by default)."""
    def nan_to_num_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place nan_to_num."""
    def nanmean(self, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
        """The mean over dimensions without regard to NaN."""
    def nanmedian(self, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Any:
        """The median of all elements, or along a dimension with its positions; of two middle elements the lower."""
    def nanquantile(self, q: Any, dim: Any = ..., keepdim: Any = ..., *, interpolation: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
        """`quantile` without regard to NaN."""
    def nansum(self, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
        """The sum over dimensions, in which NaN counts as zero."""
    def narrow(self, dim: Any, start: Any, length: Any) -> Tensor:
        """A view of `length` elements from `start` on along a dimension."""
    def narrow_copy(self, dim: Any, start: Any, length: Any, *, out: Any = ...) -> Tensor:
        """A copy of what narrow shows."""
    def ndimension(self) -> builtins.int:
        """The number of dimensions."""
    def ne(self, other: Any) -> Tensor:
        """Whether elements differ."""
    def ne_(self, other: Any) -> Tensor:
        """In-place ne."""
    def neg(self) -> Tensor:
        """Negative of each element."""
    def neg_(self) -> Tensor:
        """In-place neg."""
    def negative(self) -> Tensor:
        """Negative of each element."""
    def negative_(self) -> Tensor:
        """In-place negative."""
    def nelement(self) -> builtins.int:
        """The number of elements."""
    def new(self, *args: Any, device: Any = ...) -> Tensor:
        """A tensor of this one's dtype, as the legacy constructors make it: of sizes, or of the values of a sequence."""
    def new_empty(self, *size: Any, dtype: Any = ..., **kwargs: Any) -> Tensor:
        """An uninitialised tensor of this tensor's dtype."""
    def new_empty_strided(self, size: Any, stride: Any, *, dtype: Any = ..., **kwargs: Any) -> Tensor:
        """An uninitialised tensor of this tensor's dtype with given strides."""
    def new_full(self, size: Any, fill_value: Any, *, dtype: Any = ..., **kwargs: Any) -> Tensor:
        """One number, in this tensor's dtype."""
    def new_ones(self, *size: Any, dtype: Any = ..., **kwargs: Any) -> Tensor:
        """Ones of this tensor's dtype."""
    def new_tensor(self, data: Any, *, dtype: Any = ..., device: Any = ..., requires_grad: Any = ...) -> Tensor:
        """Values, in this tensor's dtype."""
    def new_zeros(self, *size: Any, dtype: Any = ..., **kwargs: Any) -> Tensor:
        """Zeros of this tensor's dtype."""
    def nextafter(self, other: Any) -> Tensor:
        """The next floating-point number from one towards another."""
    def nextafter_(self, other: Any) -> Tensor:
        """In-place nextafter."""
    def nonzero(self, *, out: Any = ..., as_tuple: Any = ...) -> Tensor:
        """The positions of the elements that are not zero: (count, dimensions), or one vector for each dimension."""
    def nonzero_static(self, *, size: Any, fill_value: Any = ..., out: Any = ...) -> Tensor:
        """The first `size` positions of what is not zero, filled up with a number: (size, dimensions)."""
    def norm(self, p: Any = ..., dim: Any = ..., keepdim: Any = ..., out: Any = ..., dtype: Any = ...) -> Tensor:
        """The p-norm of the elements over dimensions (2 by default)."""
    def normal_(self, *args: Any, generator: Any = ..., **kwargs: Any) -> Tensor:
        """Fills the tensor with random numbers; see torch.Tensor.normal_."""
    def not_equal(self, other: Any) -> Tensor:
        """Whether elements differ."""
    def not_equal_(self, other: Any) -> Tensor:
        """In-place not_equal."""
    def numel(self) -> builtins.int:
        """The number of elements."""
    def numpy(self, *, force: Any = ...) -> Any:
        """A NumPy array that shares this tensor's memory."""
    def orgqr(self, tau: Any, *, out: Any = ...) -> Tensor:
        """The first n columns of the product of k reflections."""
    def ormqr(self, tau: Any, other: Any, left: Any = ..., transpose: Any = ..., *, out: Any = ...) -> Tensor:
        """A matrix times the product Q of reflections: Q C, or C Q where not left; transpose: Q^H in place of Q."""
    def outer(self, vec2: Any, *, out: Any = ...) -> Tensor:
        """All products of the elements of two vectors."""
    def own_copy(self) -> Tensor:
        """This tensor where nothing else looks at its memory, else a copy; outside of the graph."""
    def permute(self, *order: Any, dims: Any = ...) -> Tensor:
        ...
    def pin_memory(self, *args: Any) -> Tensor:
        ...
    def pinverse(self, rcond: Any = ..., *, out: Any = ...) -> Tensor:
        """Pseudo-inverses; singular values up to rcond times the largest count as zero."""
    def placed(self, edge: Any) -> Tensor:
        """This tensor at another place on the tape."""
    def polygamma(self, n: Any) -> Tensor:
        ...
    def polygamma_(self, n: Any) -> Tensor:
        """In-place polygamma; its gradient asks for what was there before, so that is copied."""
    def positive(self) -> Tensor:
        """The tensor itself; RuntimeError for truth values."""
    def pow(self, exponent: Any, *, out: Any = ...) -> Tensor:
        """input ** exponent, element by element."""
    def pow_(self, exponent: Any) -> Tensor:
        ...
    def prelu(self, weight: Any) -> Tensor:
        """x where positive, else weight * x; one weight, or one for each channel (dimension 1)."""
    def prod(self, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
        """Product over one dimension, or of all elements."""
    def put(self, index: Any, source: Any, accumulate: Any = ...) -> Tensor:
        """A copy with the elements at flat positions replaced, or added to."""
    def put_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place put."""
    def q_per_channel_axis(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises NotImplementedError."""
    def q_per_channel_scales(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises NotImplementedError."""
    def q_per_channel_zero_points(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises NotImplementedError."""
    def q_scale(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises NotImplementedError."""
    def q_zero_point(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises NotImplementedError."""
    def qr(self, some: Any = ..., *, out: Any = ...) -> Any:
        """Q and R of input = Q R, reduced or complete."""
    def qscheme(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises NotImplementedError."""
    def quantile(self, q: Any, dim: Any = ..., keepdim: Any = ..., *, interpolation: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
        """The q-quantiles of all elements or along a dimension; q a number or a vector, whose dimension comes first."""
    def rad2deg(self) -> Tensor:
        """Radians as degrees."""
    def rad2deg_(self) -> Tensor:
        """In-place rad2deg."""
    def random_(self, *args: Any, generator: Any = ..., **kwargs: Any) -> Tensor:
        """Fills the tensor with random numbers; see torch.Tensor.random_."""
    def ravel(self) -> Tensor:
        """All elements in one dimension, as neighbours in memory."""
    real: Tensor
    def reciprocal(self) -> Tensor:
        """1 divided by each element."""
    def reciprocal_(self) -> Tensor:
        """In-place reciprocal."""
    def record_stream(self, stream: Any) -> Tensor:
        """Marks a use of the memory by a stream of a GPU, which there is none of."""
    def register_hook(self, hook: Any) -> Any:
        """Calls hook(grad) when the gradient of this tensor is computed; what it returns replaces the gradient."""
    def register_post_accumulate_grad_hook(self, hook: Any) -> Any:
        """Calls hook(tensor) after this leaf's gradient has been accumulated."""
    def reinforce(self, reward: Any) -> Tensor:
        """Removed: torch.distributions has log_prob."""
    def relu(self) -> Tensor:
        """max(x, 0)."""
    def relu_(self) -> Tensor:
        """In-place relu."""
    def remainder(self, other: Any) -> Tensor:
        """Remainder of the division rounded down; it has the sign of the divisor."""
    def remainder_(self, other: Any) -> Tensor:
        """In-place remainder."""
    def renew(self) -> Tensor:
        """Where the memory of this view was overwritten, makes the view a part of its base's new graph."""
    def renorm(self, p: Any, dim: Any, maxnorm: Any, *, out: Any = ...) -> Tensor:
        """Slices along a dimension scaled down so that none has a p-norm above maxnorm."""
    def renorm_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place renorm."""
    def repeat(self, *times: Any, repeats: Any = ...) -> Tensor:
        """Copies of the tensor, side by side along each dimension."""
    def repeat_interleave(self, repeats: Any = ..., dim: Any = ..., *, output_size: Any = ...) -> Tensor:
        """Each element (or slice along a dimension) so many times in a row; of counts alone, the numbers so repeated."""
    def requires_grad_(self, requires_grad: Any = ...) -> Tensor:
        """Sets requires_grad and returns the tensor."""
    def reshape(self, *sizes: Any, shape: Any = ...) -> Tensor:
        ...
    def reshape_as(self, other: Any) -> Tensor:
        """This tensor in another one's shape."""
    def resize(self, *sizes: Any) -> Tensor:
        """A view of another shape with as many elements."""
    def resize_(self, *size: Any, memory_format: Any = ...) -> Tensor:
        ...
    def resize_as(self, tensor: Any) -> Tensor:
        """A view of another tensor's shape, with as many elements."""
    def resize_as_(self, the_template: Any, *, memory_format: Any = ...) -> Tensor:
        """Gives a tensor the shape of another; the elements are not kept."""
    def resize_as_sparse_(self, the_template: Any) -> Tensor:
        """A kernel of another device; raises NotImplementedError."""
    def resolve_conj(self) -> Tensor:
        """The same numbers; a copy where they are a conjugate that PyTorch would not have computed yet."""
    def resolve_neg(self) -> Tensor:
        """The same numbers: negatives are always computed."""
    def retain_grad(self) -> Tensor:
        """Makes backward() store the gradient of this non-leaf tensor in `.grad`."""
    def roll(self, shifts: Any, dims: Any = ...) -> Tensor:
        """A copy with the elements shifted along dimensions; what leaves at the end comes in at the beginning."""
    def rot90(self, k: Any = ..., dims: Any = ...) -> Tensor:
        """Turned by k times 90 degrees in the plane of two dimensions."""
    def round(self, *, decimals: Any = ..., out: Any = ...) -> Tensor:
        """Elements rounded to whole numbers (half to even), or to `decimals` places."""
    def round_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place round."""
    def row_indices(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants another kind of tensor; raises RuntimeError."""
    def rsqrt(self) -> Tensor:
        """rsqrt of each element."""
    def rsqrt_(self) -> Tensor:
        """In-place rsqrt."""
    def rsub(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """other - alpha * input."""
    def scatter(self, dim: Any, index: Any, src: Any = ..., *, value: Any = ..., reduce: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
        """A copy in which the elements of `src` (or a number) replace those that the index names along a dimension."""
    def scatter_(self, dim: Any, index: Any, src: Any = ..., *, value: Any = ..., reduce: Any = ...) -> Tensor:
        """`scatter` in place."""
    def scatter_add(self, dim: Any, index: Any, src: Any, *, out: Any = ...) -> Tensor:
        """A copy in which the elements of `src` are added to those that the index names along a dimension."""
    def scatter_add_(self, dim: Any, index: Any, src: Any) -> Tensor:
        """`scatter_add` in place."""
    def scatter_reduce(self, dim: Any, index: Any, src: Any, reduce: Any, *, include_self: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
        """A copy in which the elements of `src` are combined with those that the index names along a dimension."""
    def scatter_reduce_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place scatter_reduce; gradients ask for what was there before, so that is copied."""
    def select(self, dim: Any, index: Any) -> Tensor:
        """A view of one element along a dimension, which goes away."""
    def select_scatter(self, src: Any, dim: Any, index: Any) -> Tensor:
        """A copy with one slice along a dimension replaced."""
    def set_(self, source: Any = ..., storage_offset: Any = ..., size: Any = ..., stride: Any = ...) -> None:
        """Makes this tensor look at the memory of another tensor or of a storage."""
    def sgn(self) -> Tensor:
        """Sign of each element; of a complex one z / |z|."""
    def sgn_(self) -> Tensor:
        """In-place sgn."""
    def share_memory_(self) -> Tensor:
        """Moves the memory that this tensor looks at to where other processes see it; it is then the same in all."""
    def short(self, memory_format: Any = ...) -> Tensor:
        ...
    def sigmoid(self) -> Tensor:
        """sigmoid of each element."""
    def sigmoid_(self) -> Tensor:
        """In-place sigmoid."""
    def sign(self) -> Tensor:
        """Sign of each element."""
    def sign_(self) -> Tensor:
        """In-place sign."""
    def signbit(self) -> Tensor:
        """Whether the sign is minus."""
    def sin(self) -> Tensor:
        """sin of each element."""
    def sin_(self) -> Tensor:
        """In-place sin."""
    def sinc(self) -> Tensor:
        """sin(pi x) / (pi x), 1 at 0."""
    def sinc_(self) -> Tensor:
        """In-place sinc."""
    def sinh(self) -> Tensor:
        """sinh of each element."""
    def sinh_(self) -> Tensor:
        """In-place sinh."""
    def size(self, dim: Any = ...) -> Any:
        """The shape, or the size of one dimension."""
    def slice_inverse(self, src: Any, dim: Any = ..., start: Any = ..., end: Any = ..., step: Any = ...) -> Tensor:
        """What a slice was taken from: its memory, seen as `src` is."""
    def slice_scatter(self, src: Any, dim: Any = ..., start: Any = ..., end: Any = ..., step: Any = ...) -> Tensor:
        """A copy with every step-th slice from start to end replaced."""
    def slogdet(self, *, out: Any = ...) -> Any:
        """Signs of determinants, and logarithms of their absolute values."""
    def smm(self, mat: Any) -> Tensor:
        """The product of a sparse and a dense matrix as a sparse one."""
    def softmax(self, dim: Any, dtype: Any = ..., *, out: Any = ...) -> Tensor:
        """exp(x) / sum(exp(x)) along a dimension."""
    def solve(self, *args: Any, **kwargs: Any) -> Tensor:
        """Removed: torch.linalg.solve takes the matrix first and returns the solution alone."""
    def sort(self, dim: Any = ..., descending: Any = ..., stable: Any = ..., *, out: Any = ...) -> Any:
        """The elements in order along a dimension, and their places before: (values, indices)."""
    def sparse_dim(self) -> Tensor:
        ...
    def sparse_mask(self, mask: Any) -> Tensor:
        """The elements at the places of a sparse tensor."""
    def sparse_resize_(self, size: Any, sparse_dim: Any, dense_dim: Any) -> Tensor:
        """A kernel of another device; raises NotImplementedError."""
    def sparse_resize_and_clear_(self, size: Any, sparse_dim: Any, dense_dim: Any) -> Tensor:
        """A kernel of another device; raises NotImplementedError."""
    def split(self, split_size: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
        """Consecutive parts along a dimension, as `split` gives them."""
    def split_with_sizes(self, split_sizes: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
        """Consecutive parts of given sizes."""
    def sqrt(self) -> Tensor:
        """sqrt of each element."""
    def sqrt_(self) -> Tensor:
        """In-place sqrt."""
    def square(self) -> Tensor:
        """Square of each element."""
    def square_(self) -> Tensor:
        """In-place square."""
    def squeeze(self, dim: Any = ...) -> Tensor:
        """A view without the dimensions of size 1, or without those named."""
    def squeeze_(self, *args: Any, **kwargs: Any) -> Tensor:
        ...
    def sspaddmm(self, mat1: Any, mat2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
        """beta * input + alpha * (mat1 @ mat2), all sparse but mat2."""
    def std(self, dim: Any = ..., unbiased: Any = ..., keepdim: Any = ..., *, correction: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
        """Standard deviation over dimensions; the square root of `var`."""
    def stft(self, n_fft: Any, hop_length: Any = ..., win_length: Any = ..., window: Any = ..., center: Any = ..., pad_mode: Any = ..., normalized: Any = ..., onesided: Any = ..., return_complex: Any = ..., align_to_window: Any = ...) -> Tensor:  # noqa: E501
        """The Fourier transforms of the windows of a signal: (batch, frequency, frame)."""
    def storage_offset(self) -> builtins.int:
        """Elements of the storage before the first one of this view."""
    def storage_type(self) -> Tensor:
        """The class of a tensor's storage."""
    def stride(self, dim: Any = ...) -> Any:
        """The strides in elements, or the stride of one dimension."""
    def sub(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """Difference of two tensors, element by element."""
    def sub_(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """In-place sub."""
    def subtract(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """Difference of two tensors, element by element."""
    def subtract_(self, other: Any, *, alpha: Any = ...) -> Tensor:
        """In-place subtract."""
    def sum(self, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
        """Sum over dimensions (all of them by default); integers are summed in int64."""
    def sum_to_size(self, *size: Any) -> Tensor:
        """Sums over the dimensions that a shape would be broadcast along; the opposite of expand."""
    def svd(self, some: Any = ..., compute_uv: Any = ..., *, out: Any = ...) -> Any:
        """U, S and V of input = U diag(S) V^H."""
    def swapaxes(self, dim0: Any, dim1: Any) -> Tensor:
        """A view with two dimensions swapped."""
    def swapaxes_(self, *args: Any, **kwargs: Any) -> Tensor:
        ...
    def swapdims(self, dim0: Any, dim1: Any) -> Tensor:
        """A view with two dimensions swapped."""
    def swapdims_(self, *args: Any, **kwargs: Any) -> Tensor:
        ...
    def symeig(self, *args: Any, **kwargs: Any) -> Tensor:
        """Removed: torch.linalg.eigvalsh gives the values, torch.linalg.eigh the vectors as well."""
    def t(self) -> Tensor:
        """A matrix transposed."""
    def t_(self, *args: Any, **kwargs: Any) -> Tensor:
        ...
    def take(self, index: Any, *, out: Any = ...) -> Tensor:
        """The elements at flat positions."""
    def take_along_dim(self, indices: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
        """Elements along a dimension by their numbers; the other dimensions are broadcast."""
    def tan(self) -> Tensor:
        """tan of each element."""
    def tan_(self) -> Tensor:
        """In-place tan."""
    def tanh(self) -> Tensor:
        """tanh of each element."""
    def tanh_(self) -> Tensor:
        """In-place tanh."""
    def tensor_split(self, indices_or_sections: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
        """Parts along a dimension: that many of nearly equal size, or cut before each index."""
    def tile(self, *repeats: Any, dims: Any = ...) -> Tensor:
        """Copies side by side along each dimension."""
    def to(self, *args: Any, **kwargs: Any) -> Tensor:
        """This tensor in another dtype (or on another device); itself where nothing changes."""
    def to_dense(self, dtype: Any = ..., *, masked_grad: Any = ...) -> Tensor:
        """All elements: the tensor itself, or cast."""
    def to_mkldnn(self) -> Tensor:
        """The tensor: layers choose their own layout here."""
    def to_padded_tensor(self, padding: Any, output_size: Any = ...) -> Tensor:
        """A kernel of another device; raises NotImplementedError."""
    def to_sparse(self, sparse_dim: Any = ..., *, layout: Any = ..., blocksize: Any = ..., dense_dim: Any = ...) -> Any:
        """The elements that are not zero, with their places, as a sparse tensor."""
    def to_sparse_bsc(self, blocksize: Any, dense_dim: Any = ...) -> Tensor:
        """The blocks that differ from zero, column by column; raises NotImplementedError."""
    def to_sparse_bsr(self, blocksize: Any, dense_dim: Any = ...) -> Tensor:
        """The blocks that differ from zero, row by row; raises NotImplementedError."""
    def to_sparse_coo(self) -> Tensor:
        """The elements that differ from zero, with their places."""
    def to_sparse_csc(self, dense_dim: Any = ...) -> Tensor:
        """The elements that differ from zero, column by column."""
    def to_sparse_csr(self, dense_dim: Any = ...) -> Tensor:
        """The elements that differ from zero, row by row."""
    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers."""
    def topk(self, k: Any, dim: Any = ..., largest: Any = ..., sorted: Any = ..., *, out: Any = ...) -> Any:
        """The k largest (or smallest) elements along a dimension, and their places: (values, indices)."""
    def trace(self, *, out: Any = ...) -> Tensor:
        """The sum of the diagonal of a matrix."""
    def transpose(self, dim0: Any, dim1: Any) -> Tensor:
        """A view with two dimensions swapped."""
    def transpose_(self, *args: Any, **kwargs: Any) -> Tensor:
        ...
    def triangular_solve(self, A: Any, upper: Any = ..., transpose: Any = ..., unitriangular: Any = ..., *, out: Any = ...) -> Any:  # noqa: E501
        """X of A X = b (or A^T X = b) for triangular A, and A."""
    def tril(self, diagonal: Any = ..., *, out: Any = ...) -> Tensor:
        """The lower triangle of matrices, up to a diagonal."""
    def tril_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place tril."""
    def triu(self, diagonal: Any = ..., *, out: Any = ...) -> Tensor:
        """The upper triangle of matrices, from a diagonal on."""
    def triu_(self, *args: Any, **kwargs: Any) -> Tensor:
        """In-place triu."""
    def true_divide(self, other: Any, *, out: Any = ...) -> Tensor:
        """Quotient, element by element."""
    def true_divide_(self, other: Any) -> Tensor:
        ...
    def trunc(self) -> Tensor:
        """trunc of each element."""
    def trunc_(self) -> Tensor:
        """In-place trunc."""
    def type(self, dtype: Any = ..., non_blocking: Any = ...) -> Any:
        """The legacy type name, or this tensor in another dtype."""
    def type_as(self, other: Any) -> Tensor:
        """This tensor in the dtype of another."""
    def unbind(self, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
        """All the slices along a dimension."""
    def unflatten(self, dim: Any, sizes: Any) -> Tensor:
        """One dimension as several."""
    def unfold(self, dimension: Any, size: Any, step: Any) -> Tensor:
        """A view of all windows of `size` elements, every `step`, along a dimension; the window is the last dimension."""
    def uniform_(self, *args: Any, generator: Any = ..., **kwargs: Any) -> Tensor:
        """Fills the tensor with random numbers; see torch.Tensor.uniform_."""
    def unique(self, sorted: Any = ..., return_inverse: Any = ..., return_counts: Any = ..., dim: Any = ...) -> Any:
        """The distinct elements (or slices along a dimension) in order; where asked for, each one's place and count."""
    def unique_consecutive(self, return_inverse: Any = ..., return_counts: Any = ..., dim: Any = ...) -> Any:
        """The elements (or slices along a dimension) without those that equal the one before them."""
    def unsafe_chunk(self, chunks: Any, dim: Any = ...) -> Tensor:
        """chunk, of whose results each counts its changes alone."""
    def unsafe_split(self, split_size: Any, dim: Any = ...) -> Tensor:
        """split, of whose results each counts its changes alone."""
    def unsafe_split_with_sizes(self, split_size: Any, dim: Any = ...) -> Tensor:
        """split, of whose results each counts its changes alone."""
    def unsqueeze(self, dim: Any) -> Tensor:
        """A view with a new dimension of size 1."""
    def unsqueeze_(self, *args: Any, **kwargs: Any) -> Tensor:
        ...
    def untyped_storage(self) -> Any:
        """The memory that this tensor is a view of."""
    def values(self) -> Tensor:
        """Raises RuntimeError: dense tensors have no values."""
    def var(self, dim: Any = ..., unbiased: Any = ..., keepdim: Any = ..., *, correction: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
        """Variance over dimensions; divides by n - correction (1 by default, 0 where unbiased is False)."""
    def vdot(self, other: Any, *, out: Any = ...) -> Tensor:
        """The inner product of two vectors, the first one conjugated."""
    def view(self, *shape: Any, dtype: Any = ..., size: Any = ...) -> Tensor:
        """x.view(2, 3), x.view((2, 3)), x.view(dtype)."""
    def view_as(self, other: Any) -> Tensor:
        """A view in another tensor's shape."""
    @property
    def volatile(self) -> Tensor:
        """Whether no gradients are to flow, as scripts said before `no_grad`: never."""
    def vsplit(self, indices_or_sections: Any) -> builtins.tuple[Tensor, ...]:
        """Parts along dimension 0: that many of equal size, or cut before each index."""
    def where(self, condition: Any, other: Any) -> Tensor:
        ...
    def xlogy(self, other: Any) -> Tensor:
        """input * log(other); 0 where input is 0."""
    def xlogy_(self, other: Any) -> Tensor:
        """In-place xlogy."""
    def xpu(self, *args: Any, **kwargs: Any) -> Tensor:
        """Wants a GPU of Intel's; raises AssertionError."""
    def zero_(self) -> Tensor:
        """Sets all elements to zero."""
