"""Summaries of what a run was started with, and of the numbers that it is judged by."""

from __future__ import annotations

import logging
from typing import Any

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

Parameter = tuple[str, Any, str, list | None]
"""The field of a parameter's message, its value there, its type, and all values that it can have."""

# A type of values, the field that holds one, and what TensorBoard calls the type. True and False are numbers.
_KINDS = ((int | float, "number_value", "DATA_TYPE_FLOAT64"), (str, "string_value", "DATA_TYPE_STRING"))


def hparams(hparam_dict=None, metric_dict=None, hparam_domain_discrete=None) -> tuple[Summary, Summary, Summary]:
    """The summaries of an experiment, of its start and of its end; arguments as of `SummaryWriter.add_hparams`.

    Raises TypeError where these are no dictionaries, or a list has values of another type, ValueError for other values.
    """
    domains = hparam_domain_discrete or {}
    _check(hparam_dict, metric_dict, domains)
    given = {name: value for name, value in hparam_dict.items() if value is not None}
    return experiment({name: _parameter(value, domains.get(name)) for name, value in given.items()}, metric_dict)


def experiment(parameters: dict[str, Parameter], metric_dict) -> tuple[Summary, Summary, Summary]:
    """The summaries of an experiment, of its start and of its end, with its parameters and the names of its results."""
    start, infos = SessionStartInfo(), []
    for name, (field, value, data_type, domain) in parameters.items():
        if field:
            setattr(start.hparams[name], field, value)
        values = None if domain is None else ListValue(values=[Value(**{field: each}) for each in domain])
        infos.append(HParamInfo(name=name, type=DataType.Value(data_type), domain_discrete=values))
    metrics = [MetricInfo(name=MetricName(tag=name)) for name in metric_dict]
    end = SessionEndInfo(status=Status.Value("STATUS_SUCCESS"))
    return (
        _summary(EXPERIMENT_TAG, experiment=Experiment(hparam_infos=infos, metric_infos=metrics)),
        _summary(SESSION_START_INFO_TAG, session_start_info=start),
        _summary(SESSION_END_INFO_TAG, session_end_info=end),
    )


def _summary(tag: str, **content) -> Summary:
    data = HParamsPluginData(version=PLUGIN_DATA_VERSION, **content)
    return one_value(tag, metadata=plugin(PLUGIN_NAME, data.SerializeToString()))


def _parameter(value, domain: list | None) -> Parameter:
    if isinstance(value, torch.Tensor):
        return "number_value", make_np(value)[0], "DATA_TYPE_FLOAT64", None
    for kind, field, data_type in _KINDS:
        if isinstance(value, kind):
            return field, value, data_type, domain
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
