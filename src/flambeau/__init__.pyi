"""Type stubs, written by tools/make_stubs.py: edit that."""

from __future__ import annotations

import builtins
from typing import Any

from . import accelerator as accelerator
from . import amp as amp
from . import ao as ao
from . import autograd as autograd
from . import backends as backends
from . import box_muller as box_muller
from . import cells as cells
from . import codegen as codegen
from . import compat as compat
from . import compiler as compiler
from . import config as config
from . import creation as creation
from . import cuda as cuda
from . import devices as devices
from . import distributed as distributed
from . import distributions as distributions
from . import dtypes as dtypes
from . import errors as errors
from . import export as export
from . import fft as fft
from . import fma as fma
from . import func as func
from . import futures as futures
from . import fx as fx
from . import generator as generator
from . import handles as handles
from . import hub as hub
from . import interchange as interchange
from . import ir as ir
from . import jit as jit
from . import library as library
from . import linalg as linalg
from . import masked as masked
from . import mersenne as mersenne
from . import meta as meta
from . import mps as mps
from . import mtia as mtia
from . import multiprocessing as multiprocessing
from . import native as native
from . import nn as nn
from . import numeric_limits as numeric_limits
from . import onnx as onnx
from . import ops as ops
from . import optim as optim
from . import other_backends as other_backends
from . import overrides as overrides
from . import profiler as profiler
from . import quantization as quantization
from . import quantized as quantized
from . import random as random
from . import ranges as ranges
from . import return_types as return_types
from . import runtime as runtime
from . import sampling as sampling
from . import schedule as schedule
from . import serialization as serialization
from . import shapes as shapes
from . import signal as signal
from . import small_floats as small_floats
from . import sparse as sparse
from . import special as special
from . import storage as storage
from . import storage_view as storage_view
from . import strides as strides
from . import summaries as summaries
from . import testing as testing
from . import torch_version as torch_version
from . import torchsummary as torchsummary
from . import types as types
from . import utils as utils
from . import values as values
from . import version as version
from . import vision as vision
from . import viz as viz
from . import window_shapes as window_shapes
from . import xpu as xpu
class is_nonzero: ...
class ScriptObject: ...
from .amp.autocast_mode import autocast as autocast
from .amp.grad_scaler import GradScaler as GradScaler
from .autograd.modes import enable_grad as enable_grad
from .autograd.modes import inference_mode as inference_mode
from .autograd.modes import no_grad as no_grad
from .autograd.modes import set_grad_enabled as set_grad_enabled
from .devices import device as device
from .devices import layout as layout
from .devices import memory_format as memory_format
from .devices import qscheme as qscheme
from .dtypes import dtype as dtype
from .futures import Future as Future
from .gates import DisableTorchFunction as DisableTorchFunction
from .gates import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass
from .generator import Generator as Generator
from .meta import Size as Size
from .numeric_limits import finfo as finfo
from .numeric_limits import iinfo as iinfo
from .streams import AcceleratorError as AcceleratorError
from .streams import Event as Event
from .streams import FatalError as FatalError
from .streams import OutOfMemoryError as OutOfMemoryError
from .streams import Stream as Stream
from .symbols import SymBool as SymBool
from .symbols import SymFloat as SymFloat
from .symbols import SymInt as SymInt
from .tensor import Tensor as Tensor
class AliasDb: ...
class AnyType: ...
class Argument: ...
class ArgumentSpec: ...
class BFloat16Storage: ...
class BFloat16Tensor: ...
class BenchmarkExecutionStats: ...
class Block: ...
class BoolStorage: ...
class BoolTensor: ...
class BoolType: ...
class ByteStorage: ...
class ByteTensor: ...
class CallStack: ...
class Capsule: ...
class CharStorage: ...
class CharTensor: ...
class Code: ...
class CompleteArgumentSpec: ...
class ComplexDoubleStorage: ...
class ComplexFloatStorage: ...
class ComplexType: ...
class ConcreteModuleType: ...
class ConcreteModuleTypeBuilder: ...
class DeepCopyMemoTable: ...
class DeviceObjType: ...
class DispatchKey: ...
class DispatchKeySet: ...
class DoubleStorage: ...
class DoubleTensor: ...
class ErrorReport: ...
class ExcludeDispatchKeyGuard: ...
class ExecutionPlan: ...
class FloatStorage: ...
class FloatTensor: ...
class FloatType: ...
class FunctionSchema: ...
class Gradient: ...
class GraphExecutorState: ...
class HalfStorage: ...
class HalfTensor: ...
class IODescriptor: ...
class IntStorage: ...
class IntTensor: ...
class IntType: ...
class LiteScriptModule: ...
class LongStorage: ...
class LongTensor: ...
class Node: ...
class NoneType: ...
class NumberType: ...
class OperatorInfo: ...
class PyObjectType: ...
class ScriptClass: ...
class ScriptClassFunction: ...
class ScriptDictIterator: ...
class ScriptDictKeyIterator: ...
class ScriptListIterator: ...
class ScriptMethod: ...
class ScriptModuleSerializer: ...
class ScriptObjectProperty: ...
class SerializationStorageContext: ...
class ShortStorage: ...
class ShortTensor: ...
class StaticModule: ...
class StreamObjType: ...
class StringType: ...
class SymBoolType: ...
class SymIntType: ...
class TensorType: ...
class ThroughputBenchmark: ...
class TracingState: ...
class Use: ...
class Value: ...
class TypedStorage: ...
class UntypedStorage: ...

AVG: Any
SUM: Any
bfloat16: dtype
bit: dtype
bits16: dtype
bits1x8: dtype
bits2x4: dtype
bits4x2: dtype
bits8: dtype
bool: dtype
cdouble: dtype
cfloat: dtype
chalf: dtype
channels_last: memory_format
channels_last_3d: memory_format
complex128: dtype
complex32: dtype
complex64: dtype
contiguous_format: memory_format
default_generator: Any
double: dtype
e: builtins.float
float: dtype
float16: dtype
float32: dtype
float4_e2m1fn_x2: dtype
float64: dtype
float8_e4m3fn: dtype
float8_e4m3fnuz: dtype
float8_e5m2: dtype
float8_e5m2fnuz: dtype
float8_e8m0fnu: dtype
half: dtype
has_lapack: builtins.bool
has_mkl: builtins.bool
has_openmp: builtins.bool
has_spectral: builtins.bool
inf: builtins.float
int: dtype
int1: dtype
int16: dtype
int2: dtype
int3: dtype
int32: dtype
int4: dtype
int5: dtype
int6: dtype
int64: dtype
int7: dtype
int8: dtype
jagged: layout
legacy_contiguous_format: memory_format
long: dtype
nan: builtins.float
newaxis: Any
per_channel_affine: Any
per_channel_affine_float_qparams: Any
per_channel_symmetric: Any
per_tensor_affine: Any
per_tensor_symmetric: Any
pi: builtins.float
preserve_format: memory_format
qint32: dtype
qint8: dtype
quint2x4: dtype
quint4x2: dtype
quint8: dtype
short: dtype
sparse_bsc: layout
sparse_bsr: layout
sparse_coo: layout
sparse_csc: layout
sparse_csr: layout
strided: layout
uint1: dtype
uint16: dtype
uint2: dtype
uint3: dtype
uint32: dtype
uint4: dtype
uint5: dtype
uint6: dtype
uint64: dtype
uint7: dtype
uint8: dtype
ScriptFunction: Any
ScriptModule: Any
AggregationType: Any
BenchmarkConfig: Any
BufferDict: Any
CompilationUnit: Any
DeserializationStorageContext: Any
Graph: Any
JITException: Any
LockingLogger: Any
ModuleDict: Any
NoopLogger: Any
ParameterDict: Any
ScriptDict: Any
ScriptList: Any
Tag: Any
AwaitType: Any
ClassType: Any
DictType: Any
EnumType: Any
FutureType: Any
InferredType: Any
InterfaceType: Any
ListType: Any
OptionalType: Any
RRefType: Any
TupleType: Any
Type: Any
UnionType: Any

def abs(input: Any, *, out: Any = ...) -> Tensor:
    """Absolute value of each element."""

def abs_(input: Any) -> Tensor:
    """In-place abs."""

def absolute(input: Any, *, out: Any = ...) -> Tensor:
    """Absolute value of each element."""

def acos(input: Any, *, out: Any = ...) -> Tensor:
    """acos of each element."""

def acos_(input: Any) -> Tensor:
    """In-place acos."""

def acosh(input: Any, *, out: Any = ...) -> Tensor:
    """acosh of each element."""

def acosh_(input: Any) -> Tensor:
    """In-place acosh."""

def adaptive_avg_pool1d(input: Any, output_size: Any) -> Tensor:
    """Mean of windows chosen so that the result has the wanted length."""

def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: Any = ...) -> Tensor:
    """adaptive_max_pool1d with the positions of the maxima."""

def add(input: Any, other: Any, *, alpha: Any = ..., out: Any = ...) -> Tensor:
    """Sum of two tensors, element by element."""

def addbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
    """beta * input + alpha * (sum of batch1 @ batch2)."""

def addcdiv(input: Any, tensor1: Any, tensor2: Any, *, value: Any = ..., out: Any = ...) -> Tensor:
    """input + value * tensor1 / tensor2."""

def addcmul(input: Any, tensor1: Any, tensor2: Any, *, value: Any = ..., out: Any = ...) -> Tensor:
    """input + value * tensor1 * tensor2."""

def addmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2)."""

def addmv(input: Any, mat: Any, vec: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
    """beta * input + alpha * (mat @ vec)."""

def addmv_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.addmv_."""

def addr(input: Any, vec1: Any, vec2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2)."""

def adjoint(input: Any) -> Tensor:
    """The transposed conjugates of matrices, as a view."""

def affine_grid_generator(theta: Any, size: Any, align_corners: Any) -> Tensor:
    """F.affine_grid."""

def alias_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of what alias shows."""

