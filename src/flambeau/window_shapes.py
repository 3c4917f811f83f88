"""Pure rules on the shapes of convolution and pooling: tuples of ints come in, tuples of ints go out.

`name` is PyTorch's name of the op ("conv2d", "max_pool1d" ...); the digit in it is the number of spatial dimensions.
Inputs may lack the batch dimension, results then lack it too. Every rule returns PyTorch's shape or raises PyTorch's
exception with PyTorch's text.
"""

from __future__ import annotations

from collections.abc import Sequence

from .shapes import Shape, check_sizes, text

_NUMBER_WORDS = {2: "two", 3: "three"}
_AXES = {2: ("H", "W"), 3: ("T", "H", "W")}
_AXIS_NAMES = {2: ("height", "width"), 3: ("depth", "height", "width")}


def _spatial(name: str) -> int:
    return int(name[-2])


def _by(numbers: Sequence[int]) -> str:
    return " x ".join(map(str, numbers))


def _labelled(form: str, labels: Sequence[str], numbers: Sequence[int]) -> str:
    return " ".join(form.format(label) + f": {number}" for label, number in zip(labels, numbers))


# Convolution


def is_batched(name: str, shape: Shape) -> bool:
    """Whether the input of a convolution has a batch dimension; RuntimeError for any other number of dimensions."""
    n = _spatial(name)
    if len(shape) not in (n + 1, n + 2):
        raise RuntimeError(
            f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {name}, but got input of size: {text(shape)}"
        )
    return len(shape) == n + 2


def conv_parameter(name: str, value: int | Sequence[int], n: int, given: int | None = None) -> Shape:
    """A stride, padding, dilation or output_padding with one number for each of n spatial dimensions.

    given: for how many dimensions a single number stands, where that is not n (PyTorch's message shows it).
    """
    numbers = (value,) * (given or n) if isinstance(value, int) else tuple(value)
    if len(numbers) not in (1, n):
        raise RuntimeError(
            f"expected {name} to be a single integer value or a list of {n} values to match the convolution "
            f"dimensions, but got {name}={text(numbers)}"
        )
    return numbers if len(numbers) == n else numbers * n


def conv_padding(padding: str, x: Shape, weight: Shape, stride: Shape, dilation: Shape) -> tuple[Shape, Shape]:
    """What padding="same" or "valid" adds on the left and on the right of each spatial dimension of a batch x."""
    if padding not in ("same", "valid"):
        raise RuntimeError(f"Invalid padding string: '{padding}'")
    if padding == "valid":
        return (0,) * len(stride), (0,) * len(stride)
    _check_weight(weight)
    if len(weight) != len(x):
        raise RuntimeError(
            f"Expected {len(weight)}-dimensional input for {len(weight)}-dimensional weight{text(weight)}, but got "
            f"{len(x)}-dimensional input of size {text(x)} instead"
        )
    if any(step != 1 for step in stride):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    total = [d * (k - 1) for d, k in zip(dilation, weight[2:])]
    return tuple(t // 2 for t in total), tuple(t - t // 2 for t in total)


def conv_shape(
    name: str,
    x: Shape,
    weight: Shape,
    bias: Shape | None,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    groups: int,
) -> Shape:
    """The shape of `conv1d`, `conv2d` and `conv3d`.

    x: ([batch,] channels, *spatial).  weight: (out channels, channels / groups, *kernel).
    bias: (out channels,) or None.
    stride, padding, dilation: one number or one for each spatial dimension, as `conv_parameter` takes them.
    """
    batched = is_batched(name, x)
    full = x if batched else (1, *x)
    _check_weight(weight)
    stride, padding, dilation = _conv_parameters(name, weight, stride=stride, padding=padding, dilation=dilation)
    _check_conv(full, weight, stride, padding, dilation, (0,), groups)
    if full[1] != weight[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {text(weight)}, expected input{text(full)} to have "
            f"{weight[1] * groups} channels, but got {full[1]} channels instead"
        )
    _check_conv_bias(weight, bias, weight[0], "")
    _check_kernel_fits(full, weight, padding, dilation)
    _check_conv_sizes(full, weight, dilation)
    out = [_window_count(*sizes) for sizes in zip(full[2:], weight[2:], stride, padding, dilation)]
    return (*full[: int(batched)], weight[0], *out)


def conv_transpose_shape(
    name: str,
    x: Shape,
    weight: Shape,
    bias: Shape | None,
    stride: Shape,
    padding: Shape,
    output_padding: Shape,
    groups: int,
    dilation: Shape,
) -> Shape:
    """The shape of `conv_transpose1d`, `conv_transpose2d` and `conv_transpose3d`.

    weight: (channels, out channels / groups, *kernel); the rest as in `conv_shape`.
    """
    batched = is_batched(name, x)
    full = x if batched else (1, *x)
    _check_weight(weight)
    stride, padding, dilation, extra = _conv_parameters(
        name, weight, stride=stride, padding=padding, dilation=dilation, output_padding=output_padding
    )
    _check_conv(full, weight, stride, padding, dilation, extra, groups)
    if full[1] != weight[0]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {text(weight)}, expected input{text(full)} to have {weight[0]} "
            f"channels, but got {full[1]} channels instead"
        )
    _check_conv_bias(weight, bias, weight[1] * groups, "transposed=1, ")
    _check_conv_sizes(full, weight, dilation)
    _check_output_padding(stride, dilation, extra)
    sizes = zip(full[2:], weight[2:], stride, padding, dilation, extra)
    out = [(i - 1) * s - 2 * p + d * (k - 1) + e + 1 for i, k, s, p, d, e in sizes]
    _check_transposed_output(full[2:], out)
    return (*full[: int(batched)], weight[1] * groups, *out)


