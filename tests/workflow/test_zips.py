"""A zip from a chat app: its photos become the person's and are trained together, whichever run dies."""

from __future__ import annotations

from unittest import mock

from shared.domain.photo_set import MAX_RECORDED
from shared.domain.photos import Verdict
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.workflow import taking_out, unpacking
from shared.workflow.ports import World
from tests.simulation.cloud import SimulatedCloud
from tests.simulation.kernel import Killed
from tests.simulation.scenarios import zipped
from tests.simulation.stores import BUCKET
from tests.workflow.support import tick
from tests.workflow.zips import FACES, settled, verdicts, zip_of


def test_the_photos_of_a_zip_are_trained_together_as_one_set(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "0.jpg", b"FACE 0")
    cloud.upload("anna", "photos.zip", zipped(FACES))
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert {cloud.objects.get(BUCKET, file)[1] for file in job.files} == {b"FACE 0", *FACES.values()}
    assert verdicts(job) == {
        "0.jpg": "usable",
        "photos.zip": "unpacked",
        **{f"photos.zip/{name}": "usable" for name in FACES},
    }
    assert len(cloud.studio.ledger()) == 1


def test_a_zip_that_is_a_link_to_another_persons_is_refused_unread(cloud: SimulatedCloud) -> None:
    cloud.objects.put(BUCKET, "private/photos.zip", zipped(FACES))
    cloud.objects.put_symlink(BUCKET, "people/anna/mine.zip", "private/photos.zip")
    (job,) = tick(cloud, 12)
    assert verdicts(job) == {"mine.zip": "link"}
    assert cloud.studio.ledger() == []


def test_a_marker_after_the_zip_speaks_for_what_is_in_it(cloud: SimulatedCloud) -> None:
    cloud.rules = Rules(quiet_ms=3_600_000)
    cloud.upload("anna", "photos.zip", zipped(FACES))
    cloud.kernel.at(cloud.kernel.now + 1_500, lambda: cloud.upload("anna", "_READY", b""))
    (job,) = tick(cloud, 12)
    assert (job.state, job.closed_by, len(job.files)) == (JobState.SUCCEEDED, "marker", 3)


def test_of_a_zip_with_more_than_ten_photos_ten_are_trained_and_the_others_say_so(
    cloud: SimulatedCloud,
) -> None:
    cloud.upload("anna", "photos.zip", zipped({f"{n:02}.jpg": b"FACE %d" % n for n in range(37)}))
    (job,) = tick(cloud, 15)
    assert (job.state, job.closed_by, len(job.files)) == (JobState.SUCCEEDED, "count", 10)
    assert sorted(verdicts(job).values()) == ["over_limit"] * 27 + ["unpacked"] + ["usable"] * 10
    assert len(cloud.studio.ledger()) == 1


def test_a_set_stays_open_while_a_zip_is_unpacked_and_a_tick_continues_for_a_run_that_died(
    cloud: SimulatedCloud,
) -> None:
    with mock.patch.object(unpacking, "take_out", side_effect=Killed):
        cloud.upload("anna", "photos.zip", zipped(FACES))
        cloud.advance(1_000)
    for number in range(10):
        cloud.upload("anna", f"{number}.jpg", b"FACE of its own %d" % number)
    cloud.advance(30_000)
    (job,) = cloud.jobs()
    assert (job.state, len(job.photo_set.usable), len(job.photo_set.unpacking)) == (
        JobState.COLLECTING,
        10,
        1,
    )
    (job,) = tick(cloud, 15)
    assert job.state is JobState.SUCCEEDED
    assert len(verdicts(job)) == 14
    assert not job.photo_set.unpacking


def test_a_zip_that_kills_each_run_that_unpacks_it_is_given_up_and_says_so(cloud: SimulatedCloud) -> None:
    with mock.patch.object(unpacking, "take_out", side_effect=Killed):
        cloud.upload("anna", "photos.zip", zipped(FACES))
        (job,) = tick(cloud, 40)
    assert verdicts(job) == {"photos.zip": "archive_failed"}
    assert (job.state, job.photo_set.photos[0].retry) == (JobState.REJECTED, None)


