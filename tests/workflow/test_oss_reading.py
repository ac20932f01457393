"""Bytes from the bucket: as they are stored, no more than asked for, and no longer than a call may take."""

from __future__ import annotations

import io
import itertools
import tracemalloc
import zlib
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from shared.clients.bounded_answers import (
    MAX_ANSWER_SECONDS,
    MAX_DOCUMENT_BYTES,
    BoundedAnswer,
    UnusableAnswer,
)
from shared.clients.retries import TRIES
from shared.domain.trouble_kinds import Api, Kind
from shared.errors import NotFound, Permanent, RequestTrouble
from tests.bitmaps import bitmap_of
from tests.workflow.oss_server import OBJECT, Seconds, answer, found, oss_that_says

MEGABYTE = 1024 * 1024
FEW_MEGABYTES = 3 * MEGABYTE


def gzipped(pieces: Iterator[bytes]) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(map(packer.compress, pieces)) + packer.flush()


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """Less than 4 KB that become 128 MB if they are decoded, as the header of the answer asks."""
    once = gzipped(itertools.repeat(bytes(MEGABYTE), 128))
    twice = gzipped(iter([once]))
    assert len(twice) < 4096
    return twice


@pytest.fixture
def peak() -> Iterator[Iterator[int]]:
    """Gives the largest number of bytes that were in use at once since the test began."""
    tracemalloc.start()
    tracemalloc.reset_peak()
    yield iter(lambda: tracemalloc.get_traced_memory()[1], -1)
    tracemalloc.stop()


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip", "deflate", "br", "nonsense"])
def test_an_object_that_says_it_is_compressed_comes_as_it_is_stored(
    bomb: bytes, peak: Iterator[int], encoding: str
) -> None:
    headers = {"Content-Encoding": encoding}
    part = found(bomb[10:20], headers | {"Content-Range": f"bytes 10-19/{len(bomb)}"}, status=206)
    with oss_that_says(found(bomb, headers), found(bomb, headers), part) as (bucket, _):
        assert bucket.read("people/m/x.zip") == bomb
        assert bucket.read_range("people/m/x.zip", 0, 4096) == bomb
        assert bucket.read_range("people/m/x.zip", 10, 10) == bomb[10:20]
    assert next(peak) < FEW_MEGABYTES


def test_a_look_at_a_compressed_object_decodes_nothing(bomb: bytes, peak: Iterator[int]) -> None:
    head = answer(200, b"", OBJECT | {"Content-Encoding": "gzip, gzip", "Content-Length": str(len(bomb))})
    with oss_that_says(head) as (bucket, _):
        stored = bucket.stored("people/m/x.zip")
    assert stored is not None
    assert stored.size == len(bomb)
    assert next(peak) < FEW_MEGABYTES


def test_an_error_page_and_a_listing_that_say_they_are_compressed_decode_nothing(
    bomb: bytes, peak: Iterator[int]
) -> None:
    headers = {"Content-Encoding": "gzip, gzip"}
    with oss_that_says(answer(400, bomb, headers), answer(200, bomb, headers)) as (bucket, _):
        for _ in range(2):
            with pytest.raises(RequestTrouble):
                bucket.list_page("people/", "", 10)
    assert next(peak) < FEW_MEGABYTES


def test_a_part_that_is_larger_than_asked_for_is_refused_before_it_is_read(peak: Iterator[int]) -> None:
    whole = itertools.chain(
        [answer(200, b"", OBJECT | {"Content-Length": str(500 * MEGABYTE)})],
        itertools.repeat(bytes(MEGABYTE), 500),
    )
    with oss_that_says(whole) as (bucket, server):
        with pytest.raises(RequestTrouble) as raised:
            bucket.read_range("people/m/x.zip", 0, 1000)
        assert server.hung_up.wait(10)
    assert (raised.value.code, raised.value.kind) == ("oss_answer_too_large", Kind.UNKNOWN)
    assert next(peak) < FEW_MEGABYTES


def test_the_whole_object_in_the_place_of_a_part_is_not_taken_for_the_part() -> None:
    with (
        oss_that_says(found(b"0123456789")) as (bucket, _),
        pytest.raises(RequestTrouble) as raised,
    ):
        bucket.read_range("people/m/x.zip", 5, 10)
    assert raised.value.code == "oss_range_ignored"


