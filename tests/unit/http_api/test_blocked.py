"""What blocks a job or a photo: from whom, since when, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from shared.domain.blocks import STILL_HALTED_MS
from shared.domain.health import FIRST_REST_AFTER_DEATHS_MS, Health
from shared.domain.job import Job, Reason
from shared.domain.photos import Photo, Verdict
from shared.domain.retry_state import DEATHS_ALLOWED, Cause, RetryState
from shared.domain.rules import Rules
from shared.domain.slot import Slot
from shared.domain.states import JobState
from shared.domain.trouble_kinds import Api as Service
from shared.domain.trouble_kinds import Kind
from shared.http_api.blocked import GOOD_TICK_WITHIN_MS, STEPS
from tests.unit.http_api.support import CHINESE, Api, at, document, trouble
from tests.unit.support import MINUTE_MS, NOW, collecting, job_in, photo

S = JobState
UNFINISHED = [S.COLLECTING, S.QUEUED, S.SUBMITTING, S.TRAINING, S.SUCCEEDED, S.FAILED, S.CANCELED]
ARREARS = Cause("Arrearage", "Access denied, please …", Kind.ACCOUNT, Service.FACE_CHECK)

Setting = Callable[[Api], None]


def shown(job: Job, set_up: Setting | None = None, *, chinese: bool = False) -> dict[str, Any]:
    """The job's own document, which is also that of the person; exactly one of the two is there."""
    api = Api(job)
    if set_up:
        set_up(api)
    headers = CHINESE if chinese else {}
    own = document(api.call(f"/jobs/{job.job_id}", headers=headers))
    person = document(api.call("/people/li", headers=headers))
    assert own == person["current"]
    assert (own["waiting_for"], own["blocked_by"]) == (person["waiting_for"], person["blocked_by"])
    assert (own["waiting_for"] is None) is not (own["blocked_by"] is None)
    return own


def blocked(job: Job, set_up: Setting | None = None, *, chinese: bool = False) -> dict[str, Any]:
    found: dict[str, Any] = shown(job, set_up, chinese=chinese)["blocked_by"]
    assert found is not None
    return found


def waiting(job: Job, set_up: Setting | None = None) -> tuple[str, str | None]:
    found = shown(job, set_up)["waiting_for"]
    assert found is not None
    return found["code"], found["at"]


def held_photo(retry: RetryState | None, verdict: Verdict = Verdict.UNCHECKED, name: str = "b.jpg") -> Photo:
    return photo(name, verdict, retry=retry)


def refusing(cause: Cause, api: Service, **times: int) -> Setting:
    return lambda on: on.refuse(api, cause, **times)


def with_slot(**changes: Any) -> Setting:
    def set_up(api: Api) -> None:
        api.held = Slot(**changes)

    return set_up


# -- every unfinished job shows one of the two -------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", UNFINISHED)
def test_a_job_that_has_not_ended_waits_or_is_blocked_and_never_both(state: JobState, kind: Kind) -> None:
    for api, tries, passed, is_open in product([*Service, None], [1, 3], [0, 60 * MINUTE_MS], [False, True]):
        retry = trouble(kind=kind, api=api, tries=tries)

        def set_up(on: Api, retry: RetryState = retry, passed: int = passed, is_open: bool = is_open) -> None:
            on.now = NOW + passed
            if is_open and retry.cause.api:
                on.refuse(retry.cause.api, retry.cause)

        shown(replace(job_in(state), retry=retry, due_at=retry.next_try_at), set_up)


def test_a_rejected_set_shows_its_reason_and_neither_waits_nor_is_blocked() -> None:
    api = Api(job_in(S.REJECTED))
    api.is_ticking = False
    api.now = NOW + 60 * MINUTE_MS
    found = document(api.call("/people/li"))["current"]
    assert (found["waiting_for"], found["blocked_by"]) == (None, None)
    assert found["reason"]["code"] == "no_usable_photo"


