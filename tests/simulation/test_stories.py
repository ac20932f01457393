"""Stories of what stays, and of what strikes one: each was once a way to stand still in silence."""

from __future__ import annotations

import pytest

from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api
from tests.simulation.standing import DEATH, SILENCE, SURPRISE, Answer
from tests.simulation.story import DAY_MS, HOUR_MS, MINUTE_MS, VIEW, Story, story

ARCHIVED = Answer(403, "InvalidObjectState")
DENIED = Answer(403, "AccessDenied")
SOON_MS = 10 * MINUTE_MS
IDLE_CALLS_AN_HOUR = 60 * 3 + 120
"""Three reads a tick, a heartbeat, and the sweep's pages."""


def check_healthy_person_is_done(told: Story, name: str = "Wu", *, within_ms: int = SOON_MS) -> None:
    """Somebody without any trouble is trained as if nothing were."""
    told.upload(name, "1.jpg")
    told.pass_time(within_ms)
    assert told.is_trained(name), told.jobs(name)


# -- one bad thing stops the others -----------------------------------------------------------------


@pytest.mark.parametrize("answer", [ARCHIVED, DENIED, SILENCE], ids=["archived", "denied", "too slow"])
def test_a_photo_that_is_refused_for_ever_gets_a_verdict_and_its_set_goes_on(answer: Answer) -> None:
    with story() as told:
        told.stand("oss.PostObject saveas", answer, about="Li/bad.jpg")
        told.upload("Li", "bad.jpg", "good.jpg")
        told.pass_time(HOUR_MS)
        assert told.verdicts("Li")["bad.jpg"] == "unreadable"
        assert told.is_trained("Li")
        assert told.calls_an_hour() <= IDLE_CALLS_AN_HOUR


def test_a_person_with_one_photo_that_cannot_be_read_is_told_so() -> None:
    with story() as told:
        told.stand("oss.PostObject saveas", ARCHIVED, about="Li/")
        told.stand("oss.HeadObject", DENIED, about="Li/")
        told.upload("Li", "only.jpg")
        told.pass_time(5 * MINUTE_MS)
        assert told.verdicts("Li")["only.jpg"] in ("unprepared", "unreadable")
        told.pass_time(HOUR_MS)
        assert told.job("Li").state is JobState.REJECTED
        assert told.verdicts("Li")["only.jpg"] == "unreadable"


@pytest.mark.parametrize("stuck", [0, 60])
def test_a_healthy_person_is_done_whoever_else_is_stuck(stuck: int) -> None:
    with story() as told:
        told.stand("oss.PostObject saveas", SILENCE, about="people/stuck")
        for number in range(stuck):
            told.upload(f"stuck {number}", "1.jpg")
        told.pass_time(10 * MINUTE_MS)
        check_healthy_person_is_done(told)


def test_a_healthy_person_is_done_while_dashscope_cannot_download_the_pictures_of_sixty_others() -> None:
    with story() as told:
        told.stand(
            "dashscope.DetectFaces",
            Answer(400, "InvalidParameter.DataInspection", "Unable to download"),
            about=tuple(_key(f"stuck {number}") for number in range(60)),
        )
        for number in range(60):
            told.upload(f"stuck {number}", "1.jpg")
        told.pass_time(30 * MINUTE_MS)
        check_healthy_person_is_done(told)


