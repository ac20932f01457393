"""``erase``: it asks for the name, waits for the end, and shows the certificate."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local.stages.context import Context
from local.stages.erasing import MOST_SECONDS, erase, lines_of
from local.stages.errors import REFUSED, Refused, StageError
from local.stages.log_command import _as_logged
from local.stages.output import Output
from local.stages.ros import Stack
from local.stages.status_api import Document, StatusApi
from shared.log_names import LogNames
from tests.unit.stages.test_waiting import STACK

WAITS = {"code": "training", "message": "A training is being stopped."}
PENDING: Document = {"erasure_id": "1-a", "status": "pending", "waiting_for": WAITS}
DONE: Document = {
    "erasure_id": "1-a",
    "status": "partly",
    "waiting_for": None,
    "done_at": "2026-11-29T09:00:00Z",
    "removed": {"uploads": 3, "jobs": 1, "links": 0},
    "remains": [
        {
            "where": "fine_tunes",
            "name": "ft-1",
            "number": 1,
            "reason": {"code": "UnsupportedOperation", "message": "…"},
            "next_try_at": "2026-11-30T09:00:00Z",
        }
    ],
    "kept_elsewhere": [{"where": "logs", "message": "Log lines of before."}],
    "kept_until": "2026-12-29T09:00:00Z",
}


class Stage:
    """A stage whose erasure goes through ``documents``, one at each look."""

    def __init__(self, *documents: Document, typed: str | None = None) -> None:
        self.documents, self.asked, self.now = list(documents), list[str](), 0.0
        self.shown = io.StringIO()
        self.name = "dev"
        self.output = Output(err=self.shown, ask=(lambda _: typed) if typed is not None else None)

    def needed_stack(self) -> Stack:
        return STACK

    def status_api(self, _: Stack) -> StatusApi:
        return cast(StatusApi, SimpleNamespace(erase=self._erase, erasure=self._erasure))

    def _erase(self, person: str) -> str:
        self.asked.append(person)
        return "1-a"

    def _erasure(self, _: str) -> Document:
        return self.documents.pop(0) if len(self.documents) > 1 else self.documents[0]

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def monotonic(self) -> float:
        return self.now


def run(stage: Stage, *given: Any, **named: Any) -> Any:
    return erase(cast(Context, stage), "李雷", *given, **named)


@pytest.mark.parametrize("typed", ["yes", "", "李", None])
def test_nobody_is_erased_unless_their_name_is_typed(typed: str | None) -> None:
    stage = Stage(DONE, typed=typed)
    with pytest.raises(Refused) as caught:
        run(stage)
    assert (stage.asked, caught.value.status) == ([], REFUSED)


def test_yes_is_not_enough_and_the_name_on_the_command_line_is() -> None:
    stage = Stage(DONE)
    stage.output = Output(err=stage.shown, assume_yes=True)
    with pytest.raises(Refused):
        run(stage)
    assert run(stage, "李雷").is_done


def test_it_waits_until_the_erasure_is_done_and_says_once_what_it_waits_for() -> None:
    stage = Stage(PENDING, PENDING, PENDING, DONE, typed="李雷")
    erased = run(stage)
    assert (stage.asked, erased.is_done, stage.now) == (["李雷"], True, 30.0)
    assert stage.shown.getvalue().count(WAITS["message"]) == 1
    text = "\n".join(lines_of(erased))
    assert "3 uploads, 1 jobs" in text
    assert "links" not in text
    assert "remains: ft-1: UnsupportedOperation; tried again 2026-11-30" in text
    assert json.dumps(erased.certificate)


def test_an_erasure_that_takes_longer_than_an_hour_is_told_with_what_holds_it_up() -> None:
    stage = Stage(PENDING, typed="李雷")
    with pytest.raises(StageError, match="A training is being stopped") as caught:
        run(stage)
    assert "GET /erasures/1-a" in caught.value.remedy
    assert MOST_SECONDS <= stage.now < MOST_SECONDS + 60


def test_without_waiting_it_says_that_it_goes_on() -> None:
    stage = Stage(PENDING, typed="李雷")
    erased = run(stage, wait=False)
    assert (erased.is_done, stage.now) == (False, 0.0)
    assert lines_of(erased) == ["Erasure 1-a goes on by itself."]


@pytest.mark.parametrize(("how", "said"), [("plain", "李雷"), ("hashed", LogNames("k").hash_of("李雷"))])
def test_lines_about_a_person_are_looked_for_by_what_the_log_calls_them(
    how: str, said: str, tmp_path: Path
) -> None:
    stack = cast(Stack, SimpleNamespace(parameters={"LogNames": how}))
    context = SimpleNamespace(name="dev", folder=tmp_path, environment={"ERASE_KEY": "k"}, secrets_file=None)
    assert _as_logged(cast(Context, context), stack, "李雷") == said