def all(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """Whether all elements are true."""

def allclose(input: Any, other: Any, rtol: Any = ..., atol: Any = ..., equal_nan: Any = ...) -> builtins.bool:
    """Whether all elements are close."""

def alpha_dropout(input: Any, p: Any, train: Any) -> Tensor:
    """Dropout that keeps mean and variance of what selu gives."""

def alpha_dropout_(input: Any, p: Any, train: Any) -> Tensor:
    """In-place alpha_dropout."""

def amax(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """Maximum over dimensions; gradients are shared among equal elements."""

def amin(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """Minimum over dimensions; gradients are shared among equal elements."""

def aminmax(input: Any, *, dim: Any = ..., keepdim: Any = ..., out: Any = ...) -> Any:
    """The smallest and the largest element, of all or along a dimension."""

def angle(input: Any, *, out: Any = ...) -> Tensor:
    """The angles of complex numbers in radians; of real ones 0 or pi."""

def any(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """Whether any element is true."""

def arange(start: Any, end: Any = ..., step: Any = ..., *, out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """start, start + step ... up to, without, end."""

def arccos(input: Any, *, out: Any = ...) -> Tensor:
    """acos of each element."""

def arccos_(input: Any) -> Tensor:
    """In-place arccos."""

def arccosh(input: Any, *, out: Any = ...) -> Tensor:
    """acosh of each element."""

def arccosh_(input: Any) -> Tensor:
    """In-place arccosh."""

def arcsin(input: Any, *, out: Any = ...) -> Tensor:
    """asin of each element."""

def arcsin_(input: Any) -> Tensor:
    """In-place arcsin."""

def arcsinh(input: Any, *, out: Any = ...) -> Tensor:
    """asinh of each element."""

def arcsinh_(input: Any) -> Tensor:
    """In-place arcsinh."""

def arctan(input: Any, *, out: Any = ...) -> Tensor:
    """atan of each element."""

def arctan2(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Angle of the point (other, input)."""

def arctan_(input: Any) -> Tensor:
    """In-place arctan."""

def arctanh(input: Any, *, out: Any = ...) -> Tensor:
    """atanh of each element."""

def arctanh_(input: Any) -> Tensor:
    """In-place arctanh."""

def are_deterministic_algorithms_enabled() -> Tensor:
    """Whether deterministic algorithms have been asked for."""

def argmax(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """Position of the (first) maximum along a dimension, or among all elements."""

def argmin(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """Position of the (first) minimum along a dimension, or among all elements."""

def argsort(input: Any, dim: Any = ..., descending: Any = ..., stable: Any = ...) -> Tensor:
    """The order that sorts along a dimension."""

def argwhere(input: Any) -> Tensor:
    """The positions of the elements that are not zero, one a row."""

def as_strided(input: Any, size: Any, stride: Any, storage_offset: Any = ...) -> Tensor:
    """A view with any shape, strides and offset (in elements) over the storage."""

def as_strided_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.as_strided_."""

def as_strided_copy(input: Any, size: Any, stride: Any, storage_offset: Any = ..., *, out: Any = ...) -> Tensor:
    """A copy of what as_strided shows."""

def as_strided_scatter(input: Any, src: Any, size: Any, stride: Any, storage_offset: Any = ...) -> Tensor:
    """A copy, laid out as the tensor is, in which what a strided view shows is replaced."""

def as_tensor(data: Any, dtype: Any = ..., device: Any = ...) -> Tensor:
    """Like `tensor`, without a copy where none is needed (tensors, arrays)."""

def asarray(obj: Any, *, dtype: Any = ..., device: Any = ..., copy: Any = ..., requires_grad: Any = ...) -> Tensor:
    """An object as a tensor."""

def asin(input: Any, *, out: Any = ...) -> Tensor:
    """asin of each element."""

def asin_(input: Any) -> Tensor:
    """In-place asin."""

def asinh(input: Any, *, out: Any = ...) -> Tensor:
    """asinh of each element."""

def asinh_(input: Any) -> Tensor:
    """In-place asinh."""

def atan(input: Any, *, out: Any = ...) -> Tensor:
    """atan of each element."""

def atan2(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Angle of the point (other, input)."""

def atan_(input: Any) -> Tensor:
    """In-place atan."""

def atanh(input: Any, *, out: Any = ...) -> Tensor:
    """atanh of each element."""

def atanh_(input: Any) -> Tensor:
    """In-place atanh."""

def atleast_1d(*tensors: Any) -> Tensor:
    """A 0-dimensional tensor as a vector; others as they are."""

def atleast_2d(*tensors: Any) -> Tensor:
    """Fewer dimensions than two: a row."""

def atleast_3d(*tensors: Any) -> Tensor:
    """Fewer dimensions than three: size 1 around, as in NumPy."""

def autocast_decrement_nesting() -> Tensor:
    """Counts one autocast less around this; the count."""

def autocast_increment_nesting() -> Tensor:
    """Counts one more autocast around this; the count."""

def avg_pool1d(input: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., ceil_mode: Any = ..., count_include_pad: Any = ...) -> Tensor:  # noqa: E501
    """Mean of each window of signals (N, C, L) or (C, L)."""

def baddbmm(input: Any, batch1: Any, batch2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
    """beta * input + alpha * (batch1 @ batch2)."""

def bartlett_window(window_length: Any, periodic: Any = ..., *, dtype: Any = ..., layout: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """A triangle: 1 - |2 i / n - 1|."""

def batch_norm(input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: Any, momentum: Any, eps: Any, cudnn_enabled: Any) -> Tensor:  # noqa: E501
    """F.batch_norm, with weight and bias first."""

def batch_norm_backward_elemt(grad_out: Any, input: Any, mean: Any, invstd: Any, weight: Any, sum_dy: Any, sum_dy_xmu: Any, count: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def batch_norm_backward_reduce(grad_out: Any, input: Any, mean: Any, invstd: Any, weight: Any, input_g: Any, weight_g: Any, bias_g: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def batch_norm_elemt(input: Any, weight: Any, bias: Any, mean: Any, invstd: Any, eps: Any) -> Tensor:
    """A kernel of another device; raises NotImplementedError."""

def batch_norm_gather_stats(input: Any, mean: Any, invstd: Any, running_mean: Any, running_var: Any, momentum: Any, eps: Any, count: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def batch_norm_gather_stats_with_counts(input: Any, mean: Any, invstd: Any, running_mean: Any, running_var: Any, momentum: Any, eps: Any, counts: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def batch_norm_stats(input: Any, eps: Any) -> Tensor:
    """A kernel of another device; raises NotImplementedError."""

def batch_norm_update_stats(input: Any, running_mean: Any, running_var: Any, momentum: Any) -> Tensor:
    """Means and variances of the channels; the running ones move towards them."""

def bernoulli(input: Any, p: Any = ..., *, generator: Any = ..., out: Any = ...) -> Tensor:
    """Ones with the probabilities that the input holds (or p), else zeros; the gradient for the input is zero."""

def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = ...) -> Tensor:
    """x1 @ weight[k] @ x2 + bias[k] for each k; input1 (*, i), input2 (*, j), weight (k, i, j), bias (k)."""

def binary_cross_entropy_with_logits(input: Any, target: Any, weight: Any = ..., pos_weight: Any = ..., reduction: Any = ...) -> Tensor:  # noqa: E501
    """F.binary_cross_entropy_with_logits; reduction: 0 none, 1 mean, 2 sum."""

def bincount(input: Any, weights: Any = ..., minlength: Any = ...) -> Tensor:
    """How often each whole number occurs, or the sum of its weights."""

def binomial(count: Any, prob: Any, generator: Any = ...) -> Tensor:
    """Binomial numbers of given counts and probabilities."""

def bitwise_and(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Bitwise and."""

def bitwise_left_shift(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Shift to the left."""

def bitwise_not(input: Any, *, out: Any = ...) -> Tensor:
    """Bitwise not."""

def bitwise_or(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Bitwise or."""

def bitwise_right_shift(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Shift to the right."""

def bitwise_xor(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Bitwise exclusive or."""

def blackman_window(window_length: Any, periodic: Any = ..., *, dtype: Any = ..., layout: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """0.42 - 0.5 cos(2 pi i / n) + 0.08 cos(4 pi i / n)."""

def block_diag(*tensors: Any) -> Tensor:
    """A matrix with the given matrices along its diagonal, zeros elsewhere."""

def bmm(input: Any, mat2: Any, *, out: Any = ...) -> Tensor:
    """The products of a batch of matrices, (b, m, k) @ (b, k, n)."""

def broadcast_shapes(*sizes: Any) -> Tensor:
    """The common shape of several shapes (torch.broadcast_shapes)."""

def broadcast_tensors(*tensors: Any) -> builtins.tuple[Tensor, ...]:
    """Views of several tensors in their common shape."""

def broadcast_to(input: Any, size: Any) -> Tensor:
    """A view broadcast to a shape."""

def bucketize(input: Any, boundaries: Any, *, out_int32: Any = ..., right: Any = ..., out: Any = ...) -> Tensor:
    """Which of the ranges between sorted boundaries each element lies in."""

def can_cast(from_: Any, to: Any) -> builtins.bool:
    """Whether PyTorch's rules of promotion allow a conversion."""

def cartesian_prod(*tensors: Any) -> Tensor:
    """All combinations of the elements of vectors, one a row."""

def cat(tensors: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """Tensors joined along an existing dimension."""

def ccol_indices_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of Tensor.ccol_indices."""

def cdist(x1: Any, x2: Any, p: Any = ..., compute_mode: Any = ...) -> Tensor:
    """The p-norm distances between the rows of two (batches of) matrices (..., P, M) and (..., R, M): (..., P, R)."""

def ceil(input: Any, *, out: Any = ...) -> Tensor:
    """ceil of each element."""

def ceil_(input: Any) -> Tensor:
    """In-place ceil."""

def celu(input: Any, alpha: Any = ..., inplace: Any = ...) -> Tensor:
    """x where positive, else alpha * (exp(x / alpha) - 1). Raises RuntimeError where alpha is 0."""

def celu_(input: Any, alpha: Any = ...) -> Tensor:
    """In-place celu."""

def chain_matmul(*matrices: Any, out: Any = ...) -> Tensor:
    """The product of several matrices, from the left to the right."""

def channel_shuffle(input: Any, groups: Any) -> Tensor:
    """Mixes groups of channels of (N, C, *): channel i of group g comes to place i * groups + g."""

def cholesky(input: Any, upper: Any = ..., *, out: Any = ...) -> Tensor:
    """The Cholesky factor of symmetric positive-definite matrices."""

def cholesky_inverse(input: Any, upper: Any = ..., *, out: Any = ...) -> Tensor:
    """The inverse of A, from its Cholesky factor."""

def cholesky_solve(input: Any, input2: Any, upper: Any = ..., *, out: Any = ...) -> Tensor:
    """X of A X = input, from A's Cholesky factor."""

def chunk(input: Any, chunks: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
    """At most `chunks` consecutive parts of equal size (the last may be smaller)."""

def clamp(input: Any, min: Any = ..., max: Any = ..., *, out: Any = ...) -> Tensor:
    """Elements bounded from below and from above, by numbers or tensors."""

def clamp_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.clamp_."""

def clamp_max(input: Any, max: Any, *, out: Any = ...) -> Tensor:
    """Elements bounded from above."""

def clamp_max_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.clamp_max_."""

def clamp_min(input: Any, min: Any, *, out: Any = ...) -> Tensor:
    """Elements bounded from below."""

def clamp_min_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.clamp_min_."""

def clear_autocast_cache() -> Tensor:
    """Nothing to clear: there is no cache of cast weights."""

def clip(input: Any, min: Any = ..., max: Any = ..., *, out: Any = ...) -> Tensor:
    """Elements bounded from below and from above, by numbers or tensors."""

def clip_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.clip_."""

def clone(input: Any, *, memory_format: Any = ...) -> Tensor:
    """A copy, through which gradients flow. memory_format: the order of the copy in memory (kept by default)."""

def col_indices_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of Tensor.col_indices."""

def column_stack(tensors: Any, *, out: Any = ...) -> Tensor:
    """Vectors as columns, matrices as they are, joined along the second dimension."""

def combinations(input: Any, r: Any = ..., with_replacement: Any = ...) -> Tensor:
    """All choices of r elements of a vector, one a row."""

def compile(model: Any = ..., *, fullgraph: Any = ..., dynamic: Any = ..., backend: Any = ..., mode: Any = ..., options: Any = ..., name: Any = ..., disable: Any = ..., recompile_limit: Any = ..., isolate_recompiles: Any = ..., shapes_spec: Any = ...) -> Any:  # noqa: E501
    """The module or function itself, which is compiled as it runs; without one, a decorator."""

def compiled_with_cxx11_abi() -> Tensor:
    """Whether PyTorch's own library has the new C++ ABI: its builds have."""

def complex(real: Any, imag: Any, *, out: Any = ...) -> Tensor:
    """Complex numbers from real and imaginary parts."""

def concat(tensors: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """Tensors joined along an existing dimension."""

def concatenate(tensors: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """Tensors joined along an existing dimension."""

def cond(pred: Any, true_fn: Any, false_fn: Any, operands: Any = ...) -> Tensor:
    """true_fn(*operands) where the predicate holds, else false_fn(*operands)."""

def conj(input: Any) -> Tensor:
    """Complex conjugates; real tensors as they are."""

def conj_physical(input: Any, *, out: Any = ...) -> Tensor:
    """Complex conjugates, in memory of their own."""

def conj_physical_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.conj_physical_."""

def constant_pad_nd(input: Any, pad: Any, value: Any = ...) -> Tensor:
    """Constant borders; `pad` counts from the last dimension: (before, after) pairs, negative ones cut."""

def conv1d(input: Any, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., dilation: Any = ..., groups: Any = ...) -> Tensor:  # noqa: E501
    """Cross-correlation of signals (N, C, L) or (C, L) with filters (O, C / groups, k)."""

def conv2d(input: Any, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., dilation: Any = ..., groups: Any = ...) -> Tensor:  # noqa: E501
    """Cross-correlation of images (N, C, H, W) or (C, H, W) with filters (O, C / groups, kh, kw)."""

def conv3d(input: Any, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., dilation: Any = ..., groups: Any = ...) -> Tensor:  # noqa: E501
    """Convolves (N, C, D, H, W) with (O, C / groups, kd, kh, kw). padding: numbers, 'same' or 'valid'."""

def conv_tbc(input: Any, weight: Any, bias: Any, pad: Any = ...) -> Tensor:
    """Convolves sequences (time, batch, channels) with (width, channels, outputs): (time, batch, outputs)."""

def conv_transpose1d(input: Any, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., output_padding: Any = ..., groups: Any = ..., dilation: Any = ...) -> Tensor:  # noqa: E501
    """The gradient of conv1d with respect to its input: (N, C, L) with (C, O / groups, K)."""

def conv_transpose2d(input: Any, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., output_padding: Any = ..., groups: Any = ..., dilation: Any = ...) -> Tensor:  # noqa: E501
    """The gradient of conv2d with respect to its input: (N, C, H, W) with (C, O / groups, kh, kw)."""

def conv_transpose3d(input: Any, weight: Any, bias: Any = ..., stride: Any = ..., padding: Any = ..., output_padding: Any = ..., groups: Any = ..., dilation: Any = ...) -> Tensor:  # noqa: E501
    """The gradient of conv3d with respect to its input: (N, C, D, H, W) with (C, O / groups, kd, kh, kw)."""

def convolution(input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, transposed: Any, output_padding: Any, groups: Any) -> Tensor:  # noqa: E501
    """F.conv1d to F.conv3d, by the weight's dimensions; where transposed, F.conv_transpose1d to F.conv_transpose3d."""

def copysign(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The magnitude of one with the sign of the other."""

def corrcoef(input: Any) -> Tensor:
    """The matrix of correlation coefficients of variables (rows)."""

def cos(input: Any, *, out: Any = ...) -> Tensor:
    """cos of each element."""

def cos_(input: Any) -> Tensor:
    """In-place cos."""

def cosh(input: Any, *, out: Any = ...) -> Tensor:
    """cosh of each element."""

def cosh_(input: Any) -> Tensor:
    """In-place cosh."""

def cosine_embedding_loss(input1: Any, input2: Any, target: Any, margin: Any = ..., reduction: Any = ...) -> Tensor:
    """F.cosine_embedding_loss; reduction: 0 none, 1 mean, 2 sum."""

def cosine_similarity(x1: Any, x2: Any, dim: Any = ..., eps: Any = ...) -> Tensor:
    """The cosine of the angle between vectors along a dimension; norms below eps count as eps."""

def count_nonzero(input: Any, dim: Any = ...) -> Tensor:
    """How many elements are not zero."""

def cov(input: Any, *, correction: Any = ..., fweights: Any = ..., aweights: Any = ...) -> Tensor:
    """The covariance matrix of variables (rows) over observations (columns)."""

def cpu(*args: Any, **kwargs: Any) -> Tensor:
    """torch.cpu: the device that is always there."""

def cross(input: Any, other: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """The vector product along a dimension of size 3 (the first one by default)."""

def crow_indices_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of Tensor.crow_indices."""

def ctc_loss(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: Any = ..., reduction: Any = ..., zero_infinity: Any = ...) -> Tensor:  # noqa: E501
    """F.ctc_loss; reduction: 0 none, 1 mean, 2 sum."""

def cudnn_affine_grid_generator(theta: Any, N: Any, C: Any, H: Any, W: Any) -> Tensor:
    """A kernel of another device; raises NotImplementedError."""

def cudnn_batch_norm(input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: Any, exponential_average_factor: Any, epsilon: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def cudnn_convolution(input: Any, weight: Any, padding: Any, stride: Any, dilation: Any, groups: Any, benchmark: Any, deterministic: Any, allow_tf32: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def cudnn_convolution_add_relu(input: Any, weight: Any, z: Any, alpha: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def cudnn_convolution_relu(input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def cudnn_convolution_transpose(input: Any, weight: Any, padding: Any, output_padding: Any, stride: Any, dilation: Any, groups: Any, benchmark: Any, deterministic: Any, allow_tf32: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def cudnn_grid_sampler(input: Any, grid: Any) -> Tensor:
    """A kernel of another device; raises NotImplementedError."""

def cudnn_is_acceptable(input: Any) -> Tensor:
    """Whether a tensor may go to cuDNN: no."""

def cummax(input: Any, dim: Any, *, out: Any = ...) -> Any:
    """The running maximum along a dimension, and its positions: (values, indices)."""

def cummin(input: Any, dim: Any, *, out: Any = ...) -> Any:
    """The running minimum along a dimension, and its positions: (values, indices)."""

def cumprod(input: Any, dim: Any, *, dtype: Any = ..., out: Any = ...) -> Tensor:
    """The running product along a dimension."""

def cumsum(input: Any, dim: Any, *, dtype: Any = ..., out: Any = ...) -> Tensor:
    """The running sum along a dimension."""

def cumulative_trapezoid(y: Any, x: Any = ..., *, dx: Any = ..., dim: Any = ...) -> Tensor:
    """The running integral by the trapezoidal rule along a dimension."""

def deg2rad(input: Any, *, out: Any = ...) -> Tensor:
    """Degrees as radians."""

def deg2rad_(input: Any) -> Tensor:
    """In-place deg2rad."""

def dequantize(input: Any = ..., *, tensor: Any = ..., tensors: Any = ...) -> Tensor:
    """The numbers of a quantised tensor in float32, or of each tensor of a list."""

def det(A: Any, *, out: Any = ...) -> Tensor:
    """Determinants of square matrices."""

def detach(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.detach."""

def detach_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.detach_."""

def detach_copy(self, *, out: Any = ...) -> Tensor:
    """A copy of what detach shows."""

def diag(input: Any, diagonal: Any = ..., *, out: Any = ...) -> Tensor:
    """A vector as the diagonal of a matrix; the diagonal of a matrix as a vector."""

def diag_embed(input: Any, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
    """Matrices whose diagonals are the last dimension of the input."""

def diagflat(input: Any, offset: Any = ...) -> Tensor:
    """All elements as the diagonal of a matrix."""

def diagonal(input: Any, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
    """A view of a diagonal, as the last dimension."""

def diagonal_copy(input: Any, offset: Any = ..., dim1: Any = ..., dim2: Any = ..., *, out: Any = ...) -> Tensor:
    """A copy of a diagonal."""

def diagonal_scatter(input: Any, src: Any, offset: Any = ..., dim1: Any = ..., dim2: Any = ...) -> Tensor:
    """A copy with a diagonal replaced."""

def diff(input: Any, n: Any = ..., dim: Any = ..., prepend: Any = ..., append: Any = ..., *, out: Any = ...) -> Tensor:
    """The n-th differences of neighbours along a dimension."""

def digamma(input: Any, *, out: Any = ...) -> Tensor:
    """The derivative of log(gamma)."""

def dist(input: Any, other: Any, p: Any = ...) -> Tensor:
    """The p-norm of the difference."""

def div(input: Any, other: Any, *, rounding_mode: Any = ..., out: Any = ...) -> Tensor:
    """Quotient, element by element; rounding_mode: None (true division), 'floor' or 'trunc'."""

def divide(input: Any, other: Any, *, rounding_mode: Any = ..., out: Any = ...) -> Tensor:
    """Quotient, element by element; rounding_mode: None (true division), 'floor' or 'trunc'."""

def dot(input: Any, tensor: Any, *, out: Any = ...) -> Tensor:
    """The inner product of two vectors."""

def dropout(input: Any, p: Any, train: Any) -> Tensor:
    """Sets elements to zero with probability p and divides the others by 1 - p."""

def dropout_(input: Any, p: Any, train: Any) -> Tensor:
    """In-place dropout."""

def dsmm(input: Any, mat2: Any) -> Tensor:
    """torch.mm."""

def dsplit(input: Any, indices_or_sections: Any) -> builtins.tuple[Tensor, ...]:
    """Parts along dimension 2: that many of equal size, or cut before each index."""

def dstack(tensors: Any, *, out: Any = ...) -> Tensor:
    """Tensors joined along the third dimension."""

def einsum(*args: Any) -> Tensor:
    """Sums of products by Einstein's notation: einsum('ij,jk->ik', a, b), or einsum(a, [0, 1], b, [1, 2], [0, 2])."""

def embedding(weight: Any, indices: Any, padding_idx: Any = ..., scale_grad_by_freq: Any = ..., sparse: Any = ...) -> Tensor:  # noqa: E501
    """F.embedding, with the table first; padding_idx -1: none."""

def embedding_bag(weight: Any, indices: Any, offsets: Any, scale_grad_by_freq: Any = ..., mode: Any = ..., sparse: Any = ..., per_sample_weights: Any = ..., include_last_offset: Any = ..., padding_idx: Any = ...) -> Tensor:  # noqa: E501
    """F.embedding_bag with the table first; mode: 0 sum, 1 mean, 2 max."""

def embedding_renorm_(input: Any, indices: Any, max_norm: Any, norm_type: Any) -> Tensor:
    """Scales the rows of a table that are named down to a norm, in place."""

def empty(*sizes: Any, size: Any = ..., out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ..., memory_format: Any = ..., names: Any = ...) -> Tensor:  # noqa: E501
    """A tensor whose elements are whatever the memory holds."""

def empty_like(input: Any, *, dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., memory_format: Any = ...) -> Tensor:  # noqa: E501
    """An uninitialised tensor in another tensor's shape and dtype, and in its memory order unless another is asked."""

def empty_permuted(size: Any, physical_layout: Any, **kwargs: Any) -> Tensor:
    """An uninitialised tensor whose dimensions lie in memory in the given order, the outermost first."""

def empty_strided(size: Any, stride: Any, *, dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """An uninitialised tensor with given strides."""

def eq(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether elements are equal."""

def equal(input: Any, other: Any) -> builtins.bool:
    """Whether two tensors have the same shape and elements."""

def erf(input: Any, *, out: Any = ...) -> Tensor:
    """erf of each element."""

def erf_(input: Any) -> Tensor:
    """In-place erf."""

def erfc(input: Any, *, out: Any = ...) -> Tensor:
    """erfc of each element."""

def erfc_(input: Any) -> Tensor:
    """In-place erfc."""

def erfinv(input: Any, *, out: Any = ...) -> Tensor:
    """erfinv of each element."""

def exp(input: Any, *, out: Any = ...) -> Tensor:
    """exp of each element."""

def exp2(input: Any, *, out: Any = ...) -> Tensor:
    """exp2 of each element."""

def exp2_(input: Any) -> Tensor:
    """In-place exp2."""

def exp_(input: Any) -> Tensor:
    """In-place exp."""

def expand_as(self, other: Any) -> Tensor:
    """A view expanded to another tensor's shape."""

def expand_copy(input: Any, size: Any, *, implicit: Any = ..., out: Any = ...) -> Tensor:
    """A copy of what expand shows."""

def explain(tensor: Any) -> Tensor:
    """The kernels that would compute a tensor: what each fuses, the bytes it moves, its FLOPs. Nothing is run."""

def expm1(input: Any, *, out: Any = ...) -> Tensor:
    """expm1 of each element."""

def expm1_(input: Any) -> Tensor:
    """In-place expm1."""

def eye(n: Any, m: Any = ..., *, out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """A matrix with ones on the diagonal."""

def fake_quantize_per_channel_affine(input: Any, scale: Any, zero_point: Any, axis: Any, quant_min: Any, quant_max: Any) -> Tensor:  # noqa: E501
    """The same with a scale and a zero point for each index of dimension `axis`."""

def fake_quantize_per_tensor_affine(input: Any, scale: Any, zero_point: Any, quant_min: Any, quant_max: Any) -> Tensor:
    """(clamp(round(x / scale) + zero_point, quant_min, quant_max) - zero_point) * scale; gradients pass where nothing"""

def feature_alpha_dropout(input: Any, p: Any, train: Any) -> Tensor:
    """alpha_dropout of whole channels of (N, C, *)."""

def feature_alpha_dropout_(input: Any, p: Any, train: Any) -> Tensor:
    """In-place feature_alpha_dropout."""

def feature_dropout(input: Any, p: Any, train: Any) -> Tensor:
    """Dropout of whole channels of (N, C, *)."""

def feature_dropout_(input: Any, p: Any, train: Any) -> Tensor:
    """In-place feature_dropout."""

def fill(input: Any, value: Any) -> Tensor:
    """A copy with all elements set to a number (or the value of a zero-dimensional tensor)."""

def fill_(self, value: Any) -> Tensor:
    """Sets all elements to a number (or the value of a zero-dimensional tensor)."""

def fix(input: Any, *, out: Any = ...) -> Tensor:
    """trunc of each element."""

def fix_(input: Any) -> Tensor:
    """In-place fix."""

def flatten(input: Any, start_dim: Any = ..., end_dim: Any = ...) -> Tensor:
    """Several dimensions as one."""

def flip(input: Any, *args: Any, dims: Any = ...) -> Tensor:
    """A copy with the elements in reverse order along dimensions."""

def fliplr(input: Any) -> Tensor:
    """Columns in reverse order."""

def flipud(input: Any) -> Tensor:
    """Rows in reverse order."""

def float_power(input: Any, exponent: Any, *, out: Any = ...) -> Tensor:
    """input ** exponent in double precision."""

def floor(input: Any, *, out: Any = ...) -> Tensor:
    """floor of each element."""

def floor_(input: Any) -> Tensor:
    """In-place floor."""

def floor_divide(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Quotient rounded down."""

def fmax(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The larger of two elements; numbers win over NaN."""

def fmin(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The smaller of two elements; numbers win over NaN."""

def fmod(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Remainder of the division rounded towards zero; it has the sign of the dividend."""

def fork(func: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Calls a function at once; `wait` gives its result."""

def fork_rng(devices: Any = ..., enabled: Any = ..., _caller: Any = ..., _devices_kw: Any = ..., device_type: Any = ...) -> Tensor:  # noqa: E501
    """Inside, the default generator may do what it likes; afterwards it goes on as if it had not."""

def frac(input: Any, *, out: Any = ...) -> Tensor:
    """The part after the point."""

def frac_(input: Any) -> Tensor:
    """In-place frac."""

def frexp(input: Any, *, out: Any = ...) -> Any:
    """The mantissa and the exponent of each element: input = mantissa * 2 ** exponent."""

def frobenius_norm(input: Any, dim: Any, keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """The root of the sum of squares over at most two dimensions; no dimension stands for all."""

def from_dlpack(ext_tensor: Any, *, device: Any = ..., copy: Any = ...) -> Tensor:
    """A tensor over the memory of an array of another library, or of a capsule from `to_dlpack`."""

def from_file(filename: Any, shared: Any = ..., size: Any = ..., *, dtype: Any = ..., layout: Any = ..., device: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """A tensor over the content of a file."""

def from_numpy(ndarray: Any) -> Tensor:
    """A tensor that shares an array's memory: changes of either show in both."""

def frombuffer(buffer: Any, *, dtype: Any, count: Any = ..., offset: Any = ..., requires_grad: Any = ...) -> Tensor:
    """A tensor over the memory of an object with the buffer interface."""

def full(size: Any, fill_value: Any, *, out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """A tensor of one number; its dtype follows from the number."""

def full_like(input: Any, fill_value: Any, *, dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., memory_format: Any = ...) -> Tensor:  # noqa: E501
    """One number in another tensor's shape and dtype."""

def fused_moving_avg_obs_fake_quant(input: Any, observer_on: Any, fake_quant_on: Any, running_min: Any, running_max: Any, scale: Any, zero_point: Any, averaging_const: Any, quant_min: Any, quant_max: Any, ch_axis: Any, per_row_fake_quant: Any = ..., symmetric_quant: Any = ...) -> Tensor:  # noqa: E501
    """Numbers on a grid that follows moving averages of their extremes."""

def fused_update_(update: Any, rows: Any, scalars: Any) -> Tensor:
    """Replaces the leading tensors of each row by update(*row, *scalars)."""

def gather(input: Any, dim: Any, index: Any, *, sparse_grad: Any = ..., out: Any = ...) -> Tensor:
    """Elements along a dimension by their numbers; the result has the index's shape."""

def gcd(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The greatest common divisor of two whole numbers."""

def gcd_(self, other: Any) -> Tensor:
    """In-place gcd."""

def ge(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether each element is greater or equal."""

def geqrf(input: Any, *, out: Any = ...) -> Any:
    """R of A = Q R above the diagonal, and below it the reflections whose product is Q, as LAPACK packs them."""

def ger(input: Any, vec2: Any, *, out: Any = ...) -> Tensor:
    """All products of the elements of two vectors."""

def get_autocast_cpu_dtype() -> Tensor:
    """The older name of get_autocast_dtype('cpu')."""

def get_autocast_dtype(device_type: Any) -> Tensor:
    """The dtype of products inside an autocast of a kind of device."""

def get_autocast_gpu_dtype() -> Tensor:
    """The older name of get_autocast_dtype('cuda')."""

def get_autocast_ipu_dtype() -> Tensor:
    """The older name of get_autocast_dtype('ipu')."""

def get_autocast_xla_dtype() -> Tensor:
    """The older name of get_autocast_dtype('xla')."""

def get_default_device() -> Tensor:
    """Where new tensors go."""

def get_default_dtype() -> Tensor:
    """The floating-point type of new tensors made from Python floats."""

def get_deterministic_debug_mode() -> Tensor:
    """The mode: 0 default, 1 warn, 2 error."""

def get_device(input: Any, *args: Any, **kwargs: Any) -> builtins.int:
    """Tensor.get_device."""

def get_device_module(device: Any = ...) -> Tensor:
    """The module of a kind of device: torch.cpu, torch.cuda."""

def get_file_path(*path_components: Any) -> Tensor:
    """The place of a file of the package."""

def get_float32_matmul_precision() -> Tensor:
    """What set_float32_matmul_precision set."""

def get_num_interop_threads() -> builtins.int:
    """One program runs at a time."""

def get_num_threads() -> builtins.int:
    """The number of threads that work on kernels."""

def get_printoptions() -> Any:
    """The options in force, as `set_printoptions` takes them."""

def get_rng_state() -> Any:
    """The default generator's state, a tensor of 5056 bytes."""

def gradient(input: Any, *, spacing: Any = ..., dim: Any = ..., edge_order: Any = ...) -> Tensor:
    """The slopes of samples along each of the dimensions: central differences, one-sided ones at both ends."""

def greater(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether each element is greater."""

def greater_equal(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether each element is greater or equal."""

def grid_sampler(input: Any, grid: Any, interpolation_mode: Any, padding_mode: Any, align_corners: Any) -> Tensor:
    """F.grid_sample."""

def grid_sampler_2d(input: Any, grid: Any, interpolation_mode: Any, padding_mode: Any, align_corners: Any) -> Tensor:
    """F.grid_sample."""

def grid_sampler_3d(input: Any, grid: Any, interpolation_mode: Any, padding_mode: Any, align_corners: Any) -> Tensor:
    """F.grid_sample."""

def group_norm(input: Any, num_groups: Any, weight: Any = ..., bias: Any = ..., eps: Any = ..., cudnn_enabled: Any = ...) -> Tensor:  # noqa: E501
    """F.group_norm."""

def gru(input: Any, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any, train: Any, bidirectional: Any, batch_first: Any) -> Tensor:  # noqa: E501
    """A whole GRU: (output, last h)."""

def gru_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = ..., b_hh: Any = ...) -> Tensor:
    """One step of a GRU."""

def gt(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether each element is greater."""

def hamming_window(window_length: Any, periodic: Any = ..., alpha: Any = ..., beta: Any = ..., *, dtype: Any = ..., layout: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """alpha - beta cos(2 pi i / n)."""

def hann_window(window_length: Any, periodic: Any = ..., *, dtype: Any = ..., layout: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """(1 - cos(2 pi i / n)) / 2."""

def hardshrink(input: Any, lambd: Any = ..., *, out: Any = ...) -> Tensor:
    """x where |x| > lambd, else 0."""

def hash_tensor(input: Any, dim: Any = ..., *, keepdim: Any = ..., mode: Any = ..., out: Any = ...) -> Tensor:
    """The exclusive or of the elements' bits, as uint64: of numbers with a fraction those that they have in float64."""

def heaviside(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """0 below 0, 1 above, `values` at 0."""

def hinge_embedding_loss(input: Any, target: Any, margin: Any = ..., reduction: Any = ...) -> Tensor:
    """F.hinge_embedding_loss; reduction: 0 none, 1 mean, 2 sum."""

def histc(input: Any, bins: Any = ..., min: Any = ..., max: Any = ..., *, out: Any = ...) -> Tensor:
    """How many elements fall into each of `bins` equal ranges from min to max (by default those of the elements)."""

def histogram(input: Any, bins: Any, *, range: Any = ..., weight: Any = ..., density: Any = ..., out: Any = ...) -> Any:
    """How many elements (or what weight of them) fall into bins: (hist, bin_edges)."""

def histogramdd(input: Any, bins: Any, range: Any = ..., weight: Any = ..., density: Any = ...) -> Any:
    """How many points (..., D), or what weight of them, fall into boxes: (hist, bin_edges)."""

def hsmm(mat1: Any, mat2: Any, *, out: Any = ...) -> Tensor:
    """The product of a sparse and a dense matrix, of which the rows that may differ from zero are kept."""

def hsplit(input: Any, indices_or_sections: Any) -> builtins.tuple[Tensor, ...]:
    """Parts along dimension 1: that many of equal size, or cut before each index."""

def hspmm(mat1: Any, mat2: Any, *, out: Any = ...) -> Tensor:
    """The product of a sparse and a dense matrix, of which the rows that may differ from zero are kept."""

def hstack(tensors: Any, *, out: Any = ...) -> Tensor:
    """Tensors joined along the second dimension; vectors along their only one."""

def hypot(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """sqrt(input^2 + other^2)."""

def i0(input: Any, *, out: Any = ...) -> Tensor:
    """The modified Bessel function of the first kind, order 0."""

def i0_(input: Any) -> Tensor:
    """In-place i0."""

def igamma(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The regularised lower incomplete gamma function."""

def igammac(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The regularised upper incomplete gamma function."""

def imag(input: Any) -> Tensor:
    """The imaginary parts, a view."""

def index_add(input: Any, dim: Any, index: Any, source: Any, *, alpha: Any = ..., out: Any = ...) -> Tensor:
    """`index_add_` on a copy."""

def index_copy(input: Any, dim: Any, index: Any, source: Any, *, out: Any = ...) -> Tensor:
    """A copy with slices along a dimension replaced."""

def index_fill(input: Any, dim: Any, index: Any, value: Any, *, out: Any = ...) -> Tensor:
    """A copy with slices along a dimension filled with a number."""

def index_put(input: Any, indices: Any, values: Any, accumulate: Any = ...) -> Tensor:
    """A copy with input[indices] = values."""

def index_put_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.index_put_."""

def index_reduce(input: Any, dim: Any, index: Any, source: Any, reduce: Any, *, include_self: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """A copy in which slices of `source` are combined with those that a vector of indices names along a dimension."""

def index_select(input: Any, dim: Any, index: Any, *, out: Any = ...) -> Tensor:
    """The slices along a dimension whose numbers are given."""

def indices_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of Tensor.indices."""

def init_num_threads() -> Tensor:
    """Nothing to start: threads start with the first kernel that wants several."""

def initial_seed() -> builtins.int:
    """The default generator's seed."""

def inner(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The sums of products over the last dimensions."""

def instance_norm(input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, use_input_stats: Any, momentum: Any, eps: Any, cudnn_enabled: Any) -> Tensor:  # noqa: E501
    """F.instance_norm, with weight and bias first."""

def int_repr(input: Any) -> Tensor:
    """`int_repr` of a tensor; see the method."""

def inverse(input: Any, *, out: Any = ...) -> Tensor:
    """Inverses of square matrices."""

def is_anomaly_check_nan_enabled() -> builtins.bool:
    """Whether anomaly detection looks for NaN."""

def is_anomaly_enabled() -> builtins.bool:
    """Whether backward() looks for NaN and names the forward call of what fails."""

def is_autocast_cache_enabled() -> builtins.bool:
    """What set_autocast_cache_enabled set."""

def is_autocast_cpu_enabled() -> builtins.bool:
    """The older name of is_autocast_enabled('cpu')."""

def is_autocast_enabled(device_type: Any = ...) -> builtins.bool:
    """Whether this thread is inside an autocast for a kind of device."""

def is_autocast_ipu_enabled() -> builtins.bool:
    """The older name of is_autocast_enabled('ipu')."""

def is_autocast_xla_enabled() -> builtins.bool:
    """The older name of is_autocast_enabled('xla')."""

def is_complex(input: Any) -> builtins.bool:
    """Whether the elements are complex numbers."""

def is_conj(input: Any) -> builtins.bool:
    """Whether the tensor came from `conj`."""

def is_deterministic_algorithms_warn_only_enabled() -> builtins.bool:
    """Whether they have been asked for with warn_only."""

def is_distributed(input: Any, *args: Any, **kwargs: Any) -> builtins.bool:
    """Tensor.is_distributed."""

def is_floating_point(input: Any) -> builtins.bool:
    """Whether the elements are floating-point numbers."""

def is_grad_enabled() -> builtins.bool:
    """Whether operations of this thread are recorded for backward()."""

def is_inference(input: Any, *args: Any, **kwargs: Any) -> builtins.bool:
    """Tensor.is_inference."""

def is_inference_mode_enabled() -> builtins.bool:
    """Whether this thread is inside `inference_mode()`."""

def is_neg(input: Any) -> builtins.bool:
    """Whether negation is still to be done: never."""

def is_same_size(input: Any, *args: Any, **kwargs: Any) -> builtins.bool:
    """Tensor.is_same_size."""

def is_signed(input: Any, *args: Any, **kwargs: Any) -> builtins.bool:
    """Tensor.is_signed."""

def is_storage(obj: Any) -> builtins.bool:
    """Whether an object is a storage."""

def is_tensor(obj: Any) -> builtins.bool:
    """Whether an object is a tensor."""

def is_vulkan_available() -> builtins.bool:
    """Whether there is a Vulkan device: no."""

def is_warn_always_enabled() -> builtins.bool:
    """What set_warn_always set."""

def isclose(input: Any, other: Any, rtol: Any = ..., atol: Any = ..., equal_nan: Any = ...) -> Tensor:
    """Whether |input - other| <= atol + rtol * |other|, element by element."""

def isfinite(input: Any) -> Tensor:
    """Whether each element is finite."""

def isin(elements: Any, test_elements: Any, *, assume_unique: Any = ..., invert: Any = ..., out: Any = ...) -> Tensor:
    """Whether each element is among the test elements."""

def isinf(input: Any) -> Tensor:
    """Whether each element is infinite."""

def isnan(input: Any) -> Tensor:
    """Whether each element is NaN."""

def isneginf(input: Any, *, out: Any = ...) -> Tensor:
    """Whether an element is -inf."""

def isposinf(input: Any, *, out: Any = ...) -> Tensor:
    """Whether an element is inf."""

def isreal(input: Any) -> Tensor:
    """Whether each element has no imaginary part."""

def istft(input: Any, n_fft: Any, hop_length: Any = ..., win_length: Any = ..., window: Any = ..., center: Any = ..., normalized: Any = ..., onesided: Any = ..., length: Any = ..., return_complex: Any = ...) -> Tensor:  # noqa: E501
    """The signal whose short-time Fourier transform comes nearest to the given one (Griffin and Lim, 1984)."""

def kaiser_window(window_length: Any, periodic: Any = ..., beta: Any = ..., *, dtype: Any = ..., layout: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """I0(beta sqrt(1 - (2 i / n - 1)^2)) / I0(beta), with the modified Bessel function I0."""

def kl_div(input: Any, target: Any, reduction: Any = ..., *, log_target: Any = ...) -> Tensor:
    """F.kl_div; reduction: 0 none, 1 mean over all elements, 2 sum."""

def kron(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Every element of one times the whole of the other."""

def kthvalue(input: Any, k: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Any:
    """The k-th smallest element along a dimension, and its position."""

def layer_norm(input: Any, normalized_shape: Any, weight: Any = ..., bias: Any = ..., eps: Any = ..., cudnn_enable: Any = ...) -> Tensor:  # noqa: E501
    """F.layer_norm."""

def lcm(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The least common multiple of two whole numbers."""

def lcm_(self, other: Any) -> Tensor:
    """In-place lcm."""

def ldexp(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """input * 2 ** other."""

def ldexp_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.ldexp_."""

def le(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether each element is less or equal."""

def lerp(input: Any, end: Any, weight: Any, *, out: Any = ...) -> Tensor:
    """input + weight * (end - input)."""

def less(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether each element is less."""

def less_equal(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether each element is less or equal."""

def lgamma(input: Any, *, out: Any = ...) -> Tensor:
    """log(|gamma(x)|)."""

def linspace(start: Any, end: Any, steps: Any, *, out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """`steps` equally spaced numbers from start to end."""

def load(f: Any, map_location: Any = ..., pickle_module: Any = ..., *, weights_only: Any = ..., mmap: Any = ..., **pickle_load_args: Any) -> Any:  # noqa: E501
    """Loads an object that `save`, here or in PyTorch, wrote."""

def lobpcg(A: Any, k: Any = ..., B: Any = ..., X: Any = ..., n: Any = ..., iK: Any = ..., niter: Any = ..., tol: Any = ..., largest: Any = ..., method: Any = ..., tracker: Any = ..., ortho_iparams: Any = ..., ortho_fparams: Any = ..., ortho_bparams: Any = ...) -> Tensor:  # noqa: E501
    """The k largest (or smallest) eigenvalues of A x = lambda B x, largest (or smallest) first, and their vectors."""

def log(input: Any, *, out: Any = ...) -> Tensor:
    """log of each element."""

def log10(input: Any, *, out: Any = ...) -> Tensor:
    """log10 of each element."""

def log10_(input: Any) -> Tensor:
    """In-place log10."""

def log1p(input: Any, *, out: Any = ...) -> Tensor:
    """log1p of each element."""

def log1p_(input: Any) -> Tensor:
    """In-place log1p."""

def log2(input: Any, *, out: Any = ...) -> Tensor:
    """log2 of each element."""

def log2_(input: Any) -> Tensor:
    """In-place log2."""

def log_(input: Any) -> Tensor:
    """In-place log."""

def log_softmax(input: Any, dim: Any, dtype: Any = ..., *, out: Any = ...) -> Tensor:
    """log(softmax(x)) along a dimension, without overflow."""

def logaddexp(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """log(exp(input) + exp(other))."""

def logaddexp2(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """log2(2^input + 2^other)."""

def logcumsumexp(input: Any, dim: Any, *, out: Any = ...) -> Tensor:
    """log of the running sum of exp along a dimension, without overflow."""

def logdet(input: Any, *, out: Any = ...) -> Tensor:
    """Logarithms of determinants; NaN where a real one is negative."""

def logical_and(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Logical and."""

def logical_not(input: Any, *, out: Any = ...) -> Tensor:
    """Logical not."""

def logical_or(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Logical or."""

def logical_xor(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Logical exclusive or."""

def logit(input: Any, eps: Any = ..., *, out: Any = ...) -> Tensor:
    """log(x / (1 - x)), with x bounded by eps and 1 - eps where eps is given."""

def logit_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.logit_."""

def logspace(start: Any, end: Any, steps: Any, base: Any = ..., *, out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """base to the powers linspace(start, end, steps)."""

def logsumexp(input: Any, dim: Any, keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """log(sum(exp(x))) over dimensions, without overflow."""

def lstm(input: Any, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any, train: Any, bidirectional: Any, batch_first: Any) -> Tensor:  # noqa: E501
    """A whole LSTM: (output, last h, last c). params: the weights in the order of nn.LSTM.parameters()."""

def lstm_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = ..., b_hh: Any = ...) -> Tensor:
    """One step of an LSTM: (h, c)."""

def lt(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether each element is less."""

def lu(A: Any, pivot: Any = ..., get_infos: Any = ..., out: Any = ...) -> Any:
    """L and U of A = P L U in one matrix, and the row exchanges; with `get_infos` the zero pivots, too."""

def lu_solve(b: Any, LU_data: Any, LU_pivots: Any, *, out: Any = ...) -> Tensor:
    """X of A X = b, from the factors that `lu_factor` gives."""

def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: Any = ..., unpack_pivots: Any = ..., *, out: Any = ...) -> Any:
    """P, L and U, from the factors that `lu_factor` gives; empty where they are not asked for."""

def manual_seed(seed: Any) -> None:
    """Seeds the default generator."""

def margin_ranking_loss(input1: Any, input2: Any, target: Any, margin: Any = ..., reduction: Any = ...) -> Tensor:
    """F.margin_ranking_loss; reduction: 0 none, 1 mean, 2 sum."""

def masked_fill(input: Any, mask: Any, value: Any) -> Tensor:
    """A copy with the elements under a mask set to a number."""

def masked_scatter(input: Any, mask: Any, source: Any) -> Tensor:
    """A copy whose elements under a mask are replaced by those of `source`, in order."""

def masked_select(input: Any, mask: Any, *, out: Any = ...) -> Tensor:
    """The elements under a mask, as a vector."""

def matmul(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The product of vectors, matrices or batches of matrices (broadcast)."""

def matrix_exp(A: Any) -> Tensor:
    """The exponentials of square matrices."""

def matrix_power(A: Any, n: Any, *, out: Any = ...) -> Tensor:
    """Square matrices to an integer power; a negative one inverts them."""

def max(input: Any, *args: Any, **kwargs: Any) -> Any:
    """The maximum of all elements; along a dimension, with its positions; or element by element with another tensor."""

def max_pool1d(input: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: Any = ..., return_indices: Any = ...) -> Tensor:  # noqa: E501
    """Maximum of each window of signals (N, C, L) or (C, L); with return_indices also its positions."""

def max_pool1d_with_indices(input: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: Any = ..., return_indices: Any = ...) -> Tensor:  # noqa: E501
    """max_pool1d with the positions of the maxima."""

def max_pool2d(input: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: Any = ..., return_indices: Any = ...) -> Tensor:  # noqa: E501
    """Maximum of each window of images (N, C, H, W) or (C, H, W); with return_indices also its flat positions."""

def max_pool3d(input: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: Any = ..., return_indices: Any = ...) -> Tensor:  # noqa: E501
    """The maximum over windows of (N, C, D, H, W); with return_indices also its flat position."""

def maximum(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The larger of two elements; NaN wins."""

def mean(input: Any, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
    """Mean over dimensions; RuntimeError for integers (give a dtype)."""

def median(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Any:
    """The median of all elements, or along a dimension with its positions; of two middle elements the lower."""

def meshgrid(*tensors: Any, indexing: Any = ...) -> builtins.tuple[Tensor, ...]:
    """Coordinates over a grid, one tensor for each axis."""

def min(input: Any, *args: Any, **kwargs: Any) -> Any:
    """The minimum of all elements; along a dimension, with its positions; or element by element with another tensor."""

def minimum(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The smaller of two elements; NaN wins."""

def miopen_batch_norm(input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: Any, exponential_average_factor: Any, epsilon: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def miopen_convolution(input: Any, weight: Any, bias: Any, padding: Any, stride: Any, dilation: Any, groups: Any, benchmark: Any, deterministic: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def miopen_convolution_add_relu(input: Any, weight: Any, z: Any, alpha: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def miopen_convolution_relu(input: Any, weight: Any, bias: Any, stride: Any, padding: Any, dilation: Any, groups: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def miopen_convolution_transpose(input: Any, weight: Any, bias: Any, padding: Any, output_padding: Any, stride: Any, dilation: Any, groups: Any, benchmark: Any, deterministic: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def miopen_ctc_loss(log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: Any, deterministic: Any, zero_infinity: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def miopen_depthwise_convolution(input: Any, weight: Any, bias: Any, padding: Any, stride: Any, dilation: Any, groups: Any, benchmark: Any, deterministic: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def miopen_rnn(input: Any, weight: Any, weight_stride0: Any, hx: Any, cx: Any, mode: Any, hidden_size: Any, num_layers: Any, batch_first: Any, dropout: Any, train: Any, bidirectional: Any, batch_sizes: Any, dropout_state: Any) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def mkldnn_adaptive_avg_pool2d(input: Any, output_size: Any) -> Tensor:
    """A kernel of another device; raises NotImplementedError."""

def mkldnn_convolution(input: Any, weight: Any, bias: Any, padding: Any, stride: Any, dilation: Any, groups: Any) -> Tensor:  # noqa: E501
    """F.conv1d to F.conv3d, by the weight's dimensions."""

def mkldnn_linear_backward_weights(grad_output: Any, input: Any, weight: Any, bias_defined: Any) -> Tensor:
    """A kernel of another device; raises NotImplementedError."""

def mkldnn_max_pool2d(input: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: Any = ...) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def mkldnn_max_pool3d(input: Any, kernel_size: Any, stride: Any = ..., padding: Any = ..., dilation: Any = ..., ceil_mode: Any = ...) -> Tensor:  # noqa: E501
    """A kernel of another device; raises NotImplementedError."""

def mm(input: Any, mat2: Any, *, out: Any = ...) -> Tensor:
    """The product of two matrices, (m, k) @ (k, n)."""

def mode(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Any:
    """The most frequent element along a dimension (of several the smallest), and its last position."""

def moveaxis(input: Any, source: Any, destination: Any) -> Tensor:
    """A view with dimensions moved to other places."""

def movedim(input: Any, source: Any, destination: Any) -> Tensor:
    """A view with dimensions moved to other places."""

def msort(input: Any, *, out: Any = ...) -> Tensor:
    """The elements in order along the first dimension."""

def mul(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Product of two tensors, element by element."""

def multinomial(input: Any, num_samples: Any, replacement: Any = ..., *, generator: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """Indices drawn from rows of weights."""

def multiply(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Product of two tensors, element by element."""

def mv(input: Any, vec: Any, *, out: Any = ...) -> Tensor:
    """A matrix times a vector."""

def mvlgamma(input: Any, p: Any, *, out: Any = ...) -> Tensor:
    """log of the multivariate gamma function with dimension p."""

def nan_to_num(input: Any, nan: Any = ..., posinf: Any = ..., neginf: Any = ..., *, out: Any = ...) -> Tensor:
    """NaN and the infinities replaced by numbers (0 and the largest and smallest finite ones by default)."""

def nan_to_num_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.nan_to_num_."""

def nanmean(input: Any, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
    """The mean over dimensions without regard to NaN."""

def nanmedian(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Any:
    """The median of all elements, or along a dimension with its positions; of two middle elements the lower."""

def nanquantile(input: Any, q: Any, dim: Any = ..., keepdim: Any = ..., *, interpolation: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """`quantile` without regard to NaN."""

def nansum(input: Any, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
    """The sum over dimensions, in which NaN counts as zero."""

def narrow(input: Any, dim: Any, start: Any, length: Any) -> Tensor:
    """A view of `length` elements from `start` on along a dimension."""

def narrow_copy(input: Any, dim: Any, start: Any, length: Any, *, out: Any = ...) -> Tensor:
    """A copy of what narrow shows."""

def native_batch_norm(input: Any, weight: Any, bias: Any, running_mean: Any, running_var: Any, training: Any, momentum: Any, eps: Any) -> Tensor:  # noqa: E501
    """Batch normalisation, and if training the means and one over the standard deviations, else two empty tensors."""

def native_channel_shuffle(input: Any, groups: Any) -> Tensor:
    """Mixes groups of channels of (N, C, *): channel i of group g comes to place i * groups + g."""

def native_dropout(input: Any, p: Any, train: Any) -> Tensor:
    """Dropout, and the mask of what it kept."""

def native_group_norm(input: Any, weight: Any, bias: Any, N: Any, C: Any, HxW: Any, group: Any, eps: Any) -> Tensor:
    """Group normalisation of (N, C, *), the means (N, group), and one over the standard deviations."""

def native_layer_norm(input: Any, normalized_shape: Any, weight: Any, bias: Any, eps: Any) -> Tensor:
    """Layer normalisation, the means, and one over the standard deviations."""

def native_norm(input: Any, p: Any = ..., dim: Any = ..., keepdim: Any = ..., dtype: Any = ...) -> Tensor:
    """A kernel of another device; raises NotImplementedError."""

def ne(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether elements differ."""

def neg(input: Any, *, out: Any = ...) -> Tensor:
    """Negative of each element."""

def neg_(input: Any) -> Tensor:
    """In-place neg."""

def negative(input: Any, *, out: Any = ...) -> Tensor:
    """Negative of each element."""

def negative_(input: Any) -> Tensor:
    """In-place negative."""

def nextafter(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The next floating-point number from one towards another."""

def nonzero(input: Any, *, out: Any = ..., as_tuple: Any = ...) -> Tensor:
    """The positions of the elements that are not zero: (count, dimensions), or one vector for each dimension."""

def nonzero_static(input: Any, *, size: Any, fill_value: Any = ..., out: Any = ...) -> Tensor:
    """The first `size` positions of what is not zero, filled up with a number: (size, dimensions)."""

def norm(input: Any, p: Any = ..., dim: Any = ..., keepdim: Any = ..., out: Any = ..., dtype: Any = ...) -> Tensor:
    """The p-norm of the elements over dimensions (2 by default)."""

def norm_except_dim(v: Any, pow: Any = ..., dim: Any = ...) -> Tensor:
    """The norm over all dimensions but one, which stay with size 1; dim -1: over all."""

def normal(mean: Any, std: Any = ..., size: Any = ..., *, generator: Any = ..., out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """Normal numbers with given means and standard deviations, numbers or tensors."""

def not_equal(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Whether elements differ."""

def nuclear_norm(input: Any, dim: Any = ..., keepdim: Any = ..., *, out: Any = ...) -> Tensor:
    """The sum of the singular values of matrices, which stand in two dimensions (all there are, by default)."""

def numel(input: Any) -> builtins.int:
    """The number of elements."""

def ones(*sizes: Any, size: Any = ..., out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ..., names: Any = ...) -> Tensor:  # noqa: E501
    """A tensor of ones."""

def ones_like(input: Any, *, dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., memory_format: Any = ...) -> Tensor:  # noqa: E501
    """Ones in another tensor's shape and dtype."""

def orgqr(input: Any, tau: Any, *, out: Any = ...) -> Tensor:
    """The first n columns of the product of k reflections."""

def ormqr(input: Any, tau: Any, other: Any, left: Any = ..., transpose: Any = ..., *, out: Any = ...) -> Tensor:
    """A matrix times the product Q of reflections: Q C, or C Q where not left; transpose: Q^H in place of Q."""

def outer(input: Any, vec2: Any, *, out: Any = ...) -> Tensor:
    """All products of the elements of two vectors."""

def pairwise_distance(x1: Any, x2: Any, p: Any = ..., eps: Any = ..., keepdim: Any = ...) -> Tensor:
    """The p-norm of x1 - x2 + eps over the last dimension."""

def pca_lowrank(A: Any, q: Any = ..., center: Any = ..., niter: Any = ...) -> Tensor:
    """U, S, V of the principal components of A's rows, of about rank q (by default 6, or as many as there are)."""

def pdist(input: Any, p: Any = ...) -> Tensor:
    """The p-norms of the differences of all pairs of rows of (N, M): those of the first row, of the second ..."""

def permute(input: Any, dims: Any) -> Tensor:
    """A view with the dimensions in another order."""

def permute_copy(input: Any, dims: Any, *, out: Any = ...) -> Tensor:
    """A copy of what permute shows."""

def pinverse(input: Any, rcond: Any = ..., *, out: Any = ...) -> Tensor:
    """Pseudo-inverses; singular values up to rcond times the largest count as zero."""

def pixel_shuffle(input: Any, upscale_factor: Any) -> Tensor:
    """Turns channels into pixels: (*, C r r, H, W) to (*, C, H r, W r). Raises RuntimeError for other sizes."""

def pixel_unshuffle(input: Any, downscale_factor: Any) -> Tensor:
    """Turns pixels into channels: (*, C, H r, W r) to (*, C r r, H, W). Raises RuntimeError for other sizes."""

def poisson(input: Any, generator: Any = ...) -> Tensor:
    """Poisson numbers of given rates."""

def poisson_nll_loss(input: Any, target: Any, log_input: Any, full: Any, eps: Any, reduction: Any) -> Tensor:
    """F.poisson_nll_loss; reduction: 0 none, 1 mean, 2 sum."""

def polar(abs: Any, angle: Any, *, out: Any = ...) -> Tensor:
    """Complex numbers from absolute values and angles."""

def polygamma(n: Any, input: Any, *, out: Any = ...) -> Tensor:
    """The n-th derivative of digamma."""

def positive(input: Any) -> Tensor:
    """The tensor itself; RuntimeError for truth values."""

def pow(input: Any, exponent: Any, *, out: Any = ...) -> Tensor:
    """input ** exponent, element by element."""

def prelu(input: Any, weight: Any) -> Tensor:
    """x where positive, else weight * x; one weight, or one for each channel (dimension 1)."""

def prod(input: Any, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
    """Product over one dimension, or of all elements."""

def promote_types(type1: Any, type2: Any) -> Tensor:
    """The smallest type that both types can be converted to (torch.promote_types)."""

def put(input: Any, index: Any, source: Any, accumulate: Any = ...) -> Tensor:
    """A copy with the elements at flat positions replaced, or added to."""

def q_per_channel_axis(input: Any) -> Tensor:
    """`q_per_channel_axis` of a tensor; see the method."""

def q_per_channel_scales(input: Any) -> Tensor:
    """`q_per_channel_scales` of a tensor; see the method."""

def q_per_channel_zero_points(input: Any) -> Tensor:
    """`q_per_channel_zero_points` of a tensor; see the method."""

def q_scale(input: Any) -> Tensor:
    """`q_scale` of a tensor; see the method."""

def q_zero_point(input: Any) -> Tensor:
    """`q_zero_point` of a tensor; see the method."""

def qr(input: Any, some: Any = ..., *, out: Any = ...) -> Any:
    """Q and R of input = Q R, reduced or complete."""

def quantile(input: Any, q: Any, dim: Any = ..., keepdim: Any = ..., *, interpolation: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """The q-quantiles of all elements or along a dimension; q a number or a vector, whose dimension comes first."""

def quantize_per_channel(input: Any, scales: Any, zero_points: Any, axis: Any, dtype: Any) -> Tensor:
    """Numbers as integers with a scale and a zero point for each index of dimension `axis`."""

def quantize_per_tensor(input: Any, scale: Any, zero_point: Any, dtype: Any) -> Tensor:
    """Numbers as integers with one scale."""

def quantize_per_tensor_dynamic(input: Any, dtype: Any, reduce_range: Any) -> Tensor:
    """Numbers as integers with the scale that suits them."""

def rad2deg(input: Any, *, out: Any = ...) -> Tensor:
    """Radians as degrees."""

def rad2deg_(input: Any) -> Tensor:
    """In-place rad2deg."""

def rand(*sizes: Any, size: Any = ..., generator: Any = ..., out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """Numbers drawn evenly from [0, 1)."""

def rand_like(input: Any, *, generator: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., memory_format: Any = ...) -> Tensor:  # noqa: E501
    """`rand` in another tensor's shape, dtype and memory order."""

def randint(low: Any = ..., high: Any = ..., size: Any = ..., *, generator: Any = ..., out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """Whole numbers drawn evenly from [low, high); randint(high, size) starts at 0."""

def randint_like(input: Any, low: Any, high: Any = ..., *, generator: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., memory_format: Any = ...) -> Tensor:  # noqa: E501
    """`randint` in another tensor's shape, dtype and memory order."""

def randn(*sizes: Any, size: Any = ..., generator: Any = ..., out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """Numbers drawn from the standard normal distribution."""

def randn_like(input: Any, *, generator: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., memory_format: Any = ...) -> Tensor:  # noqa: E501
    """`randn` in another tensor's shape, dtype and memory order."""

def randperm(n: Any, *, generator: Any = ..., out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """The whole numbers 0 .. n - 1 in random order."""

def range(start: Any = ..., end: Any = ..., step: Any = ..., *, out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ...) -> Tensor:  # noqa: E501
    """start, start + step ... up to end, which is in it."""

def ravel(input: Any) -> Tensor:
    """All elements in one dimension, as neighbours in memory."""

def real(input: Any) -> Tensor:
    """The real parts, a view; real tensors as they are."""

def reciprocal(input: Any, *, out: Any = ...) -> Tensor:
    """1 divided by each element."""

def reciprocal_(input: Any) -> Tensor:
    """In-place reciprocal."""

def relu(input: Any, *, out: Any = ...) -> Tensor:
    """max(x, 0)."""

def relu_(input: Any) -> Tensor:
    """In-place relu."""

def remainder(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Remainder of the division rounded down; it has the sign of the divisor."""

def renorm(input: Any, p: Any, dim: Any, maxnorm: Any, *, out: Any = ...) -> Tensor:
    """Slices along a dimension scaled down so that none has a p-norm above maxnorm."""

def renormalize(weight: Any, input: Any, max_norm: Any, norm_type: Any) -> Tensor:
    """Scales the rows of a table that an input names down to a norm, in place."""

def repeat_interleave(input: Any, repeats: Any = ..., dim: Any = ..., *, output_size: Any = ...) -> Tensor:
    """Each element (or slice along a dimension) so many times in a row; of counts alone, the numbers so repeated."""

def reshape(input: Any, shape: Any) -> Tensor:
    """The same elements in another shape: a view where that is possible, else a copy."""

def reshape_as(self, other: Any) -> Tensor:
    """This tensor in another one's shape."""

def resize_as_(self, the_template: Any, *, memory_format: Any = ...) -> Tensor:
    """Gives a tensor the shape of another; the elements are not kept."""

def resize_as_sparse_(input: Any, the_template: Any) -> Tensor:
    """A kernel of another device; raises NotImplementedError."""

def resolve_conj(input: Any) -> Tensor:
    """The same numbers; a copy where they are a conjugate that PyTorch would not have computed yet."""

def resolve_neg(input: Any) -> Tensor:
    """The same numbers: negatives are always computed."""

def result_type(tensor1: Any, tensor2: Any) -> Tensor:
    """The dtype that arithmetic of two tensors or numbers has."""

def rms_norm(input: Any, normalized_shape: Any, weight: Any = ..., eps: Any = ...) -> Tensor:
    """Divides by the root of the mean square over the last dimensions. eps: the type's smallest step where None."""

def rnn_relu(input: Any, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any, train: Any, bidirectional: Any, batch_first: Any) -> Tensor:  # noqa: E501
    """A whole RNN with ReLU: (output, last h)."""

def rnn_relu_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = ..., b_hh: Any = ...) -> Tensor:
    """One step of an RNN with ReLU."""

def rnn_tanh(input: Any, hx: Any, params: Any, has_biases: Any, num_layers: Any, dropout: Any, train: Any, bidirectional: Any, batch_first: Any) -> Tensor:  # noqa: E501
    """A whole RNN with tanh: (output, last h)."""

def rnn_tanh_cell(input: Any, hx: Any, w_ih: Any, w_hh: Any, b_ih: Any = ..., b_hh: Any = ...) -> Tensor:
    """One step of an RNN with tanh."""

def roll(input: Any, shifts: Any, dims: Any = ...) -> Tensor:
    """A copy with the elements shifted along dimensions; what leaves at the end comes in at the beginning."""

def rot90(input: Any, k: Any = ..., dims: Any = ...) -> Tensor:
    """Turned by k times 90 degrees in the plane of two dimensions."""

def round(input: Any, *, decimals: Any = ..., out: Any = ...) -> Tensor:
    """Elements rounded to whole numbers (half to even), or to `decimals` places."""

def round_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.round_."""

def row_indices_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of Tensor.row_indices."""

def row_stack(tensors: Any, *, out: Any = ...) -> Tensor:
    """Tensors joined along the first dimension; vectors are rows."""

def rrelu(input: Any, lower: Any = ..., upper: Any = ..., training: Any = ..., generator: Any = ...) -> Tensor:
    """x where positive, else x times a slope in [lower, upper], random while training, else the mean."""

def rrelu_(input: Any, lower: Any = ..., upper: Any = ..., training: Any = ..., generator: Any = ...) -> Tensor:
    """In-place rrelu."""

def rsqrt(input: Any, *, out: Any = ...) -> Tensor:
    """rsqrt of each element."""

def rsqrt_(input: Any) -> Tensor:
    """In-place rsqrt."""

def rsub(input: Any, other: Any, *, alpha: Any = ...) -> Tensor:
    """other - alpha * input."""

def saddmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2), all sparse but mat2."""

def save(obj: Any, f: Any, pickle_module: Any = ..., pickle_protocol: Any = ..., _use_new_zipfile_serialization: Any = ..., _disable_byteorder_record: Any = ...) -> None:  # noqa: E501
    """Saves an object to a file."""

def scalar_tensor(s: Any, *, dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """A 0-dimensional tensor of a number."""

def scatter(input: Any, dim: Any, index: Any, src: Any = ..., *, value: Any = ..., reduce: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """A copy in which the elements of `src` (or a number) replace those that the index names along a dimension."""

def scatter_add(input: Any, dim: Any, index: Any, src: Any, *, out: Any = ...) -> Tensor:
    """A copy in which the elements of `src` are added to those that the index names along a dimension."""

def scatter_reduce(input: Any, dim: Any, index: Any, src: Any, reduce: Any, *, include_self: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """A copy in which the elements of `src` are combined with those that the index names along a dimension."""

def searchsorted(sorted_sequence: Any, input: Any, *, out_int32: Any = ..., right: Any = ..., side: Any = ..., sorter: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """Where each element would be inserted into sorted rows to keep them sorted: the number of smaller elements."""

def seed() -> builtins.int:
    """Seeds the default generator from the system; returns the seed."""

def segment_reduce(data: Any, reduce: Any, *, lengths: Any = ..., indices: Any = ..., offsets: Any = ..., axis: Any = ..., unsafe: Any = ..., initial: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """The reduction of each of the consecutive segments along a dimension."""

def select(input: Any, dim: Any, index: Any) -> Tensor:
    """A view of one element along a dimension, which goes away."""

def select_copy(input: Any, dim: Any, index: Any, *, out: Any = ...) -> Tensor:
    """A copy of what select shows."""

def select_scatter(input: Any, src: Any, dim: Any, index: Any) -> Tensor:
    """A copy with one slice along a dimension replaced."""

def selu(input: Any, inplace: Any = ...) -> Tensor:
    """The self-normalising elu: alpha 1.6733, scaled by 1.0507."""

def selu_(input: Any) -> Tensor:
    """In-place selu."""

def set_anomaly_enabled(enabled: Any, check_nan: Any = ...) -> Tensor:
    """Switches anomaly detection on or off."""

def set_autocast_cache_enabled(enabled: Any) -> Tensor:
    """Kept for is_autocast_cache_enabled."""

def set_autocast_cpu_dtype(dtype: Any) -> Tensor:
    """The older name of set_autocast_dtype('cpu', dtype)."""

def set_autocast_cpu_enabled(enabled: Any) -> Tensor:
    """The older name of set_autocast_enabled('cpu', enabled)."""

def set_autocast_dtype(device_type: Any, dtype: Any) -> Tensor:
    """Sets the dtype of products for autocasts that do not say one."""

def set_autocast_enabled(device_type: Any, enabled: Any = ...) -> Tensor:
    """Switches autocast on or off for this thread."""

def set_autocast_gpu_dtype(dtype: Any) -> Tensor:
    """The older name of set_autocast_dtype('cuda', dtype)."""

def set_autocast_ipu_dtype(dtype: Any) -> Tensor:
    """The older name of set_autocast_dtype('ipu', dtype)."""

def set_autocast_ipu_enabled(enabled: Any) -> Tensor:
    """The older name of set_autocast_enabled('ipu', enabled)."""

def set_autocast_xla_dtype(dtype: Any) -> Tensor:
    """The older name of set_autocast_dtype('xla', dtype)."""

def set_autocast_xla_enabled(enabled: Any) -> Tensor:
    """The older name of set_autocast_enabled('xla', enabled)."""

def set_default_device(device: Any) -> Tensor:
    """Sets where new tensors go: the CPU is the only place."""

def set_default_dtype(d: Any) -> Tensor:
    """Sets the floating-point type of new tensors made from Python floats."""

def set_default_tensor_type(t: Any) -> Tensor:
    """Sets the default dtype by a legacy type (torch.DoubleTensor) or its name."""

def set_deterministic_debug_mode(debug_mode: Any) -> Tensor:
    """Sets the mode: 0 'default', 1 'warn', 2 'error'."""

def set_float32_matmul_precision(precision: Any) -> Tensor:
    """Sets 'highest', 'high' or 'medium'; products of float32 are computed in float32 all the same."""

def set_flush_denormal(mode: Any) -> Tensor:
    """Asks that denormal numbers count as zero; False: they do not here, whatever is asked."""

def set_num_interop_threads(n: Any) -> Tensor:
    """Accepted; one program runs at a time."""

def set_num_threads(n: Any) -> Tensor:
    """Sets the number of threads that work on kernels."""

def set_printoptions(precision: Any = ..., threshold: Any = ..., edgeitems: Any = ..., linewidth: Any = ..., profile: Any = ..., sci_mode: Any = ...) -> Tensor:  # noqa: E501
    """Sets how tensors are printed; what is not given stays, but for `sci_mode`, which is decided by the numbers again."""

def set_rng_state(new_state: Any) -> Tensor:
    """The default generator goes on from a state."""

def set_warn_always(b: Any) -> Tensor:
    """Whether warnings that are given once are given always."""

def sgn(input: Any, *, out: Any = ...) -> Tensor:
    """Sign of each element; of a complex one z / |z|."""

def sigmoid(input: Any, *, out: Any = ...) -> Tensor:
    """sigmoid of each element."""

def sigmoid_(input: Any) -> Tensor:
    """In-place sigmoid."""

def sign(input: Any, *, out: Any = ...) -> Tensor:
    """Sign of each element."""

def signbit(input: Any, *, out: Any = ...) -> Tensor:
    """Whether the sign is minus."""

def sin(input: Any, *, out: Any = ...) -> Tensor:
    """sin of each element."""

def sin_(input: Any) -> Tensor:
    """In-place sin."""

def sinc(input: Any, *, out: Any = ...) -> Tensor:
    """sin(pi x) / (pi x), 1 at 0."""

def sinc_(input: Any) -> Tensor:
    """In-place sinc."""

def sinh(input: Any, *, out: Any = ...) -> Tensor:
    """sinh of each element."""

def sinh_(input: Any) -> Tensor:
    """In-place sinh."""

def slice_copy(input: Any, dim: Any = ..., start: Any = ..., end: Any = ..., step: Any = ..., *, out: Any = ...) -> Tensor:  # noqa: E501
    """A copy of what slice_ shows."""

def slice_inverse(input: Any, src: Any, dim: Any = ..., start: Any = ..., end: Any = ..., step: Any = ...) -> Tensor:
    """What a slice was taken from: its memory, seen as `src` is."""

def slice_scatter(input: Any, src: Any, dim: Any = ..., start: Any = ..., end: Any = ..., step: Any = ...) -> Tensor:
    """A copy with every step-th slice from start to end replaced."""

def slogdet(input: Any, *, out: Any = ...) -> Any:
    """Signs of determinants, and logarithms of their absolute values."""

def smm(input: Any, mat: Any) -> Tensor:
    """The product of a sparse and a dense matrix as a sparse one."""

def softmax(input: Any, dim: Any, dtype: Any = ..., *, out: Any = ...) -> Tensor:
    """exp(x) / sum(exp(x)) along a dimension."""

def sort(input: Any, dim: Any = ..., descending: Any = ..., stable: Any = ..., *, out: Any = ...) -> Any:
    """The elements in order along a dimension, and their places before: (values, indices)."""

def sparse_bsc_tensor(ccol_indices: Any, row_indices: Any, values: Any, size: Any = ..., *, dtype: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ..., check_invariants: Any = ...) -> Tensor:  # noqa: E501
    """The sparse matrix of the layout torch.sparse_bsc: ccol_indices, row_indices, values."""

def sparse_bsr_tensor(crow_indices: Any, col_indices: Any, values: Any, size: Any = ..., *, dtype: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ..., check_invariants: Any = ...) -> Tensor:  # noqa: E501
    """The sparse matrix of the layout torch.sparse_bsr: crow_indices, col_indices, values."""

def sparse_compressed_tensor(compressed_indices: Any, plain_indices: Any, values: Any, size: Any = ..., *, dtype: Any = ..., layout: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ..., check_invariants: Any = ...) -> Tensor:  # noqa: E501
    """The sparse matrix of a layout: where rows (or columns) begin, the columns (or rows) of elements, the elements."""

def sparse_coo_tensor(indices: Any, values: Any = ..., size: Any = ..., *, dtype: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ..., check_invariants: Any = ..., is_coalesced: Any = ...) -> Tensor:  # noqa: E501
    """The sparse tensor with values (nnz, *dense dimensions) at places (sparse dimensions, nnz)."""

def sparse_csc_tensor(ccol_indices: Any, row_indices: Any, values: Any, size: Any = ..., *, dtype: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ..., check_invariants: Any = ...) -> Tensor:  # noqa: E501
    """The sparse matrix of the layout torch.sparse_csc: ccol_indices, row_indices, values."""

def sparse_csr_tensor(crow_indices: Any, col_indices: Any, values: Any, size: Any = ..., *, dtype: Any = ..., device: Any = ..., pin_memory: Any = ..., requires_grad: Any = ..., check_invariants: Any = ...) -> Tensor:  # noqa: E501
    """The sparse matrix of the layout torch.sparse_csr: crow_indices, col_indices, values."""

def split(tensor: Any, split_size_or_sections: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
    """Consecutive parts along a dimension, of one size (the last may be smaller) or of given sizes."""

def split_copy(tensor: Any, split_size_or_sections: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """A copy of what split shows."""

def split_with_sizes(input: Any, split_sizes: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
    """Consecutive parts of given sizes."""

def split_with_sizes_copy(input: Any, split_sizes: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """A copy of what split_with_sizes shows."""

def spmm(input: Any, mat2: Any) -> Tensor:
    """torch.mm."""

def sqrt(input: Any, *, out: Any = ...) -> Tensor:
    """sqrt of each element."""

def sqrt_(input: Any) -> Tensor:
    """In-place sqrt."""

def square(input: Any, *, out: Any = ...) -> Tensor:
    """Square of each element."""

def square_(input: Any) -> Tensor:
    """In-place square."""

def squeeze(input: Any, dim: Any = ...) -> Tensor:
    """A view without the dimensions of size 1, or without those named."""

def squeeze_copy(input: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """A copy of what squeeze shows."""

def sspaddmm(input: Any, mat1: Any, mat2: Any, *, beta: Any = ..., alpha: Any = ..., out: Any = ...) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2), all sparse but mat2."""

def stack(tensors: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """Equally shaped tensors joined along a new dimension."""

def std(input: Any, dim: Any = ..., unbiased: Any = ..., keepdim: Any = ..., *, correction: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """Standard deviation over dimensions; the square root of `var`."""

def std_mean(input: Any, dim: Any = ..., unbiased: Any = ..., keepdim: Any = ..., *, correction: Any = ...) -> Any:
    """Standard deviation and mean."""

def stft(input: Any, n_fft: Any, hop_length: Any = ..., win_length: Any = ..., window: Any = ..., center: Any = ..., pad_mode: Any = ..., normalized: Any = ..., onesided: Any = ..., return_complex: Any = ..., align_to_window: Any = ...) -> Tensor:  # noqa: E501
    """The Fourier transforms of the windows of a signal: (batch, frequency, frame)."""

def sub(input: Any, other: Any, *, alpha: Any = ..., out: Any = ...) -> Tensor:
    """Difference of two tensors, element by element."""

def subtract(input: Any, other: Any, *, alpha: Any = ..., out: Any = ...) -> Tensor:
    """Difference of two tensors, element by element."""

def sum(input: Any, dim: Any = ..., keepdim: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
    """Sum over dimensions (all of them by default); integers are summed in int64."""

def summary(model: Any, input_size: Any = ..., *, input_data: Any = ..., dtypes: Any = ..., verbose: Any = ...) -> Tensor:  # noqa: E501
    """Tells what a network is made of; its running statistics and its mode stay as they are."""

def svd(input: Any, some: Any = ..., compute_uv: Any = ..., *, out: Any = ...) -> Any:
    """U, S and V of input = U diag(S) V^H."""

def svd_lowrank(A: Any, q: Any = ..., niter: Any = ..., M: Any = ...) -> Tensor:
    """U, S, V of A (less M) of about rank q."""

def swapaxes(input: Any, dim0: Any, dim1: Any) -> Tensor:
    """A view with two dimensions swapped."""

def swapdims(input: Any, dim0: Any, dim1: Any) -> Tensor:
    """A view with two dimensions swapped."""

def sym_constrain_range(size: Any, *, min: Any = ..., max: Any = ...) -> Tensor:
    """Says within which bounds a number lies; RuntimeError where it does not."""

def sym_constrain_range_for_size(size: Any, *, min: Any = ..., max: Any = ...) -> Tensor:
    """Says within which bounds a size lies; RuntimeError where it does not."""

def sym_float(a: Any) -> Tensor:
    """A number as a float."""

def sym_fresh_size(expr: Any) -> Tensor:
    """A size that may be any: the size."""

def sym_int(a: Any) -> Tensor:
    """A number as an int, cut towards zero."""

def sym_ite(b: Any, t: Any, f: Any) -> Tensor:
    """t where b holds, else f; both must be of one type."""

def sym_max(a: Any, b: Any) -> Tensor:
    """The larger of two numbers; a float where either is one."""

def sym_min(a: Any, b: Any) -> Tensor:
    """The smaller of two numbers; a float where either is one."""

def sym_not(a: Any) -> Tensor:
    """not a."""

def sym_sqrt(a: Any) -> Tensor:
    """The square root."""

def sym_sum(args: Any) -> Tensor:
    """The sum of numbers."""

def t(input: Any) -> Tensor:
    """A matrix transposed."""

def t_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of what t shows."""

def take(input: Any, index: Any, *, out: Any = ...) -> Tensor:
    """The elements at flat positions."""

def take_along_dim(input: Any, indices: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """Elements along a dimension by their numbers; the other dimensions are broadcast."""

def tan(input: Any, *, out: Any = ...) -> Tensor:
    """tan of each element."""

def tan_(input: Any) -> Tensor:
    """In-place tan."""

def tanh(input: Any, *, out: Any = ...) -> Tensor:
    """tanh of each element."""

def tanh_(input: Any) -> Tensor:
    """In-place tanh."""

def tensor(data: Any, *, dtype: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ...) -> Tensor:  # noqa: E501
    """A tensor with a copy of the values in nested sequences, an array, a number or a tensor."""

def tensor_split(input: Any, indices_or_sections: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
    """Parts along a dimension: that many of nearly equal size, or cut before each index."""

def tensordot(a: Any, b: Any, dims: Any = ..., *, out: Any = ...) -> Tensor:
    """The sum of products over several dimensions: the last of a with the first of b, or those listed for each."""

def thread_safe_generator() -> Tensor:
    """The generator of a thread that loads data; None in other threads, where the default one is meant."""

def threshold(input: Any, threshold: Any, value: Any, inplace: Any = ...) -> Tensor:
    """x where it is above the threshold, else the value."""

def threshold_(input: Any, threshold: Any, value: Any) -> Tensor:
    """In-place threshold."""

def tile(input: Any, *repeats: Any, dims: Any = ...) -> Tensor:
    """Copies side by side along each dimension."""

def to_dlpack(tensor: Any) -> Tensor:
    """A capsule over the tensor's memory, which one other library may consume."""

def topk(input: Any, k: Any, dim: Any = ..., largest: Any = ..., sorted: Any = ..., *, out: Any = ...) -> Any:
    """The k largest (or smallest) elements along a dimension, and their places: (values, indices)."""

def trace(input: Any, *, out: Any = ...) -> Tensor:
    """The sum of the diagonal of a matrix."""

def transpose(input: Any, dim0: Any, dim1: Any) -> Tensor:
    """A view with two dimensions swapped."""

def transpose_copy(input: Any, dim0: Any, dim1: Any, *, out: Any = ...) -> Tensor:
    """A copy of what transpose shows."""

def trapezoid(y: Any, x: Any = ..., *, dx: Any = ..., dim: Any = ...) -> Tensor:
    """The integral by the trapezoidal rule along a dimension."""

def trapz(y: Any, x: Any = ..., *, dx: Any = ..., dim: Any = ...) -> Tensor:
    """The integral by the trapezoidal rule along a dimension."""

def triangular_solve(b: Any, A: Any, upper: Any = ..., transpose: Any = ..., unitriangular: Any = ..., *, out: Any = ...) -> Any:  # noqa: E501
    """X of A X = b (or A^T X = b) for triangular A, and A."""

def tril(input: Any, diagonal: Any = ..., *, out: Any = ...) -> Tensor:
    """The lower triangle of matrices, up to a diagonal."""

def tril_indices(row: Any, col: Any, offset: Any = ..., *, dtype: Any = ..., device: Any = ..., layout: Any = ...) -> Tensor:  # noqa: E501
    """The positions of a triangle of a matrix: rows, then columns."""

def triplet_margin_loss(anchor: Any, positive: Any, negative: Any, margin: Any = ..., p: Any = ..., eps: Any = ..., swap: Any = ..., reduction: Any = ...) -> Tensor:  # noqa: E501
    """F.triplet_margin_loss; reduction: 0 none, 1 mean, 2 sum."""

def triu(input: Any, diagonal: Any = ..., *, out: Any = ...) -> Tensor:
    """The upper triangle of matrices, from a diagonal on."""

def triu_indices(row: Any, col: Any, offset: Any = ..., *, dtype: Any = ..., device: Any = ..., layout: Any = ...) -> Tensor:  # noqa: E501
    """The positions of a triangle of a matrix: rows, then columns."""

def true_divide(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """Quotient, element by element."""

def trunc(input: Any, *, out: Any = ...) -> Tensor:
    """trunc of each element."""

def trunc_(input: Any) -> Tensor:
    """In-place trunc."""

def type_as(self, other: Any) -> Tensor:
    """This tensor in the dtype of another."""

def typename(obj: Any) -> Any:
    """The name of an object's type: torch.FloatTensor for tensors, a dotted name for others."""

def unbind(input: Any, dim: Any = ...) -> builtins.tuple[Tensor, ...]:
    """All the slices along a dimension."""

def unbind_copy(input: Any, dim: Any = ..., *, out: Any = ...) -> Tensor:
    """A copy of what unbind shows."""

def unflatten(input: Any, dim: Any, sizes: Any) -> Tensor:
    """One dimension as several."""

def unfold_copy(input: Any, dimension: Any, size: Any, step: Any, *, out: Any = ...) -> Tensor:
    """A copy of what unfold shows."""

def unify_type_list(types: Any) -> Tensor:
    """The type that all types of a list are; RuntimeError where they differ."""

def unique(input: Any, sorted: Any = ..., return_inverse: Any = ..., return_counts: Any = ..., dim: Any = ...) -> Any:
    """The distinct elements (or slices along a dimension) in order; where asked for, each one's place and count."""

def unique_consecutive(input: Any, return_inverse: Any = ..., return_counts: Any = ..., dim: Any = ...) -> Any:
    """The elements (or slices along a dimension) without those that equal the one before them."""

def unravel_index(indices: Any, shape: Any) -> Tensor:
    """Flat positions as one index tensor for each dimension."""

def unsafe_chunk(input: Any, chunks: Any, dim: Any = ...) -> Tensor:
    """chunk, of whose results each counts its changes alone."""

def unsafe_split(tensor: Any, split_size: Any, dim: Any = ...) -> Tensor:
    """split, of whose results each counts its changes alone."""

def unsafe_split_with_sizes(tensor: Any, split_size: Any, dim: Any = ...) -> Tensor:
    """split, of whose results each counts its changes alone."""

def unsqueeze(input: Any, dim: Any) -> Tensor:
    """A view with a new dimension of size 1."""

def unsqueeze_copy(input: Any, dim: Any, *, out: Any = ...) -> Tensor:
    """A copy of what unsqueeze shows."""

def use_deterministic_algorithms(mode: Any, *, warn_only: Any = ...) -> Tensor:
    """Asks for deterministic algorithms: all of them are."""

def values_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of Tensor.values."""

def vander(x: Any, N: Any = ..., increasing: Any = ...) -> Tensor:
    """The Vandermonde matrix of a vector: its powers from N - 1 down to 0, or from 0 on."""

def var(input: Any, dim: Any = ..., unbiased: Any = ..., keepdim: Any = ..., *, correction: Any = ..., out: Any = ...) -> Tensor:  # noqa: E501
    """Variance over dimensions; divides by n - correction (1 by default, 0 where unbiased is False)."""

def var_mean(input: Any, dim: Any = ..., unbiased: Any = ..., keepdim: Any = ..., *, correction: Any = ...) -> Any:
    """Variance and mean."""

def vdot(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """The inner product of two vectors, the first one conjugated."""

def view_as(self, other: Any) -> Tensor:
    """A view in another tensor's shape."""

def view_as_complex(input: Any) -> Tensor:
    """A view of pairs of real numbers, the last dimension, as complex ones."""

def view_as_complex_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of what view_as_complex shows."""

def view_as_real(input: Any) -> Tensor:
    """A view of complex numbers as real ones, with a last dimension for real and imaginary part."""

def view_as_real_copy(input: Any, *, out: Any = ...) -> Tensor:
    """A copy of what view_as_real shows."""

def view_copy(input: Any, size: Any = ..., *, dtype: Any = ..., out: Any = ...) -> Tensor:
    """A copy of what view shows."""

def vmap(func: Any, in_dims: Any = ..., out_dims: Any = ..., randomness: Any = ..., *, chunk_size: Any = ...) -> Any:
    """A function that runs func for each element of a batch, all at once."""

def vsplit(input: Any, indices_or_sections: Any) -> builtins.tuple[Tensor, ...]:
    """Parts along dimension 0: that many of equal size, or cut before each index."""

def vstack(tensors: Any, *, out: Any = ...) -> Tensor:
    """Tensors joined along the first dimension; vectors are rows."""

def wait(future: Any) -> Tensor:
    """The result of a forked call."""

def where(condition: Any, input: Any = ..., other: Any = ..., *, out: Any = ...) -> Tensor:
    """Elements of `input` where the condition holds, else of `other`; alone, its nonzero positions."""

def xlogy(input: Any, other: Any, *, out: Any = ...) -> Tensor:
    """input * log(other); 0 where input is 0."""

def xlogy_(input: Any, *args: Any, **kwargs: Any) -> Tensor:
    """Tensor.xlogy_."""

def zero_(self) -> Tensor:
    """Sets all elements to zero."""

def zeros(*sizes: Any, size: Any = ..., out: Any = ..., dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., pin_memory: Any = ..., names: Any = ...) -> Tensor:  # noqa: E501
    """A tensor of zeros."""

def zeros_like(input: Any, *, dtype: Any = ..., layout: Any = ..., device: Any = ..., requires_grad: Any = ..., memory_format: Any = ...) -> Tensor:  # noqa: E501
    """Zeros in another tensor's shape and dtype."""
