"""The unpickler for files that are not trusted: it makes tensors and plain containers, and refuses all else.

It runs the few instructions of protocol 2 that such data need, itself. Only the callables of an allowlist are ever
called, and only objects of its classes are ever given a state; so nothing that the file says can run code.
"""

from __future__ import annotations

import _compat_pickle
import contextlib
import pickle
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from .. import dtypes
from ..compat.names import torch_name
from ..devices import QUANTIZATION_SCHEMES
from ..tensor import Tensor
from .pickling import FUNCTIONS, find_torch_global, is_torch_module
from .storages import STORAGE_TYPES, Restorer

_BLOCKED_MODULES = ("sys", "os", "posix", "nt")
_TORCH_GLOBALS = {
    "torch.Tensor", "torch.nn.parameter.Parameter", "torch.Size", "torch.device", "torch.storage.UntypedStorage",
    *FUNCTIONS, *(f"torch.{name}" for name in (*STORAGE_TYPES, *dtypes.BY_NAME)),
    *(f"torch.storage.{name}" for name in STORAGE_TYPES), *map(repr, QUANTIZATION_SCHEMES),
}  # fmt: skip


def _encode_bytes(text: str, encoding: str) -> bytes:
    """What protocol 2 makes bytes with; no other codec is looked up."""
    if encoding != "latin1":
        raise ValueError(f"unexpected encoding {encoding!r} of bytes")
    return text.encode("latin1")


_PLAIN_GLOBALS: dict[str, Any] = {
    "collections.OrderedDict": OrderedDict,
    "collections.Counter": Counter,
    "_codecs.encode": _encode_bytes,
    "builtins.bytearray": bytearray,
    "builtins.set": set,
    "builtins.complex": complex,
}
_allowed: dict[str, Any] = {}

