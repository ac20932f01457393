"""What is kept for so many days, in virtual time, over the emulated services."""

from __future__ import annotations

from typing import Any

import pytest

from shared.clients.work_in_hand import JobsInHand
from shared.domain.money import DAY_MS
from shared.domain.object_keys import job_id
from shared.domain.photo_set import NEVER
from shared.domain.rules import Rules
from shared.domain.states import JobState
from shared.views import timestamp
from shared.workflow.retaining import REFUSED_AGAIN_MS
from shared.workflow.retiming import OLD_INSTANCES_LIVE_MS
from tests.simulation.cloud import SimulatedCloud, simulated
from tests.simulation.consents import put_consent
from tests.simulation.crash_points import CRASHES
from tests.simulation.faults import Fault
from tests.simulation.scenarios import zipped
from tests.simulation.standing import Answer, Standing
from tests.simulation.stores import BUCKET
from tests.simulation.traces import traces_of
from tests.workflow.support import tick
from tests.workflow.test_administration import behave, newest, outcomes, trained

LI = job_id("Li", 1)
ROUND = 8
"""Minutes in which a round of the sweep begins."""
EVERYTHING = Rules(
    quiet_ms=60_000,
    sweep_rest_ms=50_000,
    kept_fine_tunes=1000,
    keep_photos_ms=7 * DAY_MS,
    keep_models_ms=7 * DAY_MS,
)


def objects(cloud: SimulatedCloud, prefix: str) -> list[str]:
    return [one.key for one in cloud.objects.list_objects(BUCKET, prefix=prefix, limit=1000).rows]


def days_go_by(cloud: SimulatedCloud, days: float) -> None:
    cloud.advance(int(days * DAY_MS))
    tick(cloud, ROUND)


def document(cloud: SimulatedCloud, path: str) -> dict[str, Any]:
    heard: list[Any] = []
    cloud.status.call("GET", path, heard.append)
    cloud.advance(5_000)
    assert heard[0].status == 200
    found: dict[str, Any] = heard[0].document
    return found


@pytest.fixture(autouse=True)
def with_models_that_go(cloud: SimulatedCloud) -> None:
    behave(cloud, delete_terminal="allow")


# -- each part at its time -----------------------------------------------------------------------------------


