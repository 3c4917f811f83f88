"""QConfig: which observers watch a module's results and its weight."""

from __future__ import annotations

import warnings
from collections import namedtuple
from functools import partial

import flambeau as torch
from flambeau import nn

from .fake_quantize import (
    FakeQuantize,
    FakeQuantizeBase,
    FusedMovingAvgObsFakeQuantize,
    default_dynamic_fake_quant,
    default_embedding_fake_quant,
    default_embedding_fake_quant_4bit,
    default_fake_quant,
    default_fused_act_fake_quant,
    default_fused_per_channel_wt_fake_quant,
    default_fused_wt_fake_quant,
    default_per_channel_weight_fake_quant,
    default_weight_fake_quant,
    fused_per_channel_wt_fake_quant_range_neg_127_to_127,
    fused_wt_fake_quant_range_neg_127_to_127,
)
from .observer import (
    HistogramObserver,
    MinMaxObserver,
    MovingAverageMinMaxObserver,
    NoopObserver,
    PlaceholderObserver,
    ReuseInputObserver,
    _PartialWrapper,
    default_debug_observer,
    default_dynamic_quant_observer,
    default_float_qparams_observer,
    default_float_qparams_observer_4bit,
    default_observer,
    default_per_channel_weight_observer,
    default_placeholder_observer,
    default_reuse_input_observer,
    default_weight_observer,
    per_channel_weight_observer_range_neg_127_to_127,
    weight_observer_range_neg_127_to_127,
)

_BACKENDS = ["fbgemm", "x86", "qnnpack", "onednn"]


def _refuse_instances(name: str, *watchers) -> None:
    if any(isinstance(watcher, nn.Module) for watcher in watchers):
        raise ValueError(
            f"{name} received observer instance, please pass observer class instead. "
            "Use MyObserver.with_args(x=1) to override arguments to constructor if needed"
        )


class QConfig(namedtuple("QConfig", ["activation", "weight"])):
    """Which observers watch a module's results and its weight.

    Args:
        activation, weight: classes of observers, or those with arguments (`MinMaxObserver.with_args(...)`).

    Raises ValueError for an observer instead of its class.
    """

    __slots__ = ()

    def __new__(cls, activation, weight):
        _refuse_instances("QConfig", activation, weight)
        return super().__new__(cls, activation, weight)


class QConfigDynamic(namedtuple("QConfigDynamic", ["activation", "weight"])):
    """The older QConfig of networks that are quantised dynamically: which observer watches a module's weight.

    Raises ValueError for an observer instead of its class.
    """

    __slots__ = ()

    def __new__(cls, activation=nn.Identity, weight=nn.Identity):
        warnings.warn(
            "`QConfigDynamic` is going to be deprecated in PyTorch 1.12, please use `QConfig` instead",
            FutureWarning,
            stacklevel=2,
        )
        _refuse_instances("QConfigDynamic", weight)
        return super().__new__(cls, activation, weight)


QConfigAny = QConfig | None

# ------------------------------------------------------------------ after training
default_qconfig = QConfig(default_observer, default_weight_observer)
default_debug_qconfig = QConfig(default_debug_observer, default_weight_observer)
default_per_channel_qconfig = QConfig(default_observer, default_per_channel_weight_observer)
default_dynamic_qconfig = QConfig(default_dynamic_quant_observer, default_weight_observer)
per_channel_dynamic_qconfig = QConfig(default_dynamic_quant_observer, default_per_channel_weight_observer)
float16_dynamic_qconfig = QConfig(
    PlaceholderObserver.with_args(dtype=torch.float16, is_dynamic=True),
    PlaceholderObserver.with_args(dtype=torch.float16),
)
float16_static_qconfig = QConfig(
    PlaceholderObserver.with_args(dtype=torch.float16), PlaceholderObserver.with_args(dtype=torch.float16)
)
float_qparams_weight_only_qconfig = QConfig(default_placeholder_observer, default_float_qparams_observer)
float_qparams_weight_only_qconfig_4bit = QConfig(default_placeholder_observer, default_float_qparams_observer_4bit)
default_reuse_input_qconfig = QConfig(default_reuse_input_observer, NoopObserver)
_signed = HistogramObserver.with_args(dtype=torch.qint8, reduce_range=False, eps=2**-12)
default_symmetric_qnnpack_qconfig = QConfig(_signed, weight_observer_range_neg_127_to_127)
default_per_channel_symmetric_qnnpack_qconfig = QConfig(_signed, per_channel_weight_observer_range_neg_127_to_127)
default_quint8_weight_qconfig = QConfig(HistogramObserver, MinMaxObserver)
_default_fp32_placeholder_qconfig = QConfig(
    PlaceholderObserver.with_args(dtype=torch.float32), PlaceholderObserver.with_args(dtype=torch.float32)
)
_default_quint8_placeholder_qconfig = QConfig(PlaceholderObserver.with_args(dtype=torch.quint8), None)

