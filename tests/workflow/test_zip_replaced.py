"""A zip is what it holds now: whoever replaces or deletes it before the set closes takes its photos out."""

from __future__ import annotations

from unittest import mock

import pytest

from shared.domain.job import Job
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.workflow import taking_out, unpacking
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.kernel import Killed
from tests.simulation.scenarios import zipped
from tests.simulation.stores import BUCKET
from tests.workflow.support import tick
from tests.workflow.zips import settled, verdicts

OLD, NEW, KEPT = b"FACE old", b"FACE new", b"FACE kept"
FIRST = zipped({"old.jpg": OLD, "kept.jpg": KEPT})
SECOND = zipped({"new.jpg": NEW, "kept.jpg": KEPT, "sub/no.jpg": b"VIEW"})
OF_SECOND = {
    "a.zip": "unpacked",
    "a.zip/new.jpg": "usable",
    "a.zip/kept.jpg": "usable",
    "a.zip/sub/no.jpg": "no_face",
}


def trained_on(cloud: SimulatedCloud, job: Job) -> set[bytes]:
    return {cloud.objects.get(BUCKET, file)[1] for file in job.files}


def test_the_photos_of_a_zip_that_is_replaced_are_out_but_for_those_of_the_second_zip(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, FIRST)
    settled(cloud, SECOND)
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert verdicts(job) == {"a.zip/old.jpg": "left_out", **OF_SECOND}
    assert trained_on(cloud, job) == {NEW, KEPT}
    # Nothing under ``people/`` is deleted by us.
    assert cloud.objects.get(BUCKET, "people/anna/a.zip/old.jpg")[1] == OLD
    assert len(cloud.studio.ledger()) == 1