def _conv_parameters(name: str, weight: Shape, **given: int | Sequence[int]) -> list[Shape]:
    return [conv_parameter(key, value, len(weight) - 2, _spatial(name)) for key, value in given.items()]


def _check_weight(weight: Shape):
    if len(weight) < 3:
        raise RuntimeError("weight should have at least three dimensions")


def _check_conv(x: Shape, weight: Shape, stride: Shape, padding: Shape, dilation: Shape, extra: Shape, groups: int):
    if min(padding) < 0:
        raise RuntimeError("negative padding is not supported")
    if min(extra) < 0:
        raise RuntimeError("negative output_padding is not supported")
    if min(stride) <= 0:
        raise RuntimeError("non-positive stride is not supported")
    if min(dilation) < 0:
        raise RuntimeError("dilation should be greater than zero")
    if groups <= 0:
        raise RuntimeError("non-positive groups is not supported")
    if len(weight) != len(x):
        raise RuntimeError(
            f"Expected {len(weight)}-dimensional input for {len(weight)}-dimensional weight {text(weight)}, but got "
            f"{len(x)}-dimensional input of size {text(x)} instead"
        )
    if weight[0] < groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be at least {groups} at dimension 0, but got weight of size "
            f"{text(weight)} instead"
        )
    if weight[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, but got weight "
            f"of size [{text(weight)}] instead"
        )


def _check_conv_bias(weight: Shape, bias: Shape | None, channels: int, given: str):
    if bias is not None and bias != (channels,):
        raise RuntimeError(
            f"Given {given}weight of size {text(weight)}, expected bias to be 1-dimensional with {channels} "
            f"elements, but got bias of size {text(bias)} instead"
        )


def _check_kernel_fits(x: Shape, weight: Shape, padding: Shape, dilation: Shape):
    padded = [size + 2 * pad for size, pad in zip(x[2:], padding)]
    kernel = [d * (k - 1) + 1 for d, k in zip(dilation, weight[2:])]
    if any(k > size for k, size in zip(kernel, padded)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({_by(padded)}). Kernel size: ({_by(kernel)}). Kernel "
            "size can't be greater than actual input size"
        )


def _two_dimensional(sizes: Shape) -> Shape:
    """PyTorch runs one spatial dimension as two, of which the first has size 1; its messages tell."""
    return (1, *sizes) if len(sizes) == 1 else sizes


def _check_conv_sizes(x: Shape, weight: Shape, dilation: Shape):
    kernel = _two_dimensional(weight[2:])
    if 0 in x[2:] and 0 not in x[:2]:
        shape = text((*x[:2], *_two_dimensional(x[2:])))
        raise RuntimeError(f"Only zero batch or zero channel inputs are supported, but got input shape: {shape}")
    if 0 in kernel:
        named = _labelled("kernel_{}", _AXIS_NAMES[2], kernel)
        sizes = f" {named}" if len(kernel) == 2 else f": {_by(kernel)} (TxHxW)"
        raise RuntimeError(f"kernel size should be greater than zero, but got{sizes}")
    if 0 in dilation:
        raise RuntimeError(f"dilation should be greater than zero, but got {text(_two_dimensional(dilation))}")