# -- a trouble of the job's own -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.PASSING, Kind.UNKNOWN, Kind.OBJECT, Kind.GONE])
@pytest.mark.parametrize("state", UNFINISHED)
def test_a_young_trouble_is_only_waiting_for_the_next_try(state: JobState, kind: Kind) -> None:
    for tries in (1, 2):
        retry = trouble(kind=kind, tries=tries, next_try_at=NOW + 7_000)
        job = replace(job_in(state), retry=retry, due_at=retry.next_try_at)
        assert waiting(job) == ("retry", at(NOW + 7_000))
        message = shown(job)["waiting_for"]["message"]
        assert message == "The last try has failed (InternalError); it is made again by itself."
        code, _ = waiting(job, lambda api: setattr(api, "now", NOW + 8_000))
        # Once its pause is over, a closed job waits for what all wait for.
        usual = {
            JobState.QUEUED: "submit",
            JobState.SUBMITTING: "submit_outcome",
            JobState.TRAINING: "training_end",
        }
        assert code == usual.get(state, "retry")


@pytest.mark.parametrize(
    ("kind", "scope"),
    [
        (Kind.PASSING, "passing"),
        (Kind.UNKNOWN, "unknown"),
        (Kind.OBJECT, "object"),
        (Kind.GONE, "object"),
        (Kind.PICTURE, "object"),
    ],
)
@pytest.mark.parametrize("state", UNFINISHED)
def test_a_trouble_that_comes_three_times_in_a_row_blocks(state: JobState, kind: Kind, scope: str) -> None:
    retry = trouble(kind=kind, tries=3, since=NOW - MINUTE_MS)
    job = replace(job_in(state), retry=retry, due_at=retry.next_try_at)
    found = blocked(job)
    assert (found["code"], found["scope"]) == ("InternalError", scope)
    assert (found["since"], found["next_try_at"]) == ("2025-12-31T23:59:00.000Z", at(NOW + 10_000))
    assert found["detail"] == "the service's own words"


@pytest.mark.parametrize("kind", [Kind.PERSON, Kind.API, Kind.ACCOUNT])
def test_a_trouble_of_a_person_an_api_or_the_account_blocks_from_the_first_try(kind: Kind) -> None:
    found = blocked(job_in(S.TRAINING, retry=trouble("InvalidApiKey", kind)))
    assert (found["code"], found["scope"]) == ("InvalidApiKey", kind.value)
    assert found["message"] == "DashScope does not accept the API key."
    assert "DASHSCOPE_API_KEY" in found["remedy"]


def test_what_blocks_is_told_in_chinese_and_the_services_words_stay() -> None:
    found = blocked(job_in(S.TRAINING, retry=trouble("InvalidApiKey", Kind.ACCOUNT)), chinese=True)
    assert found["message"] == "DashScope 不接受该 API Key。"
    assert "北京" in found["remedy"]
    assert found["detail"] == "the service's own words"


def test_a_next_try_that_is_due_names_no_time_so_that_the_document_stays_the_same() -> None:
    api = Api(job_in(S.TRAINING, retry=trouble(tries=3)))
    api.now = NOW + 11_000
    response = api.call("/people/li")
    assert document(response)["blocked_by"]["next_try_at"] is None
    api.now += MINUTE_MS
    assert api.call("/people/li").headers["ETag"] == response.headers["ETag"]


def test_as_many_trainings_as_a_day_allows_block_the_person_alone() -> None:
    cause = Cause("daily_limit", "3 today", Kind.PERSON)
    job = job_in(S.QUEUED).held_up(cause, NOW, until=NOW + 50 * MINUTE_MS)
    found = blocked(job)
    assert (found["code"], found["scope"]) == ("daily_limit", "person")
    assert found["next_try_at"] == at(NOW + 50 * MINUTE_MS)
    assert "tomorrow" in found["remedy"]
    assert document(Api(job).call("/people/li"))["eta"] is None


def test_a_queued_job_that_has_kept_its_place_is_not_held_up_by_what_happened_before() -> None:
    lost = Reason("submit_lost", "…")
    submitting = replace(job_in(S.SUBMITTING), due_at=NOW)
    queued = submitting.requeued(lost, NOW, retry=trouble("submit_lost", tries=2), at_once=True)
    assert waiting(queued) == ("submit", None)
    aside = submitting.requeued(lost, NOW, retry=trouble("submit_lost", tries=2))
    assert waiting(aside) == ("retry", at(NOW + 10_000))


