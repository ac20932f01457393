"""``logs``: what is searched for, what is kept of it, how it is shown, and what following tells."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from aliyun_local.log_service.queries import parse
from local.stages.credentials import Key
from local.stages.log_lines import Selection, as_document, shown
from local.stages.log_search import LogLine, signed_headers
from local.stages.logs import LATE_SECONDS, following

NOW = 1_780_000_000


def line(text: str, at: int = NOW, function: str = "facechain-autotrain-collect") -> LogLine:
    return LogLine(at=at, function=function, text=text)


def logged(fields: str, level: str = "INFO", request: str = "1-6b0b-77") -> str:
    return f"2026-11-29T08:00:00.000Z {request} [{level}] {fields}"


ABOUT_WANG = logged('{"event": "photo_turned", "person": "王小明", "job": "job-1", "degrees": 90}')
ABOUT_A_KEY = logged('{"event": "upload_ignored", "key": "people/王小明/notes.txt", "reason": "no photo"}')
ABOUT_HER_JOB = logged('{"event": "submitted", "job": "job-1"}')
ABOUT_OTHERS = logged('{"event": "photo_turned", "person": "小明王", "job": "job-2"}')
A_WARNING = logged('{"event": "poll_failed", "job": "job-2", "code": "Throttling"}', "WARNING")
A_START, AN_END = "FC Invoke Start RequestId: 1-6b0b-77", "FC Invoke End RequestId: 1-6b0b-77"
A_FAILED_END = f"{AN_END}, Error: Unhandled function error"
A_TRACEBACK = "Traceback (most recent call last):"
ALL = (
    ABOUT_WANG,
    ABOUT_A_KEY,
    ABOUT_HER_JOB,
    ABOUT_OTHERS,
    A_WARNING,
    A_START,
    AN_END,
    A_FAILED_END,
    A_TRACEBACK,
)


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(person="王小明"), {ABOUT_WANG, ABOUT_A_KEY}),
        (Selection(person="王小明", jobs=("job-1",)), {ABOUT_WANG, ABOUT_A_KEY, ABOUT_HER_JOB}),
        (Selection(jobs=("job-2",)), {ABOUT_OTHERS, A_WARNING}),
        (Selection(errors=True), {A_WARNING, A_FAILED_END, A_TRACEBACK}),
        (Selection(errors=True, jobs=("job-2",)), {A_WARNING}),
        (Selection(request_id="1-6b0b-77"), set(ALL) - {A_TRACEBACK}),
        (Selection(request_id="1-6b0b-78"), set()),
        (Selection(), set(ALL) - {A_START, AN_END}),
    ],
)
def test_a_selection_takes_its_lines_and_the_search_finds_at_least_these(
    selection: Selection, taken: set[str]
) -> None:
    assert {text for text in ALL if selection.takes(line(text))} == taken
    finds = parse(selection.statement)
    assert all(finds({"message": text}) for text in taken)


@pytest.mark.parametrize("person", ['a "b" c', "back\\slash", "a | b", "not", "(x)", "王 小明*"])
def test_a_name_with_marks_of_the_search_language_is_still_one_name(person: str) -> None:
    finds = parse(Selection(person=person).statement)
    assert finds({"message": logged(f'{{"event": "x", "person": {person!r}}}')})


def test_a_line_is_shown_as_what_happened_to_whom() -> None:
    assert shown(line(ABOUT_WANG)).endswith("collect    photo_turned  person=王小明  job=job-1  degrees=90")
    assert shown(line(A_WARNING)).endswith("WARNING  poll_failed  job=job-2  code=Throttling")
    assert shown(line(A_TRACEBACK)).endswith(A_TRACEBACK)


def test_a_line_for_machines_has_the_fields_that_were_logged() -> None:
    assert as_document(line(A_WARNING)) == {
        "time": "2026-11-29T08:00:00.000Z",
        "function": "facechain-autotrain-collect",
        "request_id": "1-6b0b-77",
        "level": "WARNING",
        "fields": {"event": "poll_failed", "job": "job-2", "code": "Throttling"},
    }
    assert as_document(line(A_START))["message"] == A_START


class Logstore:
    """Lines that can be searched from a moment on."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, LogLine]] = []
        self.now = NOW
        self.asked: list[tuple[int, int]] = []

    def lines(self, statement: str, since: int, until: int) -> Iterator[LogLine]:
        self.asked.append((since, until))
        return iter(
            [one for seen_from, one in self.entries if seen_from <= self.now and since <= one.at < until]
        )


def test_following_tells_each_line_once_also_one_that_is_found_late_and_two_that_are_equal() -> None:
    logstore = Logstore()
    early, equal, late = line(ABOUT_WANG, NOW), line(ABOUT_OTHERS, NOW + 1), line(A_WARNING, NOW + 1)
    logstore.entries = [(NOW, early), (NOW + 2, equal), (NOW + 2, equal), (NOW + 30, late)]

    def sleep(seconds: float) -> None:
        logstore.now += int(seconds)

    told = list(following(logstore, Selection(), NOW, now=lambda: logstore.now, sleep=sleep, looks=60))
    assert told == [early, equal, equal, late]
    assert all(until - since <= LATE_SECONDS + 2 for since, until in logstore.asked)


def test_the_signature_is_that_of_the_official_client() -> None:
    """Made by aliyun-log-python-sdk 0.9.52."""
    query = {
        "type": "log",
        "query": '"王小明" and not x',
        "from": "1",
        "to": "2",
        "line": "100",
        "offset": "0",
        "reverse": "false",
    }
    key = Key("LTAIlocal", "the-secret", "the-token")
    headers = signed_headers("GET", "/logstores/functions", query, key, NOW)
    assert headers["Date"] == "Thu, 28 May 2026 20:26:40 GMT"
    assert headers["Authorization"] == "LOG LTAIlocal:526z6c+faOPRclawASmeSuQnUqA="
