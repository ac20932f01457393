"""A zip that has killed the runs that unpacked it: it rests, and is then given up."""

from __future__ import annotations

import pytest

from shared.domain.health import Health
from shared.domain.object_keys import Kind, person_key
from shared.domain.photos import Verdict
from shared.domain.retry_state import DEATHS_ALLOWED
from shared.workflow.unpacking import unpack_upload
from tests.unit.memory import Memory
from tests.unit.support import MINUTE_MS, NOW


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