# -- the photos of a set ------------------------------------------------------------------------------


def test_a_photo_that_fails_again_and_again_blocks_its_set_and_says_so_itself() -> None:
    retry = trouble("AccessDenied", Kind.UNKNOWN, Service.PROCESSING, tries=4)
    found = shown(collecting(photo("a.jpg"), held_photo(retry, Verdict.UNPREPARED)))
    assert (found["blocked_by"]["code"], found["blocked_by"]["scope"]) == ("AccessDenied", "unknown")
    fine, held = found["photos"]
    assert (fine["blocked_by"], fine["next_try_at"]) == (None, None)
    assert held["verdict"] == "unprepared"
    assert held["blocked_by"] == found["blocked_by"]
    assert held["next_try_at"] == at(NOW + 10_000)


def test_a_set_waits_for_the_photo_that_is_tried_first_and_for_one_that_is_untried_at_once() -> None:
    early = held_photo(trouble(tries=1, next_try_at=NOW + 4_000), name="early")
    late = held_photo(trouble(tries=2, next_try_at=NOW + 60_000), name="late")
    assert waiting(collecting(late, early)) == ("retry", at(NOW + 4_000))
    assert waiting(collecting(late, held_photo(None))) == ("face_check", None)
    assert waiting(collecting(late, photo("all.zip", Verdict.UNPACKING)))[0] == "unpacking"


@pytest.mark.parametrize("tries", [1, 3])
def test_a_zip_that_cannot_be_unpacked_is_held_up_like_a_photo(tries: int) -> None:
    retry = trouble("oss_no_answer", Kind.UNKNOWN, Service.READING, tries=tries)
    job = collecting(photo("a.jpg"), photo("all.zip", Verdict.UNPACKING, retry=retry))
    (_, zipped) = shown(job)["photos"]
    assert zipped["next_try_at"] == at(NOW + 10_000)
    if tries == 1:
        assert waiting(job) == ("retry", at(NOW + 10_000))
        assert zipped["blocked_by"] is None
    else:
        assert blocked(job)["code"] == "oss_no_answer"
        assert zipped["blocked_by"] == blocked(job)


def test_a_photo_that_has_its_verdict_shows_no_trouble() -> None:
    job = collecting(photo("a.jpg", Verdict.UNREADABLE, retry=trouble(tries=3)))
    (found,) = shown(job)["photos"]
    assert (found["blocked_by"], found["next_try_at"]) == (None, None)


@pytest.mark.parametrize(
    ("verdict", "api", "is_needed"),
    [
        (Verdict.UNPREPARED, Service.PROCESSING, True),
        (Verdict.UNPREPARED, Service.READING, True),
        (Verdict.UNPREPARED, Service.FACE_CHECK, True),
        (Verdict.UNPREPARED, Service.WRITING, False),
        (Verdict.UNCHECKED, Service.PROCESSING, False),
        (Verdict.UNCHECKED, Service.FACE_CHECK, True),
        (Verdict.UNCHECKED, Service.TRAINING, False),
        (Verdict.USABLE, Service.FACE_CHECK, False),
        (Verdict.UNPACKING, Service.READING, True),
        (Verdict.UNPACKING, Service.WRITING, True),
        (Verdict.USABLE, Service.READING, False),
        (Verdict.USABLE, Service.LISTING, True),
    ],
)
def test_an_open_breaker_blocks_the_sets_whose_next_step_needs_that_api(
    verdict: Verdict, api: Service, is_needed: bool
) -> None:
    job = collecting(photo("a.jpg", verdict, retry=None))
    found = shown(job, refusing(ARREARS._replace(api=api), api))
    assert (found["blocked_by"] is not None) is is_needed
    is_photos = verdict is not Verdict.USABLE and is_needed
    assert (found["photos"][0]["blocked_by"] is not None) is is_photos


