"""The CRC64 of OSS, computed by either library."""

from __future__ import annotations

import ctypes
import importlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aliyun_local.crc64 import by_crcmod, by_lzma
from aliyun_local.oss.state.checksums import crc64


@given(content=st.binary(max_size=300), cut=st.integers(0, 300))
def test_both_libraries_give_the_same_sum_at_once_and_in_pieces(content: bytes, cut: int) -> None:
    expected = by_crcmod()(content, 0)
    for checksum in (crc64, by_lzma() or by_crcmod(), by_crcmod()):
        assert checksum(content, 0) == expected
        assert checksum(content[cut:], checksum(content[:cut], 0)) == expected


def test_the_sum_is_the_published_one() -> None:
    assert crc64(b"123456789") == 0x995DC9BBDF1939FA
    assert crc64(b"") == 0


@pytest.mark.parametrize(
    "fault", [ImportError("no lzma"), OSError("not a library"), AttributeError("no sum")]
)
def test_a_lzma_without_crc64_is_not_used(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise fault

    monkeypatch.setattr(ctypes if isinstance(fault, OSError) else importlib, _entry(fault), fail)
    assert by_lzma() is None


def test_a_library_with_another_sum_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Wrong:
        argtypes: object = None
        restype: object = None

        def __call__(self, *_: object) -> int:
            return 1

    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(lzma_crc64=Wrong()))
    assert by_lzma() is None


def _entry(fault: Exception) -> str:
    return "CDLL" if isinstance(fault, OSError) else "import_module"
