"""Photos as people really have them: every upload in the table gets its verdict, and says why."""

from __future__ import annotations

import pytest

from shared.domain.object_keys import upload_key
from shared.domain.photos import MAX_PREPARED_BYTES, PREPARED_SIDE_PIXELS, Photo, Verdict
from shared.domain.words import Language
from shared.views import photo_view
from tests.unit.test_verdict_words import IMPERATIVES, NOTHING, NOTHING_IN_CHINESE

from . import document_cases, media_cases, spoilt_cases
from .archive_cases import ARCHIVES
from .case import Case
from .name_cases import COPIES, FACES, LIES, NAMES
from .person_cases import PEOPLE
from .picture_cases import BROKEN, FORMATS, ORIENTATIONS, SIZES
from .pictures import decoded, is_upright
from .support import Studio
from .tool_zip_cases import TOOL_ZIPS

OF_OTHER_KINDS = [
    case
    for table in (document_cases, media_cases, spoilt_cases)
    for cases in vars(table).values()
    if isinstance(cases, list)
    for case in cases
]
CASES = [
    *(*FORMATS, *SIZES, *ORIENTATIONS, *BROKEN, *LIES, *NAMES, *PEOPLE, *FACES, *COPIES),
    *(*ARCHIVES, *TOOL_ZIPS),
    *OF_OTHER_KINDS,
]

PREPARED = {"usable", "no_face", "several_faces", "unfit", "similar", "over_limit"}
"""Verdicts of photos that have a snapshot."""

WHAT_TO_DO = (NOTHING, *IMPERATIVES)
WHAT_TO_DO_IN_CHINESE = (NOTHING_IN_CHINESE, "请")

_ORIENTATION = 0x0112


def test_the_table_has_at_least_490_uploads_each_with_a_name_of_its_own() -> None:
    assert len({case.what for case in CASES}) == len({case.person_id for case in CASES}) == len(CASES) >= 500


def test_the_table_leads_to_every_verdict_that_an_upload_can_get() -> None:
    found = {verdict for case in CASES for verdict in case.verdicts.values()}
    # Postponed, and given up after many tries, are stories of several runs.
    postponed = {Verdict.UNPREPARED, Verdict.UNCHECKED, Verdict.UNPACKING}
    later = postponed | {Verdict.ARCHIVE_FAILED, Verdict.UNREADABLE, Verdict.NOT_JUDGED, Verdict.LEFT_OUT}
    assert {verdict.value for verdict in set(Verdict) - later} <= found


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_an_upload_gets_its_verdict(case: Case, studio: Studio) -> None:
    for name, make in case.files:
        studio.upload(case.person_id, name, make())
        outcomes = studio.handle_uploads()
        if name not in case.verdicts:
            assert outcomes[upload_key(case.person_id, name)].startswith(("ignored: ", "marker"))
    job = studio.job(case.person_id)
    found = {one.name: one.verdict.value for one in job.photo_set.photos} if job else {}
    assert found == case.verdicts
    photos = job.photo_set.photos if job else ()
    for photo in photos:
        assert_told(photo)
    if case.detail:
        assert [case.detail in photo.detail for photo in photos] == [True]
    snapshots = studio.snapshots(job) if job else {}
    assert set(snapshots) == {name for name, verdict in found.items() if verdict in PREPARED}
    for snapshot in snapshots.values():
        assert_prepared(snapshot, case)


def assert_told(photo: Photo) -> None:
    """Its page says in both languages why it has its verdict, and what to do about it."""
    english, chinese = (photo_view(photo, language) for language in (Language.ENGLISH, Language.CHINESE))
    assert english["verdict"] == chinese["verdict"] == photo.verdict.value
    for page, first_words in ((english, WHAT_TO_DO), (chinese, WHAT_TO_DO_IN_CHINESE)):
        why, what_to_do = str(page["reason"]), str(page["remedy"])
        assert why.endswith((".", "。"))
        assert any(words in what_to_do for words in first_words)
        assert why != what_to_do
    assert english["reason"] != chinese["reason"]
    assert english["remedy"] != chinese["remedy"]


def assert_prepared(snapshot: bytes, case: Case) -> None:
    """It is an upright JPEG of at most 2048 px a side and 5 MB."""
    picture = decoded(snapshot)
    assert picture.format == "JPEG"
    assert picture.mode in ("RGB", "L")
    assert max(picture.size) <= PREPARED_SIDE_PIXELS
    assert len(snapshot) <= MAX_PREPARED_BYTES
    assert picture.getexif().get(_ORIENTATION, 1) == 1
    if case.sides is not None:
        assert picture.size == case.sides
    if case.upright:
        assert is_upright(picture)