def test_a_carried_photo_whose_snapshot_is_refused_is_prepared_again_from_its_upload() -> None:
    with story() as told:
        told.upload("Li", "1.jpg")
        told.pass_time(SOON_MS)
        assert told.is_trained("Li")
        snapshot = told.job("Li").files[0]
        told.stand("oss.CopyObject", ARCHIVED, about=snapshot)
        told.upload("Li", "2.jpg")
        told.pass_time(SOON_MS)
        assert told.is_trained("Li")
        assert len(told.job("Li").files) == 2
        assert snapshot not in told.job("Li").files


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_fine_tune_that_cannot_be_asked_about_is_followed_by_the_list(status: int) -> None:
    with story() as told:
        told.stand("dashscope.GetFineTune", Answer(status, "InternalError" if status == 500 else "Odd"))
        told.upload("Li", "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        assert told.is_trained("Li")
        check_healthy_person_is_done(told, within_ms=20 * MINUTE_MS)


def test_a_stuck_training_that_cannot_be_canceled_is_told_and_ends_as_the_list_says() -> None:
    with story(training_seconds=1e6, rules={"training_deadline_ms": HOUR_MS}) as told:
        told.stand("dashscope.CancelFineTune", Answer(429, "Throttling"))
        told.upload("Li", "1.jpg")
        told.pass_time(5 * MINUTE_MS)
        told.upload("Wu", "1.jpg")
        told.pass_time(3 * HOUR_MS)
        trouble = told.job("Li").trouble
        assert trouble is not None
        assert trouble.cause.code == "cancel_failed"
        told.cloud.studio.cancel_fine_tune(told.job("Li").fine_tune_id)
        told.pass_time(SOON_MS)
        assert told.job("Li").state is JobState.FAILED
        assert told.job("Wu").state is JobState.TRAINING


def test_a_set_whose_submit_always_fails_steps_aside_and_ends_with_the_reason() -> None:
    with story() as told:
        told.stand("dashscope.CreateFineTune", Answer(500, "InternalError"), about=_job_id("Li"))
        told.upload("Li", "1.jpg")
        for number in range(4):
            told.upload(f"Wu {number}", "1.jpg")
        told.pass_time(3 * HOUR_MS)
        assert all(told.is_trained(f"Wu {number}") for number in range(4))
        told.upload("Zhao", "1.jpg")
        told.pass_time(3 * HOUR_MS)
        assert told.job("Li").state is JobState.FAILED
        assert told.paid() == 5


def _job_id(person: str) -> str:
    from shared.domain.object_keys import job_id

    return job_id(person, 1)


def test_a_lost_snapshot_is_made_again_before_the_submit() -> None:
    with story(training_seconds=900.0) as told:
        told.upload("Zhao", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        (snapshot,) = told.job("Li").files
        told.cloud.objects.delete("photos", snapshot)
        told.pass_time(40 * MINUTE_MS)
        assert told.is_trained("Li")
        assert told.job("Li").files != (snapshot,)
        assert told.paid() == 2


def test_a_row_that_this_version_cannot_read_is_left_alone_and_holds_nobody_up() -> None:
    with story() as told:
        told.upload("Li", "1.jpg")
        told.pass_time(0)
        told.cloud.advance(5_000)
        told.cloud.spoil_row("Li", state="DREAMING")
        check_healthy_person_is_done(told)


def test_an_exception_out_of_the_sdk_is_the_trouble_of_one_upload() -> None:
    with story() as told:
        told.stand("oss.HeadObject", SURPRISE, about="Li/odd.jpg")
        told.stand("oss.PostObject saveas", SURPRISE, about="Li/odd.jpg")
        told.upload("Li", "odd.jpg", "2.jpg")
        check_healthy_person_is_done(told)
        told.pass_time(2 * HOUR_MS)
        assert told.verdicts("Li")["odd.jpg"] == "unreadable"
        assert told.is_trained("Li")


def test_a_photo_that_kills_whoever_looks_at_it_is_given_up_and_holds_nobody_up() -> None:
    with story() as told:
        told.stand("oss.PostObject saveas", DEATH, about="Li/bomb.jpg")
        told.upload("Li", "bomb.jpg", event=False)
        told.upload("Wu", "1.jpg", event=False)
        told.pass_time(20 * MINUTE_MS)
        assert told.is_trained("Wu")
        assert told.verdicts("Li")["bomb.jpg"] == "unprepared"
        told.pass_time(HOUR_MS)
        assert told.verdicts("Li")["bomb.jpg"] == "unreadable"


def test_a_photo_that_was_in_hand_when_all_runs_died_for_ten_minutes_is_not_given_up() -> None:
    with story() as told:
        told.upload("Li", "1.jpg", event=False)
        told.stand("oss.PostObject saveas", DEATH, lasts_ms=15 * MINUTE_MS)
        told.pass_time(2 * HOUR_MS)
        assert told.verdicts("Li")["1.jpg"] == "usable"
        assert told.is_trained("Li")


def test_a_throttled_partition_holds_up_its_person_alone() -> None:
    with story() as told:
        told.upload("Li", "1.jpg")
        told.cloud.advance(5_000)
        told.stand("ots.", Answer(503, "OTSPartitionUnavailable"), about=_key("Li"), lasts_ms=2 * HOUR_MS)
        check_healthy_person_is_done(told)
        told.pass_time(3 * HOUR_MS)
        assert told.is_trained("Li")


def _key(person: str) -> str:
    from shared.domain.object_keys import person_key

    return person_key(person)


def test_a_result_is_delivered_although_the_file_service_does_not_forget_the_photos() -> None:
    with story() as told:
        told.cloud.photo_access = "file"
        told.stand("dashscope.DeleteFile", Answer(500, "InternalError"))
        told.upload("Li", "1.jpg")
        told.pass_time(10 * MINUTE_MS)
        assert told.job("Li").state is JobState.SUCCEEDED
        assert told.cloud.objects.head("photos", "results/Li/1.json")
        told.pass_time(5 * HOUR_MS)
        assert told.job("Li").delivered


# -- trouble of all, taken for trouble of one ---------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        Answer(403, "AccessDenied.Unpurchased"),
        Answer(400, "Arrearage"),
        Answer(401, "InvalidApiKey"),
        Answer(400, "InvalidParameter", "Model not exist."),
        Answer(404, "ModelNotFound"),
    ],
    ids=lambda answer: f"{answer.code} {answer.message}",
)
def test_a_face_check_that_is_refused_to_everybody_is_no_verdict_and_is_shown_at_once(answer: Answer) -> None:
    with story() as told:
        told.stand("dashscope.DetectFaces", answer)
        for person in ("Li", "Wu", "Zhao"):
            told.upload(person, "1.jpg")
        told.pass_time(MINUTE_MS)
        assert told.cloud.health().is_open(Api.FACE_CHECK)
        told.pass_time(HOUR_MS)
        assert {told.job(person).state for person in ("Li", "Wu", "Zhao")} == {JobState.COLLECTING}
        assert told.calls_an_hour() <= IDLE_CALLS_AN_HOUR
        told.calm()
        told.pass_time(40 * MINUTE_MS)
        assert all(told.is_trained(person) for person in ("Li", "Wu", "Zhao"))
        assert told.paid() == 3