def test_photos_that_are_left_out_log_no_deleted_ones(
    cloud: SimulatedCloud, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    settled(cloud, FIRST)
    settled(cloud, SECOND)
    tick(cloud, 12)
    assert "photos_left_out" in caplog.text
    assert "photos_deleted" not in caplog.text


def test_a_marker_that_says_how_many_counts_no_photo_of_the_zip_that_was_replaced(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, FIRST)
    settled(cloud, SECOND)
    cloud.upload("anna", "_READY", b'{"photos": 4}')
    (waiting,) = tick(cloud, 3)
    assert waiting.state is JobState.COLLECTING
    cloud.upload("anna", "fourth.jpg", b"FACE fourth")
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert trained_on(cloud, job) == {NEW, KEPT, b"FACE fourth"}
    assert len(cloud.studio.ledger()) == 1


def test_a_photo_that_was_put_into_the_zips_folder_by_hand_stays(cloud: SimulatedCloud) -> None:
    settled(cloud, FIRST)
    cloud.upload("anna", "a.zip/mine.jpg", b"FACE by hand")
    settled(cloud, SECOND)
    cloud.upload("anna", "a.zip/mine too.jpg", b"FACE by hand too", deliveries=())
    (job,) = tick(cloud, 12)
    assert trained_on(cloud, job) == {NEW, KEPT, b"FACE by hand", b"FACE by hand too"}


def test_a_photo_that_was_put_by_hand_in_the_place_of_one_of_the_zip_stays_when_the_zip_is_deleted(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, FIRST)
    cloud.advance(2_000)
    cloud.upload("anna", "a.zip/kept.jpg", KEPT)
    cloud.upload("anna", "a.zip/old.jpg", b"FACE better")
    cloud.advance(5_000)
    cloud.delete("anna", "a.zip")
    (job,) = tick(cloud, 20)
    assert job.state is JobState.SUCCEEDED
    assert trained_on(cloud, job) == {b"FACE better", KEPT}


@pytest.mark.parametrize("second", [b"no zip", zipped({"anna/1.jpg": NEW, "ben/1.jpg": KEPT}), zipped({})])
def test_a_zip_of_which_nothing_is_taken_replaces_the_first_as_well(
    cloud: SimulatedCloud, second: bytes
) -> None:
    settled(cloud, FIRST)
    settled(cloud, second)
    (job,) = tick(cloud, 12)
    assert job.state is JobState.REJECTED
    assert {name: verdict for name, verdict in verdicts(job).items() if "/" in name} == {
        "a.zip/old.jpg": "left_out",
        "a.zip/kept.jpg": "left_out",
    }


def test_a_photo_comes_back_with_a_third_zip(cloud: SimulatedCloud) -> None:
    settled(cloud, FIRST)
    settled(cloud, zipped({}))
    (job,) = tick(cloud, 3)
    assert job.state is JobState.REJECTED
    settled(cloud, zipped({"old.jpg": OLD}))
    (job,) = tick(cloud, 12)
    assert (job.state, trained_on(cloud, job)) == (JobState.SUCCEEDED, {OLD})


def test_a_photo_comes_back_with_the_same_zip_whether_its_event_comes_or_not(cloud: SimulatedCloud) -> None:
    settled(cloud, FIRST)
    cloud.delete("anna", "a.zip")
    (job,) = tick(cloud, 3)
    assert job.state is JobState.REJECTED
    cloud._bucket._uploaded = lambda key, content, mark: cloud._put(key, content, (), mark)
    cloud.upload("anna", "a.zip", FIRST)
    (job,) = tick(cloud, 15)
    assert (job.state, trained_on(cloud, job)) == (JobState.SUCCEEDED, {OLD, KEPT})


def test_a_photo_that_only_a_listing_has_shown_is_left_out_as_well(cloud: SimulatedCloud) -> None:
    cloud._bucket._uploaded = lambda key, content, mark: cloud._put(key, content, (), mark)
    # The set waits for a third photo, and a look without an end to it records these two.
    cloud.rules = Rules(quiet_ms=60_000, min_photos=3, sweep_rest_ms=50_000)
    cloud.upload("anna", "a.zip", FIRST)
    (job,) = tick(cloud, 4)
    assert len(job.photo_set.usable) == 2
    cloud.delete("anna", "a.zip")
    for number in range(3):
        cloud.upload("anna", f"{number}.jpg", b"FACE %d" % number)
    (job,) = tick(cloud, 12)
    assert (job.state, trained_on(cloud, job)) == (JobState.SUCCEEDED, {b"FACE 0", b"FACE 1", b"FACE 2"})


def test_a_copy_beside_a_zip_that_is_deleted_is_trained_on(cloud: SimulatedCloud) -> None:
    settled(cloud, FIRST)
    cloud.upload("anna", "copy.jpg", OLD)
    cloud.advance(5_000)
    cloud.delete("anna", "a.zip")
    (job,) = tick(cloud, 12)
    assert verdicts(job) == {"a.zip/old.jpg": "left_out", "a.zip/kept.jpg": "left_out", "copy.jpg": "usable"}
    assert trained_on(cloud, job) == {OLD}


def test_a_zip_that_is_called_otherwise_by_its_uploader_is_trained_under_its_new_name(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, FIRST)
    cloud.delete("anna", "a.zip")
    cloud.upload("anna", "b.zip", FIRST)
    (job,) = tick(cloud, 15)
    assert job.state is JobState.SUCCEEDED
    assert {photo.name for photo in job.photo_set.usable} == {"b.zip/old.jpg", "b.zip/kept.jpg"}


def test_a_zip_may_be_deleted_once_its_set_has_closed_and_its_photos_are_trained_again_with_later_ones(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, FIRST)
    tick(cloud, 12)
    cloud.delete("anna", "a.zip")
    cloud.upload("anna", "later.jpg", NEW)
    first, second = tick(cloud, 15)
    assert (first.state, second.state) == (JobState.SUCCEEDED, JobState.SUCCEEDED)
    assert trained_on(cloud, second) == {OLD, KEPT, NEW}


def test_a_zip_that_replaces_one_that_has_been_trained_trains_on_its_own_photos(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, FIRST)
    tick(cloud, 12)
    cloud.upload("anna", "a.zip", SECOND)
    first, second = tick(cloud, 15)
    assert trained_on(cloud, first) == {OLD, KEPT}
    assert (second.state, trained_on(cloud, second)) == (JobState.SUCCEEDED, {NEW, KEPT})


@pytest.mark.parametrize("folder", ["", "sub/"])
def test_a_zip_with_the_photos_of_the_one_that_has_been_trained_is_not_paid_for(
    cloud: SimulatedCloud, folder: str
) -> None:
    settled(cloud, FIRST)
    tick(cloud, 12)
    cloud.upload("anna", "a.zip", zipped({f"{folder}kept.jpg": KEPT, f"{folder}old.jpg": OLD}))
    jobs = tick(cloud, 15)
    assert [job.state for job in jobs] == [JobState.SUCCEEDED, JobState.REJECTED]
    assert len(cloud.studio.ledger()) == 1


def test_what_a_run_with_the_first_zip_stores_after_the_second_has_come_is_left_out(
    cloud: SimulatedCloud,
) -> None:
    write = cloud._bucket.write

    def replaced_before_it_is_stored(key: str, content: bytes, *, taken_from: str = "") -> None:
        if key.endswith("old.jpg"):
            cloud.upload("anna", "a.zip", SECOND)
        write(key, content, taken_from=taken_from)

    with mock.patch.object(cloud._bucket, "write", replaced_before_it_is_stored):
        cloud.upload("anna", "a.zip", FIRST)
        (job,) = tick(cloud, 15)
    assert verdicts(job)["a.zip/old.jpg"] == "left_out"
    assert (job.state, trained_on(cloud, job)) == (JobState.SUCCEEDED, {NEW, KEPT})


def test_while_the_second_zip_is_unpacked_the_set_stays_open_and_what_it_brings_again_is_kept(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, FIRST)
    with mock.patch.object(unpacking, "take_out", side_effect=Killed):
        cloud.upload("anna", "a.zip", SECOND)
        (job,) = tick(cloud, 1)
    assert job.photo_set.unpacking
    assert verdicts(job)["a.zip/old.jpg"] == "usable"
    with mock.patch.object(taking_out, "ENTRIES_A_RUN", 1):
        (job,) = tick(cloud, 20)
    assert (job.state, trained_on(cloud, job)) == (JobState.SUCCEEDED, {NEW, KEPT})


def test_a_zip_in_a_folder_that_is_spelled_otherwise_is_replaced_and_deleted_there(
    cloud: SimulatedCloud,
) -> None:
    folder = "Zoe\u0308"
    cloud.upload(folder, "a.zip", FIRST)
    cloud.upload(folder, "b.zip", zipped({"b.jpg": b"FACE b"}))
    cloud.advance(5_000)
    cloud.upload(folder, "a.zip", SECOND)
    cloud.delete(folder, "b.zip")
    (job,) = tick(cloud, 15)
    assert trained_on(cloud, job) == {NEW, KEPT}
    assert cloud.objects.get(BUCKET, f"people/{folder}/a.zip/new.jpg")[1] == NEW


def test_a_marker_after_the_second_zip_speaks_for_it(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet_ms=3_600_000)
    settled(cloud, FIRST)
    settled(cloud, SECOND)
    cloud.upload("anna", "_READY", b"")
    (job,) = tick(cloud, 12)
    assert (job.state, trained_on(cloud, job)) == (JobState.SUCCEEDED, {NEW, KEPT})
