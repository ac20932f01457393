"""A zip that has killed the runs that unpacked it rests, and is then given up; an album is taken out."""

from __future__ import annotations

from collections import Counter

import pytest

from shared.domain.health import Health
from shared.domain.object_keys import Kind, person_key
from shared.domain.photo_set import UNPACKING_TAKES_MS
from shared.domain.photos import Stored, Verdict
from shared.domain.retry_state import DEATHS_ALLOWED
from shared.workflow.recording import RunIsUp
from shared.workflow.taking_out import TOLD_OF_EACH
from shared.workflow.unpacking import unpack_upload
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW
from tests.uploads.made_zips import of_an_export


@pytest.mark.parametrize(
    ("deaths", "verdict"),
    [(DEATHS_ALLOWED, Verdict.UNPACKING), (DEATHS_ALLOWED + 1, Verdict.ARCHIVE_FAILED)],
)
def test_a_zip_that_has_killed_runs_rests_for_half_an_hour_and_is_given_up_when_it_kills_again(
    deaths: int, verdict: Verdict
) -> None:
    memory = Memory()
    upload = memory.upload("a.zip", kind=Kind.ARCHIVE)
    world = memory.world()
    piece = f"{person_key('li')} zip {memory.objects[upload.key].etag}"
    world.health.begin(Health(version=1, deaths={piece: deaths}, died_at=NOW))
    recorded = unpack_upload(world, upload, None, None)
    assert recorded.job is not None
    (zipped,) = recorded.job.photo_set.photos
    assert zipped.verdict is verdict
    if verdict is Verdict.UNPACKING:
        assert zipped.retry is not None
        assert (zipped.retry.next_try_at, zipped.retry.cause.code) == (NOW + 30 * MINUTE_MS, "function_died")
        # It kills once more after its rest.
        memory.time = NOW + 60 * MINUTE_MS
        world = memory.world()
        world.health.begin(Health(version=1, deaths={piece: DEATHS_ALLOWED + 1}, died_at=NOW))
        again = unpack_upload(world, upload, recorded.job, None)
        assert again.job is not None
        (zipped,) = again.job.photo_set.photos
    assert (zipped.verdict, zipped.retry) == (Verdict.ARCHIVE_FAILED, None)
    assert zipped.detail.startswith("function_died")


class Bucket(Memory):
    """A bucket with a zip in it."""

    zipped = b""

    def read_range(self, key: str, start: int, count: int, *, etag: str = "") -> bytes:
        return self.zipped[start : start + count]


def test_an_album_of_260_photos_with_260_sidecars_is_taken_out_and_fills_no_row_with_sidecars() -> None:
    memory = Bucket()
    upload = memory.upload("a.zip", kind=Kind.ARCHIVE)
    photos = {f"Takeout/Album/IMG_{number:04}.jpg": b"FACE %d" % number for number in range(260)}
    sidecars = {f"{name}.supplemental-metadata.json": b"{}" for name in photos}
    memory.zipped = of_an_export({**photos, **sidecars})
    memory.objects[upload.key] = Stored(etag="E", size=len(memory.zipped), modified_at=NOW)
    for _ in range(2):
        with pytest.raises(RunIsUp):
            unpack_upload(memory.world(), upload, memory.latest("li"))
        memory.time += UNPACKING_TAKES_MS
    recorded = unpack_upload(memory.world(), upload, memory.latest("li"))
    assert recorded.job is not None
    (zipped,) = (one for one in recorded.job.photo_set.photos if one.name == "a.zip")
    assert zipped.detail == "260 taken out, 0 refused, 260 other files"
    assert set(memory.contents) == {f"people/li/a.zip/{name}" for name in photos}
    verdicts = Counter(one.verdict for one in recorded.job.photo_set.photos)
    assert verdicts == {Verdict.UNPACKED: 1, Verdict.SYSTEM_FILE: TOLD_OF_EACH}