_DANGER = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from `False` to "
    "`True`. Re-running `torch.load` with `weights_only` set to `False` will likely succeed, but it can result in "
    "arbitrary code execution. Do it only if you got the file from a trusted source."
)
_LEARN_MORE = (
    "\n\nCheck the documentation of torch.load to learn more about types accepted by default with weights_only "
    "https://pytorch.org/docs/stable/generated/torch.load.html."
)


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Allows `load` with weights_only to use these classes and functions.

    Args:
        safe_globals: classes and functions, or pairs of one and the name that it has in the files.
    """
    for entry in safe_globals:
        obj, name = entry if isinstance(entry, tuple) else (entry, _full_name(entry))
        _allowed[name] = obj


def get_safe_globals() -> list[Any]:
    """What `add_safe_globals` has allowed."""
    return list(_allowed.values())


def clear_safe_globals() -> None:
    """Takes back all that `add_safe_globals` has allowed."""
    _allowed.clear()


@contextlib.contextmanager
def safe_globals(safe_globals: list[Any]) -> Iterator[None]:
    """Allows classes and functions as `add_safe_globals` does, for the length of a `with` block."""
    before = dict(_allowed)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        _allowed.clear()
        _allowed.update(before)


def _full_name(obj) -> str:
    module, name = torch_name(obj)
    return f"{module}.{name or obj.__qualname__}"


class _Refused(Exception):
    """Something that the unpickler does not do; carries the text for the user."""


def _unsupported(what: str) -> _Refused:
    return _Refused(
        f"Weights only load failed. {_DANGER}\nPlease file an issue with the following so that we can make "
        f"`weights_only=True` compatible with your use case: WeightsUnpickler error: \n\n{what}{_LEARN_MORE}"
    )


def _blocked(name: str, module: str) -> _Refused:
    return _Refused(
        f"Weights only load failed. {_DANGER}\n\n\n"
        f"Trying to load unsupported GLOBAL {name} whose module {module} is blocked.{_LEARN_MORE}"
    )


def _not_allowed(name: str) -> _Refused:
    return _Refused(
        "Weights only load failed. This file can still be loaded, to do so you have two options, "
        "\033[1mdo those steps only if you trust the source of the checkpoint\033[0m. \n"
        f"\t(1) {_DANGER}\n"
        "\t(2) Alternatively, to load with `weights_only=True` please check the recommended steps in the following "
        "error message.\n"
        f"\tWeightsUnpickler error: Unsupported global: GLOBAL {name} was not an allowed global by default. Please use "
        f"`torch.serialization.add_safe_globals([{name}])` or the `torch.serialization.safe_globals([{name}])` context "
        f"manager to allowlist this global if you trust this class/function.{_LEARN_MORE}"
    )


class RestrictedUnpickler:
    """Reads one pickle.

    Args:
        file: the pickle.
        restorer: gives the storages that the pickle names.
        encoding: how strings of Python 2 are decoded.
    """

    def __init__(self, file, restorer: Restorer, *, encoding: str = "bytes", **_) -> None:
        self._file, self._restorer, self._encoding = file, restorer, encoding
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        self._callables: set[int] = set()

    def load(self) -> Any:
        """The object.

        Raises pickle.UnpicklingError where the pickle holds what is not allowed, or is damaged.
        """
        try:
            while (code := self._take(1)[0]) != pickle.STOP[0]:
                instruction = _INSTRUCTIONS.get(code)
                if instruction is None:
                    raise _unsupported(f"Unsupported operand {code}")
                instruction(self)
            return self._stack.pop()
        except _Refused as refusal:
            raise pickle.UnpicklingError(str(refusal)) from None
        except (IndexError, KeyError, AttributeError, TypeError, ValueError) as error:
            raise pickle.UnpicklingError(f"invalid checkpoint: {error}") from error

    # ------------------------------------------------------------------ reading
    def _take(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) < size:
            raise pickle.UnpicklingError("pickle data was truncated")
        return data

    def _number(self, form: str):
        return struct.unpack(form, self._take(struct.calcsize(form)))[0]

    def _line(self) -> str:
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise pickle.UnpicklingError("pickle data was truncated")
        return line[:-1].decode("utf-8")

    def _push(self, value) -> None:
        self._stack.append(value)

    def _pop_to_mark(self) -> list[Any]:
        items, self._stack = self._stack, self._marks.pop()
        return items

    # ------------------------------------------------------------------ instructions
    def _protocol(self) -> None:
        self._take(1)

    def _mark(self) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _global(self) -> None:
        found = _find(self._line(), self._line())
        if callable(found) and found is not Tensor:
            self._callables.add(id(found))
        self._push(found)

    def _reduce(self) -> None:
        arguments = self._stack.pop()
        function = self._stack[-1]
        if id(function) not in self._callables:
            raise _unsupported(f"Trying to call reduce for unrecognized function {function}")
        self._stack[-1] = function(*arguments)

    def _new_object(self) -> None:
        arguments = self._stack.pop()
        cls = self._stack[-1]
        if id(cls) not in self._callables or not isinstance(cls, type):
            raise _unsupported(f"Trying to create new object for unrecognized class {cls}")
        self._stack[-1] = cls.__new__(cls, *arguments)

    def _build(self) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if type(target) is OrderedDict:
            target.__dict__.update(state)
        elif type(target) in _allowed.values():
            target.__setstate__(state) if hasattr(target, "__setstate__") else target.__dict__.update(state)
        else:
            raise _unsupported(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, "
                f"but got {type(target)}"
            )

    def _append(self) -> None:
        value = self._stack.pop()
        _checked(self._stack[-1], list).append(value)

    def _appends(self) -> None:
        values = self._pop_to_mark()
        _checked(self._stack[-1], list).extend(values)

    def _set_item(self) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        _checked(self._stack[-1], dict)[key] = value

    def _set_items(self) -> None:
        items = self._pop_to_mark()
        _checked(self._stack[-1], dict).update(zip(items[::2], items[1::2]))

    def _tuple(self) -> None:
        items = self._pop_to_mark()
        self._push(tuple(items))

    def _short_tuple(self, size: int) -> None:
        items = self._stack[-size:]
        if len(items) < size:
            raise IndexError("stack underflow")
        self._stack[-size:] = [tuple(items)]

    def _bytes_of_python_2(self, size: int) -> None:
        data = self._take(size)
        self._push(data if self._encoding == "bytes" else data.decode(self._encoding))

    def _put(self, key: int) -> None:
        self._memo[key] = self._stack[-1]

    def _storage(self) -> None:
        saved_id = self._stack.pop()
        if type(saved_id) is not tuple:
            raise _unsupported(f"persistent_load id must be tuple but got {type(saved_id)}")
        if len(saved_id) not in (5, 6) or saved_id[0] not in ("storage", b"storage"):
            raise _unsupported(
                f"Only persistent_load of storage is allowed, but got {saved_id[0] if saved_id else None}"
            )
        self._push(self._restorer(saved_id))


def _checked(value, kind: type):
    """The value where it is of that kind; only plain containers are filled, so that no method of another class runs."""
    if (
        type(value) is kind
        or (kind is dict and type(value) in (OrderedDict, Counter))
        or type(value) in _allowed.values()
    ):
        return value
    raise _unsupported(f"Can only fill lists and dictionaries, but got {type(value)}")


def _find(module: str, name: str) -> Any:
    """The object of the allowlist that a pickle names."""
    module, name = _modern(module, name)
    full = f"{module}.{name}"
    if module.partition(".")[0] in _BLOCKED_MODULES:
        raise _blocked(full, module)
    if full in _allowed:
        return _allowed[full]
    if is_torch_module(module) and full in _TORCH_GLOBALS:
        return find_torch_global(module, name)
    if full in _PLAIN_GLOBALS:
        return _PLAIN_GLOBALS[full]
    raise _not_allowed(full.removeprefix("builtins."))


def is_allowed(full: str) -> bool:
    """Whether a class or function, by module and name, may be in a file that is not trusted."""
    full = ".".join(_modern(*full.rsplit(".", 1)))
    return full in _allowed or full in _TORCH_GLOBALS or full in _PLAIN_GLOBALS


def _modern(module: str, name: str) -> tuple[str, str]:
    """A module and a name as Python 3 calls them, where a pickle has those of Python 2."""
    if (module, name) in _compat_pickle.NAME_MAPPING:
        return _compat_pickle.NAME_MAPPING[module, name]
    return _compat_pickle.IMPORT_MAPPING.get(module, module), name


_Instruction = Callable[[RestrictedUnpickler], None]
_INSTRUCTIONS: dict[int, _Instruction] = {
    pickle.PROTO[0]: RestrictedUnpickler._protocol,
    pickle.MARK[0]: RestrictedUnpickler._mark,
    pickle.GLOBAL[0]: RestrictedUnpickler._global,
    pickle.REDUCE[0]: RestrictedUnpickler._reduce,
    pickle.NEWOBJ[0]: RestrictedUnpickler._new_object,
    pickle.BUILD[0]: RestrictedUnpickler._build,
    pickle.BINPERSID[0]: RestrictedUnpickler._storage,
    pickle.APPEND[0]: RestrictedUnpickler._append,
    pickle.APPENDS[0]: RestrictedUnpickler._appends,
    pickle.SETITEM[0]: RestrictedUnpickler._set_item,
    pickle.SETITEMS[0]: RestrictedUnpickler._set_items,
    pickle.TUPLE[0]: RestrictedUnpickler._tuple,
    pickle.TUPLE1[0]: lambda self: self._short_tuple(1),
    pickle.TUPLE2[0]: lambda self: self._short_tuple(2),
    pickle.TUPLE3[0]: lambda self: self._short_tuple(3),
    pickle.EMPTY_TUPLE[0]: lambda self: self._push(()),
    pickle.EMPTY_LIST[0]: lambda self: self._push([]),
    pickle.EMPTY_DICT[0]: lambda self: self._push({}),
    pickle.EMPTY_SET[0]: lambda self: self._push(set()),
    pickle.NONE[0]: lambda self: self._push(None),
    pickle.NEWTRUE[0]: lambda self: self._push(True),
    pickle.NEWFALSE[0]: lambda self: self._push(False),
    pickle.BININT[0]: lambda self: self._push(self._number("<i")),
    pickle.BININT1[0]: lambda self: self._push(self._number("<B")),
    pickle.BININT2[0]: lambda self: self._push(self._number("<H")),
    pickle.LONG1[0]: lambda self: self._push(pickle.decode_long(self._take(self._number("<B")))),
    pickle.BINFLOAT[0]: lambda self: self._push(self._number(">d")),
    pickle.BINUNICODE[0]: lambda self: self._push(self._take(self._number("<I")).decode("utf-8", "surrogatepass")),
    pickle.BINSTRING[0]: lambda self: self._bytes_of_python_2(self._number("<I")),
    pickle.SHORT_BINSTRING[0]: lambda self: self._bytes_of_python_2(self._number("<B")),
    pickle.BINPUT[0]: lambda self: self._put(self._number("<B")),
    pickle.LONG_BINPUT[0]: lambda self: self._put(self._number("<I")),
    pickle.BINGET[0]: lambda self: self._push(self._memo[self._number("<B")]),
    pickle.LONG_BINGET[0]: lambda self: self._push(self._memo[self._number("<I")]),
}