def test_a_time_out_of_oss_is_no_verdict() -> None:
    with story() as told:
        told.stand("oss.PostObject saveas", Answer(400, "RequestTimeout"), lasts_ms=10 * MINUTE_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(40 * MINUTE_MS)
        assert told.is_trained("Li")


def test_a_refused_picture_that_is_sent_again_is_judged_again() -> None:
    with story() as told:
        told.stand("dashscope.DetectFaces", Answer(400, "InvalidImage.NoHumanFace"), lasts_ms=MINUTE_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(5 * MINUTE_MS)
        assert told.job("Li").state is JobState.REJECTED
        told.upload("Li", "1.jpg")
        told.pass_time(SOON_MS)
        assert told.is_trained("Li")
        told.upload("Li", "1.jpg")
        told.pass_time(SOON_MS)
        assert told.paid() == 1


@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, "InvalidParameter", "Model not exist."),
        Answer(404, "NotFound", "Not Found!"),
        Answer(409, "Conflict"),
        Answer(400, "SomethingNew"),
        Answer(400, "DataInspectionFailed"),
    ],
    ids=lambda answer: f"{answer.status} {answer.code}",
)
def test_submits_that_are_refused_to_everybody_fail_nobody(answer: Answer) -> None:
    people = [f"person {number}" for number in range(8)]
    with story() as told:
        told.stand("dashscope.CreateFineTune", answer, lasts_ms=30 * MINUTE_MS)
        for person in people:
            told.upload(person, "1.jpg")
        told.pass_time(30 * MINUTE_MS)
        assert not any(told.job(person).state.is_terminal for person in people)
        told.pass_time(4 * HOUR_MS)
        assert all(told.is_trained(person) for person in people)
        assert told.paid() == 8


def test_a_dashscope_that_is_away_for_three_days_is_shown_and_everybody_is_trained_once_afterwards() -> None:
    with story() as told:
        told.stand("dashscope.", SILENCE, lasts_ms=3 * DAY_MS)
        told.upload("Li", "1.jpg")
        told.upload("Wu", "1.jpg", content=VIEW)
        told.pass_time(2 * DAY_MS)
        assert told.cloud.health().is_open(Api.FACE_CHECK)
        assert told.job("Li").state is JobState.COLLECTING
        told.pass_time(DAY_MS + 2 * HOUR_MS)
        assert told.is_trained("Li")
        assert told.job("Wu").state is JobState.REJECTED


