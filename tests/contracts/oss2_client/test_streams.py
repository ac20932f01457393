"""Contents that oss2 sends and reads piece by piece, and ranges of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import oss2
import pytest

CONTENT = bytes(range(256)) * 1025
STANDARD = {"x-oss-range-behavior": "standard"}


def _pieces() -> Iterator[bytes]:
    for start in range(0, len(CONTENT), 8192):
        yield CONTENT[start : start + 8192]


def test_a_generator_is_sent_in_chunks_without_a_length(bucket: oss2.Bucket) -> None:
    seen: list[tuple[int, int | None]] = []
    put = bucket.put_object("a", _pieces(), progress_callback=lambda done, total: seen.append((done, total)))
    got = bucket.get_object("a")
    assert got.read() == CONTENT
    assert put.crc == got.server_crc
    assert seen[-1] == (len(CONTENT), None)


def test_an_object_is_read_by_iterating_or_by_sizes(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", CONTENT)
    assert b"".join(bucket.get_object("a")) == CONTENT
    got = bucket.get_object("a")
    assert got.content_length == len(CONTENT)
    assert (got.read(10), got.read(), got.read()) == (CONTENT[:10], CONTENT[10:], b"")
    assert got.client_crc == got.server_crc


def test_one_object_is_streamed_into_another(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", CONTENT)
    source = bucket.get_object("a")
    put = bucket.put_object("b", source)
    assert put.crc == source.server_crc == source.client_crc
    assert bucket.get_object("b").read() == CONTENT


def test_an_empty_object_is_an_object(bucket: oss2.Bucket) -> None:
    put = bucket.put_object("a", b"")
    got = bucket.get_object("a")
    assert (got.read(), got.content_length, put.crc) == (b"", 0, 0)
    assert bucket.get_object("a", byte_range=(0, 5)).read() == b""


def test_progress_ends_at_the_length(bucket: oss2.Bucket) -> None:
    seen: list[tuple[int, int]] = []
    bucket.put_object("a", CONTENT, progress_callback=lambda *numbers: seen.append(numbers))
    bucket.get_object("a", progress_callback=lambda *numbers: seen.append(numbers)).read()
    assert seen.count((len(CONTENT), len(CONTENT))) == 2


@pytest.mark.parametrize(
    ("byte_range", "wanted"),
    [
        ((0, 0), slice(0, 1)),
        ((500, 600), slice(500, 601)),
        ((500, None), slice(500, None)),
        ((None, 199), slice(-199, None)),
        ((len(CONTENT) - 1, len(CONTENT) - 1), slice(-1, None)),
    ],
)
def test_a_range_within_the_object_is_sent_alone(
    bucket: oss2.Bucket, byte_range: tuple[int | None, int | None], wanted: slice
) -> None:
    bucket.put_object("a", CONTENT)
    got = bucket.get_object("a", byte_range=byte_range)
    content = got.read()
    assert (got.status, content) == (206, CONTENT[wanted])
    start, stop, _ = wanted.indices(len(CONTENT))
    assert got.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"
    assert got.content_length == len(content)


@pytest.mark.parametrize(
    "header",
    ["bytes=0-999999", "bytes=999999-", "bytes=-999999", "bytes=5-2", "bytes=-", "chars=0-1", "bytes=a-b"],
)
def test_any_other_range_sends_the_whole_object(bucket: oss2.Bucket, header: str) -> None:
    bucket.put_object("a", CONTENT)
    got = bucket.get_object("a", headers={"Range": header})
    assert (got.status, "Content-Range" in got.headers, len(got.read())) == (200, False, len(CONTENT))


def test_standard_behaviour_cuts_a_range_or_refuses_it(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"0123456789")
    for byte_range, content in (((5, 20), b"56789"), ((None, 20), b"0123456789")):
        got = bucket.get_object("a", byte_range=byte_range, headers=STANDARD)
        assert (got.status, got.read()) == (206, content)
    with pytest.raises(oss2.exceptions.ServerError) as error:
        bucket.get_object("a", byte_range=(10, None), headers=STANDARD)
    assert (error.value.status, error.value.code) == (416, "InvalidRange")


def test_a_resumable_upload_and_download_use_parts_and_ranges(bucket: oss2.Bucket, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(CONTENT * 2)
    uploads, downloads = tmp_path / "uploads", tmp_path / "downloads"
    oss2.resumable_upload(
        bucket,
        "big",
        str(source),
        store=oss2.ResumableStore(str(uploads)),
        multipart_threshold=1,
        part_size=200 * 1024,
        headers={"x-oss-meta-a": "1"},
    )
    head = bucket.head_object("big")
    assert (head.object_type, head.headers["x-oss-meta-a"]) == ("Multipart", "1")
    oss2.resumable_download(
        bucket,
        "big",
        str(target),
        store=oss2.ResumableDownloadStore(str(downloads)),
        multiget_threshold=1,
        part_size=100 * 1024,
    )
    assert target.read_bytes() == source.read_bytes()


def test_response_headers_are_overridden_as_asked(bucket: oss2.Bucket) -> None:
    bucket.put_object("a", b"x", headers={"Content-Type": "plain/text"})
    params = {
        "response-content-type": "image/jpeg",
        "response-content-disposition": "attachment",
        "response-cache-control": "no-store",
        "response-expires": "0",
        "response-content-language": "en",
        "response-content-encoding": "identity",
    }
    got = bucket.get_object("a", params=params)
    assert got.read() == b"x"
    for name, value in params.items():
        assert got.headers[name.removeprefix("response-")] == value


def test_texts_are_compressed_for_those_who_take_it(bucket: oss2.Bucket) -> None:
    text = "照片 ".encode() * 20_000
    bucket.put_object("a.txt", text)
    bucket.put_object("a.jpg", text)
    bucket.put_object("short.txt", b"a" * 1023)
    got = bucket.get_object("a.txt", headers={"Accept-Encoding": "gzip"})
    assert (got.content_length, got.headers["Content-Encoding"]) == (None, "gzip")
    assert got.headers["Transfer-Encoding"] == "chunked"
    assert got.read() == text
    for key, options in (
        ("a.txt", {"byte_range": (0, 4999)}),
        ("a.jpg", {}),
        ("short.txt", {}),
        ("a.txt", {}),
    ):
        headers = {"Accept-Encoding": "gzip" if key != "a.txt" or options else "identity"}
        plain = bucket.get_object(key, headers=headers, **options)
        assert "Content-Encoding" not in plain.headers, key
        assert len(plain.read()) == plain.content_length
