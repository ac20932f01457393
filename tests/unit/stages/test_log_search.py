"""Searching the log: pages, answers that are incomplete, and which refusals are asked about again."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from local.stages.credentials import Key
from local.stages.errors import ServiceError
from local.stages.log_search import LINES_A_PAGE, TRIES, LogSearch


def answer(content: object, status: int = 200, progress: str = "Complete") -> requests.Response:
    made = requests.Response()
    made.status_code = status
    made.headers["x-log-progress"] = progress
    made._content = json.dumps(content).encode()
    return made


def entries(*numbers: int) -> list[dict[str, object]]:
    return [{"__time__": "1", "functionName": "f", "message": str(number)} for number in numbers]


class Asked:
    """A log that gives ``answers`` one after the other, the last one for ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: requests.Response | Exception) -> None:
        self.queries: list[dict[str, str]] = []
        self._answers = list(answers)
        monkeypatch.setattr(requests.Session, "get", self._get)

    def _get(self, _: str, *, params: dict[str, str], **__: Any) -> requests.Response:
        self.queries.append(params)
        given = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(given, Exception):
            raise given
        return given

    def found(self) -> list[str]:
        search = LogSearch(
            "https://cn-beijing.log.aliyuncs.com",
            "p",
            "functions",
            lambda: Key("a", "b", ""),
            now=lambda: 0.0,
            sleep=lambda _: None,
        )
        return [line.text for line in search.lines("*", 0, 1)]


def test_the_next_page_begins_after_the_last_line_of_a_full_one(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, answer(entries(*range(LINES_A_PAGE))), answer(entries(LINES_A_PAGE)))
    assert asked.found() == [str(number) for number in range(LINES_A_PAGE + 1)]
    assert [query["offset"] for query in asked.queries] == ["0", str(LINES_A_PAGE)]


def test_an_incomplete_page_is_asked_for_again_and_taken_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    incomplete = answer(entries(1), progress="Incomplete")
    assert Asked(monkeypatch, incomplete, answer(entries(1, 2))).found() == ["1", "2"]
    endless = Asked(monkeypatch, incomplete)
    assert endless.found() == ["1"]
    assert len(endless.queries) == TRIES


@pytest.mark.parametrize(
    "trouble",
    [
        requests.ConnectionError(),
        answer({"errorCode": "ReadQuotaExceed"}, 403),
        answer({"errorCode": "ServerBusy"}, 503),
    ],
)
def test_what_passes_is_asked_about_again_and_not_for_ever(
    monkeypatch: pytest.MonkeyPatch, trouble: requests.Response | Exception
) -> None:
    assert Asked(monkeypatch, trouble, answer(entries(1))).found() == ["1"]
    endless = Asked(monkeypatch, trouble)
    with pytest.raises(ServiceError, match="Simple Log Service"):
        endless.found()
    assert len(endless.queries) == TRIES


def test_a_refusal_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, answer({"errorCode": "Unauthorized", "errorMessage": "no right"}, 403))
    with pytest.raises(ServiceError, match="no right"):
        asked.found()
    assert len(asked.queries) == 1
