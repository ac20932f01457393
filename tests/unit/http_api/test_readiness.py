"""``GET /readyz``: whether anybody can be trained now, and for whom the answer says more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared.domain.blocks import STILL_HALTED_MS
from shared.domain.control_rows import Document
from shared.domain.health import Health
from shared.domain.job import Reason
from shared.domain.photo_access import LearntAccess, Way
from shared.domain.retry_state import Cause
from shared.domain.slot import Slot
from shared.domain.trouble_kinds import Api as Service
from shared.domain.trouble_kinds import Kind
from shared.errors import AccountTrouble, MissingCredentials, RetryLater
from shared.http_api.authentication import Tokens
from shared.http_api.blocked import GOOD_TICK_WITHIN_MS
from shared.http_api.messages import HttpRequest
from shared.http_api.reader import Reader
from shared.http_api.routes import answer
from tests.described import check
from tests.unit.http_api.support import (
    ADMIN_TOKEN,
    BOTH,
    CHINESE,
    TOKEN,
    Api,
    assert_problem,
    at,
    document,
)
from tests.unit.support import NOW

DOOR = "oss.example"

KEY = Cause("InvalidApiKey", "Invalid API-key provided.", Kind.ACCOUNT, Service.FACE_CHECK)


def codes(api: Api) -> list[str]:
    """The codes of ``/readyz``, the same with and without a token; none when it is ready."""
    anonymous, full = api.call("/readyz", token=None), api.call("/readyz")
    assert anonymous.status == full.status
    named = [[one["code"] for one in document(one).get("reasons", [])] for one in (anonymous, full)]
    assert named[0] == named[1]
    return named[0]


@BOTH
def test_a_deployment_that_is_well_is_ready(wsgi: bool) -> None:
    response = Api(wsgi=wsgi).call("/readyz", token=None)
    ready = {"status": "ready", "photo_access": None, "gone_receivers": None, "portraits_blocked_by": None}
    assert (response.status, document(response)) == (200, ready)


def test_a_receiver_that_wants_no_message_is_named_with_a_remedy_and_is_no_reason_against_training() -> None:
    api = Api()
    assert document(api.call("/readyz"))["gone_receivers"] == []
    api.health = replace(api.health or Health(), gone_receivers={"webhook": NOW})
    response = api.call("/readyz")
    (told,) = document(response)["gone_receivers"]
    assert (response.status, told["receiver"], told["since"]) == (200, "webhook", "2026-01-01T00:00:00.000Z")
    assert "WebhookUrl" in told["remedy"]
    assert document(api.call("/"))["readiness"]["gone_receivers"] == [told]
    assert document(api.call("/readyz", token=None))["gone_receivers"] is None
    page = api.call("/", headers={"Accept": "text/html"})
    assert told["message"] in str(page.body)
    assert told["remedy"] in str(page.body)


@BOTH
def test_one_that_is_not_says_why_and_when_to_ask_again(wsgi: bool) -> None:
    api = Api(wsgi=wsgi)
    api.refuse(Service.FACE_CHECK, KEY, since=NOW - 60_000, next_probe_at=NOW + 90_000)
    response = api.call("/readyz")
    assert response.status == 503
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Retry-After"] == "5"
    assert "ETag" not in response.headers
    assert document(response) == {
        "status": "not_ready",
        "reasons": [
            {
                "code": "wrong_key",
                "message": "DashScope does not accept the API key.",
                "remedy": "Make a key of the Beijing region in DashScope's console, and set "
                "DASHSCOPE_API_KEY to it. It goes on by itself once that is done.",
                "detail": "Invalid API-key provided.",
                "since": "2025-12-31T23:59:00.000Z",
                "next_try_at": at(NOW + 90_000),
            }
        ],
        "photo_access": {
            "setting": "auto",
            "way": None,
            "message": "The first face check finds out whether DashScope can download the photos by URL.",
            "since": None,
        },
        "gone_receivers": [],
        "portraits_blocked_by": None,
    }


@pytest.mark.parametrize(
    ("setting", "learnt", "way", "said"),
    [
        (Way.FILE, None, "file", "PHOTO_ACCESS is file."),
        (Way.URL, Way.FILE, "url", "PHOTO_ACCESS is url."),
        (None, Way.URL, "url", "DashScope has downloaded from oss.example."),
        (None, Way.FILE, "file", "could not download a picture of our own from oss.example (InvalidURL)"),
        (None, None, None, "The first face check finds out"),
    ],
)
def test_whoever_may_read_is_told_how_photos_get_to_dashscope_and_why(
    setting: Way | None, learnt: Way | None, way: str | None, said: str
) -> None:
    api = Api()
    api.photo_access = setting
    value = LearntAccess(way=learnt, door=DOOR, learnt_at=NOW, code="InvalidURL").as_value()
    api.documents["photo_access"] = Document(value=value, version=1)
    told = document(api.call("/readyz"))["photo_access"]
    assert told["way"] == way
    assert said in told["message"]
    assert told["since"] == (at(NOW) if way and setting is None else None)
    in_chinese = document(api.call("/readyz", headers={"Accept-Language": "zh"}))["photo_access"]
    assert in_chinese["message"] != told["message"]


@pytest.mark.parametrize("token", [None, "wrong", ""])
def test_whoever_has_no_token_is_told_the_codes_alone(token: str | None) -> None:
    api = Api()
    api.refuse(Service.FACE_CHECK, KEY)
    (reason,) = document(api.call("/readyz", token=token))["reasons"]
    assert reason.pop("code") == "wrong_key"
    assert set(reason.values()) == {None}


@pytest.mark.parametrize("token", [TOKEN, ADMIN_TOKEN])
def test_both_tokens_are_told_the_sentences_in_their_language(token: str) -> None:
    api = Api()
    api.refuse(Service.FACE_CHECK, KEY)
    (reason,) = document(api.call("/readyz", token=token, headers=CHINESE))["reasons"]
    assert reason["message"] == "DashScope 不接受该 API Key。"


@pytest.mark.parametrize(
    ("code", "message", "kind", "api", "name"),
    [
        ("AccessDenied.Unpurchased", "…", Kind.ACCOUNT, Service.FACE_CHECK, "no_facechain"),
        ("InvalidParameter", "Model not exist.", Kind.API, Service.FACE_CHECK, "no_facechain"),
        ("InvalidApiKey", "…", Kind.ACCOUNT, Service.TRAINING, "wrong_key"),
        ("Arrearage", "…", Kind.ACCOUNT, Service.FACE_CHECK, "arrears"),
        ("InvalidParameter.DataInspection", "…", Kind.UNKNOWN, Service.FACE_CHECK, "photos_not_fetched"),
        ("unreachable", "…", Kind.PASSING, Service.FACE_CHECK, "dashscope_unreachable"),
        ("AccessDenied", "…", Kind.UNKNOWN, Service.PROCESSING, "photos_not_processed"),
        ("InternalError", "…", Kind.PASSING, Service.PROCESSING, "photos_not_processed"),
        ("AccessDenied", "…", Kind.ACCOUNT, Service.LISTING, "bucket_not_listed"),
        ("AccessDenied", "…", Kind.UNKNOWN, Service.READING, "photos_not_read"),
        ("AccessDenied", "…", Kind.UNKNOWN, Service.WRITING, "bucket_not_written"),
    ],
)
def test_each_api_that_is_refused_to_everybody_has_a_code(
    code: str, message: str, kind: Kind, api: Service, name: str
) -> None:
    on = Api()
    on.refuse(api, Cause(code, message, kind, api))
    assert codes(on) == [name]


def test_an_api_that_is_only_suspect_keeps_nobody() -> None:
    api = Api()
    api.health = Health().failed(Cause("InternalError", "…", Kind.PASSING, Service.PROCESSING), NOW)
    assert codes(api) == []


@pytest.mark.parametrize(
    ("trouble", "refusals", "expected"),
    [
        (Reason("fine_tunes_full", "…"), 1, ["fine_tunes_full"]),
        (
            Reason("Throttling", "Only 20 fine-tune job in running or succeeded allowed."),
            1,
            ["fine_tunes_full"],
        ),
        (Reason("Arrearage", "…"), 1, ["arrears"]),
        (Reason("InvalidApiKey", "…"), 9, ["wrong_key"]),
        (Reason("unreachable", "…"), 2, []),
        (Reason("unreachable", "…"), 3, ["dashscope_unreachable"]),
        # Somebody else trains: the slot becomes free by itself.
        (Reason("Throttling", "Too many fine-tune job in running, please retry later."), 9, []),
    ],
)
def test_a_halted_queue_counts_when_it_is_for_everybodys_trouble(
    trouble: Reason, refusals: int, expected: list[str]
) -> None:
    api = Api()
    api.held = Slot(halted_until=NOW + 90_000, trouble=trouble, refusals=refusals)
    assert codes(api) == expected
    # While one POST at growing intervals probes the account, it does not look well in between.
    api.now = NOW + 90_000 + STILL_HALTED_MS - 1
    assert codes(api) == expected
    api.now += 1
    assert codes(api) == []


def test_no_good_tick_for_five_minutes_is_a_reason() -> None:
    api = Api()
    api.is_ticking = False
    api.health = Health(beat_at=NOW)
    api.now = NOW + GOOD_TICK_WITHIN_MS
    assert codes(api) == []
    api.now += 1
    assert codes(api) == ["no_good_tick"]
    (reason,) = document(api.call("/readyz"))["reasons"]
    assert reason["since"] == at(NOW)
    assert "timer trigger" in reason["remedy"]


def test_a_deployment_without_any_tick_yet_is_not_ready() -> None:
    api = Api()
    api.is_ticking = False
    assert codes(api) == ["no_good_tick"]


def test_all_reasons_are_named_and_each_once() -> None:
    api = Api()
    api.is_ticking = False
    api.refuse(Service.FACE_CHECK, KEY)
    api.refuse(Service.TRAINING, KEY._replace(api=Service.TRAINING))
    api.refuse(Service.LISTING, Cause("AccessDenied", "…", Kind.ACCOUNT, Service.LISTING))
    api.held = Slot(halted_until=NOW + 90_000, trouble=Reason("InvalidApiKey", "…"), refusals=1)
    assert codes(api) == ["no_good_tick", "wrong_key", "bucket_not_listed"]


@pytest.mark.parametrize(
    ("trouble", "name"),
    [
        (
            RetryLater("tablestore_unavailable", "…", delay_seconds=2, api=Service.TABLES),
            "tables_unavailable",
        ),
        (RetryLater("OTSServerBusy", "…", delay_seconds=2, api=Service.TABLES), "tables_refused"),
        (
            AccountTrouble("OTSAuthFailed", "…", delay_seconds=2, kind=Kind.ACCOUNT, api=Service.TABLES),
            "credentials_refused",
        ),
    ],
)
def test_tables_that_do_not_answer_are_a_reason_and_no_problem(trouble: Exception, name: str) -> None:
    api = Api()
    api.trouble = trouble
    assert codes(api) == [name]
    assert api.call("/readyz").status == 503


def test_a_health_that_cannot_be_read_is_no_good_health() -> None:
    api = Api()
    api.health = None
    assert codes(api) == ["tables_unavailable"]


def test_a_function_without_credentials_is_misconfigured() -> None:
    def connect() -> Reader:
        raise MissingCredentials("no Aliyun credentials")

    response = answer(HttpRequest("GET", "/readyz"), connect, Tokens())
    check("GET", "/readyz", response.status, response.headers, response.body)
    assert_problem(response, 500, "misconfigured")


def test_liveness_asks_nothing_while_readiness_does() -> None:
    api = Api()
    api.is_ticking = False
    health: dict[str, Any] = document(api.call("/healthz", token=None))
    assert health["status"] == "ok"
    assert api.connections == 0