def _check_output_padding(stride: Shape, dilation: Shape, extra: Shape):
    if all(e < s or e < d for e, s, d in zip(extra, stride, dilation)):
        return
    if len(extra) == 1:
        stride, dilation, extra = (1, *stride), (1, *dilation), (0, *extra)
    names = _AXIS_NAMES[len(extra)]
    groups = (("output_padding_{}", extra), ("stride_{}", stride), ("dilation_{}", dilation))
    sizes = " ".join(_labelled(form, names, numbers) for form, numbers in groups)
    raise RuntimeError(f"output padding must be smaller than either stride or dilation, but got {sizes}")


def _check_transposed_output(sizes: Shape, out: Sequence[int]):
    if min(out) < 1:
        sizes, shown = _two_dimensional(sizes), _two_dimensional(tuple(out))
        raise RuntimeError(
            f"Given input size per channel: ({_by(sizes)}). Calculated output size per channel: ({_by(shown)}). "
            "Output size is too small"
        )


# Pooling


def _window_count(size: int, kernel: int, stride: int, pad: int, dilation: int = 1, ceil_mode: bool = False) -> int:
    span = size + 2 * pad - dilation * (kernel - 1) - 1
    count = (span + (stride - 1 if ceil_mode else 0)) // stride + 1
    # With ceil_mode the last window must still start inside the input or its left padding.
    return count - 1 if ceil_mode and (count - 1) * stride >= size + pad else count


def pool_parameters(
    name: str,
    kernel: int | Sequence[int],
    stride: int | Sequence[int] | None,
    padding: int | Sequence[int],
    dilation: int | Sequence[int] = 1,
) -> tuple[Shape, Shape, Shape, Shape]:
    """Kernel, stride (the kernel's where missing), padding and dilation with one number for each spatial dimension."""
    n = _spatial(name)
    if stride is None or (not isinstance(stride, int) and not stride):
        stride = kernel
    given = {"kernel_size": kernel, "stride": stride, "padding": padding, "dilation": dilation}
    kernel, stride, padding, dilation = (_pool_parameter(name, key, value, n) for key, value in given.items())
    return kernel, stride, padding, dilation


def _pool_parameter(name: str, key: str, value: int | Sequence[int], n: int) -> Shape:
    numbers = (value,) if isinstance(value, int) else tuple(value)
    if len(numbers) not in (1, n):
        raise RuntimeError(_pool_parameter_message(name, key, len(numbers), n))
    return numbers if len(numbers) == n else numbers * n


def _pool_parameter_message(name: str, key: str, got: int, n: int) -> str:
    if name == "avg_pool1d":
        return f"avg_pool1d() argument '{key}' should contain one int (got {got})"
    if name == "max_pool1d":
        # The commas differ from argument to argument in PyTorch.
        kinds = ("None, " * (key == "stride")) + "an int, list of ints" + ("," * (key in ("stride", "padding")))
        return f"max_pool1d() {key} must be {kinds} or tuple of ints of size 1 but got size {got}"
    words = f"a single int, or a tuple of {_NUMBER_WORDS[n]} ints"
    if name == "avg_pool3d":
        return f"avg_pool3d: {key} must be {'omitted, ' * (key == 'stride')}{words}"
    verb = "must be either" if key == "dilation" else "must either be"
    return f"{name}: {key} {verb} {'omitted, ' * (key == 'stride')}{words}"


