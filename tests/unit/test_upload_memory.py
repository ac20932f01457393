"""What is remembered of an upload whose record has left the rows, and what that memory is of."""

from __future__ import annotations

import pytest

from shared.domain.photos import JUDGED_AGAIN, Verdict
from shared.domain.upload_memory import is_remembered, remembered_as
from tests.unit.support import NOW, photo, stored

LATER = NOW + 1
LASTING = [verdict for verdict in Verdict if verdict not in JUDGED_AGAIN]


def test_the_words_that_are_stored_never_change() -> None:
    assert remembered_as(photo("a")) == "E-a"
    assert remembered_as(photo("a", Verdict.NO_FACE)) == f"E-a@{NOW - 1000}"


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_upload_is_remembered_by_its_content(verdict: Verdict) -> None:
    one = photo("a", verdict)
    assert is_remembered(remembered_as(one), stored(one))
    assert not is_remembered(remembered_as(one), stored(one, etag="new"))


@pytest.mark.parametrize("verdict", sorted(JUDGED_AGAIN))
def test_a_refused_picture_that_is_sent_again_is_not_remembered(verdict: Verdict) -> None:
    one = photo("a", verdict)
    assert not is_remembered(remembered_as(one), stored(one, modified_at=LATER))
    assert is_remembered(remembered_as(one), stored(one, modified_at=one.uploaded_at - 5000))


@pytest.mark.parametrize("verdict", LASTING)
def test_any_other_is_remembered_however_often_it_is_sent(verdict: Verdict) -> None:
    one = photo("a", verdict)
    assert is_remembered(remembered_as(one), stored(one, modified_at=LATER))


def test_of_a_name_that_nothing_is_known_of_nothing_is_remembered() -> None:
    assert not is_remembered(None, stored(photo("a")))
    assert not is_remembered(None, stored(photo("a"), etag=""))


def test_a_file_out_of_a_zip_is_remembered_though_it_was_stored_after_the_zip_had_come() -> None:
    one = photo("photos.zip/1.jpg", Verdict.NO_FACE, uploaded_at=NOW - 60_000, recorded_at=NOW)
    assert is_remembered(remembered_as(one), stored(one, modified_at=NOW - 1000))
    assert not is_remembered(remembered_as(one), stored(one, modified_at=LATER))
