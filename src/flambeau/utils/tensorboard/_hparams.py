"""Summaries of what a run was started with, and of the numbers that it is judged by."""

from __future__ import annotations

import logging

from google.protobuf.struct_pb2 import ListValue, Value
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.api_pb2 import DataType, Experiment, HParamInfo, MetricInfo, MetricName, Status
from tensorboard.plugins.hparams.metadata import (
    EXPERIMENT_TAG,
    PLUGIN_DATA_VERSION,
    PLUGIN_NAME,
    SESSION_END_INFO_TAG,
    SESSION_START_INFO_TAG,
)
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo

import flambeau as torch

from ._convert_np import make_np
from ._messages import one_value, plugin

logger = logging.getLogger(__name__)

# A type of values, the field that holds one, and what TensorBoard calls the type. True and False are numbers.
_KINDS = ((int | float, "number_value", "DATA_TYPE_FLOAT64"), (str, "string_value", "DATA_TYPE_STRING"))


def hparams(hparam_dict=None, metric_dict=None, hparam_domain_discrete=None) -> tuple[Summary, Summary, Summary]:
    """The summaries of an experiment, of its start and of its end.

    Args:
        hparam_dict: numbers, bools, texts, tensors of one number or None, by name.
        metric_dict: the results, by name.
        hparam_domain_discrete: for names of `hparam_dict`, the list of all values that each can have.

    Raises TypeError where these are no dictionaries, or a list has values of another type, ValueError for other values.
    """
    _check(hparam_dict, metric_dict, hparam_domain_discrete or {})
    start, infos = SessionStartInfo(), []
    for name, value in hparam_dict.items():
        if value is not None:
            infos.append(_parameter(start, name, value, (hparam_domain_discrete or {}).get(name)))
    metrics = [MetricInfo(name=MetricName(tag=name)) for name in metric_dict]
    experiment = Experiment(hparam_infos=infos, metric_infos=metrics)
    end = SessionEndInfo(status=Status.Value("STATUS_SUCCESS"))
    return (
        _summary(EXPERIMENT_TAG, experiment=experiment),
        _summary(SESSION_START_INFO_TAG, session_start_info=start),
        _summary(SESSION_END_INFO_TAG, session_end_info=end),
    )


def _summary(tag: str, **content) -> Summary:
    data = HParamsPluginData(version=PLUGIN_DATA_VERSION, **content)
    return one_value(tag, metadata=plugin(PLUGIN_NAME, data.SerializeToString()))


def _parameter(start: SessionStartInfo, name: str, value, domain: list | None) -> HParamInfo:
    """Notes a parameter's value in the start of the session, and gives what is said of it."""
    if isinstance(value, torch.Tensor):
        value, domain = make_np(value)[0], None
        start.hparams[name].number_value = value
        return HParamInfo(name=name, type=DataType.Value("DATA_TYPE_FLOAT64"))
    for kind, field, data_type in _KINDS:
        if isinstance(value, kind):
            setattr(start.hparams[name], field, value)
            values = None if domain is None else ListValue(values=[Value(**{field: each}) for each in domain])
            return HParamInfo(name=name, type=DataType.Value(data_type), domain_discrete=values)
    raise ValueError("value should be one of int, float, str, bool, or torch.Tensor")


def _check(hparam_dict, metric_dict, domains) -> None:
    for name, value in (("hparam_dict", hparam_dict), ("metric_dict", metric_dict)):
        if not isinstance(value, dict):
            text = f"parameter: {name} should be a dictionary, nothing logged."
            logger.warning(text)
            raise TypeError(text)
    if not isinstance(domains, dict):
        raise TypeError("parameter: hparam_domain_discrete should be a dictionary, nothing logged.")
    for name, values in domains.items():
        known = name in hparam_dict and isinstance(values, list)
        if not known or not all(isinstance(value, type(hparam_dict[name])) for value in values):
            raise TypeError(
                f"parameter: hparam_domain_discrete[{name}] should be a list of same type as hparam_dict[{name}]."
            )
