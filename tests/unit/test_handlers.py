"""The handlers' own few lines: which events they drop, and where credentials and time-outs come from."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from functions import collect, reconcile, status
from shared.assembly import DEFAULT_TIMEOUT_SECONDS, new_token, timeout_seconds
from shared.clients.credentials import Credentials, find_credentials
from shared.version import VERSION
from shared.workflow.actions import Report
from tests.described import check
from tests.stack import PARAMETERS, TEMPLATE
from tests.unit.support import NOW

ENVIRONMENT = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "id-of-environment",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s3cret-of-environment",
    "ALIBABA_CLOUD_SECURITY_TOKEN": "token-of-environment",
}
GIVEN = SimpleNamespace(access_key_id="id", access_key_secret="s3cret", security_token="t0ken")


def test_credentials_of_the_invocation_come_before_those_of_the_environment() -> None:
    found = find_credentials(SimpleNamespace(credentials=GIVEN), ENVIRONMENT)
    assert found == Credentials(access_key_id="id", access_key_secret="s3cret", security_token="t0ken")


@pytest.mark.parametrize(
    "context",
    [
        None,
        SimpleNamespace(),
        SimpleNamespace(credentials=None),
        SimpleNamespace(credentials=SimpleNamespace()),
        SimpleNamespace(
            credentials=SimpleNamespace(access_key_id="", access_key_secret="", security_token="")
        ),
        SimpleNamespace(credentials=SimpleNamespace(access_key_id=None)),
    ],
)
def test_without_credentials_of_the_invocation_the_environments_are_used(context: object) -> None:
    assert find_credentials(context, ENVIRONMENT).access_key_id == "id-of-environment"
    with pytest.raises(LookupError, match="ALIBABA_CLOUD_ACCESS_KEY_ID"):
        find_credentials(context, {})


def test_credentials_without_a_token_are_permanent_ones() -> None:
    given = SimpleNamespace(access_key_id="id", access_key_secret="s", security_token=None)
    assert find_credentials(SimpleNamespace(credentials=given), {}).security_token == ""


def test_an_environment_without_a_token_has_permanent_credentials() -> None:
    environment = {name: value for name, value in ENVIRONMENT.items() if "TOKEN" not in name}
    assert find_credentials(None, environment) == Credentials(
        access_key_id="id-of-environment", access_key_secret="s3cret-of-environment"
    )


def test_an_id_without_a_secret_has_none_for_the_services_to_refuse() -> None:
    found = find_credentials(SimpleNamespace(credentials=SimpleNamespace(access_key_id="id")), ENVIRONMENT)
    assert found == Credentials(access_key_id="id", access_key_secret="")


def test_credentials_do_not_show_their_secrets() -> None:
    text = repr(find_credentials(SimpleNamespace(credentials=GIVEN), {}))
    assert "s3cret" not in text
    assert "t0ken" not in text


@pytest.mark.parametrize(
    ("context", "seconds"),
    [
        (SimpleNamespace(function=SimpleNamespace(timeout=120)), 120),
        (SimpleNamespace(function=SimpleNamespace(timeout="120")), 120),
        (SimpleNamespace(function=SimpleNamespace(timeout=None)), DEFAULT_TIMEOUT_SECONDS),
        (SimpleNamespace(function=SimpleNamespace(timeout="soon")), DEFAULT_TIMEOUT_SECONDS),
        (SimpleNamespace(function=None), DEFAULT_TIMEOUT_SECONDS),
        (None, DEFAULT_TIMEOUT_SECONDS),
    ],
)
def test_the_time_out_is_read_from_the_context_whatever_its_type(context: object, seconds: int) -> None:
    assert timeout_seconds(context) == seconds


def test_tokens_are_safe_in_a_key_and_do_not_repeat() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 16 and set(token) <= set("0123456789abcdef") for token in tokens)


@pytest.mark.parametrize("event", [b"", b"[]", b"{}", b"\xff"])
def test_collect_drops_what_is_no_upload_event_without_touching_anything(
    event: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "build_world", lambda _: pytest.fail("the world was built"))
    assert "ignored" in collect.handler(event, None)


def a_world(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Stand in for the world and the tick; returns the list of ticks that were run."""
    ticks: list[object] = []

    def tick(world: object, next_tick: int) -> Report:
        assert next_tick <= NOW + 60_000
        ticks.append(world)
        return Report(rounds=1, actions={"poll": 2})

    clock = SimpleNamespace(now=lambda: NOW)
    monkeypatch.setattr(reconcile, "build_world", lambda _: SimpleNamespace(clock=clock))
    monkeypatch.setattr(reconcile, "reconcile", tick)
    return ticks