def test_a_run_without_time_for_the_whole_zip_leaves_the_rest_to_the_next(cloud: SimulatedCloud) -> None:
    entry_takes = 15_001
    answers = iter([False, True, False, True, True])
    has_time = World.has_time_for

    def has_time_for(world: World, milliseconds: int) -> bool:
        if milliseconds == entry_takes:
            return next(answers)
        return has_time(world, milliseconds)

    with (
        mock.patch.object(taking_out, "TIME_FOR_AN_ENTRY_MS", entry_takes),
        mock.patch.object(World, "has_time_for", has_time_for),
    ):
        (job,) = (settled(cloud, zipped(FACES)), *tick(cloud, 12))[-1:]
    assert job.state is JobState.SUCCEEDED
    assert len(job.files) == 3
    assert next(answers, None) is None
    stored = [call for call in cloud.gate.trace if call.operation == "PutObject upload"]
    assert len(stored) == 3


def test_a_zip_that_takes_many_runs_is_not_given_up(cloud: SimulatedCloud) -> None:
    photos = {f"{number:02}.jpg": b"FACE %d" % number for number in range(14)}
    takes, has_time = 15_001, World.has_time_for
    asked = iter(range(1000))

    def has_time_for(world: World, milliseconds: int) -> bool:
        return next(asked) % 2 == 0 if milliseconds == takes else has_time(world, milliseconds)

    with (
        mock.patch.object(taking_out, "TIME_FOR_AN_ENTRY_MS", takes),
        mock.patch.object(World, "has_time_for", has_time_for),
    ):
        (job,) = (settled(cloud, zipped(photos)), *tick(cloud, 25))[-1:]
    assert (job.state, len(job.photo_set.photos)) == (JobState.SUCCEEDED, 15)


def test_a_zip_that_is_replaced_is_unpacked_again_and_its_old_refusals_go(cloud: SimulatedCloud) -> None:
    settled(cloud, zip_of(("1.jpg", b"FACE 1"), ("old.jpg", b"")))
    job = settled(cloud, zip_of(("1.jpg", b"FACE 1"), ("2.jpg", b"FACE 2"), ("new.jpg", b"")))
    assert verdicts(job) == {
        "a.zip": "unpacked",
        "a.zip/1.jpg": "usable",
        "a.zip/2.jpg": "usable",
        "a.zip/new.jpg": "empty",
    }


def test_a_zip_that_is_deleted_takes_its_refusals_along_and_its_photos_are_left_out(
    cloud: SimulatedCloud,
) -> None:
    settled(cloud, zip_of(("1.jpg", b"FACE 1"), ("empty.jpg", b"")))
    cloud.delete("anna", "a.zip")
    (job,) = tick(cloud, 12)
    assert job.state is JobState.REJECTED
    assert verdicts(job) == {"a.zip/1.jpg": "left_out"}
    assert cloud.studio.ledger() == []


def test_a_photo_taken_out_of_a_zip_and_then_deleted_stays_deleted(cloud: SimulatedCloud) -> None:
    settled(cloud, zipped(FACES))
    cloud.delete("anna", "a.zip/1.jpg")
    (job,) = tick(cloud, 12)
    assert job.state is JobState.SUCCEEDED
    assert len(job.files) == 2


def test_a_zip_after_a_training_opens_the_next_revision_once(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "0.jpg", b"FACE 0")
    tick(cloud, 10)
    cloud.upload("anna", "a.zip", zipped(FACES), deliveries=(0, 5, 400_000))
    first, second = tick(cloud, 20)
    assert (second.state, len(second.files)) == (JobState.SUCCEEDED, 4)
    assert first.state is JobState.SUCCEEDED


def test_a_repeated_event_unpacks_nothing_again(cloud: SimulatedCloud) -> None:
    cloud.upload("anna", "a.zip", zipped(FACES), deliveries=(0, 1, 20_000))
    cloud.advance(40_000)
    stored = [call for call in cloud.gate.trace if call.operation == "PutObject upload"]
    assert len(stored) == len(FACES)


def test_more_refusals_than_a_row_holds_push_out_no_photo(cloud: SimulatedCloud) -> None:
    files = {f"{number:03}.jpg": b"" for number in range(MAX_RECORDED + 20)}
    job = settled(cloud, zipped({**files, "good.jpg": b"FACE 1"}))
    assert len(job.photo_set.photos) <= MAX_RECORDED
    assert [photo.verdict for photo in job.photo_set.photos if photo.name == "a.zip"] == [Verdict.UNPACKED]
    assert [photo.name for photo in job.photo_set.usable] == ["a.zip/good.jpg"]
