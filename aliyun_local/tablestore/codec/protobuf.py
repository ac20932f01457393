"""A small implementation of protocol buffers, version 2: the base of the ``*_messages`` modules.

Messages are keyword-only dataclasses whose fields declare their number and kind. With an implementation of
its own the emulator starts without a protobuf library, and the tests can compare it with the official
bindings.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
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
    SINT64 = "sint64"
    BOOL = "bool"
    STRING = "string"
    BYTES = "bytes"


@dataclasses.dataclass(kw_only=True)
class Message:
    """The base of every message."""

    def encode(self) -> bytes:
        """Return the serialised form, without the fields that are ``None``."""
        out = bytearray()
        for name, repeated, prefix, write in _layout(type(self)).in_order:
            value = getattr(self, name)
            if repeated:
                for item in value:
                    out += prefix
                    write(out, item)
            elif value is not None:
                out += prefix
                write(out, value)
        return bytes(out)

    @classmethod
    def decode(cls: type[M], data: bytes) -> M:
        """Read ``data``.

        Like every protobuf reader, skip unknown fields and known fields of another wire type.

        Raises:
            DecodeError: the bytes are malformed or a required field is missing.
        """
        layout = _layout(cls)
        values: dict[str, Any] = {}
        for tag, raw in _records(data):
            known = layout.by_tag.get(tag)
            if known is None:
                continue
            name, repeated, read = known
            value = read(raw)
            if value is None:
                continue
            if repeated:
                values.setdefault(name, []).append(value)
            else:
                values[name] = value
        for name in layout.required:
            if name not in values:
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

    @functools.cached_property
    def wire_type(self) -> int:
        if isinstance(self.kind, Scalar):
            return _BYTES if self.kind in (Scalar.STRING, Scalar.BYTES) else _VARINT
        return _VARINT if issubclass(self.kind, IntEnum) else _BYTES

    @functools.cached_property
    def tag(self) -> int:
        return self.number << 3 | self.wire_type

    @functools.cached_property
    def prefix(self) -> bytes:
        """The tag as it is written."""
        out = bytearray()
        _write_varint(out, self.tag)
        return bytes(out)


def required(number: int, kind: Kind) -> Any:
    """Declare a mandatory field."""
    return dataclasses.field(metadata={_KEY: _Field(number, kind, required=True)})


def optional(number: int, kind: Kind) -> Any:
    """Declare a field that is ``None`` when absent."""
    return dataclasses.field(default=None, metadata={_KEY: _Field(number, kind)})


def repeated(number: int, kind: Kind) -> Any:
    """Declare a field that may occur any number of times; its value is a list."""
    return dataclasses.field(default_factory=list, metadata={_KEY: _Field(number, kind, repeated=True)})


class _Layout:
    """The fields of a message class, prepared once for encoding and decoding."""

    def __init__(self, cls: type[Message]) -> None:
        self.fields: dict[str, _Field] = {
            field.name: field.metadata[_KEY] for field in dataclasses.fields(cls)
        }
        self.in_order = [
            (name, spec.repeated, spec.prefix, _writer(spec.kind)) for name, spec in self.fields.items()
        ]
        self.by_tag = {
            spec.tag: (name, spec.repeated, _reader(spec.kind)) for name, spec in self.fields.items()
        }
        self.required = tuple(name for name, spec in self.fields.items() if spec.required)


_LAYOUTS: dict[type[Message], _Layout] = {}


def _layout(cls: type[Message]) -> _Layout:
    if cls not in _LAYOUTS:
        _LAYOUTS[cls] = _Layout(cls)
    return _LAYOUTS[cls]


def _write_varint(out: bytearray, number: int) -> None:
    number &= 0xFFFFFFFFFFFFFFFF
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def _write_sized(out: bytearray, data: bytes) -> None:
    _write_varint(out, len(data))
    out += data


def _writer(kind: Kind) -> Callable[[bytearray, Any], None]:
    """Return the function that appends a value of ``kind`` to a message."""
    if kind is Scalar.SINT64:
        return lambda out, number: _write_varint(out, number << 1 ^ number >> 63)
    if kind is Scalar.STRING:
        # An error may quote text from a client, which need not be encodable.
        return lambda out, text: _write_sized(out, text.encode(errors="replace"))
    if kind is Scalar.BYTES:
        return _write_sized
    if isinstance(kind, Scalar) or issubclass(kind, IntEnum):
        return _write_varint
    return lambda out, message: _write_sized(out, message.encode())


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


def _records(data: bytes) -> list[tuple[int, int | bytes]]:
    """Split ``data`` into pairs of tag and raw value. A tag combines field number and wire type."""
    records: list[tuple[int, int | bytes]] = []
    position, end = 0, len(data)
    while position < end:
        tag = data[position]
        if tag < 0x80:
            position += 1
        else:
            tag, position = _read_varint(data, position)
        wire_type = tag & 7
        if tag < 8 or tag > 0xFFFFFFFF:
            raise DecodeError("a field number is out of range")
        if wire_type == _VARINT:
            value, position = _read_varint(data, position)
            records.append((tag, value))
            continue
        if wire_type == _BYTES:
            length, position = _read_varint(data, position)
        elif wire_type in (_FIXED64, _FIXED32):
            length = 8 if wire_type == _FIXED64 else 4
        else:
            raise DecodeError("groups are not in use")
        if length > end - position:
            raise DecodeError("a field ends after the message")
        records.append((tag, data[position : position + length]))
        position += length
    return records


def _signed(number: int, bits: int) -> int:
    number &= (1 << bits) - 1
    return number - (1 << bits) if number >> (bits - 1) else number


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as problem:
        raise DecodeError("a string is not UTF-8") from problem


_SCALARS: dict[Scalar, Callable[[Any], Any]] = {
    Scalar.INT32: lambda raw: _signed(raw, 32),
    Scalar.INT64: lambda raw: _signed(raw, 64),
    Scalar.SINT64: lambda raw: raw >> 1 ^ -(raw & 1),
    Scalar.BOOL: lambda raw: raw != 0,
    Scalar.STRING: _text,
    Scalar.BYTES: lambda raw: raw,
}


def _reader(kind: Kind) -> Callable[[Any], Any]:
    """Return the function that turns a raw number or raw bytes into a value of ``kind``.

    An unknown member of an enumeration becomes ``None``: unset, as in proto2.
    """
    if isinstance(kind, Scalar):
        return _SCALARS[kind]
    if issubclass(kind, IntEnum):
        members = {int(member): member for member in kind}
        return lambda raw: members.get(_signed(raw, 32))
    return kind.decode