@pytest.mark.parametrize(
    ("due", "runs"),
    [
        ("2026-01-01T00:00:00Z", True),
        ("2025-12-31T23:59:00Z", True),
        ("2025-12-31T23:58:59Z", False),
        ("2025-12-31T23:00:00Z", False),
        # The platform's clock may be ahead of the machine's.
        ("2026-01-01T00:05:00Z", True),
        ("nonsense", True),
    ],
)
def test_a_tick_that_is_more_than_a_minute_old_is_dropped(
    due: str, runs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = a_world(monkeypatch)
    event = json.dumps({"triggerTime": due, "triggerName": "tick", "payload": ""}).encode()
    answer = reconcile.handler(event, None)
    assert len(ticks) == runs
    assert (answer == {"rounds": 1, "actions": {"poll": 2}, "troubles": {}}) is runs
    assert ("dropped" in answer) is not runs


@pytest.mark.parametrize("event", [b"", b"{}", b"null", b"\xff"])
def test_a_tick_without_a_time_runs(event: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = a_world(monkeypatch)
    reconcile.handler(event, None)
    assert len(ticks) == 1


SET_UP = {"OTS_ENDPOINT": "http://t", "OTS_INSTANCE": "i", "STATUS_TOKEN": "a-token-of-sixteen"}


def http_event(path: str = "/healthz") -> bytes:
    return json.dumps({"rawPath": path, "requestContext": {"http": {"method": "GET"}}}).encode()


def with_environment(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    monkeypatch.setattr("functions.status.os.environ", variables)


def test_status_answers_an_event_in_full_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    with_environment(monkeypatch, **SET_UP)
    answer: Any = status.handler(http_event(), None)
    assert set(answer) == {"statusCode", "headers", "isBase64Encoded", "body"}
    check("GET", "/healthz", answer["statusCode"], answer["headers"], answer["body"])
    assert answer["statusCode"] == 200


def test_status_answers_a_wsgi_call(monkeypatch: pytest.MonkeyPatch) -> None:
    with_environment(monkeypatch, **SET_UP)
    started: list[str] = []
    sent: dict[str, str] = {}

    def start(line: str, headers: list[tuple[str, str]]) -> None:
        started.append(line)
        sent.update(headers)

    environ = {"REQUEST_METHOD": "GET", "fc.request_uri": "/healthz", "fc.context": None}
    chunks: Any = status.handler(environ, start)
    body = b"".join(chunks)
    assert started == ["200 OK"]
    assert json.loads(body) == {"status": "ok", "version": VERSION}
    check("GET", "/healthz", 200, sent, body)


@pytest.mark.parametrize(
    ("event", "environment", "code", "word"),
    [
        (b"not http", SET_UP, 400, "unreadable_request"),
        (http_event("/people/%ff"), SET_UP, 400, "unreadable_request"),
        (http_event(), {}, 500, "misconfigured"),
        (http_event(), {**SET_UP, "MIN_PHOTOS": "many"}, 500, "misconfigured"),
        (http_event("/jobs"), SET_UP, 401, "unauthorized"),
    ],
)
def test_status_answers_a_problem_instead_of_failing(
    event: bytes, environment: dict[str, str], code: int, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_environment(monkeypatch, **environment)
    answer: Any = status.handler(event, None)
    asked = json.loads(event)["rawPath"] if event.startswith(b"{") else "/"
    check("GET", asked, answer["statusCode"], answer["headers"], answer["body"])
    assert answer["statusCode"] == code
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert word in answer["body"]
    assert SET_UP["STATUS_TOKEN"] not in answer["body"]


@pytest.mark.parametrize(
    ("environment", "word"),
    [
        ({"STATUS_TOKEN": SET_UP["STATUS_TOKEN"]}, "OTS_ENDPOINT"),
        ({**SET_UP, "MIN_PHOTOS": "many"}, "MIN_PHOTOS"),
        ({**SET_UP, "DASHSCOPE_API_KEY": "sk-s3cret\u200b"}, "DASHSCOPE_API_KEY"),
    ],
)
def test_a_fault_of_the_settings_is_for_the_log_and_not_for_the_internet(
    environment: dict[str, str],
    word: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with_environment(monkeypatch, **environment)
    answer: Any = status.handler(http_event("/jobs"), None)
    check("GET", "/jobs", answer["statusCode"], answer["headers"], answer["body"])
    assert answer["statusCode"] == 500
    assert "Read the function's log" in json.loads(answer["body"])["detail"]
    assert word not in answer["body"]
    assert word in caplog.text
    for secret in ("s3cret", SET_UP["STATUS_TOKEN"]):
        assert secret not in caplog.text
        assert secret not in answer["body"]


def test_a_tick_whose_event_is_none_says_so_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ticks = a_world(monkeypatch)
    reconcile.handler(b"[]", None)
    assert len(ticks) == 1
    assert "event_unusable" in caplog.text


# -- events that are given up ---------------------------------------------------------------------------


@pytest.mark.parametrize(("tried", "lines"), [(0, 0), ("7", 0), (collect.RETRIES, 1), ("8", 1), (None, 0)])
def test_the_last_try_of_an_event_that_fails_leaves_a_line_and_no_other_try_does(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tried: object, lines: int
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("Signature=abcdefgh is wrong")

    monkeypatch.setattr(collect, "build_world", fail)
    key = "people/li/1.jpg"
    entry = SimpleNamespace(key=key)
    monkeypatch.setattr(collect, "parse_oss_event", lambda _: [entry])
    with pytest.raises(RuntimeError):
        collect.handler(b"{}", SimpleNamespace(request_id="1", retry_count=tried))
    told = [json.loads(record.getMessage()) for record in caplog.records]
    assert [(one["event"], one["keys"]) for one in told] == [("event_given_up", [key])] * lines
    assert "abcdefgh" not in caplog.text


def test_the_code_counts_as_many_retries_as_the_template_sets() -> None:
    resources = TEMPLATE.resolve(PARAMETERS)
    assert resources.functions["facechain-autotrain-collect"].asynchronous.max_retries == collect.RETRIES