@pytest.mark.parametrize(
    ("state", "changes", "needed"),
    [
        (S.QUEUED, {}, {Service.READING, Service.TRAINING}),
        (S.SUBMITTING, {}, {Service.TRAINING}),
        (S.TRAINING, {}, {Service.TRAINING}),
        (S.SUCCEEDED, {}, {Service.WRITING}),
        (S.FAILED, {}, {Service.WRITING}),
        (S.SUCCEEDED, {"result_at": NOW}, {Service.TRAINING}),
    ],
)
@pytest.mark.parametrize("api", Service)
def test_an_open_breaker_blocks_the_jobs_whose_next_step_needs_that_api(
    state: JobState, changes: dict[str, Any], needed: set[Service], api: Service
) -> None:
    found = shown(job_in(state, **changes), refusing(ARREARS._replace(api=api), api))
    assert (found["blocked_by"] is not None) is (api in needed)


# -- what strikes everybody ---------------------------------------------------------------------------


def test_an_open_breaker_tells_since_when_and_when_it_is_asked_again() -> None:
    job = collecting(held_photo(trouble("Arrearage", Kind.ACCOUNT, Service.FACE_CHECK, since=NOW)))
    set_up = refusing(ARREARS, Service.FACE_CHECK, since=NOW - 60_000, next_probe_at=NOW + 90_000)
    found = blocked(job, set_up)
    assert (found["code"], found["scope"]) == ("Arrearage", "account")
    assert (found["since"], found["next_try_at"]) == ("2025-12-31T23:59:00.000Z", at(NOW + 90_000))
    assert "unpaid bill" in found["message"]


@pytest.mark.parametrize("kind", [Kind.PASSING, Kind.UNKNOWN])
def test_whatever_opens_a_breaker_is_of_the_whole_api_by_then(kind: Kind) -> None:
    cause = Cause("InternalError", "We encountered an error.", kind, Service.PROCESSING)
    found = blocked(collecting(held_photo(None, Verdict.UNPREPARED)), refusing(cause, Service.PROCESSING))
    assert found["scope"] == "api"
    assert found["message"].startswith("OSS does not process the photo: InternalError")


@pytest.mark.parametrize("tries", [1, 5])
def test_what_waited_for_an_api_that_works_again_is_tried_by_the_next_run(tries: int) -> None:
    retry = trouble("Arrearage", Kind.ACCOUNT, Service.FACE_CHECK, tries=tries, next_try_at=NOW + MINUTE_MS)
    job = collecting(held_photo(retry))
    assert waiting(job) == ("retry", None)
    assert shown(job)["photos"][0]["blocked_by"] is None


@pytest.mark.parametrize(
    ("code", "message", "scope"),
    [
        ("fine_tunes_full", "The account keeps 20 …", "account"),
        ("InvalidApiKey", "Invalid API-key provided.", "account"),
        ("http_401", "HTTP 401 without a reason", "account"),
        ("Arrearage", "Access denied, please …", "account"),
        ("ModelNotFound", "Model not exist.", "api"),
        # Refused to two jobs in a row: by then it is no single job's.
        ("InvalidParameter", "something is wrong", "api"),
        ("http_404", "HTTP 404 without a reason", "api"),
    ],
)
def test_a_queue_that_is_halted_for_everybodys_trouble_blocks_every_queued_job(
    code: str, message: str, scope: str
) -> None:
    halted = with_slot(halted_until=NOW + 90_000, trouble=Reason(code, message), refusals=1)
    found = blocked(job_in(S.QUEUED), halted)
    assert (found["code"], found["scope"], found["detail"]) == (code, scope, message)
    assert found["next_try_at"] == at(NOW + 90_000)
    for state in (S.COLLECTING, S.TRAINING, S.SUCCEEDED):
        assert shown(job_in(state), halted)["blocked_by"] is None


def test_a_full_file_store_is_told_of_photos_and_of_jobs_alike() -> None:
    words = "Out of number, <100> of <100> files has been uploaded."
    full = Cause("BadRequest.TooMany", words, Kind.API, Service.FACE_CHECK)
    unchecked = collecting(held_photo(trouble(kind=Kind.API, api=Service.FACE_CHECK, code=full.code)))
    found = shown(unchecked, refusing(full, Service.FACE_CHECK))
    halted = with_slot(halted_until=NOW + 90_000, trouble=Reason(full.code, words), refusals=1)
    queue = blocked(job_in(S.QUEUED), halted)
    for told in (found["blocked_by"], found["photos"][0]["blocked_by"], queue):
        assert (told["code"], told["scope"], told["detail"]) == (full.code, "api", words)
        assert told["message"].startswith("DashScope's file store is full")