def max_pool_shape(
    name: str,
    x: Shape,
    kernel: Shape,
    stride: Shape,
    padding: Shape,
    dilation: Shape,
    ceil_mode: bool = False,
    indices: bool = False,
) -> Shape:
    """The shape of `max_pool1d`, `max_pool2d` and `max_pool3d`; parameters as `pool_parameters` gives them.

    indices: whether positions are asked for, for which PyTorch runs one dimension as two; its messages tell.
    """
    n = _spatial(name)
    if n == 1 and indices:
        _check_dims_1d(name, x)
        sizes = (1, *kernel), (1, *stride), (0, *padding), (1, *dilation)
        result = max_pool_shape("max_pool2d", (*x[:-1], 1, x[-1]), *sizes, ceil_mode)
        return (*result[:-2], result[-1])
    if n == 1:
        _check_max_pool1d(x, kernel[0], stride[0], padding[0], dilation[0])
    else:
        _check_pool_dims(x, n)
        _check_windows(kernel, stride, padding, dilation)
        _check_half_kernel(kernel, padding)
        _check_pool_sizes("max_pool3d_with_indices_out_cpu_template()", x, n)
    sizes = zip(x[-n:], kernel, stride, padding, dilation)
    out = [_window_count(*numbers, ceil_mode) for numbers in sizes]
    if n == 1 and out[0] <= 0:
        raise RuntimeError(f"max_pool1d() Invalid computed output size: {out[0]}")
    return _pooled(x, out, x[-n:])


def avg_pool_shape(name: str, x: Shape, kernel: Shape, stride: Shape, padding: Shape, ceil_mode: bool = False) -> Shape:
    """The shape of `avg_pool1d`, `avg_pool2d` and `avg_pool3d`; parameters as `pool_parameters` gives them."""
    n = _spatial(name)
    if n == 1:
        _check_dims_1d(name, x)
        flat = (*x[:-1], 1, x[-1])
        result = avg_pool_shape("avg_pool2d", flat, (1, *kernel), (1, *stride), (0, *padding), ceil_mode)
        return (*result[:-2], result[-1])
    if n == 2 and len(x) < 3:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-len(x)}, {len(x) - 1}], but got -3)")
    if n == 3:
        _check_pool_dims(x, n)
    _check_windows(kernel, stride, padding, (1,) * n)
    _check_pool_sizes("avg_pool3d()", x, n)
    out = [_window_count(size, k, s, p, 1, ceil_mode) for size, k, s, p in zip(x[-n:], kernel, stride, padding)]
    if n == 3 and any(k > size + 2 * pad for k, size, pad in zip(kernel, x[-3:], (0, 0, 0))):
        images, kernels = _labelled("{}", _AXES[3], x[-3:]), _labelled("k{}", _AXES[3], kernel)
        raise RuntimeError(f"input image ({images}) smaller than kernel size ({kernels})")
    return _pooled(x, out, x[-n:])


def adaptive_pool_shape(name: str, x: Shape, output_size: int | Sequence[int | None] | None) -> Shape:
    """The shape of `adaptive_avg_pool` and `adaptive_max_pool` in 1, 2 or 3 dimensions; None keeps an input size."""
    n = _spatial(name)
    sizes = (output_size,) * n if output_size is None or isinstance(output_size, int) else tuple(output_size)
    if len(sizes) != n:
        raise RuntimeError(_adaptive_size_message(name, n, len(sizes)))
    _check_adaptive_dims(name, x, n)
    out = tuple(old if size is None else size for old, size in zip(x[-n:], sizes))
    _check_adaptive_sizes(name, x, n, out)
    return (*x[:-n], *out)


def _adaptive_size_message(name: str, n: int, got: int) -> str:
    if n == 1:
        return f"{name}() argument 'output_size' should contain one int (got {got})"
    if "avg" in name:
        return f"{name}: output_size must be {n}"
    return f"{name}(): internal error: output_size.size() must be {n}"


def _check_adaptive_dims(name: str, x: Shape, n: int):
    if n == 1:
        _check_dims_1d(name, x)
    elif len(x) not in (n + 1, n + 2):
        colon = "" if "avg" in name else ":"
        raise RuntimeError(f"{name}(): Expected {n + 1}D or {n + 2}D tensor, but got{colon} {text(x)}")


def _check_adaptive_sizes(name: str, x: Shape, n: int, out: Shape):
    if name == "adaptive_avg_pool1d":
        name, x, n, out = "adaptive_avg_pool2d", (*x[:-1], 1, x[-1]), 2, (1, *out)
    first = len(x) - n if name == "adaptive_avg_pool2d" else 1
    for dim in range(first, len(x)):
        if x[dim] == 0:
            raise RuntimeError(
                f"{name}(): Expected input to have non-zero size for non-batch dimensions, but input has sizes "
                f"{text(x)} with dimension {dim} being empty"
            )
    if "avg" in name and min(out) < 0:
        received = f"{out[0]}, {','.join(map(str, out[1:]))}"
        raise RuntimeError(
            f"{name}: elements of output_size must be greater than or equal to 0 but received {{{received}}}"
        )
    check_sizes((*x[:-n], *((1,) if n == 1 else ()), *out))