def test_snapshots_go_a_week_after_the_end_and_all_else_stays(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    assert objects(cloud, f"submissions/{LI}/")
    days_go_by(cloud, 6.9)
    assert objects(cloud, f"submissions/{LI}/")
    assert document(cloud, f"/jobs/{LI}")["snapshots_removed_at"] is None
    days_go_by(cloud, 0.2)
    assert objects(cloud, f"submissions/{LI}/") == []
    assert objects(cloud, "people/Li/") == ["people/Li/1.jpg"]
    assert objects(cloud, "results/Li/") == ["results/Li/1.json"]
    job = newest(cloud, "Li")
    assert (job.state, job.due_at, job.photos_removed_at) == (JobState.SUCCEEDED, NEVER, 0)
    assert document(cloud, f"/jobs/{LI}")["snapshots_removed_at"] == timestamp(job.snapshots_removed_at)


def test_an_idle_tick_reads_nothing_for_what_is_kept(cloud: SimulatedCloud) -> None:
    cloud.change_rules(sweep_rest_ms=3_600_000)
    trained(cloud, "Li")
    # Until the round of the sweep that was due has come to its end, and the settings are not new any more.
    tick(cloud, 25)
    before = len(cloud.gate.trace)
    tick(cloud, 5)
    per_tick = [call.operation for call in cloud.gate.trace[before:]]
    assert len([one for one in per_tick if not one.startswith("Put")]) == 5 * 3, per_tick
    assert {one for one in per_tick if one.startswith(("Put", "Update", "Delete"))} <= {"PutRow control"}


@pytest.mark.parametrize(("days", "is_read"), [(7, True), (0, False)])
def test_a_round_of_the_sweep_looks_for_what_is_due_unless_all_is_kept(
    cloud: SimulatedCloud, monkeypatch: pytest.MonkeyPatch, days: int, *, is_read: bool
) -> None:
    looked: list[int] = []

    def kept_until(_: object, moment: int, __: int) -> list[str]:
        looked.append(moment)
        return []

    monkeypatch.setattr(JobsInHand, "kept_until", kept_until)
    cloud.change_rules(keep_snapshots_ms=days * DAY_MS)
    tick(cloud, 2 * ROUND)
    assert bool(looked) == is_read


def test_photos_and_models_go_at_their_times_and_later_uploads_stay(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_photos_ms=30 * DAY_MS, keep_models_ms=60 * DAY_MS)
    trained(cloud, "Li")
    days_go_by(cloud, 31)
    assert objects(cloud, "people/Li/") == []
    (entry,) = cloud.studio.ledger()
    assert entry.deleted_at is None
    current = document(cloud, "/people/Li")["current"]
    assert current["photos_removed_at"] == timestamp(newest(cloud, "Li").photos_removed_at)
    assert [one["name"] for one in current["photos"]] == ["1.jpg"]
    days_go_by(cloud, 31)
    (entry,) = cloud.studio.ledger()
    assert entry.deleted_at is not None
    assert newest(cloud, "Li").model_released_at
    cloud.upload("Li", "2.jpg", b"FACE another")
    tick(cloud, 20)
    job = newest(cloud, "Li")
    assert (job.revision, job.state) == (2, JobState.SUCCEEDED)
    assert [photo.name for photo in job.photo_set.photos] == ["2.jpg"], "what is gone is not trained on"
    assert objects(cloud, "people/Li/") == ["people/Li/2.jpg"]


def test_the_consent_stays_with_the_records_when_the_photos_go(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_photos_ms=7 * DAY_MS, consent_required=True)
    put_consent(cloud, "Li")
    trained(cloud, "Li")
    assert newest(cloud, "Li").state is JobState.SUCCEEDED
    days_go_by(cloud, 8)
    assert objects(cloud, "people/Li/") == ["people/Li/_CONSENT.json"]
    assert newest(cloud, "Li").consent


def test_zips_markers_and_what_came_out_of_a_zip_go_with_the_set(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_photos_ms=7 * DAY_MS)
    cloud.upload("Li", "all.zip", zipped({"1.jpg": b"FACE one", "note.txt": b"-"}))
    cloud.advance(20_000)
    cloud.upload("Li", "_READY", b"")
    tick(cloud, 15)
    assert newest(cloud, "Li").state is JobState.SUCCEEDED
    assert len(objects(cloud, "people/Li/")) >= 3
    days_go_by(cloud, 8)
    assert objects(cloud, "people/Li/") == []


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_copy_that_is_sent_again_goes_with_the_photo(cloud: SimulatedCloud, in_parts: bool) -> None:
    cloud.change_rules(keep_photos_ms=30 * DAY_MS)
    trained(cloud, "Li")
    (stored,) = cloud.uploads()
    content = cloud.objects.get(BUCKET, stored.key)[1]
    cloud.upload("Li", "1.jpg", content, in_parts=in_parts)
    tick(cloud, 2)
    (again,) = cloud.uploads()
    assert again.modified_at > stored.modified_at
    assert (again.etag != stored.etag) is in_parts
    days_go_by(cloud, 31)
    assert cloud.uploads() == []


def test_an_upload_that_has_taken_the_place_of_a_photo_stays(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_photos_ms=7 * DAY_MS, carry_over=False)
    trained(cloud, "Li")
    cloud.advance(3 * DAY_MS)
    cloud.upload("Li", "1.jpg", b"FACE another under the same name")
    tick(cloud, 20)
    days_go_by(cloud, 4.5)
    assert newest(cloud, "Li").revision == 2
    assert objects(cloud, "people/Li/") == ["people/Li/1.jpg"]
    days_go_by(cloud, 4)
    assert objects(cloud, "people/Li/") == []


def test_a_carried_photo_goes_with_the_last_set_that_has_it(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_photos_ms=7 * DAY_MS)
    trained(cloud, "Li")
    cloud.advance(5 * DAY_MS)
    cloud.upload("Li", "2.jpg", b"FACE another")
    tick(cloud, 20)
    assert len(newest(cloud, "Li").files) == 2
    days_go_by(cloud, 3)
    assert objects(cloud, "people/Li/") == ["people/Li/1.jpg", "people/Li/2.jpg"]
    days_go_by(cloud, 5)
    assert objects(cloud, "people/Li/") == []


# -- whom nothing is taken from ------------------------------------------------------------------------------


def test_nothing_goes_while_a_later_set_has_not_ended(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_photos_ms=7 * DAY_MS)
    trained(cloud, "Li")
    cloud.change_rules(quiet_ms=20 * DAY_MS, close_at=0)
    cloud.advance(6 * DAY_MS)
    cloud.upload("Li", "2.jpg", b"FACE another")
    days_go_by(cloud, 2)
    assert newest(cloud, "Li").state is JobState.COLLECTING
    assert len(objects(cloud, "people/Li/")) == 2
    assert objects(cloud, f"submissions/{LI}/")
    cloud.change_rules(quiet_ms=60_000)
    tick(cloud, 90)
    assert newest(cloud, "Li").state is JobState.SUCCEEDED
    assert objects(cloud, f"submissions/{LI}/") == [], "an hour later"


def test_nothing_goes_while_a_set_is_trained_behind_which_another_was_rejected(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    cloud.advance(6 * DAY_MS)
    behave(cloud, training_seconds=3.0 * 86_400)
    cloud.change_rules(training_deadline_ms=9 * DAY_MS)
    cloud.upload("Li", "2.jpg", b"FACE another")
    tick(cloud, 10)
    cloud.upload("Li", "3.jpg", b"VIEW of no face")
    tick(cloud, 10)
    assert [job.state for job in cloud.jobs()][1:] == [JobState.TRAINING, JobState.REJECTED]
    days_go_by(cloud, 2)
    assert objects(cloud, f"submissions/{LI}/")


# -- what follows --------------------------------------------------------------------------------------------


def test_a_failed_set_is_trained_once_more_without_its_snapshots(cloud: SimulatedCloud) -> None:
    cloud.studio.fail_next("InvalidFile.NoHuman", "simulated", times=1)
    trained(cloud, "Li")
    assert newest(cloud, "Li").state is JobState.FAILED
    days_go_by(cloud, 8)
    assert objects(cloud, f"submissions/{LI}/") == []
    cloud.ask("retry", LI)
    tick(cloud, 15)
    job = newest(cloud, "Li")
    assert (job.revision, job.state) == (2, JobState.SUCCEEDED)
    assert outcomes(cloud)[-1] == "retried"


def test_a_failed_set_whose_photos_are_gone_is_refused_and_trained_when_they_come_again(
    cloud: SimulatedCloud,
) -> None:
    cloud.change_rules(keep_photos_ms=7 * DAY_MS)
    cloud.studio.fail_next("InvalidFile.NoHuman", "simulated", times=1)
    trained(cloud, "Li")
    days_go_by(cloud, 8)
    heard: list[Any] = []
    cloud.status.call("POST", f"/jobs/{LI}/retry", heard.append)
    cloud.advance(5_000)
    assert (heard[0].status, heard[0].document["code"]) == (409, "photos_removed")
    assert "Upload photos" in heard[0].document["detail"]
    cloud.upload("Li", "1.jpg", b"FACE Li")
    tick(cloud, 15)
    job = newest(cloud, "Li")
    assert (job.revision, job.state) == (2, JobState.SUCCEEDED)


def test_photos_of_a_model_that_come_again_are_not_paid_for_again(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_photos_ms=7 * DAY_MS)
    trained(cloud, "Li")
    days_go_by(cloud, 8)
    cloud.upload("Li", "1.jpg", b"FACE Li")
    tick(cloud, 15)
    assert newest(cloud, "Li").revision == 1
    assert len(cloud.studio.ledger()) == 1


def test_a_person_whose_records_have_their_time_is_erased_whole(cloud: SimulatedCloud) -> None:
    cloud.erase_key = "simulated-erase-key"
    cloud.change_rules(keep_records_ms=30 * DAY_MS)
    trained(cloud, "Li")
    trained(cloud, "Wu")
    days_go_by(cloud, 20)
    cloud.upload("Wu", "2.jpg", b"FACE of Wu again")
    tick(cloud, 20)
    days_go_by(cloud, 11)
    tick(cloud, 15)
    assert {job.person_id for job in cloud.jobs()} == {"Wu"}, "whose newest job ended later"
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []
    assert [row["asked_by"] for row in cloud.requests() if row["kind"] == "erase"] == ["KEEP_RECORDS_DAYS"]


def test_an_erasure_wins_over_what_is_due(cloud: SimulatedCloud) -> None:
    cloud.erase_key = "simulated-erase-key"
    cloud.change_rules(keep_photos_ms=7 * DAY_MS)
    trained(cloud, "Li")
    cloud.advance(8 * DAY_MS)
    cloud.ask("erase", "Li")
    tick(cloud, 15)
    assert cloud.jobs() == []
    assert traces_of(cloud, "Li", [b"FACE Li"]) == []


def test_settings_that_change_count_for_jobs_that_have_ended(cloud: SimulatedCloud) -> None:
    cloud.change_rules(keep_snapshots_ms=0)
    trained(cloud, "Li")
    tick(cloud, 3)
    assert newest(cloud, "Li").due_at == NEVER
    cloud.change_rules(keep_snapshots_ms=7 * DAY_MS)
    tick(cloud, OLD_INSTANCES_LIVE_MS // 60_000 + 3)
    days_go_by(cloud, 8)
    assert objects(cloud, f"submissions/{LI}/") == []


# -- what is refused -----------------------------------------------------------------------------------------


def test_a_model_that_is_not_deleted_is_told_and_tried_again_each_week(cloud: SimulatedCloud) -> None:
    behave(cloud, delete_terminal="refuse")
    cloud.change_rules(keep_photos_ms=7 * DAY_MS, keep_models_ms=7 * DAY_MS)
    trained(cloud, "Li")
    days_go_by(cloud, 8)
    assert objects(cloud, "people/Li/") == [], "the others go all the same"
    told = document(cloud, f"/jobs/{LI}")
    assert told["not_removed"]["code"] == "model_not_removed"
    assert "Model Studio" in told["not_removed"]["remedy"]
    assert told["blocked_by"] is None
    tried = newest(cloud, "Li")
    assert tried.due_at - cloud.kernel.now > REFUSED_AGAIN_MS - DAY_MS
    days_go_by(cloud, 6)
    assert newest(cloud, "Li") == tried, "not before its time"
    behave(cloud, delete_terminal="allow")
    days_go_by(cloud, 2)
    assert newest(cloud, "Li").model_released_at
    assert document(cloud, f"/jobs/{LI}")["not_removed"] is None


def test_a_bucket_that_does_not_delete_holds_up_nobody(cloud: SimulatedCloud) -> None:
    trained(cloud, "Li")
    denied = Answer(403, "AccessDenied", "no right to delete")
    cloud.gate.standings.troubles.append(Standing(service="oss", operation="DeleteObject", answer=denied))
    days_go_by(cloud, 8)
    told = document(cloud, f"/jobs/{LI}")
    assert told["not_removed"]["code"] == "snapshots_not_removed"
    assert "AccessDenied" in told["not_removed"]["detail"]
    assert told["snapshots_removed_at"] is None
    trained(cloud, "Wu")
    assert newest(cloud, "Wu").delivered
    assert not cloud.health().breakers, "a delete that is refused says nothing of other writes"
    cloud.gate.standings.troubles.clear()
    days_go_by(cloud, 1)
    assert document(cloud, f"/jobs/{LI}")["snapshots_removed_at"]


# -- crashes -------------------------------------------------------------------------------------------------


class StrikingOnce:
    """One call fails, by its number among those of the retention."""

    def __init__(self, at: int, fault: Fault) -> None:
        self._left, self._fault, self.is_armed, self.has_struck = at, fault, False, False

    def strike(self, index: int, service: str, operation: str) -> Fault | None:
        if not self.is_armed or self.has_struck:
            return None
        self._left -= 1
        self.has_struck = self._left < 0
        return self._fault if self.has_struck else None


@pytest.mark.parametrize("fault", CRASHES)
@pytest.mark.parametrize("at", range(0, 30, 2))
def test_a_crash_at_any_call_leaves_nothing_behind_in_the_end(at: int, fault: Fault) -> None:
    faults = StrikingOnce(at, fault)
    cloud = SimulatedCloud(1, faults, rules=EVERYTHING)
    with simulated(cloud):
        try:
            behave(cloud, delete_terminal="allow")
            trained(cloud, "Li")
            cloud.advance(8 * DAY_MS)
            faults.is_armed = True
            tick(cloud, 90)
            assert faults.has_struck
            assert objects(cloud, "people/") == []
            assert objects(cloud, f"submissions/{LI}/") == []
            (entry,) = cloud.studio.ledger()
            assert entry.deleted_at is not None
            job = newest(cloud, "Li")
            assert (job.due_at, job.retry) == (NEVER, None)
            assert job.snapshots_removed_at
            assert job.photos_removed_at
            assert job.model_released_at
        finally:
            cloud.close()
