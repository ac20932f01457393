"""The size of a job's row: under 100 KB whatever is uploaded, and whatever becomes of it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clients.job_rows import from_columns, to_columns
from shared.domain.crowding import fits
from shared.domain.difference_hash import NO_HASH
from shared.domain.job import Job
from shared.domain.met_folders import MAX_FOLDERS
from shared.domain.photo_set import ClosedBy, PhotoSet
from shared.domain.photos import Photo, Verdict
from shared.domain.retry_state import Cause, failed_again
from shared.domain.row_size import (
    BYTES_TO_COME,
    LARGEST_PHOTO_BYTES,
    MAX_DETAIL_BYTES,
    MAX_DETAIL_CHARACTERS,
    MAX_PHOTOS_BYTES,
    MAX_RECORDED,
    MAX_ROW_BYTES,
    bytes_at_most,
    bytes_of,
    photos_as_json,
)
from shared.domain.trouble_kinds import Api, Kind
from tests.unit.support import NOW, RULES, collecting, few_examples, photo

SNAPSHOT = f"submissions/{'0' * 20}-123456789/{'0' * 16}.jpg"
ETAG = "0123456789ABCDEF" * 2
CRC = str(2**64 - 1)
HASH = "f" * 16
# The longest key that OSS takes has 1023 bytes; JSON writes a quote as two.
LONGEST_NAME = '"' * 1014
# That of an upload in a folder of another spelling tells the folder as well.
LONGEST_NAME_WITH_FOLDER = "/e\u0308/" + '"' * 1012
# As long as another spelling of a name of 128 bytes can be.
LONGEST_SPELLING = "\u212a" * 128
WORDS = {"letters": "w" * 5000, "quotes": '"' * 5000, "Chinese": "照" * 5000, "controls": "\x01" * 5000}


def row_bytes(job: Job) -> int:
    return sum(len(name) + len(str(value).encode()) for name, value in to_columns(job).items())


def troubled(one: Photo, words: str) -> Photo:
    cause = Cause("c" * 500, words, Kind.ACCOUNT, Api.PROCESSING)
    return replace(one, retry=failed_again(None, cause, NOW))


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_words_are_stored_cut_to_so_many_characters_and_bytes(words: str) -> None:
    one = troubled(photo("a", Verdict.UNPREPARED, detail=words), words)
    (stored,) = json.loads(photos_as_json([one]))
    for text in (stored["detail"], stored["retry"]["cause"]["message"]):
        assert words.startswith(text)
        assert 0 < len(text) <= MAX_DETAIL_CHARACTERS
        assert len(json.dumps(text, ensure_ascii=False).encode()) <= MAX_DETAIL_BYTES


def test_short_words_are_stored_as_they_are() -> None:
    (stored,) = json.loads(photos_as_json([photo("a", Verdict.UNFIT, detail="w" * MAX_DETAIL_CHARACTERS)]))
    assert stored["detail"] == "w" * MAX_DETAIL_CHARACTERS


def test_an_empty_set_takes_two_bytes() -> None:
    assert bytes_of([]) == bytes_at_most([]) == len("[]")


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("name", ["IMG_0001.JPG", LONGEST_NAME, LONGEST_NAME_WITH_FOLDER])
def test_the_last_word_on_a_photo_takes_no_more_than_was_kept_for_it(words: str, name: str) -> None:
    unprepared = Photo(name=name, etag=ETAG, size=10**10, verdict=Verdict.UNPREPARED, uploaded_at=NOW)
    unprepared = replace(unprepared, recorded_at=NOW, crc64=CRC)
    unchecked = replace(unprepared, verdict=Verdict.UNCHECKED, snapshot=SNAPSHOT, pixels=2048 * 2048)
    fates = [
        troubled(unprepared, words),
        troubled(unchecked, words),
        replace(unprepared, verdict=Verdict.UNREADABLE, detail=words),
        replace(unchecked, verdict=Verdict.SEVERAL_FACES, detail=words),
        replace(unchecked, verdict=Verdict.USABLE, detail=words),
        replace(unchecked, verdict=Verdict.OVER_LIMIT, detail=words, from_revision=10**8),
        replace(unchecked, verdict=Verdict.SIMILAR, detail=words, dhash=HASH, from_revision=10**8),
    ]
    kept = bytes_at_most([unprepared])
    assert all(bytes_of([fate]) <= kept for fate in fates)
    assert kept <= LARGEST_PHOTO_BYTES
    assert kept == bytes_of([unprepared]) + BYTES_TO_COME


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
def test_a_zip_takes_no_more_than_was_kept_for_it(words: str) -> None:
    begun = Photo(
        name=LONGEST_NAME, etag=ETAG, size=10**10, verdict=Verdict.UNPACKING, uploaded_at=NOW, tries=1
    )
    fates = [
        troubled(replace(begun, tries=10, taken_out=500, refused=500, detail=words), ""),
        replace(begun, verdict=Verdict.ARCHIVE_TOO_LARGE, taken_out=500, refused=500, detail=words),
    ]
    assert all(bytes_of([fate]) <= bytes_at_most([begun]) for fate in fates)
    # What it says while it waits is in what was kept.
    assert bytes_at_most([troubled(replace(begun, detail=words), words)]) == bytes_at_most([begun])


def test_what_has_its_last_word_is_counted_as_it_is() -> None:
    photos = [
        photo("a", detail="d" * 999, dhash=HASH),
        photo("b", Verdict.NO_FACE),
        photo("照片.zip", Verdict.UNPACKED),
    ]
    assert bytes_at_most(photos) == bytes_of(photos) == len(photos_as_json(photos).encode())


@pytest.mark.parametrize("dhash", [HASH, NO_HASH])
def test_a_hash_takes_no_more_than_was_kept_for_it(dhash: str) -> None:
    usable = photo("a")
    assert bytes_of([replace(usable, dhash=dhash)]) <= bytes_at_most([usable])
    assert bytes_at_most([replace(usable, dhash=HASH)]) == bytes_at_most([usable])


def test_300_ordinary_photos_fit_into_a_row_of_which_half_cannot_be_used() -> None:
    usable = [
        photo(
            f"IMG_{number:04}.JPG",
            etag=ETAG,
            snapshot=SNAPSHOT,
            crc64=CRC,
            pixels=2048 * 1536,
            dhash=HASH if number % 2 else "",
        )
        for number in range(MAX_RECORDED)
    ]
    refused = [
        replace(one, verdict=Verdict.NO_FACE, pixels=0, dhash="", detail="no face detected", snapshot="")
        for one in usable
    ]
    assert bytes_at_most([*usable[: MAX_RECORDED // 2], *refused[MAX_RECORDED // 2 :]]) <= MAX_PHOTOS_BYTES
    assert bytes_at_most(usable[:260]) <= MAX_PHOTOS_BYTES


# -- whole rows -----------------------------------------------------------------------------------


def as_large_as_it_gets(verdict: Verdict, name: str, words: str) -> PhotoSet:
    """A set that takes no more photos, or takes none without another one leaving."""
    photos = tuple(
        photo(
            f"{number:04}{name}"[:1014],
            verdict,
            etag=f"{number:032}",
            snapshot="" if verdict is Verdict.UNPREPARED else SNAPSHOT,
            detail=words,
        )
        for number in range(MAX_RECORDED + 1)
    )
    full = next(
        count for count in range(20, MAX_RECORDED + 2) if count > MAX_RECORDED or not fits(photos[:count])
    )
    begun = PhotoSet(ready_at=NOW, marker_used_at=NOW, last_photo_at=NOW, photos=photos[: full - 1])
    more = begun if begun.is_crowded else begun.with_photo(photos[full - 1], NOW)
    return replace(more, dropped=())


@pytest.mark.parametrize("words", WORDS.values(), ids=WORDS)
@pytest.mark.parametrize("name", [".jpg", LONGEST_NAME, "照" * 330], ids=["short", "quotes", "Chinese"])
@pytest.mark.parametrize("verdict", [Verdict.UNPREPARED, Verdict.UNCHECKED, Verdict.USABLE, Verdict.UNFIT])
def test_a_row_stays_under_100_kb_whatever_is_uploaded_and_whatever_goes_wrong(
    verdict: Verdict, name: str, words: str
) -> None:
    photos = as_large_as_it_gets(verdict, name, words)
    folders = tuple(LONGEST_SPELLING[number:] for number in range(MAX_FOLDERS))
    job = replace(collecting(person_id="李" * 42), photo_set=photos, is_proved_new=False, folders=folders)
    held = job.held_up(Cause("c" * 500, words, Kind.PERSON, Api.TABLES), NOW)
    judged = [troubled(one, words) if one.is_unfinished else one for one in photos.photos]
    refused = [
        replace(one, verdict=Verdict.UNFIT, detail=words, retry=None, snapshot=SNAPSHOT) for one in judged
    ]
    for fate in (photos, photos.with_judged(judged), photos.with_judged(refused)):
        assert row_bytes(replace(held, photo_set=fate)) < MAX_ROW_BYTES
    closed = replace(job, photo_set=photos).closed(ClosedBy.MARKER, NOW)
    for row in (closed, closed.next_revision(RULES, NOW)):
        assert row_bytes(row) < MAX_ROW_BYTES


@few_examples
@given(
    st.lists(st.sampled_from(list(Verdict)), max_size=20),
    st.text(max_size=300),
    st.sampled_from(["", "d", "照片"]),
)
def test_a_set_comes_back_from_its_row_with_as_many_bytes(
    verdicts: list[Verdict], words: str, detail: str
) -> None:
    photos = tuple(
        troubled(photo(f"{number}", verdict, detail=detail), words) for number, verdict in enumerate(verdicts)
    )
    job = replace(collecting(), photo_set=PhotoSet(photos=photos))
    back = from_columns({**to_columns(job), "revision": 1, "version": 0})
    assert bytes_of(back.photo_set.photos) == bytes_of(photos)
