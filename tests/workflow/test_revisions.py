"""What a set trains on: the folder as it is when the set closes, and the person's earlier photos with it."""

from __future__ import annotations

from shared.domain.job import Job
from shared.domain.photos import Verdict
from shared.domain.rules import MAX_PHOTOS, Rules
from shared.domain.states import JobState
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.stores import BUCKET
from tests.workflow.support import tick


def trained_contents(cloud: SimulatedCloud, job: Job) -> set[bytes]:
    assert all(file.startswith(f"submissions/{job.job_id}/") for file in job.files)
    return {cloud.objects.get(BUCKET, file)[1] for file in job.files}


def test_a_late_photo_is_trained_together_with_the_earlier_ones(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "1.jpg", b"FACE 1")
    cloud.upload("anna", "2.jpg", b"VIEW 2")
    tick(cloud, 10)
    cloud.upload("anna", "3.jpg", b"FACE 3")
    first, second = tick(cloud, 10)
    assert (first.state, second.state) == (JobState.SUCCEEDED, JobState.SUCCEEDED)
    assert trained_contents(cloud, first) == {b"FACE 1"}
    assert trained_contents(cloud, second) == {b"FACE 1", b"FACE 3"}
    assert {photo.name: photo.from_revision for photo in second.photo_set.usable} == {"1.jpg": 1, "3.jpg": 0}
    assert len(cloud.studio.ledger()) == 2


def test_earlier_photos_stay_out_when_that_is_wanted(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet_ms=60_000, carry_over=False)
    cloud.upload("anna", "1.jpg", b"FACE 1")
    tick(cloud, 10)
    cloud.upload("anna", "2.jpg", b"FACE 2")
    assert trained_contents(cloud, tick(cloud, 10)[-1]) == {b"FACE 2"}


def test_earlier_photos_alone_are_never_trained_again(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "1.jpg", b"FACE 1")
    tick(cloud, 10)
    cloud.upload("anna", "2.jpg", b"VIEW 2")
    assert tick(cloud, 10)[-1].state is JobState.REJECTED
    cloud.delete("anna", "2.jpg")
    assert tick(cloud, 10)[-1].state is JobState.REJECTED
    assert len(cloud.studio.ledger()) == 1


def test_an_earlier_photo_that_is_not_in_the_folder_any_more_is_not_trained_again(
    cloud: SimulatedCloud,
) -> None:
    cloud.upload("anna", "1.jpg", b"FACE 1")
    cloud.upload("anna", "2.jpg", b"FACE 2")
    tick(cloud, 10)
    cloud.delete("anna", "1.jpg")
    cloud.upload("anna", "2.jpg", b"FACE 2 again")
    cloud.upload("anna", "3.jpg", b"FACE 3")
    assert trained_contents(cloud, tick(cloud, 10)[-1]) == {b"FACE 2 again", b"FACE 3"}


def test_a_photo_that_is_deleted_before_the_set_closes_is_out(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "1.jpg", b"FACE 1")
    cloud.upload("anna", "2.jpg", b"FACE 2")
    cloud.advance(10_000)
    cloud.delete("anna", "1.jpg")
    (job,) = tick(cloud, 10)
    assert trained_contents(cloud, job) == {b"FACE 2"}
    assert job.photo_set.photo("1.jpg") is None


def test_when_a_deleted_photo_had_a_duplicate_that_one_is_trained_on(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "1.jpg", b"FACE same")
    cloud.advance(5_000)
    cloud.upload("anna", "2.jpg", b"FACE same")
    cloud.advance(5_000)
    cloud.delete("anna", "1.jpg")
    (job,) = tick(cloud, 10)
    assert [photo.name for photo in job.photo_set.usable] == ["2.jpg"]
    assert job.state is JobState.SUCCEEDED


def test_a_set_whose_photos_are_all_deleted_waits_for_new_ones_and_costs_nothing(
    cloud: SimulatedCloud,
) -> None:
    cloud.upload("anna", "1.jpg", b"FACE 1")
    cloud.advance(10_000)
    cloud.delete("anna", "1.jpg")
    (job,) = tick(cloud, 10)
    assert (job.state, job.photo_set.photos) == (JobState.COLLECTING, ())
    before = len(cloud.gate.trace)
    tick(cloud, 1)
    tick(cloud, 1)
    assert not [call for call in cloud.gate.trace[before:] if call.operation == "BatchGetRow jobs"]
    cloud.upload("anna", "2.jpg", b"FACE 2")
    assert tick(cloud, 10)[0].state is JobState.SUCCEEDED