# ------------------------------------------------------------------ in training
default_qat_qconfig = QConfig(default_fake_quant, default_weight_fake_quant)
default_dynamic_qat_qconfig = QConfig(default_dynamic_fake_quant, default_weight_fake_quant)
default_weight_only_qconfig = QConfig(nn.Identity, default_weight_fake_quant)
default_activation_only_qconfig = QConfig(default_fake_quant, nn.Identity)
default_qat_qconfig_v2 = QConfig(default_fused_act_fake_quant, default_fused_wt_fake_quant)
default_embedding_qat_qconfig = QConfig(NoopObserver.with_args(dtype=torch.float32), default_embedding_fake_quant)
default_embedding_qat_qconfig_4bit = QConfig(
    NoopObserver.with_args(dtype=torch.float32), default_embedding_fake_quant_4bit
)
_signed = FusedMovingAvgObsFakeQuantize.with_args(
    observer=MovingAverageMinMaxObserver, quant_min=-128, quant_max=127, dtype=torch.qint8, reduce_range=False,
    eps=2**-12,
)  # fmt: skip
default_symmetric_qnnpack_qat_qconfig = QConfig(_signed, fused_wt_fake_quant_range_neg_127_to_127)
default_per_channel_symmetric_qnnpack_qat_qconfig = QConfig(
    _signed, fused_per_channel_wt_fake_quant_range_neg_127_to_127
)


def _check(backend: str, version, known: tuple, text: str) -> None:
    if backend not in _BACKENDS:
        raise AssertionError(f"backend: {backend} not supported. backend must be one of {_BACKENDS}")
    if version not in known:
        raise AssertionError(f"Version number: {version}{text}")


def get_default_qconfig(backend="x86", version=0) -> QConfig:
    """The QConfig for networks that are quantised after training.

    Args:
        backend: "x86", "fbgemm" (which use half of the integers for results), "qnnpack" (one scale for a weight) or
            "onednn".
        version: 0.

    Raises AssertionError for others.
    """
    _check(backend, version, (0,), " in get_default_qconfig is not supported. Version number must be 0")
    per_tensor = backend == "qnnpack"
    return QConfig(
        HistogramObserver.with_args(reduce_range=backend in ("fbgemm", "x86")),
        default_weight_observer if per_tensor else default_per_channel_weight_observer,
    )


def get_default_qat_qconfig(backend="x86", version=1) -> QConfig:
    """The QConfig for networks that are trained to be quantised.

    Args:
        backend: "x86", "fbgemm" (which use half of the integers for results), "qnnpack" (one scale for a weight) or
            "onednn".
        version: 1, or 0 for observers that are modules of their own.

    Raises AssertionError for others.
    """
    _check(backend, version, (0, 1), "in get_default_qat_qconfig is not supported. Version number must be 0 or 1")
    kind = FusedMovingAvgObsFakeQuantize if version else FakeQuantize
    half = {} if backend == "onednn" else {"reduce_range": backend != "qnnpack"}
    activation = kind.with_args(observer=MovingAverageMinMaxObserver, quant_min=0, quant_max=255, **half)
    weights = {
        (True, 0): default_weight_fake_quant,
        (True, 1): default_fused_wt_fake_quant,
        (False, 0): default_per_channel_weight_fake_quant,
        (False, 1): default_fused_per_channel_wt_fake_quant,
    }
    return QConfig(activation, weights[backend == "qnnpack", version])