def _check_dims_1d(name: str, x: Shape):
    if len(x) not in (2, 3):
        raise RuntimeError(
            f"Expected 2 to 3 dimensions, but got {len(x)}-dimensional tensor for argument #1 'self' "
            f"(while checking arguments for {name})"
        )


def _check_pool_dims(x: Shape, n: int):
    if len(x) not in (n + 1, n + 2):
        raise RuntimeError(f"non-empty {n + 1}D or {n + 2}D (batch mode) tensor expected for input")


def _check_max_pool1d(x: Shape, kernel: int, stride: int, padding: int, dilation: int):
    _check_shape_with_batch("max_pool1d: ", x, 1)
    for key, number in (("kernel_size", kernel), ("stride", stride)):
        if number <= 0:
            raise RuntimeError(f"max_pool1d() {key} must be greater than zero, but got {number}")
    if padding < 0:
        raise RuntimeError(f"max_pool1d() padding must be non-negative, but got {padding}")
    if padding > kernel // 2:
        raise RuntimeError(
            f"max_pool1d() padding should be at most half of kernel size, but got padding={padding} and "
            f"kernel_size={kernel}"
        )
    if dilation <= 0:
        raise RuntimeError(f"max_pool1d() dilation must be greater than zero, but got {dilation}")


def _check_shape_with_batch(prefix: str, x: Shape, n: int):
    if len(x) not in (n + 1, n + 2) or 0 in x[-n - 1 :]:
        raise RuntimeError(
            f"{prefix}Expected {n + 1}D or {n + 2}D (batch mode) tensor with optional 0 dim batch size for input, "
            f"but got:{text(x)}"
        )


def _check_windows(kernel: Shape, stride: Shape, padding: Shape, dilation: Shape):
    if 0 in stride:
        raise RuntimeError("stride should not be zero")
    for k, pad, step in zip(kernel, padding, dilation):
        if pad < 0:
            raise RuntimeError(f"pad must be non-negative, but got pad: {pad}")
        if pad > int(((k - 1) * step + 1) / 2):
            raise RuntimeError(
                f"pad should be at most half of effective kernel size, but got pad={pad}, kernel_size={k} and "
                f"dilation={step}"
            )
    axes = _AXES[len(kernel)]
    for what, form, numbers in (
        ("kernel size", "k{}", kernel),
        ("stride", "d{}", stride),
        ("dilation", "dilation{}", dilation),
    ):
        if min(numbers) <= 0:
            raise RuntimeError(f"{what} should be greater than zero, but got {_labelled(form, axes, numbers)}")


def _check_half_kernel(kernel: Shape, padding: Shape):
    if all(pad <= k // 2 for pad, k in zip(padding, kernel)):
        return
    if len(kernel) == 2:
        sizes = f"padW = {padding[1]}, padH = {padding[0]}, kW = {kernel[1]}, kH = {kernel[0]}"
    else:
        named = (("k{}", kernel), ("pad{}", padding))
        sizes = " ".join(_labelled(form, ("T", "W", "H"), (t, w, h)) for form, (t, h, w) in named)
    raise RuntimeError(f"pad should be smaller than or equal to half of kernel size, but got {sizes}")


def _check_pool_sizes(name: str, x: Shape, n: int):
    if n == 2:
        return _check_shape_with_batch("", x, n)
    if 0 in x[-n - 1 :]:
        raise RuntimeError(
            f"{name}: Expected input's non-batch dimensions to have positive length, but input has a shape of "
            f"{text(x)} and non-batch dimension 0 has length zero!"
        )


def _pooled(x: Shape, out: Sequence[int], sizes: Shape) -> Shape:
    if min(out) < 1:
        channels = x[-len(out) - 1]
        given, calculated = ("x".join(map(str, (channels, *numbers))) for numbers in (sizes, out))
        raise RuntimeError(
            f"Given input size: ({given}). Calculated output size: ({calculated}). Output size is too small"
        )
    return (*x[: -len(out)], *out)
