"""swap_in_optimizer_params_and_state: an optimizer that for a while works on other parameters."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from typing import Any

from .optimizer import Optimizer

_NAME = "swap_in_optimizer_params_and_state"


@contextlib.contextmanager
def swap_in_optimizer_params_and_state(
    optimizer: Optimizer, swapin_parameters: dict[str, Any], swapin_optim_state: dict[str, Any]
):
    """While this lasts, the optimizer has the given parameters, state and options.

    Args:
        swapin_parameters: tensors in the order of the optimizer's parameters.
        swapin_optim_state: what `state_dict` gives; in-place changes of its tensors stay.

    Raises:
        RuntimeError: the parameters or the state do not fit the optimizer.
    """
    groups, state = optimizer.param_groups, optimizer.state
    parameters = list(swapin_parameters.values())
    if len(parameters) != sum(len(group["params"]) for group in groups):
        raise RuntimeError(f"{_NAME} requires the explicit parameter state to match optimizer.param_groups ordering.")
    given, options = swapin_optim_state.get("state"), swapin_optim_state.get("param_groups")
    if not isinstance(given, dict):
        raise RuntimeError(
            f"{_NAME} requires swapin_optim_state['state'] to be a dict mapping packed parameter ids to per-param "
            f"state dicts, got {type(given).__name__}."
        )
    numbers = [number for group in options or groups for number in group["params"]]
    by_number = dict(zip(numbers, parameters))
    try:
        optimizer.param_groups = [{**g, "params": [by_number[n] for n in g["params"]]} for g in options or []]
        optimizer.state = defaultdict(dict, {by_number[n]: dict(values) for n, values in given.items()})
        yield
    finally:
        optimizer.param_groups, optimizer.state = groups, state