def _as_dict(name: str, backend, version) -> dict:
    from . import qconfig_mapping

    warnings.warn(
        f"`torch.ao.quantization.{name}_dict` is deprecated and will be removed in a future version. "
        f"Please use `torch.ao.quantization.{name}_mapping` instead.",
        FutureWarning,
        stacklevel=3,
    )
    return getattr(qconfig_mapping, f"{name}_mapping")(backend, version).to_dict()


def get_default_qconfig_dict(backend="x86", version=0) -> dict:
    """The older form of `get_default_qconfig_mapping`."""
    return _as_dict("get_default_qconfig", backend, version)


def get_default_qat_qconfig_dict(backend="x86", version=1) -> dict:
    """The older form of `get_default_qat_qconfig_mapping`."""
    return _as_dict("get_default_qat_qconfig", backend, version)


def _assert_valid_qconfig(qconfig: QConfigAny, mod: nn.Module) -> None:
    """AssertionError where a transposed convolution is to have a scale for each channel of its weight."""
    transposed = isinstance(mod, (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d))
    if qconfig is not None and transposed and qconfig.weight is not None and hasattr(qconfig.weight(), "ch_axis"):
        raise AssertionError("Per channel weight observer is not supported yet for ConvTranspose{n}d.")


def _same_maker(one, other) -> bool:
    """Whether two classes, or classes with arguments, make the same observers."""
    if not (isinstance(one, _PartialWrapper) and isinstance(other, _PartialWrapper)):
        return one == other
    p, q = one.p, other.p
    if not (isinstance(p, partial) and isinstance(q, partial)):
        return p == q
    mine, theirs = dict(p.keywords), dict(q.keywords)
    if "observer" in mine and "observer" in theirs and not _same_maker(mine.pop("observer"), theirs.pop("observer")):
        return False
    return p.func == q.func and p.args == q.args and mine == theirs


def qconfig_equals(q1: QConfigAny, q2: QConfigAny) -> bool:
    """Whether two QConfigs name the same observers."""
    if q1 is None or q2 is None:
        return q1 is q2
    return _same_maker(q1.activation, q2.activation) and _same_maker(q1.weight, q2.weight)


def _activation_is_memoryless(qconfig: QConfig) -> bool:
    """Whether the observer of results forgets what it saw before."""
    watcher = qconfig.activation()
    if isinstance(watcher, FakeQuantizeBase):
        watcher = getattr(watcher, "activation_post_process", watcher)
    return getattr(watcher, "averaging_constant", None) == 1


def _is_reuse_input_qconfig(qconfig: QConfigAny) -> bool:
    return (
        qconfig is not None
        and isinstance(qconfig.activation(), ReuseInputObserver)
        and isinstance(qconfig.weight(), NoopObserver)
    )


__all__ = [
    "QConfig", "QConfigAny", "QConfigDynamic", "default_activation_only_qconfig", "default_debug_qconfig",
    "default_dynamic_qat_qconfig", "default_dynamic_qconfig", "default_embedding_qat_qconfig",
    "default_embedding_qat_qconfig_4bit", "default_per_channel_qconfig",
    "default_per_channel_symmetric_qnnpack_qat_qconfig", "default_per_channel_symmetric_qnnpack_qconfig",
    "default_qat_qconfig", "default_qat_qconfig_v2", "default_qconfig", "default_quint8_weight_qconfig",
    "default_reuse_input_qconfig", "default_symmetric_qnnpack_qat_qconfig", "default_symmetric_qnnpack_qconfig",
    "default_weight_only_qconfig", "float16_dynamic_qconfig", "float16_static_qconfig",
    "float_qparams_weight_only_qconfig", "float_qparams_weight_only_qconfig_4bit", "get_default_qat_qconfig",
    "get_default_qat_qconfig_dict", "get_default_qconfig", "get_default_qconfig_dict", "per_channel_dynamic_qconfig",
    "qconfig_equals",
]  # fmt: skip
