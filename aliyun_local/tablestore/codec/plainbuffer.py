"""PlainBuffer, the row format inside the protobuf messages: both directions, every checksum verified.

The layout is the one that the official clients read and write: a header once, then rows of tagged cells, each
cell and each row closed by a CRC-8. On the wire a cell's operation precedes its timestamp, in the checksum it
follows.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache

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

_POLYNOMIAL = 0x107
_PERIOD = 127  # of the powers of x modulo the polynomial
_LONG = 64


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc << 1 ^ _POLYNOMIAL if crc & 0x80 else crc << 1
        table.append(crc)
    return table


_CRC_TABLE = _crc_table()


def _powers() -> list[int]:
    powers = [1]
    while len(powers) < _PERIOD:
        power = powers[-1] << 1
        powers.append(power ^ _POLYNOMIAL if power & 0x100 else power)
    return powers


_POWERS = _powers()


def crc8(data: bytes | bytearray, crc: int = 0) -> int:
    """Return the CRC-8 (polynomial 0x07, not reflected) of ``data``, continued from ``crc``.

    Values may be megabytes long, and a loop over bytes would take a second for a full request. So a long
    input is folded in halves as one big polynomial, which Python's integers do at the speed of memory.
    """
    if len(data) > _LONG:
        bits = len(data) * 8
        number = int.from_bytes(data, "big") ^ crc << (bits - 8)
        while bits > _LONG * 8:
            half = bits // 2
            high, number = number >> half, number & (1 << half) - 1
            factor = _POWERS[half % _PERIOD]
            for bit in range(8):
                if factor >> bit & 1:
                    number ^= high << bit
            bits = max(half, bits - half + 7)
        crc = 0
        data = number.to_bytes((bits + 7) // 8, "big")
    for byte in data:
        crc = _CRC_TABLE[crc ^ byte]
    return crc


def _broken(why: str) -> TableStoreError:
    return parameter_invalid(f"Cell data broken, {why}.")


@lru_cache(maxsize=4096)
def _name_read(raw: bytes) -> tuple[str, int]:
    """Return a column's name and its checksum; the same few come again in every row."""
    try:
        return raw.decode(), crc8(raw)
    except UnicodeDecodeError as problem:
        raise _broken(f"wrong string format, size: {len(raw)}") from problem