def test_of_a_heap_of_photos_uploaded_at_once_ten_are_trained_in_one_set(
    cloud: SimulatedCloud,
) -> None:
    for number in range(37):
        cloud.upload("anna", f"{number:02}.jpg", b"FACE %d" % number)
        cloud.advance(1_000 if number % 9 == 8 else 0)
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert len(job.photo_set.photos) == 37
    assert {photo.verdict for photo in job.photo_set.photos} == {Verdict.USABLE, Verdict.OVER_LIMIT}
    assert len(job.photo_set.usable) == MAX_PHOTOS
    assert len(cloud.studio.ledger()) == 1


def test_many_photos_that_arrive_slowly_are_one_training_when_no_number_closes_a_set(
    cloud: SimulatedCloud,
) -> None:
    cloud.rules = Rules(quiet_ms=60_000, close_at=0)
    for number in range(25):
        cloud.upload("anna", f"{number:02}.jpg", b"FACE %d" % number)
        tick(cloud, 1) if number % 3 == 2 else cloud.advance(20_000)
    (job,) = tick(cloud, 12)
    assert (job.state, job.closed_by) == (JobState.SUCCEEDED, "quiet")
    assert len(job.photo_set.usable) == MAX_PHOTOS
    assert job.photo_set.usable[-1].name == "24.jpg", "the newest is among those that are trained on"
    assert len(cloud.studio.ledger()) == 1


def test_of_many_photos_with_two_bursts_one_frame_of_each_is_trained_on(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet_ms=60_000, close_at=0)
    contents = [f"FACE burst {burst} {number}" for burst in "AB" for number in range(6)]
    contents += [f"FACE {number}" for number in range(7)]
    for number, content in enumerate(contents):
        cloud.upload("anna", f"{number:02}.jpg", content.encode())
        cloud.advance(2_000)
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    trained = [f"{number:02}.jpg" for number in (5, 11, *range(12, 19))]
    assert [photo.name for photo in job.photo_set.usable] == trained
    similar = {photo.name: photo.detail for photo in job.photo_set.photos if photo.verdict is Verdict.SIMILAR}
    assert similar == {f"{n:02}.jpg": "05.jpg" if n < 6 else "11.jpg" for n in range(12) if n not in (5, 11)}


def test_a_set_that_is_opened_again_before_its_submit_chooses_anew(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet_ms=60_000, close_at=0, settle_ms=0)
    cloud.upload("bob", "1.jpg", b"FACE bob")
    cloud.upload("bob", "_READY", b"")
    tick(cloud, 1)
    for number in range(12):
        cloud.upload("anna", f"{number:02}.jpg", b"FACE burst A %d" % number)
        cloud.advance(100)
    # A mark that comes while they are recorded is looked at again a minute later.
    cloud.advance(5_000)
    cloud.upload("anna", "_READY", b"")
    waiting, _ = tick(cloud, 1)
    assert (waiting.state, len(waiting.files)) == (JobState.QUEUED, 1)
    cloud.delete("anna", "11.jpg")
    cloud.upload("anna", "new.jpg", b"FACE new")
    job, _ = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert [photo.name for photo in job.photo_set.usable] == ["10.jpg", "new.jpg"]
    assert {photo.detail for photo in job.photo_set.photos if photo.verdict is Verdict.SIMILAR} == {"10.jpg"}


def test_a_set_that_three_photos_close_leaves_later_ones_to_the_next_revision(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet_ms=3_600_000, close_at=3)
    for delivery in ("012", "345"):
        for name in delivery:
            cloud.upload("anna", f"{name}.jpg", b"FACE " + name.encode())
            cloud.advance(2_000)
        tick(cloud, 3)
    first, second = tick(cloud, 15)
    assert (len(first.files), len(second.files)) == (3, 6)
    assert [job.closed_by for job in (first, second)] == ["count", "count"]


def test_the_marker_may_have_another_name(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet_ms=3_600_000, ready_marker="_SUCCESS")
    cloud.upload("anna", "1.jpg", b"FACE 1")
    cloud.advance(2_000)
    cloud.upload("anna", "_SUCCESS", b"")
    (job,) = tick(cloud, 10)
    assert (job.state, job.closed_by) == (JobState.SUCCEEDED, "marker")
    assert [photo.name for photo in job.photo_set.photos] == ["1.jpg"]


def test_an_earlier_photo_whose_snapshot_is_gone_is_prepared_again_from_its_upload(
    cloud: SimulatedCloud,
) -> None:
    cloud.upload("anna", "1.jpg", b"FACE 1")
    (first,) = tick(cloud, 10)
    cloud.objects.delete(BUCKET, first.files[0])
    cloud.upload("anna", "2.jpg", b"FACE 2")
    assert trained_contents(cloud, tick(cloud, 10)[-1]) == {b"FACE 1", b"FACE 2"}
