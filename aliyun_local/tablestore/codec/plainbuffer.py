"""PlainBuffer, the row format inside the protobuf messages. ``http`` decodes and encodes rows with it.

The layout is the one that the official clients read and write: one header, then rows of tagged cells. A CRC-8
closes each cell and each row, and decoding verifies every one. On the wire a cell's operation precedes its
timestamp; in the checksum it follows the timestamp.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

from aliyun_local.tablestore.codec.checksums import crc8
from aliyun_local.tablestore.codec.values import AnyValue, Cell, CellOperation, PrimaryKey, Row, Special
from aliyun_local.tablestore.errors import TableStoreError, parameter_invalid

_HEADER = struct.pack("<I", 0x75)
_ROW_KEY, _ROW_DATA, _CELL, _NAME, _VALUE, _OPERATION, _TIMESTAMP, _DELETE, _ROW_CRC, _CELL_CRC = range(1, 11)
_CELL_OPENING = bytes((_CELL, _NAME))
_INTEGER, _DOUBLE, _BOOLEAN, _STRING, _BLOB = 0, 1, 2, 3, 7
_pack_length, _pack_integer, _pack_double = (
    struct.Struct("<BI").pack,
    struct.Struct("<Bq").pack,
    struct.Struct("<Bd").pack,
)
_SPECIALS = {6: Special.NULL, 9: Special.INF_MIN, 10: Special.INF_MAX, 11: Special.AUTO_INCREMENT}
_SPECIAL_CODES = {special: code for code, special in _SPECIALS.items()}


def _broken(why: str) -> TableStoreError:
    return parameter_invalid(f"Cell data broken, {why}.")


@lru_cache(maxsize=4096)
def _decode_name(raw: bytes) -> tuple[str, int]:
    """Return a column's name and its checksum. Rows repeat the same few names."""
    try:
        return raw.decode(), crc8(raw)
    except UnicodeDecodeError as problem:
        raise _broken(f"wrong string format, size: {len(raw)}") from problem


@lru_cache(maxsize=4096)
def _encode_name(name: str) -> tuple[bytes, int]:
    """Return the first bytes of a cell with that name, and the name's checksum."""
    raw = name.encode()
    return bytes((_CELL,)) + _pack_length(_NAME, len(raw)) + raw, crc8(raw)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def tag(self) -> int:
        """The next byte, or -1 at the end."""
        return self.data[self.position] if self.position < len(self.data) else -1

    def skip(self, tag: int) -> bool:
        """Move past ``tag`` if it is the next byte, and tell whether it was."""
        position = self.position
        if position >= len(self.data) or self.data[position] != tag:
            return False
        self.position = position + 1
        return True

    def expect(self, tag: int) -> None:
        if not self.skip(tag):
            raise _broken(f"mismatch tag, actual tag({self.tag}), expect({tag})")

    def read_bytes(self, size: int) -> bytes:
        if size > len(self.data) - self.position:
            raise _broken("length is shorter than expect")
        self.position += size
        return self.data[self.position - size : self.position]

    def read_sized(self) -> bytes:
        """Read a length and that number of bytes."""
        start = self.position + 4
        end = start + int.from_bytes(self.data[self.position : start], "little")
        if end > len(self.data):
            raise _broken("length is shorter than expect")
        self.position = end
        return self.data[start:end]

    def read_value(self, name: str) -> AnyValue:
        """Read a type byte and its payload."""
        kind = self.read_bytes(1)[0]
        if kind == _STRING:
            try:
                return self.read_sized().decode()
            except UnicodeDecodeError as problem:
                raise parameter_invalid(f"Value of column '{name}' must be UTF8 encoding.") from problem
        if kind == _INTEGER:
            return int.from_bytes(self.read_bytes(8), "little", signed=True)
        if kind == _DOUBLE:
            double: float = struct.unpack("<d", self.read_bytes(8))[0]
            if not math.isfinite(double):
                raise parameter_invalid(
                    f"{'NaN' if math.isnan(double) else 'Infinity'} can't be set to double value."
                )
            return double
        if kind == _BOOLEAN:
            return self.read_bytes(1) != b"\x00"
        if kind == _BLOB:
            return self.read_sized()
        if kind in _SPECIALS:
            return _SPECIALS[kind]
        raise parameter_invalid("data format is invalid, unknown variant type occured.")

    def read_cell(self) -> tuple[Cell, int]:
        """Read a cell and its checksum."""
        opening = self.position + 2
        if self.data[self.position : opening] != _CELL_OPENING:
            self.expect(_CELL)
            self.expect(_NAME)
        self.position = opening
        raw_name = self.read_sized()
        # A longer name is invalid and will be refused, so it does not go into the cache.
        decode_name = _decode_name if len(raw_name) < 256 else _decode_name.__wrapped__
        name, actual = decode_name(raw_name)
        value: AnyValue | None = None
        checked = raw_operation = raw_timestamp = b""
        if self.skip(_VALUE):
            start = self.position + 4
            length = int.from_bytes(self.read_bytes(4), "little")
            value = self.read_value(name)
            checked = self.data[start : self.position]
            if len(checked) != length:
                raise _broken("has more data in cell, but they can't be parsed")
        if self.tag != _CELL_CRC:
            raw_operation = self.read_bytes(1) if self.skip(_OPERATION) else b""
            raw_timestamp = self.read_bytes(8) if self.skip(_TIMESTAMP) else b""
            checked += raw_timestamp + raw_operation
            self.expect(_CELL_CRC)
        else:
            self.position += 1
        crc, actual = self.read_bytes(1)[0], crc8(checked, actual)
        if crc != actual:
            raise _broken(f"checksum is mismatch, {crc}:{actual}")
        if not raw_operation and not raw_timestamp:
            return Cell(name, value), crc
        if raw_operation and raw_operation[0] not in CellOperation._value2member_map_:
            raise parameter_invalid(f"Invalid op type of cell: {raw_operation[0]}.")
        cell = Cell(
            name,
            value,
            int.from_bytes(raw_timestamp, "little", signed=True) if raw_timestamp else None,
            CellOperation(raw_operation[0]) if raw_operation else None,
        )
        return cell, crc

    def read_row(self) -> Row:
        self.expect(_ROW_KEY)
        checksums = bytearray()
        primary_key: PrimaryKey = []
        while self.tag == _CELL:
            cell, crc = self.read_cell()
            checksums.append(crc)
            if cell.value is None:
                raise parameter_invalid(f"No value is given for primary key name:'{cell.name}'.")
            if cell.operation is not None:
                raise parameter_invalid(f"OpType cannot be given for primary key name :'{cell.name}'.")
            if cell.timestamp_ms is not None:
                raise parameter_invalid(f"Timestamp cannot be given for primary key name:'{cell.name}'.")
            primary_key.append((cell.name, cell.value))
        cells: list[Cell] = []
        if self.skip(_ROW_DATA):
            while self.tag == _CELL:
                cell, crc = self.read_cell()
                checksums.append(crc)
                cells.append(cell)
        delete_marker = self.skip(_DELETE)
        checksums.append(1 if delete_marker else 0)
        self.expect(_ROW_CRC)
        crc, actual = self.read_bytes(1)[0], crc8(checksums)
        if crc != actual:
            raise _broken(f"checksum is mismatch, {crc}:{actual}")
        return Row(primary_key, cells, delete_marker)


