"""Photos as people really have them: every upload in the table gets its verdict, and says why."""

from __future__ import annotations

import pytest

from shared.domain.object_keys import upload_key
from shared.domain.photos import MAX_PREPARED_BYTES, PREPARED_SIDE_PIXELS, Verdict

from .archive_cases import ARCHIVES
from .case import Case
from .name_cases import COPIES, FACES, LIES, NAMES
from .person_cases import PEOPLE
from .picture_cases import BROKEN, FORMATS, ORIENTATIONS, SIZES
from .pictures import decoded, is_upright
from .support import Studio
from .tool_zip_cases import TOOL_ZIPS

CASES = [
    *(*FORMATS, *SIZES, *ORIENTATIONS, *BROKEN, *LIES, *NAMES, *PEOPLE, *FACES, *COPIES),
    *(*ARCHIVES, *TOOL_ZIPS),
]

PREPARED = {"usable", "no_face", "several_faces", "unfit", "over_limit"}
"""Verdicts of photos that have a snapshot."""

_ORIENTATION = 0x0112


def test_the_table_has_at_least_sixty_uploads_each_with_a_name_of_its_own() -> None:
    assert len({case.what for case in CASES}) == len({case.person_id for case in CASES}) == len(CASES) >= 60


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
    found = {photo.name: photo.verdict.value for photo in job.photo_set.photos} if job else {}
    assert found == case.verdicts
    snapshots = studio.snapshots(job) if job else {}
    assert set(snapshots) == {name for name, verdict in found.items() if verdict in PREPARED}
    for snapshot in snapshots.values():
        assert_prepared(snapshot, case)


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