@lru_cache(maxsize=4096)
def _name_written(name: str) -> tuple[bytes, int]:
    """Return how a cell of that name begins, and the name's checksum."""
    raw = name.encode()
    return bytes((_CELL,)) + _pack_length(_NAME, len(raw)) + raw, crc8(raw)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    @property
    def tag(self) -> int:
        """The next byte, -1 at the end."""
        return self.data[self.position] if self.position < len(self.data) else -1

    def skip(self, tag: int) -> bool:
        position = self.position
        if position >= len(self.data) or self.data[position] != tag:
            return False
        self.position = position + 1
        return True

    def expect(self, tag: int) -> None:
        if not self.skip(tag):
            raise _broken(f"mismatch tag, actual tag({self.tag}), expect({tag})")

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.position:
            raise _broken("length is shorter than expect")
        self.position += size
        return self.data[self.position - size : self.position]

    def sized(self) -> bytes:
        """Read a length and as many bytes."""
        start = self.position + 4
        end = start + int.from_bytes(self.data[self.position : start], "little")
        if end > len(self.data):
            raise _broken("length is shorter than expect")
        self.position = end
        return self.data[start:end]

    def value(self, name: str) -> AnyValue:
        """Read a type byte and its payload."""
        kind = self.take(1)[0]
        if kind == _STRING:
            try:
                return self.sized().decode()
            except UnicodeDecodeError as problem:
                raise parameter_invalid(f"Value of column '{name}' must be UTF8 encoding.") from problem
        if kind == _INTEGER:
            return int.from_bytes(self.take(8), "little", signed=True)
        if kind == _DOUBLE:
            double: float = struct.unpack("<d", self.take(8))[0]
            if not math.isfinite(double):
                raise parameter_invalid(
                    f"{'NaN' if math.isnan(double) else 'Infinity'} can't be set to double value."
                )
            return double
        if kind == _BOOLEAN:
            return self.take(1) != b"\x00"
        if kind == _BLOB:
            return self.sized()
        if kind in _SPECIALS:
            return _SPECIALS[kind]
        raise parameter_invalid("data format is invalid, unknown variant type occured.")

    def cell(self) -> tuple[Cell, int]:
        """Read a cell and its checksum."""
        opening = self.position + 2
        if self.data[self.position : opening] != _CELL_OPENING:
            self.expect(_CELL)
            self.expect(_NAME)
        self.position = opening
        raw_name = self.sized()
        # Longer names are none: they are refused in a moment, and nothing to remember.
        name, actual = (_name_read if len(raw_name) < 256 else _name_read.__wrapped__)(raw_name)
        value: AnyValue | None = None
        checked = raw_operation = raw_timestamp = b""
        if self.skip(_VALUE):
            start = self.position + 4
            length = int.from_bytes(self.take(4), "little")
            value = self.value(name)
            checked = self.data[start : self.position]
            if len(checked) != length:
                raise _broken("has more data in cell, but they can't be parsed")
        if self.tag != _CELL_CRC:
            raw_operation = self.take(1) if self.skip(_OPERATION) else b""
            raw_timestamp = self.take(8) if self.skip(_TIMESTAMP) else b""
            checked += raw_timestamp + raw_operation
            self.expect(_CELL_CRC)
        else:
            self.position += 1
        crc, actual = self.take(1)[0], crc8(checked, actual)
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

    def row(self) -> Row:
        self.expect(_ROW_KEY)
        checksums = bytearray()
        primary_key: PrimaryKey = []
        while self.tag == _CELL:
            cell, crc = self.cell()
            checksums.append(crc)
            if cell.value is None:
                raise parameter_invalid(f"No value is given for primary key name:'{cell.name}'.")
            if cell.operation is not None:
                raise parameter_invalid(f"OpType cannot be given for primary key name :'{cell.name}'.")
            if cell.timestamp is not None:
                raise parameter_invalid(f"Timestamp cannot be given for primary key name:'{cell.name}'.")
            primary_key.append((cell.name, cell.value))
        cells: list[Cell] = []
        if self.skip(_ROW_DATA):
            while self.tag == _CELL:
                cell, crc = self.cell()
                checksums.append(crc)
                cells.append(cell)
        delete_marker = self.skip(_DELETE)
        checksums.append(1 if delete_marker else 0)
        self.expect(_ROW_CRC)
        crc, actual = self.take(1)[0], crc8(checksums)
        if crc != actual:
            raise _broken(f"checksum is mismatch, {crc}:{actual}")
        return Row(primary_key, cells, delete_marker)


def decode_row(data: bytes) -> Row:
    """Read a buffer that holds one row; zeros may follow it, as they do from the official client for Node.

    Raises:
        TableStoreError: the buffer is malformed or a checksum does not match.
    """
    reader = _Reader(data)
    header = reader.take(4)
    if header != _HEADER:
        raise _broken(f"mismatch header, actual: {int.from_bytes(header, 'little')}, expect: {0x75}")
    row = reader.row()
    if any(data[reader.position :]):
        raise _broken("has more data in cell, but they can't be parsed")
    return row


def decode_value(data: bytes, name: str) -> AnyValue:
    """Read the bare value that a filter on column ``name`` compares with: type and payload, no tags.

    Raises:
        TableStoreError: the bytes are not exactly one value.
    """
    reader = _Reader(data)
    value = reader.value(name)
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


def _encode_cell(out: bytearray, name: str, value: AnyValue, timestamp: int | None) -> int:
    beginning, crc = _name_written(name)
    checked = _encode_value(value)
    out += beginning + _pack_length(_VALUE, len(checked)) + checked
    if timestamp is not None:
        raw_timestamp = _pack_integer(_TIMESTAMP, timestamp)
        out += raw_timestamp
        checked += raw_timestamp[1:]
    crc = crc8(checked, crc)
    out += bytes((_CELL_CRC, crc))
    return crc


def encode_rows(rows: Iterable[tuple[PrimaryKey, Sequence[Cell]]]) -> bytes:
    """Write rows one behind the other under one header; nothing at all for no rows."""
    out = bytearray()
    for primary_key, cells in rows:
        out += b"" if out else _HEADER
        out.append(_ROW_KEY)
        checksums = bytearray(_encode_cell(out, name, value, None) for name, value in primary_key)
        if cells:
            out.append(_ROW_DATA)
            for cell in cells:
                if cell.value is not None:
                    checksums.append(_encode_cell(out, cell.name, cell.value, cell.timestamp))
        checksums.append(0)
        out += bytes([_ROW_CRC, crc8(checksums)])
    return bytes(out)