def decode_row(data: bytes) -> Row:
    """Read a buffer that holds one row.

    Zeros may follow the row, because the official client for Node appends them.

    Raises:
        TableStoreError: the buffer is malformed or a checksum does not match.
    """
    reader = _Reader(data)
    header = reader.read_bytes(4)
    if header != _HEADER:
        raise _broken(f"mismatch header, actual: {int.from_bytes(header, 'little')}, expect: {0x75}")
    row = reader.read_row()
    if any(data[reader.position :]):
        raise _broken("has more data in cell, but they can't be parsed")
    return row


def decode_primary_key(data: bytes) -> PrimaryKey:
    """Read a buffer that holds a primary key and nothing else, as in every read.

    Raises:
        TableStoreError: the buffer is malformed or holds more than a key.
    """
    row = decode_row(data)
    if row.cells:
        raise parameter_invalid("Attribute column cannot be given while reading data.")
    if row.delete_marker:
        raise parameter_invalid("Delete marker cannot be given.")
    return row.primary_key


def decode_value(data: bytes, column_name: str) -> AnyValue:
    """Read a bare value, type and payload without tags. ``column_name`` is for error messages.

    Raises:
        TableStoreError: the bytes are not exactly one value.
    """
    reader = _Reader(data)
    value = reader.read_value(column_name)
    if reader.tag != -1:
        raise _broken("has more data in cell, but they can't be parsed")
    return value


def _encode_value(value: AnyValue) -> bytes:
    if isinstance(value, (str, bytes)):
        kind, data = (_STRING, value.encode()) if isinstance(value, str) else (_BLOB, value)
        return _pack_length(kind, len(data)) + data
    if isinstance(value, bool):
        return bytes((_BOOLEAN, value))
    if isinstance(value, int):
        return _pack_integer(_INTEGER, value)
    if isinstance(value, float):
        return _pack_double(_DOUBLE, value)
    return bytes((_SPECIAL_CODES[value],))


def _append_cell(out: bytearray, name: str, value: AnyValue, timestamp_ms: int | None) -> int:
    """Append a cell to ``out`` and return its checksum."""
    beginning, crc = _encode_name(name)
    checked = _encode_value(value)
    out += beginning + _pack_length(_VALUE, len(checked)) + checked
    if timestamp_ms is not None:
        tagged_timestamp = _pack_integer(_TIMESTAMP, timestamp_ms)
        out += tagged_timestamp
        checked += tagged_timestamp[1:]
    crc = crc8(checked, crc)
    out += bytes((_CELL_CRC, crc))
    return crc


def encode_rows(rows: Iterable[tuple[PrimaryKey, Sequence[Cell]]]) -> bytes:
    """Write rows in sequence after one header. No rows give no bytes at all."""
    out = bytearray()
    for primary_key, cells in rows:
        out += b"" if out else _HEADER
        out.append(_ROW_KEY)
        checksums = bytearray(_append_cell(out, name, value, None) for name, value in primary_key)
        if cells:
            out.append(_ROW_DATA)
            for cell in cells:
                if cell.value is not None:
                    checksums.append(_append_cell(out, cell.name, cell.value, cell.timestamp_ms))
        checksums.append(0)
        out += bytes([_ROW_CRC, crc8(checksums)])
    return bytes(out)


def encode_primary_key(primary_key: PrimaryKey) -> bytes:
    """Write a primary key alone."""
    return encode_rows([(primary_key, [])])