def test_a_listing_that_is_refused_for_a_day_is_shown() -> None:
    with story() as told:
        told.stand("oss.ListObjects", DENIED, lasts_ms=DAY_MS)
        told.upload("Li", "1.jpg")
        told.pass_time(HOUR_MS)
        assert told.cloud.health().is_open(Api.LISTING)
        assert told.job("Li").trouble is not None
        told.pass_time(DAY_MS)
        assert told.is_trained("Li")


# -- changes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"min_photos": 3}, {"min_photos": 1}),
        ({"quiet_ms": DAY_MS}, {"quiet_ms": MINUTE_MS}),
        ({"close_at": 10, "quiet_ms": HOUR_MS}, {"close_at": 2, "quiet_ms": HOUR_MS}),
    ],
    ids=["fewer photos", "shorter quiet", "smaller number"],
)
def test_a_changed_setting_takes_effect_at_the_next_tick(
    before: dict[str, int], after: dict[str, int]
) -> None:
    with story(rules=before) as told:
        told.upload("Li", "1.jpg", "2.jpg")
        told.pass_time(5 * MINUTE_MS)
        assert told.job("Li").state is JobState.COLLECTING
        told.cloud.change_rules(**after)
        told.pass_time(3 * MINUTE_MS)
        assert told.job("Li").state is not JobState.COLLECTING


def test_a_marker_whose_event_is_lost_closes_the_set_all_the_same() -> None:
    with story(rules={"min_photos": 3}) as told:
        told.upload("Li", "1.jpg")
        told.cloud.advance(5_000)
        told.upload("Li", "_READY", event=False)
        told.pass_time(10 * MINUTE_MS)
        assert told.is_trained("Li")


def test_a_marker_that_overtakes_its_photos_closes_the_set_once_they_have_rested() -> None:
    with story(rules={"min_photos": 3, "quiet_ms": DAY_MS}) as told:
        told.upload("Li", "_READY")
        told.cloud.advance(5_000)
        told.upload("Li", "1.jpg")
        told.pass_time(10 * MINUTE_MS)
        assert told.is_trained("Li")


def test_new_tables_over_an_old_bucket_pay_for_nobody_again() -> None:
    with story() as told:
        told.upload("Li", "1.jpg", "2.jpg")
        told.pass_time(SOON_MS)
        output = told.job("Li").finetuned_output
        told.cloud.forget_tables()
        told.pass_time(20 * MINUTE_MS)
        assert told.paid() == 1
        assert told.job("Li").finetuned_output == output
        told.upload("Li", "3.jpg")
        told.pass_time(SOON_MS)
        assert told.job("Li").revision == 2
        assert told.is_trained("Li")


# -- odd answers --------------------------------------------------------------------------------------


def test_a_success_without_the_models_name_gets_the_name_that_follows_from_its_id() -> None:
    with story(show_finetuned_output="succeeded") as told:
        told.cloud.hide_fields("finetuned_output")
        told.upload("Li", "1.jpg")
        told.pass_time(20 * MINUTE_MS)
        assert told.job("Li").finetuned_output == f"facechain-finetune-{told.job('Li').fine_tune_id}"
        check_healthy_person_is_done(told, within_ms=20 * MINUTE_MS)


def test_waiting_at_dashscope_behind_others_is_not_taken_for_a_training_that_is_overdue() -> None:
    with story(pending_seconds=10 * 3600.0, rules={"training_deadline_ms": HOUR_MS}) as told:
        told.upload("Li", "1.jpg")
        told.pass_time(9 * HOUR_MS)
        assert told.job("Li").state is JobState.TRAINING
        told.pass_time(3 * HOUR_MS)
        assert told.is_trained("Li")


def test_a_set_that_a_person_adds_to_while_it_is_queued_is_one_training() -> None:
    with story(training_seconds=900.0) as told:
        told.upload("Zhao", "1.jpg")
        told.pass_time(3 * MINUTE_MS)
        for number in range(25):
            told.upload("Li", "1.jpg", content=b"FACE %d" % number)
            told.upload("Li", "_READY")
            told.pass_time(MINUTE_MS)
        told.upload("Wu", "1.jpg")
        told.pass_time(2 * HOUR_MS)
        assert told.is_trained("Wu")
        assert len([one for one in told.jobs("Li") if one.fine_tune_id]) <= 3
        assert told.paid() <= 5
