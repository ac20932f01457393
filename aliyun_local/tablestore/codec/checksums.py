"""The CRC-8 of PlainBuffer cells and rows. :mod:`.plainbuffer` computes it on every read and write.

The polynomial is 0x07, not reflected, with initial value 0.

A value may be megabytes long, and a Python loop over its bytes would take a second for a full request. A long
input is therefore first reduced as one big polynomial. A CRC is a remainder modulo the polynomial P, so
``high * x^n + low`` may be replaced by ``high * (x^n mod P) + low``. The powers of x modulo P repeat with a
period of 127 and fit in one byte, so each step halves the input with at most eight shifts and XORs of big
integers, which Python does at the speed of memory.
"""

from __future__ import annotations

_POLYNOMIAL = 0x107
_PERIOD = 127
_SHORT_BYTES = 64


def _table() -> list[int]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc << 1 ^ _POLYNOMIAL if crc & 0x80 else crc << 1
        table.append(crc)
    return table


def _powers() -> list[int]:
    powers = [1]
    while len(powers) < _PERIOD:
        power = powers[-1] << 1
        powers.append(power ^ _POLYNOMIAL if power & 0x100 else power)
    return powers


_TABLE = _table()
_POWERS = _powers()


def crc8(data: bytes | bytearray, crc: int = 0) -> int:
    """Return the CRC-8 of ``data``, continued from ``crc``."""
    if len(data) > _SHORT_BYTES:
        data, crc = _reduced(data, crc), 0
    for byte in data:
        crc = _TABLE[crc ^ byte]
    return crc


def _reduced(data: bytes | bytearray, crc: int) -> bytes:
    """Return a short input with the same CRC, continued from 0, as ``data`` continued from ``crc``."""
    bits = len(data) * 8
    number = int.from_bytes(data, "big") ^ crc << (bits - 8)
    while bits > _SHORT_BYTES * 8:
        half = bits // 2
        high, number = number >> half, number & (1 << half) - 1
        factor = _POWERS[half % _PERIOD]
        for bit in range(8):
            if factor >> bit & 1:
                number ^= high << bit
        bits = max(half, bits - half + 7)
    return number.to_bytes((bits + 7) // 8, "big")