def test_oss_is_asked_to_cut_a_range_at_the_end_of_the_object() -> None:
    with oss_that_says(found(b"89", {"Content-Range": "bytes 8-9/10"}, status=206)) as (bucket, server):
        assert bucket.read_range("people/m/x.zip", 8, 100, etag="E1") == b"89"
    (asked,) = server.asked
    assert "x-oss-range-behavior: standard" in asked
    assert 'If-Match: "E1"' in asked
    assert "range: bytes=8-107" in asked.lower()


@pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "unannounced"])
def test_an_object_that_is_longer_than_its_reader_can_take_is_refused(
    is_announced: bool, peak: Iterator[int]
) -> None:
    length = str(200 * MEGABYTE) if is_announced else ""
    endless = itertools.chain(
        [answer(200, b"", OBJECT | {"Content-Length": length})], itertools.repeat(bytes(65536), 3200)
    )
    with oss_that_says(endless) as (bucket, server):
        with pytest.raises(Permanent) as raised:
            bucket.read("submissions/j/1.jpg", max_bytes=MEGABYTE)
        assert server.hung_up.wait(10)
    assert (raised.value.code, raised.value.kind, raised.value.api) == (
        "object_too_large",
        Kind.OBJECT,
        Api.READING,
    )
    assert next(peak) < FEW_MEGABYTES + MEGABYTE


def test_an_object_of_exactly_the_longest_length_is_read() -> None:
    with oss_that_says(found(b"x" * 100)) as (bucket, _):
        assert bucket.read("a", max_bytes=100) == b"x" * 100
        assert bucket.read_range("a", 0, 100) == b"x" * 100
        with pytest.raises(Permanent):
            bucket.read("a", max_bytes=99)


@pytest.mark.parametrize("length", ["1000000000", ""], ids=["announced", "unannounced"])
def test_a_body_that_drips_ends_in_time_though_no_wait_for_a_byte_is_long(length: str) -> None:
    drops = itertools.chain(
        [answer(200, b"", OBJECT | {"Content-Length": length})], itertools.repeat(b".", 10**9)
    )
    now = Seconds(step=1.0)
    with (
        oss_that_says(drops, now=now) as (bucket, _),
        pytest.raises(RequestTrouble) as raised,
    ):
        bucket.read_range("people/m/x.zip", 0, 10**9)
    assert (raised.value.code, raised.value.kind) == ("oss_answer_too_slow", Kind.UNKNOWN)
    assert now.looks < MAX_ANSWER_SECONDS + 10
    assert MAX_ANSWER_SECONDS == 20


