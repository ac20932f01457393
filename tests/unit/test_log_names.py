"""Log lines that name nobody: a keyed hash in the place of each name, and no words that may quote one."""

from __future__ import annotations

import ast
import json
import logging
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from functions import collect
from local.packaging import ROOT
from shared import log_names, logs
from shared.errors import RetryLater
from shared.log_names import KEYS, NAMES, TEXTS, LogNames
from shared.settings import SettingsError, read_settings

HASHED = {"LOG_NAMES": "hashed", "ERASE_KEY": "a key of erasures"}
LI = LogNames("a key of erasures").hash_of("李雷")
NAMING_NOBODY = frozenset(
    {
        *("action", "actions", "api", "at", "attempt", "blocked_by", "by", "calls", "closed_by", "code"),
        *("erasure", "why", "withdrawn"),
        *("count", "degrees", "door", "earlier", "entries", "fen", "file", "fine_tune", "fine_tunes"),
        *("held_by", "job", "jobs", "kind", "late_by_ms", "left", "level", "link", "message_id"),
        *("most_calls", "name", "names", "oldest_wait_seconds", "outbox", "outcome", "output", "pages"),
        *("parts", "photos", "reason", "receiver", "record", "records", "remains", "request", "reserved"),
        *("results", "revision", "rounds", "scope", "seconds", "snapshot", "state", "table", "trainings"),
        *("tries", "troubles", "usable", "verdict", "way", "where", "bytes", "files", "place"),
        *("billed", "missing", "order", "task", "unknown"),
    }
)
"""Fields of lines that hold ids, codes, numbers and names of our own tables, and nobody's."""


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    caplog.set_level(logging.INFO, logger="facechain_autotrain")
    logs.hide_names(LogNames("a key of erasures"))
    yield (found := [])
    found += [record.getMessage() for record in caplog.records]


def logged(caplog: pytest.LogCaptureFixture, **fields: Any) -> dict[str, object]:
    caplog.set_level(logging.INFO, logger="facechain_autotrain")
    caplog.clear()
    logs.log("an_event", **fields)
    told: dict[str, object] = json.loads(caplog.records[-1].getMessage())
    return told


def test_names_are_hashed_alike_wherever_they_stand(caplog: pytest.LogCaptureFixture) -> None:
    logs.hide_names(LogNames("a key of erasures"))
    photo = LogNames("a key of erasures").hash_of("夏天/1.jpg")
    told = logged(caplog, person="李雷", photo="夏天/1.jpg", key="people/李雷/夏天/1.jpg", job="abc-1")
    assert told == {
        "event": "an_event",
        "person": LI,
        "photo": photo,
        "key": f"people/{LI}/{photo}",
        "job": "abc-1",
    }
    assert logged(caplog, result="results/李雷/3.json")["result"] == f"results/{LI}/3.json"
    assert logged(caplog, keys=["people/李雷"])["keys"] == [f"people/{LI}"]
    assert logged(caplog, key="submissions/abc-1/0.jpg")["key"] == "submissions/abc-1/0.jpg"
    assert "李雷" not in str(logged(caplog, key="People/李雷/1.jpg"))


def test_every_spelling_of_a_name_has_one_hash_and_another_key_another() -> None:
    names = LogNames("a key of erasures")
    assert names.hash_of("Zo\u00eb") == names.hash_of("Zoe\u0308")
    assert LogNames("another key").hash_of("李雷") != LI


def test_what_may_quote_a_name_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    logs.hide_names(LogNames("a key of erasures"))
    told = logged(
        caplog, message="no 李雷", error=repr(KeyError("李雷")), problem="李雷?", code="oss_no_answer"
    )
    assert told["code"] == "oss_no_answer"
    assert (told["message"], told["error"], told["problem"]) == ("…", "KeyError(…)", "…")


def test_names_stand_as_they_are_unless_that_is_set(caplog: pytest.LogCaptureFixture) -> None:
    assert logged(caplog, person="李雷", message="no 李雷")["person"] == "李雷"


def test_an_exception_that_leaves_a_handler_names_nobody() -> None:
    name = "李雷"

    def fail() -> None:
        raise RetryLater("oss_no_answer", f"people/{name}/1.jpg", delay_seconds=1)

    with pytest.raises(RetryLater), logs.naming_nobody():
        fail()
    logs.hide_names(LogNames("a key of erasures"))
    with pytest.raises(logs.Unnamed, match=r"^RetryLater oss_no_answer$") as caught, logs.naming_nobody():
        fail()
    told = "".join(traceback.format_exception(caught.type, caught.value, caught.tb))
    assert f"people/{name}" not in told
    assert "in fail" in told, "where it happened is told"


def test_the_handlers_let_no_name_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(_: object) -> object:
        logs.hide_names(LogNames("a key of erasures"))
        raise RetryLater("ots_no_answer", "李雷", delay_seconds=1)

    monkeypatch.setattr(collect, "build_world", build)
    event = {"events": [{"oss": {"object": {"key": "people/李雷/1.jpg"}}}]}
    with pytest.raises(logs.Unnamed, match=r"^RetryLater ots_no_answer$"):
        collect.handler(json.dumps(event).encode(), None)


@pytest.mark.parametrize("text", ["hash", "off", "HASHED"])
def test_another_word_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="LOG_NAMES"):
        read_settings({**HASHED, "LOG_NAMES": text})


def test_to_hash_takes_a_key() -> None:
    assert read_settings(HASHED).log_names == "hashed"
    with pytest.raises(SettingsError, match="ERASE_KEY"):
        read_settings({"LOG_NAMES": "hashed"})


def test_it_is_known_of_every_field_of_every_line_whether_it_may_name_somebody() -> None:
    unknown = {
        f"{path.relative_to(ROOT)}:{call.lineno} {field.arg}"
        for folder in ("shared", "functions")
        for path in (ROOT / folder).rglob("*.py")
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call)
        and getattr(call.func, "id", "") in ("log", "warn")
        and path.name != "logs.py"
        for field in call.keywords
        if field.arg not in NAMES | KEYS | TEXTS | NAMING_NOBODY
    }
    assert unknown == set()
    assert not (NAMES | KEYS | TEXTS) & NAMING_NOBODY
    assert log_names.HASH_CHARACTERS >= 16
