"""Stories that a second reading found: each was once a way to stand still, or to pay or lose something."""

from __future__ import annotations

import random

import pytest

from shared.domain.object_keys import job_id, person_key
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from shared.workflow import retiming
from tests.simulation.scenarios import zipped
from tests.simulation.standing import DEATH, SILENCE, Answer
from tests.simulation.stores import BUCKET
from tests.simulation.story import DAY_MS, FACE, HOUR_MS, MINUTE_MS, story

DENIED = Answer(403, "AccessDenied")
IDLE_CALLS_AN_HOUR = 60 * 3 + 120


def test_queued_people_are_not_failed_while_the_bucket_denies_everybody_everything() -> None:
    people = [f"person {number}" for number in range(4)]
    with story(training_seconds=1200.0) as told:
        told.upload("Zhao", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        for person in people:
            told.upload(person, "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        assert {told.job(person).state for person in people} == {JobState.QUEUED}
        for operation in ("oss.GetObject range", "oss.PostObject saveas", "oss.HeadObject", "oss.PutObject"):
            told.stand(operation, DENIED, lasts_ms=40 * MINUTE_MS)
        told.pass_time(50 * MINUTE_MS)
        assert not any(told.job(person).state is JobState.FAILED for person in people)


def test_a_snapshot_that_is_denied_alone_is_made_again_from_its_upload() -> None:
    with story(training_seconds=900.0) as told:
        told.upload("Zhao", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        (snapshot,) = told.job("Li").files
        told.stand("oss.GetObject range", DENIED, about=snapshot)
        told.pass_time(90 * MINUTE_MS)
        assert told.is_trained("Li"), told.job("Li")


def test_two_sets_that_are_refused_do_not_stand_in_the_way_of_a_third() -> None:
    with story() as told:
        refused = (job_id("Li", 1), job_id("Zhao", 1))
        told.stand("dashscope.CreateFineTune", Answer(400, "DataInspectionFailed"), about=refused)
        told.upload("Li", "1.jpg")
        told.upload("Zhao", "1.jpg")
        told.pass_time(5 * MINUTE_MS)
        told.upload("Wu", "1.jpg")
        told.pass_time(HOUR_MS)
        assert told.is_trained("Wu")


def test_twelve_sets_that_are_refused_do_not_stand_in_the_way_of_another() -> None:
    people = [f"refused {number}" for number in range(12)]
    with story() as told:
        refused = tuple(job_id(person, 1) for person in people)
        told.stand("dashscope.CreateFineTune", Answer(400, "DataInspectionFailed"), about=refused)
        for person in people:
            told.upload(person, "1.jpg")
        told.pass_time(5 * MINUTE_MS)
        told.upload("Wu", "1.jpg")
        told.pass_time(DAY_MS)
        assert told.is_trained("Wu")


def test_new_tables_pay_for_nobody_again_who_was_trained_twice_without_carrying_over() -> None:
    with story(rules={"carry_over": False}) as told:
        told.upload("Li", "1.jpg")
        told.pass_time(10 * MINUTE_MS)
        told.upload("Li", "2.jpg")
        told.pass_time(10 * MINUTE_MS)
        assert told.paid() == 2
        told.cloud.forget_tables()
        told.pass_time(HOUR_MS)
        assert told.paid() == 2


def test_a_run_that_dies_while_a_set_gives_way_to_an_earlier_result_leaves_no_work_behind() -> None:
    with story(rules={"quiet_ms": 10 * MINUTE_MS}) as told:
        told.upload("Li", "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        assert told.is_trained("Li")
        told.cloud.forget_tables()
        told.stand(
            "oss.ListObjects", Answer(503, "ServiceUnavailable"), about="results/Li", lasts_ms=5 * MINUTE_MS
        )
        told.upload("Li", "2.jpg")
        told.pass_time(8 * MINUTE_MS)
        assert not told.job("Li").is_proved_new
        first_row = f"{person_key('Li')} 1"
        told.calm()
        told.stand("ots.PutRow jobs", DEATH, about=first_row)
        before = told.cloud.gate.standings.struck.total()
        while told.cloud.gate.standings.struck.total() == before:
            told.pass_time(MINUTE_MS)
        told.calm()
        told.pass_time(HOUR_MS)
        assert told.jobs("Li")[0].state is JobState.REJECTED
        assert told.paid() == 2
        assert told.calls_an_hour(after_ms=HOUR_MS) <= IDLE_CALLS_AN_HOUR


def test_the_new_photo_of_a_set_that_gives_way_to_an_earlier_result_is_trained() -> None:
    with story(rules={"quiet_ms": 2 * HOUR_MS}) as told:
        told.upload("Li", "1.jpg", "_READY")
        told.pass_time(30 * MINUTE_MS)
        assert told.is_trained("Li")
        told.cloud.forget_tables()
        told.stand("oss.ListObjects", Answer(503, "ServiceUnavailable"), about="results/Li", lasts_ms=HOUR_MS)
        told.upload("Li", "2.jpg")
        told.pass_time(6 * HOUR_MS)
        assert told.jobs("Li")[-1].revision == 3


def test_results_that_cannot_be_written_hold_nobody_up() -> None:
    with story(training_seconds=5.0, rules={"concurrent_trainings": 20}) as told:
        told.stand("oss.PutObject", SILENCE, about="results/stuck")
        for number in range(17):
            told.upload(f"stuck {number}", "1.jpg", "_READY")
        told.pass_time(6 * MINUTE_MS)
        told.upload("Wu", "1.jpg")
        told.pass_time(10 * MINUTE_MS)
        assert told.is_trained("Wu"), told.job("Wu")


def test_a_queued_row_that_cannot_be_read_holds_nobody_up_who_queues_behind_it() -> None:
    with story(training_seconds=900.0) as told:
        told.upload("Zhao", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        assert told.job("Li").state is JobState.QUEUED
        told.upload("Wu", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        told.cloud.spoil_row("Li", state="DREAMING")
        told.pass_time(2 * HOUR_MS)
        assert told.is_trained("Wu"), told.job("Wu")


def test_sixty_open_sets_that_cannot_be_read_hold_nobody_up() -> None:
    with story(rules={"quiet_ms": 5 * MINUTE_MS}) as told:
        for number in range(60):
            told.upload(f"stuck {number}", "1.jpg")
        told.pass_time(2 * MINUTE_MS)
        for number in range(60):
            told.cloud.spoil_row(f"stuck {number}", state="DREAMING")
        told.pass_time(10 * MINUTE_MS)
        told.upload("Wu", "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        assert told.is_trained("Wu")


def test_sixty_people_whose_rows_cannot_be_written_hold_nobody_up() -> None:
    stuck = [f"stuck {number}" for number in range(60)]
    with story(rules={"quiet_ms": 5 * MINUTE_MS}) as told:
        for person in stuck:
            told.upload(person, "1.jpg")
        told.pass_time(2 * MINUTE_MS)
        rows = tuple(person_key(person) for person in stuck)
        told.stand(
            "ots.PutRow jobs", Answer(503, "OTSPartitionUnavailable"), about=rows, lasts_ms=3 * HOUR_MS
        )
        told.pass_time(10 * MINUTE_MS)
        told.upload("Wu", "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        assert told.is_trained("Wu"), told.job("Wu")


@pytest.mark.timeout(600)
def test_no_run_dies_of_hundreds_of_zips_of_one_person() -> None:
    with story() as told:
        told.upload("Li", "1.jpg", event=False)
        for number in range(600):
            told.upload("Li", f"{number}.zip", content=b"broken", event=False)
        told.pass_time(HOUR_MS)
        assert told.is_trained("Li")
        assert told.cloud.health().deaths == {}


def test_sixty_zips_that_are_not_answered_hold_nobody_up_longer_than_sixty_photos() -> None:
    with story() as told:
        told.stand("oss.GetObject range", SILENCE, about="stuck")
        for number in range(60):
            told.upload(f"stuck {number}", "all.zip", content=zipped({"a.jpg": FACE}))
        told.pass_time(10 * MINUTE_MS)
        told.upload("Wu", "1.jpg")
        assert told.pass_time_until(lambda: told.is_trained("Wu"), at_most_ms=10 * MINUTE_MS)


def test_a_zip_that_waits_for_the_bucket_costs_nothing_and_is_unpacked_once_that_answers() -> None:
    with story() as told:
        told.upload("Zhao", "1.jpg")
        told.stand("oss.GetObject range", Answer(503, "ServiceUnavailable"), lasts_ms=3 * HOUR_MS)
        told.upload("Li", "all.zip", content=zipped({"a.jpg": FACE}))
        assert told.calls_an_hour(after_ms=HOUR_MS) <= IDLE_CALLS_AN_HOUR
        told.pass_time(HOUR_MS)
        assert told.verdicts("Li") == {"all.zip": "unpacking"}
        told.pass_time(30 * MINUTE_MS)
        assert told.is_trained("Li")


def test_a_changed_setting_reaches_all_sets_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retiming, "PAGE", 2)
    monkeypatch.setattr(retiming, "PAGES_A_RUN", 1)
    people = [f"person {number}" for number in range(7)]
    with story(rules={"min_photos": 3}) as told:
        for person in people:
            told.upload(person, "1.jpg")
        told.pass_time(5 * MINUTE_MS)
        told.cloud.change_rules(min_photos=2, quiet_ms=2 * MINUTE_MS)
        told.pass_time(20 * MINUTE_MS)
        assert told.calls_an_hour() <= IDLE_CALLS_AN_HOUR
        told.cloud.change_rules(min_photos=1)
        told.pass_time(20 * MINUTE_MS)
        assert not any(told.job(person).state is JobState.COLLECTING for person in people)


def test_a_lost_submit_is_made_again_although_the_list_does_not_show_the_files_of_the_one_before() -> None:
    with story() as told:
        told.cloud.hide_fields("training_file_ids")
        told.upload("Wu", "1.jpg")
        told.pass_time(2 * MINUTE_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(MINUTE_MS)
        told.stand("dashscope.CreateFineTune", SILENCE, about=job_id("Li", 1), lasts_ms=6 * MINUTE_MS)
        told.pass_time(2 * HOUR_MS)
        assert told.is_trained("Wu")
        assert told.is_trained("Li"), told.job("Li")


def test_a_refusal_in_the_words_of_all_that_strikes_one_picture_alone_comes_to_an_end() -> None:
    with story() as told:
        told.stand("dashscope.DetectFaces", Answer(403, "AccessDenied"), about=person_key("Li"))
        told.upload("Li", "1.jpg")
        told.pass_time(DAY_MS)
        assert told.verdicts("Li")["1.jpg"] == "not_judged"
        assert told.calls_an_hour() <= IDLE_CALLS_AN_HOUR


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("dashscope.DetectFaces", DENIED),
        ("oss.PostObject saveas", Answer(403, "InDebt")),
        ("oss.GetObject range", Answer(403, "InDebt")),
        ("oss.ListObjects", DENIED),
    ],
)
@pytest.mark.parametrize("longest_ms", [MINUTE_MS, 20 * MINUTE_MS])
def test_a_trouble_of_everybody_that_comes_and_goes_fails_nobody(
    operation: str, answer: Answer, longest_ms: int
) -> None:
    drawn = random.Random(longest_ms)
    people = [f"person {number}" for number in range(9)]
    with story(training_seconds=10.0) as told:
        begins_at = 0
        while begins_at < 4 * HOUR_MS:
            lasts_ms = drawn.randint(longest_ms // 10, longest_ms)
            told.stand(operation, answer, after_ms=begins_at, lasts_ms=lasts_ms)
            begins_at += lasts_ms + drawn.randint(longest_ms // 10, longest_ms)
        for person in people:
            told.upload(person, "1.jpg", "2.jpg")
            told.pass_time(drawn.randint(1, 40) * MINUTE_MS)
        told.calm()
        told.pass_time(2 * HOUR_MS)
        assert all(told.is_trained(person) for person in people)
        assert {verdict for person in people for verdict in told.verdicts(person).values()} == {"usable"}


def test_one_picture_that_is_refused_in_the_words_of_all_holds_nobody_up() -> None:
    with story() as told:
        told.stand("dashscope.DetectFaces", DENIED, about=person_key("Li"))
        told.upload("Li", "1.jpg")
        told.pass_time(5 * MINUTE_MS)
        was_open: list[bool] = []
        told.after_each_tick.append(lambda: was_open.append(told.cloud.health().is_open(Api.FACE_CHECK)))
        told.pass_time(HOUR_MS)
        assert was_open.count(True) <= 1


def test_a_folder_that_is_refused_in_the_words_of_all_is_asked_for_ever_less_often() -> None:
    with story() as told:
        told.stand("oss.ListObjects", DENIED, about="people/Li/")
        told.upload("Li", "1.jpg")
        told.pass_time(DAY_MS)
        assert told.calls_an_hour() <= IDLE_CALLS_AN_HOUR
        told.calm()
        told.pass_time(2 * HOUR_MS)
        assert told.is_trained("Li")


def test_a_snapshot_that_is_refused_in_the_words_of_all_is_made_again() -> None:
    with story(training_seconds=900.0) as told:
        told.upload("Zhao", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        (snapshot,) = told.job("Li").files
        told.stand("oss.GetObject range", Answer(403, "InDebt"), about=snapshot)
        told.pass_time(5 * HOUR_MS)
        assert told.is_trained("Li"), told.job("Li")


def test_a_carried_snapshot_that_is_refused_in_the_words_of_all_is_made_again() -> None:
    with story() as told:
        told.upload("Li", "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        (snapshot,) = told.job("Li").files
        told.stand("oss.CopyObject", Answer(403, "InDebt"), about=snapshot)
        told.upload("Li", "2.jpg")
        told.pass_time(5 * HOUR_MS)
        assert (told.is_trained("Li"), len(told.job("Li").files)) == (True, 2), told.job("Li")


def test_a_submit_that_is_refused_in_the_words_of_all_holds_others_up_once_and_comes_to_an_end() -> None:
    with story(training_seconds=600.0) as told:
        told.stand("dashscope.CreateFineTune", DENIED, about=job_id("Li", 1))
        told.upload("Li", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        people = [f"person {number}" for number in range(5)]
        for person in people:
            told.upload(person, "1.jpg")
        told.pass_time(2 * HOUR_MS)
        assert all(told.is_trained(person) for person in people)
        told.upload("Wu", "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        assert told.is_trained("Wu"), "nobody waits for it any more"
        told.upload("Zhao", "1.jpg")
        told.pass_time(2 * HOUR_MS)
        assert told.job("Li").state is JobState.FAILED, told.job("Li")


def test_a_trouble_of_everybody_that_comes_and_goes_fails_no_submit() -> None:
    drawn = random.Random(1)
    people = [f"person {number}" for number in range(6)]
    with story(training_seconds=300.0) as told:
        begins_at = 0
        while begins_at < 6 * HOUR_MS:
            lasts_ms = drawn.randint(MINUTE_MS, 20 * MINUTE_MS)
            told.stand("dashscope.CreateFineTune", DENIED, after_ms=begins_at, lasts_ms=lasts_ms)
            begins_at += lasts_ms + drawn.randint(MINUTE_MS, 20 * MINUTE_MS)
        for person in people:
            told.upload(person, "1.jpg")
            told.pass_time(drawn.randint(1, 30) * MINUTE_MS)
        told.pass_time(8 * HOUR_MS)
        assert all(told.is_trained(person) for person in people)


def test_whoever_is_refused_first_when_everybody_is_keeps_the_place() -> None:
    people = [f"person {number}" for number in range(5)]
    with story(training_seconds=300.0) as told:
        told.upload("Zhao", "1.jpg")
        told.pass_time(2 * MINUTE_MS)
        for person in people:
            told.upload(person, "1.jpg")
            told.pass_time(MINUTE_MS)
        refusal = Answer(400, "DataInspectionFailed")
        told.stand("dashscope.CreateFineTune", refusal, lasts_ms=30 * MINUTE_MS)
        told.pass_time(3 * HOUR_MS)
        trained = sorted(people, key=lambda person: told.job(person).submitted_at)
        assert trained == people


@pytest.mark.parametrize("answer", [Answer(403, "InvalidObjectState"), DENIED])
def test_an_earlier_result_that_cannot_be_read_does_not_hold_its_person_for_ever(answer: Answer) -> None:
    with story() as told:
        told.upload("Li", "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        told.cloud.forget_tables()
        told.stand("oss.GetObject", answer, about="results/Li/")
        told.upload("Li", "2.jpg")
        told.pass_time(2 * HOUR_MS)
        states = [job.state for job in told.jobs("Li")]
        assert (states[0], states[-1]) == (JobState.REJECTED, JobState.SUCCEEDED)
        assert any(job.reason and job.reason.code == "result_unreadable" for job in told.jobs("Li"))


@pytest.mark.parametrize("fetch", ["submit", "start"])
def test_a_snapshot_that_is_deleted_minutes_after_its_making_is_made_again(fetch: str) -> None:
    with story(training_seconds=240.0, fetch=fetch) as told:
        told.upload("Zhao", "1.jpg")
        told.pass_time(2 * MINUTE_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(2 * MINUTE_MS)
        (snapshot,) = told.job("Li").files
        told.cloud.objects.delete(BUCKET, snapshot)
        told.upload("Wu", "1.jpg")
        told.pass_time(2 * HOUR_MS)
        assert told.is_trained("Li"), told.job("Li").reason


def test_a_training_whose_row_cannot_be_read_does_not_hold_the_slot_for_ever() -> None:
    with story() as told:
        told.upload("Li", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        assert told.job("Li").state is JobState.TRAINING
        told.cloud.spoil_row("Li", state="DREAMING")
        told.upload("Wu", "1.jpg")
        told.pass_time(3 * DAY_MS)
        assert told.is_trained("Wu")


@pytest.mark.parametrize("hidden", ["", "training_file_ids"])
def test_a_training_whose_row_cannot_be_read_keeps_the_slot_until_it_ends(hidden: str) -> None:
    with story(training_seconds=3 * 3600.0) as told:
        told.upload("Li", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        told.cloud.spoil_row("Li", state="DREAMING")
        if hidden:
            told.cloud.hide_fields(hidden)
        told.upload("Wu", "1.jpg")
        told.pass_time(2 * HOUR_MS)
        assert (told.job("Wu").state, told.paid()) == (JobState.QUEUED, 1)
        told.pass_time(6 * HOUR_MS)
        assert told.is_trained("Wu")