def test_a_halt_for_the_accounts_sake_blocks_until_a_run_has_tried_again() -> None:
    def halted(passed: int) -> Setting:
        def set_up(api: Api) -> None:
            api.held = Slot(halted_until=NOW, trouble=Reason("Arrearage", "…"), refusals=4)
            api.now = NOW + passed

        return set_up

    assert blocked(job_in(S.QUEUED), halted(0))["next_try_at"] == at(NOW)
    assert blocked(job_in(S.QUEUED), halted(STILL_HALTED_MS - 1))["next_try_at"] is None
    assert waiting(job_in(S.QUEUED), halted(STILL_HALTED_MS)) == ("submit", None)


@pytest.mark.parametrize("code", ["Throttling", "unreachable", "list_incomplete", "http_503"])
def test_a_busy_hour_blocks_the_queue_only_when_it_comes_again_and_again(code: str) -> None:
    def halted(refusals: int) -> Setting:
        return with_slot(halted_until=NOW + 20_000, trouble=Reason(code, "…"), refusals=refusals)

    assert waiting(job_in(S.QUEUED), halted(2)) == ("queue_halted", at(NOW + 20_000))
    assert blocked(job_in(S.QUEUED), halted(3))["scope"] == "passing"


def test_since_when_the_queue_is_halted_is_told_by_the_first_refusal() -> None:
    halted_slot = Slot().refused(Reason("Arrearage", "…"), 1, NOW - 60_000, longest_ms=60_000)
    halted_slot = halted_slot.refused(Reason("Arrearage", "…"), 90_000, NOW, longest_ms=10**7)

    def set_up(api: Api) -> None:
        api.held = halted_slot

    assert blocked(job_in(S.QUEUED), set_up)["since"] == "2025-12-31T23:59:00.000Z"
    assert Slot(refusals=3).accepted(NOW, "").halted_since == 0


# -- the timer, and what kills runs ---------------------------------------------------------------------


def without_ticks(passed: int, *, beat_at: int = NOW) -> Setting:
    def set_up(api: Api) -> None:
        api.is_ticking, api.now = False, NOW + passed
        api.health = Health(beat_at=beat_at)

    return set_up


@pytest.mark.parametrize("state", UNFINISHED)
def test_without_a_good_tick_for_five_minutes_nothing_goes_on(state: JobState) -> None:
    assert shown(job_in(state), without_ticks(GOOD_TICK_WITHIN_MS))["blocked_by"] is None
    found = blocked(job_in(state), without_ticks(GOOD_TICK_WITHIN_MS + 1))
    assert (found["code"], found["scope"]) == ("no_good_tick", "account")
    assert (found["since"], found["next_try_at"]) == (at(NOW), None)


def test_a_missing_tick_is_told_before_anything_that_only_a_tick_can_change() -> None:
    def set_up(api: Api) -> None:
        without_ticks(GOOD_TICK_WITHIN_MS + 1)(api)
        api.refuse(Service.TRAINING, ARREARS, since=NOW - MINUTE_MS)

    job = job_in(S.TRAINING, retry=trouble("Arrearage", Kind.ACCOUNT))
    assert blocked(job, set_up)["code"] == "no_good_tick"


@pytest.mark.parametrize("beat_at", [0, NOW + 24 * 60 * MINUTE_MS])
def test_a_heartbeat_that_never_was_or_that_no_right_clock_has_written_is_none(beat_at: int) -> None:
    found = blocked(job_in(S.TRAINING), without_ticks(0, beat_at=beat_at))
    assert (found["code"], found["since"]) == ("no_good_tick", None)


