"""What functions of networks are written with: dispatch by a flag, and types of arguments for TorchScript."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any


class BroadcastingListCls:
    """The type of an argument that may be one value, or a list of a number of them; Python looks at no types."""

    def __getitem__(self, types: Any) -> None:
        return None


BroadcastingList1, BroadcastingList2, BroadcastingList3 = (BroadcastingListCls() for _ in range(3))


def boolean_dispatch(
    arg_name: str, arg_index: int, default: bool, if_true: Callable, if_false: Callable, module_name: str,
    func_name: str,
) -> Callable:  # fmt: skip
    """A function that is one of two, by the value of one of its arguments.

    arg_name, arg_index: the argument, by keyword and by position.  default: its value where it is not given.
    """

    def fn(*args: Any, **kwargs: Any) -> Any:
        given = kwargs.get(arg_name, args[arg_index] if arg_index < len(args) else default)
        return (if_true if given else if_false)(*args, **kwargs)

    fn.__doc__ = inspect.getdoc(if_true) or inspect.getdoc(if_false)
    fn.__module__, fn.__name__ = module_name or fn.__module__, func_name or fn.__name__
    return fn
