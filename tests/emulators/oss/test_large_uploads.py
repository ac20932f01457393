"""Uploads that go through a file on their way, because they would take too much memory."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

from aliyun_local.oss.state.checksums import crc64
from aliyun_local.payloads import Spooled, pieces_of
from aliyun_local.serving import bodies
from tests.emulators.oss.oss2_clients import Oss2Clients
from tests.emulators.oss.support import BUCKET, LocalOss, stored_contents

CONTENT = b"".join(number.to_bytes(4, "big") for number in range(75_000))


@pytest.fixture
def is_spooling() -> threading.Event:
    """Set as soon as a file was made."""
    return threading.Event()


@pytest.fixture
def spooled(monkeypatch: pytest.MonkeyPatch, is_spooling: threading.Event) -> Iterator[list[Spooled]]:
    """The files that were made, of everything from 100,000 bytes on; all are closed at the end."""
    made: list[Spooled] = []

    class Noted(Spooled):
        def __init__(self, folder: Path | None) -> None:
            super().__init__(folder)
            made.append(self)
            is_spooling.set()

    monkeypatch.setattr(bodies, "SPOOLED_BYTES", 100_000)
    monkeypatch.setattr(bodies, "Spooled", Noted)
    yield made
    for one in made:
        with pytest.raises(ValueError, match="closed"):
            one.read(0, 1)


@pytest.fixture(params=["on disk", "in memory"])
def stored_bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[oss2.Bucket]:
    data = tmp_path / "store" if request.param == "on disk" else None
    with LocalOss(data) as running, Oss2Clients(running) as clients:
        running.store.create_bucket(BUCKET)
        yield clients.bucket(BUCKET)


@pytest.mark.parametrize("in_chunks", [False, True])
def test_a_large_object_is_stored_as_it_came(
    stored_bucket: oss2.Bucket, spooled: list[Spooled], in_chunks: bool
) -> None:
    body = iter([CONTENT[:70_000], CONTENT[70_000:]]) if in_chunks else CONTENT
    put = stored_bucket.put_object("a", body, headers={"x-oss-meta-a": "b"})
    assert len(spooled) == 1
    assert put.etag == hashlib.md5(CONTENT).hexdigest().upper()
    assert put.crc == crc64(CONTENT)
    assert stored_bucket.get_object("a").read() == CONTENT
    assert stored_bucket.get_object("a", byte_range=(99_998, 100_003)).read() == CONTENT[99_998:100_004]


def test_a_small_object_needs_no_file(stored_bucket: oss2.Bucket, spooled: list[Spooled]) -> None:
    stored_bucket.put_object("a", CONTENT[:99_999])
    assert spooled == []


def test_a_large_object_is_appended_and_put_in_parts(
    stored_bucket: oss2.Bucket, spooled: list[Spooled]
) -> None:
    stored_bucket.append_object("appended", 0, CONTENT[:150_000])
    stored_bucket.append_object("appended", 150_000, CONTENT[150_000:])
    upload = stored_bucket.init_multipart_upload("parts").upload_id
    parts = []
    for number, piece in enumerate((CONTENT[:120_000], CONTENT[120_000:]), 1):
        part = stored_bucket.upload_part("parts", upload, number, piece)
        parts.append(oss2.models.PartInfo(number, part.etag, size=len(piece), part_crc=part.crc))
    done = stored_bucket.complete_multipart_upload("parts", upload, parts)
    assert len(spooled) == 4
    assert done.crc == crc64(CONTENT)
    for key in ("appended", "parts"):
        assert stored_bucket.get_object(key).read() == CONTENT


def test_a_large_object_with_a_wrong_checksum_is_not_stored(
    stored_bucket: oss2.Bucket, spooled: list[Spooled]
) -> None:
    with pytest.raises(oss2.exceptions.InvalidDigest):
        stored_bucket.put_object("a", CONTENT, headers={"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="})
    assert len(spooled) == 1
    assert not stored_bucket.object_exists("a")


def test_a_file_on_the_way_has_no_name_in_its_folder(tmp_path: Path) -> None:
    content = Spooled(tmp_path)
    content.append(b"photo")
    assert list(tmp_path.iterdir()) == []
    assert (len(content), b"".join(pieces_of(content))) == (5, b"photo")
    content.close()


def test_a_client_that_hangs_up_leaves_nothing_behind(
    tmp_path: Path, local_oss: LocalOss, spooled: list[Spooled], is_spooling: threading.Event
) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 150_000:
                assert is_spooling.wait(10)
                raise ConnectionAbortedError
            return super().read(size)

    with Oss2Clients(local_oss) as clients, pytest.raises(oss2.exceptions.RequestError):
        clients.bucket(BUCKET).put_object("a", Broken(CONTENT))
    local_oss.server.close()
    assert len(spooled) == 1
    assert stored_contents(tmp_path / "oss") == []