def test_a_listing_that_drips_or_never_ends_is_given_up() -> None:
    def page() -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n<ListBucketResult>"
        for _ in range(2 * MAX_DOCUMENT_BYTES // 65536):
            yield b" " * 65536

    with (
        oss_that_says(page(), now=Seconds(step=1.0)) as (slow, _),
        pytest.raises(RequestTrouble) as raised,
    ):
        slow.list_page("people/", "", 10)
    assert (raised.value.code, raised.value.api) == ("oss_answer_too_slow", Api.LISTING)
    with (
        oss_that_says(page()) as (bucket, _),
        pytest.raises(RequestTrouble) as raised,
    ):
        bucket.list_page("people/", "", 10)
    assert (raised.value.code, raised.value.api) == ("oss_answer_too_large", Api.LISTING)


CUT = [
    [found(b"x" * 10, {"Content-Length": "1000"})],
    [answer(200, b"", OBJECT | {"Content-Length": "", "Transfer-Encoding": "chunked"}), b"5\r\n01234\r\n"],
    [answer(200, b"", OBJECT | {"Content-Length": "", "Transfer-Encoding": "chunked"}), b"ff\r\n0"],
    [answer(200, b"", OBJECT | {"Content-Length": "", "Transfer-Encoding": "chunked"}), b"zz\r\n0"],
]


@pytest.mark.parametrize("pieces", CUT, ids=["short", "no last chunk", "half a chunk", "no chunk"])
def test_a_body_that_is_cut_off_is_no_content_and_is_asked_for_again(pieces: list[bytes]) -> None:
    with (
        oss_that_says(*[iter(pieces) for _ in range(TRIES)]) as (bucket, server),
        pytest.raises(RequestTrouble) as raised,
    ):
        bucket.read("people/m/x.zip")
    assert (raised.value.code, raised.value.kind) == ("oss_answer_cut", Kind.UNKNOWN)
    assert len(server.asked) == TRIES


def test_a_body_in_chunks_comes_whole() -> None:
    chunks = answer(200, b"", OBJECT | {"Content-Length": "", "Transfer-Encoding": "chunked"})
    with oss_that_says(chunks + b"3\r\n012\r\n2\r\n34\r\n0\r\n\r\n") as (bucket, server):
        assert [bucket.read("a") for _ in range(3)] == [b"01234"] * 3
    assert server.connections == 1


def body(content: bytes, *, has_length: bool) -> BoundedAnswer:
    """An answer whose body has arrived."""
    raw = SimpleNamespace(
        length_remaining=len(content) if has_length else None,
        _fp=io.BytesIO(content),
        release_conn=lambda: None,
    )
    response = SimpleNamespace(raw=raw, close=lambda: None)
    head = SimpleNamespace(status=200, headers={}, request_id="r", response=response)
    return BoundedAnswer(head, is_late=lambda: False)


@pytest.mark.parametrize("has_length", [True, False])
@pytest.mark.parametrize("piece", [1, 2, 3, 4])
def test_a_body_that_is_read_in_pieces_has_its_last_byte(piece: int, has_length: bool) -> None:
    answer = body(b"body", has_length=has_length)
    assert b"".join(iter(lambda: answer.read(piece), b"")) == b"body"


@pytest.mark.parametrize("has_length", [True, False])
def test_a_document_is_read_up_to_the_longest_length_and_not_one_byte_beyond(has_length: bool) -> None:
    longest = bytes(8 * MEGABYTE)
    assert body(longest, has_length=has_length).read() == longest
    with pytest.raises(UnusableAnswer, match="oss_answer_too_large"):
        body(longest + b"x", has_length=has_length).read()


def test_a_connection_is_used_again_after_each_kind_of_answer() -> None:
    saved = b'{"bucket": "photos", "fileSize": 5, "object": "s", "status": "OK"}'
    head = answer(200, b"", OBJECT | {"Content-Length": "7"})
    answers = [
        found(b"x" * 100),
        found(b""),
        head,
        answer(200, saved),
        answer(404, b"<Error><Code>NoSuchKey</Code></Error>", {"x-oss-request-id": "R1"}),
        answer(200, b"<CopyObjectResult/>"),
        head,
        answer(200),
    ]
    with oss_that_says(*answers) as (bucket, server):
        bucket.read("a")
        bucket.read("empty")
        bucket.stored("a")
        assert bucket.prepare("a", "s") == 5
        with pytest.raises(NotFound):
            bucket.read("gone")
        bucket.copy("a", "b")
        bucket.write("c", b"content")
    assert len(server.asked) == len(answers)
    assert server.connections == 1


def test_a_bitmap_is_asked_for_with_its_sides_and_read_whole() -> None:
    content = bitmap_of("a")
    with oss_that_says(found(content)) as (bucket, server):
        assert bucket.bitmap("submissions/j/1.jpg", 9, 8) == content
    (asked,) = server.asked
    assert "image%2Fresize%2Cm_fixed%2Cw_9%2Ch_8%2Fformat%2Cbmp" in asked


def test_a_bitmap_that_is_larger_than_one_of_so_few_pixels_can_be_is_refused(peak: Iterator[int]) -> None:
    endless = itertools.chain(
        [answer(200, b"", OBJECT | {"Content-Length": str(200 * MEGABYTE)})],
        itertools.repeat(bytes(65536), 3200),
    )
    with oss_that_says(endless) as (bucket, _), pytest.raises(RequestTrouble) as raised:
        bucket.bitmap("submissions/j/1.jpg", 9, 8)
    assert (raised.value.code, raised.value.api) == ("oss_answer_too_large", Api.PROCESSING)


def test_a_link_has_no_bitmap() -> None:
    with (
        oss_that_says(found(bitmap_of("a"), {"x-oss-object-type": "Symlink"})) as (bucket, _),
        pytest.raises(NotFound),
    ):
        bucket.bitmap("submissions/j/1.jpg", 9, 8)
