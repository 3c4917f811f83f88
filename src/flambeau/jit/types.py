"""The types that TorchScript gives to values: IntType.get(), ListType(IntType.get()) and the rest.

A type is known by its text, as annotations write it; types without parameters are singletons.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence


class Type:
    """The base of all types; there is no plain one."""

    _text = _short = ""

    def __init__(self, *args) -> None:
        raise TypeError(f"torch._C.{type(self).__name__}: No constructor defined!")

    def __repr__(self) -> str:
        return self._text

    def __eq__(self, other) -> bool:
        return isinstance(other, Type) and (type(self), self._text) == (type(other), other._text)

    def __hash__(self) -> int:
        return hash((type(self), self._text))

    @property
    def annotation_str(self) -> str:
        """The type as an annotation writes it."""
        return self._text

    def str(self) -> str:
        """The type as schemas of operators write it."""
        return self._short or self._text

    def kind(self) -> str:  # type: ignore[valid-type]
        """The name of the class."""
        return type(self).__name__

    def containedTypes(self) -> list[Type]:
        """The parameters."""
        return []

    def isSubtypeOf(self, other: Type) -> bool:
        """Whether every value of this type is one of another type."""
        if self == other or isinstance(other, AnyType):
            return True
        if isinstance(other, (OptionalType, UnionType)):
            parts = [*other.containedTypes(), *([NoneType.get()] if isinstance(other, OptionalType) else [])]
            return any(self.isSubtypeOf(part) for part in parts)
        return isinstance(other, NumberType) and isinstance(self, (IntType, FloatType, ComplexType))


class _Plain(Type):
    """A type without parameters, which `get` gives."""

    @classmethod
    @functools.cache
    def get(cls):
        """The one object of this type."""
        return object.__new__(cls)


# How annotations and schemas write the types without parameters.
_PLAIN = {
    "AnyType": "Any", "BoolType": "bool", "ComplexType": "complex", "DeviceObjType": "Device", "FloatType": "float",
    "IntType": "int", "NoneType": "NoneType", "NumberType": "number Scalar", "PyObjectType": "PyObject",
    "StreamObjType": "Stream", "StringType": "str", "SymBoolType": "bool SymBool", "SymIntType": "int SymInt",
    "TensorType": "Tensor",
}  # fmt: skip


def _plain(name: str) -> type[_Plain]:
    text, _, short = _PLAIN[name].partition(" ")
    return type(name, (_Plain,), {"_text": text, "_short": short, "__module__": "torch", "__doc__": f"{text}."})


AnyType, BoolType, ComplexType, DeviceObjType, FloatType, IntType, NoneType = map(_plain, list(_PLAIN)[:7])
NumberType, PyObjectType, StreamObjType, StringType, SymBoolType, SymIntType, TensorType = map(_plain, list(_PLAIN)[7:])
TensorType.getInferred = TensorType.get  # type: ignore[attr-defined]


class _Parametrised(Type):
    """A type made of others. `_form`: how annotations and schemas write it, of its parameters' own texts."""

    _form = ("{}", "{}")

    def __init__(self, *parts: Type) -> None:
        self._parts = list(parts)
        annotation, schema = self._form
        self._text = annotation.format(", ".join(p.annotation_str for p in parts))
        self._short = schema.format(", ".join(p.str() for p in parts))

    def containedTypes(self) -> list[Type]:
        """The parameters."""
        return self._parts


class _OfOne(_Parametrised):
    def __init__(self, a: Type) -> None:
        super().__init__(a)

    def getElementType(self) -> Type:
        """The parameter."""
        return self._parts[0]


class ListType(_OfOne):
    """List[...]."""

    _form = ("List[{}]", "{}[]")
    ofInts = classmethod(lambda cls: cls(IntType.get()))
    ofFloats = classmethod(lambda cls: cls(FloatType.get()))
    ofComplexDoubles = classmethod(lambda cls: cls(ComplexType.get()))
    ofBools = classmethod(lambda cls: cls(BoolType.get()))
    ofStrings = classmethod(lambda cls: cls(StringType.get()))
    ofTensors = classmethod(lambda cls: cls(TensorType.get()))


class OptionalType(_OfOne):
    """Optional[...]."""

    _form = ("Optional[{}]", "{}?")
    ofTensor = classmethod(lambda cls: cls(TensorType.get()))


class FutureType(_OfOne):
    """Future[...]."""

    _form = ("Future[{}]", "Future[{}]")


class RRefType(_OfOne):
    """RRef[...]."""

    _form = ("RRef[{}]", "RRef[{}]")


class AwaitType(_OfOne):
    """Await[...]."""

    _form = ("Await[{}]", "Await({})")


class DictType(_Parametrised):
    """Dict[key, value]."""

    _form = ("Dict[{}]", "Dict({})")

    def __init__(self, key: Type, value: Type) -> None:
        super().__init__(key, value)

    def getKeyType(self) -> Type:
        """The type of the keys."""
        return self._parts[0]

    def getValueType(self) -> Type:
        """The type of the values."""
        return self._parts[1]


class TupleType(_Parametrised):
    """Tuple[...]."""

    _form = ("Tuple[{}]", "({})")

    def __init__(self, a: Sequence[Type]) -> None:
        super().__init__(*a)
        self._text = self._text if a else "Tuple[()]"

    def elements(self) -> list[Type]:
        """The types of the elements."""
        return self._parts


class UnionType(_Parametrised):
    """Union[...]; None comes last."""

    _form = ("Union[{}]", "Union({})")

    def __init__(self, a: Sequence[Type]) -> None:
        super().__init__(*sorted(a, key=lambda part: (part == NoneType.get(), part.annotation_str)))


class _Named(Type):
    """A type that a script declares: it is known by its name."""

    def __init__(self, qualified_name: str) -> None:  # type: ignore[valid-type]
        self._text = qualified_name

    def name(self) -> str:  # type: ignore[valid-type]
        """The name, without its module."""
        return self._text.rpartition(".")[2]

    def qualified_name(self) -> str:  # type: ignore[valid-type]
        """The whole name."""
        return self._text


class ClassType(_Named):
    """A class."""


class InterfaceType(_Named):
    """An interface."""


class EnumType(_Named):
    """An enumeration."""


class InferredType:
    """What came of inferring a type: the type, or why there is none."""

    def __init__(self, arg0: Type | str) -> None:
        self._type = arg0 if isinstance(arg0, Type) else None
        self._reason = "" if isinstance(arg0, Type) else arg0

    def type(self) -> Type | None:
        """The type; None where there is none."""
        return self._type

    def success(self) -> bool:
        """Whether there is one."""
        return self._type is not None

    def reason(self) -> str:
        """Why there is none."""
        return self._reason


def unify_type_list(types: Sequence[Type]) -> Type:
    """The type that all types of a list are; RuntimeError where they differ."""
    if not types:
        raise RuntimeError("Could not get unified type from empty list")
    for place, other in enumerate(types):
        if other != types[0]:
            raise RuntimeError(
                f"Could not unify type list since element {place} of type {other} did not match the types before it "
                f"({types[0]})"
            )
    return types[0]


__all__ = [
    *_PLAIN, "AwaitType", "ClassType", "DictType", "EnumType", "FutureType", "InferredType", "InterfaceType",
    "ListType", "OptionalType", "RRefType", "TupleType", "Type", "UnionType", "unify_type_list",
]  # fmt: skip