def test_a_set_that_waits_for_an_upload_needs_no_tick_and_no_api() -> None:
    rules = Rules(min_photos=3)

    def set_up(api: Api) -> None:
        without_ticks(GOOD_TICK_WITHIN_MS + 1)(api)
        api.rules = rules
        api.refuse(Service.LISTING, ARREARS)

    assert waiting(collecting(photo(), rules=rules), set_up) == ("more_photos", None)
    assert waiting(collecting(photo(from_revision=1)), set_up) == ("photos", None)
    assert blocked(collecting(*map(photo, "abc"), rules=rules), set_up)["code"] == "no_good_tick"


@pytest.mark.parametrize("state", UNFINISHED)
def test_a_job_that_is_left_alone_since_it_has_killed_runs_says_so(state: JobState) -> None:
    job = job_in(state)

    def deaths(count: int) -> Setting:
        piece = f"{job.job_id} {STEPS[state]}"
        health = Health(deaths={piece: count, "other-1 Poll": 9}, died_at=NOW)
        return lambda api: setattr(api, "health", health)

    assert shown(job, deaths(DEATHS_ALLOWED - 1))["blocked_by"] is None
    found = blocked(job, deaths(DEATHS_ALLOWED))
    assert (found["code"], found["scope"], found["since"]) == ("function_died", "object", None)
    assert found["next_try_at"] == at(NOW + FIRST_REST_AFTER_DEATHS_MS)


@pytest.mark.parametrize("state", UNFINISHED)
def test_a_job_whose_row_cannot_be_written_says_so_for_some_minutes(state: JobState) -> None:
    job = job_in(state)
    cause = Cause("OTSPartitionUnavailable", "busy", Kind.PERSON, Service.TABLES)

    def noted(minutes_ago: int) -> Setting:
        health = Health().with_unwritten(job.job_id, cause, NOW - minutes_ago * MINUTE_MS)
        return lambda api: setattr(api, "health", health)

    found = blocked(job, noted(9))
    assert (found["code"], found["scope"]) == ("OTSPartitionUnavailable", "person")
    assert found["since"] == "2025-12-31T23:51:00.000Z"
    assert shown(job, noted(10))["blocked_by"] is None


# -- several at once -------------------------------------------------------------------------------------


def test_of_several_the_widest_is_shown_and_of_these_the_oldest() -> None:
    own = held_photo(trouble("InvalidObjectState", Kind.OBJECT, Service.PROCESSING, tries=3), name="own")
    partition = trouble("OTSPartitionUnavailable", Kind.PERSON, Service.TABLES, tries=1)
    job = collecting(own)
    assert blocked(job)["code"] == "InvalidObjectState"
    job = replace(job, retry=partition)
    assert blocked(job)["code"] == "OTSPartitionUnavailable"

    def set_up(*apis: Service) -> Setting:
        causes = {
            Service.FACE_CHECK: Cause("ModelNotFound", "…", Kind.API, Service.FACE_CHECK),
            Service.LISTING: Cause("InDebt", "…", Kind.ACCOUNT, Service.LISTING),
            Service.READING: Cause("UserDisable", "…", Kind.ACCOUNT, Service.READING),
        }

        def refuse(on: Api) -> None:
            for api in apis:
                on.refuse(api, causes[api], since=NOW - (1 if api is Service.READING else 0))

        return refuse

    job = replace(job, photo_set=collecting(held_photo(None, Verdict.UNPREPARED)).photo_set)
    assert blocked(job, set_up(Service.FACE_CHECK))["code"] == "ModelNotFound"
    assert blocked(job, set_up(Service.FACE_CHECK, Service.LISTING))["code"] == "InDebt"
    everything = set_up(Service.FACE_CHECK, Service.LISTING, Service.READING)
    assert blocked(job, everything)["code"] == "UserDisable"


def test_a_health_that_cannot_be_read_keeps_nobody_from_reading_the_rest() -> None:
    assert waiting(job_in(S.TRAINING), lambda api: setattr(api, "health", None))[0] == "training_end"


def test_no_history_and_no_page_reads_the_shared_rows() -> None:
    job = job_in(S.SUCCEEDED, delivered=True)
    api = Api(job)
    api.call("/jobs")
    api.call(f"/jobs/{job.job_id}")
    assert api.reads == 0
