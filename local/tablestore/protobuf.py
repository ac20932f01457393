"""Protocol buffers, second edition, as far as Tablestore's messages need them.

Messages are keyword-only dataclasses whose fields say their number and kind, so that start-up pays for no
library and the tests can use the official bindings as an independent witness.
"""

from __future__ import annotations

import dataclasses
from enum import Enum, IntEnum
from typing import Any, TypeAlias, TypeVar

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_KEY = "protobuf"


class DecodeError(ValueError):
    """The bytes are not a message of the expected kind."""


class Scalar(Enum):
    """The scalar kinds in use."""

    INT32 = "int32"
    INT64 = "int64"
    BOOL = "bool"
    STRING = "string"
    BYTES = "bytes"


@dataclasses.dataclass(kw_only=True)
class Message:
    """The base of every message."""

    def encode(self) -> bytes:
        """Return the serialised form; fields that are ``None`` are left out."""
        out = bytearray()
        for name, spec in _fields(type(self)).items():
            value = getattr(self, name)
            for item in value if spec.repeated else () if value is None else (value,):
                _write(out, spec, item)
        return bytes(out)

    @classmethod
    def decode(cls: type[M], data: bytes) -> M:
        """Read ``data``.

        Unknown fields, and known ones of another wire type, are skipped, as every protobuf reader does.

        Raises:
            DecodeError: the bytes are malformed or a required field is missing.
        """
        by_number = {spec.number: (name, spec) for name, spec in _fields(cls).items()}
        values: dict[str, Any] = {}
        for number, wire_type, raw in _records(data):
            name, spec = by_number.get(number, ("", None))
            if spec is None or wire_type != spec.wire_type:
                continue
            value = _read(spec, raw)
            if value is None:
                continue
            if spec.repeated:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        for name, spec in _fields(cls).items():
            if spec.required and name not in values:
                raise DecodeError(f"{cls.__name__} lacks {name}")
        return cls(**values)


M = TypeVar("M", bound=Message)
Kind: TypeAlias = Scalar | type[IntEnum] | type[Message]


@dataclasses.dataclass(frozen=True)
class _Field:
    number: int
    kind: Kind
    required: bool = False
    repeated: bool = False

    @property
    def wire_type(self) -> int:
        if isinstance(self.kind, Scalar):
            return _BYTES if self.kind in (Scalar.STRING, Scalar.BYTES) else _VARINT
        return _VARINT if issubclass(self.kind, IntEnum) else _BYTES


def required(number: int, kind: Kind) -> Any:
    """Declare a field that every message carries."""
    return dataclasses.field(metadata={_KEY: _Field(number, kind, required=True)})


def optional(number: int, kind: Kind) -> Any:
    """Declare a field that is ``None`` when absent."""
    return dataclasses.field(default=None, metadata={_KEY: _Field(number, kind)})


def repeated(number: int, kind: Kind) -> Any:
    """Declare a list."""
    return dataclasses.field(default_factory=list, metadata={_KEY: _Field(number, kind, repeated=True)})


_SPECS: dict[type[Message], dict[str, _Field]] = {}


def _fields(cls: type[Message]) -> dict[str, _Field]:
    if cls not in _SPECS:
        _SPECS[cls] = {field.name: field.metadata[_KEY] for field in dataclasses.fields(cls)}
    return _SPECS[cls]


def _write_varint(out: bytearray, number: int) -> None:
    number &= 0xFFFFFFFFFFFFFFFF
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _write(out: bytearray, spec: _Field, value: Any) -> None:
    _write_varint(out, spec.number << 3 | spec.wire_type)
    if spec.wire_type == _VARINT:
        _write_varint(out, int(value))
        return
    data = _serialised(value)
    _write_varint(out, len(data))
    out += data


def _serialised(value: Any) -> bytes:
    if isinstance(value, Message):
        return value.encode()
    # What a client sent may be quoted in an error, and need not be encodable.
    return value.encode(errors="replace") if isinstance(value, str) else bytes(value)


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while shift < 70:
        if position >= len(data):
            raise DecodeError("a number ends in the middle")
        byte = data[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, position
        shift += 7
    raise DecodeError("a number is longer than 64 bits")


def _records(data: bytes) -> list[tuple[int, int, int | bytes]]:
    """Split ``data`` into (field number, wire type, number or bytes)."""
    records: list[tuple[int, int, int | bytes]] = []
    position = 0
    while position < len(data):
        tag, position = _read_varint(data, position)
        number, wire_type = tag >> 3, tag & 7
        if number == 0 or tag > 0xFFFFFFFF:
            raise DecodeError("a field number is out of range")
        if wire_type == _VARINT:
            value, position = _read_varint(data, position)
            records.append((number, wire_type, value))
            continue
        if wire_type == _BYTES:
            length, position = _read_varint(data, position)
        elif wire_type in (_FIXED64, _FIXED32):
            length = 8 if wire_type == _FIXED64 else 4
        else:
            raise DecodeError("groups are not in use")
        if length > len(data) - position:
            raise DecodeError("a field ends after the message")
        records.append((number, wire_type, data[position : position + length]))
        position += length
    return records


def _signed(number: int, bits: int) -> int:
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def _read(spec: _Field, raw: int | bytes) -> Any:
    """Return the value of a field, ``None`` for an enumeration's unknown member (unset, as in proto2)."""
    kind = spec.kind
    if isinstance(raw, int):
        if kind is Scalar.BOOL:
            return raw != 0
        number = _signed(raw, 64 if kind is Scalar.INT64 else 32)
        if isinstance(kind, Scalar):
            return number
        return kind(number) if issubclass(kind, IntEnum) and number in kind._value2member_map_ else None
    if kind is Scalar.BYTES:
        return raw
    if kind is Scalar.STRING:
        try:
            return raw.decode()
        except UnicodeDecodeError as problem:
            raise DecodeError("a string is not UTF-8") from problem
    assert not isinstance(kind, Scalar) and issubclass(kind, Message)  # noqa: S101, PT018 (narrows for mypy)
    return kind.decode(raw)
